//! Sending: what is owed waits in a queue as short orders, and becomes frames as the stream takes them.

use std::collections::VecDeque;

use super::compare::{PROBE_SEQS_MAX, REQUESTS_MAX};
use super::{ADMISSION_BYTES_MAX, Call, MALFORMED, Session, Stop};
use crate::model::Chain;
use crate::model::entry::RUN_MAX;
use crate::model::id::{DeviceId, EntryId, Incarnation, SpaceId};
use crate::sync::stored::store;
use crate::sync::{Held, Output, delta, frame};
use crate::wire::Message;
use crate::wire::sync as wire;
use crate::wire::sync::frame::Body;

/// Bytes handed out before the stream must have taken them, and so about the size of the largest frames.
const PIECE_BYTES: usize = 256 * 1024;
/// Bytes of a run beside its rows and payloads, about.
const RUN_BYTES: usize = 160;
/// Payloads in one `Want`.
pub(super) const WANT_MAX: u64 = 1_024;

/// Something to be sent.
#[derive(Debug)]
pub(super) enum Job {
    /// This, as it is.
    Frame(Body),
    /// Entries of a branch.
    Push(Push),
    /// The answer to a probe.
    Hashes { number: u32, chain: Chain, tip: EntryId, seqs: Vec<u64> },
    /// The answer to a want: ranges of ways down.
    Payloads { number: u32, ranges: VecDeque<Range> },
}

/// A branch of a chain that is on its way.
#[derive(Debug)]
pub(super) struct Push {
    chain: Chain,
    tip: EntryId,
    after: u64,
    /// With payloads; none as long as it isn't known how much there is to send.
    pub(super) inline: Option<bool>,
    /// Entries sent of a run that had to be cut.
    cut: usize,
}

impl Push {
    pub(super) fn new(chain: Chain, tip: EntryId, after: u64) -> Push {
        Push { chain, tip, after, inline: None, cut: 0 }
    }
}

/// A range of seq on the way down from a tip.
#[derive(Debug)]
pub(super) struct Range {
    chain: Chain,
    tip: EntryId,
    first: u64,
    last: u64,
    /// What it names was seen to be of that chain.
    checked: bool,
}

/// Reads the name of a chain and one of its tips.
fn read_name(name: Option<&wire::ChainName>) -> Result<(Chain, EntryId), Stop> {
    let name = name.ok_or(MALFORMED)?;
    let chain = Chain {
        space: SpaceId::from_slice(&name.space).ok_or(MALFORMED)?,
        device: DeviceId::from_slice(&name.device).ok_or(MALFORMED)?,
        incarnation: Incarnation::from_slice(&name.incarnation).ok_or(MALFORMED)?,
    };
    Ok((chain, EntryId::from_slice(&name.tip).ok_or(MALFORMED)?))
}

