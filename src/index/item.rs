//! What the caller hands over to be found.

use std::collections::BTreeMap;

use crate::model::{DocumentId, Timestamp};

/// One document as it should be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The document.
    pub id: DocumentId,
    /// Its kind: `practice`, `post`, …; the facet `kind`.
    pub kind: String,
    /// Its title: words here weigh more.
    pub title: String,
    /// Its language if it says so: the facet `language`. Words are cut alike in all.
    pub language: Option<String>,
    /// All its text fields, joined.
    pub body: String,
    /// Further words it is found by: names of its topics, its handle.
    pub labels: Vec<String>,
    /// What filters ask for: facet name (`topic`, `site`, `state`, `by`, …) and values.
    pub facets: BTreeMap<String, Vec<String>>,
    /// When it last changed, by claimed time.
    pub modified: Timestamp,
}

impl Item {
    /// Returns the texts that are searched, in the order in which the index takes them.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        [self.title.as_str()].into_iter().chain(self.labels.iter().map(String::as_str)).chain([self.body.as_str()])
    }

    /// Returns every facet name with a value, `kind` and `language` included.
    pub(crate) fn all_facets(&self) -> impl Iterator<Item = (&str, &str)> {
        let given =
            self.facets.iter().flat_map(|(name, values)| values.iter().map(move |v| (name.as_str(), v.as_str())));
        let language = self.language.as_deref().map(|language| ("language", language));
        [("kind", self.kind.as_str())].into_iter().chain(language).chain(given)
    }
}

/// One change of the view, as the index takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The document is to be found like this; replaces what was there.
    Put(Item),
    /// The document is not to be found any more.
    Delete(DocumentId),
}

impl Change {
    /// Returns the document that changes.
    pub fn id(&self) -> DocumentId {
        match self {
            Change::Put(item) => item.id,
            Change::Delete(id) => *id,
        }
    }
}
