//! `revoke`: removes a member.

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "MEMBER")]
    who: String,
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let reason = context.input.text(&self.reason)?;
        let request = Request::Revoke { member: self.who, reason, dry_run: self.dry_run };
        let removed = answer!(context, request, Reply::Removed);
        let ui = &context.ui;
        let (handle, kept, rotated) = (&removed.handle, removed.kept, removed.rotated);
        match ui.mode {
            Mode::Json => ui.object(&removed),
            Mode::Quiet => ui.line(handle),
            Mode::Human if self.dry_run => {
                ui.safe_line(&text!(ui.messages, "revoke-would", handle = handle, kept = kept, rotated = rotated));
            }
            Mode::Human => {
                ui.safe_line(&text!(ui.messages, "revoke-done", handle = handle, kept = kept, rotated = rotated));
            }
        }
        ui.hint(&text!(ui.messages, "revoke-unheard"));
        Ok(())
    }
}
