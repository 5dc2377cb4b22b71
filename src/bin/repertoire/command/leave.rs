//! `leave`: leaves the community.

use std::io::{self, IsTerminal, Write};

use repertoire::node::{Error, Reply, Request};

use crate::failure::wrong;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    forget_name: bool,
    #[arg(long)]
    erase_local: bool,
    #[arg(long)]
    yes: bool,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        if self.erase_local && !self.yes {
            confirmed(&context.ui)?;
        }
        let Args { forget_name, erase_local, yes } = self;
        let request = Request::Leave { forget_name, erase_local, unheard: yes };
        let left = answer!(context, request, Reply::Left);
        let ui = &context.ui;
        let (community, handle) = (&left.community, &left.handle);
        let key = if left.erased { "leave-erased" } else { "leave-done" };
        match ui.mode {
            Mode::Json => ui.object(&left),
            Mode::Quiet => ui.line(handle),
            Mode::Human => ui.safe_line(&text!(ui.messages, key, community = community, handle = handle)),
        }
        match (erase_local, left.erased) {
            (true, false) => {
                ui.warning(&text!(ui.messages, "leave-unheard"));
                ui.needs_attention();
            }
            (_, true) => {}
            (false, false) => ui.hint(&text!(ui.messages, "leave-sync")),
        }
        Ok(())
    }
}

/// Asks somebody at the terminal.
fn confirmed(ui: &Ui) -> Result<(), Error> {
    let refused = || wrong("unconfirmed", &[]);
    if !io::stdin().is_terminal() {
        return Ok(());
    }
    ui.flush();
    let mut line = String::new();
    let question = text!(ui.messages, "leave-ask");
    let said = write!(io::stderr(), "{question} ").and_then(|()| io::stdin().read_line(&mut line));
    if said.is_ok() && line.trim() == "yes" { Ok(()) } else { Err(refused()) }
}
