//! Filters as people write them, in English or French, made into those that rows and the index know.
//!
//! What comes from a list is checked against it, so that a slip is told and not answered by nothing; what names a topic, a
//! site or a person is an open word, and may find nothing.

use super::env::parse_instant;
use super::error::Error;
use super::request::Filter;
use super::standing::{ANSWERED, DUE};
use crate::index;
use crate::model::Timestamp;
use crate::model::document::schema::{self, Type, choose};

/// Facets whose values come from the list of a field.
const LISTS: &[(&str, &str)] =
    &[("difficulty", "difficulty"), ("type", "resource_type"), ("aim", "aim"), ("mode", "mode")];

/// States, with what French calls them: of practices and terms, then of threads.
const STATES: [(&str, &str); 12] = [
    ("draft", "brouillon"),
    ("proposed", "proposee"),
    ("validated", "validee"),
    ("due", "a verifier"),
    ("deprecated", "perimee"),
    ("withdrawn", "retiree"),
    ("open", "ouverte"),
    ("answered", "repondue"),
    ("solved", "resolue"),
    ("closed", "close"),
    ("declined", "declinee"),
    ("duplicate", "doublon"),
];
/// Facets that rest on the time or on other documents: no row and no index holds them.
const DERIVED: [&str; 2] = ["level", "due"];
/// The highest level of evidence.
const LEVEL_MAX: u8 = 5;

/// Returns the kind of document that a word means: English or French, one or many.
pub fn kind_named(word: &str) -> Option<&'static str> {
    let word = fold(word);
    let single = word.strip_suffix('s').unwrap_or(&word);
    let means = |name: &str| {
        let name = fold(name);
        name == word || name == single || name.split(' ').next() == Some(single)
    };
    schema::KINDS.iter().find(|kind| means(kind.name) || means(kind.french)).map(|kind| kind.name)
}

/// Returns the facet that a filter's name means, English or French.
pub fn facet_named(name: &str) -> Option<&'static str> {
    index::Filter::facet(name)
}

fn fold(word: &str) -> String {
    deunicode::deunicode(word).to_lowercase()
}

/// Writes a filter as rows and the index know it.
///
/// # Errors
///
/// When a value is in no list of its facet.
pub(crate) fn canonical(filter: &Filter) -> Result<Filter, Error> {
    let mut out = filter.clone();
    out.kind = filter.kind.as_deref().map(|word| value("kind", word)).transpose()?;
    facets(&mut out.facets)?;
    // Who asks for what is withdrawn means to see it.
    out.withdrawn |= out.facets.iter().any(|(facet, value)| facet == "state" && value.contains("withdrawn"));
    Ok(out)
}

/// The same for facets alone.
pub(crate) fn facets(facets: &mut [(String, String)]) -> Result<(), Error> {
    for (facet, text) in facets {
        *text = value(facet, text)?;
    }
    Ok(())
}

/// Reads the time that a filter gives.
pub(crate) fn since(text: &str, now: Timestamp) -> Result<Timestamp, Error> {
    parse_instant(text, now).ok_or_else(|| Error::bad_value("since", text, "an instant, a date, or 7d"))
}

fn value(facet: &str, text: &str) -> Result<String, Error> {
    let one = |part: &str| -> Result<String, Error> {
        let part = part.trim();
        match facet {
            "kind" => {
                let kinds = || schema::KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
                kind_named(part).map(str::to_owned).ok_or_else(|| Error::bad_kind(part, kinds()))
            }
            "state" => state(part),
            "due" => yes_or_no(part),
            "level" => level(part),
            _ => match LISTS.iter().find(|(name, _)| *name == facet) {
                Some((_, field)) => listed(facet, field, part),
                None => Ok(part.to_owned()),
            },
        }
    };
    let open = !matches!(facet, "kind" | "state" | "due" | "level") && LISTS.iter().all(|(name, _)| *name != facet);
    if open {
        return Ok(text.to_owned());
    }
    let parts: Result<Vec<String>, Error> = text.split(',').map(one).collect();
    Ok(parts?.join(","))
}

