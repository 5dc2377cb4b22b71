//! Keys of spaces: who was given which, and what they open.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::act::{Admit, CircleAdd, CircleCreate, Deed, DeviceAdd, GivenKey, NewKey, Rotate};
use super::state::{Member, State};
use crate::model::id::{EntryId, EpochId, MemberId, SpaceId};
use crate::model::seal::{Agreement, SealError, SpaceKey};
use crate::wire::entry::{KeyCopy, WrappedKey};

/// A key sealed to somebody, with what is needed to open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCopy {
    /// The space.
    pub space: SpaceId,
    /// The key's name.
    pub epoch: EpochId,
    /// The epoch that the copy is bound to: zero where the act that holds it made the key.
    pub bound: EpochId,
    /// The copy.
    pub copy: KeyCopy,
}

/// An act that holds keys, beside foundings and invitations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Rotate(Arc<Rotate>),
    Circle(Arc<CircleCreate>),
    Added(Arc<CircleAdd>),
    Device(Arc<DeviceAdd>),
    Admit(Arc<Admit>),
}

impl Source {
    pub(super) fn of(deed: &Deed) -> Option<Source> {
        Some(match deed {
            Deed::Rotate(rotate) => Source::Rotate(Arc::clone(rotate)),
            Deed::CircleCreate(create) => Source::Circle(Arc::clone(create)),
            Deed::CircleAdd(add) => Source::Added(Arc::clone(add)),
            Deed::DeviceAdd(add) => Source::Device(Arc::clone(add)),
            Deed::Admit(admit) => Source::Admit(Arc::clone(admit)),
            _ => return None,
        })
    }

    /// Returns the key that it makes.
    fn new_key(&self) -> Option<(SpaceId, &NewKey)> {
        match self {
            Source::Rotate(rotate) => Some((rotate.space, &rotate.key)),
            Source::Circle(create) => Some((create.space, &create.key)),
            _ => None,
        }
    }

    /// Returns the keys of others that it gives.
    fn given(&self) -> &[GivenKey] {
        match self {
            Source::Added(add) => &add.keys,
            Source::Device(add) => &add.keys,
            Source::Admit(admit) => &admit.keys,
            _ => &[],
        }
    }
}

impl State {
    /// Returns the public commitment to a key.
    pub fn commitment(&self, space: SpaceId, epoch: EpochId) -> Option<[u8; 32]> {
        Some(self.spaces.get(&space)?.epochs.get(&epoch)?.commitment)
    }

    /// Returns the key copies that were sealed to an X25519 public key: at the founding, in invitations, and since.
    pub fn copies_for(&self, to: &[u8; 32]) -> Vec<HeldCopy> {
        let mut copies = Vec::new();
        let made = |space, by, key: &NewKey, copies: &mut Vec<HeldCopy>| {
            let epoch = EpochId::of(by);
            let own = key.copies.iter().filter(|copy| copy.to == to);
            copies.extend(own.map(|copy| HeldCopy { space, epoch, bound: EpochId::ZERO, copy: copy.clone() }));
        };
        if let Some(found) = &self.founding {
            for (key, space) in found.keys.iter().zip([found.commons, found.vitrine]) {
                made(space, self.community.into(), key, &mut copies);
            }
        }
        for invitation in self.invitations.values() {
            copies.extend(own(&invitation.wire.keys, to));
        }
        for (&by, source) in &self.sources {
            if let Some((space, key)) = source.new_key() {
                made(space, by, key, &mut copies);
            }
            copies.extend(own(source.given(), to));
        }
        copies
    }

