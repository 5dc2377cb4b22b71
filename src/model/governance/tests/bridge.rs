//! Both evaluators on the same cases: what the naive one says of its small acts, and what this one says of entries that
//! do the same.
//!
//! An admission of the naive one stands for three entries here: invitation, admission and seat.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::naive_rule::{self as naive, Case, Fate, random};
use super::*;
use crate::model::governance::act::{Admission, Cosigned, Deed, DeviceAdd, Found, Invite, NewKey};
use crate::model::id::Incarnation;
use crate::model::sign::Signing;
use crate::model::verdict::Breach;

const COMMUNITY_KEY: DeviceId = DeviceId([0xfe; 32]);

fn device(number: u8) -> DeviceId {
    DeviceId([number + 1; 32])
}

fn recovery(person: u8) -> DeviceId {
    DeviceId([0xe0 + person; 32])
}

/// Ids of people stand in the order of their numbers.
fn member(person: u8) -> MemberId {
    let mut id = [0; 32];
    id[0] = person;
    MemberId(id)
}

fn role(role: naive::Role) -> Role {
    match role {
        naive::Role::Founder => Role::Founder,
        naive::Role::Animator => Role::Animator,
        naive::Role::Expert => Role::Expert,
        naive::Role::Member => Role::Member,
        naive::Role::Observer => Role::Observer,
        naive::Role::Relay => Role::Relay,
    }
}

/// A naive act's id, with something to tell several entries apart.
fn derived(id: naive::Id, what: u8) -> EntryId {
    let mut id = id;
    id[31] ^= what;
    id[30] ^= 0x55;
    EntryId(id)
}

/// Entries that do what the acts of a case do.
pub(super) struct Bridge {
    pub(super) governance: Governance,
    /// All entries, causes first.
    pub(super) acts: Vec<Act>,
    /// By naive act: the first and the last of its entries.
    ends: BTreeMap<naive::Id, (EntryId, EntryId)>,
}

impl Bridge {
    pub(super) fn new(case: &Case) -> Bridge {
        let founding = &case.acts[0];
        let found = Found {
            agreement: [1; 32],
            commons: SpaceId([1; 16]),
            vitrine: SpaceId([2; 16]),
            keys: [1, 2].map(|_| NewKey { commitment: [0; 32], copies: Vec::new(), wrapped: Vec::new() }),
            secret_commitment: [0; 32],
            community_recovery: Some(COMMUNITY_KEY),
            recovery: Some(recovery(0)),
        };
        let id = EntryId(member(0).0);
        let act = bare(founding, id, None, Vec::new(), Deed::Found(Arc::new(found)));
        let governance = Governance::new(act.clone()).expect("a founding");
        let mut bridge = Bridge { governance, acts: vec![act], ends: BTreeMap::from([(founding.id, (id, id))]) };
        case.acts[1..].iter().for_each(|act| bridge.push(act));
        bridge
    }

    /// Writes what does the same as a naive act.
    pub(super) fn push(&mut self, act: &naive::Act) {
        let last = |id: &naive::Id| self.ends[id].1;
        let prev = act.prev.as_ref().map(last);
        let mut past: Vec<EntryId> = act.deps.iter().map(last).chain(prev).collect();
        past.sort_unstable();
        past.dedup();
        let naive::Deed::Admit { device: new, role: given } = &act.deed else {
            let (deed, cosigned) = self.deed(act, &past);
            let id = EntryId(act.id);
            self.insert(Act { cosigned, ..bare(act, id, prev, past, deed) });
            self.ends.insert(act.id, (id, id));
            return;
        };
        let key = Signing::from_seed(&act.id);
        let invite = Invite {
            signing: key.public(),
            agreement: [0; 32],
            role: role(*given),
            uses: 1,
            expires: LATE,
            confirm: false,
            keys: Vec::new(),
        };
        let invitation = derived(act.id, 1);
        self.insert(bare(act, invitation, prev, past, Deed::Invite(Arc::new(invite))));
        let entered = EntryId::from(member(*new / naive::DEVICES));
        let proof = AdmissionProof {
            community: self.governance.community(),
            invitation,
            device: device(*new),
            agreement: [2; 32],
        };
        let admission = Admission {
            invitation,
            agreement: proof.agreement,
            signature: key.admission(&proof),
            recovery: Some(recovery(*new / naive::DEVICES)),
        };
        let newcomer =
            Act { device: device(*new), ..bare(act, entered, None, vec![invitation], Deed::Admission(admission)) };
        self.insert(newcomer);
        let seat = Deed::Seat { invitation, admissions: BTreeSet::from([entered]) };
        let seated = derived(act.id, 2);
        self.insert(bare(act, seated, Some(invitation), vec![entered, invitation], seat));
        self.ends.insert(act.id, (invitation, seated));
    }

