//! What a sync session sees of the engines: the node's side of [`Replica`].
//!
//! Every input of a session runs in one transaction of its community, which [`Node`](super::Node) opens before and
//! finishes after, so that nothing leaves that claims what is not durable.

use std::collections::BTreeMap;

use super::engine::Engine;
use super::error::Error;
use crate::model::governance::Right;
use crate::model::sign::Signature;
use crate::model::{Chain, CommunityId, DeviceId, Entry, EntryId, Kind, MemberId, Payload, SpaceId};
use crate::store::{Reader, StoreError, Tip as StoreTip};
use crate::sync::{Accepted, AcceptedPayload, Frontier, Held, Missing, Portion, Replica, Tip, Unavailable};
use crate::wire::Message;
use crate::wire::entry::{GovernanceShape, governance_shape};

/// Most missing payloads looked through at once.
const WANTED_SCAN: usize = 4_096;
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

fn recall_key(device: DeviceId, space: SpaceId) -> Vec<u8> {
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

    fn spaces_for(&self, community: CommunityId, device: DeviceId) -> Vec<SpaceId> {
        let Some(engine) = self.0.get(&community) else { return Vec::new() };
        let state = engine.state();
        let me = engine.keys.member;
        let here = |space: &SpaceId| *space == SpaceId::GOVERNANCE || state.may(me, Right::Carry(*space));
        state.spaces_of(device).into_iter().filter(here).collect()
    }

    fn introduction(&self, community: CommunityId) -> Result<Vec<Portion>, Unavailable> {
        self.read(community, |engine, reader| {
            let Some(own) = engine.governance.closure(&[engine.keys.member.into()]) else { return Ok(Vec::new()) };
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
        engine.writer().put_local(&recall_key(device, space), &agreed.to_bytes()).map_err(unavailable)
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

    fn accept_run(&mut self, community: CommunityId, portion: Portion) -> Result<Accepted, Unavailable> {
        let engine = self.engine_mut(community)?;
        engine.begin().map_err(unavailable)?;
        accept_run(engine, portion).map_err(unavailable)
    }

    fn accept_payload(
        &mut self,
        community: CommunityId,
        id: EntryId,
        payload: Payload,
    ) -> Result<AcceptedPayload, Unavailable> {
        let engine = self.engine_mut(community)?;
        engine.begin().map_err(unavailable)?;
        accept_payload(engine, id, payload).map_err(unavailable)
    }

    fn wanted(
        &self,
        community: CommunityId,
        space: SpaceId,
        most: usize,
        offered: &mut dyn FnMut(&Missing) -> Result<bool, Unavailable>,
    ) -> Result<Vec<Missing>, Unavailable> {
        let engine = self.engine(community)?;
        let mut refusal = None;
        let found = engine.reading(|reader| {
            let mut found = Vec::new();
            candidates(reader, space, &mut |missing| {
                match offered(&missing) {
                    Ok(true) => found.push(missing),
                    Ok(false) => {}
                    Err(error) => refusal = Some(error),
                }
                refusal.is_none() && found.len() < most
            })?;
            Ok(found)
        });
        refusal.map_or_else(|| found.map_err(unavailable), Err)
    }
}

/// Hands out missing payloads, newest first, as long as `take` wants more.
fn candidates(reader: &Reader, space: SpaceId, take: &mut dyn FnMut(Missing) -> bool) -> Result<(), Error> {
    let mut tips: BTreeMap<Chain, Vec<EntryId>> = BTreeMap::new();
    for tip in reader.tips(space)? {
        tips.entry(tip.chain).or_default().push(tip.id);
    }
    let mut numbers = reader.missing_entries(space, WANTED_SCAN)?;
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    for number in numbers {
        let Some(stored) = reader.entry_at(number)? else { continue };
        let header = stored.entry.header();
        let chain = header.chain();
        let mut tip = None;
        for candidate in tips.get(&chain).into_iter().flatten() {
            if tips[&chain].len() == 1 || reader.id_at(*candidate, header.seq)? == Some(stored.entry.id()) {
                tip = Some(*candidate);
                break;
            }
        }
        let Some(tip) = tip else { continue };
        let bytes = u64::from(header.shape_bytes) + u64::from(header.content_bytes);
        if !take(Missing { chain, tip, seq: header.seq, id: stored.entry.id(), bytes }) {
            break;
        }
    }
    Ok(())
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
    let mut new = 0;
    let last = entries.len() - 1;
    for (index, (entry, payload)) in entries.iter().zip(&payloads).enumerate() {
        let signature = (index == last).then_some(signature);
        let payload =
            payload.as_ref().filter(|payload| payload.fits(entry.header()) && may_take(engine, entry, payload));
        match engine.take(entry, signature, payload) {
            Ok(fresh) => new += usize::from(fresh),
            Err(error) if error.code == "limit" => return Ok(Accepted::Busy),
            Err(error) if error.code == "refused_entry" => return Ok(Accepted::Refused),
            Err(error) => return Err(error),
        }
    }
    Ok(Accepted::Held { new })
}

/// Tells whether the author is somebody: a device in the roster, or one that shows its admission.
fn is_known(engine: &Engine, first: &Entry, payloads: &[Option<Payload>]) -> bool {
    let header = first.header();
    if engine.state().device(header.device).is_some() {
        return true;
    }
    let shape = payloads.first().and_then(Option::as_ref).and_then(|payload| payload.open_shape(header, None).ok());
    let act = shape.and_then(|shape| GovernanceShape::decode(&*shape).ok()).and_then(|shape| shape.act);
    header.kind == Kind::Governance && matches!(act, Some(governance_shape::Act::Admission(_)))
}

/// What was erased elsewhere is taken without its content only where an erase entry says so here.
fn may_take(engine: &Engine, entry: &Entry, payload: &Payload) -> bool {
    match payload.content {
        crate::model::Content::Stored(_) => true,
        crate::model::Content::Erased(_) => engine.is_erased(entry),
    }
}

fn accept_payload(engine: &mut Engine, id: EntryId, payload: Payload) -> Result<AcceptedPayload, Error> {
    let Some(stored) = engine.reading(|reader| Ok(reader.entry(id)?))? else { return Ok(AcceptedPayload::Unwanted) };
    if !payload.fits(stored.entry.header()) {
        return Ok(AcceptedPayload::Misfit);
    }
    if !may_take(engine, &stored.entry, &payload) {
        return Ok(AcceptedPayload::Unwanted);
    }
    let new = engine.take_payload(&stored.entry, &payload)?;
    Ok(AcceptedPayload::Held { new })
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

    /// Tells whether an erase entry that counts names this entry.
    fn is_erased(&self, entry: &Entry) -> bool {
        self.reading(|reader| Ok(!self.erasers(reader, entry)?.is_empty())).unwrap_or(false)
    }
}
