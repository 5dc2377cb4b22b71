//! A set of small numbers that is mostly a full beginning: the past of an act among the acts known.

/// Numbers below `64 * full` are all in; the rest is one bit each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Bits {
    full: usize,
    words: Vec<u64>,
}

impl Bits {
    /// Returns all numbers below `count`.
    pub(super) fn all(count: usize) -> Bits {
        let words = if count.is_multiple_of(64) { Vec::new() } else { vec![(1 << (count % 64)) - 1] };
        Bits { full: count / 64, words }
    }

    pub(super) fn has(&self, number: usize) -> bool {
        let word = number / 64;
        word < self.full || self.words.get(word - self.full).is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }

    pub(super) fn insert(&mut self, number: usize) {
        let Some(word) = (number / 64).checked_sub(self.full) else { return };
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (number % 64);
        self.shorten();
    }

    pub(super) fn unite(&mut self, other: &Bits) {
        if other.full > self.full {
            let known = (other.full - self.full).min(self.words.len());
            self.words.drain(..known);
            self.full = other.full;
        }
        let skipped = self.full - other.full;
        let rest = other.words.get(skipped..).unwrap_or_default();
        if self.words.len() < rest.len() {
            self.words.resize(rest.len(), 0);
        }
        self.words.iter_mut().zip(rest).for_each(|(mine, theirs)| *mine |= theirs);
        self.shorten();
    }

    /// Keeps what is in both.
    pub(super) fn intersect(&mut self, other: &Bits) {
        let words = (self.full + self.words.len()).min(other.full + other.words.len());
        let full = self.full.min(other.full);
        self.words = (full..words).map(|word| self.word(word) & other.word(word)).collect();
        self.full = full;
        self.shorten();
    }

    /// Lists what is not in the other, ascending.
    pub(super) fn without(&self, other: &Bits) -> Vec<usize> {
        let first = self.full.min(other.full);
        let words = first..self.full + self.words.len();
        let bits = |word: usize| self.word(word) & !other.word(word);
        words.flat_map(|word| numbers(word, bits(word))).collect()
    }

    /// Returns the greatest number.
    pub(super) fn last(&self) -> Option<usize> {
        let words = self.full + self.words.len();
        let word = (0..words).rev().find(|&word| self.word(word) != 0)?;
        Some(64 * word + 63 - self.word(word).leading_zeros() as usize)
    }

    fn word(&self, word: usize) -> u64 {
        if word < self.full { u64::MAX } else { self.words.get(word - self.full).copied().unwrap_or_default() }
    }

    pub(super) fn len(&self) -> usize {
        64 * self.full + self.words.iter().map(|bits| bits.count_ones() as usize).sum::<usize>()
    }

    /// Goes through the numbers, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let start = 64 * self.full;
        let rest = self.words.iter().enumerate().flat_map(move |(word, &bits)| numbers(self.full + word, bits));
        (0..start).chain(rest)
    }

    fn shorten(&mut self) {
        let full = self.words.iter().take_while(|&&bits| bits == u64::MAX).count();
        self.words.drain(..full);
        self.full += full;
        // Nothing after the last number, so that the same set is the same value.
        let used = self.words.iter().rposition(|&bits| bits != 0).map_or(0, |last| last + 1);
        self.words.truncate(used);
    }
}

/// Goes through the numbers of one word.
fn numbers(word: usize, bits: u64) -> impl Iterator<Item = usize> {
    let mut left = bits;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
        left &= left - 1;
        Some(64 * word + bit)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Bits;

    fn bits(numbers: &BTreeSet<usize>) -> Bits {
        let mut bits = Bits::default();
        numbers.iter().rev().for_each(|&number| bits.insert(number));
        bits
    }

    proptest! {
        #[test]
        fn is_a_set(
            full in 0_usize..200,
            left in proptest::collection::btree_set(0_usize..300, 0..50),
            right in proptest::collection::btree_set(0_usize..300, 0..50),
        ) {
            let left: BTreeSet<usize> = left.into_iter().chain(0..full).collect();
            let both: BTreeSet<usize> = left.union(&right).copied().collect();
            for (mut into, other) in [(bits(&left), bits(&right)), (bits(&right), bits(&left))] {
                into.unite(&other);
                prop_assert_eq!(into.iter().collect::<BTreeSet<_>>(), both.clone());
                prop_assert_eq!(into.len(), both.len());
                prop_assert!((0..400).all(|number| into.has(number) == both.contains(&number)));
                prop_assert_eq!(into.last(), both.last().copied());
                let rest: BTreeSet<usize> = into.without(&other).into_iter().collect();
                prop_assert_eq!(rest, both.iter().copied().filter(|&number| !other.has(number)).collect());
                into.intersect(&other);
                prop_assert_eq!(into, other);
            }
            let whole = Bits::all(full);
            prop_assert_eq!(whole, bits(&(0..full).collect()));
        }
    }
}
