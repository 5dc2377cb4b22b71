//! `erase`: makes content go, everywhere and for good.

use std::io::{self, IsTerminal, Write};

use repertoire::node::{Error, Reply, Request};

use crate::failure::wrong;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long)]
    yes: bool,
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let would = answer!(context, Request::Erase { id: self.id.clone(), dry_run: true }, Reply::Erased);
        if self.dry_run {
            let ui = &context.ui;
            match ui.mode {
                Mode::Json => ui.object(&would),
                Mode::Quiet => ui.line(&would.handle),
                Mode::Human => {
                    ui.safe_line(&text!(ui.messages, "erase-would", handle = &would.handle, count = would.entries));
                }
            }
            return Ok(());
        }
        if !self.yes {
            let ui = &context.ui;
            let first = text!(ui.messages, "erase-ask", handle = &would.handle, count = would.entries);
            let second = text!(ui.messages, "erase-ask-again");
            confirmed(ui, &first, "yes")?;
            confirmed(ui, &second, &would.handle)?;
        }
        let erased = answer!(context, Request::Erase { id: self.id, dry_run: false }, Reply::Erased);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&erased),
            Mode::Quiet => ui.line(&erased.handle),
            Mode::Human => {
                ui.safe_line(&text!(ui.messages, "erase-done", handle = &erased.handle, count = erased.entries));
            }
        }
        Ok(())
    }
}

/// Asks somebody at the terminal, and refuses any other answer than the one.
fn confirmed(ui: &Ui, question: &str, answer: &str) -> Result<(), Error> {
    let refused = || wrong("unconfirmed", &[]);
    if !io::stdin().is_terminal() {
        return Err(refused());
    }
    ui.flush();
    let mut line = String::new();
    let said = write!(io::stderr(), "{question} ").and_then(|()| io::stdin().read_line(&mut line));
    if said.is_ok() && line.trim() == answer { Ok(()) } else { Err(refused()) }
}
