//! What reports prove: the level of evidence of a practice, its stars, and the share of successes.
//!
//! After Nesta's standards. A report is positive when what was tried worked, at least partly, and whoever reports saw it:
//! an anecdote tells what somebody heard, and proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DocumentId, EntryId, MemberId, Timestamp};

/// Sites at which a practice has to work for the highest level.
const SITES_MANY: usize = 3;
/// Milliseconds between the first and the last positive report for the highest level: 365 days.
const SPAN_MS: i64 = 365 * 24 * 3_600 * 1_000;
/// Share of successes for the highest level.
const SHARE_MIN: f64 = 0.7;
/// Standard deviations that hold 95 % of a normal distribution.
const Z: f64 = 1.959_964;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It worked.
    Worked,
    /// In part.
    Partly,
    /// It didn't.
    Failed,
    /// It was stopped.
    Stopped,
}

impl Outcome {
    /// Reads the value of the field; none where nothing was tried, or nobody said.
    pub fn parse(word: &str) -> Option<Outcome> {
        Some(match word {
            "worked" => Outcome::Worked,
            "partly" => Outcome::Partly,
            "failed" => Outcome::Failed,
            "stopped" => Outcome::Stopped,
            _ => return None,
        })
    }
}

/// How it was seen, the firmest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Hearsay.
    Anecdote,
    /// Whoever reports was there: what is taken where nobody says how.
    Seen,
    /// Compared with before, or with others.
    Compared,
}

impl Method {
    /// Reads the value of the field.
    pub fn parse(word: &str) -> Method {
        match word {
            "anecdote" => Method::Anecdote,
            "before-after" | "comparison" | "evaluation" => Method::Compared,
            _ => Method::Seen,
        }
    }
}

/// A report, as far as it proves something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The document.
    pub id: DocumentId,
    /// Who reports.
    pub who: MemberId,
    /// Where it was tried; none where nobody says.
    pub site: Option<DocumentId>,
    /// Claimed time of the report.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// How it was seen.
    pub method: Method,
}

impl Report {
    fn is_positive(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Worked | Outcome::Partly)) && self.method > Method::Anecdote
    }
}

/// What all reports about a practice prove together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// 1 to 5.
    pub level: u8,
    /// The level without the fall for the latest failures.
    pub reached: u8,
    /// 0 to 3.
    pub stars: u8,
    /// How many reports there are of each outcome: worked, partly, failed, stopped.
    pub outcomes: [usize; 4],
    /// Share of successes, where something was tried.
    pub success: Option<f64>,
    /// Sites with a positive report.
    pub sites: usize,
    /// People with a positive report.
    pub people: usize,
    /// Some positive report compares.
    pub compared: bool,
}

/// Says what reports prove. `validated` says whether the practice is.
pub fn evidence(reports: &[Report], validated: bool) -> Evidence {
    let mut outcomes = [0; 4];
    for outcome in reports.iter().filter_map(|report| report.outcome) {
        outcomes[outcome as usize] += 1;
    }
    let success = success(outcomes);
    let positive: Vec<&Report> = reports.iter().filter(|report| report.is_positive()).collect();
    let compared = positive.iter().any(|report| report.method == Method::Compared);
    let apart = apart(&positive);
    let times = positive.iter().map(|report| report.at.0);
    let span = times.clone().max().unwrap_or_default().saturating_sub(times.min().unwrap_or_default());
    let long = apart >= SITES_MANY && span >= SPAN_MS && success.is_some_and(|share| share >= SHARE_MIN);
    let reached = match () {
        () if long && validated => 5,
        () if apart >= 2 => 4,
        () if compared => 3,
        () if !positive.is_empty() => 2,
        () => 1,
    };
    let level = if fails_lately(reports) { reached.max(2) - 1 } else { reached };
    let sites: BTreeSet<DocumentId> = positive.iter().filter_map(|report| report.site).collect();
    let people: BTreeSet<MemberId> = positive.iter().map(|report| report.who).collect();
    Evidence {
        level,
        reached,
        stars: stars(level),
        outcomes,
        success,
        sites: sites.len(),
        people: people.len(),
        compared,
    }
}

/// Returns the stars of a level.
pub fn stars(level: u8) -> u8 {
    match level {
        0 | 1 => 0,
        2 | 3 => 1,
        4 => 2,
        _ => 3,
    }
}

/// Returns the share of successes: a part counts as half.
fn success([worked, partly, failed, stopped]: [usize; 4]) -> Option<f64> {
    let all = worked + partly + failed + stopped;
    #[expect(clippy::cast_precision_loss, reason = "counts of reports are far below 2^52")]
    (all > 0).then(|| (worked as f64 + partly as f64 / 2.0) / all as f64)
}

