//! Positions of items: fractions between 0 and 1 in base 256, without trailing zeros.

use super::POSITION_BYTES_MAX;

/// Distance between items that are put at an end, in the unit of four bytes: 32,768 of them fit on each side.
const STEP: u32 = 1 << 16;

/// Returns a position between two; `None` stands for the start and the end. When nothing fits between, it is the left
/// one again: items at one position stand in the order of their ids.
pub(super) fn between(left: Option<&[u8]>, right: Option<&[u8]>) -> Vec<u8> {
    let position = match (left, right) {
        (None, None) => vec![0x80],
        (Some(left), None) => match prefix(left).checked_add(STEP) {
            Some(next) => trimmed(&(next & !(STEP - 1)).to_be_bytes()),
            None => middle(left, None),
        },
        (None, Some(right)) => match prefix(right).checked_sub(STEP) {
            Some(next) if next >= STEP => trimmed(&(next & !(STEP - 1)).to_be_bytes()),
            _ => middle(&[], Some(right)),
        },
        (Some(left), Some(right)) => middle(left, Some(right)),
    };
    let above = left.is_none_or(|left| position.as_slice() > left);
    let below = right.is_none_or(|right| position.as_slice() < right);
    if above && below && position.len() <= POSITION_BYTES_MAX && position.last().is_some_and(|&byte| byte != 0) {
        return position;
    }
    left.or(right).map_or_else(|| vec![0x80], <[u8]>::to_vec)
}

fn prefix(position: &[u8]) -> u32 {
    (0..4).fold(0, |prefix, place| prefix << 8 | u32::from(position.get(place).copied().unwrap_or(0)))
}

fn trimmed(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    bytes[..end].to_vec()
}

/// Returns the shortest fraction about half-way.
fn middle(left: &[u8], right: Option<&[u8]>) -> Vec<u8> {
    let mut position = Vec::new();
    let mut bounded = right;
    for place in 0..=POSITION_BYTES_MAX {
        let low = u16::from(left.get(place).copied().unwrap_or(0));
        let high = match bounded {
            Some(right) => u16::from(right.get(place).copied().unwrap_or(0)),
            None => 256,
        };
        if high > low + 1 {
            position.push(((low + high) / 2) as u8);
            return position;
        }
        if high > low {
            bounded = None;
        }
        position.push(low as u8);
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_keep_their_order() {
        let mut positions: Vec<Vec<u8>> = Vec::new();
        let mut state = 7u32;
        for round in 0..3_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let place = match round % 3 {
                0 => positions.len(),
                1 => 0,
                _ => state as usize % (positions.len() + 1),
            };
            let left = place.checked_sub(1).and_then(|left| positions.get(left)).cloned();
            let new = between(left.as_deref(), positions.get(place).map(Vec::as_slice));
            assert!(!new.is_empty() && new.len() <= POSITION_BYTES_MAX && new.last() != Some(&0));
            positions.insert(place, new);
        }
        assert!(positions.is_sorted(), "round by round");
        let longest = positions.iter().map(Vec::len).max();
        assert!(longest <= Some(8), "positions grow slowly: {longest:?}");
    }

    #[test]
    fn no_room_gives_the_left_one() {
        let left = [vec![1; 63], vec![1]].concat();
        let right = [vec![1; 63], vec![2]].concat();
        assert_eq!(between(Some(&left), Some(&right)), left);
        assert_eq!(between(Some(&[255; 64]), None), [255; 64]);
        assert_eq!(between(None, Some(&[1])), [0, 255]);
        assert_eq!(between(None, Some(&[0, 0, 1])), [0, 0, 0, 128]);
    }
}
