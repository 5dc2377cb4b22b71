//! A replica in memory. Rights are a toy: who wrote a governance entry whose shape begins with `ticket` is a member.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::model::entry::Signed;
use crate::model::id::{CommunityId, DeviceId, EntryId, EpochId, Incarnation, MemberId, SpaceId, Timestamp};
use crate::model::sign::{Signature, Signing};
use crate::model::{Chain, Content, Entry, Header, Kind, Payload};
use crate::sync::{
    Accepted, AcceptedPayload, Frontier, Held, Missing, Pending, Portion, Replica, Room, Tip, Unavailable, Wanted,
};

/// The space that all members read.
pub(super) const COMMONS: SpaceId = SpaceId([0xc0; 16]);

/// A small generator of numbers: the tests are seeded.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

#[derive(Clone)]
pub(super) struct Memory {
    pub(super) community: CommunityId,
    pub(super) secret: [u8; 32],
    seed: [u8; 32],
    pub(super) incarnation: Incarnation,
    pub(super) entries: BTreeMap<EntryId, (Entry, Option<Signature>)>,
    places: BTreeMap<(Chain, u64), BTreeSet<EntryId>>,
    tips: BTreeMap<Chain, BTreeSet<(u64, EntryId)>>,
    pub(super) payloads: BTreeMap<EntryId, Payload>,
    met: BTreeMap<(DeviceId, SpaceId), Frontier>,
    pub(super) members: BTreeMap<DeviceId, MemberId>,
    /// Members whose admission waits.
    pub(super) waits: BTreeMap<DeviceId, Pending>,
    pub(super) spaces: BTreeSet<SpaceId>,
    /// Spaces that a device may not read.
    pub(super) hidden: BTreeSet<(DeviceId, SpaceId)>,
    /// Devices whose entries are refused.
    pub(super) refused: BTreeSet<DeviceId>,
    pub(super) broken: bool,
    pub(super) busy: bool,
    clock: i64,
    heads_max: usize,
    /// Claims a tip at this seq that is not held; a fresh one at each question, or always the same.
    pub(super) lie: Option<(u64, bool)>,
    lies: Cell<u64>,
    /// Goes by the tip alone, whatever chain it is asked about.
    pub(super) careless: bool,
    /// Hands out payloads that fit nothing.
    pub(super) alters_payloads: bool,
    /// Frontiers as they were computed last.
    cache: RefCell<BTreeMap<SpaceId, Frontier>>,
}

fn key(name: u8) -> [u8; 32] {
    [name; 32]
}

impl Memory {
    /// Founds a community.
    pub(super) fn found(name: u8) -> Memory {
        let mut memory = Memory {
            community: CommunityId::ZERO,
            secret: [0x5e; 32],
            seed: key(name),
            incarnation: Incarnation([name; 16]),
            entries: BTreeMap::new(),
            places: BTreeMap::new(),
            tips: BTreeMap::new(),
            payloads: BTreeMap::new(),
            met: BTreeMap::new(),
            members: BTreeMap::new(),
            waits: BTreeMap::new(),
            spaces: BTreeSet::from([SpaceId::GOVERNANCE, COMMONS]),
            hidden: BTreeSet::new(),
            refused: BTreeSet::new(),
            broken: false,
            busy: false,
            clock: 1_000,
            heads_max: 8,
            lie: None,
            lies: Cell::new(0),
            careless: false,
            alters_payloads: false,
            cache: RefCell::default(),
        };
        let founding = memory.write_as(SpaceId::GOVERNANCE, Kind::Governance, b"ticket", b"");
        memory.community = founding.into();
        memory
    }

    /// Another node, that holds what this one holds, and whose admission nobody else has seen.
    pub(super) fn join(&self, name: u8) -> Memory {
        let mut memory = self.clone();
        memory.seed = key(name);
        memory.incarnation = Incarnation([name; 16]);
        memory.met.clear();
        memory.clock += i64::from(name) * 1_000;
        memory.write_as(SpaceId::GOVERNANCE, Kind::Governance, b"ticket", b"");
        memory
    }

