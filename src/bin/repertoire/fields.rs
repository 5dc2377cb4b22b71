//! Options that name fields: `--problem "…"`, `--topic a --topic b`.
//!
//! Which fields there are depends on the kind of document, so clap can't know them. Before clap reads the arguments of a
//! verb that writes, each option that is none of its own becomes `--field=NAME=VALUE`.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use repertoire::node::Error;
use repertoire::node::request::{FieldChange, FieldOp};

use crate::failure::wrong;
use crate::verbs;

/// Verbs whose unknown options are fields.
const OPEN: &[&str] =
    &["init", "me", "add", "edit", "ask", "discuss", "idea", "announce", "reply", "report", "adapt", "distil"];

/// Finds the verb among the arguments: where it stands, and its English name.
pub(crate) fn find_verb(root: &Command, args: &[OsString]) -> Option<(usize, &'static str)> {
    let mut at = 1;
    while at < args.len() {
        let arg = args[at].to_str()?;
        if !arg.starts_with('-') {
            return Some((at, verbs::canonical(arg)?));
        }
        let takes_value = option(root, arg).is_some_and(|option| option.get_action().takes_values());
        at += if takes_value && !arg.contains('=') { 2 } else { 1 };
    }
    None
}

/// Turns options that are none of the verb's own into `--field=NAME=VALUE`; for `search`, puts words that begin with `-`
/// behind `--`. The verb stands at `at`, and gets its English name.
pub(crate) fn rewrite(command: &Command, at: usize, name: &str, args: &[OsString]) -> Result<Vec<OsString>, Error> {
    let mut out = args[..at].to_vec();
    out.push(name.into());
    let tail = &args[at + 1..];
    let verb = command.find_subcommand(name).filter(|_| OPEN.contains(&name));
    match verb {
        Some(verb) => out.extend(open_fields(command, verb, tail)?),
        None if name == "search" => out.extend(search_words(tail)),
        None => out.extend_from_slice(tail),
    }
    Ok(out)
}

/// The option of a command that an argument `--name` or `--name=value` stands for.
fn option<'a>(command: &'a Command, arg: &str) -> Option<&'a Arg> {
    let name = arg.strip_prefix("--")?.split('=').next()?;
    command.get_arguments().find(|option| option.get_long() == Some(name))
}

fn open_fields(command: &Command, verb: &Command, tail: &[OsString]) -> Result<Vec<OsString>, Error> {
    let mut out = Vec::with_capacity(tail.len());
    let mut at = 0;
    while at < tail.len() {
        let arg = &tail[at];
        at += 1;
        let text = arg.to_str().unwrap_or_default();
        if text == "--" {
            out.push(arg.clone());
            out.extend_from_slice(&tail[at..]);
            break;
        }
        let Some(name) = text.strip_prefix("--").filter(|name| *name != "help") else {
            out.push(arg.clone());
            continue;
        };
        if let Some(known) =
            option(verb, text).or_else(|| option(command, text).filter(|option| option.is_global_set()))
        {
            out.push(arg.clone());
            if known.get_action().takes_values() && !text.contains('=') {
                let count = known.get_num_args().map_or(1, |range| range.min_values().max(1));
                out.extend(tail[at..].iter().take(count).cloned());
                at = (at + count).min(tail.len());
            }
            continue;
        }
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => {
                let value = tail.get(at).and_then(|value| value.to_str()).filter(|value| !looks_like_option(value));
                let page = format!("repertoire help {}", verb.get_name());
                let value = value.ok_or_else(|| wrong("wrong-no-value", &[("argument", text), ("page", &page)]))?;
                at += 1;
                (name, value.to_owned())
            }
        };
        out.push(format!("--field={name}={value}").into());
    }
    Ok(out)
}

/// `--word`: a value that begins so is written `--field=--word`.
fn looks_like_option(value: &str) -> bool {
    value.strip_prefix("--").is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()))
}

