//! `govern`: the acts of governance, listed and written.

use std::path::PathBuf;

use clap::ValueEnum;
use repertoire::node::request::{ActRow, BranchRow, GovernAct};
use repertoire::node::{Error, Reply, Request, Secret};

use crate::command::role::role;
use crate::failure::wrong;
use crate::input::secret;
use crate::labels::minute;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ACTION")]
    action: Option<Action>,
    #[arg(value_name = "WHAT")]
    what: Vec<String>,
    #[arg(long, value_name = "ROLE")]
    inviters: Option<String>,
    #[arg(long, value_name = "N")]
    validations: Option<u32>,
    #[arg(long, value_name = "N")]
    take: Option<usize>,
    #[arg(long)]
    printed_key: bool,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Action {
    #[value(alias = "journal")]
    Log,
    #[value(alias = "regle", alias = "règle")]
    Rule,
    #[value(alias = "jalon")]
    Checkpoint,
    #[value(alias = "renouveler")]
    Rotate,
    #[value(alias = "reprendre")]
    Recover,
    Veto,
    #[value(alias = "signer")]
    Sign,
    #[value(alias = "confirmer")]
    Confirm,
    #[value(alias = "fourche")]
    Fork,
    #[value(alias = "fermer")]
    Close,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let printed = self.words(context)?;
        let act = match self.action.unwrap_or(Action::Log) {
            Action::Log => return log(context),
            Action::Fork => return self.fork(context),
            Action::Rule => {
                GovernAct::Rule { inviters: self.inviters.as_deref().map(role), validations: self.validations }
            }
            Action::Checkpoint => GovernAct::Checkpoint,
            Action::Rotate => GovernAct::Rotate { space: self.what.into_iter().next() },
            Action::Recover => GovernAct::Recover { animators: self.what, printed },
            Action::Sign => GovernAct::Sign { act: first(self.what)? },
            Action::Veto => GovernAct::Veto { act: first(self.what)? },
            Action::Confirm => GovernAct::Confirm { act: first(self.what)?, printed },
            Action::Close if !self.yes => return Err(wrong("unconfirmed", &[])),
            Action::Close => GovernAct::Close,
        };
        let done = answer!(context, Request::Govern(act), Reply::Act);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&done),
            Mode::Quiet => ui.line(&done.entry),
            Mode::Human => {
                let act = ui.messages.word("act", &done.act);
                match (done.signed, done.needed) {
                    (Some(signed), Some(needed)) => {
                        let id = done.entry.get(..8).unwrap_or(&done.entry);
                        let (signed, needed) = (signed.to_string(), needed.to_string());
                        ui.safe_line(&text!(
                            ui.messages,
                            "govern-proposed",
                            act = act,
                            on = &done.on,
                            signed = signed,
                            needed = needed,
                            id = id
                        ));
                    }
                    _ => ui.safe_line(&text!(ui.messages, "govern-done", act = act, on = &done.on)),
                }
            }
        }
        Ok(())
    }
}

impl Args {
    /// The words of the printed key, where they are asked for.
    fn words(&self, context: &Context) -> Result<Option<Secret>, Error> {
        if !self.printed_key {
            return Ok(None);
        }
        match secret::given(self.passphrase_file.as_deref())? {
            None if secret::can_ask() => secret::ask(&text!(context.ui.messages, "ask-printed-key")).map(Some),
            None => Err(Error::no_printed_key()),
            given => Ok(given),
        }
    }

    /// Lists forks, or says how those named go on.
    fn fork(self, context: &mut Context) -> Result<(), Error> {
        if self.what.is_empty() {
            let missing = || wrong("wrong-missing", &[("what", "NUMBER"), ("page", "repertoire help govern")]);
            return if self.take.is_some() { Err(missing()) } else { forks(context) };
        }
        let request = Request::SettleForks { which: self.what, take: self.take };
        let settled = answer!(context, request, Reply::ForkSettled);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&settled),
            Mode::Quiet => settled.entries.iter().for_each(|entry| ui.line(entry)),
            Mode::Human => {
                let key = if self.take.is_some() { "fork-taken" } else { "fork-settled" };
                ui.safe_line(&ui.messages.get(key, &[("count", settled.forks.into())]));
            }
        }
        Ok(())
    }
}

fn forks(context: &mut Context) -> Result<(), Error> {
    let rows = answer!(context, Request::Forks, Reply::Forks);
    let ui = &context.ui;
    match ui.mode {
        Mode::Json => rows.iter().for_each(|row| ui.object(row)),
        Mode::Quiet => rows.iter().filter(|row| row.settled.is_none()).for_each(|row| ui.line(&row.n.to_string())),
        Mode::Human if rows.is_empty() => ui.safe_line(&text!(ui.messages, "fork-none")),
        Mode::Human => {
            for row in &rows {
                let device = row.device.get(..8).unwrap_or(&row.device);
                let state = text!(ui.messages, if row.settled.is_some() { "fork-closed" } else { "fork-open" });
                let (n, member, space, seq) = (row.n.to_string(), &row.member, &row.space, row.seq.to_string());
                ui.safe_line(&text!(
                    ui.messages,
                    "fork-line",
                    n = n,
                    member = member,
                    device = device,
                    space = space,
                    seq = seq,
                    state = state
                ));
                let branch = |row: &BranchRow| {
                    let (first, last) = (minute(&row.first), minute(&row.last));
                    let (entries, counts) = (row.entries, row.counts);
                    let line = text!(
                        ui.messages,
                        "fork-branch",
                        n = row.n.to_string(),
                        entries = entries,
                        counts = counts,
                        first = first,
                        last = last
                    );
                    ui.safe_line(&format!("   {line}"));
                };
                row.branches.iter().for_each(branch);
            }
        }
    }
    Ok(())
}

fn first(what: Vec<String>) -> Result<String, Error> {
    let missing = || wrong("wrong-missing", &[("what", "ACT"), ("page", "repertoire help govern")]);
    what.into_iter().next().ok_or_else(missing)
}

fn log(context: &mut Context) -> Result<(), Error> {
    let rows = answer!(context, Request::Acts, Reply::Acts);
    let ui = &context.ui;
    match ui.mode {
        Mode::Json => rows.iter().for_each(|row| ui.object(row)),
        Mode::Quiet => rows.iter().for_each(|row| ui.line(&row.entry)),
        Mode::Human => table::print(ui, &rows.iter().map(|row| cells(ui, row)).collect::<Vec<_>>()),
    }
    Ok(())
}

fn cells(ui: &Ui, row: &ActRow) -> Vec<String> {
    let verdict = ui.messages.word("verdict", &row.verdict);
    let verdict = match row.why.as_str() {
        "" => verdict,
        why => format!("{verdict}: {}", ui.messages.word("void", why)),
    };
    let verdict = match (row.cause.get(..8), row.signed, row.needed) {
        (Some(cause), ..) => format!("{verdict} ({cause})"),
        (None, Some(signed), Some(needed)) => {
            let (signed, needed, who) = (signed.to_string(), needed.to_string(), row.signers.join(", "));
            text!(ui.messages, "govern-signed", signed = signed, needed = needed, who = who)
        }
        _ => verdict,
    };
    vec![
        row.entry.get(..8).unwrap_or(&row.entry).to_owned(),
        minute(&row.at),
        row.by.clone(),
        format!("{} {}", ui.messages.word("act", &row.act), row.on).trim_end().to_owned(),
        verdict,
        row.reason.clone(),
    ]
}
