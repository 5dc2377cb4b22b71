//! Invitations: making them, listing the open ones, recalling one, and what they carry.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::engine::{Changes, Engine};
use super::env::Env;
use super::error::Error;
use super::founding::write_profile;
use super::names::{Names, instant};
use super::pen::Pen;
use super::reply::{Invitation, InvitationRow, MemberRow};
use super::request::{FieldChange, Invite};
use super::row::slug;
use super::words;
use crate::model::governance::{self, InviteTerms, Right, Role, Status, invitation};
use crate::model::{Content, DocumentId, EntryId, MemberId, Timestamp};
use crate::wire::Message;
use crate::wire::entry::GovernanceContent;

const DAY_MS: i64 = 86_400_000;
/// Most days that an invitation is open: older ones are more likely lost than kept.
const DAYS_MAX: u32 = 365;
/// Most open invitations of one person: each is a door that somebody has to remember, and a leaked one lets as many in
/// as it has uses.
pub const OPEN_INVITATIONS_MAX: usize = 20;
/// Fewest characters of an id that name an invitation.
const ID_CHARS_MIN: usize = 6;
/// Most bytes of the name that an admission carries.
pub(super) const NAME_BYTES_MAX: usize = 200;
/// Where the own profile is kept, for as long as it can't be written.
///
/// ```text
///  local  own-profile             OwnProfile, JSON
/// ```
const OWN_PROFILE: &[u8] = b"own-profile";

/// What a newcomer said of themselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OwnProfile {
    pub(super) name: String,
    pub(super) site: String,
    pub(super) more: Vec<FieldChange>,
}

fn stored_bytes(one: &invitation::CarriedOne) -> usize {
    match &one.payload.content {
        Content::Stored(stored) => stored.len(),
        Content::Erased(_) => 32,
    }
}

/// Writes an invitation as parts for codes; without the starter pack where it is too long with it. None where it is too
/// long even so; tells whether the starter pack was left out.
fn parts(mut carried: invitation::Carried) -> (Vec<String>, bool) {
    if let Ok(parts) = invitation::encode_parts(&carried) {
        return (parts, false);
    }
    carried.starter.clear();
    (invitation::encode_parts(&carried).unwrap_or_default(), true)
}

impl Engine {
    /// Keeps one's own profile until it can be written: without the key of the commons, or while the admission waits.
    pub(super) fn keep_profile(&mut self, own: &OwnProfile) -> Result<(), Error> {
        let value = serde_json::to_vec(own).map_err(Error::internal)?;
        Ok(self.writer().put_local(OWN_PROFILE, &value)?)
    }

    /// Writes one's own profile where it was kept back and can be written now; tells whether it was.
    pub(crate) fn write_kept_profile(&mut self, env: &mut Env) -> Result<bool, Error> {
        let Some(value) = self.reading(|reader| Ok(reader.local(OWN_PROFILE)?))? else { return Ok(false) };
        let commons = self.state().commons().filter(|commons| {
            let key = self.state().current_epoch(*commons).and_then(|epoch| self.keys.space(*commons, epoch));
            key.is_some() && self.state().may(self.keys.member, Right::Write(*commons))
        });
        if commons.is_none() {
            return Ok(false);
        }
        let own: OwnProfile = serde_json::from_slice(&value).map_err(Error::internal)?;
        self.writing(env, |pen| {
            pen.engine.writer().remove_local(OWN_PROFILE)?;
            write_profile(pen, &own.name, &own.site, &own.more)
        })?;
        Ok(true)
    }

    /// Returns the name that somebody gave when they entered, where it was sealed to this device.
    pub(crate) fn sealed_name(&self, reader: &crate::store::Reader, member: MemberId) -> Option<String> {
        if member == self.keys.member
            && let Some(own) = reader.local(OWN_PROFILE).ok()?
        {
            return serde_json::from_slice::<OwnProfile>(&own).ok().map(|own| own.name);
        }
        let invitation = self.state().members.get(&member)?.invitation?;
        let stored = reader.entry(member.into()).ok()??;
        let payload = reader.payload(member.into()).ok()??;
        let content = payload.open_content(stored.entry.header(), None).ok()?;
        let content = GovernanceContent::decode(&*content).ok()?;
        let name = self.keys.agreement.open_name(invitation, &content.sealed_name).ok()?;
        String::from_utf8(name).ok().filter(|name| name.len() <= NAME_BYTES_MAX && !slug(name).is_empty())
    }

