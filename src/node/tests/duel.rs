//! Duels: people who govern take each other out while they can't hear each other, and who was removed goes on writing.
//! Twelve nodes and more take all of it in orders of their own, and come to one outcome: the one that the rule states.
//!
//! `REPERTOIRE_SEED=N` runs that seed alone, `REPERTOIRE_SEEDS=N` so many.

use super::super::faults::EngineFaults;
use super::super::request::FieldOp;
use super::super::{Reply, Request};
use super::community::{Bag, Community, ask, change};
use super::forger::{Expected, Forger};
use super::order::{Grown, arrive, seeds_or};
use crate::model::governance::{self, Cut, Role, Status};
use crate::model::verdict::{Breach, Mask, Verdict};
use crate::model::{DocumentId, EntryId, MemberId};

/// Seeds of the short form.
const SEEDS: u64 = 1;
/// Nodes that take everything in, each in an order of its own.
const NODES: usize = 12;
/// Who is there beside the founder: the animators first, by seniority.
const PEOPLE: &[(&str, Option<&str>)] = &[
    ("Boris", Some("animator")),
    ("Chloé", Some("animator")),
    ("Dia", Some("animator")),
    ("Ève", None),
    ("Fatou", None),
    ("Gil", None),
    ("Hawa", None),
    ("Idris", None),
    ("Jo", None),
    ("Karim", None),
    ("Lou", None),
    ("Mo", None),
    ("Nia", None),
];
pub(super) const LOST: Verdict = Verdict::Void(Breach::Lost);
pub(super) const COUNTED: Verdict = Verdict::Counted;
pub(super) const CUT: Verdict = Verdict::Masked(Mask::Cut);

/// A duel, and what it must come to.
pub(super) struct Duel {
    pub(super) community: Community,
    /// What no program of ours writes.
    pub(super) forged: Bag,
    pub(super) expected: Vec<Expected>,
}

impl Duel {
    pub(super) fn new(seed: u64) -> Duel {
        Duel::among(seed, PEOPLE)
    }

    /// A community that these enter one after another.
    pub(super) fn among(seed: u64, people: &[(&str, Option<&str>)]) -> Duel {
        Duel { community: Community::village(seed, people), forged: Bag::new(), expected: Vec::new() }
    }

    pub(super) fn member(&self, at: usize) -> MemberId {
        self.community.keys(at).member
    }

    /// Somebody asks for something that must be done; returns the entry.
    pub(super) fn does(&mut self, at: usize, request: Request) -> EntryId {
        let words = format!("{request:?}");
        let id = match ask(&mut self.community.places[at].node, request) {
            Ok(Reply::Removed(removed)) => removed.entry,
            Ok(Reply::Role(role)) => role.entry,
            Ok(Reply::Written(written)) => written.entry,
            Ok(Reply::Left(left)) => left.entry,
            Ok(Reply::Erased(erased)) => erased.entry,
            Ok(Reply::Spaces(spaces)) => spaces[0].entry.clone(),
            other => panic!("{at} to {words}: {other:?}"),
        };
        id.parse().expect("an id")
    }

    pub(super) fn removes(&mut self, by: usize, whom: usize) -> EntryId {
        let (member, reason) = (self.member(whom).to_string(), "ainsi".to_owned());
        self.does(by, Request::Revoke { member, reason, dry_run: false })
    }

    pub(super) fn grants(&mut self, by: usize, whom: usize, role: &str) -> EntryId {
        let member = self.member(whom).to_string();
        self.does(by, Request::Grant { member, role: role.into(), topics: Vec::new() })
    }

    /// Somebody adds a word to the first practice.
    pub(super) fn says(&mut self, at: usize, word: &str) -> EntryId {
        let id = self.community.documents[0].clone();
        self.does(at, Request::Edit { id, changes: vec![change(FieldOp::Append, "procedure", word)] })
    }

    /// Tells whether a word of the first practice is shown by a node.
    pub(super) fn reads(&mut self, at: usize, word: &str) -> bool {
        let request = Request::ExportCanonical { space: None, after: None, limit: usize::MAX };
        match ask(&mut self.community.places[at].node, request) {
            Ok(Reply::Lines(page)) => page.items.iter().any(|line| line.contains(word)),
            other => panic!("{at} exports {other:?}"),
        }
    }

