//! `history`: who wrote what in a document.

use repertoire::node::{Error, Reply, Request};

use crate::labels;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let rows = answer!(context, Request::History { id: self.id }, Reply::History);
        labels::history::print(&context.ui, &rows);
        Ok(())
    }
}
