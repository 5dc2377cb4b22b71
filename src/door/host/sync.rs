//! Syncs that somebody waits for: whom to dial, what came of it, and when to answer.
//!
//! A peer that is linked already is not dialled again: what moved with it since somebody last asked is the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use super::super::net::{Address, DialId, LinkId, PeerId, Probe, Target, Tried};
use super::channels::parts;
use super::{Engine, Progress};
use crate::model::CommunityId;
use crate::node::reply::{SyncRow, Synced};
use crate::node::{Error, Failure, Finished, Link, Reply};

/// How long a sync may take to reach a peer and prove itself; data that moves are not bounded by it.
const REACH: Duration = Duration::from_secs(20);
/// How long a link that is complete is watched for something that was just written.
const QUIET: Duration = Duration::from_millis(300);
/// How long the local network is given to show its peers.
const DISCOVERY: Duration = Duration::from_secs(3);

/// What moved with a peer since somebody last asked.
#[derive(Debug, Clone, Default)]
struct Tally {
    row: Option<SyncRow>,
    new: BTreeMap<String, u64>,
    conflicts: u64,
}

/// One place to sync with.
struct Attempt {
    label: String,
    target: Option<Target>,
    communities: Vec<CommunityId>,
    dial: Option<DialId>,
    link: Option<LinkId>,
    /// Sessions of the link that have not come to an end mark yet.
    open: BTreeSet<Link>,
    /// The link was there before, complete: answered when it stays quiet until then.
    quiet_at: Option<Instant>,
    started: Instant,
    moving: bool,
    done: bool,
    row: Option<SyncRow>,
    failure: Option<String>,
}

struct Waiting {
    attempts: Vec<Attempt>,
    answer: SyncSender<Result<Reply, Error>>,
    _progress: Progress,
    total: Synced,
    /// Peers of the local network may come until then.
    open_until: Option<Instant>,
}

/// All syncs that somebody waits for, and what moved with each peer.
#[derive(Default)]
pub(super) struct Syncs {
    waiting: Vec<Waiting>,
    tallies: BTreeMap<String, Tally>,
    /// Figures of each session at its last end mark, to tell what is new.
    marks: BTreeMap<Link, (u64, u64, u64, u64, bool)>,
}

impl Syncs {
    fn attempts(&mut self) -> impl Iterator<Item = &mut Attempt> {
        self.waiting.iter_mut().flat_map(|waiting| waiting.attempts.iter_mut()).filter(|attempt| !attempt.done)
    }

    /// A dial led to a link.
    pub(super) fn dialled(&mut self, dial: Option<DialId>, link: LinkId) {
        let Some(dial) = dial else { return };
        for attempt in self.attempts().filter(|attempt| attempt.dial == Some(dial)) {
            attempt.link = Some(link);
            attempt.moving = true;
        }
    }

    /// The communities that the syncs behind a link are about.
    pub(super) fn communities(&self, link: LinkId) -> Option<Vec<CommunityId>> {
        let attempts = self.waiting.iter().flat_map(|waiting| &waiting.attempts);
        let mine = attempts.filter(|attempt| attempt.link == Some(link) && !attempt.done);
        let asked: Vec<CommunityId> = mine.flat_map(|attempt| attempt.communities.iter().copied()).collect();
        (!asked.is_empty()).then_some(asked)
    }

    /// Tells whether somebody waits for a sync over a link.
    pub(super) fn asks(&self, link: LinkId) -> bool {
        let mut attempts = self.waiting.iter().flat_map(|waiting| &waiting.attempts);
        attempts.any(|attempt| attempt.link == Some(link))
    }

    /// No link is there any more.
    pub(super) fn forget_links(&mut self) {
        self.marks.clear();
    }

    /// A session ended, with or without an end mark.
    pub(super) fn session_over(&mut self, session: Link) {
        for attempt in self.attempts() {
            if attempt.open.remove(&session) && attempt.open.is_empty() {
                attempt.done = true;
            }
        }
    }

