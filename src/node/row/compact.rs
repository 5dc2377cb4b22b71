//! Rows as bytes: ids stand as local numbers of the entries that bear them, known words as numbers, and what follows from
//! other things is left out. So they mean nothing in another store.

use serde::{Deserialize, Serialize};

use super::{Row, slug};
use crate::model::{DocumentId, EntryId, MemberId, Timestamp};
use crate::store::{Number, Reader, StoreError};

/// Words that many rows hold, by number. New ones go to the end: the numbers are stored.
const WORDS: [&str; 42] = [
    "",
    "practice",
    "thread",
    "post",
    "term",
    "member",
    "community",
    "report",
    "resource",
    "collection",
    "event",
    "draft",
    "proposed",
    "validated",
    "deprecated",
    "withdrawn",
    "difficulty",
    "type",
    "aim",
    "quality",
    "mode",
    "urgency",
    "scheme",
    "role",
    "stance",
    "topic",
    "open",
    "solved",
    "closed",
    "declined",
    "duplicate",
    "outcome",
    "worked",
    "partly",
    "failed",
    "stopped",
    "method",
    "verified",
    "changed",
    "yes",
    "question",
    "answer",
];

/// Times are stored from here: 2024-01-01T00:00:00Z, in milliseconds since 1970.
const TIME_ORIGIN: i64 = 1_704_067_200_000;

/// An id, by the entry that bears it if that is here.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Reference {
    Number(u64),
    Id([u8; 32]),
}

/// A word, by its number if it is known.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Word {
    Known(u8),
    Other(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct Compact {
    kind: Word,
    /// None when it is the slug of the title.
    handle: Option<String>,
    title: String,
    language: Word,
    creator: Reference,
    created: i64,
    /// From `created`.
    modified: i64,
    /// Empty when it is the creator alone.
    contributors: Vec<Reference>,
    state: Word,
    withdrawn: bool,
    /// Empty when it is the creating edit alone.
    heads: Vec<Reference>,
    terms: Vec<Reference>,
    about: Option<Reference>,
    labels: Vec<String>,
    origin: Option<[u8; 16]>,
    facets: Vec<(Word, Word)>,
    conflicts: Vec<String>,
    line: [u8; 32],
    newer: bool,
    edits: u32,
}

impl Reference {
    fn of(reader: &Reader, id: [u8; 32]) -> Result<Reference, StoreError> {
        Ok(match reader.number(EntryId(id))? {
            Some(number) => Reference::Number(number.0),
            None => Reference::Id(id),
        })
    }

    fn read(self, reader: &Reader) -> Result<Option<[u8; 32]>, StoreError> {
        match self {
            Reference::Number(number) => Ok(reader.id(Number(number))?.map(|id| id.0)),
            Reference::Id(id) => Ok(Some(id)),
        }
    }
}

impl Word {
    fn of(text: &str) -> Word {
        let known = WORDS.iter().position(|word| *word == text).and_then(|number| u8::try_from(number).ok());
        known.map_or_else(|| Word::Other(text.to_owned()), Word::Known)
    }

    fn read(self) -> Option<String> {
        match self {
            Word::Known(number) => WORDS.get(usize::from(number)).map(|word| (*word).to_owned()),
            Word::Other(text) => Some(text),
        }
    }
}

impl Row {
    /// Returns the bytes of the row of a document whose creating edit is in the store.
    pub(crate) fn encode(&self, reader: &Reader, document: DocumentId) -> Result<Vec<u8>, StoreError> {
        let reference = |id: [u8; 32]| Reference::of(reader, id);
        let contributors = if self.contributors == [self.creator] { &[][..] } else { &self.contributors };
        let heads = if self.heads == [EntryId::from(document)] { &[][..] } else { &self.heads };
        let compact = Compact {
            kind: Word::of(&self.kind),
            handle: (slug(&self.title) != self.handle).then(|| self.handle.clone()),
            title: self.title.clone(),
            // No language is the empty word: a row never holds an empty one.
            language: Word::of(self.language.as_deref().unwrap_or_default()),
            creator: reference(self.creator.0)?,
            created: self.created.0.wrapping_sub(TIME_ORIGIN),
            modified: self.modified.0.wrapping_sub(self.created.0),
            contributors: contributors.iter().map(|id| reference(id.0)).collect::<Result<_, _>>()?,
            state: Word::of(&self.state),
            withdrawn: self.withdrawn,
            heads: heads.iter().map(|id| reference(id.0)).collect::<Result<_, _>>()?,
            terms: self.terms.iter().map(|id| reference(id.0)).collect::<Result<_, _>>()?,
            about: self.about.map(|id| reference(id.0)).transpose()?,
            labels: self.labels.clone(),
            origin: self.origin,
            facets: self.facets.iter().map(|(name, value)| (Word::of(name), Word::of(value))).collect(),
            conflicts: self.conflicts.clone(),
            line: self.line,
            newer: self.newer,
            edits: self.edits,
        };
        Ok(postcard::to_stdvec(&compact).expect("a row is plain data"))
    }

    /// Reads the row of the document created by the entry with a local number.
    ///
    /// None when the bytes are of another shape of row, or name what is not here: then the views are to be rebuilt.
    pub(crate) fn decode(reader: &Reader, number: Number, bytes: &[u8]) -> Result<Option<Row>, StoreError> {
        let Ok(compact) = postcard::from_bytes::<Compact>(bytes) else { return Ok(None) };
        let Some(space) = reader.space_of(number)? else { return Ok(None) };
        let many = |references: &[Reference]| -> Result<Option<Vec<[u8; 32]>>, StoreError> {
            references.iter().map(|reference| reference.read(reader)).collect()
        };
        let about = compact.about.map(|about| about.read(reader)).transpose()?;
        let ids = (
            compact.creator.read(reader)?,
            many(&compact.contributors)?,
            many(&compact.heads)?,
            many(&compact.terms)?,
            about.map_or(Some(None), |about| about.map(Some)),
        );
        let (Some(creator), Some(contributors), Some(heads), Some(terms), Some(about)) = ids else { return Ok(None) };
        let words = (compact.kind.read(), compact.language.read(), compact.state.read());
        let (Some(kind), Some(language), Some(state)) = words else { return Ok(None) };
        let facets = compact.facets.into_iter().map(|(name, value)| Some((name.read()?, value.read()?)));
        let Some(facets) = facets.collect() else { return Ok(None) };
        let creator = MemberId(creator);
        let mut contributors: Vec<MemberId> = contributors.into_iter().map(MemberId).collect();
        if contributors.is_empty() {
            contributors.push(creator);
        }
        let mut heads: Vec<EntryId> = heads.into_iter().map(EntryId).collect();
        if heads.is_empty() {
            let Some(id) = reader.id(number)? else { return Ok(None) };
            heads.push(id);
        }
        let created = compact.created.wrapping_add(TIME_ORIGIN);
        Ok(Some(Row {
            kind,
            space,
            handle: compact.handle.unwrap_or_else(|| slug(&compact.title)),
            title: compact.title,
            language: Some(language).filter(|language| !language.is_empty()),
            creator,
            created: Timestamp(created),
            modified: Timestamp(compact.modified.wrapping_add(created)),
            contributors,
            state,
            withdrawn: compact.withdrawn,
            heads,
            terms: terms.into_iter().map(DocumentId).collect(),
            about: about.map(DocumentId),
            labels: compact.labels,
            origin: compact.origin,
            facets,
            conflicts: compact.conflicts,
            line: compact.line,
            newer: compact.newer,
            edits: compact.edits,
        }))
    }
}

#[cfg(test)]
mod tests;
