//! Names: from what a person types to what is meant, and back.

use std::collections::BTreeMap;

use super::engine::{Engine, rows};
use super::error::Error;
use super::reply::Hit;
use super::rights::FORMER;
use super::row::{Held, Row, fold_label, slug};
use crate::model::governance::{Right, SpaceKind};
use crate::model::{DocumentId, MemberId, SpaceId, Timestamp};
use crate::store::Reader;

/// Fewest characters of an id that name a document.
const ID_CHARS_MIN: usize = 6;
/// Most candidates named when a name is ambiguous.
const CANDIDATES_MAX: usize = 5;
/// Digits of the id in `handle~xxxx`.
const SUFFIX_CHARS: usize = 4;

/// Looks names up, and remembers what it found.
pub(crate) struct Names<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) reader: &'a Reader,
    members: std::cell::RefCell<BTreeMap<MemberId, (String, String)>>,
    labels: std::cell::RefCell<BTreeMap<DocumentId, String>>,
    now: Timestamp,
}

impl<'a> Names<'a> {
    pub(crate) fn new(engine: &'a Engine, reader: &'a Reader) -> Names<'a> {
        Names { engine, reader, members: Default::default(), labels: Default::default(), now: Timestamp(i64::MIN) }
    }

    /// The same for who knows the time: what is due by then is shown so.
    pub(crate) fn at(engine: &'a Engine, reader: &'a Reader, now: Timestamp) -> Names<'a> {
        Names { now, ..Names::new(engine, reader) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Finds the document that is meant: `handle`, `handle~xxxx`, `thread#post`, or the start of an id.
    pub(crate) fn document(&self, text: &str) -> Result<DocumentId, Error> {
        let text = text.trim();
        if let Some((parent, post)) = text.rsplit_once('#') {
            return self.post(text, parent, post);
        }
        let (handle, suffix) = text.split_once('~').map_or((text, None), |(handle, id)| (handle, Some(id)));
        let mut found = rows::by_handle(self.reader, handle)?;
        if found.is_empty() && suffix.is_none() {
            found = rows::by_handle(self.reader, &slug(handle))?;
        }
        if let Some(suffix) = suffix {
            found.retain(|id| !suffix.is_empty() && id.to_string().starts_with(suffix));
        }
        if found.is_empty() && suffix.is_none() && text.len() >= ID_CHARS_MIN {
            found = self.by_id(text)?;
        }
        self.one(text, found)
    }

    fn by_id(&self, text: &str) -> Result<Vec<DocumentId>, Error> {
        let text = text.to_ascii_lowercase();
        let even = &text[..text.len() & !1];
        let Ok(prefix) = data_encoding::HEXLOWER.decode(even.as_bytes()) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (id, _) in self.reader.ids_by_prefix(&prefix, 64)? {
            let document = DocumentId::from(id);
            if id.to_string().starts_with(&text) && self.reader.document_row(document)?.is_some() {
                found.push(document);
            }
        }
        Ok(found)
    }

    /// Finds a document of which entries are here that don't count, by the start of its id: it may have no row.
    pub(crate) fn held(&self, text: &str) -> Result<Option<(DocumentId, Held)>, Error> {
        let text = text.trim().to_ascii_lowercase();
        if text.len() < ID_CHARS_MIN || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        Ok(rows::held(self.reader)?.into_iter().find(|(id, _)| id.to_string().starts_with(&text)))
    }

    fn one(&self, text: &str, mut found: Vec<DocumentId>) -> Result<DocumentId, Error> {
        if found.len() > 1 {
            // What was withdrawn gives its name up to what was not, and a copy in the vitrine to what it was made from.
            let shown: Vec<_> = found.iter().copied().filter(|id| self.is_shown(*id)).collect();
            let own: Vec<_> =
                shown.iter().copied().filter(|id| !self.row(*id).is_ok_and(|row| self.is_copy(&row))).collect();
            if let Some(one) = [own, shown].into_iter().find(|found| found.len() == 1) {
                found = one;
            }
        }
        match found.as_slice() {
            [] => Err(Error::no_document(text)),
            [one] => Ok(*one),
            several => {
                let names: Result<Vec<String>, Error> =
                    several.iter().take(CANDIDATES_MAX).map(|id| self.handle(*id)).collect();
                Err(Error::ambiguous(text, names?.join(", ")))
            }
        }
    }

    fn is_shown(&self, id: DocumentId) -> bool {
        rows::row(self.reader, id).ok().flatten().is_some_and(|row| !row.withdrawn)
    }

    /// Finds a post: `thread#3` the third, `thread#ab12` by the start of its id.
    fn post(&self, text: &str, parent: &str, post: &str) -> Result<DocumentId, Error> {
        let parent = self.document(parent)?;
        let posts = self.posts(parent)?;
        if post.len() < SUFFIX_CHARS
            && let Ok(number) = post.parse::<usize>()
        {
            let found = number.checked_sub(1).and_then(|index| posts.get(index));
            return found.map(|(id, _)| *id).ok_or_else(|| Error::no_document(text));
        }
        let found = posts.iter().map(|(id, _)| *id).filter(|id| !post.is_empty() && id.to_string().starts_with(post));
        self.one(text, found.collect())
    }

    /// Lists the posts under a document, oldest first by claimed time.
    pub(crate) fn posts(&self, parent: DocumentId) -> Result<Vec<(DocumentId, Row)>, Error> {
        let mut posts = Vec::new();
        for id in rows::children(self.reader, parent)? {
            if let Some(row) = rows::row(self.reader, id)?
                && row.kind == "post"
            {
                posts.push((id, row));
            }
        }
        Ok(posts)
    }

    /// Returns the row of a document.
    pub(crate) fn row(&self, id: DocumentId) -> Result<Row, Error> {
        rows::row(self.reader, id)?.ok_or_else(|| Error::no_document(id))
    }

    /// Returns the name of a document as people type it.
    pub(crate) fn handle(&self, id: DocumentId) -> Result<String, Error> {
        match rows::row(self.reader, id)? {
            Some(row) => self.handle_of(id, &row),
            None => Ok(id.to_string()[..12].to_owned()),
        }
    }

    /// Returns the name of a document whose row is known.
    pub(crate) fn handle_of(&self, id: DocumentId, row: &Row) -> Result<String, Error> {
        let digits = id.to_string();
        if row.kind == "post"
            && let Some(parent) = row.about
        {
            return Ok(format!("{}#{}", self.handle(parent)?, &digits[..SUFFIX_CHARS]));
        }
        if row.handle.is_empty() {
            return Ok(digits[..12].to_owned());
        }
        let mut same = rows::by_handle(self.reader, &row.handle)?;
        if same.len() > 1 && !self.is_copy(row) {
            same.retain(|other| *other == id || !self.row(*other).is_ok_and(|row| self.is_copy(&row)));
        }
        if same.len() < 2 {
            return Ok(row.handle.clone());
        }
        let mut length = SUFFIX_CHARS;
        while same.iter().any(|other| *other != id && other.to_string()[..length] == digits[..length]) {
            length += 2;
        }
        Ok(format!("{}~{}", row.handle, &digits[..length]))
    }

    /// Makes a handle for a new document: one that no document here has.
    pub(crate) fn fresh_handle(
        &self,
        title: &str,
        kind: &str,
        taken: &std::collections::BTreeSet<String>,
    ) -> Result<String, Error> {
        let base = match slug(title) {
            slug if slug.is_empty() => kind.to_owned(),
            slug => slug,
        };
        free(&base, &mut |handle| Ok(taken.contains(handle) || rows::has_handle(self.reader, handle)?))
    }

    /// Returns handle and site of a member.
    pub(crate) fn member(&self, id: MemberId) -> Result<(String, String), Error> {
        if let Some(known) = self.members.borrow().get(&id) {
            return Ok(known.clone());
        }
        let named = match rows::profile(self.reader, id)? {
            Some((document, row)) => {
                let site = row.terms.first().map_or(Ok(String::new()), |site| self.label(*site))?;
                match row.title == FORMER {
                    true => (format!("{}~{}", slug(FORMER), &id.to_string()[..SUFFIX_CHARS]), String::new()),
                    false => (self.handle_of(document, &row)?, site),
                }
            }
            None => match self.engine.sealed_name(self.reader, id) {
                Some(name) => (slug(&name), String::new()),
                None => (id.to_string()[..12].to_owned(), String::new()),
            },
        };
        self.members.borrow_mut().insert(id, named.clone());
        Ok(named)
    }

    /// Finds a member by handle, name, or the start of an id.
    pub(crate) fn member_named(&self, text: &str) -> Result<MemberId, Error> {
        let folded = fold_label(text);
        let mut found = Vec::new();
        for member in self.engine.state().members.keys() {
            let digits = member.to_string();
            let profile = rows::profile(self.reader, *member)?;
            let profile_less = profile.is_none();
            let named = profile.is_some_and(|(document, row)| {
                fold_label(&row.title) == folded
                    || row.handle == text
                    || self.handle_of(document, &row).is_ok_and(|handle| handle == text)
            });
            let told = || self.engine.sealed_name(self.reader, *member).is_some_and(|name| slug(&name) == slug(text));
            if named || (profile_less && told()) || (text.len() >= ID_CHARS_MIN && digits.starts_with(text)) {
                found.push(*member);
            }
        }
        match found.as_slice() {
            [] => Err(Error::no_member(text)),
            [one] => Ok(*one),
            several => {
                let names: Result<Vec<_>, Error> = several.iter().map(|id| Ok(self.member(*id)?.0)).collect();
                Err(Error::ambiguous(text, names?.join(", ")))
            }
        }
    }

    /// Returns the label of a term, or the handle of what is none.
    pub(crate) fn label(&self, id: DocumentId) -> Result<String, Error> {
        if let Some(known) = self.labels.borrow().get(&id) {
            return Ok(known.clone());
        }
        let label = match rows::row(self.reader, id)? {
            Some(row) if row.kind == "term" => row.title,
            Some(row) => self.handle_of(id, &row)?,
            None => id.to_string()[..12].to_owned(),
        };
        self.labels.borrow_mut().insert(id, label.clone());
        Ok(label)
    }

    /// Returns the name of a space.
    pub(crate) fn space(&self, id: SpaceId) -> String {
        let state = self.engine.state();
        if Some(id) == state.commons() {
            "commons".to_owned()
        } else if Some(id) == state.vitrine() {
            "vitrine".to_owned()
        } else if id == SpaceId::GOVERNANCE {
            "governance".to_owned()
        } else {
            match self.circle_name(id) {
                Ok(Some(name)) => format!("circle/{name}"),
                _ => format!("circle/{}", &id.to_string()[..12]),
            }
        }
    }

    /// Finds a space by name; the commons when none is named.
    pub(crate) fn space_named(&self, name: Option<&str>) -> Result<SpaceId, Error> {
        let state = self.engine.state();
        match name {
            None | Some("commons" | "commun") => state.commons().ok_or_else(|| Error::no_space("commons")),
            Some("vitrine") => state.vitrine().ok_or_else(|| Error::no_space("vitrine")),
            Some("governance") => Ok(SpaceId::GOVERNANCE),
            Some(other) => self.circle_named(other),
        }
    }

    /// Returns the name of a circle that can be read here: the first note in it that names the act by which it began.
    fn circle_name(&self, space: SpaceId) -> Result<Option<String>, Error> {
        let Some(details) = self.engine.state().spaces.get(&space) else { return Ok(None) };
        let acts: Vec<String> = details.epochs.values().map(|epoch| epoch.by.to_string()).collect();
        let mut best: Option<(Timestamp, DocumentId, String)> = None;
        for id in rows::of_kind(self.reader, "note")? {
            let Some(row) = rows::row(self.reader, id)? else { continue };
            let names = row.space == space && row.facet("act").is_some_and(|act| acts.iter().any(|by| by == act));
            if names && best.as_ref().is_none_or(|(time, first, _)| (row.created, id) < (*time, *first)) {
                best = Some((row.created, id, row.title));
            }
        }
        Ok(best.map(|(_, _, name)| name))
    }

    fn circle_named(&self, text: &str) -> Result<SpaceId, Error> {
        let name = text.strip_prefix("circle/").or_else(|| text.strip_prefix("cercle/")).unwrap_or(text);
        let mut found = Vec::new();
        for (id, details) in &self.engine.state().spaces {
            if details.kind != SpaceKind::Circle {
                continue;
            }
            let by_id = name.len() >= ID_CHARS_MIN && id.to_string().starts_with(name);
            if by_id || self.circle_name(*id)?.is_some_and(|known| known == name || slug(&known) == slug(name)) {
                found.push(*id);
            }
        }
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(Error::no_space(text)),
            several => {
                let names: Vec<String> = several.iter().map(|id| format!("circle/{}", &id.to_string()[..12])).collect();
                Err(Error::ambiguous(text, names.join(", ")))
            }
        }
    }

    /// Returns handle and site of who made a document. A copy in the vitrine names its author with consent alone.
    pub(crate) fn author(&self, row: &Row) -> Result<(String, String), Error> {
        if !self.claims_source(row) {
            return self.member(row.creator);
        }
        if self.source(row).is_none() {
            return Ok(Default::default());
        }
        let word = |facet| row.facet(facet).unwrap_or_default().to_owned();
        Ok((word("published-author"), word("published-site")))
    }

    /// Tells whether a document in the vitrine says that it is a copy: people are named there with consent alone. Outside
    /// of the vitrine the same words say nothing, and hide nobody.
    pub(crate) fn claims_source(&self, row: &Row) -> bool {
        Some(row.space) == self.engine.state().vitrine() && row.facet("published-from").is_some()
    }

    /// Returns what a document in the vitrine was made from. What it says of itself is believed of who may publish: the
    /// author of the source, as far as that is here, and who governs.
    pub(crate) fn source(&self, row: &Row) -> Option<DocumentId> {
        let source = row.facet("published-from").filter(|_| self.claims_source(row))?.parse().ok()?;
        let author = rows::row(self.reader, source).ok().flatten().map(|source| source.creator);
        let governs = self.engine.state().may(row.creator, Right::Govern);
        (governs || author.is_none_or(|author| author == row.creator)).then_some(source)
    }

    /// Tells whether a document is a copy in the vitrine of one that is here: lists and names mean the other.
    pub(crate) fn is_copy(&self, row: &Row) -> bool {
        self.source(row).is_some_and(|source| self.is_shown(source))
    }

    /// Makes the line of a document for lists.
    pub(crate) fn hit(&self, id: DocumentId, row: &Row) -> Result<Hit, Error> {
        let (author, site) = self.author(row)?;
        Ok(Hit {
            published: self.source(row).map(|_| instant(row.created)),
            id: id.to_string(),
            handle: self.handle_of(id, row)?,
            kind: row.kind.clone(),
            title: row.title.clone(),
            state: self.state(id, row)?,
            author,
            site,
            modified: instant(row.modified),
            place: None,
            outcomes: BTreeMap::new(),
            score: None,
            snippet: None,
        })
    }

    /// Tells whether a document is a member's own profile or the like: known to all, listed by its own verb.
    pub(crate) fn charter(&self) -> Result<Option<(DocumentId, Row)>, Error> {
        let mut best: Option<(DocumentId, Row)> = None;
        for id in rows::of_kind(self.reader, "community")? {
            if let Some(row) = rows::row(self.reader, id)?
                && best.as_ref().is_none_or(|(first, other)| (row.created, id) < (other.created, *first))
            {
                best = Some((id, row));
            }
        }
        Ok(best)
    }
}

