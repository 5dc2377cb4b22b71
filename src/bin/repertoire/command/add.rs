//! `add`: writes a new document.

use repertoire::node::request::FieldOp;
use repertoire::node::{Error, Reply, Request};

use crate::fields::{Fields, change};
use crate::input::editor::{self, Page};
use crate::labels;
use crate::session::{Context, answer};

/// The fields that the editor offers for a new practice, in the order of DOMAIN's completeness.
const PRACTICE: &[&str] = &["problem", "context", "procedure", "materials", "actors", "impact", "constraints", "lessons"];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "KIND")]
    kind: String,
    #[arg(value_name = "TITLE")]
    title: Option<String>,
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    #[command(flatten)]
    pub(crate) fields: Fields,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let kind = labels::kind(&self.kind);
        let mut changes = context.input.changes(&self.fields.0, Some(&kind))?;
        let mut title = self.title.map(|title| context.input.text(&title)).transpose()?;
        let open = if title.is_none() { editor::available() } else { self.fields.0.is_empty() && editor::wanted() };
        if open {
            let names = match kind.as_str() {
                "practice" => PRACTICE.to_vec(),
                kind => labels::document::texts(kind),
            };
            let fields = names.iter().map(|name| ((*name).to_owned(), String::new())).collect();
            let page = Page { title: Some(title.clone().unwrap_or_default()), fields };
            let written = editor::edit(&page, &context.ui.messages)?;
            title = written.title.or(title);
            changes.extend(written.fields.iter().map(|(field, text)| change(FieldOp::Set, field, text.clone())));
        }
        let title = title.filter(|title| !title.trim().is_empty()).ok_or_else(|| Error::missing("the title"))?;
        let written = answer!(context, Request::Add { kind, title, changes, space: self.space }, Reply::Written);
        labels::written(&context.ui, &written);
        Ok(())
    }
}
