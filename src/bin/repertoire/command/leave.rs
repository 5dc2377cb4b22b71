//! `leave`: leaves the community.

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    forget_name: bool,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let left = answer!(context, Request::Leave { forget_name: self.forget_name }, Reply::Left);
        let ui = &context.ui;
        let (community, handle) = (&left.community, &left.handle);
        match ui.mode {
            Mode::Json => ui.object(&left),
            Mode::Quiet => ui.line(handle),
            Mode::Human => ui.safe_line(&text!(ui.messages, "leave-done", community = community, handle = handle)),
        }
        ui.hint(&text!(ui.messages, "leave-sync"));
        Ok(())
    }
}
