//! `ask`: a question.

use repertoire::node::request::FieldOp;
use repertoire::node::{Error, Reply, Request};

use super::thread::Thread;
use crate::fields::change;
use crate::labels;
use crate::messages::text;
use crate::session::{Context, answer};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    thread: Thread,
    #[arg(long = "to", value_name = "WHO")]
    to: Vec<String>,
    #[arg(long)]
    urgent: bool,
    #[arg(long, value_name = "PRACTICE")]
    report_on: Option<String>,
}

impl Args {
    pub(crate) fn run(mut self, context: &mut Context) -> Result<(), Error> {
        let mut more = Vec::new();
        if let Some(practice) = &self.report_on {
            let practice = answer!(context, Request::Show { id: practice.clone() }, Reply::Document);
            if self.thread.title.is_none() {
                let title = practice.fields.get("title").map(labels::document::plain).unwrap_or_default();
                self.thread.title = Some(text!(context.ui.messages, "ask-report", title = title));
            }
            // Those who do it elsewhere can tell.
            let mut others: Vec<String> = practice.blocks.adaptations.iter().map(|hit| hit.author.clone()).collect();
            others.sort_unstable();
            others.dedup();
            if self.to.is_empty() {
                self.to = others;
            }
            more.push(change(FieldOp::Set, "about", practice.id));
        }
        more.extend(self.to.iter().map(|who| change(FieldOp::Add, "asked_of", who)));
        if self.urgent {
            more.push(change(FieldOp::Set, "urgency", "field-urgent"));
        }
        self.thread.begin(context, "question", more)
    }
}
