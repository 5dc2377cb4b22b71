//! Blame: what a peer sent that it could have known to be wrong.
//!
//! A run whose signature is no signature, an entry of another community, a payload that is not the one its header names,
//! a message that breaks a rule: each of these an honest program finds before it hands anything on. What is void, hangs in
//! the air or comes from nobody is to blame on its author alone.

use super::{Call, MALFORMED, Session, Stop};
use crate::model::id::DeviceId;

/// Times that a peer may send what it could have known to be wrong, before the session ends.
const STRIKES_MAX: u32 = 10;

impl Session {
    /// Counts what the peer could have known to be wrong.
    pub(super) fn strike(&mut self) -> Result<(), Stop> {
        self.counts.strikes += 1;
        if self.counts.strikes >= STRIKES_MAX { Err(MALFORMED) } else { Ok(()) }
    }

    /// Tells the replica what the peer's device is to blame for, since there were so many strikes.
    pub(super) fn blame(&self, before: u32, step: Result<(), Stop>, call: &mut Call<'_>) {
        let Some((device, now)) = self.peer.zip(self.last_input) else { return };
        let strikes = self.counts.strikes - before;
        let times = if strikes == 0 { u32::from(step == Err(MALFORMED)) } else { strikes };
        if times > 0 && !call.replica.barred(self.community, device, now) {
            call.replica.blame(self.community, device, times, now);
        }
    }

    /// Ends the session where the peer's device is to blame too often, in this one or in others.
    pub(super) fn check_barred(&self, device: DeviceId, call: &Call<'_>) -> Result<(), Stop> {
        let barred = self.last_input.is_some_and(|now| call.replica.barred(self.community, device, now));
        if barred { Err(MALFORMED) } else { Ok(()) }
    }
}
