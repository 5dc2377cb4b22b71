//! Keys open what was sealed to them, where it was sealed, and nothing else.

use super::*;
use crate::model::testing::Seeded;

const SPACE: SpaceId = SpaceId([1; 16]);
const EPOCH: EpochId = EpochId([2; 8]);

#[test]
fn sealed_bytes_open_under_one_key_and_place() {
    let mut random = Seeded::new(1);
    let key = SpaceKey::generate(&mut random);
    let sealed = key.seal(b"place", b"words", &mut random);
    assert_eq!(sealed.len(), 24 + 5 + 16);
    assert_eq!(key.open(b"place", &sealed), Ok(b"words".to_vec()));
    assert_eq!(key.open(b"other", &sealed), Err(SealError));
    assert_eq!(SpaceKey::generate(&mut random).open(b"place", &sealed), Err(SealError));
    assert_ne!(key.seal(b"place", b"words", &mut random), sealed, "each has a nonce of its own");
    assert_eq!(SpaceKey::from_bytes(*key.bytes()), key);
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 0x40;
        assert_eq!(key.open(b"place", &altered), Err(SealError));
        assert_eq!(key.open(b"place", &sealed[..at]), Err(SealError));
    }
}

#[test]
fn key_copies_open_for_their_holder_space_and_epoch() {
    let mut random = Seeded::new(2);
    let key = SpaceKey::generate(&mut random);
    let holder = Agreement::from_seed(&random.array());
    let other = Agreement::from_seed(&random.array());
    let copy = copy_key_to(&holder.public(), SPACE, EPOCH, &key, &mut random);
    assert_eq!(copy.sealed.len(), 48);
    assert!(holder.open_copy(SPACE, EPOCH, &copy) == Ok(key.clone()));
    assert!(Agreement::from_seed(&holder.seed()).open_copy(SPACE, EPOCH, &copy) == Ok(key.clone()));
    assert!(other.open_copy(SPACE, EPOCH, &copy).is_err());
    assert!(holder.open_copy(SpaceId([9; 16]), EPOCH, &copy).is_err());
    assert!(holder.open_copy(SPACE, EpochId::ZERO, &copy).is_err());
    for altered in [
        KeyCopy { ephemeral: other.public().to_vec(), ..copy.clone() },
        KeyCopy { ephemeral: vec![0; 32], ..copy.clone() },
        KeyCopy { ephemeral: vec![1; 31], ..copy.clone() },
        KeyCopy { sealed: Vec::new(), ..copy.clone() },
        KeyCopy { sealed: copy.sealed[..47].to_vec(), ..copy.clone() },
    ] {
        assert!(holder.open_copy(SPACE, EPOCH, &altered).is_err());
    }
}

/// A public key of small order would make the shared secret known to everybody.
#[test]
fn shared_secret_of_nobody_is_refused() {
    let mut random = Seeded::new(3);
    let key = SpaceKey::generate(&mut random);
    let copy = copy_key_to(&[0; 32], SPACE, EPOCH, &key, &mut random);
    let holder = Agreement::from_seed(&random.array());
    let altered = KeyCopy { ephemeral: vec![0; 32], ..copy };
    assert!(holder.open_copy(SPACE, EPOCH, &altered).is_err());
}

#[test]
fn earlier_keys_open_under_the_new_one() {
    let mut random = Seeded::new(4);
    let (earlier, key) = (SpaceKey::generate(&mut random), SpaceKey::generate(&mut random));
    let wrapped = key.wrap(SPACE, EPOCH, &earlier, &mut random);
    assert!(key.unwrap_key(SPACE, &wrapped) == Ok(earlier.clone()));
    assert!(earlier.unwrap_key(SPACE, &wrapped).is_err());
    assert!(key.unwrap_key(SpaceId([9; 16]), &wrapped).is_err());
    let renamed = WrappedKey { epoch: vec![9; 8], ..wrapped };
    assert!(key.unwrap_key(SPACE, &renamed).is_err());
}

#[test]
fn commitments_tell_keys_spaces_and_secrets_apart() {
    let mut random = Seeded::new(5);
    let (one, other) = (SpaceKey::generate(&mut random), SpaceKey::generate(&mut random));
    assert_ne!(one.commitment(SPACE), other.commitment(SPACE));
    assert_ne!(one.commitment(SPACE), one.commitment(SpaceId([9; 16])));
    let secret = [3; 32];
    let derived = [secret_commitment(&secret), *invitation_signing_seed(&secret), *invitation_agreement_seed(&secret)];
    assert!(derived.iter().all(|bytes| *bytes != secret));
    assert!(derived[0] != derived[1] && derived[1] != derived[2] && derived[0] != derived[2]);
    assert_eq!(format!("{one:?}"), "SpaceKey");
}
