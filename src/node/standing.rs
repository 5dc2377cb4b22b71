//! Standing as it is shown: what the marks of a document, the reports about it and the time say together. Nothing of it
//! is stored.

use std::collections::BTreeMap;

use super::engine::fold_row::{CHANGED, VERIFIED};
use super::engine::rows;
use super::error::Error;
use super::names::{Names, instant};
use super::reply::{EvidenceView, StandingView};
use super::row::Row;
use super::settle::Settled;
use crate::model::document::Document;
use crate::model::standing::evidence::{self, Evidence, Method, Outcome, Report};
use crate::model::standing::{COMPLETE, Said, missing};
use crate::model::{DocumentId, MemberId, Timestamp};

/// The state of what is validated and should be looked at again.
pub(crate) const DUE: &str = "due";
/// The state of a question with an answer that nobody accepted.
pub(crate) const ANSWERED: &str = "answered";
const VALIDATED: &str = "validated";
const OPEN: &str = "open";

impl Names<'_> {
    /// Tells whether somebody should look again: the day has passed, or how it is done has changed since.
    pub(crate) fn is_due(&self, row: &Row) -> bool {
        let until = row.facet(VERIFIED).and_then(|until| until.parse().ok()).map(Timestamp);
        row.state == VALIDATED && until.is_some_and(|until| until < self.now() || row.facet(CHANGED).is_some())
    }

    /// Returns the state as it is shown now.
    pub(crate) fn state(&self, id: DocumentId, row: &Row) -> Result<String, Error> {
        let derived = match (row.kind.as_str(), row.state.as_str()) {
            ("practice", VALIDATED) if self.is_due(row) => DUE,
            ("thread", OPEN) if self.is_answered(id, row)? => ANSWERED,
            (_, state) => state,
        };
        Ok(derived.to_owned())
    }

    /// Tells whether somebody else wrote an answer.
    fn is_answered(&self, id: DocumentId, row: &Row) -> Result<bool, Error> {
        let answers = |post: &Row| post.facet("role") == Some("answer") && post.creator != row.creator;
        Ok(self.posts(id)?.iter().any(|(_, post)| answers(post) && !post.withdrawn))
    }

    /// Lists the reports about a document that can be read here, withdrawn ones aside.
    pub(crate) fn reports(&self, id: DocumentId) -> Result<Vec<(DocumentId, Row)>, Error> {
        let mut found = Vec::new();
        for child in rows::children(self.reader, id)? {
            let row = rows::row(self.reader, child)?;
            found.extend(row.filter(|row| row.kind == "report" && !row.withdrawn).map(|row| (child, row)));
        }
        Ok(found)
    }

    /// Says what the reports about a practice prove.
    pub(crate) fn evidence(&self, id: DocumentId, row: &Row) -> Result<Evidence, Error> {
        let mut reports = Vec::new();
        for (report, row) in self.reports(id)? {
            reports.push(Report {
                id: report,
                who: row.creator,
                site: self.site_of(&row)?,
                at: row.created,
                outcome: row.facet("outcome").and_then(Outcome::parse),
                method: row.facet("method").map_or(Method::Seen, Method::parse),
            });
        }
        Ok(evidence::evidence(&reports, row.state == VALIDATED))
    }

    /// Returns the site that a document names, else that of who wrote it.
    pub(crate) fn site_of(&self, row: &Row) -> Result<Option<DocumentId>, Error> {
        for term in &row.terms {
            let scheme = rows::row(self.reader, *term)?;
            if scheme.is_some_and(|row| row.facet("scheme") == Some("site")) {
                return Ok(Some(*term));
            }
        }
        let profile = rows::profile(self.reader, row.creator)?;
        Ok(profile.and_then(|(_, row)| row.terms.first().copied()))
    }

    /// Counts the outcomes of reports.
    pub(crate) fn outcomes(&self, id: DocumentId) -> Result<BTreeMap<String, usize>, Error> {
        let mut outcomes = BTreeMap::new();
        for (_, row) in self.reports(id)? {
            *outcomes.entry(row.facet("outcome").unwrap_or_default().to_owned()).or_default() += 1;
        }
        Ok(outcomes)
    }

    fn handles<'m>(&self, people: impl IntoIterator<Item = &'m MemberId>) -> Result<Vec<String>, Error> {
        let mut handles: Vec<String> =
            people.into_iter().map(|member| Ok(self.member(*member)?.0)).collect::<Result<_, Error>>()?;
        handles.sort_unstable();
        handles.dedup();
        Ok(handles)
    }

    /// Returns all that `show` says of the standing.
    pub(crate) fn standing(
        &self,
        id: DocumentId,
        row: &Row,
        settled: &Settled,
        document: &Document,
    ) -> Result<StandingView, Error> {
        let Said { useful, thanks, used, verified, accepted, taken, .. } = &settled.said;
        let mut view = StandingView {
            state: self.state(id, row)?,
            useful: useful.len(),
            thanks: thanks.len(),
            used: used.len(),
            apart: settled.standing.apart,
            voices: self.handles(&settled.standing.voices)?,
            taken_by: self.handles(taken)?,
            ..StandingView::default()
        };
        if let Some(verified) = verified {
            view.verified_until = Some(instant(verified.until));
            view.verified_by = self.handles(&verified.by)?;
            view.changes_since = verified.since.len();
            view.changed_by = self.handles(verified.since.iter().map(|edit| &edit.who))?;
        }
        let deciding = settled.standing.marks.iter().filter_map(|mark| settled.said.successors.get(mark));
        for successor in deciding {
            view.successors.push(self.handle(*successor)?);
        }
        for post in accepted.keys() {
            view.solutions.push(self.handle(*post)?);
        }
        for thread in &settled.said.elsewhere {
            view.duplicate_of.push(self.handle(*thread)?);
        }
        if row.kind == "practice" {
            let evidence = self.evidence(id, row)?;
            (view.evidence_level, view.stars) = (evidence.level, evidence.stars);
            view.evidence = Some(evidence_view(&evidence));
            view.missing = missing(document).into_iter().map(str::to_owned).collect();
            let filled = COMPLETE.len() - view.missing.len();
            view.completeness = Some(filled * 100 / COMPLETE.len());
        }
        Ok(view)
    }
}

fn evidence_view(evidence: &Evidence) -> EvidenceView {
    let [worked, partly, failed, stopped] = evidence.outcomes;
    let tried = worked + partly + failed + stopped;
    let round = |share: f64| (share * 1_000.0).round() / 1_000.0;
    EvidenceView {
        level: evidence.level,
        reached: evidence.reached,
        sites: evidence.sites,
        people: evidence.people,
        compared: evidence.compared,
        worked,
        partly,
        failed,
        stopped,
        success: evidence.success.map(round),
        interval: evidence.success.map(|share| evidence::wilson(share, tried)).map(|(a, b)| (round(a), round(b))),
    }
}
