//! `synthesise`: sums a thread up, in a text that everybody may go on with.

use repertoire::node::{Error, Reply, Request};

use crate::input::editor;
use crate::labels;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(value_name = "TEXT")]
    body: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let text = match self.body {
            Some(body) => context.input.text(&body)?,
            None if editor::available() => editor::write(&context.ui.messages)?,
            None => return Err(Error::missing("the text")),
        };
        let written = answer!(context, Request::Synthesise { id: self.id, text }, Reply::Written);
        labels::written(&context.ui, &written);
        Ok(())
    }
}
