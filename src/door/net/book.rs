//! Whom to dial next, and when: the peers that the holder knows and those that mDNS found.
//!
//! No sockets and no clock here: time comes as an argument. mDNS tells of a peer once and never repeats it, so the book
//! goes on trying by itself, with a pause that doubles. Of two nodes that find each other the one with the lower id
//! dials at once, and the other only if nothing came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use libp2p::PeerId;
use tokio::time::Instant;

use super::address::Address;
use super::config::{Limits, Pace};

/// Known peers beyond this number are left out: a net holds 64 connections.
const KNOWN: usize = 1_024;

/// The book of peers to stay linked with.
pub(super) struct Book {
    here: PeerId,
    limits: Limits,
    pace: Pace,
    peers: BTreeMap<PeerId, Entry>,
    dialling: usize,
}

#[derive(Default)]
struct Entry {
    known: BTreeSet<Address>,
    found: BTreeSet<Address>,
    is_known: bool,
    state: State,
    failures: u32,
    unwanted_until: Option<Instant>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum State {
    #[default]
    Unseen,
    Due(Instant),
    Dialling,
    Linked(Instant),
}

impl Book {
    pub(super) fn new(here: PeerId, limits: Limits, pace: Pace) -> Self {
        Self { here, limits, pace, peers: BTreeMap::new(), dialling: 0 }
    }

    /// Replaces the table of known peers.
    pub(super) fn set_known(&mut self, known: Vec<(PeerId, Vec<Address>)>, now: Instant) {
        for entry in self.peers.values_mut() {
            entry.is_known = false;
            entry.known.clear();
        }
        let here = self.here;
        for (peer, addresses) in known.into_iter().filter(|(peer, _)| *peer != here).take(KNOWN) {
            let entry = self.peers.entry(peer).or_default();
            entry.is_known = true;
            entry.known = addresses.into_iter().take(self.limits.addresses_per_peer).collect();
            self.consider(peer, now);
        }
        self.sweep();
    }

    /// Writes down what mDNS found; tells whether anything was new and kept.
    pub(super) fn found(&mut self, peer: PeerId, address: Address, now: Instant) -> bool {
        if peer == self.here || !address.is_dialable() || address.is_loopback() {
            return false;
        }
        let full = self.found_count() >= self.limits.discovered;
        let entry = self.peers.entry(peer).or_default();
        let room = entry.found.len() < self.limits.addresses_per_peer && !(full && entry.found.is_empty());
        let new = room && entry.found.insert(address);
        if new {
            self.consider(peer, now);
        }
        self.sweep();
        new
    }

