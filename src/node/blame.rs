//! Devices that sent what they could have known to be wrong: after ten times in an hour nobody here talks to them, until an
//! hour has passed since the last.
//!
//! Kept in memory: who starts the node anew forgives. It is the device that is named, for a transport key costs nothing;
//! and only what the device itself could have checked counts, so that nobody is barred for handing on what others wrote.

use std::collections::BTreeMap;

use crate::model::{DeviceId, Timestamp};

/// Times in an hour.
const TIMES_MAX: u32 = 10;
/// How long a device is left alone, in milliseconds: an hour.
const WHILE_MS: i64 = 3_600_000;
/// Devices remembered: all of a large community's that could turn bad at once.
const DEVICES_MAX: usize = 256;

/// What each device is to blame for.
#[derive(Debug, Default)]
pub(crate) struct Blamed(BTreeMap<DeviceId, Blame>);

#[derive(Debug, Clone, Copy)]
struct Blame {
    times: u32,
    last: Timestamp,
}

impl Blame {
    /// A clock that is set back forgives.
    fn lasts(&self, now: Timestamp) -> bool {
        now >= self.last && now.0.saturating_sub(self.last.0) < WHILE_MS
    }
}

impl Blamed {
    /// Notes that a device sent something forged, so many times.
    pub(crate) fn add(&mut self, device: DeviceId, times: u32, now: Timestamp) {
        self.0.retain(|_, blame| blame.lasts(now));
        if !self.0.contains_key(&device) && self.0.len() >= DEVICES_MAX {
            let oldest = self.0.iter().min_by_key(|(_, blame)| blame.last).map(|(device, _)| *device);
            oldest.map(|device| self.0.remove(&device));
        }
        let blame = self.0.entry(device).or_insert(Blame { times: 0, last: now });
        *blame = Blame { times: blame.times.saturating_add(times), last: now };
    }

    /// Tells whether nobody talks to a device now.
    pub(crate) fn bars(&self, device: DeviceId, now: Timestamp) -> bool {
        self.0.get(&device).is_some_and(|blame| blame.times >= TIMES_MAX && blame.lasts(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u64) -> DeviceId {
        DeviceId(std::array::from_fn(|at| number.to_le_bytes().get(at).copied().unwrap_or(1)))
    }

    #[test]
    fn the_tenth_time_in_an_hour_bars_for_an_hour() {
        let mut blamed = Blamed::default();
        (1..TIMES_MAX).for_each(|_| blamed.add(device(1), 1, Timestamp(5)));
        assert!(!blamed.bars(device(1), Timestamp(5)));
        blamed.add(device(1), 1, Timestamp(10));
        for (now, barred) in [(10, true), (9 + WHILE_MS, true), (10 + WHILE_MS, false), (9, false)] {
            assert_eq!(blamed.bars(device(1), Timestamp(now)), barred, "at {now}");
        }
        assert!(!blamed.bars(device(2), Timestamp(10)));
    }

    #[test]
    fn what_is_an_hour_old_is_forgotten() {
        let mut blamed = Blamed::default();
        blamed.add(device(1), TIMES_MAX - 1, Timestamp(0));
        blamed.add(device(1), 1, Timestamp(WHILE_MS));
        assert!(!blamed.bars(device(1), Timestamp(WHILE_MS)));
    }

    #[test]
    fn only_so_many_devices_are_remembered() {
        let mut blamed = Blamed::default();
        for number in 0..=DEVICES_MAX as u64 {
            blamed.add(device(number), TIMES_MAX, Timestamp(number as i64));
        }
        assert_eq!(blamed.0.len(), DEVICES_MAX);
        let now = Timestamp(DEVICES_MAX as i64);
        assert!(!blamed.bars(device(0), now) && blamed.bars(device(1), now));
    }
}
