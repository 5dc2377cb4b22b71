//! Words that people compare or write down: `bip39` is named here alone.
//!
//! One list for all languages, English: who compares six words must see the same ones whatever the language of their
//! screen, and a key written on paper must be read by any node.

use bip39::{Language, Mnemonic};
use zeroize::Zeroizing;

use crate::model::sign::Signing;
use crate::model::{CommunityId, EntryId};

const RECOVERY_CONTEXT: &str = "repertoire 1 person recovery";
const COMMUNITY_CONTEXT: &str = "repertoire 1 community recovery";
const BACKUP_CONTEXT: &str = "repertoire 1 printed key backup";
const SIX_CONTEXT: &str = "repertoire 1 six words";
/// How many words are compared: 66 bits, which nobody can aim at after the newcomer's key is made.
const SIX: usize = 6;
/// Bits of one word.
const WORD_BITS: usize = 11;

/// Returns the six words that a newcomer and an animator compare.
///
/// Both ids are hashes over public keys: the invitation's over those of who invited and the one-time ones, the
/// admission's over those of the newcomer. Whoever stands between shows each side another key, and so other words.
pub(crate) fn six(community: CommunityId, invitation: EntryId, admission: EntryId) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(SIX_CONTEXT);
    let hash = *hasher.update(&community.0).update(&invitation.0).update(&admission.0).finalize().as_bytes();
    let bit = |at: usize| usize::from(hash[at / 8] >> (7 - at % 8) & 1);
    let word = |n: usize| (0..WORD_BITS).fold(0, |index, at| index << 1 | bit(n * WORD_BITS + at));
    let list = Language::English.word_list();
    (0..SIX).map(|n| list[word(n)]).collect::<Vec<_>>().join(" ")
}

/// Returns the 24 words of a printed key.
pub(crate) fn printed(seed: &Zeroizing<[u8; 32]>) -> Zeroizing<String> {
    let mnemonic = Mnemonic::from_entropy(&**seed).expect("32 bytes make 24 words");
    Zeroizing::new(mnemonic.words().collect::<Vec<_>>().join(" "))
}

/// Reads the 24 words of a printed key, whatever stands between them; none where a word or the checksum is wrong.
pub(crate) fn seed(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let mnemonic = Mnemonic::parse_in_normalized(Language::English, &Zeroizing::new(words.join(" "))).ok()?;
    let entropy = Zeroizing::new(mnemonic.to_entropy());
    entropy.as_slice().try_into().ok().map(Zeroizing::new)
}

/// Returns the signing key of a person's printed key; its public key stands in the entry that brought the person in.
pub(crate) fn recovery(seed: &Zeroizing<[u8; 32]>) -> Signing {
    Signing::from_seed(&blake3::derive_key(RECOVERY_CONTEXT, &**seed))
}

/// Returns the signing key by which the founder's printed key brings back a community that lost all who govern.
pub(crate) fn community_recovery(seed: &Zeroizing<[u8; 32]>) -> Signing {
    Signing::from_seed(&blake3::derive_key(COMMUNITY_CONTEXT, &**seed))
}

/// Returns the key that backups are sealed under where no passphrase is given. It stays on the machine: it opens nothing
/// else, and the printed key doesn't follow from it.
pub(crate) fn backup_key(seed: &Zeroizing<[u8; 32]>) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(blake3::derive_key(BACKUP_CONTEXT, &**seed))
}

/// Tells whether words that somebody typed are these, whatever stands between them.
pub(crate) fn same(typed: &str, words: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    split(typed) == split(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_key_is_read_as_people_write_it() {
        let mine = Zeroizing::new([0x5a; 32]);
        let words = printed(&mine);
        assert_eq!(words.split(' ').count(), 24);
        assert_eq!(seed(&words), Some(mine));
        let numbered: Vec<String> =
            words.split(' ').enumerate().map(|(at, word)| format!("{}. {}", at + 1, word.to_uppercase())).collect();
        assert_eq!(seed(&numbered.join("\n")), seed(&words));
        assert_eq!(seed(words.rsplit_once(' ').expect("words").0), None);
        assert_eq!(seed(&format!("zoo {}", words.split_once(' ').expect("words").1)), None);
    }

    #[test]
    fn words_follow_from_both_sides() {
        let of = |c: u8, i: u8, a: u8| six(CommunityId([c; 32]), EntryId([i; 32]), EntryId([a; 32]));
        let words = of(1, 2, 3);
        assert_eq!(words.split(' ').count(), 6);
        assert_eq!(words, of(1, 2, 3));
        for other in [of(9, 2, 3), of(1, 9, 3), of(1, 2, 9)] {
            let shared = words.split(' ').zip(other.split(' ')).filter(|(a, b)| a == b).count();
            assert!(shared <= 1, "{words} / {other}");
        }
        assert!(same(&words.to_uppercase().replace(' ', ", "), &words));
        assert!(!same(&words.replacen(words.split(' ').next().unwrap_or_default(), "zoo", 1), &words));
        assert!(!same("", &words));
    }
}
