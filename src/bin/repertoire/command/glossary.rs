//! `glossary`: the words of the community.

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let terms = answer!(context, Request::Glossary { word: self.word }, Reply::Glossary);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => terms.iter().for_each(|term| ui.object(term)),
            Mode::Quiet => terms.iter().for_each(|term| ui.line(&term.handle)),
            Mode::Human => {
                let rows: Vec<Vec<String>> = terms
                    .iter()
                    .map(|term| {
                        vec![
                            term.label.clone(),
                            ui.messages.word("scheme", &term.scheme),
                            text!(ui.messages, "glossary-uses", count = term.uses),
                            term.definition.clone(),
                        ]
                    })
                    .collect();
                table::print(ui, &rows);
            }
        }
        Ok(())
    }
}