    /// Carries everything that one holds to another in a file.
    pub(super) fn sends(&mut self, from: usize, to: usize) {
        let path = self.community.places[from].folder.join("all.rep").display().to_string();
        let bundle = Request::BundleCreate { to: None, path: path.clone() };
        ask(&mut self.community.places[from].node, bundle).expect("a bundle");
        match ask(&mut self.community.places[to].node, Request::BundleApply { path }) {
            Ok(Reply::BundleApplied(_)) => {}
            other => panic!("{to} takes no bundle of {from}: {other:?}"),
        }
    }

    pub(super) fn expect(&mut self, what: &'static str, entry: EntryId, verdict: Verdict) {
        self.expected.push((what, entry, verdict));
    }

    /// Lets everybody who is still in meet, and takes everything into nodes in orders of their own. Returns what all of
    /// them show of the practice.
    pub(super) fn comes_to(self, seed: u64, out: &[usize], people: &[(usize, Role, Status)]) -> String {
        let Duel { mut community, forged, expected } = self;
        let readers: Vec<usize> = (0..community.places.len()).filter(|at| !out.contains(at)).collect();
        // They meet around somebody whom nobody believes to be out.
        let around: Vec<usize> = readers.iter().rev().copied().collect();
        community.gather(&around);
        let document: DocumentId = community.documents[0].parse().expect("an id");
        let mut bag = community.bag();
        bag.extend(forged);
        for (what, id, _) in &expected {
            assert!(bag.contains_key(id), "{what} is nowhere");
        }
        let blank = readers.iter().copied().collect();
        let grown = Grown { community, bag, expected, readers: readers.clone(), blank };
        let mut first: Option<Vec<String>> = None;
        for node in 0..NODES {
            let order = seed * NODES as u64 + node as u64;
            let lines = arrive(&grown, order, EngineFaults::default());
            let lines = lines.unwrap_or_else(|wrong| panic!("REPERTOIRE_SEED={seed} node {node}: {wrong}"));
            let first = first.get_or_insert_with(|| lines.clone());
            for (one, other) in first.iter().zip(&lines) {
                assert_eq!(one, other, "REPERTOIRE_SEED={seed} node {node}");
            }
            assert_eq!(first.len(), lines.len(), "REPERTOIRE_SEED={seed} node {node}");
        }
        for at in readers {
            let state = grown.community.places[at].node.engines.0[&grown.community.id].state();
            for (who, role, status) in people {
                let member = &state.members[&grown.community.keys(*who).member];
                assert_eq!((member.role, member.status), (*role, *status), "seed {seed}: {who} on {at}");
            }
        }
        let line = first.expect("there are nodes").into_iter().find(|line| line.starts_with('{') && of(line, document));
        line.expect("the practice is shown")
    }
}

fn of(line: &str, document: DocumentId) -> bool {
    line.contains(&format!("\"id\":\"{document}\""))
}

/// Tells which of these words are shown.
fn shown<'a>(line: &str, words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().filter(|word| line.contains(word)).collect()
}

#[test]
fn two_remove_each_other_in_a_partition() {
    for seed in seeds_or(SEEDS) {
        let mut duel = Duel::new(seed);
        let (first, second) = (duel.removes(1, 2), duel.removes(2, 1));
        let left = duel.says(1, "gauche");
        let right = duel.says(2, "droite");
        duel.community.meet(1, 4);
        duel.community.meet(2, 9);
        let bank = duel.says(4, "rive");
        let down = duel.says(9, "aval");
        let late = duel.says(2, "tard");
        duel.community.meet(2, 10);
        duel.expect("the removal by the senior one", first, COUNTED);
        duel.expect("the removal by the junior one", second, LOST);
        duel.expect("words of the senior one", left, COUNTED);
        duel.expect("words beyond the cut", right, CUT);
        duel.expect("words by who heard the senior one", bank, COUNTED);
        duel.expect("words by who heard the junior one, over masked ones", down, COUNTED);
        duel.expect("later words", late, CUT);
        let people = [
            (1, Role::Animator, Status::Active),
            (2, Role::Animator, Status::Revoked),
            (9, Role::Member, Status::Active),
        ];
        let line = duel.comes_to(seed, &[2], &people);
        assert_eq!(shown(&line, &["gauche", "droite", "rive", "aval", "tard"]), ["gauche", "rive", "aval"]);
    }
}

