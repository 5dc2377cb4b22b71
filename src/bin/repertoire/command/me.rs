//! `me`: one's own profile.

use repertoire::node::request::FieldOp;
use repertoire::node::{Error, Reply, Request};

use crate::fields::{Changes, change};
use crate::labels;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "T:N:FINDABLE")]
    competence: Vec<String>,
    #[command(flatten)]
    changes: Changes,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let mut changes = context.input.changes(&self.changes, Some("member"))?;
        for competence in &self.competence {
            let mut parts = competence.split(':');
            let term = parts.next().unwrap_or_default().trim();
            // The term is a key of the field, and a dot would end it.
            let key = term.replace('.', " ");
            for (name, value) in ["level", "findable"].iter().zip(parts) {
                let value = if matches!(value, "findable" | "trouvable") { "yes" } else { value };
                changes.push(change(FieldOp::Set, &format!("competences.{key}.{name}"), value));
            }
        }
        let document = answer!(context, Request::Me { changes }, Reply::Document);
        labels::document::print(&context.ui, &document);
        Ok(())
    }
}