    /// Makes an invitation. `addresses` are those under which this node may be met.
    pub(crate) fn invite(
        &mut self,
        env: &mut Env,
        invite: &Invite,
        addresses: Vec<String>,
    ) -> Result<Invitation, Error> {
        let role = match &invite.role {
            None => Role::Member,
            Some(name) => name.parse().map_err(|error| Error::bad_value("role", name, error))?,
        };
        if invite.uses == 0 || invite.uses > governance::USES_MAX {
            return Err(Error::bad_value("uses", invite.uses, format!("1 to {}", governance::USES_MAX)));
        }
        if invite.days == 0 || invite.days > DAYS_MAX {
            return Err(Error::bad_value("days", invite.days, format!("1 to {DAYS_MAX}")));
        }
        let with: Vec<DocumentId> = self.reading(|reader| {
            let names = Names::new(self, reader);
            invite.with.iter().map(|name| names.document(name)).collect()
        })?;
        let open = self.invitations(env.now()).into_iter().filter(|row| row.state == "open");
        let mine = open.filter(|row| row.by == self.keys.member.to_string()).count();
        if mine >= OPEN_INVITATIONS_MAX {
            return Err(Error::too_many_invitations(mine));
        }
        let starter = self.reading(|reader| self.starter(reader, &with))?;
        let bytes: usize =
            starter.iter().map(|one| one.entry.bytes().len() + one.payload.shape.len() + stored_bytes(one)).sum();
        if bytes / 3 * 4 > invitation::INVITATION_BYTES_MAX {
            return Err(Error::too_large("what the invitation carries", "1 MiB"));
        }
        let secret: [u8; 32] = env.bytes();
        let expires = Timestamp(env.now().0 + i64::from(invite.days) * DAY_MS);
        let terms = InviteTerms { role, uses: invite.uses, expires, confirm: invite.confirm };
        let spaces = self.state().spaces_of_role(role);
        let keys: Vec<_> = self.keys.spaces.iter().filter(|(space, _, _)| spaces.contains(space)).cloned().collect();
        let mut pen = Pen::start(self, env)?;
        let allowed = pen.require(Right::Invite(role), "invite");
        if let Err(error) = allowed {
            pen.engine.abandon();
            return Err(error);
        }
        let shape = governance::invite(&terms, &secret, &keys, pen.env);
        let id = pen.govern(&shape, &GovernanceContent::default())?;
        pen.finish()?;
        let carried = self.carried(id, secret, addresses.clone(), starter)?;
        let text = invitation::encode(&carried).map_err(|error| Error::too_large("the invitation", error))?;
        let (parts, small) = if invite.parts { parts(carried) } else { (Vec::new(), false) };
        if invite.parts && parts.is_empty() {
            // Nobody will come with it.
            self.recall(env, &id.to_string())?;
            return Err(Error::too_long_for_codes(invitation::PARTS_MAX));
        }
        Ok(Invitation {
            id: id.to_string(),
            entry: id.to_string(),
            text,
            role: role.name().to_owned(),
            uses: invite.uses,
            until: instant(expires),
            addresses,
            parts,
            small,
        })
    }

    fn carried(
        &self,
        id: EntryId,
        secret: [u8; 32],
        addresses: Vec<String>,
        starter: Vec<invitation::CarriedOne>,
    ) -> Result<invitation::Carried, Error> {
        self.reading(|reader| {
            let past = self.governance.closure(&[id]).ok_or_else(|| Error::internal("an act without its past"))?;
            Ok(invitation::Carried {
                secret: zeroize::Zeroizing::new(secret),
                community_secret: zeroize::Zeroizing::new(self.keys.secret),
                invitation: id,
                addresses,
                governance: self.carry(reader, past)?,
                starter,
            })
        })
    }

