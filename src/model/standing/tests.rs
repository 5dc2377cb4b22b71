use super::*;
use crate::model::testing::Seeded;
use crate::model::{DocumentId, Timestamp};

const AUTHOR: u8 = 100;

/// A step of a story: id, ids that it saw, who, verb ("edit" is no mark, "-verb" takes back).
type Step<'s> = (u8, &'s [u8], u8, &'s str);

fn entry(id: u8) -> EntryId {
    EntryId([id; 32])
}

fn stand(steps: &[Step<'_>], quorum: usize) -> Standing {
    let deps: Vec<(EntryId, Vec<EntryId>)> =
        steps.iter().map(|step| (entry(step.0), step.1.iter().map(|&id| entry(id)).collect())).collect();
    let mark = |step: &Step<'_>| {
        let verb = step.3.strip_prefix('-').unwrap_or(step.3).parse().ok()?;
        let taken_back = step.3.starts_with('-');
        Some(Mark { entry: entry(step.0), who: MemberId([step.2; 32]), verb, taken_back, quorum })
    };
    let marks: Vec<Mark> = steps.iter().filter_map(mark).collect();
    let all = deps.iter().map(|(id, deps)| (*id, deps.as_slice()));
    standing(all, &marks, MemberId([AUTHOR; 32]))
}

