//! `pull-from-source`: takes up what the source of an adaptation changed since.

use repertoire::node::{Error, Reply, Request};

use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let pulled = answer!(context, Request::Pull { id: self.id }, Reply::Pulled);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&pulled),
            Mode::Quiet => pulled.fields.iter().for_each(|field| ui.line(&field.field)),
            Mode::Human => {
                if pulled.fields.is_empty() {
                    ui.safe_line(&text!(ui.messages, "pull-nothing"));
                }
                for field in &pulled.fields {
                    let mut parts = vec![text!(ui.messages, "pull-taken", field = &field.field, count = field.taken)];
                    if field.dropped > 0 {
                        parts.push(text!(ui.messages, "pull-dropped", count = field.dropped));
                    }
                    if field.both {
                        parts.push(text!(ui.messages, "pull-both"));
                    }
                    parts.push(text!(ui.messages, "pull-reread"));
                    ui.safe_line(&parts.join(" "));
                }
            }
        }
        Ok(())
    }
}
