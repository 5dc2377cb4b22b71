//! Two wordings that come from one, brought together line by line.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What bringing a later wording of the source in came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// The text.
    pub text: String,
    /// Lines that came from the other wording.
    pub taken: usize,
    /// Lines that went because the other wording has them no more.
    pub dropped: usize,
    /// Both changed the same place: the lines of both stand there, one's own first.
    pub both: bool,
}

/// A place of the base that one of the wordings changed.
struct Hunk<'t> {
    base: Range<usize>,
    new: Vec<&'t str>,
}

/// Brings what `theirs` changed since `base` into `mine`.
pub fn merge(base: &str, mine: &str, theirs: &str) -> Merged {
    let [base, own, other] = [base, mine, theirs].map(lines);
    let (ours, theirs) = (hunks(&base, &own), hunks(&base, &other));
    let (mut own, mut other) = (ours.iter().peekable(), theirs.iter().peekable());
    let mut out: Vec<&str> = Vec::new();
    let mut merged = Merged::default();
    let mut at = 0;
    loop {
        let start = match (own.peek(), other.peek()) {
            (None, None) => break,
            (Some(one), None) | (None, Some(one)) => one.base.start,
            (Some(one), Some(other)) => one.base.start.min(other.base.start),
        };
        out.extend(&base[at..start]);
        // All hunks that touch each other are settled together.
        let (mut end, mut mine, mut theirs) = (start, Vec::new(), Vec::new());
        loop {
            let touches = |hunk: &&&Hunk<'_>| hunk.base.start < end || hunk.base.start == start;
            if let Some(hunk) = own.next_if(|hunk| touches(&hunk)) {
                end = end.max(hunk.base.end);
                mine.push(hunk);
            } else if let Some(hunk) = other.next_if(|hunk| touches(&hunk)) {
                end = end.max(hunk.base.end);
                theirs.push(hunk);
            } else {
                break;
            }
        }
        let was = &base[start..end];
        let (ours, new) = (applied(&mine, was, start), applied(&theirs, was, start));
        at = end;
        if theirs.is_empty() || ours == new {
            out.extend(ours);
            continue;
        }
        let fresh: Vec<&str> = new.iter().copied().filter(|line| !was.contains(line) && !ours.contains(line)).collect();
        merged.taken += fresh.len();
        if mine.is_empty() {
            merged.dropped += was.iter().filter(|line| !new.contains(line)).count();
            out.extend(new);
        } else {
            merged.both = true;
            out.extend(ours);
            out.extend(fresh);
        }
    }
    out.extend(&base[at..]);
    merged.text = out.join("\n");
    merged
}

fn lines(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('\n').collect() }
}

fn hunks<'t>(base: &[&str], new: &[&'t str]) -> Vec<Hunk<'t>> {
    let ops = capture_diff_slices(Algorithm::Myers, base, new).into_iter();
    let changed = ops.filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed.map(|op| Hunk { base: op.old_range(), new: new[op.new_range()].to_vec() }).collect()
}

/// Returns a stretch of the base, which begins at `start`, as these hunks leave it.
fn applied<'t>(hunks: &[&Hunk<'t>], was: &[&'t str], start: usize) -> Vec<&'t str> {
    let mut out = Vec::new();
    let mut at = 0;
    for hunk in hunks {
        out.extend(&was[at..hunk.base.start - start]);
        out.extend(&hunk.new);
        at = hunk.base.end - start;
    }
    out.extend(&was[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::Seeded;

    #[track_caller]
    fn check(base: &str, mine: &str, theirs: &str, text: &str, (taken, dropped, both): (usize, usize, bool)) {
        let expected = Merged { text: text.to_owned(), taken, dropped, both };
        assert_eq!(merge(base, mine, theirs), expected);
    }

    #[test]
    fn what_the_other_changed_comes_in() {
        check("a\nb\nc", "a\nb\nc", "a\nx\nc", "a\nx\nc", (1, 1, false));
        check("a\nb\nc", "a\nb\nc\nd", "z\na\nb\nc", "z\na\nb\nc\nd", (1, 0, false));
        check("a\nb\nc", "a\nb", "a\nb\nc", "a\nb", (0, 0, false));
        check("", "a", "b", "a\nb", (1, 0, true));
        check("a", "", "", "", (0, 0, false));
        check("", "", "a\nb", "a\nb", (2, 0, false));
        // Both added at the end.
        check("a", "a\nmine", "a\ntheirs", "a\nmine\ntheirs", (1, 0, true));
        check("a", "a\nsame", "a\nsame", "a\nsame", (0, 0, false));
        // Both changed one line: both stay.
        check("a\nb\nc", "a\nmine\nc", "a\ntheirs\nc", "a\nmine\ntheirs\nc", (1, 0, true));
        // What they dropped and I changed stays as I have it.
        check("a\nb\nc", "a\nmine\nc", "a\nc", "a\nmine\nc", (0, 0, true));
    }

    #[test]
    fn a_merge_loses_no_line_of_mine_and_none_that_is_new_in_theirs() {
        let mut random = Seeded::new(5);
        for _ in 0..2_000 {
            let mut text = |tag: char| {
                let line = |number: usize| if number < 5 { format!("line {number}") } else { format!("{tag}{number}") };
                (0..random.below(6)).map(|_| line(random.below(8))).collect::<Vec<_>>().join("\n")
            };
            let (base, mine, theirs) = (text('b'), text('m'), text('t'));
            let merged = merge(&base, &mine, &theirs).text;
            let has = |line: &str| merged.split('\n').any(|other| other == line);
            for line in lines(&mine).into_iter().filter(|line| line.starts_with('m')) {
                assert!(has(line), "{base:?} {mine:?} {theirs:?}: {merged:?}");
            }
            for line in lines(&theirs).into_iter().filter(|line| line.starts_with('t')) {
                assert!(has(line), "{base:?} {mine:?} {theirs:?}: {merged:?}");
            }
            assert_eq!(merge(&base, &base, &theirs).text, theirs);
            assert_eq!(merge(&base, &mine, &base).text, mine);
            assert_eq!(merge(&base, &theirs, &theirs).text, theirs);
        }
    }
}
