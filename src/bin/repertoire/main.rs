//! The program `repertoire`: words, colours and exit codes around the library.
//!
//! One verb, one file below [`command`]; each turns its arguments into requests and the answers into lines. Whether a
//! request runs on the store or through the running node is not known here: [`session`] hides it.

mod arguments;
mod command;
mod failure;
mod fields;
mod input;
mod labels;
mod messages;
mod progress;
mod session;
mod ui;
mod verbs;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Command;
use repertoire::node::Error;

use arguments::{Arguments, Early, Verb};
use messages::{Language, Messages};
use session::Context;
use ui::Ui;

/// Gives memory back once a long import or replication is over, which the usual allocator keeps.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let early = Early::scan(&args);
    let ui = Ui::new(early.mode, early.language);
    start_log();
    keep_caught_panics_quiet();
    let (ui, result) = run(&args, ui);
    if let Err(error) = result {
        ui.failure(&error);
        return ExitCode::from(failure::status(error.kind));
    }
    ui.flush();
    ExitCode::from(u8::from(ui.attention()))
}

/// Reads the arguments and does what they say. The output comes back either way.
fn run(args: &[OsString], ui: Ui) -> (Ui, Result<(), Error>) {
    let arguments = match parse(args, &ui.messages) {
        Ok(Parsed::Arguments(arguments)) => arguments,
        Ok(Parsed::Page(page)) => {
            ui.lines(page.trim_end());
            return (ui, Ok(()));
        }
        Err(error) => return (ui, Err(error)),
    };
    ui.verb.set(arguments.verb.as_ref().map(Verb::name));
    let mut context = match Context::new(arguments.globals, ui) {
        Ok(context) => context,
        Err(failed) => {
            let (error, ui) = *failed;
            return (ui, Err(error));
        }
    };
    let result = match arguments.verb {
        Some(verb) => verb.run(&mut context),
        None => command::start::run(&mut context),
    };
    (context.ui, result)
}

enum Parsed {
    Arguments(Box<Arguments>),
    Page(String),
}

/// Reads the arguments by the command of the verb that they name; with words only where they are needed.
fn parse(args: &[OsString], messages: &Messages) -> Result<Parsed, Error> {
    let Some((at, verb)) = fields::find_verb(&verbs::root(), args) else {
        return parse_with(verbs::command(messages), args, None);
    };
    let mut command = verbs::one(verb);
    let args = fields::rewrite(&command, at, verb, args)?;
    let matches = command.try_get_matches_from_mut(&args);
    match matches.and_then(|matches| Arguments::read(&matches)) {
        Ok(arguments) => Ok(Parsed::Arguments(Box::new(arguments))),
        Err(_) => parse_with(verbs::one_in_words(verb, messages), &args, Some(verb)),
    }
}

fn parse_with(mut command: Command, args: &[OsString], verb: Option<&str>) -> Result<Parsed, Error> {
    let matches = command.try_get_matches_from_mut(args);
    match matches.and_then(|matches| Arguments::read(&matches)) {
        Ok(arguments) => Ok(Parsed::Arguments(Box::new(arguments))),
        Err(error) if !error.use_stderr() => Ok(Parsed::Page(error.render().to_string())),
        Err(error) => Err(failure::from_clap(&error, &command, verb)),
    }
}

/// Logs to stderr where `REPERTOIRE_LOG` asks for it; the log library shows control characters as visible ones.
fn start_log() {
    if let Ok(filter) = std::env::var("REPERTOIRE_LOG") {
        let filter = tracing_subscriber::EnvFilter::new(filter);
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    }
}

/// A panic over damaged bytes is caught and becomes an answer: its trace would hide that.
fn keep_caught_panics_quiet() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !repertoire::store::catches_panics() && !repertoire::index::catches_panics() {
            print(info);
        }
    }));
}

/// The language that options and environment ask for.
pub(crate) fn language(option: Option<&str>) -> Language {
    let names =
        ["REPERTOIRE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
    Language::choose(option.into_iter().chain(names.iter().map(String::as_str)))
}
