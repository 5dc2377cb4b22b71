//! `publish`: copies a document into the vitrine.

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let written = answer!(context, Request::Publish { id: self.id }, Reply::Written);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&written),
            Mode::Quiet => ui.line(&written.handle),
            Mode::Human => {}
        }
        ui.hint(&text!(ui.messages, "publish-done", handle = &written.handle));
        Ok(())
    }
}
