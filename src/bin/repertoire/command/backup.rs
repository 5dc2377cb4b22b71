//! `backup`: everything of this home in one file, keys included, sealed.

use std::path::PathBuf;

use repertoire::node::{Error, Request};

use crate::input::secret;
use crate::messages::text;
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
        let path = std::path::absolute(&self.file).map_err(|error| crate::failure::file(&self.file, &error))?;
        let Some(text) = path.to_str() else { return Err(Error::file(path.display(), "no UTF-8")) };
        if path.exists() {
            return Err(Error::file(text, "exists already"));
        }
        let passphrase = secret::given(self.passphrase_file.as_deref())?;
        let printed = passphrase.is_none();
        let request = |passphrase| Request::Backup { path: text.to_owned(), passphrase };
        let printed = match context.call(request(passphrase)) {
            Err(error) if error.code == "no_secret" && secret::can_ask() => {
                let passphrase = secret::ask_new(&context.ui.messages)?;
                context.call(request(Some(passphrase)))?;
                false
            }
            other => other.map(|_| printed)?,
        };
        let ui = &context.ui;
        if ui.json() {
            ui.object(&serde_json::json!({"file": text}));
        } else if ui.human() {
            ui.safe_line(&text!(ui.messages, "backup-done", file = text));
            ui.status(&text!(ui.messages, if printed { "backup-printed" } else { "backup-passphrase" }));
        }
        Ok(())
    }
}
