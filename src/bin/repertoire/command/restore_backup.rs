//! `restore-backup`: a backup into a home that does not hold its community.

use std::path::PathBuf;

use repertoire::node::{Error, Needed};

use crate::input::secret;
use crate::messages::{Messages, text};
use crate::session::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let given = secret::given(self.passphrase_file.as_deref())?;
        let messages = Messages::new(context.ui.messages.language());
        let mut ask = |needed| match (&given, needed) {
            (Some(secret), _) => Ok(secret.clone()),
            (None, Needed::Passphrase) if secret::can_ask() => secret::ask(&text!(messages, "ask-passphrase")),
            (None, Needed::PrintedKey) if secret::can_ask() => secret::ask(&text!(messages, "ask-printed-key")),
            (None, Needed::Passphrase) => Err(Error::no_secret()),
            (None, Needed::PrintedKey) => Err(Error::no_printed_key()),
        };
        let name = context.restore(&self.file, &mut ask)?;
        let ui = &context.ui;
        if ui.json() {
            ui.object(&serde_json::json!({"community": name}));
        } else {
            match ui.human() {
                true => ui.safe_line(&text!(ui.messages, "restore-done", names = name)),
                false => ui.line(&name),
            }
        }
        Ok(())
    }
}
