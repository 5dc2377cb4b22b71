//! What a sync session sees of the engines: the node's side of [`Replica`].
//!
//! Every input of a session runs in one transaction of its community, which [`Node`](super::Node) opens before and
//! finishes after, so that nothing leaves that claims what is not durable.

use std::collections::BTreeMap;

use super::engine::Engine;
use super::error::Error;
use crate::model::governance::Right;
use crate::model::sign::Signature;
use crate::model::{Chain, CommunityId, DeviceId, Entry, EntryId, Kind, MemberId, Payload, SpaceId, Timestamp};
use crate::store::{PayloadState, Reader, StoreError, Tip as StoreTip};
use crate::sync::{
    Accepted, AcceptedPayload, Frontier, Held, Missing, Pending, Portion, Replica, Room, Tip, Unavailable, Wanted,
};
use crate::wire::Message;
use crate::wire::entry::{GovernanceShape, governance_shape};

/// Entries read at a time in looking for missing payloads, and payloads in handing them out.
const WANTED_PAGE: u64 = 128;
const RECALL: &[u8] = b"met/";

/// The engines of a home, as sessions see them.
pub(crate) struct Engines(pub(crate) BTreeMap<CommunityId, Engine>);

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Unavailable {
    Unavailable(Box::new(error))
}

impl Engines {
    fn engine(&self, community: CommunityId) -> Result<&Engine, Unavailable> {
        self.0.get(&community).ok_or_else(|| unavailable(Error::unknown_community(community)))
    }

    fn engine_mut(&mut self, community: CommunityId) -> Result<&mut Engine, Unavailable> {
        self.0.get_mut(&community).ok_or_else(|| unavailable(Error::unknown_community(community)))
    }

    fn read<T>(
        &self,
        community: CommunityId,
        read: impl FnOnce(&Engine, &Reader) -> Result<T, Error>,
    ) -> Result<T, Unavailable> {
        let engine = self.engine(community)?;
        engine.reading(|reader| read(engine, reader)).map_err(unavailable)
    }
}

/// Where the frontier of the last complete session with a device is kept.
pub(crate) fn recall_key(device: DeviceId, space: SpaceId) -> Vec<u8> {
    [RECALL, &device.0, &space.0].concat()
}

/// Reads the frontier of a space.
pub(crate) fn frontier(reader: &Reader, space: SpaceId) -> Result<Frontier, Error> {
    let mut chains: BTreeMap<Chain, Vec<StoreTip>> = BTreeMap::new();
    for tip in reader.tips(space)? {
        chains.entry(tip.chain).or_default().push(tip);
    }
    let missing: BTreeMap<Chain, Vec<(u64, u64)>> = reader.missing(space)?.into_iter().collect();
    let mut frontier = Frontier::new();
    for (chain, mut tips) in chains {
        tips.sort_by_key(|tip| (tip.seq, tip.id));
        let ranges = missing.get(&chain).cloned().unwrap_or_default();
        let tips = match tips.as_slice() {
            [tip] => vec![Tip { seq: tip.seq, id: tip.id, missing: ranges }],
            several => forked(reader, several, &ranges)?,
        };
        frontier.set(chain, tips);
    }
    Ok(frontier)
}

/// What is missing on each branch of a fork; what lies below several tips stands with the first.
fn forked(reader: &Reader, tips: &[StoreTip], ranges: &[(u64, u64)]) -> Result<Vec<Tip>, Error> {
    let mut out: Vec<Tip> = Vec::new();
    for (index, tip) in tips.iter().enumerate() {
        let mut missing: Vec<(u64, u64)> = Vec::new();
        for seq in ranges.iter().flat_map(|(from, to)| *from..=*to).take_while(|seq| *seq <= tip.seq) {
            let Some(id) = reader.id_at(tip.id, seq)? else { continue };
            if reader.payload(id)?.is_some() {
                continue;
            }
            let mut below = false;
            for other in &tips[..index] {
                below = below || reader.id_at(other.id, seq)? == Some(id);
            }
            match missing.last_mut() {
                _ if below => {}
                Some(last) if last.1 + 1 == seq => last.1 = seq,
                _ => missing.push((seq, seq)),
            }
        }
        out.push(Tip { seq: tip.seq, id: tip.id, missing });
    }
    Ok(out)
}

impl Replica for Engines {
    fn secret(&self, community: CommunityId) -> Option<[u8; 32]> {
        self.0.get(&community).map(|engine| engine.keys.secret)
    }

