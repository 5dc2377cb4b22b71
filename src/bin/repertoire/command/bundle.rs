//! `bundle`: entries in a file, for members whom no network reaches.

use std::path::{Path, PathBuf};

use repertoire::node::request::{BundleApplied, BundleHead};
use repertoire::node::{Error, Reply, Request};

use crate::labels;
use crate::messages::text;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ACT", value_enum)]
    act: Act,
    #[arg(value_name = "FILE", required_if_eq_any = [("act", "apply"), ("act", "inspect")])]
    file: Option<PathBuf>,
    #[arg(long = "for", value_name = "MEMBER")]
    to: Option<String>,
    #[arg(long, value_name = "FILE", required_if_eq("act", "create"))]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Act {
    #[value(alias = "creer", alias = "créer")]
    Create,
    #[value(alias = "appliquer")]
    Apply,
    #[value(alias = "examiner")]
    Inspect,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let file = match self.act {
            Act::Create => self.out,
            Act::Apply | Act::Inspect => self.file,
        };
        let path = absolute(&file.ok_or_else(|| Error::missing("the file"))?)?;
        match self.act {
            Act::Create => create(context, self.to, path),
            Act::Apply => apply(context, path),
            Act::Inspect => inspect(context, path),
        }
    }
}

/// A path that means the same to a running node.
fn absolute(path: &Path) -> Result<String, Error> {
    let absolute = std::path::absolute(path).map_err(|error| crate::failure::file(path, &error))?;
    let text = absolute.to_str().ok_or_else(|| Error::file(absolute.display(), "no UTF-8"))?;
    Ok(text.to_owned())
}

fn create(context: &mut Context, to: Option<String>, path: String) -> Result<(), Error> {
    let written = answer!(context, Request::BundleCreate { to, path }, Reply::BundleWritten);
    let ui = &context.ui;
    match ui.mode {
        Mode::Json => ui.object(&written),
        Mode::Quiet => {}
        Mode::Human => {
            let (count, to, number) = (written.entries, &written.to, written.number);
            let key = if to.is_empty() { "bundle-written-all" } else { "bundle-written" };
            ui.safe_line(&text!(ui.messages, key, number = number, to = to, count = count));
        }
    }
    Ok(())
}

fn apply(context: &mut Context, path: String) -> Result<(), Error> {
    let applied = answer!(context, Request::BundleApply { path }, Reply::BundleApplied);
    let ui = &context.ui;
    match ui.mode {
        Mode::Json => ui.object(&applied),
        Mode::Quiet => {}
        Mode::Human => print(ui, &applied),
    }
    if applied.waiting > 0 || applied.refused > 0 || applied.conflicts > 0 {
        ui.needs_attention();
    }
    Ok(())
}

/// `Bundle 2 from awa`, or `Bundle from awa` where it is for nobody.
fn name(ui: &Ui, head: &BundleHead) -> String {
    text!(ui.messages, "bundle-name", number = head.number, from = &head.from)
}

fn print(ui: &Ui, applied: &BundleApplied) {
    let messages = &ui.messages;
    let name = name(ui, &applied.head);
    match applied.fresh {
        0 if applied.waiting + applied.refused == 0 => {
            ui.safe_line(&text!(messages, "bundle-nothing", name = &name));
        }
        0 => {}
        count => ui.safe_line(&text!(messages, "bundle-applied", name = &name, count = count)),
    }
    if applied.waiting > 0 {
        ui.safe_line(&text!(messages, "bundle-waiting", name = &name, count = applied.waiting));
    }
    if applied.refused > 0 {
        ui.safe_line(&text!(messages, "bundle-refused", name = &name, count = applied.refused));
    }
    let new = labels::counts(messages, &applied.new);
    if !new.is_empty() {
        ui.safe_line(&text!(messages, "sync-new", list = new));
    }
    if applied.conflicts > 0 {
        ui.safe_line(&text!(messages, "conflicts-left", count = applied.conflicts));
    }
}

fn inspect(context: &mut Context, path: String) -> Result<(), Error> {
    let head = answer!(context, Request::BundleInspect { path }, Reply::BundleHead);
    let ui = &context.ui;
    match ui.mode {
        Mode::Json => ui.object(&head),
        Mode::Quiet => ui.line(&head.from),
        Mode::Human => {
            let key = match (head.to.is_empty(), head.after) {
                (true, _) => "bundle-inspect-all",
                (false, 0) => "bundle-inspect",
                (false, _) => "bundle-inspect-after",
            };
            let (bytes, from, to) = (head.bytes, &head.from, &head.to);
            let (number, after, count) = (head.number, head.after, head.entries);
            ui.safe_line(&text!(
                ui.messages,
                key,
                bytes = bytes,
                from = from,
                to = to,
                number = number,
                after = after,
                count = count
            ));
        }
    }
    Ok(())
}
