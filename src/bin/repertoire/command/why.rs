//! `why`: the reason of a silence.

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "PEER_OR_ID")]
    what: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let reasons = answer!(context, Request::Why { what: self.what }, Reply::Reasons);
        let ui = &context.ui;
        if reasons.is_empty() {
            ui.status(&text!(ui.messages, "why-silence-none"));
        }
        for reason in &reasons {
            match ui.mode {
                Mode::Json => ui.object(reason),
                Mode::Quiet => ui.line(&reason.reason),
                Mode::Human => {
                    // The reason in the reader's language, where it is one that the catalogue knows.
                    let known = ui.messages.find(&format!("why-{}", reason.reason), &[]);
                    ui.line(&format!("{}: {}", reason.what, known.unwrap_or_else(|| reason.text.clone())));
                    for (address, answer) in &reason.tried {
                        ui.line(&format!("  {address}  {answer}"));
                    }
                }
            }
        }
        Ok(())
    }
}