    pub(super) fn own(&self) -> DeviceId {
        Signing::from_seed(&self.seed).public()
    }

    /// Writes an entry in the commons.
    pub(super) fn write(&mut self, text: &[u8]) -> EntryId {
        self.write_as(COMMONS, Kind::Edit, b"shape", text)
    }

    /// Writes a mark that names as many heads as a header takes.
    pub(super) fn write_wide(&mut self, shape: &[u8], text: &[u8]) -> EntryId {
        self.heads_max = 256;
        let id = self.write_as(COMMONS, Kind::Mark, shape, text);
        self.heads_max = 8;
        id
    }

    pub(super) fn write_as(&mut self, space: SpaceId, kind: Kind, shape: &[u8], text: &[u8]) -> EntryId {
        let chain = Chain { space, device: self.own(), incarnation: self.incarnation };
        let tip = self.tips(&chain).pop();
        self.clock += 1_234;
        let governance = space == SpaceId::GOVERNANCE;
        let founding = governance && self.entries.is_empty();
        let heads = |space: SpaceId, most: usize| -> BTreeSet<EntryId> {
            self.frontier_of(space).iter().flat_map(|(_, tips)| tips.iter().map(|tip| tip.id)).take(most).collect()
        };
        let deps = if kind == Kind::Mark || governance { heads(space, self.heads_max) } else { BTreeSet::new() };
        let mut payload = Payload { shape: shape.to_vec(), content: Content::Stored(text.to_vec()) };
        if text.is_empty() {
            payload.content = Content::Stored(Vec::new());
        }
        let header = Header {
            community: (!founding).then_some(self.community),
            space,
            device: chain.device,
            incarnation: chain.incarnation,
            seq: tip.map_or(1, |tip| tip.0 + 1),
            prev: tip.map_or(EntryId::ZERO, |tip| tip.1),
            gov: if governance { Vec::new() } else { heads(SpaceId::GOVERNANCE, 8).into_iter().collect() },
            time: Timestamp(self.clock),
            kind,
            document: (kind == Kind::Mark).then_some(crate::model::DocumentId(self.community.0)),
            deps: deps.into_iter().collect(),
            epoch: if governance { EpochId::CLEAR } else { EpochId([4; 8]) },
            dictionary: 1,
            shape_bytes: payload.shape.len() as u32,
            content_bytes: text.len() as u32,
            root: payload.root(),
        };
        let (entry, signature) = Entry::sign(header, &Signing::from_seed(&self.seed));
        let id = entry.id();
        self.payloads.insert(id, payload);
        self.insert(entry, Some(signature));
        id
    }

    /// Forgets the signatures of its own entries but each `every`-th and the last: as if written in large batches.
    pub(super) fn forget_signatures(&mut self, every: u64) {
        let tips: BTreeSet<EntryId> = self
            .spaces
            .iter()
            .flat_map(|space| self.frontier_of(*space).iter().flat_map(|(_, tips)| tips.to_vec()).collect::<Vec<_>>())
            .map(|tip| tip.id)
            .collect();
        for (id, (entry, signature)) in &mut self.entries {
            if entry.header().seq % every != 0 && !tips.contains(id) {
                *signature = None;
            }
        }
    }

    pub(super) fn erase_content(&mut self, id: EntryId) {
        self.cache.take();
        let payload = self.payloads.remove(&id).expect("a payload to erase");
        self.payloads.insert(id, payload.erased());
    }

    pub(super) fn forget_meetings(&mut self) {
        self.met.clear();
    }

    /// Forgets what makes it a member: it holds the secret, and nothing that it signed.
    pub(super) fn forget_own_acts(&mut self) {
        let own = self.own();
        self.cache.take();
        self.entries.retain(|_, (entry, _)| entry.header().device != own);
        self.places.retain(|(chain, _), _| chain.device != own);
        self.tips.retain(|chain, _| chain.device != own);
        self.payloads.retain(|id, _| self.entries.contains_key(id));
        self.members.remove(&own);
    }

    /// Forgets a payload, as if it had never come.
    pub(super) fn lose(&mut self, id: EntryId) {
        self.cache.take();
        self.payloads.remove(&id);
    }

