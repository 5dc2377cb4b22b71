//! `init`: founds a community.

use repertoire::node::request::Init;
use repertoire::node::{Error, Reply, Request};

use crate::fields::Fields;
use crate::labels;
use crate::messages::text;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NAME")]
    community_name: String,
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "SITE")]
    site: String,
    #[command(flatten)]
    fields: Fields,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let changes = context.input.changes(&self.fields.0, Some("community"))?;
        let request = Init {
            name: self.community_name,
            types: self.types,
            person: self.name.clone(),
            site: self.site.clone(),
            changes,
        };
        let written = answer!(context, Request::Init(request), Reply::Written);
        let ui = &context.ui;
        if ui.human() {
            let name = &written.handle;
            ui.safe_line(&text!(ui.messages, "init-done", name = name, person = self.name, site = self.site));
            ui.hint(&text!(ui.messages, "init-next"));
            return super::key::offer(context);
        } else {
            labels::written(ui, &written);
        }
        Ok(())
    }
}
