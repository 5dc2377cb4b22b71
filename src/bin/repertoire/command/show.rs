//! `show`: one document.

use repertoire::model::document::schema;
use repertoire::node::{Error, Reply, Request};
use serde_json::Value;

use crate::failure::failure;
use crate::labels;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long = "field", value_name = "FIELD")]
    field: Option<String>,
    #[arg(long)]
    history: bool,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let document = answer!(context, Request::Show { id: self.id.clone() }, Reply::Document);
        if let Some(field) = &self.field {
            return one_field(context, &document, field);
        }
        match context.ui.mode {
            Mode::Quiet => context.ui.line(&document.handle),
            _ => labels::document::print(&context.ui, &document),
        }
        if self.history {
            let rows = answer!(context, Request::History { id: self.id }, Reply::History);
            labels::history::print(&context.ui, &rows);
        }
        Ok(())
    }
}

fn one_field(
    context: &Context,
    document: &repertoire::node::request::DocumentView,
    field: &str,
) -> Result<(), Error> {
    let name = field.replace('-', "_");
    if !context.ui.json() && document.kind == "practice" {
        match name.as_str() {
            "adaptations" | "adaptation" => return { labels::document::adaptations(&context.ui, document); Ok(()) },
            "evidence" | "preuve" => return { labels::document::evidence(&context.ui, document); Ok(()) },
            _ => {}
        }
    }
    let found = [name.clone(), format!("{name}s")].into_iter().find_map(|name| document.fields.get_key_value(&name));
    let Some((name, value)) = found else {
        let names: Vec<String> = document.fields.keys().cloned().collect();
        // A field that could hold something and doesn't is an empty answer; one that is none is not found.
        if schema::kind(&document.kind).is_some_and(|kind| kind.find(&name).is_some()) {
            return Ok(());
        }
        let args = [("name", document.handle.as_str()), ("field", field), ("fields", &names.join(", "))];
        return Err(failure(repertoire::node::ErrorKind::NotFound, "empty-field", &args));
    };
    let ui = &context.ui;
    if ui.json() {
        let mut object = serde_json::Map::new();
        object.insert(name.clone(), value.clone());
        ui.object(&object);
        return Ok(());
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| ui.line(&labels::document::plain(item))),
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| ui.line(&format!("{key}: {}", labels::document::plain(value))));
        }
        value => ui.lines(&labels::document::plain(value)),
    }
    Ok(())
}