    fn find(&self, fits: &mut dyn FnMut(&[u8; 32]) -> bool) -> Option<CommunityId> {
        self.0.iter().find(|(_, engine)| fits(&engine.keys.secret)).map(|(id, _)| *id)
    }

    fn device(&self, community: CommunityId) -> DeviceId {
        self.0.get(&community).map_or(DeviceId::ZERO, |engine| engine.keys.device())
    }

    fn sign_session(&self, community: CommunityId, bound: &[u8]) -> Signature {
        let engine = self.0.get(&community).expect("a session is of a community that is here");
        engine.keys.signing.session(bound)
    }

    fn member_of(&self, community: CommunityId, device: DeviceId) -> Option<MemberId> {
        self.0.get(&community)?.state().device(device)
    }

    fn pending(&self, community: CommunityId, device: DeviceId) -> Option<Pending> {
        let engine = self.0.get(&community)?;
        let state = engine.state();
        let member = state.device(device)?;
        let (why, used_by) = state.pending(member)?;
        // Names are for those whose invitation lets them read.
        let reads = !state.spaces_of_role(state.members.get(&member)?.role).is_empty();
        let used_by = used_by.into_iter().filter(|_| reads).map(|id| engine.handle_of(id)).collect();
        Some(Pending { why, used_by })
    }

    fn blame(&mut self, community: CommunityId, device: DeviceId, times: u32, now: Timestamp) {
        if let Some(engine) = self.0.get_mut(&community) {
            engine.blamed.add(device, times, now);
        }
    }

    fn barred(&self, community: CommunityId, device: DeviceId, now: Timestamp) -> bool {
        self.0.get(&community).is_some_and(|engine| engine.blamed.bars(device, now))
    }

    fn spaces_for(&self, community: CommunityId, device: DeviceId) -> Vec<SpaceId> {
        let Some(engine) = self.0.get(&community) else { return Vec::new() };
        let state = engine.state();
        let me = engine.keys.member;
        let here = |space: &SpaceId| *space == SpaceId::GOVERNANCE || state.may(me, Right::Carry(*space));
        state.spaces_of(device).into_iter().filter(here).collect()
    }

    fn introduction(&self, community: CommunityId) -> Result<Vec<Portion>, Unavailable> {
        self.read(community, |engine, reader| {
            let member = engine.keys.member;
            let devices = engine.state().members.get(&member).map(|member| member.devices.as_slice());
            let added = devices.unwrap_or_default().iter().find(|device| device.id == engine.keys.device());
            let heads: Vec<EntryId> = [member.into()].into_iter().chain(added.map(|device| device.by)).collect();
            let Some(own) = engine.governance.closure(&heads) else { return Ok(Vec::new()) };
            let mut portions = Vec::new();
            for id in own {
                let (Some(stored), Some(payload)) = (reader.entry(id)?, reader.payload(id)?) else { continue };
                let Some(signature) = stored.signature else { continue };
                portions.push(Portion { entries: vec![stored.entry], signature, payloads: vec![Some(payload)] });
            }
            Ok(portions)
        })
    }

    fn frontier(&self, community: CommunityId, space: SpaceId) -> Result<Frontier, Unavailable> {
        self.read(community, |_, reader| frontier(reader, space))
    }

    fn recall(
        &self,
        community: CommunityId,
        device: DeviceId,
        space: SpaceId,
    ) -> Result<Option<Frontier>, Unavailable> {
        self.read(community, |_, reader| {
            let bytes = reader.local(&recall_key(device, space))?;
            Ok(bytes.and_then(|bytes| Frontier::from_bytes(space, &bytes)))
        })
    }

    fn remember(
        &mut self,
        community: CommunityId,
        device: DeviceId,
        space: SpaceId,
        agreed: &Frontier,
    ) -> Result<(), Unavailable> {
        let engine = self.engine_mut(community)?;
        engine.begin().map_err(unavailable)?;
        engine.agreements += 1;
        engine.writer().put_local(&recall_key(device, space), &agreed.to_bytes()).map_err(unavailable)
    }

    fn agreements(&self, community: CommunityId) -> u64 {
        self.0.get(&community).map_or(0, |engine| engine.agreements)
    }

    fn holds(&self, community: CommunityId, chain: &Chain, seq: u64, id: EntryId) -> Result<bool, Unavailable> {
        self.read(community, |_, reader| {
            let stored = reader.entry(id)?;
            Ok(stored.is_some_and(|stored| stored.entry.header().seq == seq && stored.entry.header().chain() == *chain))
        })
    }

