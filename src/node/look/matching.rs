//! Matching: which rows a filter lets through.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::model::{DocumentId, Timestamp};
use crate::node::engine::rows;
use crate::node::error::Error;
use crate::node::names::Names;
use crate::node::request::Filter;
use crate::node::row::{Row, fold_label};

/// The facet of the level of evidence.
const LEVEL: &str = "level";

/// A filter, resolved.
#[derive(Clone)]
pub(crate) struct Test {
    /// Any of these.
    kinds: Option<Vec<String>>,
    /// A facet, and the values of which it has any, folded.
    facets: Vec<(String, Vec<String>)>,
    since: Option<Timestamp>,
    withdrawn: bool,
    space: Option<crate::model::SpaceId>,
    /// Practices with a report, where those without can't pass.
    reported: Option<Rc<BTreeSet<DocumentId>>>,
}

impl Test {
    pub(crate) fn new(names: &Names<'_>, filter: &Filter, now: Timestamp) -> Result<Test, Error> {
        let filter = &crate::node::filter::canonical(filter)?;
        let since = filter.since.as_deref().map(|text| crate::node::filter::since(text, now));
        let kinds = filter.kind.iter().chain(filter.facets.iter().filter(|(name, _)| name == "kind").map(|(_, v)| v));
        let kinds = kinds.last().map(|kinds| kinds.split(',').map(str::to_owned).collect());
        let space = filter.facets.iter().find(|(name, _)| name == "space").map(|(_, value)| value.as_str());
        let facets = filter.facets.iter().filter(|(name, _)| !matches!(name.as_str(), "space" | "kind"));
        let mut facets: Vec<_> = facets.map(|(name, value)| (name.clone(), alternatives(value))).collect();
        // What rests on other documents is asked last.
        facets.sort_by_key(|(name, _)| name == LEVEL);
        let proved = facets.iter().any(|(name, wanted)| name == LEVEL && !wanted.iter().any(|level| level == "1"));
        Ok(Test {
            kinds,
            facets,
            reported: proved.then(|| reported(names)).transpose()?.map(Rc::new),
            since: since.transpose()?,
            withdrawn: filter.withdrawn,
            space: space.map(|name| names.space_named(Some(name))).transpose()?,
        })
    }

    /// As [`Test::holds`]; `all` lets every kind pass.
    pub(crate) fn holds_for_export(
        &self,
        names: &Names<'_>,
        id: DocumentId,
        row: &Row,
        all: bool,
    ) -> Result<bool, Error> {
        if !all || row.kind == "note" {
            return self.holds(names, id, row);
        }
        Test { kinds: Some(vec![row.kind.clone()]), withdrawn: true, ..self.clone() }.holds(names, id, row)
    }

    pub(super) fn holds_kind(&self, kind: &str) -> bool {
        match &self.kinds {
            Some(kinds) => kinds.iter().any(|wanted| wanted == kind),
            // What people write comes in lists; profiles, words and single posts have verbs of their own.
            None => !matches!(kind, "member" | "term" | "post" | "community" | "note"),
        }
    }

    /// Tells whether it changed last before what is asked for.
    pub(super) fn is_before(&self, row: &Row) -> bool {
        self.since.is_some_and(|since| row.modified < since)
    }

    pub(crate) fn holds(&self, names: &Names<'_>, id: DocumentId, row: &Row) -> Result<bool, Error> {
        if !self.holds_kind(&row.kind) || (row.withdrawn && !self.withdrawn) || self.is_before(row) {
            return Ok(false);
        }
        if self.space.map_or_else(|| names.is_copy(row), |space| row.space != space) {
            return Ok(false);
        }
        self.facets_hold(names, id, row)
    }

    /// Tells whether the facets alone hold.
    pub(crate) fn facets_hold(&self, names: &Names<'_>, id: DocumentId, row: &Row) -> Result<bool, Error> {
        for (name, wanted) in &self.facets {
            let unproved = |reported: &Rc<BTreeSet<DocumentId>>| !reported.contains(&id);
            if name == LEVEL && self.reported.as_ref().is_some_and(unproved) {
                return Ok(false);
            }
            if !facet_holds(names, id, row, name, wanted)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Lists what has a report.
fn reported(names: &Names<'_>) -> Result<BTreeSet<DocumentId>, Error> {
    let mut found = BTreeSet::new();
    for id in rows::of_kind(names.reader, "report")? {
        found.extend(rows::row(names.reader, id)?.and_then(|row| row.about));
    }
    Ok(found)
}

/// What a value may be: itself, or any of its parts between commas.
fn alternatives(value: &str) -> Vec<String> {
    let parts = value.split(',').map(fold_label).filter(|part| !part.is_empty());
    std::iter::once(fold_label(value)).chain(parts).collect()
}

fn facet_holds(names: &Names<'_>, id: DocumentId, row: &Row, name: &str, wanted: &[String]) -> Result<bool, Error> {
    let is = |value: &str| wanted.contains(&fold_label(value));
    let label = |id: &DocumentId| -> Result<bool, Error> { Ok(is(&names.label(*id)?)) };
    match name {
        "topic" | "site" => {
            for term in &row.terms {
                if label(term)? {
                    return Ok(true);
                }
            }
            Ok(name == "site" && is(&names.member(row.creator)?.1))
        }
        "state" => Ok(is(&row.state) || is(&names.state(id, row)?)),
        "due" => Ok(row.kind == "practice" && is(if names.is_due(row) { "yes" } else { "no" })),
        LEVEL => Ok(row.kind == "practice" && is(&names.evidence(id, row)?.level.to_string())),
        "by" => {
            for member in &row.contributors {
                if is(&names.member(*member)?.0) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        "language" => Ok(row.language.as_deref().is_some_and(is)),
        other => Ok(row.facet(other).is_some_and(is)),
    }
}