/// A run chosen out of what follows on a branch.
#[derive(Debug, PartialEq, Eq)]
struct Choice {
    entries: usize,
    bytes: usize,
    /// It ends at a signature; else it is a piece of a run too large for one frame.
    signed: bool,
    payloads: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Fit {
    Run(Choice),
    /// It fits a frame of its own.
    NextFrame,
    /// There is nothing that a signature vouches for.
    Nothing,
}

fn header_bytes(held: &Held) -> usize {
    held.entry.bytes().len() + 8
}

fn entry_bytes(held: &Held) -> usize {
    let header = held.entry.header();
    header_bytes(held) + header.shape_bytes as usize + header.content_bytes as usize + 16
}

/// Returns the longest signed run within the room: how many entries, and bytes.
fn longest(held: &[Held], room: usize, bytes: fn(&Held) -> usize) -> Option<(usize, usize)> {
    let mut best = None;
    let mut sum = RUN_BYTES;
    for (index, held) in held.iter().enumerate() {
        sum += bytes(held);
        if sum > room {
            break;
        }
        if held.signature.is_some() {
            best = Some((index + 1, sum));
        }
    }
    best
}

/// Chooses the longest signed run that fits, with its payloads where they are wanted and any frame takes them, else
/// without; else a piece of the first run. What was cut goes on to its first signature.
fn choose(held: &[Held], inline: bool, cut: usize, room: usize) -> Fit {
    let mut held = &held[..held.len().min(RUN_MAX - cut)];
    let Some(first) = held.iter().position(|held| held.signature.is_some()) else { return Fit::Nothing };
    if cut > 0 {
        held = &held[..=first];
    }
    let run = |(entries, bytes), payloads| Fit::Run(Choice { entries, bytes, signed: true, payloads });
    let inline = inline && cut == 0 && longest(held, PIECE_BYTES, entry_bytes).is_some();
    let bytes = if inline { entry_bytes } else { header_bytes };
    if let Some(found) = longest(held, room, bytes) {
        return run(found, inline);
    }
    if room < PIECE_BYTES {
        return Fit::NextFrame;
    }
    let mut sum = RUN_BYTES;
    let piece = held[..first].iter().take_while(|held| {
        sum += header_bytes(held);
        sum <= PIECE_BYTES
    });
    Fit::Run(Choice { entries: piece.count(), bytes: PIECE_BYTES, signed: false, payloads: false })
}

impl Session {
    /// Queues a frame.
    pub(super) fn say(&mut self, body: Body) {
        self.queue.push_back(Job::Frame(body));
    }

    /// Hands a frame out at once.
    pub(super) fn send(&mut self, body: Body, call: &mut Call<'_>) {
        if matches!(body, Body::Frontiers(_)) {
            self.begin_counting();
        }
        if matches!(body, Body::Hashes(_) | Body::Answered(_) | Body::Batch(wire::Batch { more: false, .. })) {
            self.peer_requests -= 1;
        }
        let bytes = frame::encode(self.trips.heard, body);
        self.trips.sent += 1;
        self.counts.bytes_out += bytes.len() as u64;
        self.unsent += bytes.len();
        call.out.push(Output::Send(bytes));
    }

    /// Does all that can be done now.
    pub(super) fn work(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        loop {
            self.advance(call)?;
            let sent = self.pump(call)?;
            let before = self.stage;
            self.close_round(call);
            if !sent && before == self.stage {
                return Ok(());
            }
        }
    }

    /// Hands out frames as long as the stream takes them; tells whether there was one.
    fn pump(&mut self, call: &mut Call<'_>) -> Result<bool, Stop> {
        let mut sent = false;
        while self.unsent < PIECE_BYTES {
            let body = match self.queue.pop_front() {
                None => break,
                Some(Job::Frame(body)) => Some(body),
                Some(Job::Push(push)) => {
                    self.queue.push_front(Job::Push(push));
                    self.next_entries(call)?
                }
                Some(Job::Hashes { number, chain, tip, seqs }) => Some(self.hashes(number, &chain, tip, &seqs, call)?),
                Some(Job::Payloads { number, ranges }) => Some(self.batch(number, ranges, call)?),
            };
            if let Some(body) = body {
                self.send(body, call);
                sent = true;
            }
        }
        Ok(sent)
    }

