//! What is remembered of peers: where they are, who they are, how the last meetings ended. It never leaves this machine.
//!
//! ```text
//!  local  peer/ PeerId bytes      Peer, JSON
//!  local  have/ member(32)        Have, JSON: how many of this member's own entries that person was seen to hold
//!  local  pending                 PendingRow, JSON: why our own admission waits, as a peer said
//! ```

use serde::{Deserialize, Serialize};

use super::engine::{Engine, rows};
use super::env::Env;
use super::error::Error;
use super::names::{Names, instant};
use super::reply::{PeerRow, PendingRow, Reason, Spread, Status};
use crate::model::governance::{self, PendingWhy};
use crate::model::{Kind, MemberId, SpaceId, Timestamp};
use crate::store::{Reader, VerdictClass};
use crate::sync::Pending;

const PEER: &[u8] = b"peer/";
const HAVE: &[u8] = b"have/";
const PENDING: &[u8] = b"pending";
/// Most addresses remembered of a peer.
const ADDRESSES_MAX: usize = 8;

/// A peer, as remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Peer {
    /// Transport id as text.
    pub(crate) peer: String,
    /// Whose node it is, once it proved its device.
    pub(crate) member: Option<MemberId>,
    /// Where it was met, the latest first.
    pub(crate) addresses: Vec<String>,
    /// Claimed time of the last complete session.
    pub(crate) complete: Option<Timestamp>,
    /// Claimed time of the last attempt.
    pub(crate) tried: Option<Timestamp>,
    /// How it ended: a stable name.
    pub(crate) outcome: String,
    /// What each address answered.
    pub(crate) answers: Vec<(String, String)>,
    /// No peer, but an address as somebody typed it, where nobody of ours was met: kept to say why.
    #[serde(default)]
    pub(crate) typed: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Have {
    entries: u64,
    at: Timestamp,
}

fn key(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    [prefix, name].concat()
}

impl Engine {
    /// Lists the peers remembered.
    pub(crate) fn peers(&self, reader: &Reader) -> Result<Vec<Peer>, Error> {
        let rows = reader.local_rows(PEER, None, usize::MAX)?;
        Ok(rows.into_iter().filter_map(|(_, value)| serde_json::from_slice(&value).ok()).collect())
    }

    /// Remembers something of a peer, in the open transaction or one of its own.
    pub(crate) fn remember_peer(&mut self, peer: &str, change: impl FnOnce(&mut Peer)) -> Result<(), Error> {
        let open = self.is_open();
        self.begin()?;
        let key = key(PEER, peer.as_bytes());
        let writer = self.writer();
        let old = writer.local(&key)?.and_then(|value| serde_json::from_slice::<Peer>(&value).ok());
        let mut known = old.unwrap_or_default();
        known.peer = peer.to_owned();
        change(&mut known);
        known.addresses.truncate(ADDRESSES_MAX);
        let value = serde_json::to_vec(&known).map_err(Error::internal)?;
        self.writer().put_local(&key, &value)?;
        if open { Ok(()) } else { self.finish().map(drop) }
    }

    /// Forgets why nobody was met at an address as it was typed.
    pub(crate) fn forget_typed(&mut self, address: &str) -> Result<(), Error> {
        let known = self.reading(|reader| self.peers(reader))?;
        if !known.iter().any(|peer| peer.typed && peer.peer == address) {
            return Ok(());
        }
        let open = self.is_open();
        self.begin()?;
        self.writer().remove_local(&key(PEER, address.as_bytes()))?;
        if open { Ok(()) } else { self.finish().map(drop) }
    }

    /// Remembers where an invitation says that peers may be met.
    pub(crate) fn remember_addresses(&mut self, addresses: &[String]) -> Result<(), Error> {
        for address in addresses {
            let Some((_, peer)) = address.rsplit_once("/p2p/") else { continue };
            self.remember_peer(peer, |known| {
                if !known.addresses.contains(address) {
                    known.addresses.push(address.clone());
                }
            })?;
        }
        Ok(())
    }

