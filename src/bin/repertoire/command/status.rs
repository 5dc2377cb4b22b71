//! `status`: what is written here, who has it, what waits and why.

use repertoire::node::request::Status;
use repertoire::node::{Error, Reply, Request};

use crate::labels::{self, addresses, date};
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let communities = answer!(context, Request::Status, Reply::Status);
        let ui = &context.ui;
        for status in &communities {
            match ui.mode {
                Mode::Json => ui.object(status),
                Mode::Quiet => ui.line(&status.name),
                Mode::Human => print(ui, status),
            }
            if status.waiting > 0 || status.quarantined > 0 || status.conflicts > 0 || !status.forks.is_empty()
                || status.fallen.iter().any(|row| !row.again) || status.pending.is_some() {
                ui.needs_attention();
            }
        }
        Ok(())
    }
}

/// Documents that a search scans without an index, unnoticed.
const UNINDEXED_QUIET: u64 = 1000;

fn print(ui: &Ui, status: &Status) {
    let messages = &ui.messages;
    let role = messages.word("role", &status.role);
    ui.safe_line(&text!(messages, "status-who", name = &status.name, me = &status.me, role = role));
    if let Some(pending) = &status.pending {
        ui.safe_line(&text!(messages, "status-pending-me", why = labels::pending(messages, pending)));
    }
    ui.safe_line(&text!(messages, "status-counts", documents = status.documents, entries = status.entries));
    let node = if status.node == "running" { "status-running" } else { "status-stopped" };
    ui.safe_line(&text!(messages, node, addresses = addresses(&status.addresses)));
    let all = status.spread.len();
    let have = status.spread.iter().filter(|spread| spread.knows_all_of_mine).count();
    if all > 0 {
        ui.safe_line(&text!(messages, "status-spread", have = have, all = all));
    }
    for spread in status.spread.iter().filter(|spread| !spread.knows_all_of_mine) {
        let (member, missing) = (&spread.member, spread.missing);
        match &spread.since {
            Some(at) => {
                ui.safe_line(&text!(messages, "status-lacks-since", member = member, missing = missing, since = date(at)));
            }
            None => ui.safe_line(&text!(messages, "status-never-met", member = member)),
        }
    }
    for (why, count) in &status.waits {
        let why = messages.word("need", why);
        ui.safe_line(&text!(messages, "status-waits", count = *count, why = why));
    }
    if status.quarantined > 0 {
        ui.safe_line(&text!(messages, "status-quarantined", count = status.quarantined));
    }
    for fork in &status.forks {
        let device = fork.device.get(..8).unwrap_or(&fork.device);
        let (member, space, seq) = (&fork.member, &fork.space, fork.seq.to_string());
        ui.warning(&text!(messages, "status-fork", member = member, device = device, space = space, seq = seq));
    }
    for row in &status.fallen {
        let (member, role) = (&row.member, messages.word("role", &row.role));
        let (at, since) = (date(&row.at), date(&row.since));
        let (entries, payloads) = (row.entries, row.payloads);
        let text = text!(
            messages,
            "status-fallen",
            member = member,
            role = role,
            at = at,
            since = since,
            entries = entries,
            payloads = payloads
        );
        if row.again {
            ui.safe_line(&format!("{text} {}", text!(messages, "status-fallen-again")));
        } else {
            ui.warning(&text);
        }
    }
    if status.conflicts > 0 {
        ui.safe_line(&text!(messages, "conflicts-left", count = status.conflicts));
    }
    // A search scans a short tail by itself: only a long one is worth a word.
    if status.unindexed > UNINDEXED_QUIET {
        ui.safe_line(&text!(messages, "status-unindexed", count = status.unindexed));
    }
}
