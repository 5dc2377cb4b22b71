//! `announce`: an announcement.

use repertoire::node::Error;

use super::thread::{Thread, begin};
use crate::fields::Fields;
use crate::session::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "TITLE")]
    title: Option<String>,
    #[arg(value_name = "TEXT")]
    body: Option<String>,
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let Args { title, body, space, fields } = self;
        begin(context, Thread { mode: "announcement", title, body, space, fields: &fields.0, more: Vec::new() })
    }
}
