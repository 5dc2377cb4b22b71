//! Kinds, fields and what may be done with them, as data.
//!
//! A kind, a field, an inner field or a value that is not here may come from a newer version: received it is kept and
//! shown as is, composed here it is an error.

mod kinds;
mod words;

use super::FieldPath;
use crate::wire::entry::operation::Act;

pub use kinds::{ENVELOPE, KINDS};
pub(super) use words::FLAGS;
pub use words::RELATIONS;

/// How concurrent writings of a field come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Merge {
    /// Set in the creating edit alone.
    Once,
    /// Text: all insertions and deletions are kept.
    Txt,
    /// Register: all concurrent values are kept, one is shown.
    Reg,
    /// Register where losing is harmless: the later wins.
    Lww,
    /// Set: an element that was added stays unless a removal saw it.
    Set,
    /// Keys, each with this merge type.
    Map(&'static Merge),
    /// Keys, each with the inner fields.
    Records,
    /// Ordered items, with the inner fields; without any, the item is a value of its own.
    List,
    /// Derived: never written by an edit.
    Derived,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// One line of words.
    Line,
    /// Markdown.
    Markdown,
    /// A whole number.
    Integer,
    /// Yes or no.
    Flag,
    /// One of a list.
    Choice(&'static [Word]),
    /// Document id of a term, or a word that is no term yet.
    Term,
    /// Member id.
    Member,
    /// Document id.
    Document,
    /// `relation:target`, the target a document id or an address.
    Link,
    /// ISO 8601 date, instant, interval or duration.
    Time,
    /// BCP 47 language.
    Language,
    /// An address.
    Url,
}

/// A value of a list, with its French label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The value.
    pub value: &'static str,
    /// The French label.
    pub french: &'static str,
}

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name.
    pub name: &'static str,
    /// Its French label.
    pub french: &'static str,
    /// How it merges.
    pub merge: Merge,
    /// What its values are.
    pub value: Type,
    /// Whether a new document needs it.
    pub required: bool,
    /// Scalar values of a text or value, at most, as composed.
    pub scalars_max: usize,
    /// Fields inside an item or key.
    pub inner: &'static [FieldSpec],
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSpec {
    /// Its name.
    pub name: &'static str,
    /// Its French name.
    pub french: &'static str,
    /// Its own fields; [`ENVELOPE`] has those of every kind.
    pub fields: &'static [FieldSpec],
}

impl KindSpec {
    /// Returns all fields: of the kind, then of every document.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static FieldSpec> + use<> {
        let own = self.fields;
        own.iter().chain(ENVELOPE.iter().filter(move |spec| own.iter().all(|other| other.name != spec.name)))
    }

    /// Returns the field of exactly this name.
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        let own = self.fields.iter().find(|spec| spec.name == name);
        own.or_else(|| ENVELOPE.iter().find(|spec| spec.name == name))
    }

    /// Returns the field that a person means, and whether they named one element of it: `-` and `_` are the same, and
    /// the singular of a set, list or map names one element. Its French label does as well.
    pub fn find(&self, name: &str) -> Option<(&'static FieldSpec, bool)> {
        let name = name.replace('-', "_");
        if let Some(spec) = self.field(&name) {
            return Some((spec, false));
        }
        let dotted = format!("adaptation.{name}");
        let many = |spec: &&FieldSpec| spec.is_many() && spec.singular() == Some(&name);
        let one = self.all_fields().find(many).map(|spec| (spec, true));
        one.or_else(|| self.field(&dotted).map(|spec| (spec, false))).or_else(|| self.find_french(&name))
    }

    fn find_french(&self, name: &str) -> Option<(&'static FieldSpec, bool)> {
        let name = fold_word(name);
        let whole = self.all_fields().find(|spec| fold_word(spec.french) == name);
        let one = || self.all_fields().find(|spec| spec.is_many() && singular_words(&fold_word(spec.french)) == name);
        whole.map(|spec| (spec, false)).or_else(|| one().map(|spec| (spec, true)))
    }
}

impl FieldSpec {
    /// Tells whether it holds several values.
    pub fn is_many(&self) -> bool {
        matches!(self.merge, Merge::Set | Merge::List | Merge::Map(_) | Merge::Records)
    }

    /// Returns the name of one element, when the field's name is a plural.
    pub fn singular(&self) -> Option<&'static str> {
        self.name.strip_suffix('s').filter(|stem| stem.len() > 2)
    }

    /// Returns the inner field of this name.
    pub fn inside(&self, name: &str) -> Option<&'static FieldSpec> {
        self.inner.iter().find(|spec| spec.name == name)
    }
}