    fn id_at(
        &self,
        community: CommunityId,
        _chain: &Chain,
        tip: EntryId,
        seq: u64,
    ) -> Result<Option<EntryId>, Unavailable> {
        self.read(community, |_, reader| match reader.id_at(tip, seq) {
            Err(StoreError::Absent(_)) => Ok(None),
            other => Ok(other?),
        })
    }

    fn branch(
        &self,
        community: CommunityId,
        _chain: &Chain,
        tip: EntryId,
        after: u64,
        most: usize,
    ) -> Result<Vec<Held>, Unavailable> {
        self.read(community, |_, reader| {
            let run = reader.run(tip, after + 1, most)?;
            Ok(run.into_iter().map(|stored| Held { entry: stored.entry, signature: stored.signature }).collect())
        })
    }

    fn payload(&self, community: CommunityId, id: EntryId) -> Result<Option<Payload>, Unavailable> {
        self.read(community, |_, reader| Ok(reader.payload(id)?))
    }

    fn payloads(
        &self,
        community: CommunityId,
        _chain: &Chain,
        tip: EntryId,
        (first, last): (u64, u64),
        bytes: usize,
    ) -> Result<Vec<Option<Payload>>, Unavailable> {
        self.read(community, |_, reader| {
            let most = last.saturating_sub(first).saturating_add(1).min(WANTED_PAGE);
            let numbers = match reader.branch(tip, first, usize::try_from(most).unwrap_or(usize::MAX)) {
                Err(StoreError::Absent(_)) => Vec::new(),
                numbers => numbers?,
            };
            let mut payloads = Vec::with_capacity(numbers.len());
            let mut sum = 0;
            reader.payloads_at(&numbers, |payload| {
                sum += payload.as_ref().map_or(0, Payload::stored_bytes);
                payloads.push(payload);
                sum < bytes
            })?;
            if numbers.is_empty() {
                // Beyond what is here.
                payloads.push(None);
            }
            Ok(payloads)
        })
    }

    fn accept_run(&mut self, community: CommunityId, portion: Portion) -> Result<Accepted, Unavailable> {
        let engine = self.engine_mut(community)?;
        engine.begin().map_err(unavailable)?;
        accept_run(engine, portion).map_err(unavailable)
    }

    fn accept_payloads(
        &mut self,
        community: CommunityId,
        payloads: Vec<(EntryId, Payload)>,
    ) -> Result<Vec<AcceptedPayload>, Unavailable> {
        let engine = self.engine_mut(community)?;
        engine.begin().map_err(unavailable)?;
        engine.take_payloads(&payloads).map_err(unavailable)
    }

    fn wanted(
        &self,
        community: CommunityId,
        space: SpaceId,
        after: Option<&Missing>,
        room: Room,
        offered: &mut dyn FnMut(&Missing) -> Result<bool, Unavailable>,
    ) -> Result<Wanted, Unavailable> {
        let engine = self.engine(community)?;
        let mut refusal = None;
        let mut wanted = Wanted::default();
        let mut bytes = 0;
        let looked = engine.reading(|reader| {
            candidates(reader, space, after, &mut |missing| {
                wanted.last = Some(missing);
                match offered(&missing) {
                    Ok(true) => {
                        bytes += missing.bytes;
                        wanted.found.push(missing);
                    }
                    Ok(false) => {}
                    Err(error) => refusal = Some(error),
                }
                refusal.is_none() && wanted.found.len() < room.payloads && bytes < room.bytes
            })
        });
        match (refusal, looked) {
            (Some(refusal), _) => Err(refusal),
            (None, Ok(true)) => Ok(Wanted { last: None, ..wanted }),
            (None, Ok(false)) => Ok(wanted),
            (None, Err(error)) => Err(unavailable(error)),
        }
    }
}

