//! `invite`: makes an invitation.

use std::path::PathBuf;

use repertoire::node::request::Invite;
use repertoire::node::{Error, Reply, Request};

use crate::failure;
use crate::labels::{addresses, date};
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

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
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let request =
            Invite { role: self.role, uses: self.uses, days: self.days, confirm: self.confirm, with: self.with };
        let invitation = answer!(context, Request::Invite(request), Reply::Invitation);
        let ui = &context.ui;
        if let Some(path) = &self.out {
            write_private(path, &invitation.text).map_err(|error| failure::file(path, &error))?;
        }
        match ui.mode {
            Mode::Json => ui.object(&invitation),
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

/// Writes a file that its owner alone may read: whoever holds an invitation can use it.
fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    if text.ends_with('\n') { Ok(()) } else { file.write_all(b"\n") }
}