/// Returns the kind of this name.
pub fn kind(name: &str) -> Option<&'static KindSpec> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// What the schema says of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolved {
    /// The kind or the field is not known here.
    Unknown,
    /// The path doesn't fit the field: a key where none belongs, none where one does.
    Misfit,
    /// A field, or one inside, and how that merges.
    Leaf(&'static FieldSpec, Merge),
    /// An item of a list itself: it is placed and dropped.
    Item(&'static FieldSpec),
}

/// Resolves a path.
pub(super) fn resolve(kind_spec: Option<&KindSpec>, path: &FieldPath) -> Resolved {
    let Some(spec) = kind_spec.and_then(|kind| kind.field(&path.field)) else { return Resolved::Unknown };
    let (key, item, inner) = (!path.key.is_empty(), path.item.is_some(), !path.inner.is_empty());
    match spec.merge {
        Merge::Map(merge) if key && !item && !inner => Resolved::Leaf(spec, *merge),
        Merge::Records if key && !item && inner => inside(spec, &path.inner),
        Merge::List if item && !key && inner => inside(spec, &path.inner),
        Merge::List if item && !key => Resolved::Item(spec),
        Merge::Map(_) | Merge::Records | Merge::List => Resolved::Misfit,
        _ if key || item || inner => Resolved::Misfit,
        merge => Resolved::Leaf(spec, merge),
    }
}

fn inside(spec: &FieldSpec, name: &str) -> Resolved {
    spec.inside(name).map_or(Resolved::Unknown, |inner| Resolved::Leaf(inner, inner.merge))
}

/// Returns how what stands at a path merges, if the schema knows it.
pub(super) fn merge_at(kind_name: &str, path: &FieldPath) -> Option<Merge> {
    match resolve(kind(kind_name), path) {
        Resolved::Leaf(_, merge) => Some(merge),
        Resolved::Item(_) => Some(Merge::Reg),
        Resolved::Unknown | Resolved::Misfit => None,
    }
}

/// Tells whether an operation fits what stands at its path.
pub(super) fn allows(resolved: &Resolved, act: &Act, creating: bool) -> bool {
    let register = matches!(act, Act::Set(_) | Act::Clear(_));
    match resolved {
        Resolved::Unknown => true,
        Resolved::Misfit => false,
        Resolved::Item(spec) => matches!(act, Act::Place(_) | Act::Drop(_)) || (register && spec.inner.is_empty()),
        Resolved::Leaf(_, merge) => match merge {
            Merge::Once => creating && matches!(act, Act::Set(_)),
            Merge::Txt => matches!(act, Act::Insert(_) | Act::Delete(_)),
            Merge::Reg | Merge::Lww => register,
            Merge::Set => matches!(act, Act::Add(_) | Act::Remove(_)),
            Merge::Map(_) | Merge::Records | Merge::List | Merge::Derived => false,
        },
    }
}

/// Returns the value of a list that a word means: the value itself or its French label, however it is written.
pub fn choose(words: &[Word], given: &str) -> Option<&'static str> {
    let given = fold_word(given);
    let fits = |word: &&Word| fold_word(word.value) == given || fold_word(word.french) == given;
    words.iter().find(fits).map(|word| word.value)
}

/// Takes the `s` off every word of a folded label.
fn singular_words(folded: &str) -> String {
    folded.split('-').map(|word| word.strip_suffix('s').unwrap_or(word)).collect::<Vec<_>>().join("-")
}

fn fold_word(word: &str) -> String {
    let plain = deunicode::deunicode(word).to_lowercase();
    plain.trim().replace(['_', ' ', '\''], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_as_people_write_them() {
        for kind in KINDS {
            let mut names: Vec<&str> = kind.all_fields().map(|spec| spec.name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}: a field twice", kind.name);
        }
        let practice = kind("practice").expect("the kind");
        let check = |given: &str, name: &str, one: bool| {
            let (spec, single) = practice.find(given).unwrap_or_else(|| panic!("`{given}` is found"));
            assert_eq!((spec.name, single), (name, one), "{given}");
        };
        check("topic", "topics", true);
        check("topics", "topics", false);
        check("success-factors", "success_factors", false);
        check("resource-type", "resource_type", false);
        check("goal", "adaptation.goal", false);
        check("lessons", "lessons", false);
        check("thème", "topics", true);
        check("thèmes", "topics", false);
        check("piece-jointe", "attachments", true);
        check("problème", "problem", false);
        assert!(practice.find("lesson").is_none(), "a text has no elements");
        assert!(practice.find("nonsense").is_none());
    }

    #[test]
    fn words_are_understood_in_both_languages() {
        let spec = kind("practice").and_then(|kind| kind.field("difficulty")).expect("the field");
        let Type::Choice(words) = spec.value else { panic!("a list") };
        assert_eq!(choose(words, "beginner"), Some("beginner"));
        assert_eq!(choose(words, "Débutant"), Some("beginner"));
        assert_eq!(choose(words, "debutant "), Some("beginner"));
        assert_eq!(choose(words, "hard"), None);
    }
}
