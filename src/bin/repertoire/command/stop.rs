//! `stop`: ends the running node, and returns once the store is free.

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let owner = answer!(context, Request::Owner, Reply::Owner);
        let Reply::Done = context.call(Request::Stop)? else {
            return Err(Error::internal("another answer than was asked for"));
        };
        if !context.wait_until_free() {
            return Err(Error::busy(owner.pid));
        }
        let ui = &context.ui;
        if ui.json() {
            ui.object(&serde_json::json!({"node": "stopped"}));
        } else if ui.human() {
            ui.safe_line(&text!(ui.messages, "stop-done"));
        }
        Ok(())
    }
}
