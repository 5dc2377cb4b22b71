//! `key`: the printed key, and the passphrase of the keys on this machine.

use std::path::PathBuf;

use clap::ValueEnum;
use repertoire::node::{Error, Reply, Request};

use crate::input::secret;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ACTION")]
    action: Action,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[arg(long, conflicts_with = "passphrase_file")]
    off: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Action {
    #[value(alias = "imprimer")]
    Print,
    #[value(alias = "phrase")]
    Passphrase,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        match self.action {
            Action::Print => print(context),
            Action::Passphrase => self.passphrase(context),
        }
    }

    fn passphrase(self, context: &mut Context) -> Result<(), Error> {
        let passphrase = match secret::given(self.passphrase_file.as_deref())? {
            _ if self.off => None,
            None if secret::can_ask() => Some(secret::ask_new(&context.ui.messages)?),
            None => return Err(Error::no_secret()),
            given => given,
        };
        let off = passphrase.is_none();
        context.call(Request::Passphrase { passphrase })?;
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&serde_json::json!({"sealed": !off})),
            Mode::Quiet => {}
            Mode::Human => ui.safe_line(&text!(ui.messages, if off { "key-open" } else { "key-sealed" })),
        }
        Ok(())
    }
}

/// After a founding or joining: prints the words where somebody sits, and else says how to.
pub(crate) fn offer(context: &mut Context) -> Result<(), Error> {
    if context.ui.human() && secret::can_ask() {
        return print(context);
    }
    context.ui.hint(&text!(context.ui.messages, "key-unprinted"));
    Ok(())
}

/// Prints the words once: they are on this machine until then, and on paper alone afterwards.
pub(crate) fn print(context: &mut Context) -> Result<(), Error> {
    let words = answer!(context, Request::PrintedKey, Reply::PrintedKey);
    let ui = &context.ui;
    let Some(words) = words else { return Err(Error::key_printed()) };
    match ui.mode {
        Mode::Json => ui.object(&serde_json::json!({"words": words.text()})),
        Mode::Quiet => ui.line(words.text()),
        Mode::Human => {
            ui.safe_line(&text!(ui.messages, "key-words"));
            let words: Vec<&str> = words.text().split(' ').collect();
            for (at, line) in words.chunks(6).enumerate() {
                let numbered = line.iter().enumerate().map(|(n, word)| format!("{:>2} {word:<9}", at * 6 + n + 1));
                ui.line(numbered.collect::<Vec<_>>().join(" ").trim_end());
            }
            ui.status(&text!(ui.messages, "key-once"));
        }
    }
    Ok(())
}
