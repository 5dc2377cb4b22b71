//! `adapt`: begins a practice as a copy of another, for another site.

use repertoire::node::request::FieldOp;
use repertoire::node::{Error, Reply, Request};

use crate::fields::{Fields, change};
use crate::labels;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    #[arg(long, conflicts_with = "reactive")]
    planned: bool,
    #[arg(long)]
    reactive: bool,
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let mut changes = context.input.changes(&self.fields.0, Some("practice"))?;
        let planned = match (self.planned, self.reactive) {
            (true, _) => Some("planned"),
            (_, true) => Some("reactive"),
            _ => None,
        };
        changes.extend(planned.map(|word| change(FieldOp::Set, "adaptation.planned", word)));
        let title = self.title.map(|title| context.input.text(&title)).transpose()?;
        let written = answer!(context, Request::Adapt { id: self.id, title, changes, space: self.space }, Reply::Written);
        labels::written(&context.ui, &written);
        Ok(())
    }
}