    fn take_tally(&mut self, peer: &str) -> Tally {
        self.tallies.remove(peer).unwrap_or_default()
    }
}

impl Engine {
    pub(super) fn begin_sync(
        &mut self,
        target: Option<&str>,
        community: Option<&str>,
        progress: Progress,
        answer: SyncSender<Result<Reply, Error>>,
    ) {
        match self.plan(target, community) {
            Ok((attempts, open_until)) => {
                let total = Synced::default();
                self.syncs.waiting.push(Waiting { attempts, answer, _progress: progress, total, open_until });
                self.dial_next();
                self.answer_syncs();
            }
            Err(error) => {
                drop(progress);
                let _ = answer.send(Err(error));
            }
        }
    }

    fn plan(&self, target: Option<&str>, community: Option<&str>) -> Result<(Vec<Attempt>, Option<Instant>), Error> {
        let communities: Vec<CommunityId> = match community {
            Some(name) => vec![self.node.chosen(Some(name))?],
            None => self.node.communities(),
        };
        if communities.is_empty() {
            return Err(Error::no_community());
        }
        let attempt = |label: String, target: Target, communities: Vec<CommunityId>| Attempt {
            label,
            target: Some(target),
            communities,
            dial: None,
            link: None,
            open: BTreeSet::new(),
            quiet_at: None,
            started: Instant::now(),
            moving: false,
            done: false,
            row: None,
            failure: None,
        };
        let places = |addresses: &[String]| {
            let parsed: Vec<Address> = addresses.iter().filter_map(|address| address.parse().ok()).collect();
            (!parsed.is_empty()).then_some(Target::Places(parsed))
        };
        let mut attempts = Vec::new();
        let Some(text) = target else {
            let own = self.network.net.peer_id().to_string();
            for (peer, addresses, community) in self.node.known_peers()? {
                if let Some(target) = places(&addresses).filter(|_| peer != own && communities.contains(&community)) {
                    attempts.push(attempt(peer, target, vec![community]));
                }
            }
            return Ok((attempts, Some(Instant::now() + DISCOVERY)));
        };
        if let Ok(target) = text.parse::<Target>() {
            return Ok((vec![attempt(text.to_owned(), target, communities)], None));
        }
        let peers = self.node.member_peers(community, text).map_err(|error| match error.code.as_str() {
            "no_member" => Error::bad_address(text),
            _ => error,
        })?;
        for (_, addresses) in &peers {
            if let Some(target) = places(addresses) {
                attempts.push(attempt(text.to_owned(), target, communities.clone()));
            }
        }
        if attempts.is_empty() {
            return Err(Error::no_peer(format!("no address of {text} is known here")));
        }
        Ok((attempts, None))
    }

    /// Dials what is to be dialled next.
    fn dial_next(&mut self) {
        for attempt in self.syncs.waiting.iter_mut().flat_map(|waiting| waiting.attempts.iter_mut()) {
            if !attempt.done
                && attempt.dial.is_none()
                && let Some(target) = &attempt.target
            {
                attempt.dial = Some(self.network.net.dial(target.clone()));
                attempt.started = Instant::now();
            }
        }
    }

    pub(super) fn dial_failed(&mut self, dial: Option<DialId>, peer: Option<PeerId>, tried: &[Tried]) {
        let answers: Vec<(String, String)> =
            tried.iter().map(|tried| (tried.address.clone(), tried.answer.to_string())).collect();
        let mut label = peer.map(|peer| peer.to_string());
        let typed = label.is_none();
        let words = tried.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        if let Some(dial) = dial {
            for attempt in self.syncs.attempts().filter(|attempt| attempt.dial == Some(dial)) {
                label = label.or(Some(attempt.label.clone()));
                attempt.failure = Some(if words.is_empty() { "no answer".to_owned() } else { words.clone() });
                attempt.done = true;
            }
        }
        if let Some(label) = label {
            let known = self.node.known_peers().unwrap_or_default();
            let mut communities: Vec<CommunityId> =
                known.iter().filter(|(peer, _, _)| *peer == label).map(|(_, _, community)| *community).collect();
            if communities.is_empty() && dial.is_some() {
                communities = self.node.communities();
            }
            let failure = Failure { label, typed, reason: "unreachable".to_owned(), answers };
            for community in communities {
                self.node.note_failure(community, &failure);
            }
        }
        self.answer_syncs();
    }

