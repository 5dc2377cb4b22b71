//! The verdicts of a set: what is void by itself, by a checkpoint, by removals, and so that somebody is left to govern.

use std::cmp::Reverse;

use super::*;

impl Rule {
    pub(super) fn judge(&self, set: Set) -> Outcome {
        let mut fates = BTreeMap::new();
        // Section 2. The floor too is tested in the act's own past: alone upon it, the act must be valid.
        for act in members(set) {
            let alone = self.past[act] | bit(act);
            let past = self.outcome(self.past[act]);
            let right = match self.acts[act].deed {
                Deed::Found => self.past[act] == 0,
                _ => self.may(&past.state, act) && self.fits(&past, act),
            };
            if !right {
                fates.insert(act, Fate::NoRight);
            } else if alone != set && self.outcome(alone).is(act, Fate::Floor) {
                fates.insert(act, Fate::Floor);
            }
        }
        self.vetoes(set, &mut fates);
        self.checkpoints(set, &mut fates);
        // Section 7 (choice 20): what was decided without those acts that have all of it in their past stays so.
        let before = self.without_last_block(set);
        if before != 0 {
            let floors = self.outcome(before).fates.clone().into_iter().filter(|&(_, fate)| fate == Fate::Floor);
            floors.for_each(|(act, fate)| _ = fates.entry(act).or_insert(fate));
        }
        loop {
            let outcome = self.contest(set, fates.clone());
            let empty = outcome.state.animators().is_empty() && !outcome.state.closed && outcome.valid() != 0;
            if !empty {
                return outcome;
            }
            let Some(straw) = self.last_straw(set & !before, set, &fates, &outcome) else { return outcome };
            fates.insert(straw, Fate::Floor);
        }
    }

    /// Choice 25: a veto counts if its author could, whatever becomes of it.
    fn vetoes(&self, set: Set, fates: &mut BTreeMap<usize, Fate>) {
        for veto in members(set).filter(|act| !fates.contains_key(act)).collect::<Vec<_>>() {
            if let Deed::Veto { of } = self.acts[veto].deed
                && let Some(of) = self.place(&of)
            {
                fates.entry(of).or_insert(Fate::Vetoed);
            }
        }
    }

    /// The acts before the last ones of which none can be set apart as before or after all others.
    fn without_last_block(&self, set: Set) -> Set {
        let Some(newest) = members(set).find(|&act| self.future(act, set) == 0) else { return 0 };
        let mut before = self.past[newest];
        loop {
            let block = set & !before;
            let next = members(block).fold(before, |before, act| before & self.past[act]);
            if next == before {
                return before;
            }
            before = next;
        }
    }

    /// Section 8. Settles checkpoints, their epochs, and who has lost the right by then.
    fn checkpoints(&self, set: Set, fates: &mut BTreeMap<usize, Fate>) {
        let checkpoint = |&act: &usize| matches!(self.acts[act].deed, Deed::Checkpoint { .. });
        let mut candidates: Vec<usize> =
            members(set).filter(checkpoint).filter(|act| !fates.contains_key(act)).collect();
        candidates.sort_by_key(|&act| (Reverse(self.signers(act).len()), self.acts[act].id));
        let mut valid: Vec<usize> = Vec::new();
        for act in candidates {
            let beaten = valid.iter().any(|&stronger| self.concurrent(stronger, act));
            fates.insert(act, if beaten { Fate::OtherCheckpoint } else { Fate::Valid });
            valid.extend((!beaten).then_some(act));
        }
        // Valid ones stand one after another; the newest closes the largest epoch.
        let Some(&newest) = valid.iter().max_by_key(|&&act| self.past[act].count_ones()) else { return };
        fates.extend(self.outcome(self.past[newest]).fates.iter().map(|(&act, &fate)| (act, fate)));
        for act in members(set) {
            let holds = |&checkpoint: &usize| {
                let both = self.past[act] | self.past[checkpoint] | bit(checkpoint);
                !self.concurrent(act, checkpoint) || self.may(&self.outcome(both).state, act)
            };
            if !fates.contains_key(&act) && !valid.iter().all(holds) {
                fates.insert(act, Fate::LostAtCheckpoint);
            }
        }
    }

    /// Section 3, among acts without a fate: those decided stay (a closed epoch has no edge into it).
    fn contest(&self, set: Set, mut fates: BTreeMap<usize, Fate>) -> Outcome {
        loop {
            let open: Vec<usize> = members(set).filter(|act| !fates.contains_key(act)).collect();
            if open.is_empty() {
                let outcome = Outcome { fates, state: State::default() };
                return Outcome { state: self.fold(outcome.valid()), ..outcome };
            }
            let void = |act: usize| fates.get(&act).is_some_and(|&fate| fate != Fate::Valid);
            let valid = |act: usize| fates.get(&act) == Some(&Fate::Valid);
            let fallen = |&act: &usize| self.supports(act).iter().any(|group| group.iter().all(|&it| void(it)));
            let hit = |&act: &usize| members(set).any(|removal| valid(removal) && self.hits(removal, act));
            let attackers = |act: usize| -> Vec<usize> {
                open.iter().copied().filter(|&removal| self.attacks(&fates, removal, act)).collect()
            };
            // A valid removal voids its targets.
            if let Some(&act) = open.iter().find(|act| hit(act)) {
                fates.insert(act, Fate::Hit);
            // What rests on void acts is void.
            } else if let Some(&act) = open.iter().find(|act| fallen(act)) {
                fates.insert(act, Fate::Unsupported);
            // Nothing undecided aims at it: valid.
            } else if let Some(&act) = open.iter().find(|&&act| attackers(act).is_empty()) {
                fates.insert(act, Fate::Valid);
            // Only cycles are left, and what waits for them. In those that nothing outside aims at the highest rank wins.
            } else {
                let winners: Vec<usize> =
                    self.sources(&open, attackers).iter().map(|it| self.winner(&fates, it)).collect();
                let outranked: Vec<(usize, usize)> = winners
                    .iter()
                    .flat_map(|&winner| attackers(winner).into_iter().map(move |it| (winner, it)))
                    .collect();
                fates.extend(winners.into_iter().map(|winner| (winner, Fate::Valid)));
                let outranked = outranked.into_iter().filter(|&(winner, act)| !self.hits(winner, act));
                fates.extend(outranked.map(|(_, act)| (act, Fate::Outranked)));
            }
        }
    }

