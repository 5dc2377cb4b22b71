//! Records of a bundle: what `proto/bundle.proto` says of them, without files and keys.
//!
//! [`Writer`] makes records, [`Reader`] takes the bytes of them in any pieces and gives back what they say. Nothing that
//! is read is trusted: runs are verified here, and payloads compared with their headers.

use std::collections::VecDeque;

use super::delta::{self, Malformed, Place, Table};
use super::frame::{self, FRAME_BYTES_MAX};
use super::stored::{restore, store};
use super::{Frontier, Held, Portion};
use crate::model::entry::{RUN_MAX, Signed};
use crate::model::id::{CommunityId, DeviceId, EntryId, Incarnation, MemberId, SpaceId};
use crate::model::sign::{Signature, Signing, verify_bundle};
use crate::model::{Chain, Entry, Payload};
use crate::wire::Message;
use crate::wire::bundle as wire;
use crate::wire::sync as session;
use crate::wire::sync::frame::Body;

/// Bytes of headers, payloads or chains in one record, about.
const PIECE_BYTES: usize = 256 * 1024;
const HEAD: u8 = 2;
const TAIL: u8 = 3;

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) community: CommunityId,
    pub(crate) device: DeviceId,
    pub(crate) member: MemberId,
    pub(crate) to: Option<MemberId>,
    pub(crate) number: u64,
    pub(crate) after: u64,
    pub(crate) confirms: u64,
    pub(crate) time: i64,
}

/// What a bundle holds, in the order in which it is read.
#[derive(Debug)]
pub(crate) enum Record {
    Head(Head),
    Frontier(SpaceId, Frontier),
    Portion(Portion),
    /// All of it was read and is as it was signed.
    End,
}

/// Makes the records of one bundle.
pub(crate) struct Writer {
    ids: Table,
    hasher: blake3::Hasher,
    entries: u64,
    payloads: u64,
}

impl Writer {
    pub(crate) fn new() -> Writer {
        Writer { ids: Table::sending(), hasher: blake3::Hasher::new(), entries: 0, payloads: 0 }
    }

    /// Returns how many entries and payloads were written.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.entries, self.payloads)
    }

    fn record(&mut self, bytes: &[u8]) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).expect("records are bound");
        let record = [&length.to_le_bytes(), bytes].concat();
        self.hasher.update(&record);
        record
    }

    pub(crate) fn head(&mut self, head: &Head) -> Vec<u8> {
        let message = wire::Head {
            community: head.community.0.to_vec(),
            device: head.device.0.to_vec(),
            member: head.member.0.to_vec(),
            to: head.to.map_or_else(Vec::new, |to| to.0.to_vec()),
            number: head.number,
            after: head.after,
            confirms: head.confirms,
            time: head.time,
            part: 0,
            parts: 0,
        };
        self.record(&[&[HEAD], message.encode_to_vec().as_slice()].concat())
    }

    /// Writes what the sender holds of its spaces.
    pub(crate) fn frontiers(&mut self, all: &[(SpaceId, Frontier)]) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        for (space, frontier) in all {
            let chains = frontier.changes(&Frontier::new());
            let mut parts: Vec<Vec<session::ChainFrontier>> = vec![Vec::new()];
            let mut bytes = 0;
            for chain in chains {
                bytes += chain.encoded_len() + 4;
                if bytes > PIECE_BYTES && parts.last().is_some_and(|part| !part.is_empty()) {
                    parts.push(Vec::new());
                    bytes = chain.encoded_len() + 4;
                }
                parts.last_mut().expect("there is one").push(chain);
            }
            let digest = frontier.digest().0.to_vec();
            pieces.extend(parts.into_iter().map(|chains| session::SpaceFrontier {
                space: space.0.to_vec(),
                digest: digest.clone(),
                base: Vec::new(),
                chains,
            }));
        }
        let last = pieces.len().saturating_sub(1);
        let frames = pieces.into_iter().enumerate().map(|(index, piece)| {
            Body::Frontiers(session::Frontiers { round: 0, spaces: vec![piece], more: index < last })
        });
        let frames: Vec<Vec<u8>> = frames.map(|body| frame::encode(0, body)).collect();
        frames.iter().map(|bytes| self.record(bytes)).collect()
    }

    /// Writes a run, of which the last entry is signed, with its payloads.
    pub(crate) fn run(&mut self, held: &[Held], payloads: Vec<Option<Payload>>) -> Vec<Vec<u8>> {
        let Some((first, last)) = held.first().zip(held.last()) else { return Vec::new() };
        let chain = first.entry.header().chain();
        let signature = last.signature.expect("a run ends in a signature");
        let mut records = Vec::new();
        let mut rest = held;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |held: &&Held| {
                bytes += held.entry.bytes().len() + 8;
                bytes <= PIECE_BYTES
            };
            let (piece, after) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            let run = session::Run {
                device: chain.device.0.to_vec(),
                incarnation: chain.incarnation.0.to_vec(),
                first: piece[0].entry.header().seq,
                rows: delta::encode(piece.iter().map(|held| &held.entry), rest.len() < held.len(), &mut self.ids),
                signature: if after.is_empty() { signature.0.to_vec() } else { Vec::new() },
                payloads: Vec::new(),
            };
            let message = session::Entries { space: chain.space.0.to_vec(), runs: vec![run], total: 0 };
            records.push(self.record(&frame::encode(0, Body::Entries(message))));
            rest = after;
        }
        self.entries += held.len() as u64;
        self.payloads += payloads.iter().flatten().count() as u64;
        let mut queue: VecDeque<session::Stored> = payloads.into_iter().map(store).collect();
        while !queue.is_empty() {
            let (mut payloads, mut bytes) = (Vec::new(), 0);
            while bytes < PIECE_BYTES
                && let Some(stored) = queue.pop_front()
            {
                bytes += stored.encoded_len() + 4;
                payloads.push(stored);
            }
            let batch = session::Batch { number: 0, payloads, more: !queue.is_empty() };
            records.push(self.record(&frame::encode(0, Body::Batch(batch))));
        }
        records
    }

    pub(crate) fn tail(mut self, signing: &Signing) -> Vec<u8> {
        let signature = signing.bundle(self.hasher.finalize().as_bytes()).0.to_vec();
        let message = wire::Tail { entries: self.entries, payloads: self.payloads, signature };
        self.record(&[&[TAIL], message.encode_to_vec().as_slice()].concat())
    }
}

