//! `member`: one person.

use repertoire::node::{Error, Reply, Request};

use crate::labels;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "MEMBER")]
    who: String,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let document = answer!(context, Request::Member { who: self.who }, Reply::Document);
        labels::document::print(&context.ui, &document);
        Ok(())
    }
}