    /// Lists the X25519 public keys of those who read a space, or will by an open invitation, and to whom nobody sealed
    /// this key of it: a removal that fell had left them out, or they came in by an older key at the same time.
    pub fn unserved(&self, space: SpaceId, epoch: EpochId) -> Vec<[u8; 32]> {
        let mut served: BTreeSet<&[u8]> = BTreeSet::new();
        if let Some(found) = self.founding.as_ref().filter(|_| epoch == EpochId::of(self.community.into())) {
            let spaces = [found.commons, found.vitrine];
            let key = found.keys.iter().zip(spaces).find(|(_, of)| *of == space);
            served.extend(key.into_iter().flat_map(|(key, _)| &key.copies).map(|copy| copy.to.as_slice()));
        }
        for (&by, source) in &self.sources {
            if let Some((of, key)) = source.new_key().filter(|_| EpochId::of(by) == epoch)
                && of == space
            {
                served.extend(key.copies.iter().map(|copy| copy.to.as_slice()));
            }
        }
        let given = self.sources.values().map(Source::given);
        let invited = self.invitations.values().map(|invitation| invitation.wire.keys.as_slice());
        for (of, other, copy) in given.chain(invited).flatten() {
            if (*of, *other) == (space, epoch) {
                served.insert(&copy.to);
            }
        }
        let through = |agreement: &[u8; 32]| {
            let came = |id: &MemberId, member: &Member| {
                let first =
                    member.devices.iter().any(|device| device.by == (*id).into() && device.agreement == *agreement);
                let door = member.invitation.and_then(|id| self.invitations.get(&id));
                first && door.is_some_and(|door| served.contains(door.agreement.as_slice()))
            };
            self.members.iter().any(|(id, member)| came(id, member))
        };
        let mut all = self.recipients(space);
        all.retain(|agreement| !served.contains(agreement.as_slice()) && !through(agreement));
        all
    }

    /// Returns the key copies that an invitation holds.
    pub(super) fn invitation_copies(&self, invitation: EntryId) -> Vec<HeldCopy> {
        let invitation = self.invitations.get(&invitation);
        invitation.map_or_else(Vec::new, |invitation| own(&invitation.wire.keys, &invitation.agreement).collect())
    }

    /// Opens the keys that were sealed to a secret and those under them, and keeps those that are what the community
    /// agreed on.
    pub fn keys_for(&self, secret: &Agreement) -> Vec<(SpaceId, EpochId, SpaceKey)> {
        let copies = self.copies_for(&secret.public());
        let mut keys: Vec<(SpaceId, EpochId, SpaceKey)> = Vec::new();
        for held in &copies {
            let known = keys.iter().any(|(space, epoch, _)| (*space, *epoch) == (held.space, held.epoch));
            if let Some(key) = Some(held).filter(|_| !known).and_then(|held| self.open(held, secret).ok()) {
                keys.push((held.space, held.epoch, key));
            }
        }
        self.with_earlier(keys)
    }

    /// Adds the earlier keys that these open.
    pub fn with_earlier(&self, mut keys: Vec<(SpaceId, EpochId, SpaceKey)>) -> Vec<(SpaceId, EpochId, SpaceKey)> {
        let mut next = 0;
        while let Some((space, epoch, key)) = keys.get(next).cloned() {
            next += 1;
            for wrapped in self.wrapped(space, epoch) {
                let Some(earlier) = EpochId::from_slice(&wrapped.epoch) else { continue };
                if keys.iter().any(|(other, known, _)| (*other, *known) == (space, earlier)) {
                    continue;
                }
                if let Some(opened) =
                    key.unwrap_key(space, wrapped).ok().filter(|opened| self.agrees(space, earlier, opened))
                {
                    keys.push((space, earlier, opened));
                }
            }
        }
        keys
    }

    fn wrapped(&self, space: SpaceId, epoch: EpochId) -> &[WrappedKey] {
        let by: Option<EntryId> =
            self.spaces.get(&space).and_then(|space| space.epochs.get(&epoch)).map(|epoch| epoch.by);
        let key = by.and_then(|by| self.sources.get(&by)).and_then(Source::new_key);
        key.map_or(&[], |(_, key)| &key.wrapped)
    }

    fn agrees(&self, space: SpaceId, epoch: EpochId, key: &SpaceKey) -> bool {
        self.commitment(space, epoch) == Some(key.commitment(space))
    }

    /// Opens one copy.
    ///
    /// # Errors
    ///
    /// When it was sealed to another secret, is damaged, or holds another key than the epoch's.
    pub fn open(&self, held: &HeldCopy, secret: &Agreement) -> Result<SpaceKey, SealError> {
        let key = secret.open_copy(held.space, held.bound, &held.copy)?;
        if self.agrees(held.space, held.epoch, &key) { Ok(key) } else { Err(SealError) }
    }
}

/// Returns the keys that were given to an X25519 public key.
fn own<'a>(keys: &'a [GivenKey], to: &'a [u8; 32]) -> impl Iterator<Item = HeldCopy> + 'a {
    let own = keys.iter().filter(move |(_, _, copy)| copy.to == to);
    own.map(|(space, epoch, copy)| HeldCopy { space: *space, epoch: *epoch, bound: *epoch, copy: copy.clone() })
}
