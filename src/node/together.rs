//! Acts that several people sign: checkpoints, recoveries, the end of a community.
//!
//! The signers are seldom awake at the same time. So a **proposal** travels as a note in the commons: the act to be, with a
//! nonce of its own. Whoever agrees adds a note with a signature over just that. When enough have signed, as far as is known
//! here, one of the signers' nodes writes the act with all signatures in it: at once the one that added the last, else one
//! that meets them. Nothing of it changes a right before: an act that is not written has no effect, and one with too few
//! signatures is never written.
//!
//! ```text
//! note  act = "proposal:NONCE"   title = what it is   proposal = base64 of the co-signed act, without signatures
//! note  act = "signature:NONCE"  title = its author   proposal = key ":" signature, in hexadecimal
//! ```

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER};

use super::engine::{Changes, Engine, rows};
use super::env::Env;
use super::error::Error;
use super::names::{Names, instant};
use super::reply::{ActDone, ActRow};
use super::secret::Secret;
use super::words;
use crate::model::document::{Change, FieldPath, Value};
use crate::model::governance::{Proposal, Quorum};
use crate::model::sign::Signature;
use crate::model::{DeviceId, EntryId, Timestamp, Verdict};
use crate::store::Reader;
use crate::wire::Message;
use crate::wire::entry::{GovernanceShape, governance_shape::Act};

const PROPOSAL: &str = "proposal:";
const SIGNATURE: &str = "signature:";
/// How long the signers wait for the first of them to write what enough have signed.
const TURN_MS: i64 = 3_600_000;

/// A proposal, with the signatures that are here.
pub(super) struct Collected {
    /// The note that proposes it.
    pub(super) id: EntryId,
    pub(super) by: crate::model::MemberId,
    pub(super) at: Timestamp,
    /// Claimed time of the last signature.
    latest: Timestamp,
    pub(super) proposal: Proposal,
    /// How many count of those who signed, and how many have to; none for an act that nobody co-signs.
    pub(super) quorum: Option<Quorum>,
}

impl Engine {
    /// Lists proposals that are not written yet, the oldest first.
    pub(super) fn proposals(&self, reader: &Reader) -> Result<Vec<Collected>, Error> {
        let mut signatures: BTreeMap<String, Vec<(DeviceId, Signature, Timestamp)>> = BTreeMap::new();
        let mut proposed = Vec::new();
        for id in rows::of_kind(reader, "note")? {
            let Some(row) = rows::row(reader, id)? else { continue };
            let Some(about) = row.facet("act") else { continue };
            let is_proposal = about.starts_with(PROPOSAL);
            let Some(nonce) = about.strip_prefix(PROPOSAL).or_else(|| about.strip_prefix(SIGNATURE)) else { continue };
            let settled = self.settled(reader, id)?;
            let said = settled.document.as_ref().map(|document| document.word("proposal")).unwrap_or_default();
            if is_proposal {
                let shape = BASE64.decode(said.as_bytes()).ok().and_then(|bytes| GovernanceShape::decode(&*bytes).ok());
                let proposal = shape.and_then(|shape| Proposal::read(self.community(), &shape));
                proposed.extend(proposal.map(|proposal| (nonce.to_owned(), id, row.creator, row.created, proposal)));
            } else if let Some((key, signature)) = read_signature(said) {
                signatures.entry(nonce.to_owned()).or_default().push((key, signature, row.created));
            }
        }
        let mut found = Vec::new();
        for (nonce, id, by, at, mut proposal) in proposed {
            let own = HEXLOWER.encode(proposal.nonce());
            if nonce != own || self.governance.has_nonce(proposal.nonce()) {
                continue;
            }
            let mut latest = at;
            for (key, signature, time) in signatures.get(&nonce).into_iter().flatten() {
                proposal.add(*key, *signature);
                latest = latest.max(*time);
            }
            let signers: Vec<DeviceId> = proposal.signers().collect();
            let quorum = proposal.act().and_then(|act| self.state().quorum(&act, &signers));
            found.push(Collected { id: id.into(), by, at, latest, proposal, quorum });
        }
        found.sort_by_key(|collected| (collected.at, collected.id));
        Ok(found)
    }