    /// Waits for the sessions of a link that are not complete yet; else, for a moment in which nothing moves.
    pub(super) fn expect(&mut self, link: LinkId) {
        let complete = |session: &Link| self.syncs.marks.get(session).is_some_and(|mark| mark.4);
        let open: BTreeSet<Link> = self.sessions(link).into_iter().filter(|session| !complete(session)).collect();
        for attempt in self.syncs.attempts().filter(|attempt| attempt.link == Some(link)) {
            attempt.open.clone_from(&open);
            attempt.quiet_at = open.is_empty().then(|| Instant::now() + QUIET);
        }
    }

    /// Remembers what came of an address that somebody typed.
    fn note_typed(&mut self, session: Link, finished: &Finished) {
        let (link, channel) = parts(session);
        let chosen = self.links.get(&link).and_then(|carried| carried.channels.get(&channel)?.community);
        let attempts = self.syncs.attempts().filter(|attempt| attempt.link == Some(link) && attempt.target.is_some());
        let typed: Vec<_> = attempts.map(|attempt| attempt.label.clone()).collect();
        for label in typed.into_iter().filter(|label| *label != finished.peer) {
            match (&finished.community, &finished.reason, chosen) {
                (Some(met), _, _) => self.node.note_met(*met, &label),
                (None, None, _) | (None, _, None) => {}
                (None, Some(reason), Some(community)) => {
                    let failure = Failure { label, typed: true, reason: reason.clone(), answers: Vec::new() };
                    self.node.note_failure(community, &failure);
                }
            }
        }
    }

    /// Our own key answered: at one of our own addresses it is dropped; elsewhere a copy of this home answers.
    pub(super) fn own_key(&mut self, dial: Option<DialId>, address: &Address, own: bool) {
        let copy = !own && {
            let seed = self.node.transport_seed().map_or([0; 32], |seed| *blake3::hash(&*seed).as_bytes());
            let net = self.network.net.clone();
            matches!(self.network.runtime.block_on(async { net.probe(address, seed).await }), Probe::Copy)
        };
        let failure = if copy {
            tracing::warn!("a copy of this home answers at another address: this one gets keys of its own");
            // From here on the two homes differ.
            let renewed = self.node.renew_transport().and_then(|_| self.node.renew_incarnations());
            renewed.and_then(|()| self.renew_network()).err().map(|error| error.message)
        } else {
            Some("this home itself answers there".to_owned())
        };
        match failure {
            None => {
                for attempt in self.syncs.attempts() {
                    (attempt.dial, attempt.link, attempt.moving) = (None, None, false);
                    attempt.open.clear();
                    attempt.done = attempt.target.is_none();
                }
                self.dial_next();
            }
            Some(why) => {
                for attempt in self.syncs.attempts().filter(|attempt| dial.is_some() && attempt.dial == dial) {
                    attempt.failure = Some(why.clone());
                    attempt.done = true;
                }
            }
        }
        self.answer_syncs();
    }