    /// Lists the invitations, those that end first before others.
    pub(crate) fn invitations(&self, now: Timestamp) -> Vec<InvitationRow> {
        let mut rows: Vec<(Timestamp, InvitationRow)> = Vec::new();
        for (id, invitation) in &self.state().invitations {
            let members = self.state().members.iter().filter(|(_, member)| member.invitation == Some(*id));
            let waits = members.clone().filter(|(_, member)| member.status == Status::Pending).count();
            let used = members.count() - waits;
            let state = match invitation {
                _ if used >= invitation.uses as usize => "used",
                governance::Invitation { closed: true, .. } => "closed",
                _ if now > invitation.expires => "expired",
                _ => "open",
            };
            let row = InvitationRow {
                id: id.to_string(),
                role: invitation.role.name().to_owned(),
                uses: invitation.uses,
                used,
                waits,
                until: instant(invitation.expires),
                confirm: invitation.confirm,
                by: invitation.by.to_string(),
                by_handle: self.handle_of(invitation.by),
                state: state.to_owned(),
            };
            rows.push((invitation.expires, row));
        }
        rows.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// Admits somebody who waits, with the keys of what their role reads.
    pub(crate) fn admit(
        &mut self,
        env: &mut Env,
        who: &str,
        typed: Option<&str>,
    ) -> Result<(MemberRow, Changes), Error> {
        let (id, handle) = self.reading(|reader| {
            let names = Names::new(self, reader);
            let id = names.member_named(who)?;
            Ok((id, names.member(id)?.0))
        })?;
        let waits = self.pending_of(id).ok_or_else(|| Error::waits_not(&handle))?;
        if let Some(words) = &waits.words {
            let typed = typed.ok_or_else(|| Error::words_needed(&handle))?;
            if !words::same(typed, words) {
                return Err(Error::other_words(&handle));
            }
        }
        let member = &self.state().members[&id];
        let to: Vec<[u8; 32]> =
            member.devices.iter().filter(|device| device.dropped.is_none()).map(|device| device.agreement).collect();
        let spaces = self.state().spaces_of_role(member.role);
        let keys: Vec<_> = self.keys.spaces.iter().filter(|(space, _, _)| spaces.contains(space)).cloned().collect();
        let admissions = BTreeSet::from([id.into()]);
        let ((), changes) = self.writing(env, |pen| {
            pen.require(Right::Govern, "admit somebody")?;
            let shape = governance::admit(&admissions, &BTreeSet::new(), (&keys, &to), pen.env);
            pen.govern(&shape, &GovernanceContent::default()).map(drop)
        })?;
        let row = self.reading(|reader| {
            let rows = self.members(reader)?;
            let id = id.to_string();
            rows.into_iter().find(|row| row.member == id).ok_or_else(|| Error::no_member(who))
        })?;
        Ok((row, changes))
    }

    /// Closes an invitation before its time: whoever comes with it later waits.
    pub(crate) fn recall(&mut self, env: &mut Env, name: &str) -> Result<(InvitationRow, Changes), Error> {
        let name = name.trim().to_ascii_lowercase();
        let mut found = self.invitations(env.now());
        found.retain(|row| name.len() >= ID_CHARS_MIN && row.id.starts_with(&name));
        let row = match found.as_slice() {
            [one] => one.clone(),
            _ => return Err(Error::no_invitation(name)),
        };
        if row.state != "open" {
            let why = match row.state.as_str() {
                "used" => "it is used up",
                "expired" => "it has expired",
                _ => "it is closed",
            };
            return Err(Error::invitation_over(&row.id[..8], why));
        }
        let id: EntryId = row.id.parse().map_err(Error::internal)?;
        let me = self.keys.member;
        let own = row.by == me.to_string();
        let ((), changes) = self.writing(env, |pen| {
            if !own {
                pen.require(Right::Govern, "recall the invitation of somebody else")?;
            }
            pen.govern(&governance::close(id), &GovernanceContent::default())?;
            Ok(())
        })?;
        Ok((InvitationRow { state: "closed".to_owned(), ..row }, changes))
    }

    pub(super) fn carry(
        &self,
        reader: &crate::store::Reader,
        ids: impl IntoIterator<Item = EntryId>,
    ) -> Result<Vec<invitation::CarriedOne>, Error> {
        let lost = |id: EntryId| Error::damaged(format!("entry {id} is not in the log"));
        let one = |id| {
            let stored = reader.entry(id)?.ok_or_else(|| lost(id))?;
            let payload = reader.payload(id)?.ok_or_else(|| lost(id))?;
            Ok(invitation::CarriedOne { entry: stored.entry, signature: stored.signature, payload })
        };
        ids.into_iter().map(one).collect()
    }

    /// The starter pack: the charter and what was named, with the chains up to them; whole runs, so that each entry is
    /// vouched for.
    pub(super) fn starter(
        &self,
        reader: &crate::store::Reader,
        with: &[DocumentId],
    ) -> Result<Vec<invitation::CarriedOne>, Error> {
        let charter = Names::new(self, reader).charter()?.map(|(id, _)| id);
        let mut out: Vec<invitation::CarriedOne> = Vec::new();
        for document in charter.into_iter().chain(with.iter().copied()) {
            let Some(stored) = reader.entry(document.into())? else { continue };
            let chain = stored.entry.header().chain();
            let Some(tip) =
                reader.tips_of(chain)?.into_iter().map(|tip| tip.id).find(|tip| {
                    reader.id_at(*tip, stored.entry.header().seq).ok().flatten() == Some(stored.entry.id())
                })
            else {
                continue;
            };
            for one in reader.run(tip, 1, usize::MAX)? {
                let signed = one.signature.is_some();
                let done = signed && one.entry.header().seq >= stored.entry.header().seq;
                if !out.iter().any(|other| other.entry.id() == one.entry.id()) {
                    let Some(payload) = reader.payload_at(one.number)? else { break };
                    out.push(invitation::CarriedOne { entry: one.entry, signature: one.signature, payload });
                }
                if done {
                    break;
                }
            }
        }
        Ok(out)
    }
}
