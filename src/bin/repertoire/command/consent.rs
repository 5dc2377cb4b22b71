//! `consent`: whether one's name may stand beside what is published.

use clap::ValueEnum;
use repertoire::node::{Error, Reply, Request};

use crate::labels;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(value_name = "CONSENT")]
    consent: Consent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Consent {
    #[value(alias = "nommé", alias = "nomme")]
    Named,
    #[value(alias = "anonyme")]
    Unnamed,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let named = self.consent == Consent::Named;
        let written = answer!(context, Request::Consent { id: self.id, named }, Reply::Written);
        let ui = &context.ui;
        match ui.mode {
            Mode::Human => {
                let key = if named { "consent-named" } else { "consent-unnamed" };
                ui.safe_line(&text!(ui.messages, key, handle = &written.handle));
            }
            _ => labels::written(ui, &written),
        }
        Ok(())
    }
}
