//! What people read, in English and French: a Fluent catalogue inside the binary.
//!
//! Every string argument passes [`display`] on its way in, so that no text from others reaches a terminal raw. JSON is
//! never translated and does not come through here, except the English sentences of errors.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::ui::display::display;

/// The catalogues: code, and the files that make it.
const ENGLISH: [&str; 3] =
    [include_str!("messages/en.ftl"), include_str!("messages/help.en.ftl"), include_str!("messages/concepts.en.ftl")];
const FRENCH: [&str; 3] =
    [include_str!("messages/fr.ftl"), include_str!("messages/help.fr.ftl"), include_str!("messages/concepts.fr.ftl")];

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// English.
    En,
    /// French.
    Fr,
}

impl Language {
    /// Takes the first of the names that says a language: `fr`, `fr_FR.UTF-8`, `en`; English otherwise.
    pub(crate) fn choose<'a>(names: impl IntoIterator<Item = &'a str>) -> Language {
        for name in names {
            let code = name.split(['_', '-', '.', '@']).next().unwrap_or_default();
            match code.to_ascii_lowercase().as_str() {
                "fr" => return Language::Fr,
                "" => {}
                _ => return Language::En,
            }
        }
        Language::En
    }

    /// The code of ISO 639.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Fr => "fr",
        }
    }

    fn files(self) -> &'static [&'static str] {
        match self {
            Language::En => &ENGLISH,
            Language::Fr => &FRENCH,
        }
    }
}

