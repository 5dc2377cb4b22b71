//! `quarantine`: what waits for somebody who governs.

use clap::ValueEnum;
use repertoire::node::request::QuarantineRow;
use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ACTION")]
    action: Action,
    #[arg(value_name = "NUMBER")]
    which: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    #[value(alias = "lister")]
    List,
    #[value(alias = "admettre")]
    Admit,
    #[value(alias = "ecarter", alias = "écarter")]
    Drop,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        if self.action == Action::List {
            return list(context);
        }
        let request = Request::Decide { which: self.which, admit: self.action == Action::Admit };
        let decided = answer!(context, request, Reply::Decided);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&decided),
            Mode::Quiet => decided.members.iter().for_each(|handle| ui.line(handle)),
            Mode::Human => {
                for handle in &decided.members {
                    let key = if decided.admitted { "quarantine-member" } else { "quarantine-refused" };
                    ui.safe_line(&text!(ui.messages, key, handle = handle));
                }
                if decided.entries > 0 {
                    let key = if decided.admitted { "quarantine-counts" } else { "quarantine-dropped" };
                    ui.safe_line(&text!(ui.messages, key, count = decided.entries));
                }
            }
        }
        Ok(())
    }
}

fn list(context: &mut Context) -> Result<(), Error> {
    let rows = answer!(context, Request::Quarantine, Reply::Quarantine);
    let ui = &context.ui;
    match ui.mode {
        Mode::Json => rows.iter().for_each(|row| ui.object(row)),
        Mode::Quiet => rows.iter().for_each(|row| ui.line(&row.entry)),
        Mode::Human if rows.is_empty() => ui.safe_line(&text!(ui.messages, "quarantine-none")),
        Mode::Human => {
            let cells: Vec<Vec<String>> = rows.iter().map(|row| vec![row.n.to_string(), sentence(ui, row)]).collect();
            table::print(ui, &cells);
        }
    }
    Ok(())
}

fn sentence(ui: &Ui, row: &QuarantineRow) -> String {
    let messages = &ui.messages;
    let names = row.names.join(", ");
    let reason = if row.reason == "used" && names.is_empty() { "used-unnamed" } else { &row.reason };
    let known = messages.find(&format!("reason-{reason}"), &[("names", names.into())]);
    let why = known.unwrap_or_else(|| row.text.clone());
    match row.kind.as_str() {
        "admission" => text!(messages, "quarantine-admission", by = &row.by, why = why),
        "mark" => text!(messages, "quarantine-mark", by = &row.by, on = &row.on, why = why),
        _ => text!(messages, "quarantine-edit", by = &row.by, on = &row.on, why = why),
    }
}
