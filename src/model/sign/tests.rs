//! Signatures hold for what was signed, and for nothing else.

use super::*;
use crate::model::testing::Seeded;

fn key(seed: u64) -> Signing {
    Signing::from_seed(&Seeded::new(seed).array())
}

#[test]
fn entry_signature_is_of_one_device_and_one_id() {
    let key = key(1);
    let id = EntryId([5; 32]);
    let signature = key.entry(id);
    assert!(verify_entry(key.public(), id, &signature));
    assert_eq!(key.entry(id), signature);
    assert_eq!(Signing::from_seed(&key.seed()).public(), key.public());
    assert!(!verify_entry(self::key(2).public(), id, &signature));
    assert!(!verify_entry(key.public(), EntryId([6; 32]), &signature));
    for bit in 0..512 {
        let mut altered = signature;
        altered.0[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify_entry(key.public(), id, &altered), "bit {bit}");
    }
    assert_eq!(Signature::from_slice(&signature.0), Some(signature));
    assert_eq!(Signature::from_slice(&signature.0[1..]), None);
    assert!(!format!("{signature:?}").contains(&data_encoding::HEXLOWER.encode(&signature.0)));
}

/// A signature for one purpose is none for another, even over the same bytes.
#[test]
fn purposes_are_apart() {
    let key = key(1);
    let id = EntryId([5; 32]);
    assert!(!verify_entry(key.public(), id, &key.session(&id.0)));
    assert!(!verify_session(key.public(), &id.0, &key.entry(id)));
    assert!(verify_session(key.public(), &id.0, &key.session(&id.0)));
    let proof =
        AdmissionProof { community: CommunityId([1; 32]), invitation: id, device: key.public(), agreement: [2; 32] };
    let signature = key.admission(&proof);
    assert!(proof.verify(key.public(), &signature));
    assert!(!verify_session(key.public(), &proof.bytes(), &signature));
    for other in [
        AdmissionProof { community: CommunityId([9; 32]), ..proof },
        AdmissionProof { invitation: EntryId([9; 32]), ..proof },
        AdmissionProof { device: DeviceId([9; 32]), ..proof },
        AdmissionProof { agreement: [9; 32], ..proof },
    ] {
        assert!(!other.verify(key.public(), &signature));
    }
}

/// With a key of small order one signature would hold for many messages; s + L is a second form of the same signature.
#[test]
fn weak_keys_and_second_forms_are_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut forged = Signature([0; 64]);
    forged.0[..32].copy_from_slice(&identity);
    for weak in [identity, [0; 32]] {
        assert!(!verify_entry(DeviceId(weak), EntryId([5; 32]), &forged));
    }
    let key = key(3);
    let id = EntryId([7; 32]);
    let mut second = key.entry(id);
    let order = data_encoding::HEXLOWER
        .decode(b"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        .expect("hex");
    let mut carry = 0;
    for (byte, add) in second.0[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert!(!verify_entry(key.public(), id, &second));
}