/// Hands out missing payloads as long as `take` wants more: by chain and tip, newest first, from below the one named.
/// Tells whether there are no more.
fn candidates(
    reader: &Reader,
    space: SpaceId,
    after: Option<&Missing>,
    take: &mut dyn FnMut(Missing) -> bool,
) -> Result<bool, Error> {
    let mut tips: BTreeMap<Chain, Vec<StoreTip>> = BTreeMap::new();
    for tip in reader.tips(space)? {
        tips.entry(tip.chain).or_default().push(tip);
    }
    for (chain, ranges) in reader.missing(space)? {
        let after = after.filter(|after| after.chain >= chain);
        let (Some(tips), false) = (tips.get(&chain), after.is_some_and(|after| after.chain > chain)) else { continue };
        let reached = after.and_then(|after| Some((tips.iter().position(|tip| tip.id == after.tip)?, after.seq)));
        for index in reached.map_or(0, |(index, _)| index)..tips.len() {
            let below = reached.filter(|(at, _)| *at == index).map_or(u64::MAX, |(_, seq)| seq);
            if !branch_candidates(reader, &tips[..=index], &ranges, below, take)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Hands out what is missing on the way down from the last of these tips and on none of the others', below a place.
fn branch_candidates(
    reader: &Reader,
    tips: &[StoreTip],
    ranges: &[(u64, u64)],
    below: u64,
    take: &mut dyn FnMut(Missing) -> bool,
) -> Result<bool, Error> {
    let Some((tip, others)) = tips.split_last() else { return Ok(true) };
    for (from, to) in ranges.iter().rev() {
        let mut end = (*to).min(tip.seq).min(below.saturating_sub(1));
        while end >= *from {
            let first = (*from).max(end.saturating_sub(WANTED_PAGE - 1));
            let most = usize::try_from(end - first + 1).unwrap_or(usize::MAX);
            for stored in reader.run(tip.id, first, most)?.into_iter().rev() {
                let (id, header) = (stored.entry.id(), stored.entry.header());
                let mut elsewhere = stored.payload != PayloadState::Missing;
                for other in others {
                    elsewhere = elsewhere || reader.id_at(other.id, header.seq)? == Some(id);
                }
                let bytes = u64::from(header.shape_bytes) + u64::from(header.content_bytes);
                let missing = Missing { chain: tip.chain, tip: tip.id, seq: header.seq, id, bytes };
                if !elsewhere && !take(missing) {
                    return Ok(false);
                }
            }
            if first == *from {
                break;
            }
            end = first - 1;
        }
    }
    Ok(true)
}

fn accept_run(engine: &mut Engine, portion: Portion) -> Result<Accepted, Error> {
    let Portion { entries, signature, payloads } = portion;
    let Some(first) = entries.first() else { return Ok(Accepted::Refused) };
    if entries.iter().any(|entry| entry.community() != engine.community()) || !is_known(engine, first, &payloads) {
        return Ok(Accepted::Refused);
    }
    let prev = first.header().prev;
    if !prev.is_zero() && !engine.reading(|reader| Ok(reader.has(prev)?))? {
        return Ok(Accepted::NeedsEarlier);
    }
    if engine.faults.one_branch && engine.is_second_branch(first)? {
        return Ok(Accepted::Held { new: 0 });
    }
    let taken: Vec<Option<&Payload>> = (entries.iter().zip(&payloads))
        .map(|(entry, payload)| {
            let fits = |payload: &&Payload| payload.fits(entry.header()) && engine.may_take(entry, payload);
            payload.as_ref().filter(fits)
        })
        .collect();
    let own = (first.header().device, first.header().incarnation) == (engine.keys.device(), engine.keys.incarnation);
    match engine.take_run(&entries, &taken, signature) {
        Ok(new) => {
            engine.copied |= own && new > 0;
            Ok(Accepted::Held { new })
        }
        Err(error) if error.code == "limit" => Ok(Accepted::Busy),
        Err(error) if error.code == "refused_entry" => Ok(Accepted::Refused),
        Err(error) => Err(error),
    }
}

/// Tells whether the author is or was somebody: a device in the roster, one that was dropped and whose earlier entries
/// stay, one whose entrance others voided, or one that shows what brings it in.
fn is_known(engine: &Engine, first: &Entry, payloads: &[Option<Payload>]) -> bool {
    let header = first.header();
    if engine.state().was_device(header.device) || engine.governance.brought_in(header.device) {
        return true;
    }
    let shape = payloads.first().and_then(Option::as_ref).and_then(|payload| payload.open_shape(header, None).ok());
    let act = shape.and_then(|shape| GovernanceShape::decode(&*shape).ok()).and_then(|shape| shape.act);
    header.kind == Kind::Governance
        && matches!(act, Some(governance_shape::Act::Admission(_) | governance_shape::Act::DeviceAdd(_)))
}

impl Engine {
    /// Tells whether another entry than this one stands at its place of its chain.
    fn is_second_branch(&self, entry: &Entry) -> Result<bool, Error> {
        self.reading(|reader| {
            let header = entry.header();
            let tips = reader.tips_of(header.chain())?;
            Ok(!reader.has(entry.id())? && tips.iter().any(|tip| tip.seq >= header.seq))
        })
    }
}
