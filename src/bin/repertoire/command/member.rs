//! `member`: one person.

use repertoire::node::request::MemberRow;
use repertoire::node::{Error, Reply, Request};

use crate::labels::{self, date};
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Ui, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "MEMBER")]
    who: String,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let document = answer!(context, Request::Member { who: self.who }, Reply::Document);
        let rows = answer!(context, Request::Members, Reply::Members);
        let ui = &context.ui;
        let gone = rows.iter().find(|row| row.handle == document.handle && row.ended.is_some());
        match gone.filter(|_| ui.human()) {
            Some(row) => table::print(ui, &[summary(ui, row)]),
            None => labels::document::print(ui, &document),
        }
        Ok(())
    }
}

/// What is left to say of somebody who left or was removed.
fn summary(ui: &Ui, row: &MemberRow) -> Vec<String> {
    let status = ui.messages.word("status", &row.status);
    let role = ui.messages.word("role", &row.role);
    let ended = date(row.ended.as_deref().unwrap_or_default());
    vec![
        row.handle.clone(),
        row.site.clone(),
        text!(ui.messages, "member-ended", status = status, at = ended),
        text!(ui.messages, "member-since", role = role, at = date(&row.joined)),
    ]
}