    fn insert(&mut self, entry: Entry, signature: Option<Signature>) -> bool {
        let (id, header) = (entry.id(), entry.header());
        self.cache.borrow_mut().remove(&header.space);
        if header.space == SpaceId::GOVERNANCE && self.payloads.get(&id).is_some_and(|p| p.shape.starts_with(b"ticket"))
        {
            self.members.insert(header.device, id.into());
        }
        if let Some(held) = self.entries.get_mut(&id) {
            held.1 = held.1.or(signature);
            return false;
        }
        let chain = header.chain();
        self.places.entry((chain, header.seq)).or_default().insert(id);
        let tips = self.tips.entry(chain).or_default();
        tips.remove(&(header.seq - 1, header.prev));
        tips.insert((header.seq, id));
        self.entries.insert(id, (entry, signature));
        true
    }

    fn tips(&self, chain: &Chain) -> Vec<(u64, EntryId)> {
        self.tips.get(chain).into_iter().flatten().copied().collect()
    }

    pub(super) fn frontier_of(&self, space: SpaceId) -> Frontier {
        if let Some(frontier) = self.cache.borrow().get(&space) {
            return frontier.clone();
        }
        let frontier = self.compute_frontier(space);
        self.cache.borrow_mut().insert(space, frontier.clone());
        frontier
    }

    fn compute_frontier(&self, space: SpaceId) -> Frontier {
        let whole = self.entries.len() == self.payloads.len();
        let mut frontier = Frontier::new();
        for chain in self.tips.keys().copied().filter(|chain| chain.space == space) {
            let mut named = BTreeSet::new();
            let tips = self.tips(&chain).into_iter().map(|(seq, id)| {
                let mut missing: Vec<(u64, u64)> = Vec::new();
                let mut at = (!whole).then_some(id);
                while let Some(id) = at.filter(|id| named.insert(*id)) {
                    let header = self.entries[&id].0.header();
                    if !self.payloads.contains_key(&id) {
                        match missing.last_mut() {
                            Some(range) if range.0 == header.seq + 1 => range.0 = header.seq,
                            _ => missing.push((header.seq, header.seq)),
                        }
                    }
                    at = (header.seq > 1).then_some(header.prev);
                }
                missing.reverse();
                Tip { seq, id, missing }
            });
            let tips = tips.collect();
            frontier.set(chain, tips);
        }
        frontier
    }

    /// Everything that counts, to be compared.
    pub(super) fn holdings(&self) -> (BTreeSet<EntryId>, BTreeMap<EntryId, Payload>) {
        (self.entries.keys().copied().collect(), self.payloads.clone())
    }

    /// Holds that the replica is sound: every entry verifies, and fits its payload.
    pub(super) fn check(&self) {
        for (chain, tip) in self.spaces.iter().flat_map(|space| {
            let frontier = self.frontier_of(*space);
            let all: Vec<_> = frontier.iter().flat_map(|(c, tips)| tips.iter().map(|t| (*c, t.id))).collect();
            all
        }) {
            let (entry, signature) = &self.entries[&tip];
            assert_eq!(entry.header().chain(), chain);
            let signed = Signed::new(vec![entry.bytes().to_vec()], signature.expect("every tip is signed"));
            assert!(signed.verify().is_ok());
        }
        for (id, payload) in &self.payloads {
            assert!(payload.fits(self.entries[id].0.header()), "a payload that doesn't fit");
        }
    }

    fn at(&self, chain: &Chain, tip: EntryId, seq: u64) -> Option<EntryId> {
        let mut at = tip;
        loop {
            let (entry, _) = self.entries.get(&at)?;
            let header = entry.header();
            if (header.chain() != *chain && !self.careless) || header.seq < seq || seq == 0 {
                return None;
            }
            if header.seq == seq {
                return Some(at);
            }
            match self.places.get(&(header.chain(), seq)) {
                Some(ids) if ids.len() == 1 => return ids.first().copied(),
                _ => at = header.prev,
            }
        }
    }

