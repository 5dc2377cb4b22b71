//! Founding a community, and entering one with nobody awake.

use std::fs;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::engine::Engine;
use super::env::Env;
use super::error::Error;
use super::home::{Home, path_error, private_folder};
use super::invitations::{NAME_BYTES_MAX, OwnProfile};
use super::keys::Keys;
use super::names::Names;
use super::pen::Pen;
use super::reply::{Joined, Written};
use super::request::{FieldChange, FieldOp, Init, Join};
use super::row::slug;
use super::words;
use super::write::parse_changes;
use crate::model::document::Change;
use crate::model::governance::{self, Act, Governance, Right, Role, invitation};
use crate::model::header::Header;
use crate::model::seal::{Agreement, seal_name_to};
use crate::model::sign::{AdmissionProof, Signing};
use crate::model::{Entry, EntryId, EpochId, Incarnation, Kind, MemberId, Payload, Plain, SpaceId, shortened};
use crate::wire::Message;
use crate::wire::entry::{GovernanceContent, GovernanceShape};

/// A new device: its secrets, before it is anybody's.
pub(super) struct Device {
    pub(super) signing: Signing,
    pub(super) agreement: Agreement,
    pub(super) incarnation: Incarnation,
}

impl Device {
    pub(super) fn generate(env: &mut Env) -> Device {
        Device {
            signing: Signing::from_seed(&env.bytes()),
            agreement: Agreement::from_seed(&env.bytes()),
            incarnation: Incarnation(env.bytes()),
        }
    }