    /// A session reached an end mark.
    pub(super) fn sync_finished(&mut self, session: Link, finished: &Finished) {
        let link = parts(session).0;
        self.count(session, finished);
        self.note_typed(session, finished);
        let peer = finished.peer.clone();
        let mut taken: Option<Tally> = None;
        let open_now = self.syncs.waiting.iter().any(|waiting| waiting.open_until.is_some());
        let asked = self.syncs.attempts().any(|attempt| attempt.link == Some(link));
        if asked || open_now {
            taken = Some(self.syncs.take_tally(&peer));
        }
        for waiting in &mut self.syncs.waiting {
            if waiting.open_until.is_some() && !waiting.attempts.iter().any(|attempt| attempt.link == Some(link)) {
                // A peer that the local network showed.
                waiting.attempts.push(Attempt {
                    label: peer.clone(),
                    target: None,
                    communities: Vec::new(),
                    dial: None,
                    link: Some(link),
                    open: BTreeSet::from([session]),
                    quiet_at: None,
                    started: Instant::now(),
                    moving: true,
                    done: false,
                    row: None,
                    failure: None,
                });
            }
            for attempt in waiting.attempts.iter_mut().filter(|attempt| attempt.link == Some(link) && !attempt.done) {
                let tally = taken.clone().unwrap_or_default();
                for (kind, count) in &tally.new {
                    match waiting.total.new.iter_mut().find(|(known, _)| known == kind) {
                        Some((_, total)) => *total += count,
                        None => waiting.total.new.push((kind.clone(), *count)),
                    }
                }
                waiting.total.conflicts += tally.conflicts;
                let ms = u64::try_from(attempt.started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let row = tally.row.map(|row| SyncRow { ms, ..row });
                attempt.row = merged(attempt.row.take(), row);
                attempt.open.remove(&session);
                attempt.done = attempt.open.is_empty();
            }
        }
        self.answer_syncs();
    }

    /// Adds what moved since the last end mark of a link to what its peer's next sync answers.
    fn count(&mut self, session: Link, finished: &Finished) {
        let report = &finished.report;
        let now = (report.entries_received, report.entries_sent, report.bytes_in, report.bytes_out);
        let before = self.syncs.marks.get(&session).copied().unwrap_or_default();
        self.syncs.marks.insert(session, (now.0, now.1, now.2, now.3, finished.complete));
        let tally = self.syncs.tallies.entry(finished.peer.clone()).or_default();
        let old = tally.row.take();
        let sum = |field: fn(&SyncRow) -> u64| old.as_ref().map_or(0, field);
        let row = SyncRow {
            peer: finished.peer.clone(),
            member: finished.member.clone(),
            complete: finished.complete,
            reason: finished.reason.clone(),
            pending: finished.pending.clone(),
            received: sum(|row| row.received) + now.0.saturating_sub(before.0),
            sent: sum(|row| row.sent) + now.1.saturating_sub(before.1),
            bytes_in: sum(|row| row.bytes_in) + now.2.saturating_sub(before.2),
            bytes_out: sum(|row| row.bytes_out) + now.3.saturating_sub(before.3),
            round_trips: u64::from(report.round_trips),
            ms: 0,
        };
        tally.row = Some(row);
        tally.conflicts += finished.conflicts;
        for (kind, count) in &finished.new {
            *tally.new.entry(kind.clone()).or_default() += count;
        }
    }

    /// A link is gone: what waited for it fails, unless something came of it already.
    pub(super) fn link_gone(&mut self, link: LinkId, why: &str) {
        self.syncs.marks.retain(|session, _| parts(*session).0 != link);
        for attempt in self.syncs.waiting.iter_mut().flat_map(|waiting| waiting.attempts.iter_mut()) {
            if attempt.link != Some(link) {
                continue;
            }
            attempt.link = None;
            if !attempt.done {
                attempt.failure = Some(why.to_owned());
                attempt.done = true;
            }
        }
        self.answer_syncs();
    }

    /// Gives up what was not reached, and answers what stayed quiet.
    pub(super) fn expire_syncs(&mut self) {
        let now = Instant::now();
        let mut quiet = Vec::new();
        for attempt in self.syncs.attempts() {
            if attempt.quiet_at.is_some_and(|at| now >= at) {
                attempt.done = true;
                quiet.push(attempt.link);
            } else if !attempt.moving && now.duration_since(attempt.started) > REACH {
                attempt.failure = Some("no answer".to_owned());
                attempt.done = true;
            }
        }
        for link in quiet.into_iter().flatten() {
            let Some(peer) = self.links.get(&link).map(|carried| carried.peer.to_string()) else { continue };
            let tally = self.syncs.take_tally(&peer);
            for waiting in &mut self.syncs.waiting {
                for attempt in waiting.attempts.iter_mut().filter(|attempt| attempt.link == Some(link)) {
                    attempt.row = tally.row.clone().or_else(|| Some(nothing_new(&peer)));
                    waiting.total.conflicts += tally.conflicts;
                    waiting.total.new.extend(tally.new.clone());
                }
            }
        }
        self.answer_syncs();
    }

    /// Tells whether somebody waits for a sync, so that time is looked at more often.
    pub(super) fn is_syncing(&self) -> bool {
        !self.syncs.waiting.is_empty()
    }

    fn answer_syncs(&mut self) {
        let now = Instant::now();
        let ready = |waiting: &Waiting| {
            waiting.attempts.iter().all(|attempt| attempt.done) && waiting.open_until.is_none_or(|until| now >= until)
        };
        let mut rest = Vec::new();
        for waiting in std::mem::take(&mut self.syncs.waiting) {
            if ready(&waiting) {
                self.answer_sync(waiting);
            } else {
                rest.push(waiting);
            }
        }
        self.syncs.waiting = rest;
    }

    fn answer_sync(&mut self, waiting: Waiting) {
        let Waiting { attempts, answer, mut total, .. } = waiting;
        let mut failures = Vec::new();
        for attempt in attempts {
            match (attempt.row, attempt.failure) {
                (Some(row), _) => total.peers.push(row),
                (None, failure) => failures.push((attempt.label, failure.unwrap_or_default())),
            }
        }
        total.new.sort();
        let refused =
            |row: &SyncRow| matches!(row.reason.as_deref(), Some("stranger" | "not-a-member" | "pending" | "version"));
        let result = if total.peers.is_empty() {
            let tried: Vec<String> = failures
                .iter()
                .map(|(label, why)| if label.is_empty() { why.clone() } else { format!("{label}: {why}") })
                .collect();
            Err(Error::no_peer(if tried.is_empty() { "no peer is known here".to_owned() } else { tried.join("; ") }))
        } else if total.peers.iter().all(refused) {
            let row = &total.peers[0];
            let who = if row.member.is_empty() { &row.peer } else { &row.member };
            Err(match total.peers.iter().find_map(|row| row.pending.as_ref()) {
                Some(pending) => Error::pending(who, pending.key(), pending.used_by.join(", "), pending),
                None => Error::refused_by_peer(who, row.reason.as_deref().unwrap_or("refused")),
            })
        } else {
            total.peers.extend(failures.into_iter().map(|(label, why)| SyncRow {
                reason: Some(format!("unreachable: {why}")),
                complete: false,
                ..nothing_new(&label)
            }));
            Ok(Reply::Synced(total))
        };
        let _ = answer.send(result);
    }
}

/// Joins what came of two sessions with one peer; a community that the peer is not in is no news beside one that it is.
fn merged(old: Option<SyncRow>, new: Option<SyncRow>) -> Option<SyncRow> {
    let strange = |row: &SyncRow| row.reason.as_deref() == Some("stranger");
    match (old, new) {
        (Some(old), Some(new)) if strange(&new) => Some(old),
        (Some(old), Some(new)) if strange(&old) => Some(new),
        (Some(old), Some(new)) => Some(SyncRow {
            complete: old.complete && new.complete,
            reason: old.reason.or(new.reason),
            received: old.received + new.received,
            sent: old.sent + new.sent,
            bytes_in: old.bytes_in + new.bytes_in,
            bytes_out: old.bytes_out + new.bytes_out,
            round_trips: old.round_trips.max(new.round_trips),
            ..new
        }),
        (old, new) => new.or(old),
    }
}

fn nothing_new(peer: &str) -> SyncRow {
    SyncRow {
        peer: peer.to_owned(),
        member: String::new(),
        complete: true,
        reason: None,
        pending: None,
        received: 0,
        sent: 0,
        bytes_in: 0,
        bytes_out: 0,
        round_trips: 0,
        ms: 0,
    }
}
