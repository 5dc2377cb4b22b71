//! `conflicts`: fields with two values.

use repertoire::node::{Error, Reply, Request};

use crate::labels::document::plain;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let conflicts = answer!(context, Request::Conflicts { id: self.id }, Reply::Conflicts);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => conflicts.iter().for_each(|conflict| ui.object(conflict)),
            Mode::Quiet => {
                let mut handles: Vec<&str> = conflicts.iter().map(|conflict| conflict.handle.as_str()).collect();
                handles.dedup();
                handles.iter().for_each(|handle| ui.line(handle));
            }
            Mode::Human if conflicts.is_empty() => ui.safe_line(&text!(ui.messages, "conflicts-none")),
            Mode::Human => {
                let rows: Vec<Vec<String>> = conflicts
                    .iter()
                    .map(|conflict| {
                        let mut row = vec![conflict.handle.clone(), conflict.field.clone()];
                        let values = conflict.values.iter().enumerate();
                        row.extend(values.map(|(n, one)| format!("{}: {} ({})", n + 1, plain(&one.value), one.by)));
                        let shown = plain(&conflict.shown);
                        row.push(text!(ui.messages, "conflicts-shown", value = shown));
                        row
                    })
                    .collect();
                table::print(ui, &rows);
            }
        }
        Ok(())
    }
}
