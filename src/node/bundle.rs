//! Bundles: entries in a file, for members whom no network reaches. The format is in `proto/bundle.proto`.
//!
//! ```text
//!  create   store ──▶ runs ──▶ records ──▶ chunks, sealed ──▶ file beside, renamed when whole
//!  apply    file ──▶ chunks ──▶ records ──▶ checked, all of them
//!           file ──▶ chunks ──▶ records ──▶ the door that all entries take, some hundreds a transaction
//! ```
//!
//! A bundle is read twice, so that of a damaged one nothing is taken, and neither writing nor reading holds more of it in
//! memory than a chunk and a run.

mod file;

use std::path::Path;

use super::Node;
use super::engine::{Changes, Engine};
use super::env::Env;
use super::error::Error;
use super::names::Names;
use super::replica::{frontier, recall_key};
use super::reply::{BundleApplied, BundleHead, BundleWritten};
use crate::model::entry::RUN_MAX;
use crate::model::{Chain, CommunityId, DeviceId, EntryId, MemberId, SpaceId};
use crate::store::{Reader, StoreError};
use crate::sync::bundle::{Head, Record, Writer};
use crate::sync::{Accepted, Frontier, Held, Portion, Replica, Tip};

/// Entries taken up into one transaction, about.
const BATCH: usize = 1_000;
/// What a device said in a bundle that it holds, by space.
const HAS: &[u8] = b"bundle/has/";
/// The number of the last bundle written for a member.
const NUMBER: &[u8] = b"bundle/number/";

/// What reading a bundle came to so far.
#[derive(Default)]
struct Tally {
    head: Option<Head>,
    spaces: Vec<(SpaceId, Frontier)>,
    entries: u64,
    new: u64,
    waiting: u64,
    refused: u64,
}

impl Engine {
    /// Writes a bundle for a member, of what they are not known to hold, or of everything for whoever finds it.
    pub(crate) fn create_bundle(
        &mut self,
        env: &mut Env,
        to: Option<&str>,
        path: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BundleWritten, Error> {
        let to = match to {
            Some(name) => Some(self.reading(|reader| Names::new(self, reader).member_named(name))?),
            None => None,
        };
        let number = match to {
            Some(member) => self.reading(|reader| self.bundle_number(reader, member))? + 1,
            None => 0,
        };
        let head = Head {
            community: self.community(),
            device: self.keys.device(),
            member: self.keys.member,
            to,
            number,
            after: 0,
            confirms: 0,
            time: env.now().0,
        };
        let mut out = file::Out::create(path, &self.keys.secret, env)?;
        let (entries, payloads) = self.reading(|reader| self.fill(reader, &head, &mut out, progress))?;
        let bytes = out.end()?;
        if let Some(member) = to {
            self.begin()?;
            self.writer().put_local(&[NUMBER, &member.0].concat(), &number.to_le_bytes())?;
            self.finish()?;
        }
        let to = to.map_or_else(String::new, |to| self.handle_of(to));
        Ok(BundleWritten { file: path.display().to_string(), to, number, entries, payloads, bytes })
    }

    fn bundle_number(&self, reader: &Reader, member: MemberId) -> Result<u64, Error> {
        let bytes = reader.local(&[NUMBER, &member.0].concat())?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes))
    }

    fn fill(
        &self,
        reader: &Reader,
        head: &Head,
        out: &mut file::Out,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(u64, u64), Error> {
        let mut all = Vec::new();
        for space in self.bundle_spaces(head.to) {
            all.push((space, frontier(reader, space)?));
        }
        let tips = all.iter().flat_map(|(_, frontier)| frontier.iter()).flat_map(|(_, tips)| tips);
        let total: u64 = tips.map(|tip| tip.seq).sum();
        let mut writer = Writer::new();
        out.put(&writer.head(head))?;
        writer.frontiers(&all).iter().try_for_each(|record| out.put(record))?;
        for (space, frontier) in &all {
            let known = self.known_to(reader, head.to, *space)?;
            for (chain, tips) in frontier.iter() {
                for (index, tip) in tips.iter().enumerate() {
                    let after = known_below(reader, chain, tip, &known)?.max(shared(reader, tip, &tips[..index])?);
                    self.branch_out(reader, tip, after, &mut writer, out)?;
                    progress(writer.counts().0, total);
                }
            }
        }
        let counts = writer.counts();
        out.put(&writer.tail(&self.keys.signing))?;
        Ok(counts)
    }

    /// Writes what follows on the way up to a tip.
    fn branch_out(
        &self,
        reader: &Reader,
        tip: &Tip,
        mut after: u64,
        writer: &mut Writer,
        out: &mut file::Out,
    ) -> Result<(), Error> {
        while after < tip.seq {
            let mut held = Vec::new();
            for stored in reader.run(tip.id, after + 1, RUN_MAX)? {
                held.push(Held { entry: stored.entry, signature: stored.signature });
            }
            let Some(last) = held.iter().rposition(|held| held.signature.is_some()) else { return Ok(()) };
            held.truncate(last + 1);
            let mut payloads = Vec::with_capacity(held.len());
            for held in &held {
                payloads.push(reader.payload(held.entry.id())?);
            }
            after = held[last].entry.header().seq;
            writer.run(&held, payloads).iter().try_for_each(|record| out.put(record))?;
        }
        Ok(())
    }

    /// The governance log first, then what both may hold; without a member named, what every member reads.
    fn bundle_spaces(&self, to: Option<MemberId>) -> Vec<SpaceId> {
        let state = self.state();
        let mut own = state.spaces_of(self.keys.device());
        if own.is_empty() {
            // Who left still says so.
            own.push(SpaceId::GOVERNANCE);
        }
        let theirs: Vec<SpaceId> = match to {
            Some(member) => self.devices_of(member).into_iter().flat_map(|device| state.spaces_of(device)).collect(),
            None => [Some(SpaceId::GOVERNANCE), state.commons(), state.vitrine()].into_iter().flatten().collect(),
        };
        own.into_iter().filter(|space| theirs.contains(space)).collect()
    }

    fn devices_of(&self, member: MemberId) -> Vec<DeviceId> {
        let devices = self.state().members.get(&member).map(|member| &member.devices);
        devices.into_iter().flatten().map(|device| device.id).collect()
    }

    /// What each device of a member is known to hold of a space: by the last complete session, or as it said in a bundle.
    fn known_to(&self, reader: &Reader, to: Option<MemberId>, space: SpaceId) -> Result<Vec<Vec<Frontier>>, Error> {
        let mut known = Vec::new();
        for device in to.map(|to| self.devices_of(to)).unwrap_or_default() {
            let mut said = Vec::new();
            for key in [recall_key(device, space), has_key(device, space)] {
                said.extend(reader.local(&key)?.and_then(|bytes| Frontier::from_bytes(space, &bytes)));
            }
            known.push(said);
        }
        Ok(known)
    }

    fn keep_frontiers(&mut self, head: &Head, spaces: &[(SpaceId, Frontier)]) -> Result<(), Error> {
        if self.state().device(head.device) != Some(head.member) || head.device == self.keys.device() {
            return Ok(());
        }
        self.begin()?;
        for (space, frontier) in spaces {
            self.writer().put_local(&has_key(head.device, *space), &frontier.to_bytes())?;
        }
        self.finish().map(drop)
    }
}

