//! `list`: documents by kind and filter.

use repertoire::node::{Error, Reply, Request};

use crate::labels::{self, filter::FilterArgs};
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "KIND_OR_FILTER")]
    filters: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let filter = self.filter.filter(&self.filters, context.ui.language())?;
        let hits = answer!(context, Request::List { filter, limit: self.limit }, Reply::Hits);
        labels::hits::print(&context.ui, &hits);
        Ok(())
    }
}
