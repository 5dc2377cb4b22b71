//! What the rule costs: two thousand acts of two hundred people, with duels, judged and evaluated.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use repertoire::model::governance::{
    Act, Cut, Governance, InviteTerms, Recoveries, Role, admission, found, grant, invite, join, leave, revoke, rotate,
    seat,
};
use repertoire::model::header::Header;
use repertoire::model::seal::{Agreement, SpaceKey};
use repertoire::model::sign::{AdmissionProof, Signing};
use repertoire::model::{
    CommunityId, Entry, EntryId, EpochId, Incarnation, Kind, MemberId, Plain, Random, SpaceId, Timestamp,
};
use repertoire::node::env::Env;
use repertoire::wire::Message;
use repertoire::wire::entry::GovernanceShape;

use super::Failure;
use super::table::{Table, time};

const ACTS: usize = 2_000;
const PEOPLE: usize = 200;
/// The first so many are animators.
const ANIMATORS: usize = 12;
/// How often everything is measured; the middle one is told.
const TIMES: usize = 7;
const SECRET: [u8; 32] = [9; 32];

struct Person {
    signing: Signing,
    agreement: Agreement,
    member: MemberId,
    /// Its last entry: place and id.
    last: (u64, EntryId),
}

struct World {
    env: Env,
    community: Option<CommunityId>,
    commons: SpaceId,
    people: Vec<Person>,
    acts: Vec<Act>,
}

impl World {
    fn person(&mut self) -> Person {
        let mut seeds = [[0; 32]; 2];
        seeds.iter_mut().for_each(|seed| self.env.fill(seed));
        Person {
            signing: Signing::from_seed(&seeds[0]),
            agreement: Agreement::from_seed(&seeds[1]),
            member: MemberId::ZERO,
            last: (0, EntryId::ZERO),
        }
    }

    fn below(&mut self, most: usize) -> usize {
        let mut bytes = [0; 8];
        self.env.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % most as u64).unwrap_or(0)
    }

    /// Writes an act of one person after all but the last few.
    fn act(&mut self, at: usize, behind: usize, shape: &GovernanceShape) -> Result<EntryId, Failure> {
        let seen = self.acts.len().saturating_sub(1 + behind);
        let deps: Vec<EntryId> = self.acts.get(seen).map(|act| act.id).into_iter().collect();
        let person = &mut self.people[at];
        let mut header = Header {
            community: self.community,
            space: SpaceId::GOVERNANCE,
            device: person.signing.public(),
            incarnation: Incarnation([1; 16]),
            seq: person.last.0 + 1,
            prev: person.last.1,
            gov: Vec::new(),
            time: Timestamp(0),
            kind: Kind::Governance,
            document: None,
            deps,
            epoch: EpochId::CLEAR,
            dictionary: 0,
            shape_bytes: 0,
            content_bytes: 0,
            root: [0; 32],
        };
        Plain { shape: shape.encode_to_vec(), content: Vec::new() }.store(&mut header, None, &mut self.env)?;
        let (entry, _) = Entry::sign(header, &person.signing);
        person.last = (entry.header().seq, entry.id());
        self.acts.push(Act::new(&entry, shape));
        Ok(entry.id())
    }

    fn grown() -> Result<World, Failure> {
        let env = Env::seeded(1, Timestamp(0));
        let (people, acts) = (Vec::new(), Vec::new());
        let mut world = World { env, community: None, commons: SpaceId::ZERO, people, acts };
        let mut founder = world.person();
        let founding = found(&founder.agreement.public(), &[7; 32], Recoveries::default(), &mut world.env);
        world.commons = founding.commons.0;
        founder.member = MemberId::ZERO;
        world.people.push(founder);
        let id = world.act(0, 0, &founding.shape)?;
        let community = CommunityId::from(id);
        (world.community, world.people[0].member) = (Some(community), id.into());
        for (role, count) in [(Role::Animator, ANIMATORS), (Role::Member, PEOPLE - ANIMATORS)] {
            let terms = InviteTerms { role, uses: u32::try_from(count)?, expires: Timestamp(1), confirm: false };
            let shape = invite(&terms, &SECRET, &[], &mut world.env);
            let invitation = world.act(0, 0, &shape)?;
            for _ in 0..count {
                let person = world.person();
                let (device, agreement) = (person.signing.public(), person.agreement.public());
                let shape = admission(&AdmissionProof { community, invitation, device, agreement }, None, &SECRET);
                world.people.push(person);
                let at = world.people.len() - 1;
                let entry = world.act(at, 0, &shape)?;
                world.people[at].member = entry.into();
                world.act(0, 0, &seat(invitation, &[entry]))?;
            }
        }
        while world.acts.len() < ACTS {
            world.deed()?;
        }
        Ok(world)
    }

    /// One act like those that a community writes in years, mostly after all others, at times without the last few.
    fn deed(&mut self) -> Result<(), Failure> {
        let (at, other) = (self.below(PEOPLE), 1 + self.below(PEOPLE - 1));
        let animator = self.below(ANIMATORS);
        let behind = if self.below(4) == 0 { self.below(6) } else { 0 };
        let member = self.people[other].member;
        let shape = match self.below(20) {
            0 => revoke(member, &Cut::default()),
            1 => grant(member, Role::Animator, &BTreeSet::new(), None),
            2 => grant(member, Role::Member, &BTreeSet::new(), Some(&Cut::default())),
            3 if self.below(4) == 0 => leave(),
            4..6 => {
                let (key, commons) = (SpaceKey::generate(&mut self.env), self.commons);
                let to: Vec<[u8; 32]> = self.people.iter().map(|person| person.agreement.public()).take(20).collect();
                rotate(commons, &key, &to, &[], &mut self.env)
            }
            _ => join(),
        };
        let by = if shape == join() { at } else { animator };
        self.act(by, behind, &shape).map(drop)
    }
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let acts = World::grown()?.acts;
    let (mut whole, mut again) = (Vec::new(), Vec::new());
    let mut void = 0;
    for _ in 0..TIMES {
        let (last, before) = acts.split_last().ok_or("acts")?;
        let begun = Instant::now();
        let (first, others) = before.split_first().ok_or("acts")?;
        let mut governance = Governance::new(first.clone())?;
        others.iter().for_each(|act| drop(governance.insert(act.clone())));
        std::hint::black_box(governance.state());
        whole.push(begun.elapsed());
        let begun = Instant::now();
        governance.insert(last.clone());
        std::hint::black_box(governance.state());
        again.push(begun.elapsed());
        let counted = |(_, verdict): &(EntryId, _)| *verdict == repertoire::model::Verdict::Counted;
        void = acts.len() - governance.verdicts().iter().filter(|act| counted(act)).count();
    }
    let text = format!("{} ({void} of them void); {} once more", time(middle(whole)), time(middle(again)));
    table.add("2,000 acts of governance, judged and evaluated", text, "≤ 100 ms");
    Ok(())
}