    /// Writes an act that several people sign: at once where one's own signature is enough, else as a proposal.
    pub(super) fn propose(
        &mut self,
        env: &mut Env,
        shape: &GovernanceShape,
        name: &'static str,
        printed: Option<&Secret>,
    ) -> Result<(ActDone, Changes), Error> {
        let mut proposal = Proposal::new(self.community(), shape, env);
        proposal.sign(&self.keys.signing);
        self.sign_printed(&mut proposal, printed)?;
        let own = self.keys.device();
        let known = self.state().quorum(shape, &[own]);
        match self.writing(env, |pen| pen.act(&proposal.shape(), name)) {
            Ok((entry, changes)) => return Ok((self.done(entry, shape, None), changes)),
            // One person is not enough; what would be void with any signature is not proposed.
            Err(error) if error.code != "void_act" || known.is_none_or(|quorum| quorum.signed == 0) => {
                return Err(error);
            }
            Err(_) if known.is_some_and(|quorum| quorum.printed) => return Err(Error::needs_community_key()),
            Err(error) if known.is_some_and(|quorum| quorum.signed >= quorum.needed) => return Err(error),
            Err(_) => {}
        }
        let bare = BASE64.encode(&proposal.bare().encode_to_vec());
        let nonce = HEXLOWER.encode(proposal.nonce());
        let signature = signature_of(&proposal, own).ok_or_else(|| Error::internal("no signature of one's own"))?;
        let (id, changes) = self.writing(env, |pen| {
            let commons = pen.commons()?;
            let (id, _) = pen.create(commons, "note", &note(name, &format!("{PROPOSAL}{nonce}"), &bare))?;
            pen.create(commons, "note", &note(name, &format!("{SIGNATURE}{nonce}"), &signature))?;
            Ok(id)
        })?;
        Ok((self.done(id.into(), shape, known), changes))
    }

    fn sign_printed(&self, proposal: &mut Proposal, printed: Option<&Secret>) -> Result<(), Error> {
        let Some(words) = printed else { return Ok(()) };
        let seed = words::seed(words.text()).ok_or_else(Error::wrong_secret)?;
        proposal.sign(&words::community_recovery(&seed));
        Ok(())
    }

    fn done(&self, entry: EntryId, shape: &GovernanceShape, open: Option<Quorum>) -> ActDone {
        let described = self.reading(|reader| super::audit::describe(&Names::new(self, reader), shape));
        let (act, on) = described.unwrap_or_default();
        let (signed, needed) = (open.map(|quorum| quorum.signed), open.map(|quorum| quorum.needed));
        ActDone { entry: entry.to_string(), act: act.to_owned(), on, signed, needed }
    }

    /// Signs a proposal, and writes its act if that makes enough.
    pub(super) fn sign_proposal(&mut self, env: &mut Env, which: &str) -> Result<(ActDone, Changes), Error> {
        let collected = self.reading(|reader| self.proposal_named(reader, which))?;
        let own = self.keys.device();
        let mut proposal = collected.proposal;
        let shape = proposal.act().ok_or_else(|| Error::no_act(which))?;
        let name = super::audit::name_of(&shape);
        let before: Vec<DeviceId> = proposal.signers().collect();
        let known = self.state().quorum(&shape, &before);
        let counted = |engine: &Engine, signers: &[DeviceId]| engine.state().quorum(&shape, signers);
        proposal.sign(&self.keys.signing);
        let after = counted(self, &proposal.signers().collect::<Vec<_>>());
        let new = after.zip(known).is_some_and(|(after, before)| after.signed > before.signed);
        if before.contains(&own) || !new {
            let role = self.state().members.get(&self.keys.member).map_or("stranger", |member| member.role.name());
            return Err(if before.contains(&own) {
                Error::nothing_to_do()
            } else {
                Error::not_allowed("sign this", role)
            });
        }
        let nonce = HEXLOWER.encode(proposal.nonce());
        let signature = signature_of(&proposal, own).ok_or_else(|| Error::internal("no signature of one's own"))?;
        let enough = after.is_some_and(|quorum| quorum.signed >= quorum.needed);
        if enough {
            match self.writing(env, |pen| pen.act(&proposal.shape(), name)) {
                Ok((entry, changes)) => return Ok((self.done(entry, &shape, None), changes)),
                Err(error) if error.code == "void_act" => {}
                Err(error) => return Err(error),
            }
        }
        let (_, changes) = self.writing(env, |pen| {
            let commons = pen.commons()?;
            pen.create(commons, "note", &note(name, &format!("{SIGNATURE}{nonce}"), &signature))
        })?;
        Ok((self.done(collected.id, &shape, after), changes))
    }