#[test]
fn three_remove_each_other_in_a_circle() {
    for seed in seeds_or(SEEDS) {
        let mut duel = Duel::new(seed);
        let acts = [duel.removes(1, 2), duel.removes(2, 3), duel.removes(3, 1)];
        let words = [duel.says(1, "un"), duel.says(2, "deux"), duel.says(3, "trois")];
        for at in 1..4 {
            duel.community.meet(at, at + 3);
        }
        let heard = duel.says(5, "cinq");
        duel.expect("the removal by the most senior", acts[0], COUNTED);
        duel.expect("a removal by who is removed", acts[1], LOST);
        duel.expect("a removal of the most senior", acts[2], LOST);
        duel.expect("words of who stays", words[0], COUNTED);
        duel.expect("words of who is removed", words[1], CUT);
        duel.expect("words of whose removal fell", words[2], COUNTED);
        duel.expect("words by who heard the removed one", heard, COUNTED);
        let people = [
            (1, Role::Animator, Status::Active),
            (2, Role::Animator, Status::Revoked),
            (3, Role::Animator, Status::Active),
        ];
        let line = duel.comes_to(seed, &[2], &people);
        assert_eq!(shown(&line, &["deux", "trois", "cinq"]), ["trois", "cinq"]);
    }
}

#[test]
fn the_last_who_governs_stays() {
    for seed in seeds_or(SEEDS) {
        let people: Vec<(&str, Option<&str>)> = PEOPLE.iter().map(|(name, _)| (*name, None)).collect();
        let mut duel = Duel::among(seed, &people);
        for request in [
            Request::Leave { forget_name: false, erase_local: false, unheard: true },
            Request::Resign { member: duel.member(0).to_string(), role: "member".into() },
        ] {
            let refused = ask(&mut duel.community.places[0].node, request).expect_err("nobody would govern");
            assert_eq!(refused.code, "void_act", "{refused}");
        }
        let mut forger = Forger::new(&duel.community, 0, seed);
        let (me, past) = (duel.member(0), forger.gov.clone());
        let cut = Cut::default();
        let own = forger.act(&mut duel.forged, &governance::revoke(me, &cut), &past);
        let leaves = forger.act(&mut duel.forged, &governance::leave(), &past);
        let resigns = forger.act(&mut duel.forged, &governance::resign(Role::Member), &past);
        duel.expect("the removal of oneself", own, Verdict::Void(Breach::Right));
        duel.expect("the last one's departure", leaves, Verdict::Void(Breach::Right));
        duel.expect("the last one's resignation", resigns, Verdict::Void(Breach::Right));
        let word = duel.says(0, "encore");
        duel.expect("what she writes afterwards", word, COUNTED);
        let line = duel.comes_to(seed, &[], &[(0, Role::Founder, Status::Active)]);
        assert_eq!(shown(&line, &["encore"]), ["encore"]);
    }
}

#[test]
fn of_the_last_two_who_leave_apart_the_junior_one_stays() {
    for seed in seeds_or(SEEDS) {
        let people: Vec<(&str, Option<&str>)> =
            PEOPLE.iter().map(|(name, role)| (*name, role.filter(|_| *name == "Boris"))).collect();
        let mut duel = Duel::among(seed, &people);
        let leave = || Request::Leave { forget_name: false, erase_local: false, unheard: true };
        let (first, second) = (duel.does(0, leave()), duel.does(1, leave()));
        duel.sends(0, 4);
        duel.community.meet(1, 5);
        duel.community.meet(4, 5);
        duel.expect("the founder leaves", first, COUNTED);
        duel.expect("the other one's departure falls", second, LOST);
        let people = [(0, Role::Founder, Status::Left), (1, Role::Animator, Status::Active)];
        duel.comes_to(seed, &[0], &people);
    }
}