fn has_key(device: DeviceId, space: SpaceId) -> Vec<u8> {
    [HAS, &device.0, &space.0].concat()
}

/// Returns up to where each device is known to hold the way to a tip, payloads too.
fn known_below(reader: &Reader, chain: &Chain, tip: &Tip, known: &[Vec<Frontier>]) -> Result<u64, Error> {
    let mut least: Option<u64> = None;
    for said in known {
        let mut most = 0;
        for theirs in said.iter().flat_map(|frontier| frontier.tips(chain)) {
            if theirs.seq <= tip.seq && below(reader, tip.id, theirs.seq)? == Some(theirs.id) {
                let whole = theirs.missing.first().map_or(theirs.seq, |(first, _)| first - 1);
                most = most.max(whole);
            }
        }
        least = Some(least.map_or(most, |least| least.min(most)));
    }
    Ok(least.unwrap_or(0))
}

/// Returns how much of the way to a tip is the way to one of those before it, too.
fn shared(reader: &Reader, tip: &Tip, before: &[Tip]) -> Result<u64, Error> {
    let mut most = 0;
    for other in before {
        let (mut common, mut apart) = (0, tip.seq.min(other.seq) + 1);
        while apart - common > 1 {
            let middle = common + (apart - common) / 2;
            if below(reader, tip.id, middle)? == below(reader, other.id, middle)? {
                common = middle;
            } else {
                apart = middle;
            }
        }
        most = most.max(common);
    }
    Ok(most)
}

fn below(reader: &Reader, tip: EntryId, seq: u64) -> Result<Option<EntryId>, Error> {
    match reader.id_at(tip, seq) {
        Err(StoreError::Absent(_)) => Ok(None),
        other => Ok(other?),
    }
}