    /// Folds every document again and says where the stored views differ.
    fn check_views(&self, reader: &Reader, checks: &mut [super::reply::Check]) -> Result<(), Error> {
        let names = Names::new(self, reader);
        for id in rows::documents_in_log(reader)? {
            let stored = rows::row(reader, id)?;
            let settled = self.settled(reader, id)?;
            let fresh = super::engine::fold_row::row_of(&settled);
            if stored != fresh {
                let space = stored.as_ref().or(fresh.as_ref()).map(|row| names.space(row.space)).unwrap_or_default();
                if let Some(check) = checks.iter_mut().find(|check| check.space == space) {
                    check.damage.push(format!("the view of {id} differs from its log: run `repertoire rebuild`"));
                }
            }
        }
        Ok(())
    }

    /// Notes that a member holds every entry that this device's person wrote until now.
    pub(crate) fn note_has_all(&mut self, member: MemberId, at: Timestamp) -> Result<(), Error> {
        let entries = self.reading(|reader| self.own_entries(reader))?;
        let open = self.is_open();
        self.begin()?;
        let value = serde_json::to_vec(&Have { entries, at }).map_err(Error::internal)?;
        self.writer().put_local(&key(HAVE, &member.0), &value)?;
        if open { Ok(()) } else { self.finish().map(drop) }
    }

    /// Remembers why our own admission waits, or forgets it once a session was complete.
    pub(crate) fn note_pending(&mut self, complete: bool, pending: Option<&Pending>) -> Result<(), Error> {
        let known = self.reading(|reader| Ok(reader.local(PENDING)?))?;
        let fresh =
            pending.map(pending_row).map(|row| serde_json::to_vec(&row)).transpose().map_err(Error::internal)?;
        if fresh == known || (fresh.is_none() && !complete) {
            return Ok(());
        }
        let open = self.is_open();
        self.begin()?;
        match &fresh {
            Some(value) => self.writer().put_local(PENDING, value)?,
            None => drop(self.writer().remove_local(PENDING)?),
        }
        if open { Ok(()) } else { self.finish().map(drop) }
    }

    /// Says why our own admission waits: as is seen here, or as a peer said.
    pub(crate) fn own_pending(&self, reader: &Reader) -> Result<Option<PendingRow>, Error> {
        if let Some(row) = self.pending_of(self.keys.member) {
            return Ok(Some(row));
        }
        let told = reader.local(PENDING)?;
        Ok(told.and_then(|value| serde_json::from_slice(&value).ok()))
    }

    /// Says why the admission of somebody waits.
    pub(crate) fn pending_of(&self, member: MemberId) -> Option<PendingRow> {
        let (why, used_by) = self.state().pending(member)?;
        let used_by = used_by.into_iter().map(|id| self.handle_of(id)).collect();
        let invitation = self.state().members.get(&member).and_then(|member| member.invitation);
        let words = invitation.filter(|_| why == PendingWhy::Confirm);
        let words = words.map(|invitation| super::words::six(self.community(), invitation, member.into()));
        Some(PendingRow { why: why.name().to_owned(), used_by, words })
    }

    /// Counts what this person wrote, on all devices, in all spaces.
    fn own_entries(&self, reader: &Reader) -> Result<u64, Error> {
        let state = self.state();
        let mut count = 0;
        for space in reader.spaces()? {
            for tip in reader.tips(space)? {
                if state.device(tip.chain.device) == Some(self.keys.member) {
                    count += tip.seq;
                }
            }
        }
        Ok(count)
    }

    /// Counts how many of this person's entries a member was not yet seen to hold, and when it was last seen complete.
    fn missing_at(&self, reader: &Reader, member: MemberId, own: u64) -> Result<(u64, Option<Timestamp>), Error> {
        let have = reader.local(&key(HAVE, &member.0))?;
        let have: Option<Have> = have.and_then(|value| serde_json::from_slice(&value).ok());
        let held = have.as_ref().map_or(0, |have| have.entries);
        Ok((own.saturating_sub(held), have.map(|have| have.at)))
    }

    pub(crate) fn spread(&self, reader: &Reader, names: &Names<'_>) -> Result<Vec<Spread>, Error> {
        let own = self.own_entries(reader)?;
        let mut out = Vec::new();
        for (id, member) in &self.state().members {
            if *id == self.keys.member || member.status != governance::Status::Active {
                continue;
            }
            let (missing, seen) = self.missing_at(reader, *id, own)?;
            out.push(Spread {
                member: names.member(*id)?.0,
                knows_all_of_mine: missing == 0,
                missing,
                since: seen.map(instant),
            });
        }
        out.sort_by(|a, b| a.member.cmp(&b.member));
        Ok(out)
    }