    /// Takes entries from the orders at the front of the queue, as long as they are of one space and fit one frame.
    fn next_entries(&mut self, call: &mut Call<'_>) -> Result<Option<Body>, Stop> {
        let mut message = wire::Entries::default();
        let mut space = None;
        let mut room = PIECE_BYTES;
        while let Some(Job::Push(push)) = self.queue.front_mut() {
            if *space.get_or_insert(push.chain.space) != push.chain.space {
                break;
            }
            let mut held = if self.allowed.contains(&push.chain.space) {
                call.replica.branch(self.community, &push.chain, push.tip, push.after, RUN_MAX)?
            } else {
                Vec::new()
            };
            // The tip was named by the peer: another chain's may be of a space that it must not read.
            held.retain(|held| held.entry.header().chain() == push.chain);
            let inline = push.inline == Some(true) || push.chain.space == SpaceId::GOVERNANCE;
            let choice = match choose(&held, inline, push.cut, room) {
                Fit::Run(choice) => choice,
                Fit::NextFrame => break,
                Fit::Nothing => {
                    self.queue.pop_front();
                    continue;
                }
            };
            room -= choice.bytes;
            let run = self.run(&held[..choice.entries], &choice, call)?;
            message.runs.push(run);
            if !choice.signed {
                break;
            }
        }
        if message.runs.is_empty() {
            return Ok(None);
        }
        message.space = space.unwrap_or(SpaceId::GOVERNANCE).0.to_vec();
        message.total = self.counts.entries_owed;
        self.moved = true;
        self.progress(call);
        Ok(Some(Body::Entries(message)))
    }

    /// Writes a run, and moves the order at the front of the queue past it.
    fn run(&mut self, held: &[Held], choice: &Choice, call: &Call<'_>) -> Result<wire::Run, Stop> {
        let Some(Job::Push(push)) = self.queue.front_mut() else { return Err(MALFORMED) };
        let continued = push.cut > 0;
        let (first, last) = (&held[0], &held[held.len() - 1]);
        push.after = last.entry.header().seq;
        push.cut = if choice.signed { 0 } else { push.cut + held.len() };
        let chain = push.chain;
        let mut payloads = Vec::new();
        if choice.payloads {
            for held in held {
                payloads.push(store(call.replica.payload(self.community, held.entry.id())?));
            }
        }
        self.counts.entries_sent += held.len() as u64;
        self.counts.payloads_sent += payloads.iter().filter(|stored| !stored.absent).count() as u64;
        Ok(wire::Run {
            device: chain.device.0.to_vec(),
            incarnation: chain.incarnation.0.to_vec(),
            first: first.entry.header().seq,
            rows: delta::encode(held.iter().map(|held| &held.entry), continued, &mut self.sent_ids),
            signature: last.signature.filter(|_| choice.signed).map_or_else(Vec::new, |signature| signature.0.to_vec()),
            payloads,
        })
    }

    fn hashes(
        &mut self,
        number: u32,
        chain: &Chain,
        tip: EntryId,
        seqs: &[u64],
        call: &Call<'_>,
    ) -> Result<Body, Stop> {
        let allowed = self.allowed.contains(&chain.space);
        let mut ids = Vec::with_capacity(seqs.len());
        for seq in seqs {
            let id = if allowed { self.own_id_at(chain, tip, *seq, call)? } else { None };
            ids.push(id.map_or_else(Vec::new, |id| id.0.to_vec()));
        }
        Ok(Body::Hashes(wire::Hashes { number, ids }))
    }

    /// Returns what stands at a place on the way down from a tip that the peer named, if it is of that chain: the peer may
    /// name a tip of a space that it must not read.
    fn own_id_at(&self, chain: &Chain, tip: EntryId, seq: u64, call: &Call<'_>) -> Result<Option<EntryId>, Stop> {
        let Some(id) = call.replica.id_at(self.community, chain, tip, seq)? else { return Ok(None) };
        Ok(call.replica.holds(self.community, chain, seq, id)?.then_some(id))
    }

