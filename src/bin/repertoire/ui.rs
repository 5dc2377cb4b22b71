//! The one place where something is printed: answers to stdout, everything else to stderr.
//!
//! Strings that come from anywhere pass [`display`](display::display), here or in the catalogue; colours are added after
//! that. A broken pipe ends the program quietly.

pub(crate) mod display;
pub(crate) mod qr;
pub(crate) mod table;

use std::cell::{Cell, RefCell};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::rc::Rc;

use anstyle::{AnsiColor, Style};
use repertoire::node::Error;
use serde::Serialize;

use crate::messages::{Arg, Language, Messages};
use crate::verbs;
use display::{display, display_lines, escape_json};

/// How answers are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Sentences and tables in the reader's language.
    Human,
    /// One JSON object a line.
    Json,
    /// Handles only.
    Quiet,
}

/// Output of one run.
#[derive(Debug)]
pub(crate) struct Ui {
    /// How answers are given.
    pub(crate) mode: Mode,
    /// The catalogue.
    pub(crate) messages: Rc<Messages>,
    /// The verb asked for, for hints that name its page.
    pub(crate) verb: Cell<Option<&'static str>>,
    out: RefCell<BufWriter<anstream::AutoStream<io::Stdout>>>,
    attention: Cell<bool>,
}

/// The style of a title or heading.
pub(crate) const TITLE: Style = Style::new().bold();
/// The style of what is less important.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// The style of a warning.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();
/// The style of an error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Ui {
    /// Output in a mode and a language.
    pub(crate) fn new(mode: Mode, language: Language) -> Ui {
        Ui {
            mode,
            messages: Rc::new(Messages::new(language)),
            verb: Cell::new(None),
            out: RefCell::new(BufWriter::new(anstream::stdout())),
            attention: Cell::new(false),
        }
    }

    /// Whether answers are JSON.
    pub(crate) fn json(&self) -> bool {
        self.mode == Mode::Json
    }

    /// The language of what is said: JSON is never translated.
    pub(crate) fn language(&self) -> Language {
        if self.json() { Language::En } else { self.messages.language() }
    }

    /// Whether people read the answers.
    pub(crate) fn human(&self) -> bool {
        self.mode == Mode::Human
    }

    /// Notes that the run is done and something needs attention: exit status 1.
    pub(crate) fn needs_attention(&self) {
        self.attention.set(true);
    }

    /// Whether something needs attention.
    pub(crate) fn attention(&self) -> bool {
        self.attention.get()
    }

    /// One line of the answer.
    pub(crate) fn line(&self, text: &str) {
        self.write(&display(text));
    }

    /// Lines of the answer: line ends are kept.
    pub(crate) fn lines(&self, text: &str) {
        self.write(&display_lines(text));
    }

    /// One line of the answer in a style.
    pub(crate) fn styled(&self, style: Style, text: &str) {
        self.write(&paint(style, &display(text)));
    }

    /// A line whose parts were made safe already: tables, and messages with styles.
    pub(crate) fn safe_line(&self, text: &str) {
        self.write(text);
    }

    /// One object of the answer, on one line.
    pub(crate) fn object(&self, object: &impl Serialize) {
        let json = serde_json::to_string(object).expect("our answers have string keys alone");
        self.write(&escape_json(&json));
    }

    /// Exact bytes of the answer: an export, a page of completions.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        check(self.out.borrow_mut().write_all(bytes));
    }

    /// What goes on: not part of the answer, left out where programs read.
    pub(crate) fn status(&self, text: &str) {
        if self.human() {
            self.flush();
            check(writeln!(anstream::stderr(), "{}", display(text)));
        }
    }

    /// Something that the reader should know.
    pub(crate) fn warning(&self, text: &str) {
        if self.mode != Mode::Quiet {
            self.flush();
            check(writeln!(anstream::stderr(), "{}", paint(WARNING, &display(text))));
        }
    }

    /// What could be done next, for somebody who sits at a terminal.
    pub(crate) fn hint(&self, text: &str) {
        if self.human() && io::stderr().is_terminal() {
            self.flush();
            check(writeln!(anstream::stderr(), "{}", paint(FAINT, &display(text))));
        }
    }

    /// A failure: sentence and next step, or one JSON object, on stderr.
    pub(crate) fn failure(&self, error: &Error) {
        self.flush();
        let args = |messages: &Messages| -> Vec<(String, Arg)> {
            let args = error.args.iter().map(|(name, value)| match (name.as_str(), value.split_once(' ')) {
                ("why" | "what", _) => (name.clone(), Arg::from(messages.phrase(value))),
                // A field by its name, or by what it is called.
                ("field", Some(_)) => (name.clone(), Arg::from(messages.phrase(value))),
                ("limit", Some((count, unit))) => {
                    (name.clone(), Arg::from(format!("{count} {}", messages.phrase(unit))))
                }
                _ => (name.clone(), Arg::from(value)),
            });
            let mut args: Vec<(String, Arg)> = args.collect();
            if args.iter().all(|(name, _)| name != "verb") {
                let verb = verbs::shown_name(self.verb.get().unwrap_or("help"), messages.language());
                args.push(("verb".to_owned(), Arg::from(verb)));
            }
            args
        };
        let sentence = |messages: &Messages, prefix: &str, fallback: &str| {
            let args = args(messages);
            let args: Vec<(&str, Arg)> = args.iter().map(|(name, arg)| (name.as_str(), arg.clone())).collect();
            messages.find(&format!("{prefix}-{}", error.code), &args).unwrap_or_else(|| display(fallback))
        };
        if self.json() {
            let english = Messages::new(Language::En);
            let object = serde_json::json!({"error": {
                "kind": error.kind,
                "code": error.code,
                "message": error.message,
                "hint": sentence(&english, "hint", &error.hint),
            }});
            check(writeln!(io::stderr(), "{}", escape_json(&object.to_string())));
            return;
        }
        let message = sentence(&self.messages, "error", &error.message);
        check(writeln!(anstream::stderr(), "{}", paint(ERROR, &message)));
        let hint = sentence(&self.messages, "hint", &error.hint);
        if !hint.is_empty() {
            check(writeln!(anstream::stderr(), "{hint}"));
        }
    }

    /// Writes out what is held back.
    pub(crate) fn flush(&self) {
        check(self.out.borrow_mut().flush());
    }

    fn write(&self, line: &str) {
        check(writeln!(self.out.borrow_mut(), "{line}"));
    }
}

/// A text between the codes of a style; the stream takes them out where nobody wants them.
pub(crate) fn paint(style: Style, safe: &str) -> String {
    format!("{style}{safe}{style:#}")
}

/// Ends the program where nobody reads any more: quietly for a closed pipe.
fn check(result: io::Result<()>) {
    if let Err(error) = result {
        let status = if error.kind() == io::ErrorKind::BrokenPipe { 0 } else { 8 };
        std::process::exit(status);
    }
}
