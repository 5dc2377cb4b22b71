//! `propose`: offers a practice or a term to the community.

use repertoire::node::{Error, Reply, Request};

use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let note = self.note.map(|note| context.input.text(&note)).transpose()?.unwrap_or_default();
        let request = Request::Mark { verb: "propose".to_owned(), id: self.id, note };
        let marked = answer!(context, request, Reply::Marked);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&marked),
            Mode::Quiet => ui.line(&marked.handle),
            Mode::Human => {
                let state = |state: &str| ui.messages.word("state", state);
                ui.line(&format!("{}: {} -> {}", marked.handle, state(&marked.before), state(&marked.after)));
            }
        }
        Ok(())
    }
}
