//! `ask`: a question.

use repertoire::node::Error;
use repertoire::node::request::FieldOp;

use super::thread::Thread;
use crate::fields::change;
use crate::session::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    thread: Thread,
    #[arg(long = "to", value_name = "WHO")]
    to: Vec<String>,
    #[arg(long)]
    urgent: bool,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let mut more: Vec<_> = self.to.iter().map(|who| change(FieldOp::Add, "asked_of", who)).collect();
        if self.urgent {
            more.push(change(FieldOp::Set, "urgency", "field-urgent"));
        }
        self.thread.begin(context, "question", more)
    }
}