    /// Takes all that another replica holds.
    pub(super) fn absorb(&mut self, other: &Memory) {
        for (id, payload) in &other.payloads {
            self.payloads.entry(*id).or_insert_with(|| payload.clone());
        }
        let mut entries: Vec<_> = other.entries.values().collect();
        entries.sort_by_key(|(entry, _)| entry.header().seq);
        for (entry, signature) in entries {
            self.insert(entry.clone(), *signature);
        }
    }

    fn available(&self) -> Result<(), Unavailable> {
        if self.broken { Err(Unavailable("broken for the test".into())) } else { Ok(()) }
    }
}

impl Replica for Memory {
    fn secret(&self, community: CommunityId) -> Option<[u8; 32]> {
        (community == self.community).then_some(self.secret)
    }

    fn find(&self, fits: &mut dyn FnMut(&[u8; 32]) -> bool) -> Option<CommunityId> {
        fits(&self.secret).then_some(self.community)
    }

    fn device(&self, _: CommunityId) -> DeviceId {
        self.own()
    }

    fn sign_session(&self, _: CommunityId, bound: &[u8]) -> Signature {
        Signing::from_seed(&self.seed).session(bound)
    }

    fn member_of(&self, _: CommunityId, device: DeviceId) -> Option<MemberId> {
        self.members.get(&device).copied()
    }

    fn pending(&self, _: CommunityId, device: DeviceId) -> Option<Pending> {
        self.waits.get(&device).cloned()
    }

    fn spaces_for(&self, _: CommunityId, device: DeviceId) -> Vec<SpaceId> {
        if !self.members.contains_key(&device) || self.waits.contains_key(&device) {
            return Vec::new();
        }
        self.spaces.iter().copied().filter(|space| !self.hidden.contains(&(device, *space))).collect()
    }

    fn introduction(&self, _: CommunityId) -> Result<Vec<Portion>, Unavailable> {
        self.available()?;
        let mut entries: Vec<_> =
            self.entries.values().filter(|(entry, _)| entry.header().space == SpaceId::GOVERNANCE).collect();
        entries.sort_by_key(|(entry, _)| (entry.header().chain(), entry.header().seq));
        Ok(entries
            .into_iter()
            .map(|(entry, signature)| Portion {
                entries: vec![entry.clone()],
                signature: signature.expect("the test signs each act"),
                payloads: vec![self.payloads.get(&entry.id()).cloned()],
            })
            .collect())
    }

    fn frontier(&self, _: CommunityId, space: SpaceId) -> Result<Frontier, Unavailable> {
        self.available()?;
        let mut frontier = self.frontier_of(space);
        if space == COMMONS
            && let Some((seq, fresh)) = self.lie
        {
            let chain = Chain { space, device: self.own(), incarnation: self.incarnation };
            let count = self.lies.get() + u64::from(fresh);
            self.lies.set(count);
            let mut tips = frontier.tips(&chain).to_vec();
            tips.push(Tip { seq, id: EntryId([count as u8; 32]), missing: Vec::new() });
            frontier.set(chain, tips);
        }
        Ok(frontier)
    }

    fn recall(&self, _: CommunityId, device: DeviceId, space: SpaceId) -> Result<Option<Frontier>, Unavailable> {
        Ok(self.met.get(&(device, space)).cloned())
    }

    fn remember(
        &mut self,
        _: CommunityId,
        device: DeviceId,
        space: SpaceId,
        agreed: &Frontier,
    ) -> Result<(), Unavailable> {
        self.met.insert((device, space), agreed.clone());
        Ok(())
    }

    fn holds(&self, _: CommunityId, chain: &Chain, seq: u64, id: EntryId) -> Result<bool, Unavailable> {
        Ok(self.places.get(&(*chain, seq)).is_some_and(|ids| ids.contains(&id)))
    }

    fn id_at(&self, _: CommunityId, chain: &Chain, tip: EntryId, seq: u64) -> Result<Option<EntryId>, Unavailable> {
        Ok(self.at(chain, tip, seq))
    }