    /// Forgets an address that mDNS no longer vouches for.
    pub(super) fn lost(&mut self, peer: PeerId, address: &Address) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.found.remove(address);
        }
        self.sweep();
    }

    /// Returns all addresses of a peer.
    pub(super) fn places_of(&self, peer: PeerId) -> Vec<Address> {
        self.peers.get(&peer).map(|entry| entry.known.union(&entry.found).cloned().collect()).unwrap_or_default()
    }

    /// Returns the addresses that mDNS found of a peer.
    pub(super) fn found_of(&self, peer: PeerId) -> Vec<Address> {
        self.peers.get(&peer).map(|entry| entry.found.iter().cloned().collect()).unwrap_or_default()
    }

    /// Returns when the next dial is due, unless too many are under way.
    pub(super) fn next(&self) -> Option<Instant> {
        if self.dialling >= self.limits.dials {
            return None;
        }
        self.peers.values().filter_map(Entry::due).min()
    }

    /// Takes a peer whose dial is due, with its addresses.
    pub(super) fn take(&mut self, now: Instant) -> Option<(PeerId, Vec<Address>)> {
        if self.dialling >= self.limits.dials {
            return None;
        }
        let due = |(_, entry): &(&PeerId, &mut Entry)| entry.due().is_some_and(|due| due <= now);
        let (peer, entry) = self.peers.iter_mut().filter(due).min_by_key(|(_, entry)| entry.due())?;
        entry.state = State::Dialling;
        self.dialling += 1;
        Some((*peer, entry.known.union(&entry.found).cloned().collect()))
    }

    /// A dial that came from this book failed.
    pub(super) fn failed(&mut self, peer: PeerId, now: Instant) {
        self.dialling = self.dialling.saturating_sub(1);
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        if entry.state == State::Dialling {
            entry.failures = entry.failures.saturating_add(1);
            self.due_after(peer, now, false);
        }
        self.sweep();
    }

    /// A dial that came from this book found its peer.
    pub(super) fn reached(&mut self, peer: PeerId, now: Instant) {
        self.dialling = self.dialling.saturating_sub(1);
        if let Some(entry) = self.peers.get_mut(&peer)
            && entry.state == State::Dialling
        {
            entry.state = State::Linked(now);
        }
    }

    /// A peer has a link, whoever dialled.
    pub(super) fn linked(&mut self, peer: PeerId, now: Instant) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.state = State::Linked(now);
        }
    }

    /// A peer has no link any more; `ours` if our own network took it away, so that the other side doesn't know yet.
    pub(super) fn unlinked(&mut self, peer: PeerId, ours: bool, now: Instant) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        let State::Linked(since) = entry.state else { return };
        let steady = now.duration_since(since) >= self.pace.steady;
        entry.failures = if steady || ours { 0 } else { entry.failures.saturating_add(1) };
        self.due_after(peer, now, ours);
        self.sweep();
    }

    /// The network changed: everyone without a link is worth a try now.
    pub(super) fn wake(&mut self, now: Instant) {
        let courtesy = self.pace.courtesy;
        for (peer, entry) in &mut self.peers {
            if let State::Due(due) = entry.state {
                let soon = if self.here < *peer { now } else { now + courtesy };
                entry.failures = 0;
                entry.state = State::Due(due.min(soon));
            }
        }
    }

    /// Leaves a peer alone until then.
    pub(super) fn avoid(&mut self, peer: PeerId, until: Instant) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.unwanted_until = Some(until);
        }
    }

    fn due_after(&mut self, peer: PeerId, now: Instant, at_once: bool) {
        let wait = if at_once { Duration::ZERO } else { self.pause(peer) };
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.state = State::Due(now + wait);
        }
    }

    /// A peer that is new or has new addresses is dialled soon, unless a dial or link is there.
    fn consider(&mut self, peer: PeerId, now: Instant) {
        let soon = if self.here < peer { now } else { now + self.pace.courtesy };
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.state = match entry.state {
                State::Unseen => State::Due(soon),
                State::Due(due) => State::Due(due.min(soon)),
                other => other,
            };
        }
    }

    /// Returns the pause before the next try: it doubles, and differs by up to a quarter from peer to peer and try to
    /// try, so that nodes that lost each other at one instant don't meet in step.
    fn pause(&self, peer: PeerId) -> Duration {
        let failures = self.peers.get(&peer).map_or(0, |entry| entry.failures);
        let plain = self.pace.retry_min * 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.here.to_bytes()).update(&peer.to_bytes()).update(&failures.to_le_bytes());
        let draw = u32::from(hasher.finalize().as_bytes()[0]);
        plain.min(self.pace.retry_max) * (768 + 2 * draw) / 1_024
    }

    fn found_count(&self) -> usize {
        self.peers.values().filter(|entry| !entry.found.is_empty()).count()
    }

    /// Drops entries that nothing holds.
    fn sweep(&mut self) {
        self.peers.retain(|_, entry| {
            entry.is_known || !entry.found.is_empty() || matches!(entry.state, State::Dialling | State::Linked(_))
        });
    }
}

