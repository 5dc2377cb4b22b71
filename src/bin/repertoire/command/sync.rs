//! `sync`: meets peers now.

use repertoire::node::request::{SyncRow, Synced};
use repertoire::node::{Error, Reply, Request};

use crate::failure::failure;
use crate::labels;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "PEER")]
    peer: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let synced = answer!(context, Request::Sync { target: self.peer }, Reply::Synced);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => synced.peers.iter().for_each(|row| ui.object(row)),
            Mode::Quiet => {}
            Mode::Human => print(ui, &synced),
        }
        if !synced.peers.is_empty() && synced.peers.iter().all(failed) {
            let why: Vec<String> = synced.peers.iter().map(|row| format!("{}: {}", who(row), reason(ui, row))).collect();
            return Err(failure(repertoire::node::ErrorKind::Network, "sync-none", &[("why", &why.join("; "))]));
        }
        if synced.conflicts > 0 || synced.held > 0 || synced.peers.iter().any(|row| !row.complete) {
            ui.needs_attention();
        }
        Ok(())
    }
}

/// Nothing passed at all.
fn failed(row: &SyncRow) -> bool {
    !row.complete && row.received == 0 && row.sent == 0
}

fn print(ui: &Ui, synced: &Synced) {
    let messages = &ui.messages;
    if synced.peers.is_empty() {
        ui.status(&text!(messages, "sync-nobody"));
    }
    for row in &synced.peers {
        let (peer, received, sent) = (who(row), row.received, row.sent);
        if row.complete {
            ui.safe_line(&text!(messages, "sync-done", peer = peer, received = received, sent = sent));
        } else if !failed(row) {
            let why = reason(ui, row);
            ui.safe_line(&text!(messages, "sync-part", peer = peer, received = received, sent = sent, why = why));
        } else if synced.peers.iter().any(|row| !failed(row)) {
            ui.warning(&text!(messages, "sync-failed", peer = peer, why = reason(ui, row)));
        }
    }
    let new = labels::counts(messages, &synced.new);
    if !new.is_empty() {
        ui.safe_line(&text!(messages, "sync-new", list = new));
    }
    if synced.held > 0 {
        ui.safe_line(&text!(messages, "held-left", count = synced.held));
    }
    if synced.conflicts > 0 {
        ui.safe_line(&text!(messages, "conflicts-left", count = synced.conflicts));
    }
}

fn who(row: &SyncRow) -> &str {
    if row.member.is_empty() { &row.peer } else { &row.member }
}

fn reason(ui: &Ui, row: &SyncRow) -> String {
    ui.messages.phrase(row.reason.as_deref().unwrap_or("?"))
}
