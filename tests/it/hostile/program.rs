//! A program with a member's keys that holds what it likes: lines of entries, each a branch of a chain, and nothing else.

use std::collections::BTreeMap;

use repertoire::model::sign::{Signature, Signing};
use repertoire::model::{Chain, CommunityId, DeviceId, Entry, EntryId, MemberId, Payload, SpaceId};
use repertoire::node::keys::Keys;
use repertoire::sync::{
    Accepted, AcceptedPayload, Frontier, Held, Missing, Pending, Portion, Replica, Room, Tip, Unavailable, Wanted,
};

/// Where a later entry of the line vouches for one.
pub(super) const UNSIGNED: Signature = Signature([0; 64]);

/// An entry with what it takes to hand it on.
pub(crate) type Written = (Entry, Signature, Payload);
/// Consecutive entries of one chain. Those before the first may be nowhere.
pub(crate) type Line = Vec<Written>;

pub(crate) struct Program {
    pub(super) community: CommunityId,
    secret: [u8; 32],
    signing: Signing,
    spaces: Vec<SpaceId>,
    lines: Vec<Line>,
    payloads: BTreeMap<EntryId, Payload>,
}

impl Program {
    /// Speaks with these keys, and holds these lines.
    pub(crate) fn new(keys: &Keys, lines: Vec<Line>) -> Program {
        let mut spaces = vec![SpaceId::GOVERNANCE];
        let named = keys.spaces.iter().map(|(space, _, _)| *space);
        for space in named.chain(lines.iter().flatten().map(|(entry, _, _)| entry.header().space)) {
            if !spaces.contains(&space) {
                spaces.push(space);
            }
        }
        let payloads = lines.iter().flatten().map(|(entry, _, payload)| (entry.id(), payload.clone())).collect();
        let signing = Signing::from_seed(&keys.signing.seed());
        Program { community: keys.community, secret: keys.secret, signing, spaces, lines, payloads }
    }

    fn line(&self, chain: &Chain, tip: EntryId) -> Option<&Line> {
        let fits = |line: &&Line| {
            line.last().is_some_and(|(entry, _, _)| entry.id() == tip && entry.header().chain() == *chain)
        };
        self.lines.iter().find(fits)
    }
}

fn at(line: &Line, seq: u64) -> Option<&Written> {
    let first = line.first()?.0.header().seq;
    line.get(usize::try_from(seq.checked_sub(first)?).ok()?)
}

impl Replica for Program {
    fn secret(&self, _: CommunityId) -> Option<[u8; 32]> {
        Some(self.secret)
    }

    fn find(&self, _: &mut dyn FnMut(&[u8; 32]) -> bool) -> Option<CommunityId> {
        Some(self.community)
    }

    fn device(&self, _: CommunityId) -> DeviceId {
        self.signing.public()
    }

    fn sign_session(&self, _: CommunityId, bound: &[u8]) -> Signature {
        self.signing.session(bound)
    }

    fn member_of(&self, _: CommunityId, device: DeviceId) -> Option<MemberId> {
        Some(MemberId(device.0))
    }

    fn pending(&self, _: CommunityId, _: DeviceId) -> Option<Pending> {
        None
    }

    fn spaces_for(&self, _: CommunityId, _: DeviceId) -> Vec<SpaceId> {
        self.spaces.clone()
    }

    fn introduction(&self, _: CommunityId) -> Result<Vec<Portion>, Unavailable> {
        Ok(Vec::new())
    }

    fn frontier(&self, _: CommunityId, space: SpaceId) -> Result<Frontier, Unavailable> {
        let mut tips: BTreeMap<Chain, Vec<Tip>> = BTreeMap::new();
        for (last, _, _) in self.lines.iter().filter_map(|line| line.last()) {
            let header = last.header();
            if header.space == space {
                let tip = Tip { seq: header.seq, id: last.id(), missing: Vec::new() };
                tips.entry(header.chain()).or_default().push(tip);
            }
        }
        let mut frontier = Frontier::new();
        tips.into_iter().for_each(|(chain, tips)| frontier.set(chain, tips));
        Ok(frontier)
    }

    fn recall(&self, _: CommunityId, _: DeviceId, _: SpaceId) -> Result<Option<Frontier>, Unavailable> {
        Ok(None)
    }

    fn remember(&mut self, _: CommunityId, _: DeviceId, _: SpaceId, _: &Frontier) -> Result<(), Unavailable> {
        Ok(())
    }

    fn holds(&self, _: CommunityId, chain: &Chain, seq: u64, id: EntryId) -> Result<bool, Unavailable> {
        let here = |line: &Line| {
            at(line, seq).is_some_and(|(entry, _, _)| entry.id() == id && entry.header().chain() == *chain)
        };
        Ok(self.lines.iter().any(here))
    }

    fn id_at(&self, _: CommunityId, chain: &Chain, tip: EntryId, seq: u64) -> Result<Option<EntryId>, Unavailable> {
        Ok(self.line(chain, tip).and_then(|line| at(line, seq)).map(|(entry, _, _)| entry.id()))
    }

    fn branch(
        &self,
        _: CommunityId,
        chain: &Chain,
        tip: EntryId,
        after: u64,
        most: usize,
    ) -> Result<Vec<Held>, Unavailable> {
        let Some(line) = self.line(chain, tip) else { return Ok(Vec::new()) };
        let before = after.saturating_sub(line.first().map_or(0, |(first, _, _)| first.header().seq - 1));
        let skip = usize::try_from(before).unwrap_or(usize::MAX);
        let signed = |signature: Signature| (signature != UNSIGNED).then_some(signature);
        let held = |(entry, signature, _): &Written| Held { entry: entry.clone(), signature: signed(*signature) };
        Ok(line.iter().skip(skip).take(most).map(held).collect())
    }

    fn payload(&self, _: CommunityId, id: EntryId) -> Result<Option<Payload>, Unavailable> {
        Ok(self.payloads.get(&id).cloned())
    }

    fn accept_run(&mut self, _: CommunityId, _: Portion) -> Result<Accepted, Unavailable> {
        Ok(Accepted::Held { new: 0 })
    }

    fn accept_payloads(
        &mut self,
        _: CommunityId,
        payloads: Vec<(EntryId, Payload)>,
    ) -> Result<Vec<AcceptedPayload>, Unavailable> {
        Ok(vec![AcceptedPayload::Held { new: false }; payloads.len()])
    }

    fn wanted(
        &self,
        _: CommunityId,
        _: SpaceId,
        _: Option<&Missing>,
        _: Room,
        _: &mut dyn FnMut(&Missing) -> Result<bool, Unavailable>,
    ) -> Result<Wanted, Unavailable> {
        Ok(Wanted::default())
    }
}