/// Returns the 95 % interval of a share of `n` tries, after Wilson.
pub fn wilson(share: f64, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of reports are far below 2^52")]
    let n = n as f64;
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// Tells whether the latest two reports on something that was tried are failures.
fn fails_lately(reports: &[Report]) -> bool {
    let mut tried: Vec<(Timestamp, EntryId, Outcome)> =
        reports.iter().filter_map(|report| Some((report.at, report.id.into(), report.outcome?))).collect();
    tried.sort_unstable();
    tried.len() >= 2 && tried.iter().rev().take(2).all(|(_, _, outcome)| *outcome == Outcome::Failed)
}

/// Returns how many of the reports can be chosen so that no two are of one person or of one site, up to three.
fn apart(reports: &[&Report]) -> usize {
    let mut by_site: BTreeMap<DocumentId, BTreeSet<MemberId>> = BTreeMap::new();
    for report in reports {
        if let Some(site) = report.site {
            by_site.entry(site).or_default().insert(report.who);
        }
    }
    let sites: Vec<&BTreeSet<MemberId>> = by_site.values().collect();
    let mut given: BTreeMap<MemberId, usize> = BTreeMap::new();
    let mut found = 0;
    for site in 0..sites.len() {
        found += usize::from(give(site, &sites, &mut given, &mut BTreeSet::new()));
        if found >= SITES_MANY {
            break;
        }
    }
    found
}

/// Gives a site a reporter of its own, moving others where that helps. At most three sites have one, so this ends soon.
fn give(
    site: usize,
    sites: &[&BTreeSet<MemberId>],
    given: &mut BTreeMap<MemberId, usize>,
    tried: &mut BTreeSet<MemberId>,
) -> bool {
    for who in sites[site] {
        if !tried.insert(*who) {
            continue;
        }
        let holder = given.get(who).copied();
        if holder.is_none_or(|other| give(other, sites, given, tried)) {
            given.insert(*who, site);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3_600 * 1_000;

    /// Who, where, on which day, what came of it, how it was seen.
    type Told = (u8, u8, i64, &'static str, &'static str);

    fn reports(told: &[Told]) -> Vec<Report> {
        let report = |(at, told): (usize, &Told)| Report {
            id: DocumentId([u8::try_from(at).expect("few"); 32]),
            who: MemberId([told.0; 32]),
            site: (told.1 > 0).then_some(DocumentId([told.1; 32])),
            at: Timestamp(told.2 * DAY),
            outcome: Outcome::parse(told.3),
            method: Method::parse(told.4),
        };
        told.iter().enumerate().map(report).collect()
    }

    #[track_caller]
    fn check(told: &[Told], validated: bool, level: u8, stars: u8) {
        let mut all = reports(told);
        for _ in 0..=all.len() {
            let found = evidence(&all, validated);
            assert_eq!((found.level, found.stars), (level, stars), "{told:?}");
            // Whatever order they come in.
            if !all.is_empty() {
                all.rotate_left(1);
            }
        }
    }

    #[test]
    fn levels_and_stars() {
        check(&[], true, 1, 0);
        check(&[(1, 1, 0, "failed", "evaluation")], true, 1, 0);
        check(&[(1, 1, 0, "worked", "anecdote")], true, 1, 0);
        check(&[(1, 1, 0, "not-applicable", "observation")], true, 1, 0);
        check(&[(1, 1, 0, "partly", "observation")], false, 2, 1);
        check(&[(1, 1, 0, "worked", "")], false, 2, 1);
        check(&[(1, 1, 0, "worked", "before-after")], false, 3, 1);
        check(&[(1, 1, 0, "worked", "comparison"), (1, 2, 0, "worked", "")], false, 3, 1);
        // Two people at one site, or one at two, are not two at two.
        check(&[(1, 1, 0, "worked", ""), (2, 1, 0, "worked", "")], false, 2, 1);
        check(&[(1, 1, 0, "worked", ""), (2, 2, 0, "partly", "")], false, 4, 2);
        check(&[(1, 1, 0, "worked", ""), (2, 0, 0, "partly", "")], false, 2, 1);
    }

    #[test]
    fn the_highest_level_takes_a_year_three_sites_and_a_validation() {
        let year: &[Told] = &[(1, 1, 0, "worked", ""), (2, 2, 9, "worked", ""), (3, 3, 365, "partly", "")];
        check(year, true, 5, 3);
        check(year, false, 4, 2);
        let shorter: &[Told] = &[year[0], year[1], (3, 3, 364, "worked", "")];
        check(shorter, true, 4, 2);
        // 4.5 of 7 is below 0.7.
        let failures: &[Told] = &[(4, 4, 1, "failed", ""), (5, 5, 2, "stopped", ""), (6, 6, 3, "worked", "")];
        check(&[year, failures, &[(7, 7, 4, "worked", "")]].concat(), true, 4, 2);
        // Everybody but one reports from one site.
        let close: &[Told] = &[(1, 1, 0, "worked", ""), (2, 1, 9, "worked", ""), (3, 3, 400, "worked", "")];
        check(close, true, 4, 2);
    }

    #[test]
    fn two_failures_in_a_row_take_a_level() {
        let good: &[Told] = &[(1, 1, 0, "worked", ""), (2, 2, 1, "worked", "before-after")];
        check(&[good, &[(3, 1, 2, "failed", "")]].concat(), false, 4, 2);
        check(&[good, &[(3, 1, 2, "failed", ""), (4, 1, 3, "failed", "")]].concat(), false, 3, 1);
        let again: &[Told] = &[(3, 1, 2, "failed", ""), (4, 1, 3, "failed", ""), (4, 1, 4, "partly", "")];
        check(&[good, again].concat(), false, 4, 2);
        check(&[(3, 1, 2, "failed", ""), (4, 1, 3, "failed", "")], false, 1, 0);
    }

    #[test]
    fn the_interval_after_wilson() {
        let found =
            evidence(&reports(&[(1, 1, 0, "worked", ""), (2, 1, 0, "worked", ""), (3, 1, 0, "failed", "")]), false);
        let share = found.success.expect("something was tried");
        assert!((share - 0.667).abs() < 0.001, "{share}");
        let (low, high) = wilson(share, 3);
        assert!((low - 0.208).abs() < 0.001 && (high - 0.939).abs() < 0.001, "{low} to {high}");
        assert_eq!(wilson(0.5, 0), (0.0, 1.0));
        let (low, high) = wilson(1.0, 10);
        assert!(low > 0.7 && high <= 1.0);
    }
}