#[track_caller]
fn check(quorum: usize, steps: &[Step<'_>], expected: State) {
    assert_eq!(stand(steps, quorum).state, expected);
    // Concurrent steps may come in the other order.
    let mut other = steps.to_vec();
    let last = other.len() - 1;
    if last > 0 && !other[last].1.contains(&other[last - 1].0) {
        other.swap(last, last - 1);
        assert_eq!(stand(&other, quorum), stand(steps, quorum), "in the other order");
    }
}

#[test]
fn a_mark_follows_what_it_saw() {
    check(1, &[(1, &[], AUTHOR, "edit")], State::Draft);
    check(1, &[(1, &[], AUTHOR, "edit"), (2, &[1], AUTHOR, "propose")], State::Proposed);
    check(1, &[(1, &[], AUTHOR, "edit"), (2, &[1], 7, "validate")], State::Draft);
    let proposed: &[Step<'_>] = &[(1, &[], AUTHOR, "edit"), (2, &[1], AUTHOR, "propose")];
    let then = |more: &[Step<'static>]| [proposed, more].concat();
    check(1, &then(&[(3, &[2], 7, "validate")]), State::Validated);
    check(1, &then(&[(3, &[2], AUTHOR, "validate")]), State::Proposed);
    check(1, &then(&[(3, &[2], 7, "return")]), State::Draft);
    check(1, &then(&[(3, &[2], 7, "return"), (4, &[3], AUTHOR, "propose")]), State::Proposed);
    check(1, &then(&[(3, &[2], 7, "deprecate"), (4, &[3], 8, "return")]), State::Draft);
    check(1, &then(&[(3, &[2], AUTHOR, "-propose")]), State::Draft);
    // An edit in between carries what was seen on.
    check(1, &then(&[(3, &[2], 5, "edit"), (4, &[3], 7, "validate")]), State::Validated);
}

#[test]
fn the_cautious_state_wins_among_concurrent_marks() {
    let proposed: &[Step<'_>] = &[(1, &[], AUTHOR, "edit"), (2, &[1], AUTHOR, "propose")];
    let apart = |one: &'static str, other: &'static str, expected: State| {
        check(1, &[proposed, &[(3, &[2], 7, one), (4, &[2], 8, other)]].concat(), expected);
    };
    apart("validate", "deprecate", State::Deprecated);
    apart("validate", "return", State::Draft);
    apart("return", "deprecate", State::Deprecated);
    apart("validate", "withdraw", State::Withdrawn);
    apart("withdraw", "restore", State::Withdrawn);
    apart("validate", "validate", State::Validated);
    let both = stand(&[proposed, &[(3, &[2], 7, "validate"), (4, &[2], 8, "deprecate")]].concat(), 1);
    assert!(both.apart && both.marks == [entry(3), entry(4)]);
    // A validation of what was returned and proposed anew meanwhile doesn't count for the new proposal.
    let anew: &[Step<'_>] = &[(3, &[2], 7, "return"), (4, &[3], AUTHOR, "propose"), (5, &[2], 8, "validate")];
    check(1, &[proposed, anew].concat(), State::Proposed);
}

#[test]
fn a_quorum_counts_people_wherever_they_are() {
    let proposed: &[Step<'_>] = &[(1, &[], AUTHOR, "edit"), (2, &[1], AUTHOR, "propose")];
    let then = |more: &[Step<'static>]| [proposed, more].concat();
    check(2, &then(&[(3, &[2], 7, "validate")]), State::Proposed);
    check(2, &then(&[(3, &[2], 7, "validate"), (4, &[3], 7, "validate")]), State::Proposed);
    check(2, &then(&[(3, &[2], 7, "validate"), (4, &[3], 8, "validate")]), State::Validated);
    check(2, &then(&[(3, &[2], 7, "validate"), (4, &[2], 8, "validate")]), State::Validated);
    check(2, &then(&[(3, &[2], 7, "validate"), (4, &[2], 8, "-validate")]), State::Proposed);
    assert_eq!(stand(&then(&[(3, &[2], 7, "validate")]), 2).voices.len(), 1);
}

#[test]
fn what_is_restored_is_what_it_was() {
    let validated: &[Step<'_>] =
        &[(1, &[], AUTHOR, "edit"), (2, &[1], AUTHOR, "propose"), (3, &[2], 7, "validate"), (4, &[3], 8, "withdraw")];
    check(1, validated, State::Withdrawn);
    let restored = [validated, &[(5, &[4], 8, "restore")]].concat();
    check(1, &restored, State::Validated);
    check(1, &[validated, &[(5, &[4], 8, "-withdraw")]].concat(), State::Validated);
    // Deprecated by somebody who had not heard of the withdrawal.
    check(1, &[&restored[..], &[(6, &[3], 9, "deprecate")]].concat(), State::Deprecated);
}

fn byte(random: &mut Seeded, end: u8) -> u8 {
    u8::try_from(random.below(usize::from(end))).expect("below a byte")
}

/// Random marks by a few people, each of whom saw some of those before.
fn history(random: &mut Seeded, length: u8) -> Vec<(u8, Vec<u8>, u8, &'static str)> {
    const VERBS: [&str; 8] =
        ["propose", "propose", "validate", "validate", "return", "deprecate", "withdraw", "restore"];
    let mut steps = vec![(0, Vec::new(), AUTHOR, "edit")];
    for id in 1..length {
        let saw = (0..3).map(|_| byte(random, id)).collect();
        let verb = VERBS[random.below(VERBS.len())];
        steps.push((id, saw, AUTHOR + byte(random, 4), verb));
    }
    steps
}

fn borrowed<'a>(steps: &'a [(u8, Vec<u8>, u8, &'static str)]) -> Vec<Step<'a>> {
    steps.iter().map(|(id, saw, who, verb)| (*id, saw.as_slice(), *who, *verb)).collect()
}

#[test]
fn any_order_of_marks_gives_one_state() {
    for seed in 0..400 {
        let mut random = Seeded::new(seed);
        let steps = history(&mut random, 12);
        for _ in 0..6 {
            // Another order in which each step still comes after what it saw.
            let (mut left, mut order): (Vec<_>, Vec<_>) = (steps.clone(), Vec::new());
            while !left.is_empty() {
                let ready =
                    |step: &(u8, Vec<u8>, u8, &str)| step.1.iter().all(|id| !left.iter().any(|(l, ..)| l == id));
                let ready: Vec<usize> = (0..left.len()).filter(|&at| ready(&left[at])).collect();
                order.push(left.remove(ready[random.below(ready.len())]));
            }
            for quorum in 1..=2 {
                assert_eq!(stand(&borrowed(&order), quorum), stand(&borrowed(&steps), quorum), "seed {seed}");
            }
        }
    }
}

#[test]
fn of_two_marks_made_apart_the_more_cautious_stays() {
    let mut met = 0;
    for seed in 0..2_000 {
        let mut random = Seeded::new(seed);
        let mut steps = history(&mut random, 8);
        let before = stand(&borrowed(&steps), 1).state;
        let all: Vec<u8> = (0..8).collect();
        let verbs = ["propose", "validate", "return", "deprecate", "withdraw", "restore"];
        let mut pick = || verbs[random.below(verbs.len())];
        let (one, other) = ((8, all.clone(), 7, pick()), (9, all, 8, pick()));
        let after = |more: &[&(u8, Vec<u8>, u8, &'static str)]| {
            let mut steps = steps.clone();
            steps.extend(more.iter().map(|step| (*step).clone()));
            stand(&borrowed(&steps), 1).state
        };
        let (first, second) = (after(&[&one]), after(&[&other]));
        if first == before || second == before {
            continue;
        }
        met += 1;
        let (verb, another) = (one.3, other.3);
        assert_eq!(after(&[&one, &other]), first.max(second), "seed {seed}: {verb} and {another}");
        steps.push(one);
    }
    assert!(met > 200, "{met} pairs alone changed something");
}

fn say<'v>(id: u8, who: u8, verb: &'v str, value: &'v str, until: i64) -> Say<'v> {
    let taken_back = verb.starts_with('-');
    let verb = verb.trim_start_matches('-');
    let until = (until > 0).then_some(Timestamp(until));
    Say { entry: entry(id), who: MemberId([who; 32]), verb, taken_back, value, until }
}

/// Says of each id what it saw, and gathers.
fn gathered(links: &[(u8, &[u8])], says: &[Say<'_>], edits: &[Edited]) -> Said {
    let links: Vec<(EntryId, Vec<EntryId>)> =
        links.iter().map(|(id, saw)| (entry(*id), saw.iter().map(|id| entry(*id)).collect())).collect();
    said(links.iter().map(|(id, saw)| (*id, saw.as_slice())), says, edits)
}

#[test]
fn one_voice_each_and_it_can_be_taken_back() {
    let links: &[(u8, &[u8])] = &[(1, &[]), (2, &[1]), (3, &[1]), (4, &[2]), (5, &[3])];
    let says = [say(2, 7, "useful", "", 0), say(3, 8, "useful", "", 0), say(4, 7, "-useful", "", 0)];
    let found = gathered(links, &says, &[]);
    assert_eq!(found.useful, BTreeSet::from([MemberId([8; 32])]));
    // Twice the same person is one; each use is one more.
    let twice = [say(2, 7, "useful", "", 0), say(4, 7, "useful", "", 0), say(3, 7, "useful", "", 0)];
    assert_eq!(gathered(links, &twice, &[]).useful.len(), 1);
    let used = [say(2, 7, "used", "", 0), say(4, 7, "used", "", 0)];
    assert_eq!(gathered(links, &used, &[]).used.len(), 2);
    assert_eq!(gathered(links, &[used[0], say(4, 7, "-used", "", 0)], &[]).used.len(), 0);
    // Who takes back without having seen takes nothing back.
    assert_eq!(gathered(links, &[says[0], say(3, 7, "-useful", "", 0)], &[]).useful.len(), 1);
}

#[test]
fn solutions_are_kept_side_by_side() {
    let links: &[(u8, &[u8])] = &[(1, &[]), (2, &[1]), (3, &[1]), (4, &[2, 3]), (5, &[4])];
    let [one, other] = [1, 2].map(|id| DocumentId([id; 32]).to_string());
    let both = [say(2, 7, "accept", &one, 0), say(3, 8, "accept", &other, 0)];
    let found = gathered(links, &both, &[]);
    assert_eq!((found.accepted.len(), found.thread), (2, Thread::Solved));
    // One person accepts a second answer, then takes the first back.
    let second = [say(2, 7, "accept", &one, 0), say(4, 7, "accept", &other, 0), say(5, 7, "-accept", &one, 0)];
    assert_eq!(gathered(links, &second[..2], &[]).accepted.len(), 2);
    assert_eq!(gathered(links, &second, &[]).accepted.keys().copied().collect::<Vec<_>>(), [DocumentId([2; 32])]);
    // The more closed wins among what was said apart; what was taken back is open again.
    let ends = [say(2, 7, "close", "", 0), say(3, 8, "decline", "", 0)];
    assert_eq!(gathered(links, &ends, &[]).thread, Thread::Declined);
    assert_eq!(gathered(links, &[ends[0], ends[1], say(4, 9, "close", "", 0)], &[]).thread, Thread::Closed);
    assert_eq!(gathered(links, &[ends[0], say(4, 7, "-close", "", 0)], &[]).thread, Thread::Open);
}

#[test]
fn a_verification_knows_what_came_after_it() {
    // 1 creates, 2 verifies, 3 is written apart, 4 later, 5 verifies again having seen both.
    let links: &[(u8, &[u8])] = &[(1, &[]), (2, &[1]), (3, &[1]), (4, &[1, 3]), (5, &[4, 2])];
    let edits = [(1, "title"), (3, "lessons"), (4, "procedure")]
        .map(|(id, field)| Edited::new(entry(id), MemberId([id; 32]), [field]));
    let verified = |says: &[Say<'_>]| gathered(links, says, &edits).verified.expect("verified");
    let first = verified(&[say(2, 7, "verify", "", 1_000)]);
    assert_eq!(first.since, edits[1..]);
    assert!(first.is_due(Timestamp(0)), "how it is done was changed");
    let mild = gathered(links, &[say(2, 7, "verify", "", 1_000)], &edits[..2]).verified.expect("verified");
    assert_eq!((mild.since.len(), mild.is_due(Timestamp(1_000)), mild.is_due(Timestamp(1_001))), (1, false, true));
    let again = verified(&[say(2, 7, "verify", "", 1_000), say(5, 8, "verify", "", 500)]);
    assert_eq!((again.until, again.since.len()), (Timestamp(500), 0), "the later one follows the first");
    assert!(!again.is_due(Timestamp(500)) && again.is_due(Timestamp(501)));
    // Apart, the later date holds, and what either saw is verified.
    let apart = verified(&[say(2, 7, "verify", "", 1_000), say(4, 8, "verify", "", 2_000)]);
    assert_eq!(apart.until, Timestamp(2_000));
    assert_eq!(gathered(links, &[say(2, 7, "verify", "", 0)], &edits).verified, None, "erased: until nobody knows");
}
