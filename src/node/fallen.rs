//! Peers that offered less than they held: seen at the beginning of a session, by what both held when one was last
//! complete. A carrier that went back, or holds something back, shows itself so; so does a machine restored from an older
//! copy. A peer that never had an entry is only behind, and nothing is said of it.
//!
//! ```text
//!  local  fallen/ device(32)      Record, JSON
//! ```

use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::error::Error;
use super::names::{Names, instant};
use super::reply::FallenRow;
use crate::model::{DeviceId, MemberId, SpaceId, Timestamp};
use crate::store::Reader;
use crate::sync::Fallen;

const FALLEN: &[u8] = b"fallen/";
/// Most devices of which this is remembered: each is in the roster, and few ever go back.
const ROWS_MAX: usize = 1_000;

/// What is remembered of a device that offered less.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Record {
    member: Option<MemberId>,
    times: u64,
    /// Claimed time of the last complete session before.
    since: Timestamp,
    /// Claimed time of the session that showed it.
    at: Timestamp,
    entries: u64,
    payloads: u64,
    spaces: Vec<SpaceId>,
    /// A session was complete since: it has all again.
    again: bool,
}

/// When a peer was met, and when before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meeting {
    pub(crate) before: Option<Timestamp>,
    pub(crate) now: Timestamp,
    pub(crate) complete: bool,
}

impl Engine {
    /// Notes what a session showed of a peer: that it offered less, or that it has all again.
    pub(crate) fn note_fallen(
        &mut self,
        device: DeviceId,
        fallen: &[(SpaceId, Fallen)],
        meeting: Meeting,
    ) -> Result<(), Error> {
        let key = [FALLEN, &device.0].concat();
        let known = self.reading(|reader| Ok(reader.local(&key)?))?;
        let known = known.and_then(|value| serde_json::from_slice::<Record>(&value).ok());
        let mut record = match known {
            Some(record) if fallen.is_empty() && (record.again || !meeting.complete) => return Ok(()),
            None if fallen.is_empty() => return Ok(()),
            known => known.unwrap_or_default(),
        };
        if !fallen.is_empty() {
            record.member = self.state().device(device).or(record.member);
            record.times += 1;
            (record.since, record.at) = (meeting.before.unwrap_or(meeting.now), meeting.now);
            let sum = |count: fn(&Fallen) -> u64| fallen.iter().map(|(_, fallen)| count(fallen)).sum();
            (record.entries, record.payloads) = (sum(|fallen| fallen.entries), sum(|fallen| fallen.payloads));
            record.spaces = fallen.iter().map(|(space, _)| *space).collect();
        }
        record.again = meeting.complete;
        let value = serde_json::to_vec(&record).map_err(Error::internal)?;
        let open = self.is_open();
        self.begin()?;
        self.writer().put_local(&key, &value)?;
        if open { Ok(()) } else { self.finish().map(drop) }
    }

    /// Says when a session with one of a member's nodes was last complete.
    pub(crate) fn last_complete(&self, member: MemberId) -> Option<Timestamp> {
        let peers = self.reading(|reader| self.peers(reader)).unwrap_or_default();
        peers.into_iter().filter(|peer| peer.member == Some(member)).filter_map(|peer| peer.complete).max()
    }

    /// Lists the devices that offered less than they held; of one member alone where one is named.
    pub(crate) fn fallen(&self, reader: &Reader, of: Option<MemberId>) -> Result<Vec<FallenRow>, Error> {
        let names = Names::new(self, reader);
        let mut out = Vec::new();
        for (key, value) in reader.local_rows(FALLEN, None, ROWS_MAX)? {
            let device = key.get(FALLEN.len()..).and_then(DeviceId::from_slice);
            let record = serde_json::from_slice::<Record>(&value).ok();
            let (Some(device), Some(record)) = (device, record) else { continue };
            if of.is_some() && record.member != of {
                continue;
            }
            out.push(FallenRow {
                member: record.member.map_or(Ok(String::new()), |id| Ok::<_, Error>(names.member(id)?.0))?,
                role: record.member.map_or("stranger", |id| self.role_of(id)).to_owned(),
                device: device.to_string(),
                since: instant(record.since),
                at: instant(record.at),
                times: record.times,
                entries: record.entries,
                payloads: record.payloads,
                spaces: record.spaces.iter().map(|space| names.space(*space)).collect(),
                again: record.again,
            });
        }
        Ok(out)
    }
}
