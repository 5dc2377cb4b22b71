//! `search`: words in all texts.

use repertoire::node::{Error, Reply, Request};

use crate::labels;
use crate::labels::filter::{FilterArgs, facets};
use crate::messages::text;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "WORDS", required = true)]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let filter = self.filter.filter(&[], context.ui.language())?;
        let request = Request::Search { words: self.words.join(" "), filter, limit: self.limit };
        let hits = answer!(context, request, Reply::Hits);
        let ui = &context.ui;
        for word in &hits.unknown {
            let facets = facets(ui.language());
            ui.warning(&text!(ui.messages, "search-unknown", word = word, facets = facets));
        }
        if hits.near && !hits.hits.is_empty() {
            ui.status(&text!(ui.messages, "search-near"));
        }
        labels::hits::print(ui, &hits);
        Ok(())
    }
}