    fn proposal_named(&self, reader: &Reader, which: &str) -> Result<Collected, Error> {
        let mut found = self.proposals(reader)?.into_iter();
        let fits = |one: &Collected| which.trim().len() >= 6 && one.id.to_string().starts_with(which.trim());
        let found: Vec<Collected> = found.by_ref().filter(fits).collect();
        <[Collected; 1]>::try_from(found).map(|[one]| one).map_err(|_| Error::no_act(which))
    }

    /// Writes the acts that enough people signed, where this device is one of them. Tells whether there was one.
    pub(crate) fn write_signed(&mut self, env: &mut Env) -> bool {
        let own = self.keys.device();
        let now = env.now();
        let Ok(found) = self.reading(|reader| self.proposals(reader)) else { return false };
        let mut wrote = false;
        for collected in found {
            let signers: Vec<DeviceId> = collected.proposal.signers().collect();
            let enough = collected.quorum.is_some_and(|quorum| quorum.signed >= quorum.needed);
            // What was void with these signatures is void until there are more.
            let tried = self.tried.get(&collected.id) == Some(&(signers.len(), self.governance.heads()));
            // One of them does it at once; if that one is away, the others do, and twice does no harm.
            let turn = signers.first() == Some(&own) || now.0 > collected.latest.0.saturating_add(TURN_MS);
            if !enough || tried || !turn || !signers.contains(&own) {
                continue;
            }
            let shape = collected.proposal.shape();
            let name = collected.proposal.act().map_or("", |act| super::audit::name_of(&act));
            let written = self.writing(env, |pen| pen.act(&shape, name)).is_ok();
            wrote |= written;
            if !written {
                self.tried.insert(collected.id, (signers.len(), self.governance.heads()));
            }
        }
        wrote
    }

    /// Lists proposals as rows of the audit.
    pub(super) fn proposal_rows(&self, reader: &Reader, names: &Names<'_>) -> Result<Vec<ActRow>, Error> {
        let mut out = Vec::new();
        for collected in self.proposals(reader)? {
            let Some(shape) = collected.proposal.act() else { continue };
            let (act, on) = super::audit::describe(names, &shape)?;
            out.push(ActRow {
                entry: collected.id.to_string(),
                at: instant(collected.at),
                by: names.member(collected.by)?.0,
                act: act.to_owned(),
                on,
                verdict: "proposed".to_owned(),
                signed: collected.quorum.map(|quorum| quorum.signed),
                needed: collected.quorum.map(|quorum| quorum.needed),
                signers: super::audit::signers(self, names, collected.proposal.signers())?,
                ..ActRow::default()
            });
        }
        Ok(out)
    }
}

/// How long whoever was named by a recovery waits before they govern, and a vetoed recovery before it is confirmed: who was
/// believed lost has that time to come back and say no. By the clock of this machine alone; the rule knows no time.
pub(crate) const RECOVERY_WAIT_MS: i64 = 14 * 24 * 3_600_000;

