//! `members`: the people.

use repertoire::node::{Error, Reply, Request};

use crate::labels::date;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let members = answer!(context, Request::Members, Reply::Members);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => members.iter().for_each(|row| ui.object(row)),
            Mode::Quiet => members.iter().for_each(|row| ui.line(&row.handle)),
            Mode::Human => {
                let rows: Vec<Vec<String>> = members
                    .iter()
                    .map(|row| {
                        let me = if row.me { text!(ui.messages, "members-you") } else { String::new() };
                        vec![
                            row.handle.clone(),
                            row.name.clone(),
                            ui.messages.word("role", &row.role),
                            ui.messages.word("status", &row.status),
                            row.site.clone(),
                            date(&row.joined).to_owned(),
                            text!(ui.messages, "members-devices", count = row.devices),
                            me,
                        ]
                    })
                    .collect();
                table::print(ui, &rows);
            }
        }
        Ok(())
    }
}