/// What has to come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Frontiers,
    /// A run, or the tail.
    Run,
    /// More of a run that was cut.
    Piece,
    Payloads,
    End,
}

/// A run on its way in.
#[derive(Default)]
struct Coming {
    chain: Option<Chain>,
    headers: Vec<Vec<u8>>,
    last: Option<(u64, EntryId)>,
    verified: Option<(Vec<Entry>, Signature)>,
    payloads: Vec<Option<Payload>>,
}

/// Reads the records of one bundle.
pub(crate) struct Reader {
    buffer: Vec<u8>,
    ids: Table,
    hasher: blake3::Hasher,
    stage: Stage,
    head: Option<Head>,
    frontier: Option<(SpaceId, [u8; 32], Frontier)>,
    coming: Coming,
    entries: u64,
    payloads: u64,
}

impl Reader {
    pub(crate) fn new() -> Reader {
        Reader {
            buffer: Vec::new(),
            ids: Table::receiving(),
            hasher: blake3::Hasher::new(),
            stage: Stage::Head,
            head: None,
            frontier: None,
            coming: Coming::default(),
            entries: 0,
            payloads: 0,
        }
    }

    /// Tells whether the tail was read, and nothing stands after it.
    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::End && self.buffer.is_empty()
    }

    /// Takes the next bytes; gives back what is whole by now.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Record>, Malformed> {
        self.buffer.extend_from_slice(bytes);
        let mut records = Vec::new();
        let mut at = 0;
        while let Some(length) = self.buffer[at..].first_chunk::<4>() {
            let length = u32::from_le_bytes(*length) as usize;
            if length == 0 || length > FRAME_BYTES_MAX || self.stage == Stage::End {
                return Err(Malformed);
            }
            let Some(record) = self.buffer.get(at..at + 4 + length) else { break };
            let record = record.to_vec();
            at += record.len();
            self.record(&record, &mut records)?;
        }
        self.buffer.drain(..at);
        Ok(records)
    }

    fn record(&mut self, record: &[u8], out: &mut Vec<Record>) -> Result<(), Malformed> {
        let bytes = &record[4..];
        match (bytes[0], self.stage) {
            (HEAD, Stage::Head) => {
                let head = read_head(&bytes[1..]).ok_or(Malformed)?;
                self.head = Some(head.clone());
                self.stage = Stage::Frontiers;
                out.push(Record::Head(head));
            }
            (TAIL, Stage::Run) => {
                self.tail(&bytes[1..])?;
                self.stage = Stage::End;
                out.push(Record::End);
            }
            (HEAD | TAIL, _) => return Err(Malformed),
            _ => {
                let (heard, body) = frame::decode(bytes).map_err(|_| Malformed)?;
                match (body, self.stage) {
                    _ if heard != 0 => return Err(Malformed),
                    (Body::Frontiers(message), Stage::Frontiers) => self.frontiers(message, out)?,
                    (Body::Entries(message), Stage::Run | Stage::Piece) => self.run(message)?,
                    (Body::Batch(batch), Stage::Payloads) => self.batch(batch, out)?,
                    _ => return Err(Malformed),
                }
            }
        }
        self.hasher.update(record);
        Ok(())
    }

    fn frontiers(&mut self, message: session::Frontiers, out: &mut Vec<Record>) -> Result<(), Malformed> {
        for part in message.spaces {
            let space = SpaceId::from_slice(&part.space).ok_or(Malformed)?;
            let digest: [u8; 32] = part.digest.as_slice().try_into().map_err(|_| Malformed)?;
            if self.frontier.as_ref().is_some_and(|(other, _, _)| *other != space) {
                self.close_frontier(out)?;
            }
            let (_, told, frontier) = self.frontier.get_or_insert_with(|| (space, digest, Frontier::new()));
            if *told != digest || !part.base.is_empty() {
                return Err(Malformed);
            }
            frontier.apply(space, &part.chains).ok_or(Malformed)?;
        }
        if !message.more {
            self.close_frontier(out)?;
            self.stage = Stage::Run;
        }
        Ok(())
    }

    fn close_frontier(&mut self, out: &mut Vec<Record>) -> Result<(), Malformed> {
        if let Some((space, digest, frontier)) = self.frontier.take() {
            if frontier.digest().0 != digest {
                return Err(Malformed);
            }
            out.push(Record::Frontier(space, frontier));
        }
        Ok(())
    }

    fn run(&mut self, message: session::Entries) -> Result<(), Malformed> {
        let [run] = <[session::Run; 1]>::try_from(message.runs).map_err(|_| Malformed)?;
        let chain = Chain {
            space: SpaceId::from_slice(&message.space).ok_or(Malformed)?,
            device: DeviceId::from_slice(&run.device).ok_or(Malformed)?,
            incarnation: Incarnation::from_slice(&run.incarnation).ok_or(Malformed)?,
        };
        let coming = &mut self.coming;
        let goes_on = coming.last.is_none_or(|(seq, _)| seq.checked_add(1) == Some(run.first));
        if *coming.chain.get_or_insert(chain) != chain || !goes_on || !run.payloads.is_empty() {
            return Err(Malformed);
        }
        let community = self.head.as_ref().ok_or(Malformed)?.community;
        let place = Place { community, chain, first: run.first, continued: coming.last.map(|(_, id)| id) };
        let rebuilt = delta::decode(&run.rows, &place, &mut self.ids)?;
        let seq = run.first.checked_add(rebuilt.len() as u64 - 1).ok_or(Malformed)?;
        coming.last = rebuilt.last().map(|(id, _)| (seq, *id));
        coming.headers.extend(rebuilt.into_iter().map(|(_, bytes)| bytes));
        if coming.headers.len() > RUN_MAX {
            return Err(Malformed);
        }
        self.stage = Stage::Piece;
        if !run.signature.is_empty() {
            let signature = Signature::from_slice(&run.signature).ok_or(Malformed)?;
            let signed = Signed::new(std::mem::take(&mut coming.headers), signature);
            let verified = signed.verify().map_err(|_| Malformed)?;
            if verified.0.iter().any(|entry| entry.community() != community) {
                return Err(Malformed);
            }
            coming.verified = Some(verified);
            self.stage = Stage::Payloads;
        }
        Ok(())
    }

    fn batch(&mut self, batch: session::Batch, out: &mut Vec<Record>) -> Result<(), Malformed> {
        let (entries, _) = self.coming.verified.as_ref().ok_or(Malformed)?;
        for stored in batch.payloads {
            let entry = entries.get(self.coming.payloads.len()).ok_or(Malformed)?;
            let payload = restore(stored)?;
            if payload.as_ref().is_some_and(|payload| !payload.fits(entry.header())) {
                return Err(Malformed);
            }
            self.payloads += u64::from(payload.is_some());
            self.coming.payloads.push(payload);
        }
        if batch.more != (self.coming.payloads.len() < entries.len()) {
            return Err(Malformed);
        }
        if !batch.more {
            let coming = std::mem::take(&mut self.coming);
            let (entries, signature) = coming.verified.ok_or(Malformed)?;
            self.entries += entries.len() as u64;
            out.push(Record::Portion(Portion { entries, signature, payloads: coming.payloads }));
            self.stage = Stage::Run;
        }
        Ok(())
    }

    fn tail(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let tail = wire::Tail::decode(bytes).map_err(|_| Malformed)?;
        let device = self.head.as_ref().ok_or(Malformed)?.device;
        let signature = Signature::from_slice(&tail.signature).ok_or(Malformed)?;
        let whole = (tail.entries, tail.payloads) == (self.entries, self.payloads)
            && verify_bundle(device, self.hasher.finalize().as_bytes(), &signature);
        whole.then_some(()).ok_or(Malformed)
    }
}

fn read_head(bytes: &[u8]) -> Option<Head> {
    let head = wire::Head::decode(bytes).ok()?;
    let to = match head.to.as_slice() {
        [] => None,
        to => Some(MemberId::from_slice(to)?),
    };
    Some(Head {
        community: CommunityId::from_slice(&head.community)?,
        device: DeviceId::from_slice(&head.device)?,
        member: MemberId::from_slice(&head.member)?,
        to,
        number: head.number,
        after: head.after,
        confirms: head.confirms,
        time: head.time,
    })
}

#[cfg(test)]
mod tests;