/// `-word` leaves out what holds the word: clap would read letters as options.
fn search_words(tail: &[OsString]) -> Vec<OsString> {
    let is_word = |arg: &OsString| {
        arg.to_str().is_some_and(|text| text.starts_with('-') && !text.starts_with("--") && text.chars().count() > 2)
    };
    if tail.iter().any(|arg| arg == "--") || !tail.iter().any(is_word) {
        return tail.to_vec();
    }
    let (words, rest): (Vec<_>, Vec<_>) = tail.iter().cloned().partition(is_word);
    rest.into_iter().chain([OsString::from("--")]).chain(words).collect()
}

/// Changes that `--FIELD value` and, in `edit` and `me`, `--set`, `--append`, `--add`, `--remove` and `--clear` ask for, in
/// the order typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// As typed: texts may still be `@file` or `-`.
    pub(crate) typed: Vec<Typed>,
}

/// An operation (none where an option named the field alone), a field, a value.
pub(crate) type Typed = (Option<FieldOp>, String, String);

/// The same without the options that name an operation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(pub(crate) Changes);

const OPERATIONS: [(&str, FieldOp); 5] = [
    ("set", FieldOp::Set),
    ("append", FieldOp::Append),
    ("add", FieldOp::Add),
    ("remove", FieldOp::Remove),
    ("clear", FieldOp::Clear),
];

impl Changes {
    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    fn read(matches: &ArgMatches) -> Changes {
        let mut found: Vec<(usize, Typed)> = Vec::new();
        let operations = OPERATIONS.iter().map(|(id, op)| (*id, Some(*op))).chain([("field", None)]);
        for (id, op) in operations {
            let Ok(Some(occurrences)) = matches.try_get_occurrences::<String>(id) else { continue };
            let mut indices = matches.indices_of(id).into_iter().flatten();
            for occurrence in occurrences {
                let values: Vec<&String> = occurrence.collect();
                let index = indices.by_ref().take(values.len()).last().unwrap_or_default();
                let (field, value) = match values.as_slice() {
                    [field, value] => ((*field).clone(), (*value).clone()),
                    [field] if op == Some(FieldOp::Clear) => ((*field).clone(), String::new()),
                    [both] => {
                        let (field, value) = both.split_once('=').unwrap_or((both, ""));
                        (field.to_owned(), value.to_owned())
                    }
                    _ => continue,
                };
                found.push((index, (op, field, value)));
            }
        }
        found.sort_by_key(|(index, _)| *index);
        Changes { typed: found.into_iter().map(|(_, change)| change).collect() }
    }
}

fn field_arg() -> Arg {
    Arg::new("field").long("field").hide(true).action(ArgAction::Append).value_parser(with_equals)
}

fn with_equals(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("FIELD=VALUE".to_owned()),
    }
}

impl clap::Args for Fields {
    fn augment_args(command: Command) -> Command {
        command.arg(field_arg())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Fields {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Fields(Changes::read(matches)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = Changes::read(matches);
        Ok(())
    }
}

impl clap::Args for Changes {
    fn augment_args(command: Command) -> Command {
        let repeated = |id| Arg::new(id).long(id).action(ArgAction::Append);
        let assigned = |id| repeated(id).value_name("FIELD=VALUE").allow_hyphen_values(true).value_parser(with_equals);
        command
            .arg(assigned("set"))
            .arg(repeated("append").num_args(2).value_names(["FIELD", "TEXT"]).allow_hyphen_values(true))
            .arg(assigned("add"))
            .arg(assigned("remove"))
            .arg(repeated("clear").value_name("FIELD"))
            .arg(field_arg())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Changes {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Changes::read(matches))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Changes::read(matches);
        Ok(())
    }
}

/// Shorthand for a change that a verb makes by itself.
pub(crate) fn change(op: FieldOp, field: &str, value: impl Into<String>) -> FieldChange {
    FieldChange { op, field: field.to_owned(), value: value.into() }
}

#[cfg(test)]
mod tests;
