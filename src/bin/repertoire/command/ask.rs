//! `ask`: a question.

use repertoire::node::Error;
use repertoire::node::request::FieldOp;

use super::thread::{Thread, begin};
use crate::fields::{Fields, change};
use crate::session::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "TITLE")]
    title: Option<String>,
    #[arg(value_name = "TEXT")]
    body: Option<String>,
    #[arg(long = "to", value_name = "WHO")]
    to: Vec<String>,
    #[arg(long)]
    urgent: bool,
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let mut more: Vec<_> = self.to.iter().map(|who| change(FieldOp::Add, "asked_of", who)).collect();
        if self.urgent {
            more.push(change(FieldOp::Set, "urgency", "field-urgent"));
        }
        let Args { title, body, space, fields, .. } = self;
        begin(context, Thread { mode: "question", title, body, space, fields: &fields.0, more })
    }
}
