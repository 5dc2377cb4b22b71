//! `distil`: makes a practice of a thread.

use repertoire::node::{Error, Reply, Request};

use crate::fields::Fields;
use crate::labels;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let changes = context.input.changes(&self.fields.0, Some("practice"))?;
        let title = self.title.map(|title| context.input.text(&title)).transpose()?;
        let written = answer!(context, Request::Distil { id: self.id, title, changes }, Reply::Written);
        labels::written(&context.ui, &written);
        Ok(())
    }
}