    /// Says how the community stands.
    pub(crate) fn status(&mut self, serving: Option<&[String]>) -> Result<Status, Error> {
        let unindexed = self.unindexed().unwrap_or_default();
        self.reading(|reader| {
            let names = Names::new(self, reader);
            let stats = reader.stats()?;
            let count = |class: VerdictClass| -> u64 {
                stats.entries.iter().filter(|((_, found), _)| *found == class).map(|(_, count)| count).sum()
            };
            let me = self.keys.member;
            let role = self.state().members.get(&me).map_or("pending", |member| member.role.name());
            Ok(Status {
                community: self.community().to_string(),
                name: names.charter()?.map(|(_, row)| row.title).unwrap_or_default(),
                me: names.member(me)?.0,
                role: role.to_owned(),
                pending: self.own_pending(reader)?,
                entries: stats.entries.values().sum(),
                documents: stats.documents,
                waiting: count(VerdictClass::Waiting),
                waits: self.waits(reader)?,
                quarantined: count(VerdictClass::Masked),
                conflicts: reader.view_count(crate::store::View::Conflict)?,
                spread: self.spread(reader, &names)?,
                forks: self.forks(reader, false)?,
                fallen: self.fallen(reader, None)?,
                node: if serving.is_some() { "running" } else { "stopped" }.to_owned(),
                addresses: serving.map(<[String]>::to_vec).unwrap_or_default(),
                unindexed,
            })
        })
    }

    /// Counts why entries wait.
    fn waits(&self, reader: &Reader) -> Result<Vec<(String, u64)>, Error> {
        let mut payloads = 0;
        for space in reader.spaces()? {
            for (_, ranges) in reader.missing(space)? {
                payloads += ranges.iter().map(|(from, to)| to - from + 1).sum::<u64>();
            }
        }
        let mut others = 0;
        let mut keys = 0;
        for (document, held) in rows::held(reader)? {
            let keyless = held.keyless.min(held.waiting);
            let waiting = u64::from(held.waiting - keyless);
            let mut unread = 0;
            for (number, _) in if waiting > 0 { reader.about(document)? } else { Vec::new() } {
                unread += u64::from(reader.payload_at(number)?.is_none());
            }
            others += waiting.saturating_sub(unread);
            keys += u64::from(keyless);
        }
        let waits = [("payload", payloads), ("key", keys), ("past", others)];
        Ok(waits.into_iter().filter(|(_, count)| *count > 0).map(|(why, count)| (why.to_owned(), count)).collect())
    }

    /// Lists the peers known, with whom is linked now.
    pub(crate) fn peer_rows(&self, reader: &Reader, linked: &[String]) -> Result<Vec<PeerRow>, Error> {
        let names = Names::new(self, reader);
        let mut out = Vec::new();
        for peer in self.peers(reader)?.into_iter().filter(|peer| !peer.typed) {
            out.push(PeerRow {
                member: peer.member.map_or(Ok(String::new()), |id| names.member(id).map(|(handle, _)| handle))?,
                connected: linked.contains(&peer.peer),
                peer: peer.peer,
                addresses: peer.addresses,
                relayed: false,
                last_complete: peer.complete.map(instant),
            });
        }
        Ok(out)
    }

