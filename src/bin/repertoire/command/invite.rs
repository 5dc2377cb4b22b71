//! `invite`: makes an invitation.

use std::path::PathBuf;

use repertoire::node::request::{Invitation, InvitationRow, Invite};
use repertoire::node::{Error, Reply, Request};

use crate::failure;
use crate::labels::{addresses, date};
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui, qr, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    uses: u32,
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    #[arg(long)]
    confirm: bool,
    #[arg(long, value_name = "ID")]
    with: Vec<String>,
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[arg(long)]
    qr: bool,
    #[arg(long, conflicts_with_all = ["recall", "out", "qr", "with", "confirm", "role"])]
    list: bool,
    #[arg(long, value_name = "ID", conflicts_with_all = ["out", "qr", "with", "confirm", "role"])]
    recall: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        if let Some(id) = self.recall {
            return recall(context, id);
        }
        if self.list {
            return list(context);
        }
        let request = Invite {
            role: self.role,
            uses: self.uses,
            days: self.days,
            confirm: self.confirm,
            with: self.with,
            parts: self.qr,
        };
        let invitation = answer!(context, Request::Invite(request), Reply::Invitation);
        let ui = &context.ui;
        if let Some(path) = &self.out {
            write_private(path, &invitation.text).map_err(|error| failure::file(path, &error))?;
        }
        match ui.mode {
            Mode::Json => ui.object(&invitation),
            Mode::Human if self.qr => codes(ui, &invitation),
            Mode::Quiet if self.qr && self.out.is_none() => invitation.parts.iter().for_each(|part| ui.line(part)),
            _ if self.out.is_none() => ui.lines(invitation.text.trim_end()),
            Mode::Quiet => ui.line(&invitation.id),
            Mode::Human => {
                let role = ui.messages.word("role", &invitation.role);
                let until = date(&invitation.until);
                ui.safe_line(&text!(ui.messages, "invite-done", uses = invitation.uses, role = role, until = until));
            }
        }
        ui.hint(&text!(ui.messages, "invite-secret"));
        if !invitation.addresses.is_empty() {
            ui.hint(&text!(ui.messages, "invite-addresses", addresses = addresses(&invitation.addresses)));
        }
        Ok(())
    }
}

fn list(context: &mut Context) -> Result<(), Error> {
    let rows = answer!(context, Request::Invitations { all: false }, Reply::Invitations);
    let ui = &context.ui;
    match ui.mode {
        Mode::Json => rows.iter().for_each(|row| ui.object(row)),
        Mode::Quiet => rows.iter().for_each(|row| ui.line(&row.id)),
        Mode::Human if rows.is_empty() => ui.status(&text!(ui.messages, "invite-none")),
        Mode::Human => {
            let cells = |row: &InvitationRow| {
                let uses = text!(ui.messages, "invite-uses", used = row.used, uses = row.uses);
                let waits = text!(ui.messages, "invite-waits", count = row.waits);
                let confirm = if row.confirm { text!(ui.messages, "invite-confirm") } else { String::new() };
                vec![
                    row.id.get(..8).unwrap_or(&row.id).to_owned(),
                    ui.messages.word("role", &row.role),
                    uses,
                    text!(ui.messages, "invite-until", until = date(&row.until)),
                    row.by_handle.clone(),
                    confirm,
                    if row.waits > 0 { waits } else { String::new() },
                ]
            };
            table::print(ui, &rows.iter().map(cells).collect::<Vec<_>>());
        }
    }
    Ok(())
}

fn recall(context: &mut Context, id: String) -> Result<(), Error> {
    let rows = answer!(context, Request::Recall { id }, Reply::Invitations);
    let ui = &context.ui;
    for row in &rows {
        match ui.mode {
            Mode::Json => ui.object(row),
            Mode::Quiet => ui.line(&row.id),
            Mode::Human => {
                let id = row.id.get(..8).unwrap_or(&row.id);
                ui.safe_line(&text!(ui.messages, "invite-recalled", id = id));
            }
        }
    }
    Ok(())
}

/// Draws the codes.
fn codes(ui: &Ui, invitation: &Invitation) {
    let all = invitation.parts.len();
    for (at, part) in invitation.parts.iter().enumerate() {
        ui.safe_line(&text!(ui.messages, "invite-code", at = at + 1, all = all));
        for line in qr::lines(part) {
            ui.styled(qr::STYLE, &line);
        }
    }
    ui.status(&text!(ui.messages, "invite-codes", all = all));
    if invitation.small {
        ui.warning(&text!(ui.messages, "invite-codes-small"));
    }
}

/// Writes a file that its owner alone may read: whoever holds an invitation can use it.
pub(super) fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    if text.ends_with('\n') { Ok(()) } else { file.write_all(b"\n") }
}