    /// The components that nothing outside reaches, found by walking backwards from every act in turn.
    fn sources(&self, open: &[usize], attackers: impl Fn(usize) -> Vec<usize>) -> BTreeSet<BTreeSet<usize>> {
        let behind = |act: usize| {
            let mut reached = BTreeSet::new();
            let mut next = attackers(act);
            while let Some(act) = next.pop() {
                if reached.insert(act) {
                    next.extend(attackers(act));
                }
            }
            reached
        };
        let is_source = |act: &usize| behind(*act).iter().all(|&other| behind(other).contains(act));
        let sources: BTreeSet<_> = open.iter().copied().filter(is_source).map(behind).collect();
        assert!(!sources.is_empty(), "where everything has attackers is a cycle");
        sources
    }

    /// Choice 3: the highest rank of a cycle; a signature counts if what the signer rests on is not under attack by it.
    fn winner(&self, fates: &BTreeMap<usize, Fate>, cycle: &BTreeSet<usize>) -> usize {
        let attacked = |act: usize| cycle.iter().any(|&removal| self.attacks(fates, removal, act));
        let void = |act: usize| fates.get(&act).is_some_and(|&fate| fate != Fate::Valid);
        let settled = |act: usize| fates.contains_key(&act);
        let stands = |act: &usize| !void(*act) && (settled(*act) || !attacked(*act));
        let counts = |act: usize, signer: u8| {
            let valid = self.outcome(self.past[act]).valid();
            self.grounds(valid, signer, Role::Animator).iter().all(|group| group.iter().any(stands))
        };
        *cycle.iter().min_by_key(|&&act| self.rank(act, |signer| counts(act, signer))).expect("a cycle has acts")
    }

    /// R-edges (sections 3 and 4), and the veto (section 9, choice 25).
    pub(super) fn hits(&self, removal: usize, act: usize) -> bool {
        // Choice 28: what a removal doesn't have in its past is beyond its cut, whatever tips it names.
        let outside = || self.concurrent(removal, act);
        match &self.acts[removal].deed {
            Deed::Revoke { person, .. } => self.person(act) == *person && outside(),
            Deed::DeviceDrop { device, .. } => self.acts[act].device == *device && outside(),
            // Choice 5.
            Deed::Grant { person, role, .. } => {
                self.demotes(removal) && self.person(act) == *person && self.needed(act) < *role && outside()
            }
            _ => false,
        }
    }

    /// Choice 1: a removal attacks what it hits and what rests on that, as far as it is not settled otherwise.
    fn attacks(&self, fates: &BTreeMap<usize, Fate>, removal: usize, act: usize) -> bool {
        let safe = |group: &[usize]| group.iter().any(|it| fates.get(it) == Some(&Fate::Valid));
        let open = |group: Vec<usize>| group.into_iter().filter(|it| !fates.contains_key(it));
        let below = || self.supports(act).into_iter().filter(|group| !safe(group)).flat_map(open);
        self.hits(removal, act) || below().any(|support| self.attacks(fates, removal, support))
    }

    /// Section 7, choice 19: which act is void when valid ones together leave no animator.
    fn last_straw(&self, block: Set, set: Set, fates: &BTreeMap<usize, Fate>, outcome: &Outcome) -> Option<usize> {
        let loose = |&act: &usize| !fates.contains_key(&act) && self.takes_away(act) && outcome.is(act, Fate::Valid);
        let mut weakest_first: Vec<usize> = members(block).filter(loose).collect();
        weakest_first.sort_by_key(|&act| Reverse(self.rank(act, |_| true)));
        let helps = |&act: &usize| {
            let without = fates.iter().map(|(&act, &fate)| (act, fate)).chain([(act, Fate::Floor)]).collect();
            let state = self.contest(set, without).state;
            state.closed || !state.animators().is_empty()
        };
        weakest_first.iter().copied().find(helps).or(weakest_first.first().copied())
    }

    /// Choice 27: what content of each removed device still counts.
    pub(super) fn cuts(&self, valid: Set) -> BTreeMap<u8, Cut> {
        let cut = |act: usize, device: u8| match &self.acts[act].deed {
            Deed::Revoke { person, cut, .. } if *person == owner(device) => Some(cut),
            Deed::DeviceDrop { device: gone, cut, .. } if *gone == device => Some(cut),
            Deed::Grant { person, role, cut } if *person == owner(device) => {
                Some(cut).filter(|_| *role > Role::Member && self.demotes(act))
            }
            _ => None,
        };
        let mut cuts: BTreeMap<u8, Cut> = BTreeMap::new();
        for device in members(valid).filter_map(|act| self.brings(act)) {
            let on_device = |tip: &Id| self.place(tip).is_none_or(|act| self.acts[act].device == device);
            for (act, tips) in members(valid).filter_map(|act| Some((act, cut(act, device)?))) {
                if !members(valid).any(|later| cut(later, device).is_some() && self.before(act, later)) {
                    cuts.entry(device).or_default().extend(tips.iter().copied().filter(on_device));
                }
            }
        }
        cuts
    }
}
