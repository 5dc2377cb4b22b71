//! `rebuild`: throws the views away and folds them again.

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let rebuilt = answer!(context, Request::Rebuild, Reply::Rebuilt);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&rebuilt),
            Mode::Quiet => {}
            Mode::Human => {
                let (documents, differed) = (rebuilt.documents, rebuilt.differed);
                ui.safe_line(&text!(ui.messages, "rebuild-done", documents = documents, differed = differed));
            }
        }
        if rebuilt.differed > 0 {
            ui.needs_attention();
        }
        Ok(())
    }
}