/// A value in a message.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    /// Shown on one line, made safe.
    Text(String),
    /// Shown in figures; selects the plural.
    Number(u64),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Arg {
        Arg::Text(text.clone())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Arg {
        Arg::Text(text)
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Arg {
        Arg::Number(number)
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Arg {
        Arg::Number(number.into())
    }
}

impl From<u16> for Arg {
    fn from(number: u16) -> Arg {
        // A port, a version: a name rather than a quantity.
        Arg::Text(number.to_string())
    }
}

impl From<usize> for Arg {
    fn from(number: usize) -> Arg {
        Arg::Number(number as u64)
    }
}

/// The catalogue of one language. A message is parsed when it is asked for: a verb needs a handful of hundreds.
pub(crate) struct Messages {
    language: Language,
    /// Where each message stands in the files.
    sources: OnceCell<HashMap<&'static str, &'static str>>,
    /// Those asked for.
    bundle: RefCell<FluentBundle<FluentResource>>,
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Messages {
    /// The catalogue of a language.
    pub(crate) fn new(language: Language) -> Messages {
        let id: LanguageIdentifier = language.code().parse().expect("a language code of ours");
        let mut bundle = FluentBundle::new(vec![id]);
        // Isolation marks are bidi controls: they would reach scripts and files.
        bundle.set_use_isolating(false);
        Messages { language, sources: OnceCell::new(), bundle: RefCell::new(bundle) }
    }

    /// Parses the message of a key, unless that is done; tells whether there is one.
    fn load(&self, key: &str) -> bool {
        if self.bundle.borrow().has_message(key) {
            return true;
        }
        let sources = self.sources.get_or_init(|| sources(self.language.files()));
        let Some(source) = sources.get(key) else { return false };
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        self.bundle.borrow_mut().add_resource_overriding(resource);
        true
    }

    /// The language.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The message of a key, if there is one.
    pub(crate) fn find(&self, key: &str, args: &[(&str, Arg)]) -> Option<String> {
        if !self.load(key) {
            return None;
        }
        let bundle = self.bundle.borrow();
        let pattern = bundle.get_message(key)?.value()?;
        let mut values = FluentArgs::new();
        for (name, arg) in args {
            let value: FluentValue<'_> = match arg {
                // Fluent selects by words alone: an empty list of near names is `none`.
                Arg::Text(text) if text.is_empty() && *name == "near" => "none".into(),
                Arg::Text(text) => display(text).into(),
                Arg::Number(number) => (*number).into(),
            };
            values.set((*name).to_owned(), value);
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&values), &mut errors);
        debug_assert!(errors.is_empty(), "message {key}: {errors:?}");
        Some(text.into_owned())
    }

    /// The message of a key; the key itself where it is missing, which a test rules out.
    pub(crate) fn get(&self, key: &str, args: &[(&str, Arg)]) -> String {
        self.find(key, args).unwrap_or_else(|| key.to_owned())
    }

    /// The message of a key of the form `PREFIX-WORD`, or the word as it stands: for values of open lists (kinds,
    /// states, roles), where a newer node may have more.
    pub(crate) fn word(&self, prefix: &str, word: &str) -> String {
        self.find(&format!("{prefix}-{word}"), &[]).unwrap_or_else(|| display(word))
    }

    /// The catalogue's words for a phrase that the library gives in English (`why`, `what`): the stable name of a reason,
    /// or a sentence; the phrase itself where the catalogue has none.
    pub(crate) fn phrase(&self, phrase: &str) -> String {
        if let Some(list) = phrase.strip_prefix("one of ") {
            return self.get("one-of", &[("list", list.into())]);
        }
        let known = self.find(&format!("why-{phrase}"), &[]);
        let slug: Vec<&str> =
            phrase.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let slug = slug.join("-").to_lowercase();
        known.or_else(|| self.find(&format!("phrase-{slug}"), &[])).unwrap_or_else(|| phrase.to_owned())
    }
}

/// Finds the messages in the text of files, without parsing them: each begins a line with its key. None refers to another,
/// so that each can stand alone.
fn sources(files: &[&'static str]) -> HashMap<&'static str, &'static str> {
    let mut found = HashMap::new();
    for file in files {
        let mut open: Option<(&str, usize)> = None;
        let mut at = 0;
        for line in file.split_inclusive('\n') {
            let key = line.split_once(" =").map(|(key, _)| key).filter(|key| is_key(key));
            if key.is_some() || line.starts_with('#') {
                found.extend(open.take().map(|(key, from)| (key, &file[from..at])));
                open = key.map(|key| (key, at));
            }
            at += line.len();
        }
        found.extend(open.map(|(key, from)| (key, &file[from..])));
    }
    found
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Writes a message of the catalogue: `text!(messages, "key", name = value)`.
macro_rules! text {
    ($messages:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $messages.get($key, &[$((stringify!($name), $crate::messages::Arg::from($value))),*])
    };
}
pub(crate) use text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_first_that_is_named() {
        assert_eq!(Language::choose(["", "fr_FR.UTF-8"]), Language::Fr);
        assert_eq!(Language::choose(["fr", "en"]), Language::Fr);
        assert_eq!(Language::choose(["C.UTF-8", "fr"]), Language::En);
        assert_eq!(Language::choose([]), Language::En);
    }

    #[test]
    fn arguments_are_made_safe_and_numbers_select_plurals() {
        let english = Messages::new(Language::En);
        assert_eq!(text!(english, "error-no_document", name = "\u{1b}[2Jx"), "There is no document `␛[2Jx`.");
        assert_eq!(
            text!(english, "conflicts-left", count = 1u64),
            "1 field has two values: run `repertoire conflicts`."
        );
        assert_eq!(
            text!(english, "conflicts-left", count = 2u64),
            "2 fields have two values: run `repertoire conflicts`."
        );
    }

    #[test]
    fn each_message_stands_alone_as_in_its_file() {
        for language in [Language::En, Language::Fr] {
            let entries = |text: &str| -> Vec<String> {
                let resource = FluentResource::try_new(text.to_owned()).expect("a sound file");
                let entries: Vec<String> = resource.entries().map(|entry| format!("{entry:?}")).collect();
                entries.into_iter().filter(|entry| !entry.contains("Comment(")).collect()
            };
            let mut whole: Vec<String> = language.files().iter().flat_map(|file| entries(file)).collect();
            let mut alone: Vec<String> =
                sources(language.files()).values().flat_map(|source| entries(source)).collect();
            let refers = |entry: &String| entry.contains("MessageReference") || entry.contains("TermReference");
            assert!(whole.iter().all(|entry| entry.starts_with("Message(") && !refers(entry)));
            whole.sort();
            alone.sort();
            assert_eq!(whole, alone);
        }
    }

    #[test]
    fn every_error_of_the_library_has_its_sentence_in_both_languages() {
        for language in [Language::En, Language::Fr] {
            let messages = Messages::new(language);
            for (code, names) in repertoire::node::error::CODES {
                let args: Vec<_> = names.iter().chain(&["verb"]).map(|name| (*name, Arg::from("x"))).collect();
                for prefix in ["error", "hint"] {
                    let key = format!("{prefix}-{code}");
                    assert!(messages.find(&key, &args).is_some(), "{key} is missing in {}", language.code());
                }
            }
        }
    }
}
