//! `restore-backup`: a backup into a home that does not hold its community.

use std::path::PathBuf;

use repertoire::node::Error;

use crate::messages::text;
use crate::session::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let name = context.restore(&self.file)?;
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
