//! `diff`: what changed between two moments of a document.

use anstyle::AnsiColor;
use repertoire::node::{Error, Reply, Request};

use crate::session::{Context, answer};
use crate::ui::display::display;
use crate::ui::{Mode, TITLE, paint};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(value_name = "A")]
    a: Option<String>,
    #[arg(value_name = "B")]
    b: Option<String>,
    #[arg(long, conflicts_with_all = ["a", "b"])]
    with_source: bool,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let request = match self.with_source {
            true => Request::DiffSource { id: self.id },
            false => Request::Diff { id: self.id, a: self.a, b: self.b },
        };
        let fields = answer!(context, request, Reply::Diff);
        let ui = &context.ui;
        for field in &fields {
            match ui.mode {
                Mode::Json => ui.object(field),
                Mode::Quiet => ui.line(&field.field),
                Mode::Human => {
                    ui.styled(TITLE, &field.field);
                    for line in &field.lines {
                        let safe = display(line);
                        match line.as_bytes().first() {
                            Some(b'+') => ui.safe_line(&paint(AnsiColor::Green.on_default(), &safe)),
                            Some(b'-') => ui.safe_line(&paint(AnsiColor::Red.on_default(), &safe)),
                            _ => ui.safe_line(&safe),
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
