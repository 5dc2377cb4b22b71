//! `edit`: changes a document.

use repertoire::node::request::FieldOp;
use repertoire::node::{Error, Reply, Request};

use crate::failure::wrong;
use crate::fields::{Changes, change};
use crate::input::editor::{self, Page};
use crate::labels;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    pub(crate) changes: Changes,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let mut changes = context.input.changes(&self.changes, None)?;
        if changes.is_empty() {
            if !editor::available() {
                return Err(wrong("nothing-to-edit", &[]));
            }
            changes = in_editor(context, &self.id)?;
        }
        let written = answer!(context, Request::Edit { id: self.id, changes }, Reply::Written);
        let ui = &context.ui;
        match ui.mode {
            Mode::Human => ui.line(&format!("{}: {}", written.handle, written.fields.join(", "))),
            _ => labels::written(ui, &written),
        }
        Ok(())
    }
}

/// Opens the texts of a document in the editor.
fn in_editor(context: &mut Context, id: &str) -> Result<Vec<repertoire::node::request::FieldChange>, Error> {
    let document = answer!(context, Request::Show { id: id.to_owned() }, Reply::Document);
    let mut fields: Vec<(String, String)> = Vec::new();
    for name in labels::document::texts(&document.kind) {
        let held = document.fields.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        fields.push((name.to_owned(), held.to_owned()));
    }
    let title = document.fields.get("title").and_then(|value| value.as_str()).map(str::to_owned);
    let written = editor::edit(&Page { title, fields }, &context.ui.messages)?;
    let title = written.title.map(|title| change(FieldOp::Set, "title", title));
    let fields = written.fields.into_iter().map(|(name, text)| change(FieldOp::Set, &name, text));
    Ok(title.into_iter().chain(fields).collect())
}