fn state(word: &str) -> Result<String, Error> {
    let folded = fold(word).replace(['-', '_'], " ");
    // French words agree with what they are said of.
    let stem = |word: &str| word.trim_end_matches('s').trim_end_matches('e').to_owned();
    let found = STATES.iter().find(|(state, french)| *state == folded || stem(french) == stem(&folded));
    let all = || STATES.map(|(state, _)| state).join(", ");
    found
        .map(|(state, _)| (*state).to_owned())
        .ok_or_else(|| Error::bad_value("state", word, format!("one of {}", all())))
}

fn yes_or_no(word: &str) -> Result<String, Error> {
    match fold(word).as_str() {
        "yes" | "oui" => Ok("yes".to_owned()),
        "no" | "non" => Ok("no".to_owned()),
        _ => Err(Error::bad_value("due", word, "yes or no")),
    }
}

/// A level of evidence. What asks for a level and all above names levels that there are not.
fn level(word: &str) -> Result<String, Error> {
    let number = word.parse::<u8>().ok().filter(|number| (1..=9).contains(number));
    number.map(|number| number.to_string()).ok_or_else(|| Error::bad_value("level", word, format!("1 to {LEVEL_MAX}")))
}

/// Takes out of a filter what no index knows: the rest of what is found has to be looked at.
pub(crate) fn take_derived(facets: &mut Vec<(String, String)>) -> Vec<(String, String)> {
    let known = |value: &str| !value.split(',').any(|state| matches!(state, DUE | ANSWERED | "validated" | "open"));
    let derived =
        |(facet, value): &(String, String)| DERIVED.contains(&facet.as_str()) || (facet == "state" && !known(value));
    let (taken, left) = std::mem::take(facets).into_iter().partition(derived);
    *facets = left;
    taken
}

fn listed(facet: &str, field: &str, word: &str) -> Result<String, Error> {
    let mut known = Vec::new();
    for kind in schema::KINDS {
        let Some(Type::Choice(words)) = kind.field(field).map(|spec| spec.value) else { continue };
        if let Some(value) = choose(words, word) {
            return Ok(value.to_owned());
        }
        known.extend(words.iter().map(|word| word.value).filter(|value| !known.contains(value)).collect::<Vec<_>>());
    }
    Err(Error::bad_value(facet, word, format!("one of {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_understood_in_both_languages() {
        let cases = [("practice", "practice"), ("pratiques", "practice"), ("Fil", "thread"), ("terms", "term")];
        let more =
            [("retour", "report"), ("retours", "report"), ("retour d'expérience", "report"), ("Rencontres", "event")];
        for (word, expected) in cases.into_iter().chain(more) {
            assert_eq!(kind_named(word), Some(expected), "{word}");
        }
        assert_eq!(kind_named("x"), None);
    }

    #[test]
    fn values_of_lists_are_understood_or_refused() {
        let one = |facet: &str, text: &str| {
            let filter = Filter { facets: vec![(facet.to_owned(), text.to_owned())], ..Filter::default() };
            canonical(&filter).map(|filter| (filter.facets[0].1.clone(), filter.withdrawn))
        };
        for (facet, text, expected, withdrawn) in [
            ("difficulty", "Débutant", "beginner", false),
            ("state", "brouillon", "draft", false),
            ("state", "validé,proposée", "validated,proposed", false),
            ("state", "withdrawn", "withdrawn", true),
            ("kind", "fils,pratique", "thread,practice", false),
            ("mode", "idée", "idea", false),
            ("state", "à vérifier", "due", false),
            ("state", "résolu", "solved", false),
            ("due", "oui", "yes", false),
            ("level", "2,3", "2,3", false),
            ("topic", "Eau, assainissement", "Eau, assainissement", false),
        ] {
            assert_eq!(one(facet, text), Ok((expected.to_owned(), withdrawn)), "{facet}:{text}");
        }
        for (facet, text) in [
            ("difficulty", "hard"),
            ("state", "bogus"),
            ("kind", "gadget"),
            ("state", "draft,bogus"),
            ("due", "soon"),
            ("level", "x"),
        ] {
            assert_eq!(one(facet, text).map_err(|error| error.kind), Err(super::super::ErrorKind::Invalid), "{facet}");
        }
    }
}
