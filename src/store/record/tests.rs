//! Damaged rows are refused, and never make a panic.

use super::{Bytes, Number, Record, decode_payload, put_varint, unzigzag, zigzag};
use crate::model::{Chain, CommunityId, DeviceId, EntryId, Incarnation, SpaceId};

#[test]
fn numbers_come_back() {
    for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
        let mut out = Vec::new();
        put_varint(&mut out, value);
        assert_eq!(Bytes(&out).varint().expect("a number"), value);
        assert_eq!(zigzag(unzigzag(value)), value);
    }
    assert!(Bytes(&[0x80; 11]).varint().is_err());
}

proptest::proptest! {
    #[test]
    fn any_row_is_read_without_a_panic(row: Vec<u8>, number: u64) {
        let chain = Chain { space: SpaceId::ZERO, device: DeviceId::ZERO, incarnation: Incarnation::ZERO };
        let _ = decode_payload(&row);
        let _ = Record::id(&row);
        if let Ok(record) = Record::decode(Number(number), &row) {
            let _ = record.expand(Number(number), chain, CommunityId::ZERO, |_| Ok(EntryId::ZERO));
            let _ = (record.root(), record.kind());
            assert_eq!(Record::decode(Number(number), &record.encode(Number(number))).expect("again"), record);
        }
    }
}