impl Entry {
    fn due(&self) -> Option<Instant> {
        match self.state {
            State::Due(due) if !(self.known.is_empty() && self.found.is_empty()) => {
                Some(self.unwanted_until.map_or(due, |until| until.max(due)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(seed: u8) -> PeerId {
        super::super::address::PeerId::of_seed(&[seed; 32]).0
    }

    fn pair() -> (PeerId, PeerId) {
        let (a, b) = (peer(1), peer(2));
        (a.min(b), a.max(b))
    }

    fn place(n: u8) -> Address {
        format!("/ip4/10.0.0.{n}/tcp/4001").parse().unwrap()
    }

    fn book(here: PeerId) -> Book {
        Book::new(here, Limits::default(), Pace::default())
    }

    #[test]
    fn the_lower_dials_at_once_and_the_higher_waits() {
        let (low, high) = pair();
        let now = Instant::now();
        let mut book_low = book(low);
        assert!(book_low.found(high, place(2), now));
        assert_eq!(book_low.take(now), Some((high, vec![place(2)])));
        let mut book_high = book(high);
        assert!(book_high.found(low, place(1), now));
        assert_eq!(book_high.take(now), None);
        assert_eq!(book_high.next(), Some(now + Pace::default().courtesy));
        book_high.linked(low, now);
        assert_eq!(book_high.next(), None);
    }

    #[test]
    fn pauses_double_up_to_a_minute_and_a_wake_ends_them() {
        let (low, high) = pair();
        let mut now = Instant::now();
        let mut book = book(low);
        book.set_known(vec![(high, vec![place(2)])], now);
        for n in 0..12 {
            assert!(book.take(now).is_some());
            book.failed(high, now);
            let pause = book.next().unwrap() - now;
            let plain = Duration::from_secs((1_u64 << n).min(60));
            assert!(pause >= plain * 3 / 4 && pause <= plain * 5 / 4, "try {n}: {pause:?}");
            now += pause;
        }
        book.take(now);
        book.failed(high, now);
        book.wake(now);
        assert_eq!(book.next(), Some(now));
    }

    #[test]
    fn a_link_that_ends_at_once_counts_as_a_failure() {
        let (low, high) = pair();
        let mut now = Instant::now();
        let mut book = book(low);
        book.set_known(vec![(high, vec![place(2)])], now);
        for _ in 0..5 {
            now = book.next().unwrap();
            book.take(now).unwrap();
            book.reached(high, now);
            book.unlinked(high, false, now);
        }
        assert!(book.next().unwrap() - now >= Duration::from_secs(12));
        now = book.next().unwrap();
        book.take(now).unwrap();
        book.reached(high, now);
        now += Duration::from_secs(31);
        book.unlinked(high, false, now);
        assert!(book.next().unwrap() - now <= Duration::from_millis(1_250));
        now = book.next().unwrap();
        book.take(now).unwrap();
        book.reached(high, now);
        book.unlinked(high, true, now);
        assert_eq!(book.next(), Some(now), "our own interface went: dial at once");
    }

    #[test]
    fn a_flood_of_peers_and_addresses_stays_bounded() {
        let now = Instant::now();
        let mut book = book(peer(1));
        let strangers: Vec<_> = (0..300).map(|_| PeerId::random()).collect();
        let kept = strangers.iter().filter(|stranger| book.found(**stranger, place(9), now)).count();
        assert!(kept <= 256 && book.peers.len() <= 256);
        let one = *strangers.first().unwrap();
        let more = (10..60).filter(|n| book.found(one, place(*n), now)).count();
        assert!(more <= 8);
        let started = std::iter::from_fn(|| book.take(now + Duration::from_secs(2))).count();
        assert_eq!(started, Limits::default().dials);
        assert_eq!(book.next(), None);
    }

    #[test]
    fn addresses_that_lead_nowhere_or_back_are_not_kept() {
        let (low, high) = pair();
        let now = Instant::now();
        let mut book = book(low);
        for text in [
            "/ip4/127.0.0.1/tcp/1",
            "/ip6/::1/udp/1/quic-v1",
            "/ip4/0.0.0.0/tcp/1",
            "/ip4/224.0.0.1/tcp/1",
            "/memory/1",
        ] {
            assert!(!book.found(high, text.parse().unwrap(), now), "{text}");
        }
        assert!(!book.found(low, place(1), now), "ourselves");
    }

    #[test]
    fn a_peer_to_avoid_is_left_alone() {
        let (low, high) = pair();
        let now = Instant::now();
        let mut book = book(low);
        book.set_known(vec![(high, vec![place(2)])], now);
        book.avoid(high, now + Duration::from_secs(3_600));
        book.wake(now);
        assert_eq!(book.take(now + Duration::from_secs(3_599)), None);
        assert!(book.take(now + Duration::from_secs(3_600)).is_some());
    }

    #[test]
    fn what_is_no_longer_known_or_found_is_forgotten() {
        let (low, high) = pair();
        let now = Instant::now();
        let mut book = book(low);
        book.set_known(vec![(high, vec![place(2)])], now);
        book.found(high, place(3), now);
        book.set_known(vec![], now);
        assert_eq!(book.take(now), Some((high, vec![place(3)])));
        book.lost(high, &place(3));
        book.failed(high, now);
        assert!(book.peers.is_empty() && book.next().is_none());
    }
}
