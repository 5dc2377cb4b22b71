//! What requests are made of: changes of fields, filters, marks.

use serde::{Deserialize, Serialize};

/// How a field is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldOp {
    /// The whole value; in a text field, what differs.
    Set,
    /// A new line at the end of a text.
    Append,
    /// One more element of a set, item of a list.
    Add,
    /// One element less.
    Remove,
    /// No value any more.
    Clear,
}

/// One change of one field, as typed. `-` and `_` in names are the same; the singular of a set field is its name too.
/// `FIELD.KEY` in a map field; topics, sites and members are named by label or handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// How.
    pub op: FieldOp,
    /// Which field.
    pub field: String,
    /// The value as text.
    pub value: String,
}

/// Which documents: what `topic:`, `site:`, … in a query and the options of `list` say. All that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Kind of document, English or French.
    pub kind: Option<String>,
    /// Facet and value: `topic`, `site`, `state`, `difficulty`, `type`, `aim`, `by`, `space`, `mode`. Several values,
    /// separated by commas, mean any of them.
    pub facets: Vec<(String, String)>,
    /// Modified at or after: RFC 3339 instant, a date, or a span back from now (`7d`).
    pub since: Option<String>,
    /// Withdrawn ones too.
    pub withdrawn: bool,
}

/// A mark, as asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// `propose`, `validate`, `useful`, …
    pub verb: String,
    /// On what; for `accept`, the post.
    pub id: String,
    /// A note, may be empty.
    #[serde(default)]
    pub note: String,
    /// The successor of what is deprecated, the thread that a duplicate repeats.
    #[serde(default)]
    pub value: Option<String>,
    /// Until when it holds: a date or an instant.
    #[serde(default)]
    pub until: Option<String>,
    /// Where.
    #[serde(default)]
    pub site: Option<String>,
    /// Takes one's own earlier mark back.
    #[serde(default)]
    pub undo: bool,
}

/// How far an import is: what a record names may come with a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// More records come: those that name what is not here are given back.
    More,
    /// None but those that were given back: they are brought in as far as can be, and to be completed in the end.
    Rest,
    /// No record waits for another any more: what is not here is left out and told, and the search index catches up. A
    /// call without records ends the import.
    Last,
}
