//! Small communities in trouble, drawn from a seed: partial views, forks, back-dating, cuts that lack something.

use super::*;
use crate::model::testing::Seeded;

/// Draws a case: a founder, two to four admitted (mostly animators), then up to `acts` acts in all.
pub(in super::super) fn case(seed: u64, acts: usize) -> Case {
    let mut draw = Draw { random: Seeded::new(seed), people: 0, case: Case::default() };
    draw.people = 3 + draw.below(3) as u8;
    draw.push(0, None, BTreeSet::new(), Deed::Found);
    for person in 1..draw.people - draw.below(2) as u8 {
        let role =
            draw.role(&[Role::Animator, Role::Animator, Role::Animator, Role::Member, Role::Member, Role::Founder]);
        let newest = draw.case.acts.last().map(|act| act.id);
        draw.push(0, newest, newest.into_iter().collect(), Deed::Admit { device: person * DEVICES, role });
    }
    let start = draw.case.acts.len();
    match draw.below(4) {
        0 => draw.ring(),
        1 => draw.borrowed_right(),
        _ => (),
    }
    while draw.case.acts.len() < acts {
        draw.step(start);
    }
    draw.case
}

struct Draw {
    random: Seeded,
    people: u8,
    case: Case,
}

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.random.below(end)
    }

    fn chance(&mut self, of_ten: usize) -> bool {
        self.below(10) < of_ten
    }

    fn role(&mut self, roles: &[Role]) -> Role {
        roles[self.below(roles.len())]
    }

    fn person(&mut self) -> u8 {
        self.below(self.people.into()) as u8
    }

    fn push(&mut self, device: u8, prev: Option<Id>, deps: BTreeSet<Id>, deed: Deed) {
        let id = self.random.array();
        let incarnation = match prev.and_then(|prev| self.case.acts.iter().find(|act| act.id == prev)) {
            Some(prev) => prev.incarnation,
            None => self.case.acts.iter().filter(|act| act.device == device && act.prev.is_none()).count() as u8,
        };
        self.case.acts.push(Act { id, device, incarnation, prev, deps, deed });
    }

    /// Three people remove each other in a circle.
    fn ring(&mut self) {
        let base = self.case.acts.last().map(|act| act.id);
        for person in 0..3 {
            let signers = self.signers(1);
            let deed = Deed::Revoke { person: (person + 1) % 3, cut: Cut::new(), signers };
            let own = base.filter(|_| person == 0);
            self.push(person * DEVICES, own, base.into_iter().collect(), deed);
        }
    }

    /// Somebody names an animator who uses it, while the one who named is removed.
    fn borrowed_right(&mut self) {
        let base = self.case.acts.last().map(|act| act.id);
        let (from, to) = (1, 2 + self.below(2) as u8);
        let grant = Deed::Grant { person: to, role: Role::Animator, cut: Cut::new() };
        self.push(from * DEVICES, None, base.into_iter().collect(), grant);
        let granted = self.case.acts.last().map(|act| act.id);
        let person = self.person();
        let revoke = |person, signers| Deed::Revoke { person, cut: Cut::new(), signers };
        let signers = self.signers(3);
        self.push(to * DEVICES, None, granted.into_iter().collect(), revoke(person, signers));
        let signers = self.signers(1);
        self.push(0, base, base.into_iter().collect(), revoke(from, signers));
    }

    /// All that these acts stand upon, themselves included.
    fn closure(&self, heads: &BTreeSet<Id>) -> BTreeSet<Id> {
        let mut past = heads.clone();
        for act in self.case.acts.iter().rev() {
            if past.contains(&act.id) {
                past.extend(act.prev.iter().chain(&act.deps));
            }
        }
        past
    }

    /// Somebody who is there, or was, writes something after something, at times twice after the same.
    fn step(&mut self, start: usize) {
        let back_dated = self.chance(4);
        let end = self.case.acts.len();
        let mut deps = BTreeSet::new();
        for _ in 0..1 + self.below(2) {
            let newest = if self.chance(5) { end - 1 } else { start - 1 + self.below(end + 1 - start) };
            deps.insert(self.case.acts[if back_dated { start - 1 } else { newest }].id);
        }
        let past = self.closure(&deps);
        let seen: Vec<&Act> = self.case.acts.iter().filter(|act| past.contains(&act.id)).collect();
        // Whom the newest act in sight is about often writes next.
        let newest = match seen.last().map(|act| &act.deed) {
            Some(Deed::Admit { device, .. } | Deed::DeviceAdd { device }) => Some(*device),
            Some(Deed::Grant { person, .. }) => Some(person * DEVICES),
            _ => None,
        };
        let brings = |act: &&Act| match act.deed {
            Deed::Found => Some(0),
            Deed::Admit { device, .. } | Deed::DeviceAdd { device } => Some(device),
            _ => None,
        };
        let present: Vec<u8> = seen.iter().filter_map(brings).collect();
        let device = newest.filter(|_| self.chance(8)).unwrap_or_else(|| present[self.below(present.len())]);
        let person = owner(device);
        let own = self.case.acts.iter().rfind(|act| act.device == device).map(|act| act.id);
        if !back_dated && self.chance(7) {
            deps.extend(own);
        }
        let past = self.closure(&deps);
        // The chain goes on from the newest own act in the past: a fork where another one followed it already.
        let prev = self.case.acts.iter().rfind(|act| act.device == device && past.contains(&act.id)).map(|act| act.id);
        let prev = if self.chance(9) { prev } else { None };
        let deed = self.deed(person, &past);
        self.push(device, prev, deps, deed);
    }

    fn deed(&mut self, author: u8, past: &BTreeSet<Id>) -> Deed {
        // Often the next person (rings of removals), or who wrote one of the newer acts (what rests on it falls).
        let recent = owner(self.case.acts[self.case.acts.len() * 2 / 3].device);
        let person = match self.below(4) {
            0 => (author + 1) % self.people,
            1 => recent,
            _ => self.person(),
        };
        let device = person * DEVICES + u8::from(self.chance(3));
        let weak = [Role::Expert, Role::Member, Role::Observer, Role::Relay];
        let strong = [Role::Founder, Role::Animator, Role::Animator, Role::Animator, Role::Expert, Role::Member];
        match self.below(32) {
            0..8 => Deed::Revoke { person, cut: self.cut(person, past), signers: self.signers(2) },
            8..10 => Deed::Grant { person, role: self.role(&weak), cut: self.cut(person, past) },
            10..15 => Deed::Grant { person, role: self.role(&strong), cut: self.cut(person, past) },
            15..19 => Deed::Admit { device, role: self.role(&strong) },
            19 | 20 => Deed::Resign,
            21 => Deed::Leave,
            22 => Deed::DeviceAdd { device: author * DEVICES + 1 },
            23 | 24 => {
                let device = if self.chance(5) { device } else { author * DEVICES + u8::from(self.chance(5)) };
                Deed::DeviceDrop { device, cut: self.cut(owner(device), past), recovery_key: self.chance(2) }
            }
            25 | 26 => Deed::Checkpoint { signers: self.signers(6) },
            27 => {
                let animators = BTreeSet::from([self.person()]);
                Deed::Recover { animators, signers: self.signers(8), printed_key: self.chance(5) }
            }
            28 | 29 => match self.recovery() {
                Some(of) => Deed::Veto { of },
                None => Deed::Join,
            },
            30 => match self.recovery() {
                Some(of) => Deed::Confirm { of, signers: self.signers(8), printed_key: self.chance(5) },
                None => Deed::Close,
            },
            _ => Deed::Join,
        }
    }

    fn recovery(&self) -> Option<Id> {
        self.case.acts.iter().rfind(|act| matches!(act.deed, Deed::Recover { .. })).map(|act| act.id)
    }

    fn signers(&mut self, of_ten: usize) -> BTreeSet<u8> {
        (0..self.people).filter(|_| self.chance(of_ten)).collect()
    }

    /// Mostly the acts of a person that were seen, each at times left out; rarely one that was not.
    fn cut(&mut self, person: u8, past: &BTreeSet<Id>) -> Cut {
        let of_person: Vec<Id> =
            self.case.acts.iter().filter(|act| owner(act.device) == person).map(|act| act.id).collect();
        of_person.into_iter().filter(|id| self.chance(if past.contains(id) { 7 } else { 1 })).collect()
    }
}