    /// Gives the reason of a silence.
    pub(crate) fn why(&self, reader: &Reader, what: Option<&str>, linked: &[String]) -> Result<Vec<Reason>, Error> {
        let names = Names::new(self, reader);
        // A member's profile is a document too, but who asks about a member asks for the node.
        let wanted = what.map(|what| names.member_named(what)).transpose();
        if let (Some(what), Err(_)) = (what, &wanted)
            && let Ok(document) = names.document(what)
        {
            return self.why_document(reader, &names, document).map(|reason| vec![reason]);
        }
        if let (Some(what), Err(_)) = (what, &wanted)
            && let Some((document, _)) = names.held(what)?
        {
            return self.why_document(reader, &names, document).map(|reason| vec![reason]);
        }
        let peers = self.peers(reader)?;
        let mut out = Vec::new();
        for fork in self.forks(reader, false)? {
            let asked = matches!(&wanted, Ok(Some(member)) if names.member(*member)?.0 == fork.member);
            if what.is_none() || asked || what.is_some_and(|what| what.len() >= 6 && fork.device.starts_with(what)) {
                let text =
                    format!("a device was copied or restored: {} branches in {}", fork.branches.len(), fork.space);
                out.push(reason(&fork.member, "forked", &text));
            }
        }
        let waits = match (what, &wanted) {
            (None, _) => self.own_pending(reader)?.map(|row| (self.keys.member, row)),
            (Some(_), Ok(Some(member))) if *member == self.keys.member => {
                self.own_pending(reader)?.map(|row| (*member, row))
            }
            (Some(_), Ok(Some(member))) => self.pending_of(*member).map(|row| (*member, row)),
            _ => None,
        };
        if let Some((member, row)) = waits {
            let name = format!("pending-{}", row.why);
            out.push(Reason {
                used_by: row.used_by.clone(),
                ..reason(&names.member(member)?.0, &name, &row.to_string())
            });
        }
        for peer in &peers {
            let by_member = matches!((&wanted, peer.member), (Ok(Some(wanted)), Some(member)) if *wanted == member);
            let by_name =
                what.is_some_and(|what| peer.peer.contains(what) || peer.addresses.iter().any(|a| a.contains(what)));
            if what.is_none() || by_member || by_name {
                out.push(self.why_peer(reader, &names, peer, linked)?);
                for row in peer.member.map_or(Ok(Vec::new()), |member| self.fallen(reader, Some(member)))? {
                    let text = format!("on {} it offered less than it held on {}", row.at, row.since);
                    let name = if row.again { "offered-less" } else { "offers-less" };
                    out.push(reason(&row.member, name, &text));
                }
            }
        }
        if out.is_empty()
            && let Some(what) = what
        {
            let member = wanted?;
            let handle = member.map_or(Ok(what.to_owned()), |id| names.member(id).map(|(handle, _)| handle))?;
            out.push(reason(
                &handle,
                "never-met",
                "no address of this member is known here and the local network showed none",
            ));
        }
        if out.is_empty() {
            out.push(reason(
                "peers",
                "none-known",
                "no peer is known here: sync with an address, or serve on one network",
            ));
        }
        Ok(out)
    }

    fn why_peer(&self, reader: &Reader, names: &Names<'_>, peer: &Peer, linked: &[String]) -> Result<Reason, Error> {
        let what = match peer.member {
            Some(member) => names.member(member)?.0,
            None => peer.peer.clone(),
        };
        let behind = match peer.member {
            Some(member) => self.missing_at(reader, member, self.own_entries(reader)?)?.0 > 0,
            None => false,
        };
        let (name, text) = match (linked.contains(&peer.peer), peer.outcome.as_str()) {
            (true, "complete") if behind => {
                ("behind", "connected, but not all that was written here is there".to_owned())
            }
            (true, "complete") => ("nothing-new", "connected, and both hold the same".to_owned()),
            (true, _) => ("syncing", "connected; a session is under way".to_owned()),
            (false, "") => ("not-tried", "not tried yet".to_owned()),
            (false, "complete") => ("not-connected", "not connected; the last session was complete".to_owned()),
            (false, "unreachable") => ("unreachable", "not reached at any address".to_owned()),
            (false, other) => (other, format!("the last session ended as {other}")),
        };
        Ok(Reason { tried: peer.answers.clone(), ..reason(&what, name, &text) })
    }

    fn why_document(
        &self,
        reader: &Reader,
        names: &Names<'_>,
        document: crate::model::DocumentId,
    ) -> Result<Reason, Error> {
        let handle = names.handle(document)?;
        let held = rows::held_of(reader, document)?;
        if held.waiting > 0 {
            let text = format!("{} entries wait for their past, their payload or a key", held.waiting);
            return Ok(reason(&handle, "waiting", &text));
        }
        if held.masked > 0 {
            return Ok(reason(
                &handle,
                "quarantined",
                &format!("{} entries have no effect until an animator decides", held.masked),
            ));
        }
        if held.void > 0 {
            return Ok(reason(&handle, "void", &format!("{} entries break a rule and have no effect", held.void)));
        }
        Ok(reason(&handle, "nothing", "every entry about it that is here counts"))
    }
}

/// Writes for people why an admission waits.
pub(crate) fn pending_row(pending: &Pending) -> PendingRow {
    PendingRow { why: pending.why.name().to_owned(), used_by: pending.used_by.clone(), words: None }
}

fn reason(what: &str, name: &str, text: &str) -> Reason {
    Reason {
        what: what.to_owned(),
        reason: name.to_owned(),
        text: text.to_owned(),
        tried: Vec::new(),
        used_by: Vec::new(),
    }
}