impl Node {
    /// Reads a whole bundle, and takes nothing: of which community it is, and what it says.
    fn check_bundle(&self, path: &Path) -> Result<(CommunityId, Tally), Error> {
        let opened = file::In::open(path)?;
        let community = self.engines.find(&mut |secret| opened.fits(secret)).ok_or_else(Error::foreign_bundle)?;
        let mut tally = Tally::default();
        opened.read(&self.engines.0[&community].keys.secret, &mut |record| {
            match record {
                Record::Head(head) if head.community != community => return Err(Error::foreign_bundle()),
                Record::Head(head) => tally.head = Some(head),
                Record::Frontier(space, frontier) => tally.spaces.push((space, frontier)),
                Record::Portion(portion) => tally.entries += portion.entries.len() as u64,
                Record::End => {}
            }
            Ok(())
        })?;
        Ok((community, tally))
    }

    /// Says what a bundle says of itself.
    pub(super) fn inspect_bundle(&self, path: &Path) -> Result<BundleHead, Error> {
        let (community, tally) = self.check_bundle(path)?;
        let head = tally.head.ok_or_else(Error::damaged_bundle)?;
        self.bundle_head(community, path, &head, tally.entries)
    }

    fn bundle_head(&self, community: CommunityId, path: &Path, head: &Head, entries: u64) -> Result<BundleHead, Error> {
        let engine = &self.engines.0[&community];
        Ok(BundleHead {
            file: path.display().to_string(),
            bytes: std::fs::metadata(path).map_err(|error| super::home::path_error(path, &error))?.len(),
            community: engine.name()?,
            from: engine.handle_of(head.member),
            to: head.to.map_or_else(String::new, |to| engine.handle_of(to)),
            number: head.number,
            after: head.after,
            at: super::env::rfc3339(crate::model::Timestamp(head.time)),
            entries,
        })
    }

    /// Takes what a bundle holds, if all of it is whole.
    pub(super) fn apply_bundle(
        &mut self,
        path: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BundleApplied, Error> {
        let (community, checked) = self.check_bundle(path)?;
        let head = checked.head.ok_or_else(Error::damaged_bundle)?;
        let me = self.engines.0[&community].keys.member;
        if let Some(to) = head.to.filter(|to| *to != me) {
            return Err(Error::bundle_of_another(self.engines.0[&community].handle_of(to)));
        }
        let secret = self.engines.0[&community].keys.secret;
        let mut tally = Tally::default();
        let mut all = Changes::default();
        let mut open = 0;
        let read = file::In::open(path)?.read(&secret, &mut |record| {
            if let Record::Portion(portion) = record {
                open += portion.entries.len();
                tally.entries += portion.entries.len() as u64;
                self.take_portion(community, portion, &mut tally)?;
                if open >= BATCH {
                    all.add(self.finish_bundle(community)?);
                    open = 0;
                }
                progress(tally.entries, checked.entries);
            }
            Ok(())
        });
        all.add(self.finish_bundle(community)?);
        let new = all.new.clone().into_iter().collect();
        let conflicts = all.conflicts;
        self.follow_up(community, all);
        self.scrub(community);
        read?;
        let engine = self.engines.0.get_mut(&community).expect("it was found");
        engine.keep_frontiers(&head, &checked.spaces)?;
        let head = self.bundle_head(community, path, &head, checked.entries)?;
        let Tally { new: fresh, waiting, refused, .. } = tally;
        Ok(BundleApplied { head, fresh, waiting, refused, new, conflicts })
    }

    fn finish_bundle(&mut self, community: CommunityId) -> Result<Changes, Error> {
        let engine = self.engines.0.get_mut(&community).expect("it was found");
        if engine.is_open() { engine.finish() } else { Ok(Changes::default()) }
    }

    /// Takes a run as from a peer.
    fn take_portion(&mut self, community: CommunityId, portion: Portion, tally: &mut Tally) -> Result<(), Error> {
        let count = portion.entries.len() as u64;
        let space = portion.entries.first().map(|entry| entry.header().space);
        let engine = &self.engines.0[&community];
        let mine = space == Some(SpaceId::GOVERNANCE)
            || space.is_some_and(|space| engine.state().spaces_of(engine.keys.device()).contains(&space));
        if !mine {
            tally.refused += count;
            return Ok(());
        }
        let accepted = self.engines.accept_run(community, portion).map_err(Error::internal)?;
        match accepted {
            Accepted::Held { new } => tally.new += new as u64,
            Accepted::NeedsEarlier => tally.waiting += count,
            Accepted::Refused | Accepted::Busy => tally.refused += count,
        }
        Ok(())
    }
}