    fn insert(&mut self, mut act: Act) {
        act.community = self.governance.community();
        assert_eq!(self.governance.insert(act.clone()), [act.id]);
        self.acts.push(act);
    }

    fn deed(&self, act: &naive::Act, past: &[EntryId]) -> (Deed, Option<Cosigned>) {
        let cut = || Arc::new(Cut::default());
        let signed = |people: &BTreeSet<u8>, more: &[DeviceId]| {
            let keys =
                people.iter().flat_map(|person| (0..naive::DEVICES).map(move |own| person * naive::DEVICES + own));
            let keys = keys.map(device).chain(more.iter().copied()).collect();
            let mut nonce = [0; 16];
            nonce.copy_from_slice(&act.id[..16]);
            Some(Cosigned { nonce, keys })
        };
        let printed = |used: &bool| if *used { vec![COMMUNITY_KEY] } else { Vec::new() };
        match &act.deed {
            naive::Deed::Found | naive::Deed::Admit { .. } => unreachable!("not one entry"),
            naive::Deed::Grant { person, role: given, .. } => {
                let lower = self.role_at(past, *person).is_some_and(|before| role(*given) > before);
                let cut = lower.then(cut);
                (Deed::Grant { member: member(*person), role: role(*given), topics: BTreeSet::new(), cut }, None)
            }
            naive::Deed::Resign => (Deed::Resign { role: Role::Member }, None),
            naive::Deed::Leave => (Deed::Leave, None),
            naive::Deed::Revoke { person, signers, .. } => {
                (Deed::Revoke { member: member(*person), cut: cut() }, signed(signers, &[]))
            }
            naive::Deed::DeviceAdd { device: new } => {
                let add = DeviceAdd {
                    member: member(*new / naive::DEVICES),
                    device: device(*new),
                    agreement: [3; 32],
                    signer: device(*new),
                    keys: Vec::new(),
                };
                (Deed::DeviceAdd(Arc::new(add)), None)
            }
            naive::Deed::DeviceDrop { device: gone, recovery_key, .. } => {
                let person = *gone / naive::DEVICES;
                let key = recovery_key.then(|| recovery(person));
                let deed = Deed::DeviceDrop { member: member(person), device: device(*gone), cut: cut() };
                (deed, key.and_then(|key| signed(&BTreeSet::new(), &[key])))
            }
            naive::Deed::Checkpoint { signers } => (Deed::Checkpoint, signed(signers, &[])),
            naive::Deed::Recover { animators, signers, printed_key } => {
                let animators = animators.iter().map(|&person| member(person)).collect();
                (Deed::Recover { animators }, signed(signers, &printed(printed_key)))
            }
            naive::Deed::Veto { of } => (Deed::Veto { recover: EntryId(*of) }, None),
            naive::Deed::Confirm { of, signers, printed_key } => {
                (Deed::Confirm { recover: EntryId(*of) }, signed(signers, &printed(printed_key)))
            }
            naive::Deed::Close => (Deed::End, None),
            naive::Deed::Join => (Deed::Join, None),
        }
    }

    fn role_at(&self, past: &[EntryId], person: u8) -> Option<Role> {
        let log = self.governance.log();
        let at = log.entrance(member(person))?;
        let set = log.closure(past)?;
        Some(view::View::new(log, &set)).filter(|view| view.live(at)).map(|view| view.role(at))
    }