#[test]
fn what_a_demoted_one_grants_is_void() {
    for seed in seeds_or(SEEDS) {
        let mut duel = Duel::new(seed);
        let demotes = duel.grants(0, 2, "member");
        let grants = duel.grants(2, 5, "animator");
        duel.community.meet(2, 5);
        let removes = duel.removes(5, 6);
        let words = [duel.says(2, "deux"), duel.says(5, "cinq"), duel.says(6, "six")];
        duel.community.meet(5, 7);
        let heard = duel.says(7, "sept");
        duel.expect("the demotion", demotes, COUNTED);
        duel.expect("a grant by who was demoted", grants, LOST);
        duel.expect("a removal by who was granted", removes, LOST);
        duel.expect("words of who was demoted", words[0], COUNTED);
        duel.expect("words of who was granted", words[1], COUNTED);
        duel.expect("words of who was to be removed", words[2], COUNTED);
        duel.expect("words by who heard all of it", heard, COUNTED);
        let people =
            [(2, Role::Member, Status::Active), (5, Role::Member, Status::Active), (6, Role::Member, Status::Active)];
        let line = duel.comes_to(seed, &[], &people);
        assert_eq!(shown(&line, &["deux", "cinq", "six", "sept"]).len(), 4);
    }
}

#[test]
fn who_was_expelled_back_dates_and_sends_it_through_a_third() {
    for seed in seeds_or(SEEDS) {
        let mut duel = Duel::new(seed);
        let before = duel.says(1, "avant");
        duel.community.meet(0, 1);
        let mut forger = Forger::new(&duel.community, 1, seed);
        let mut acting = Forger::new(&duel.community, 1, seed + 1);
        let (old, word) = (forger.gov.clone(), duel.says(1, "entre"));
        let removed = duel.removes(0, 1);
        let after = duel.says(1, "voleur");
        duel.sends(1, 7);
        forger.time = crate::model::Timestamp(0);
        let root: EntryId = duel.community.documents[0].parse().expect("an id");
        let dated = forger.honest(&mut duel.forged, &[root]);
        let (first, member) = (duel.member(0), duel.member(8));
        let back = acting.act(&mut duel.forged, &governance::revoke(first, &Cut::default()), &old);
        let none = std::collections::BTreeSet::new();
        let grant = acting.act(&mut duel.forged, &governance::grant(member, Role::Animator, &none, None), &old);
        duel.expect("the removal", removed, COUNTED);
        duel.expect("what was here before", before, COUNTED);
        duel.expect("what the remover had not seen", word, CUT);
        duel.expect("what was written after", after, CUT);
        duel.expect("a back-dated edit of another life", dated, CUT);
        duel.expect("a back-dated removal of the remover", back, LOST);
        duel.expect("a back-dated grant", grant, LOST);
        let people = [
            (0, Role::Founder, Status::Active),
            (1, Role::Animator, Status::Revoked),
            (8, Role::Member, Status::Active),
        ];
        let line = duel.comes_to(seed, &[1], &people);
        assert_eq!(shown(&line, &["avant", "entre", "voleur", "oui"]), ["avant"]);
    }
}

#[test]
fn an_erase_beyond_the_cut_takes_nothing_whichever_came_first() {
    for seed in seeds_or(SEEDS) {
        let mut duel = Duel::new(seed);
        let word = duel.says(4, "restent");
        duel.community.meet(1, 4);
        duel.community.meet(0, 4);
        let id = duel.community.documents[0].clone();
        let erased = duel.does(1, Request::Erase { id, dry_run: false });
        // Some obey before they hear that she may not.
        [4, 9].into_iter().for_each(|at| duel.community.meet(1, at));
        assert!(!duel.reads(4, "restent") && !duel.reads(9, "restent"));
        let removed = duel.removes(0, 1);
        let above = duel.says(9, "dessus");
        duel.expect("the words", word, COUNTED);
        duel.expect("the removal", removed, COUNTED);
        duel.expect("what was written over erased words", above, COUNTED);
        assert!(duel.reads(0, "restent"), "{erased} is nowhere yet");
        let line = duel.comes_to(seed, &[1], &[(1, Role::Animator, Status::Revoked)]);
        assert_eq!(shown(&line, &["restent", "dessus"]), ["restent", "dessus"]);
    }
}
