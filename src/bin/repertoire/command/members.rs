//! `members`: the people.

use clap::ValueEnum;
use repertoire::node::request::MemberRow;
use repertoire::node::{Error, Reply, Request};

use crate::failure::wrong;
use crate::input::secret;
use crate::labels::{self, date};
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ACTION")]
    action: Option<Action>,
    #[arg(value_name = "MEMBER", requires = "action")]
    member: Option<String>,
    #[arg(long, value_name = "WORDS", requires = "member")]
    words: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Action {
    #[value(alias = "admettre")]
    Admit,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        match (self.action, self.member) {
            (Some(Action::Admit), Some(member)) => admit(context, &member, self.words),
            (Some(Action::Admit), None) => {
                Err(wrong("wrong-missing", &[("what", "MEMBER"), ("page", "repertoire help members")]))
            }
            (None, _) => Args::list(context),
        }
    }

    fn list(context: &mut Context) -> Result<(), Error> {
        let members = answer!(context, Request::Members, Reply::Members);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => members.iter().for_each(|row| ui.object(row)),
            Mode::Quiet => members.iter().for_each(|row| ui.line(&row.handle)),
            Mode::Human => {
                let rows: Vec<Vec<String>> = members
                    .iter()
                    .map(|row| {
                        vec![
                            row.handle.clone(),
                            row.name.clone(),
                            ui.messages.word("role", &row.role),
                            ui.messages.word("status", &row.status),
                            row.site.clone(),
                            date(&row.joined).to_owned(),
                            text!(ui.messages, "members-devices", count = row.devices),
                            remark(ui, row),
                        ]
                    })
                    .collect();
                table::print(ui, &rows);
            }
        }
        Ok(())
    }
}

/// Admits; where six words have to be compared, asks for them at a terminal.
fn admit(context: &mut Context, member: &str, mut words: Option<String>) -> Result<(), Error> {
    if words.is_none() && secret::can_ask() && context.ui.human() {
        let rows = answer!(context, Request::Members, Reply::Members);
        let row = rows.iter().find(|row| row.handle == member || row.member.starts_with(member));
        let asked = row.and_then(|row| Some((row, row.waits.as_ref()?.words.clone()?)));
        if let Some((row, asked)) = asked {
            let ui = &context.ui;
            ui.status(&text!(ui.messages, "members-words", handle = &row.handle, words = &asked));
            let mut answer = String::new();
            let read = std::io::stdin().read_line(&mut answer);
            read.map_err(|error| Error::file("the terminal", error))?;
            if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "o" | "oui") {
                words = Some(asked);
            }
        }
    }
    let rows = answer!(context, Request::Admit { who: member.to_owned(), words }, Reply::Members);
    let ui = &context.ui;
    for row in &rows {
        match ui.mode {
            Mode::Json => ui.object(row),
            Mode::Quiet => ui.line(&row.handle),
            Mode::Human => ui.safe_line(&text!(ui.messages, "members-admitted", handle = &row.handle)),
        }
    }
    Ok(())
}

/// What is to be said of somebody beside the facts: why they wait, or that it is oneself.
fn remark(ui: &Ui, row: &MemberRow) -> String {
    match &row.waits {
        Some(waits) => labels::pending(&ui.messages, waits),
        None if row.me => text!(ui.messages, "members-you"),
        None => String::new(),
    }
}
