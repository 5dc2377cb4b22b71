//! Founding a community, inviting into it, and entering it with nobody awake.

use std::fs;
use std::path::PathBuf;

use super::engine::Engine;
use super::env::Env;
use super::error::Error;
use super::home::{Home, path_error, private_folder};
use super::keys::Keys;
use super::names::{Names, instant};
use super::pen::Pen;
use super::reply::{Invitation, Joined, Written};
use super::request::{FieldChange, FieldOp, Init, Invite, Join};
use super::row::slug;
use super::write::parse_changes;
use crate::model::document::Change;
use crate::model::governance::{self, Act, Governance, InviteTerms, Right, Role, invitation};
use crate::model::header::Header;
use crate::model::seal::Agreement;
use crate::model::sign::{AdmissionProof, Signing};
use crate::model::{
    DocumentId, Entry, EntryId, EpochId, Incarnation, Kind, MemberId, Payload, Plain, SpaceId, Timestamp,
};
use crate::wire::Message;
use crate::wire::entry::{GovernanceContent, GovernanceShape};

const DAY_MS: i64 = 86_400_000;
/// Most days that an invitation is open: older ones are more likely lost than kept.
const DAYS_MAX: u32 = 365;

/// A new device: its secrets, before it is anybody's.
struct Device {
    signing: Signing,
    agreement: Agreement,
    incarnation: Incarnation,
}

impl Device {
    fn generate(env: &mut Env) -> Device {
        Device {
            signing: Signing::from_seed(&env.bytes()),
            agreement: Agreement::from_seed(&env.bytes()),
            incarnation: Incarnation(env.bytes()),
        }
    }

    /// Signs the first governance entry of this device.
    fn enter(
        &self,
        community: Option<crate::model::CommunityId>,
        deps: Vec<EntryId>,
        shape: &GovernanceShape,
        env: &mut Env,
    ) -> Result<(Entry, crate::model::sign::Signature, Payload), Error> {
        let mut header = Header {
            community,
            space: SpaceId::GOVERNANCE,
            device: self.signing.public(),
            incarnation: self.incarnation,
            seq: 1,
            prev: EntryId::ZERO,
            gov: Vec::new(),
            time: env.now(),
            kind: Kind::Governance,
            document: None,
            deps,
            epoch: EpochId::CLEAR,
            dictionary: 0,
            shape_bytes: 0,
            content_bytes: 0,
            root: [0; 32],
        };
        let plain = Plain { shape: shape.encode_to_vec(), content: Vec::new() };
        let payload = plain.store(&mut header, None, env).map_err(|_| Error::internal("an act over the limit"))?;
        let (entry, signature) = Entry::sign(header, &self.signing);
        Ok((entry, signature, payload))
    }
}

/// Founds a community in a home, and returns its engine.
pub(crate) fn found(home: &Home, init: &Init, env: &mut Env) -> Result<(Engine, Written), Error> {
    let changes = charter_changes(init)?;
    if slug(&init.person).is_empty() {
        return Err(Error::missing("a name with at least one letter (--name)"));
    }
    let device = Device::generate(env);
    let secret: [u8; 32] = env.bytes();
    let founding = governance::found(&device.agreement.public(), &secret, governance::Recoveries::default(), env);
    let (entry, signature, payload) = device.enter(None, Vec::new(), &founding.shape, env)?;
    let folder = home.community(entry.id().into());
    let epoch = EpochId::of(entry.id());
    let keys = Keys {
        community: entry.id().into(),
        member: entry.id().into(),
        signing: device.signing,
        agreement: device.agreement,
        secret,
        incarnation: device.incarnation,
        spaces: vec![(founding.commons.0, epoch, founding.commons.1), (founding.vitrine.0, epoch, founding.vitrine.1)],
    };
    let mut engine = begin(home, &folder, keys, &[(entry, Some(signature), payload)])?;
    let written = write_charter(&mut engine, env, init, &changes);
    keep_or_remove(engine, &folder, written)
}

/// Keeps a new community if all of its first writing went well; else nothing of it stays.
fn keep_or_remove<T>(engine: Engine, folder: &PathBuf, result: Result<T, Error>) -> Result<(Engine, T), Error> {
    let kept = result.and_then(|value| {
        engine.keys.save(&folder.join("keys.json"))?;
        Ok(value)
    });
    match kept {
        Ok(value) => Ok((engine, value)),
        Err(error) => {
            drop(engine);
            let _ = fs::remove_dir_all(folder);
            Err(error)
        }
    }
}

