//! `reply`: an answer in a thread, a comment on anything.

use repertoire::node::{Error, Reply, Request};

use crate::fields::Fields;
use crate::input::editor;
use crate::labels;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(value_name = "TEXT")]
    body: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let changes = context.input.changes(&self.fields.0, Some("post"))?;
        let body = match self.body {
            Some(body) => context.input.text(&body)?,
            None if editor::available() => editor::write(&context.ui.messages)?,
            None => return Err(Error::missing("the text")),
        };
        let written = answer!(context, Request::Reply { to: self.id, body, changes }, Reply::Written);
        labels::written(&context.ui, &written);
        Ok(())
    }
}
