use super::*;

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
        Some(Mark { entry: entry(step.0), who: MemberId([step.2; 32]), verb, taken_back: step.3.starts_with('-') })
    };
    let marks: Vec<Mark> = steps.iter().filter_map(mark).collect();
    let all = deps.iter().map(|(id, deps)| (*id, deps.as_slice()));
    standing(all, &marks, MemberId([AUTHOR; 32]), quorum)
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
