//! Tests of governance: a small world of people who write acts, and what they amount to.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::id::{DeviceId, EpochId, MemberId, SpaceId, Timestamp};
use crate::model::seal::SpaceKey;
use crate::model::sign::AdmissionProof;
use crate::model::testing::{Person, Seeded};
use crate::wire::entry::GovernanceShape;

mod acts;
mod bridge;
mod entering;
mod exhaustive;
mod file;
mod laws;
mod mutants;
mod naive;
mod naive_rule;
mod order;
mod peace;
mod rights;

const SECRET: [u8; 32] = [7; 32];
const LATE: Timestamp = Timestamp(1_000_000);

/// A community, its people (the founder is 0) and all acts so far in the order of writing.
struct World {
    people: Vec<Person>,
    community: CommunityId,
    acts: Vec<Act>,
    keys: Vec<(SpaceId, EpochId, SpaceKey)>,
    time: i64,
    secrets: u8,
}

impl World {
    fn new(people: u64) -> World {
        let mut people: Vec<Person> = (0..people).map(|seed| Person::new(seed + 100)).collect();
        let founding = found(&people[0].agreement.public(), &SECRET, Recoveries::default(), &mut Seeded::new(1));
        let act = people[0].act(None, &[], Timestamp(0), &founding.shape);
        let keys = [founding.commons, founding.vitrine].map(|(space, key)| (space, EpochId::of(act.id), key));
        World { people, community: act.community, acts: vec![act], keys: keys.into(), time: 0, secrets: 0 }
    }

    fn root(&self) -> EntryId {
        self.acts[0].id
    }

    /// Writes an act after these heads.
    fn act(&mut self, person: usize, heads: &[EntryId], shape: &GovernanceShape) -> EntryId {
        self.time += 1;
        let act = self.people[person].act(Some(self.community), heads, Timestamp(self.time), shape);
        let id = act.id;
        self.acts.push(act);
        id
    }

    /// Invites, and returns the invitation with its one-time secret.
    fn invite(&mut self, person: usize, heads: &[EntryId], role: Role, uses: u32) -> (EntryId, [u8; 32]) {
        self.invite_on(person, heads, InviteTerms { role, uses, expires: LATE, confirm: false })
    }

    fn invite_on(&mut self, person: usize, heads: &[EntryId], terms: InviteTerms) -> (EntryId, [u8; 32]) {
        self.secrets += 1;
        let secret = [self.secrets; 32];
        let shape = invite(&terms, &secret, &self.keys, &mut Seeded::new(self.secrets.into()));
        (self.act(person, heads, &shape), secret)
    }

    fn proof(&self, person: usize, invitation: EntryId) -> AdmissionProof {
        AdmissionProof {
            community: self.community,
            invitation,
            device: self.people[person].device(),
            agreement: self.people[person].agreement.public(),
        }
    }

    fn enter(&mut self, person: usize, heads: &[EntryId], (invitation, secret): (EntryId, [u8; 32])) -> EntryId {
        let shape = admission(&self.proof(person, invitation), None, &secret);
        self.act(person, heads, &shape)
    }

    /// Invites a person and gives them a seat; returns the seat.
    fn settle(&mut self, person: usize, heads: &[EntryId], role: Role) -> EntryId {
        let invitation = self.invite(0, heads, role, 1);
        let entered = self.enter(person, &[invitation.0], invitation);
        self.act(0, &[entered], &seat(invitation.0, &[entered]))
    }

    fn governance(&self) -> Governance {
        gather(&self.acts)
    }

    fn device(&self, person: usize) -> DeviceId {
        self.people[person].device()
    }
}

/// Founds with the first act and inserts the others.
fn gather(acts: &[Act]) -> Governance {
    let mut governance = Governance::new(acts[0].clone()).expect("the first act founds");
    for act in &acts[1..] {
        governance.insert(act.clone());
    }
    governance
}

fn status(governance: &Governance, admission: EntryId) -> (Status, bool) {
    let member = &governance.state().members[&MemberId::from(admission)];
    (member.status, member.seated)
}

const COUNTS: (Status, bool) = (Status::Active, false);
const SEATED: (Status, bool) = (Status::Active, true);
const WAITS: (Status, bool) = (Status::Pending, false);
