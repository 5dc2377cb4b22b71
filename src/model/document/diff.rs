//! What changed between two wordings: whole words, found line by line first.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A place where the wordings differ, in scalar values of the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    /// Where it starts in the old wording.
    pub(super) at: usize,
    /// How much of the old wording goes.
    pub(super) gone: usize,
    /// What comes in its place.
    pub(super) new: String,
}

/// Lines or words that are compared with each other, at most; beyond, the block is replaced whole.
const COMPARED_MAX: usize = 20_000;

/// Returns the hunks, ascending, none touching another.
pub(super) fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let (old_lines, new_lines) = (lines(old), lines(new));
    compare(&old_lines, &new_lines, 0, &mut hunks, &mut |at, old, new, hunks| {
        let (old, new) = (old.concat(), new.concat());
        compare(&words(&old), &words(&new), at, hunks, &mut |at, old, new, hunks| {
            let gone = old.iter().map(|piece| scalars(piece)).sum();
            hunks.push(Hunk { at, gone, new: new.concat() });
        });
    });
    hunks
}

/// Returns how many scalar values go and come between two wordings.
pub fn distance(old: &str, new: &str) -> usize {
    hunks(old, new).iter().map(|hunk| hunk.gone + scalars(&hunk.new)).sum()
}

type Differ<'f> = &'f mut dyn FnMut(usize, &[&str], &[&str], &mut Vec<Hunk>);

fn compare(old: &[&str], new: &[&str], mut at: usize, hunks: &mut Vec<Hunk>, differ: Differ<'_>) {
    let first = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    at += old[..first].iter().map(|piece| scalars(piece)).sum::<usize>();
    let (old, new) = (&old[first..], &new[first..]);
    let last = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - last], &new[..new.len() - last]);
    if old.is_empty() && new.is_empty() {
        return;
    }
    if old.len() + new.len() > COMPARED_MAX {
        differ(at, old, new, hunks);
        return;
    }
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
        if !matches!(op, DiffOp::Equal { .. }) {
            differ(at, old, new, hunks);
        }
        at += old.iter().map(|piece| scalars(piece)).sum::<usize>();
    }
}

fn scalars(text: &str) -> usize {
    text.chars().count()
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut inside = false;
    for (byte, character) in text.char_indices() {
        let word = character.is_alphanumeric();
        if byte > start && !(word && inside) {
            words.push(&text[start..byte]);
            start = byte;
        }
        inside = word;
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(old: &str, hunks: &[Hunk]) -> String {
        let mut characters: Vec<char> = old.chars().collect();
        for hunk in hunks.iter().rev() {
            characters.splice(hunk.at..hunk.at + hunk.gone, hunk.new.chars());
        }
        characters.into_iter().collect()
    }

    #[test]
    fn hunks_are_small_and_right() {
        let check = |old: &str, new: &str, count: usize| {
            let found = hunks(old, new);
            assert_eq!(apply(old, &found), new, "{old:?} to {new:?}: {found:?}");
            assert_eq!(found.len(), count, "{old:?} to {new:?}: {found:?}");
        };
        check("", "", 0);
        check("", "eau", 1);
        check("eau", "", 1);
        check("l'été arrive", "l'hiver arrive", 1);
        check("un\ndeux\ntrois\n", "un\nDeux\ntrois\nquatre\n", 2);
        check("boire de l'eau claire", "boire l'eau très claire", 2);
    }

    #[test]
    fn a_huge_rewriting_is_one_hunk() {
        let old = "a b ".repeat(9_000);
        let new = "c d ".repeat(9_000);
        let found = hunks(&old, &new);
        assert_eq!((found.len(), apply(&old, &found)), (1, new));
    }
}
