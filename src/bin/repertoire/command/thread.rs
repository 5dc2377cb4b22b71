//! What `ask`, `discuss`, `idea` and `announce` share: each begins a thread.

use repertoire::node::request::{FieldChange, FieldOp};
use repertoire::node::{Error, Reply, Request};

use crate::fields::{Changes, change};
use crate::input::editor::{self, Page};
use crate::labels;
use crate::session::{Context, answer};

/// A thread as typed.
pub(crate) struct Thread<'a> {
    pub(crate) mode: &'a str,
    pub(crate) title: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) space: Option<String>,
    pub(crate) fields: &'a Changes,
    pub(crate) more: Vec<FieldChange>,
}

/// Begins a thread.
pub(crate) fn begin(context: &mut Context, thread: Thread<'_>) -> Result<(), Error> {
    let mut title = thread.title.map(|title| context.input.text(&title)).transpose()?;
    let mut body = thread.body.map(|body| context.input.text(&body)).transpose()?;
    let mut changes = vec![change(FieldOp::Set, "mode", thread.mode)];
    changes.extend(thread.more);
    changes.extend(context.input.changes(thread.fields, Some("thread"))?);
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
    let request = Request::Add { kind: "thread".to_owned(), title, changes, space: thread.space };
    let written = answer!(context, request, Reply::Written);
    labels::written(&context.ui, &written);
    Ok(())
}
