//! `report`: says what happened when a practice was used.

use repertoire::node::request::FieldOp;
use repertoire::node::{Error, Reply, Request};

use crate::fields::{Fields, change};
use crate::labels;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    #[command(flatten)]
    pub(crate) fields: Fields,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let mut changes = context.input.changes(&self.fields.0, Some("report"))?;
        if changes.is_empty() {
            return Err(Error::missing("what happened (--outcome, --happened)"));
        }
        let about = answer!(context, Request::Show { id: self.id }, Reply::Document);
        let given = |name: &str| changes.iter().find(|change| change.field == name).map(|change| change.value.clone());
        let mut site = given("site");
        if site.is_none() {
            let me = answer!(context, Request::Me { changes: Vec::new() }, Reply::Document);
            site = me.fields.get("home_site").and_then(|site| site.as_str()).map(str::to_owned);
            changes.extend(site.iter().map(|site| change(FieldOp::Set, "site", site.clone())));
        }
        let text = |name: &str| about.fields.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let parts: Vec<String> = [text("title"), site.unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect();
        let title = changes.iter().position(|change| change.field == "title").map(|at| changes.remove(at).value);
        let title = title.unwrap_or_else(|| parts.join(", "));
        changes.push(change(FieldOp::Set, "about", about.id));
        let request = Request::Add { kind: "report".to_owned(), title, changes, space: self.space };
        let written = answer!(context, request, Reply::Written);
        labels::written(&context.ui, &written);
        Ok(())
    }
}
