//! Marks: `propose`, `validate`, `return`, `verify`, `deprecate`, `withdraw`, `restore`, `useful`, `thanks`, `used`,
//! `accept`, `close`, `decline`, `duplicate` and `take`. Each says one thing about one document.

use repertoire::node::request::{Mark, Marked};
use repertoire::node::{Error, Reply, Request};

use crate::labels::date;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui};

/// What every mark has.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[arg(long)]
    undo: bool,
}

macro_rules! marks {
    ($($name:ident = $verb:literal $({ $field:ident $long:literal $value:literal => $target:ident })?;)*) => {
        $(
            #[derive(Debug, clap::Args)]
            pub(crate) struct $name {
                #[command(flatten)]
                common: Common,
                $(#[arg(long = $long, value_name = $value)]
                $field: Option<String>,)?
            }

            impl $name {
                pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
                    let mark = Mark { verb: $verb.to_owned(), $($target: self.$field,)? ..Mark::default() };
                    self.common.run(context, mark)
                }
            }
        )*
    };
}

marks! {
    Propose = "propose";
    Validate = "validate";
    Return = "return";
    Verify = "verify" { until "until" "DATE" => until };
    Deprecate = "deprecate" { by "by" "NEW" => value };
    Withdraw = "withdraw";
    Restore = "restore";
    Useful = "useful";
    Thanks = "thanks";
    Used = "used" { site "site" "SITE" => site };
    Accept = "accept";
    Close = "close";
    Decline = "decline";
    Duplicate = "duplicate" { of "of" "THREAD" => value };
    Take = "take";
}

impl Common {
    fn run(self, context: &mut Context, mark: Mark) -> Result<(), Error> {
        let note = self.note.map(|note| context.input.text(&note)).transpose()?.unwrap_or_default();
        let mark = Mark { id: self.id, note, undo: self.undo, ..mark };
        let verb = mark.verb.clone();
        let marked = answer!(context, Request::Mark(mark), Reply::Marked);
        let ui = &context.ui;
        match ui.mode {
            Mode::Json => ui.object(&marked),
            Mode::Quiet => ui.line(&marked.handle),
            Mode::Human => said(ui, &verb, self.undo, &marked),
        }
        Ok(())
    }
}

/// One sentence that says what is so now.
fn said(ui: &Ui, verb: &str, undo: bool, marked: &Marked) {
    let messages = &ui.messages;
    let handle = &marked.handle;
    if marked.before != marked.after && verb != "accept" {
        let state = |state: &str| messages.word("state", state);
        let mut line = format!("{handle}: {} -> {}", state(&marked.before), state(&marked.after));
        if let Some(named) = &marked.named {
            line += &format!(" ({named})");
        }
        return ui.line(&line);
    }
    let line = match (verb, undo) {
        ("verify", false) => {
            let until = marked.verified_until.as_deref().map_or("", date);
            text!(messages, "mark-verified", handle = handle, until = until)
        }
        ("useful", _) => text!(messages, "mark-useful", handle = handle, count = marked.useful),
        ("thanks", _) => text!(messages, "mark-thanks", handle = handle, count = marked.thanks),
        ("used", _) => text!(messages, "mark-used", handle = handle, count = marked.used),
        ("validate", false) => {
            text!(messages, "mark-voices", handle = handle, count = marked.voices, quorum = marked.quorum)
        }
        ("accept", false) if marked.solutions > 1 => {
            text!(messages, "mark-solutions", handle = handle, count = marked.solutions)
        }
        ("accept", false) => {
            let by = marked.named.as_deref().unwrap_or_default();
            text!(messages, "mark-solved", handle = handle, by = by)
        }
        (_, true) => text!(messages, "mark-undone", handle = handle),
        _ => text!(messages, "mark-made", handle = handle),
    };
    ui.safe_line(&line);
}