    /// Takes payloads from the ranges, as many as fit one frame; the rest goes back to the front of the queue.
    fn batch(&mut self, number: u32, mut ranges: VecDeque<Range>, call: &mut Call<'_>) -> Result<Body, Stop> {
        let mut payloads = Vec::new();
        let mut bytes = 0;
        while bytes < PIECE_BYTES
            && let Some(range) = ranges.front_mut()
        {
            let open = self.allowed.contains(&range.chain.space);
            range.checked =
                range.checked || (open && self.own_id_at(&range.chain, range.tip, range.first, call)?.is_some());
            let found = if open && range.checked {
                let places = (range.first, range.last);
                call.replica.payloads(self.community, &range.chain, range.tip, places, PIECE_BYTES - bytes)?
            } else {
                vec![None]
            };
            for payload in found {
                self.counts.payloads_sent += u64::from(payload.is_some());
                let stored = store(payload);
                bytes += stored.encoded_len() + 4;
                payloads.push(stored);
                range.first += 1;
            }
            if range.first > range.last {
                ranges.pop_front();
            }
        }
        let more = !ranges.is_empty();
        if more {
            self.queue.push_front(Job::Payloads { number, ranges });
        }
        self.moved = true;
        Ok(Body::Batch(wire::Batch { number, payloads, more }))
    }

    fn admit_request(&mut self) -> Result<(), Stop> {
        self.peer_requests += 1;
        if self.peer_requests > REQUESTS_MAX { Err(MALFORMED) } else { Ok(()) }
    }

    pub(super) fn on_probe(&mut self, probe: &wire::Probe) -> Result<(), Stop> {
        let (chain, tip) = read_name(probe.chain.as_ref())?;
        if probe.seqs.len() > PROBE_SEQS_MAX {
            return Err(MALFORMED);
        }
        self.admit_request()?;
        self.queue.push_back(Job::Hashes { number: probe.number, chain, tip, seqs: probe.seqs.clone() });
        Ok(())
    }

    pub(super) fn on_ask(&mut self, ask: &wire::Ask, call: &Call<'_>) -> Result<(), Stop> {
        let (chain, tip) = read_name(ask.chain.as_ref())?;
        if ask.after == u64::MAX {
            return Err(MALFORMED);
        }
        self.admit_request()?;
        let allowed = self.allowed.contains(&chain.space);
        if allowed && self.own_id_at(&chain, tip, ask.after + 1, call)?.is_some() {
            let mut push = Push::new(chain, tip, ask.after);
            push.inline = Some(self.round.inline);
            self.queue.push_back(Job::Push(push));
        }
        self.say(Body::Answered(wire::Answered { number: ask.number }));
        Ok(())
    }

    pub(super) fn on_want(&mut self, want: &wire::Want) -> Result<(), Stop> {
        let mut ranges = VecDeque::new();
        let mut count = 0_u64;
        for range in &want.ranges {
            let (chain, tip) = read_name(range.chain.as_ref())?;
            let length = range.last.checked_sub(range.first).and_then(|gap| gap.checked_add(1)).ok_or(MALFORMED)?;
            count = count.saturating_add(length);
            if count > WANT_MAX || range.last == u64::MAX {
                return Err(MALFORMED);
            }
            ranges.push_back(Range { chain, tip, first: range.first, last: range.last, checked: false });
        }
        self.admit_request()?;
        self.queue.push_back(Job::Payloads { number: want.number, ranges });
        Ok(())
    }

    /// Shows what makes our device a member.
    pub(super) fn present(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        self.asked_to_present = true;
        let mut bytes = 0;
        for portion in call.replica.introduction(self.community)? {
            let Some(first) = portion.entries.first() else { continue };
            let (chain, seq) = (first.header().chain(), first.header().seq);
            let message = wire::Entries {
                space: chain.space.0.to_vec(),
                total: 0,
                runs: vec![wire::Run {
                    device: chain.device.0.to_vec(),
                    incarnation: chain.incarnation.0.to_vec(),
                    first: seq,
                    rows: delta::encode(&portion.entries, false, &mut self.sent_ids),
                    signature: portion.signature.0.to_vec(),
                    payloads: portion.payloads.into_iter().map(store).collect(),
                }],
            };
            bytes += message.encoded_len();
            if bytes > ADMISSION_BYTES_MAX {
                break;
            }
            self.say(Body::Entries(message));
        }
        self.say(Body::Presented(wire::Presented {}));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