/// Checks a space: counts and fingerprint.
pub(crate) fn checks(engine: &Engine, reader: &Reader, full: bool) -> Result<Vec<super::reply::Check>, Error> {
    let names = Names::new(engine, reader);
    let state = engine.state();
    let mut spaces = vec![SpaceId::GOVERNANCE];
    let readable = |space: &SpaceId| engine.keys.spaces.iter().any(|(held, _, _)| held == space);
    spaces.extend(state.commons().into_iter().chain(state.vitrine()).filter(|space| readable(space)));
    let mut lines: std::collections::BTreeMap<SpaceId, std::collections::BTreeMap<_, [u8; 32]>> = Default::default();
    rows::each(reader, |id, row| {
        lines.entry(row.space).or_default().insert(id, row.line);
        Ok(())
    })?;
    let mut out = Vec::new();
    for space in spaces {
        let mut check = super::reply::Check {
            community: engine.community().to_string(),
            space: names.space(space),
            entries: 0,
            documents: lines.get(&space).map_or(0, |lines| lines.len() as u64),
            waiting: 0,
            quarantined: 0,
            fingerprint: String::new(),
            damage: Vec::new(),
        };
        count(engine, reader, space, full, &mut check)?;
        let mut hasher = blake3::Hasher::new_derive_key("repertoire 1 fingerprint");
        if space == SpaceId::GOVERNANCE {
            for line in engine.governance_lines(reader)? {
                hasher.update(blake3::hash(line.as_bytes()).as_bytes());
            }
        } else {
            for line in lines.get(&space).into_iter().flat_map(|lines| lines.values()) {
                hasher.update(line);
            }
        }
        check.fingerprint = hasher.finalize().to_hex().to_string();
        out.push(check);
    }
    if full {
        engine.check_views(reader, &mut out)?;
    }
    Ok(out)
}

/// Counts the entries of a space by verdict; in full also verifies hashes, payloads and signatures.
fn count(
    engine: &Engine,
    reader: &Reader,
    space: SpaceId,
    full: bool,
    check: &mut super::reply::Check,
) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    for tip in reader.tips(space)? {
        let forked = reader.tips_of(tip.chain)?.len() > 1;
        let mut unsigned = 0;
        for stored in reader.run(tip.id, 1, usize::MAX)? {
            unsigned = if stored.signature.is_some() { 0 } else { unsigned + 1 };
            if forked && !seen.insert(stored.number) {
                continue;
            }
            check.entries += 1;
            // The store has no verdict of the acts that a founding or an invitation began with.
            let verdict = match space {
                SpaceId::GOVERNANCE => engine.governance.verdict(stored.entry.id()),
                _ => stored.verdict,
            };
            // What says nothing of a document has no verdict, but an effect: an erasure is judged with what it names.
            let judged = matches!(stored.entry.header().kind, Kind::Governance | Kind::Edit | Kind::Mark);
            match verdict {
                None if !judged => {}
                Some(crate::model::Verdict::Waiting(_)) | None => check.waiting += 1,
                Some(crate::model::Verdict::Masked(_)) => check.quarantined += 1,
                _ => {}
            }
            if full {
                verify(reader, &stored, check)?;
            }
        }
        if full && unsigned > 0 {
            check.damage.push(format!("entry {} ends a run without a signature", tip.id));
        }
    }
    Ok(())
}

fn verify(reader: &Reader, stored: &crate::store::Stored, check: &mut super::reply::Check) -> Result<(), Error> {
    let header = stored.entry.header();
    if let Some(signature) = &stored.signature
        && !crate::model::sign::verify_entry(header.device, stored.entry.id(), signature)
    {
        check.damage.push(format!("entry {} has a wrong signature", stored.entry.id()));
    }
    match reader.payload_at(stored.number) {
        Ok(Some(payload)) if !payload.fits(header) => {
            check.damage.push(format!("entry {} has another payload", stored.entry.id()));
        }
        Ok(_) => {}
        Err(error) => check.damage.push(format!("entry {}: {error}", stored.entry.id())),
    }
    Ok(())
}

/// Says when a duty that may be somebody else's is done here: after a while that differs from node to node.
pub(crate) fn patience(env: &mut Env) -> i64 {
    let [byte] = env.bytes::<1>();
    30_000 + i64::from(byte) * 200
}