/// Finds a handle that is not taken: the base, or the base with a number. Where many are taken without gaps, it is found
/// in steps that double and then halve, so that the ten thousandth of a title costs no more than a few dozen looks.
fn free(base: &str, taken: &mut dyn FnMut(&str) -> Result<bool, Error>) -> Result<String, Error> {
    if !taken(base)? {
        return Ok(base.to_owned());
    }
    let numbered = |number: u64| format!("{base}-{number}");
    let (mut low, mut high) = (1, 2);
    while taken(&numbered(high))? {
        (low, high) = (high, high * 2);
    }
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if taken(&numbered(middle))? {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(numbered(high))
}

/// Writes an instant.
pub(crate) fn instant(time: Timestamp) -> String {
    super::env::rfc3339(time)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn equal_titles_are_numbered_in_order_and_in_few_looks() {
        let mut given = BTreeSet::new();
        let mut looks = 0_u64;
        for number in 1..=10_000_u64 {
            let handle = free("pompe", &mut |handle| {
                looks += 1;
                Ok(given.contains(handle))
            });
            let handle = handle.expect("looking never fails here");
            let expected = if number == 1 { "pompe".to_owned() } else { format!("pompe-{number}") };
            assert_eq!(handle, expected);
            given.insert(handle);
        }
        assert!(looks < 10_000 * 30, "{looks} looks for 10,000 handles");
    }

    #[test]
    fn a_free_handle_is_free_whatever_is_taken() {
        let taken = ["x", "x-2", "x-4", "x-5"];
        let handle = free("x", &mut |handle| Ok(taken.contains(&handle))).expect("looking never fails here");
        assert!(!taken.contains(&handle.as_str()), "{handle}");
    }
}