/// Makes the folder and the store, with the entries that come before everything else.
fn begin(
    home: &Home,
    folder: &PathBuf,
    keys: Keys,
    first: &[(Entry, Option<crate::model::sign::Signature>, Payload)],
) -> Result<Engine, Error> {
    if folder.join("keys.json").exists() {
        return Err(Error::already_member(keys.community));
    }
    // What a founding or joining left that was cut off: nothing was printed of it.
    let _ = fs::remove_dir_all(folder);
    private_folder(folder).map_err(|error| path_error(folder, &error))?;
    let store = home.disk().create(&folder.join("store.redb"), keys.community)?;
    let mut writer = store.write()?;
    for (entry, signature, payload) in first {
        writer.put_entry(entry, *signature, Some(payload))?;
    }
    writer.commit()?;
    let mut engine = Engine::with_store(folder, keys, store)?;
    // Their verdicts are set with the first writing.
    engine.governed = true;
    Ok(engine)
}

fn change(field: &str, value: &str) -> FieldChange {
    FieldChange { op: FieldOp::Set, field: field.to_owned(), value: value.to_owned() }
}

fn charter_changes(init: &Init) -> Result<Vec<Change>, Error> {
    if slug(&init.name).is_empty() {
        return Err(Error::missing("the name of the community"));
    }
    let mut changes = vec![change("title", &init.name), change("handle", &slug(&init.name))];
    for kind in &init.types {
        changes.push(FieldChange { op: FieldOp::Add, ..change("types", kind) });
    }
    changes.extend(init.changes.iter().cloned());
    let parsed = parse_changes("community", &changes)?;
    let has = |wanted: &str, field: &str| {
        parsed.iter().any(|change| match change {
            Change::Add { path, value } => path.field == "types" && value.as_text() == Some(wanted) && field == "types",
            Change::Set { path, .. } | Change::Write { path, .. } => wanted.is_empty() && path.field == field,
            _ => false,
        })
    };
    if has("project", "types") && !has("", "ends") {
        return Err(Error::missing("the end of a project community (--ends DATE)"));
    }
    if has("service", "types") && !has("", "object") {
        return Err(Error::missing("the object that a service community shares (--object TEXT)"));
    }
    Ok(parsed)
}

fn write_charter(engine: &mut Engine, env: &mut Env, init: &Init, charter: &[Change]) -> Result<Written, Error> {
    let mut pen = Pen::start(engine, env)?;
    let commons = pen.commons()?;
    // The charter comes first: an invitation carries the chain up to it.
    let (id, entry) = pen.create(commons, "community", charter)?;
    // A run of its own: an invitation carries whole runs.
    pen.flush()?;
    write_profile(&mut pen, &init.person, &init.site, &[])?;
    pen.finish()?;
    Ok(Written {
        id: id.to_string(),
        handle: slug(&init.name),
        kind: "community".to_owned(),
        entry: entry.to_string(),
        fields: Vec::new(),
        value: None,
    })
}

/// Writes one's own profile, and the term of the site.
fn write_profile(pen: &mut Pen<'_>, person: &str, site: &str, more: &[FieldChange]) -> Result<String, Error> {
    let commons = pen.commons()?;
    let handle = slug(person);
    let mut changes = vec![change("name", person.trim()), change("handle", &handle)];
    if !site.trim().is_empty() {
        let term = pen.term(commons, "site", site)?;
        changes.push(change("home_site", &term.to_string()));
    }
    changes.extend(more.iter().cloned());
    let parsed = parse_changes("member", &changes)?;
    pen.create(commons, "member", &parsed)?;
    Ok(handle)
}

