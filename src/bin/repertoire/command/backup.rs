//! `backup`: everything of this home in one file, keys included.

use std::path::PathBuf;

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let path = std::path::absolute(&self.file).map_err(|error| crate::failure::file(&self.file, &error))?;
        let Some(text) = path.to_str() else { return Err(Error::file(path.display(), "no UTF-8")) };
        if path.exists() {
            return Err(Error::file(text, "exists already"));
        }
        let Reply::Done = context.call(Request::Backup { path: text.to_owned() })? else {
            return Err(Error::internal("another answer than was asked for"));
        };
        let ui = &context.ui;
        if ui.json() {
            ui.object(&serde_json::json!({"file": text}));
        } else if ui.human() {
            ui.safe_line(&text!(ui.messages, "backup-done", file = text));
            ui.hint(&text!(ui.messages, "backup-keys"));
        }
        Ok(())
    }
}
