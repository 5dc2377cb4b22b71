//! Failures of the command line itself, and exit statuses.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind as Wrong};
use repertoire::node::{Error, ErrorKind};

use crate::messages::{Arg, Language, Messages};

/// The exit status of a failure.
pub(crate) fn status(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Invalid => 2,
        ErrorKind::Refused => 3,
        ErrorKind::NotFound => 4,
        ErrorKind::Network => 5,
        ErrorKind::Corrupt => 6,
        ErrorKind::Busy => 7,
        ErrorKind::Internal => 8,
    }
}

/// A failure whose sentence and hint are `error-CODE` and `hint-CODE` in the catalogue.
pub(crate) fn failure(kind: ErrorKind, code: &str, args: &[(&str, &str)]) -> Error {
    let english = Messages::new(Language::En);
    let values: Vec<(&str, Arg)> = args.iter().map(|(name, value)| (*name, Arg::from(*value))).collect();
    Error {
        kind,
        code: code.to_owned(),
        args: args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        message: english.get(&format!("error-{code}"), &values).trim_end_matches('.').to_owned(),
        hint: english.get(&format!("hint-{code}"), &values),
    }
}

/// Wrong use.
pub(crate) fn wrong(code: &str, args: &[(&str, &str)]) -> Error {
    failure(ErrorKind::Invalid, code, args)
}

/// A failure of the system on a file.
pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Error {
    Error::file(path.display(), error)
}

/// What clap found wrong, in the words of the catalogue.
pub(crate) fn from_clap(error: &clap::Error, command: &Command, verb: Option<&str>) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let arg = text(ContextKind::InvalidArg);
    let arg = arg.trim_end_matches("...").to_owned();
    let arg =
        arg.strip_prefix("<--").and_then(|arg| arg.strip_suffix('>')).map_or(arg.clone(), |arg| format!("--{arg}"));
    let page = verb.map_or_else(|| "repertoire help".to_owned(), |verb| format!("repertoire help {verb}"));
    let value = text(ContextKind::InvalidValue);
    match error.kind() {
        Wrong::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand);
            let near = near(&word, &names(command));
            wrong("wrong-verb", &[("verb", &word), ("near", &near)])
        }
        Wrong::UnknownArgument => {
            let options: Vec<String> = command
                .find_subcommand(verb.unwrap_or_default())
                .into_iter()
                .chain([command])
                .flat_map(|command| command.get_arguments())
                .filter_map(|arg| arg.get_long().map(|long| format!("--{long}")))
                .collect();
            wrong("wrong-argument", &[("argument", &arg), ("near", &near(&arg, &options)), ("page", &page)])
        }
        Wrong::MissingRequiredArgument => wrong("wrong-missing", &[("what", &arg), ("page", &page)]),
        Wrong::InvalidValue if value.is_empty() => wrong("wrong-no-value", &[("argument", &arg), ("page", &page)]),
        Wrong::InvalidValue => {
            let choices = text(ContextKind::ValidValue);
            wrong("wrong-choice", &[("argument", &arg), ("value", &value), ("choices", &choices), ("page", &page)])
        }
        Wrong::ValueValidation => wrong("wrong-value", &[("argument", &arg), ("value", &value), ("page", &page)]),
        Wrong::WrongNumberOfValues | Wrong::TooFewValues | Wrong::NoEquals => {
            wrong("wrong-no-value", &[("argument", &arg), ("page", &page)])
        }
        Wrong::ArgumentConflict => {
            let other = text(ContextKind::PriorArg);
            wrong("wrong-together", &[("argument", &arg), ("other", &other), ("page", &page)])
        }
        _ => wrong("wrong-use", &[("page", &page)]),
    }
}

/// The names nearest to a word, at most three, and none that is far off.
pub(crate) fn near(word: &str, names: &[String]) -> String {
    let plain = |text: &str| deunicode::deunicode(text).to_lowercase();
    let word = plain(word);
    let mut scored: Vec<(usize, &String)> = names
        .iter()
        .map(|name| (distance(&word, &plain(name)), name))
        .filter(|(distance, name)| *distance <= (name.trim_start_matches('-').chars().count() / 3).max(1))
        .collect();
    scored.sort();
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.iter().take(3).map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// How many letters are put in, left out or exchanged between two words; two exchanged neighbours count as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            next[j] = (row[j - 1] + same).min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

fn names(command: &Command) -> Vec<String> {
    command.get_subcommands().flat_map(|verb| verb.get_name_and_visible_aliases()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found() {
        let names: Vec<String> = ["search", "show", "sync", "serve"].map(str::to_owned).to_vec();
        assert_eq!(near("serach", &names), "search");
        assert_eq!(near("snyc", &names), "sync");
        assert_eq!(near("banana", &names), "");
    }

    #[test]
    fn every_kind_has_its_status() {
        let kinds = [
            ErrorKind::Invalid,
            ErrorKind::Refused,
            ErrorKind::NotFound,
            ErrorKind::Network,
            ErrorKind::Corrupt,
            ErrorKind::Busy,
            ErrorKind::Internal,
        ];
        assert_eq!(kinds.map(status), [2, 3, 4, 5, 6, 7, 8]);
    }
}