impl Engine {
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
        let text = self.invitation_text(id, &secret, addresses.clone(), &with)?;
        Ok(Invitation {
            id: id.to_string(),
            entry: id.to_string(),
            text,
            role: role.name().to_owned(),
            uses: invite.uses,
            until: instant(expires),
            addresses,
        })
    }

    fn invitation_text(
        &self,
        id: EntryId,
        secret: &[u8; 32],
        addresses: Vec<String>,
        with: &[DocumentId],
    ) -> Result<String, Error> {
        self.reading(|reader| {
            let past = self.governance.closure(&[id]).ok_or_else(|| Error::internal("an act without its past"))?;
            let carried = invitation::Carried {
                secret: zeroize::Zeroizing::new(*secret),
                community_secret: zeroize::Zeroizing::new(self.keys.secret),
                invitation: id,
                addresses,
                governance: self.carry(reader, past)?,
                starter: self.starter(reader, with)?,
            };
            invitation::encode(&carried).map_err(|error| Error::too_large("the invitation", error))
        })
    }

    fn carry(
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
    fn starter(
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

/// Enters a community: an admission signed with the invitation's one-time key, and one's own profile.
pub(crate) fn join(home: &Home, join: &Join, env: &mut Env) -> Result<(Engine, Joined, Vec<String>), Error> {
    if slug(&join.person).is_empty() {
        return Err(Error::missing("a name with at least one letter (--name)"));
    }
    let carried = invitation::decode(&join.invitation).map_err(|_| Error::not_an_invitation())?;
    let community = carried.community().ok_or_else(Error::not_an_invitation)?;
    let governance = read_carried(&carried)?;
    let state = governance.state();
    let open = state.invitations.get(&carried.invitation).ok_or_else(Error::not_an_invitation)?;
    let (role, confirm) = (open.role, open.confirm);
    let keys = governance::open_invitation(state, carried.invitation, &carried.secret)
        .map_err(|_| Error::not_an_invitation())?;
    let folder = home.community(community);
    if folder.join("keys.json").exists() {
        return Err(Error::already_member(community));
    }
    let device = Device::generate(env);
    let proof = AdmissionProof {
        community,
        invitation: carried.invitation,
        device: device.signing.public(),
        agreement: device.agreement.public(),
    };
    let shape = governance::admission(&proof, None, &carried.secret);
    let (entry, signature, payload) = device.enter(Some(community), governance.heads(), &shape, env)?;
    let member: MemberId = entry.id().into();
    let keys = Keys {
        community,
        member,
        signing: device.signing,
        agreement: device.agreement,
        secret: *carried.community_secret,
        incarnation: device.incarnation,
        spaces: keys,
    };
    let mut first: Vec<_> = carried.governance.into_iter().map(|one| (one.entry, one.signature, one.payload)).collect();
    first.push((entry.clone(), Some(signature), payload));
    let mut engine = begin(home, &folder, keys, &first)?;
    let starter = carried.starter;
    let result = settle_in(&mut engine, env, join, starter, role);
    let (engine, handle) = keep_or_remove(engine, &folder, result)?;
    let name = engine.reading(|reader| Ok(Names::new(&engine, reader).charter()?.map(|(_, row)| row.title)))?;
    let joined = Joined {
        community: community.to_string(),
        name: name.unwrap_or_default(),
        id: member.to_string(),
        handle,
        kind: "member".to_owned(),
        role: role.name().to_owned(),
        site: join.site.clone(),
        entry: entry.id().to_string(),
        pending: confirm,
    };
    Ok((engine, joined, carried.addresses))
}

fn read_carried(carried: &invitation::Carried) -> Result<Governance, Error> {
    let mut governance: Option<Governance> = None;
    for one in &carried.governance {
        let shape = one.payload.open_shape(one.entry.header(), None).map_err(|_| Error::not_an_invitation())?;
        let shape = GovernanceShape::decode(&*shape).map_err(|_| Error::not_an_invitation())?;
        let act = Act::new(&one.entry, &shape);
        match &mut governance {
            None => governance = Some(Governance::new(act).map_err(|_| Error::not_an_invitation())?),
            Some(governance) => {
                governance.insert(act);
            }
        }
    }
    governance.ok_or_else(Error::not_an_invitation)
}

/// Takes the starter pack in, and writes one's own profile where the role can read and write the commons.
fn settle_in(
    engine: &mut Engine,
    env: &mut Env,
    join: &Join,
    starter: Vec<invitation::CarriedOne>,
    role: Role,
) -> Result<String, Error> {
    let mut pen = Pen::start(engine, env)?;
    for one in &starter {
        pen.engine.take(&one.entry, one.signature, Some(&one.payload))?;
    }
    pen.engine.put.clear();
    let mut handle = slug(&join.person);
    let me = pen.me();
    let commons = pen.commons()?;
    if role.writes() && pen.engine.state().may(me, Right::Write(commons)) {
        let mut more = Vec::new();
        for (field, values) in [("wants_to_learn", &join.learn), ("offers", &join.offers)] {
            more.extend(values.iter().map(|value| FieldChange { op: FieldOp::Add, ..change(field, value) }));
        }
        handle = write_profile(&mut pen, &join.person, &join.site, &more)?;
    }
    pen.finish()?;
    Ok(handle)
}