    /// Tells whether all entries of a naive act count.
    pub(super) fn counts(&self, id: naive::Id) -> bool {
        let (first, last) = self.ends[&id];
        let counts = |id| self.governance.verdict(id) == Some(Verdict::Counted);
        assert_eq!(counts(first), counts(last), "one act, one fate");
        counts(first)
    }
}

fn bare(act: &naive::Act, id: EntryId, prev: Option<EntryId>, past: Vec<EntryId>, deed: Deed) -> Act {
    Act {
        id,
        community: CommunityId(member(0).0),
        device: device(act.device),
        incarnation: Incarnation([act.incarnation; 16]),
        seq: 1,
        prev,
        past,
        time: Timestamp(0),
        deed,
        cosigned: None,
    }
}

/// Draws a case in which nobody is admitted twice.
pub(super) fn case(seed: u64, acts: usize) -> Case {
    let mut case = random::case(seed, acts);
    let mut admitted = BTreeSet::from([0]);
    for act in &mut case.acts {
        let again = matches!(act.deed, naive::Deed::Admit { device, .. } if !admitted.insert(device / naive::DEVICES));
        if again {
            act.deed = naive::Deed::Join;
        }
    }
    case
}

/// Says where both differ.
pub(super) fn difference(case: &Case, bridge: &Bridge) -> Option<String> {
    let verdicts = naive::evaluate(case);
    for act in &case.acts {
        let fate = verdicts.fates[&act.id];
        if (fate == Fate::Valid) != bridge.counts(act.id) {
            let (first, _) = bridge.ends[&act.id];
            return Some(format!(
                "{act:?}: {fate:?}, here {:?} {:?}",
                bridge.governance.verdict(first),
                bridge.governance.reason(first)
            ));
        }
    }
    let state = bridge.governance.state();
    if verdicts.closed != state.ended.is_some() {
        return Some("one has ended, the other not".into());
    }
    let theirs: BTreeMap<MemberId, (Role, BTreeSet<DeviceId>)> = verdicts
        .people
        .iter()
        .map(|(&person, standing)| {
            (member(person), (role(standing.role), standing.devices.keys().map(|&own| device(own)).collect()))
        })
        .collect();
    let ours: BTreeMap<MemberId, (Role, BTreeSet<DeviceId>)> = state
        .members
        .iter()
        .filter(|(_, member)| member.status == Status::Active)
        .map(|(&id, member)| {
            let devices = member.devices.iter().filter(|device| device.dropped.is_none());
            (id, (member.role, devices.map(|device| device.id).collect()))
        })
        .collect();
    (theirs != ours).then(|| format!("people: naive {theirs:?}, here {ours:?}"))
}

/// How many cases: `REPERTOIRE_CASES` for the long form.
fn cases(short: u64) -> u64 {
    std::env::var("REPERTOIRE_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(short)
}

/// The long form, about a million cases an hour: `REPERTOIRE_CASES=1000000 cargo test --release --lib both_agree`; another
/// stretch of cases with `REPERTOIRE_SEED=1000000`.
#[test]
fn both_agree_on_random_cases() {
    let from: u64 = std::env::var("REPERTOIRE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_default();
    let mut different = 0;
    for seed in from..from + cases(400) {
        let case = case(seed, 8 + (seed % 9) as usize);
        let bridge = Bridge::new(&case);
        if let Some(difference) = difference(&case, &bridge) {
            different += 1;
            if different <= 5 {
                eprintln!("seed {seed}: {difference}");
            }
        }
    }
    assert_eq!(different, 0);
}

/// Every reason for which a candidate loses occurs, and is told.
#[test]
fn reasons_are_told() {
    let mut seen = HashMap::new();
    for seed in 0..400 {
        let bridge = Bridge::new(&case(seed, 14));
        for (id, verdict) in bridge.governance.verdicts() {
            let reason = bridge.governance.reason(id);
            assert_eq!(reason.is_some(), matches!(verdict, Verdict::Void(_)), "{verdict:?} {reason:?}");
            if verdict == Verdict::Void(Breach::Lost) {
                *seen.entry(std::mem::discriminant(&reason.expect("void"))).or_insert(0) += 1;
            }
        }
    }
    assert!(seen.len() >= 5, "{seen:?}");
}
