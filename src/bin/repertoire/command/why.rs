//! `why`: the reason of a silence.

use repertoire::node::request::PendingRow;
use repertoire::node::{Error, Reply, Request};

use crate::labels;
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
                    let known = match reason.reason.strip_prefix("pending-") {
                        Some(why) => {
                            let row = PendingRow { why: why.to_owned(), used_by: reason.used_by.clone(), words: None };
                            Some(text!(ui.messages, "why-pending-me", why = labels::pending(&ui.messages, &row)))
                        }
                        None => ui.messages.find(&format!("why-{}", reason.reason), &[]),
                    };
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
