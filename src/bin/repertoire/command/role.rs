//! `role`: what members are.

use clap::ValueEnum;
use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ACTION")]
    action: Action,
    #[arg(value_name = "MEMBER")]
    who: String,
    #[arg(value_name = "ROLE")]
    role: String,
    #[arg(long, value_name = "TOPIC")]
    topic: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Action {
    #[value(alias = "donner")]
    Grant,
    #[value(alias = "rendre")]
    Resign,
}

/// French names of roles, without accents.
const FRENCH: &[(&str, &str)] = &[
    ("fondateur", "founder"),
    ("animateur", "animator"),
    ("moderateur", "animator"),
    ("membre", "member"),
    ("observateur", "observer"),
    ("parrain", "observer"),
    ("porteur", "relay"),
];

/// The role that a word means, English or French.
pub(crate) fn role(word: &str) -> String {
    let plain = deunicode::deunicode(word).to_lowercase();
    let french = FRENCH.iter().find(|(french, _)| *french == plain);
    french.map_or(plain.clone(), |(_, role)| (*role).to_owned())
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let (member, role) = (self.who, role(&self.role));
        let request = match self.action {
            Action::Grant => Request::Grant { member, role, topics: self.topic },
            Action::Resign => Request::Resign { member, role },
        };
        let row = answer!(context, request, Reply::Role);
        let ui = &context.ui;
        let role = ui.messages.word("role", &row.role);
        match ui.mode {
            Mode::Json => ui.object(&row),
            Mode::Quiet => ui.line(&row.handle),
            Mode::Human => ui.safe_line(&text!(ui.messages, "role-done", handle = &row.handle, role = role)),
        }
        Ok(())
    }
}
