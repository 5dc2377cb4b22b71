//! `check`: counts and fingerprints; with `--full` everything is verified and folded anew.

use repertoire::node::{Error, Reply, Request};

use crate::failure::failure;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    full: bool,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let checks = answer!(context, Request::Check { full: self.full }, Reply::Checks);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => checks.iter().for_each(|check| ui.object(check)),
            Mode::Quiet => checks.iter().for_each(|check| ui.line(&check.fingerprint)),
            Mode::Human => {
                let rows: Vec<Vec<String>> = checks
                    .iter()
                    .map(|check| {
                        vec![
                            ui.messages.word("space", &check.space),
                            text!(ui.messages, "check-documents", count = check.documents),
                            text!(ui.messages, "check-entries", count = check.entries),
                            text!(ui.messages, "check-waiting", count = check.waiting),
                            text!(ui.messages, "check-quarantined", count = check.quarantined),
                            check.fingerprint.clone(),
                        ]
                    })
                    .collect();
                table::print(ui, &rows);
            }
        }
        let damage: Vec<&str> = checks.iter().flat_map(|check| &check.damage).map(String::as_str).collect();
        if !damage.is_empty() {
            return Err(failure(repertoire::node::ErrorKind::Corrupt, "check-damage", &[("what", &damage.join("; "))]));
        }
        if checks.iter().any(|check| check.waiting > 0 || check.quarantined > 0) {
            ui.needs_attention();
        }
        Ok(())
    }
}