    /// Signs the first governance entry of this device.
    pub(super) fn enter(
        &self,
        community: Option<crate::model::CommunityId>,
        deps: Vec<EntryId>,
        shape: &GovernanceShape,
        content: &GovernanceContent,
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
        let plain = Plain { shape: shape.encode_to_vec(), content: content.encode_to_vec() };
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
    let printed = Zeroizing::new(env.bytes());
    let recoveries = governance::Recoveries {
        community: Some(words::community_recovery(&printed).public()),
        person: Some(words::recovery(&printed).public()),
    };
    let founding = governance::found(&device.agreement.public(), &secret, recoveries, env);
    let (entry, signature, payload) =
        device.enter(None, Vec::new(), &founding.shape, &GovernanceContent::default(), env)?;
    let folder = home.community(entry.id().into());
    let epoch = EpochId::of(entry.id());
    let keys = Keys {
        community: entry.id().into(),
        member: entry.id().into(),
        signing: device.signing,
        agreement: device.agreement,
        secret,
        incarnation: device.incarnation,
        invitation: None,
        backup: Some(words::backup_key(&printed)),
        printed: Some(printed),
        lock: None,
        spaces: vec![(founding.commons.0, epoch, founding.commons.1), (founding.vitrine.0, epoch, founding.vitrine.1)],
    };
    let mut engine = begin(home, &folder, keys, &[(entry, Some(signature), payload)])?;
    let written = write_charter(&mut engine, env, init, &changes);
    keep_or_remove(engine, &folder, written)
}

/// Keeps a new community if all of its first writing went well; else nothing of it stays.
pub(super) fn keep_or_remove<T>(
    engine: Engine,
    folder: &PathBuf,
    result: Result<T, Error>,
) -> Result<(Engine, T), Error> {
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
pub(super) fn begin(
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
pub(super) fn write_profile(
    pen: &mut Pen<'_>,
    person: &str,
    site: &str,
    more: &[FieldChange],
) -> Result<String, Error> {
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

/// Enters a community: an admission signed with the invitation's one-time key, and one's own profile.
pub(crate) fn join(home: &Home, join: &Join, env: &mut Env) -> Result<(Engine, Joined, Vec<String>), Error> {
    if slug(&join.person).is_empty() {
        return Err(Error::missing("a name with at least one letter (--name)"));
    }
    let carried = invitation::decode(&join.invitation).map_err(|_| Error::not_an_invitation())?;
    let community = carried.community().ok_or_else(Error::not_an_invitation)?;
    let governance = read_carried(&carried.governance)?;
    let state = governance.state();
    let open = state.invitations.get(&carried.invitation).ok_or_else(Error::not_an_invitation)?;
    let role = open.role;
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
    let printed = Zeroizing::new(env.bytes());
    let shape = governance::admission(&proof, Some(words::recovery(&printed).public()), &carried.secret);
    let inviter = carried.governance.iter().find(|one| one.entry.id() == carried.invitation);
    let inviter = inviter.and_then(|one| state.agreement(one.entry.header().device));
    let name = shortened(&join.person, NAME_BYTES_MAX);
    let content = GovernanceContent {
        sealed_name: inviter.map(|to| seal_name_to(&to, carried.invitation, name, env)).unwrap_or_default(),
    };
    let (entry, signature, payload) = device.enter(Some(community), governance.heads(), &shape, &content, env)?;
    let member: MemberId = entry.id().into();
    let keys = Keys {
        community,
        member,
        signing: device.signing,
        agreement: device.agreement,
        secret: *carried.community_secret,
        incarnation: device.incarnation,
        invitation: Some(carried.secret.clone()),
        backup: Some(words::backup_key(&printed)),
        printed: Some(printed),
        lock: None,
        spaces: keys,
    };
    let mut first: Vec<_> = carried.governance.into_iter().map(|one| (one.entry, one.signature, one.payload)).collect();
    first.push((entry.clone(), Some(signature), payload));
    let mut engine = begin(home, &folder, keys, &first)?;
    let starter = carried.starter;
    let result = settle_in(&mut engine, env, join, starter, role);
    let (engine, (handle, brought)) = keep_or_remove(engine, &folder, result)?;
    let name = engine.reading(|reader| Ok(Names::new(&engine, reader).charter()?.map(|(_, row)| row.title)))?;
    let waits = engine.pending_of(member);
    let joined = Joined {
        community: community.to_string(),
        name: name.unwrap_or_default(),
        id: member.to_string(),
        handle,
        kind: "member".to_owned(),
        role: role.name().to_owned(),
        site: join.site.clone(),
        entry: entry.id().to_string(),
        brought,
        pending: waits.is_some(),
        waits,
    };
    Ok((engine, joined, carried.addresses))
}

pub(super) fn read_carried(carried: &[invitation::CarriedOne]) -> Result<Governance, Error> {
    let mut governance: Option<Governance> = None;
    for one in carried {
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

/// Takes in what came along with a file.
pub(super) fn take_starter(
    engine: &mut Engine,
    env: &mut Env,
    starter: &[invitation::CarriedOne],
) -> Result<(), Error> {
    let pen = Pen::start(engine, env)?;
    for one in starter {
        pen.engine.take(&one.entry, one.signature, Some(&one.payload))?;
    }
    pen.engine.put.clear();
    pen.finish().map(drop)
}

/// Takes the starter pack in, and writes one's own profile where the role can read and write the commons.
fn settle_in(
    engine: &mut Engine,
    env: &mut Env,
    join: &Join,
    starter: Vec<invitation::CarriedOne>,
    role: Role,
) -> Result<(String, Vec<(String, u64)>), Error> {
    let mut pen = Pen::start(engine, env)?;
    for one in &starter {
        pen.engine.take(&one.entry, one.signature, Some(&one.payload))?;
    }
    pen.engine.put.clear();
    let mut handle = slug(&join.person);
    let me = pen.me();
    let commons = pen.commons()?;
    let mut more = Vec::new();
    for (field, values) in [("wants_to_learn", &join.learn), ("offers", &join.offers)] {
        more.extend(values.iter().map(|value| FieldChange { op: FieldOp::Add, ..change(field, value) }));
    }
    if !role.writes() || !pen.engine.state().may(me, Right::Write(commons)) {
        let (name, site) = (join.person.trim().to_owned(), join.site.clone());
        pen.engine.keep_profile(&OwnProfile { name, site, more })?;
    } else {
        handle = write_profile(&mut pen, &join.person, &join.site, &more)?;
    }
    let mut new = pen.finish()?.new;
    new.retain(|kind, _| !matches!(kind.as_str(), "community" | "member" | "term"));
    Ok((handle, new.into_iter().collect()))
}
