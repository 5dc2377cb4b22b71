//! `offer-upstream`: opens a thread on the source with what an adaptation changed.

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
        let written = answer!(context, Request::Offer { id: self.id }, Reply::Written);
        labels::written(&context.ui, &written);
        Ok(())
    }
}
