//! What `ask`, `discuss`, `idea` and `announce` share, each of which begins a thread; and the last three whole.

use repertoire::node::request::{FieldChange, FieldOp};
use repertoire::node::{Error, Reply, Request};

use crate::fields::{Fields, change};
use crate::input::editor::{self, Page};
use crate::labels;
use crate::session::{Context, answer};

/// A thread as typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Thread {
    #[arg(value_name = "TITLE")]
    pub(super) title: Option<String>,
    #[arg(value_name = "TEXT")]
    body: Option<String>,
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

macro_rules! threads {
    ($($name:ident = $mode:literal),* $(,)?) => {
        $(
            #[derive(Debug, clap::Args)]
            pub(crate) struct $name {
                #[command(flatten)]
                thread: Thread,
            }

            impl $name {
                pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
                    self.thread.begin(context, $mode, Vec::new())
                }
            }
        )*
    };
}

threads! { Discuss = "discussion", Idea = "idea", Announce = "announcement" }

impl Thread {
    /// Begins it; `more` is what the verb has of its own.
    pub(crate) fn begin(self, context: &mut Context, mode: &str, more: Vec<FieldChange>) -> Result<(), Error> {
        let mut title = self.title.map(|title| context.input.text(&title)).transpose()?;
        let mut body = self.body.map(|body| context.input.text(&body)).transpose()?;
        let mut changes = vec![change(FieldOp::Set, "mode", mode)];
        changes.extend(more);
        changes.extend(context.input.changes(&self.fields.0, Some("thread"))?);
        let has_body = body.is_some() || changes.iter().any(|change| change.field == "body");
        let open = if title.is_none() { editor::available() } else { !has_body && editor::wanted() };
        if open {
            let fields = vec![("body".to_owned(), String::new())];
            let page = Page { title: Some(title.clone().unwrap_or_default()), fields };
            match editor::edit(&page, &context.ui.messages) {
                Ok(written) => {
                    title = written.title.or(title);
                    body = written.fields.into_iter().next().map(|(_, text)| text).or(body);
                }
                // A title says enough: who adds nothing to it still asks.
                Err(error) if error.code == "editor-unchanged" && title.is_some() => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(body) = body.filter(|body| !body.is_empty()) {
            changes.push(change(FieldOp::Set, "body", body));
        }
        let title = title.filter(|title| !title.trim().is_empty()).ok_or_else(|| Error::missing("the title"))?;
        let request = Request::Add { kind: "thread".to_owned(), title, changes, space: self.space };
        let written = answer!(context, request, Reply::Written);
        labels::written(&context.ui, &written);
        Ok(())
    }
}