impl Engine {
    /// Refuses to confirm a recovery whose veto is young.
    pub(super) fn confirm_waits(&self, env: &mut Env, recover: EntryId) -> Result<(), Error> {
        let now = env.now();
        let vetoed = self.counted(|shape| matches!(shape, Act::Veto(veto) if veto.recover == recover.0))?;
        waits(vetoed.last().copied(), now)
    }

    /// Refuses to govern by a recovery that is young.
    pub(crate) fn recovery_waits(&self, env: &mut Env, shape: &GovernanceShape) -> Result<(), Error> {
        if !shape.act.as_ref().is_some_and(governs) {
            return Ok(());
        }
        let now = env.now();
        let me = self.keys.member.0;
        let named = |ids: &[Vec<u8>]| ids.iter().any(|id| *id == me);
        let recovered = self.counted(|act| matches!(act, Act::Recover(act) if named(&act.animators)))?;
        let otherwise = self.counted(|act| match act {
            Act::Grant(grant) => grant.member == me,
            Act::Confirm(_) => true,
            _ => false,
        })?;
        if otherwise.is_empty() { waits(recovered.last().copied(), now) } else { Ok(()) }
    }

    /// Returns the claimed times of the acts of a kind that count, ascending.
    fn counted(&self, is: impl Fn(&Act) -> bool) -> Result<Vec<Timestamp>, Error> {
        let acts = self.reading(rows::governance)?;
        let mut times = Vec::new();
        for (entry, payload) in acts.values() {
            let shape = payload.open_shape(entry.header(), None).ok();
            let shape = shape.and_then(|bytes| GovernanceShape::decode(&*bytes).ok()).and_then(|shape| shape.act);
            let shape = match shape {
                Some(Act::Cosigned(act)) => GovernanceShape::decode(&*act.body).ok().and_then(|shape| shape.act),
                other => other,
            };
            if self.governance.verdict(entry.id()) == Some(Verdict::Counted) && shape.is_some_and(|act| is(&act)) {
                times.push(entry.header().time);
            }
        }
        times.sort_unstable();
        Ok(times)
    }
}

fn waits(since: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    let until = since.map(|time| Timestamp(time.0.saturating_add(RECOVERY_WAIT_MS)));
    until.filter(|until| now < *until).map_or(Ok(()), |until| Err(Error::recovery_waits(&instant(until)[..10])))
}

/// Tells whether an act is one of those that only who governs may write.
fn governs(act: &Act) -> bool {
    match act {
        Act::Grant(_) | Act::Revoke(_) | Act::Rule(_) | Act::Admit(_) | Act::Dismiss(_) | Act::End(_) => true,
        Act::Checkpoint(_) | Act::Veto(_) => true,
        Act::Cosigned(act) => {
            let inner = GovernanceShape::decode(&*act.body).ok().and_then(|shape| shape.act);
            inner.is_some_and(|act| matches!(act, Act::Checkpoint(_) | Act::End(_)))
        }
        _ => false,
    }
}

fn note(title: &str, act: &str, proposal: &str) -> [Change; 3] {
    let set =
        |field: &str, value: &str| Change::Set { path: FieldPath::of(field), value: Value::Text(value.to_owned()) };
    [set("title", title), set("act", act), set("proposal", proposal)]
}

fn signature_of(proposal: &Proposal, key: DeviceId) -> Option<String> {
    let Some(Act::Cosigned(cosigned)) = proposal.shape().act else { return None };
    let own = cosigned.signatures.iter().find(|one| one.key == key.0)?;
    Some(format!("{}:{}", HEXLOWER.encode(&own.key), HEXLOWER.encode(&own.signature)))
}

fn read_signature(said: &str) -> Option<(DeviceId, Signature)> {
    let (key, signature) = said.split_once(':')?;
    let key = DeviceId::from_slice(&HEXLOWER.decode(key.as_bytes()).ok()?)?;
    Some((key, Signature::from_slice(&HEXLOWER.decode(signature.as_bytes()).ok()?)?))
}