    fn branch(
        &self,
        _: CommunityId,
        chain: &Chain,
        tip: EntryId,
        after: u64,
        most: usize,
    ) -> Result<Vec<Held>, Unavailable> {
        self.available()?;
        let mut held = Vec::new();
        let mut seq = after + 1;
        while held.len() < most
            && let Some(id) = self.at(chain, tip, seq)
        {
            let (entry, signature) = &self.entries[&id];
            held.push(Held { entry: entry.clone(), signature: *signature });
            seq += 1;
        }
        Ok(held)
    }

    fn payload(&self, _: CommunityId, id: EntryId) -> Result<Option<Payload>, Unavailable> {
        let mut payload = self.payloads.get(&id).cloned();
        if self.alters_payloads
            && let Some(payload) = &mut payload
        {
            payload.shape.push(0);
        }
        Ok(payload)
    }

    fn accept_run(&mut self, _: CommunityId, portion: Portion) -> Result<Accepted, Unavailable> {
        self.available()?;
        assert_eq!(portion.entries.len(), portion.payloads.len());
        let first = portion.entries[0].header();
        let before = (first.chain(), first.seq - 1);
        if first.seq > 1 && !self.places.get(&before).is_some_and(|ids| ids.contains(&first.prev)) {
            return Ok(Accepted::NeedsEarlier);
        }
        let governance = first.space == SpaceId::GOVERNANCE;
        if self.refused.contains(&first.device) || (!governance && !self.members.contains_key(&first.device)) {
            return Ok(Accepted::Refused);
        }
        if self.busy {
            return Ok(Accepted::Busy);
        }
        let last = portion.entries.len() - 1;
        let mut new = 0;
        for (index, (entry, payload)) in portion.entries.into_iter().zip(portion.payloads).enumerate() {
            if let Some(payload) = payload {
                self.payloads.entry(entry.id()).or_insert(payload);
            }
            new += usize::from(self.insert(entry, (index == last).then_some(portion.signature)));
        }
        Ok(Accepted::Held { new })
    }

    fn accept_payloads(
        &mut self,
        _: CommunityId,
        payloads: Vec<(EntryId, Payload)>,
    ) -> Result<Vec<AcceptedPayload>, Unavailable> {
        let accept = |(id, payload): (EntryId, Payload)| {
            let Some((entry, _)) = self.entries.get(&id) else { return AcceptedPayload::Unwanted };
            if !payload.fits(entry.header()) {
                return AcceptedPayload::Misfit;
            }
            let entry = entry.clone();
            let new = self.payloads.insert(id, payload).is_none();
            self.insert(entry, None);
            AcceptedPayload::Held { new }
        };
        Ok(payloads.into_iter().map(accept).collect())
    }

    fn wanted(
        &self,
        _: CommunityId,
        space: SpaceId,
        after: Option<&Missing>,
        room: Room,
        offered: &mut dyn FnMut(&Missing) -> Result<bool, Unavailable>,
    ) -> Result<Wanted, Unavailable> {
        let mut all = Vec::new();
        for (chain, tips) in self.frontier_of(space).iter() {
            for tip in tips {
                for seq in tip.missing.iter().rev().flat_map(|(first, last)| (*first..=*last).rev()) {
                    let id = self.at(chain, tip.id, seq).expect("what is missing is on the way down");
                    let header = self.entries[&id].0.header();
                    let bytes = u64::from(header.shape_bytes) + u64::from(header.content_bytes);
                    all.push(Missing { chain: *chain, tip: tip.id, seq, id, bytes });
                }
            }
        }
        let place = |missing: &Missing| (missing.chain, missing.tip, std::cmp::Reverse(missing.seq));
        all.sort_by_key(place);
        let mut wanted = Wanted::default();
        let mut bytes = 0;
        for missing in all.into_iter().filter(|missing| after.is_none_or(|after| place(missing) > place(after))) {
            if offered(&missing)? {
                wanted.found.push(missing);
                bytes += missing.bytes;
            }
            if wanted.found.len() >= room.payloads || bytes >= room.bytes {
                return Ok(Wanted { last: Some(missing), ..wanted });
            }
        }
        Ok(wanted)
    }
}
