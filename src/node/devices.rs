//! The devices of a person: adding one by a file, listing them, dropping one, and coming back by the printed key.
//!
//! A device that is in already makes the keys of the new one, adds it to the person, and writes both into a file: so
//! nobody has to be awake, and both have signed. Whoever holds the file is the new device, until it is dropped.

use zeroize::Zeroizing;

use super::engine::{Changes, Engine, rows};
use super::env::Env;
use super::error::Error;
use super::founding::{Device, begin, keep_or_remove, read_carried, take_starter};
use super::home::Home;
use super::keys::Keys;
use super::names::{Names, instant};
use super::pen::Pen;
use super::reply::{DeviceFile, DeviceRow, Joined};
use super::secret::Secret;
use super::words;
use crate::model::governance::{self, Cut, OwnDevice, Place, invitation};
use crate::model::seal::Agreement;
use crate::model::sign::{DeviceProof, Signing};
use crate::model::{DeviceId, Incarnation, MemberId, SpaceId};
use crate::store::Reader;
use crate::wire::entry::{GovernanceContent, GovernanceShape};

/// Fewest digits of an id that name a device.
const ID_CHARS_MIN: usize = 6;
/// Most devices of one person that are not dropped: each is a machine that somebody has to look after.
pub const DEVICES_MAX: usize = 16;

impl Engine {
    /// Returns this device, as governance knows it.
    fn own_device(&self) -> Result<OwnDevice, Error> {
        let member = self.state().members.get(&self.keys.member).ok_or_else(Error::not_yet_member)?;
        let own = self.keys.device();
        member.devices.iter().find(|device| device.id == own).copied().ok_or_else(Error::not_yet_member)
    }

    fn own_devices(&self) -> Vec<OwnDevice> {
        let member = self.state().members.get(&self.keys.member);
        let mut devices = member.map(|member| member.devices.clone()).unwrap_or_default();
        devices.sort_by_key(|device| (device.rank, device.id));
        devices
    }

    /// Lists one's own devices, the oldest first.
    pub(crate) fn devices(&self, reader: &Reader) -> Result<Vec<DeviceRow>, Error> {
        self.own_devices().iter().enumerate().map(|(at, device)| self.device_row(reader, at + 1, device)).collect()
    }

    fn device_row(&self, reader: &Reader, n: usize, device: &OwnDevice) -> Result<DeviceRow, Error> {
        let time = |id| -> Result<String, Error> {
            Ok(reader.entry(id)?.map(|stored| instant(stored.entry.header().time)).unwrap_or_default())
        };
        let mut entries = 0;
        for space in reader.spaces()? {
            let own = reader.tips(space)?.into_iter().filter(|tip| tip.chain.device == device.id);
            entries += own.map(|tip| tip.seq).sum::<u64>();
        }
        Ok(DeviceRow {
            n,
            device: device.id.to_string(),
            member: Names::new(self, reader).member(self.keys.member)?.0,
            added: time(device.by)?,
            dropped: device.dropped.map(time).transpose()?,
            entries,
            me: device.id == self.keys.device(),
        })
    }

    /// Gives out the words of the printed key, and forgets them: whoever finds this machine must not find them too.
    pub(crate) fn take_printed(&mut self) -> Result<Option<Secret>, Error> {
        let Some(seed) = self.keys.printed.take() else { return Ok(None) };
        let words = Secret::new(&words::printed(&seed));
        self.keys.save(&self.folder.join("keys.json"))?;
        Ok(Some(words))
    }

    /// Adds a device to the person, and returns the file that makes another machine that device.
    pub(crate) fn device_add(&mut self, env: &mut Env, addresses: Vec<String>) -> Result<(DeviceFile, Changes), Error> {
        self.own_device()?;
        let live = self.own_devices().iter().filter(|device| device.dropped.is_none()).count();
        if live >= DEVICES_MAX {
            return Err(Error::too_many_devices(live));
        }
        let new = Device::generate(env);
        let proof = self.proof(&new);
        let signature = new.signing.device(&proof);
        let shape = governance::device_add(&proof, new.signing.public(), &signature, &self.keys.spaces, env);
        let (id, changes) = self.writing(env, |pen| pen.govern(&shape, &GovernanceContent::default()))?;
        let text = self.reading(|reader| {
            let past = self.governance.closure(&[id]).ok_or_else(|| Error::internal("an act without its past"))?;
            let profile = rows::profile(reader, self.keys.member)?.map(|(id, _)| id);
            let carried = invitation::CarriedDevice {
                community_secret: Zeroizing::new(self.keys.secret),
                signing: new.signing.seed(),
                agreement: new.agreement.seed(),
                addresses,
                governance: self.carry(reader, past)?,
                starter: self.starter(reader, profile.as_slice())?,
            };
            invitation::encode_device(&carried).map_err(|error| Error::too_large("the device file", error))
        })?;
        Ok((DeviceFile { device: new.signing.public().to_string(), entry: id.to_string(), text }, changes))
    }

    fn proof(&self, device: &Device) -> DeviceProof {
        DeviceProof {
            community: self.community(),
            member: self.keys.member,
            device: device.signing.public(),
            agreement: device.agreement.public(),
        }
    }

    fn device_named(&self, name: &str) -> Result<OwnDevice, Error> {
        let devices = self.own_devices();
        let wanted = name.trim().to_ascii_lowercase();
        let by_id = |device: &&OwnDevice| wanted.len() >= ID_CHARS_MIN && device.id.to_string().starts_with(&wanted);
        let mut found = devices.iter().filter(by_id);
        let number = wanted.parse::<usize>().ok().filter(|_| wanted.len() < ID_CHARS_MIN);
        let by_number = number.and_then(|n| devices.get(n.checked_sub(1)?));
        match (by_number, found.next(), found.next()) {
            (Some(device), _, _) | (None, Some(device), None) => Ok(*device),
            _ => Err(Error::no_device(name)),
        }
    }

    /// Drops one of one's own devices: what it wrote and is known here stays, later entries don't count. One that is
    /// older than this needs the printed key, which makes this machine a device as old as any.
    pub(crate) fn device_drop(
        &mut self,
        env: &mut Env,
        name: &str,
        printed: Option<&Secret>,
    ) -> Result<(DeviceRow, Changes), Error> {
        let own = self.own_device()?;
        let target = self.device_named(name)?;
        if target.dropped.is_some() {
            return Err(Error::nothing_to_do());
        }
        if target.id == own.id {
            return Err(Error::own_device());
        }
        if target.rank < own.rank && printed.is_none() {
            return Err(Error::older_device(&target.id.to_string()[..8]));
        }
        let cut = self.reading(|reader| self.cut_of(reader, target.id))?;
        let drop = governance::device_drop(self.keys.member, target.id, &cut);
        let changes = match printed {
            Some(words) => self.drop_as_old(env, words, &drop)?,
            None => self.writing(env, |pen| drop_and_rotate(pen, &drop))?.1,
        };
        let row = self.reading(|reader| {
            let rows = self.devices(reader)?;
            let id = target.id.to_string();
            rows.into_iter().find(|row| row.device == id).ok_or_else(|| Error::no_device(name))
        })?;
        Ok((row, changes))
    }

    /// Everything of a device that is here: what still counts.
    fn cut_of(&self, reader: &Reader, device: DeviceId) -> Result<Cut, Error> {
        let mut cut = Cut::default();
        cut.spaces.extend(
            self.state().spaces_of(self.keys.device()).into_iter().filter(|space| *space != SpaceId::GOVERNANCE),
        );
        let mut tips = 0;
        for space in reader.spaces()? {
            for tip in reader.tips(space)?.into_iter().filter(|tip| tip.chain.device == device) {
                let incarnation = tip.chain.incarnation;
                cut.add(Place { space, device, incarnation, seq: tip.seq, id: tip.id });
                tips += 1;
            }
        }
        if tips > governance::TIPS_MAX {
            return Err(Error::limit("branches of a device", governance::TIPS_MAX));
        }
        Ok(cut)
    }

    /// Brings this machine in anew by the printed key, and writes an act as that device.
    fn drop_as_old(&mut self, env: &mut Env, words: &Secret, act: &GovernanceShape) -> Result<Changes, Error> {
        let seed = words::seed(words.text()).ok_or_else(Error::wrong_secret)?;
        let key = words::recovery(&seed);
        let member = self.state().members.get(&self.keys.member).ok_or_else(Error::not_yet_member)?;
        if member.recovery != Some(key.public()) {
            return Err(Error::wrong_secret());
        }
        let new = Device::generate(env);
        let proof = self.proof(&new);
        let shape = governance::device_add(&proof, key.public(), &key.device(&proof), &self.keys.spaces, env);
        let old = self.become_device(new);
        let written = self.writing(env, |pen| {
            pen.govern(&shape, &GovernanceContent::default())?;
            drop_and_rotate(pen, act)?;
            // Saved below, after the commit: before it this machine is the device that it was.
            pen.engine.keys_changed = false;
            Ok(())
        });
        match written {
            Ok(((), changes)) => {
                // A crash before this leaves the machine the device that it was: the drop stands all the same, and new
                // keys can be opened from the log.
                self.keys.save(&self.folder.join("keys.json"))?;
                Ok(changes)
            }
            Err(error) => {
                self.become_device(old);
                Err(error)
            }
        }
    }

    fn become_device(&mut self, device: Device) -> Device {
        Device {
            signing: std::mem::replace(&mut self.keys.signing, device.signing),
            agreement: std::mem::replace(&mut self.keys.agreement, device.agreement),
            incarnation: std::mem::replace(&mut self.keys.incarnation, device.incarnation),
        }
    }
}

/// Writes a removal, and new keys for the spaces that it concerns.
fn drop_and_rotate(pen: &mut Pen<'_>, act: &GovernanceShape) -> Result<(), Error> {
    pen.govern(act, &GovernanceContent::default())?;
    let spaces = pen.engine.state().spaces_of(pen.engine.keys.device());
    spaces.into_iter().filter(|space| *space != SpaceId::GOVERNANCE).try_for_each(|space| pen.rotate_if_owed(space))
}

/// Makes this machine the device of a file.
pub(crate) fn join(home: &Home, text: &str, env: &mut Env) -> Result<(Engine, Joined, Vec<String>), Error> {
    let carried = invitation::decode_device(text).map_err(|_| Error::not_a_device_file())?;
    let community = carried.community().ok_or_else(Error::not_a_device_file)?;
    let governance = read_carried(&carried.governance).map_err(|_| Error::not_a_device_file())?;
    let state = governance.state();
    let signing = Signing::from_seed(&carried.signing);
    let agreement = Agreement::from_seed(&carried.agreement);
    let member = state.device(signing.public()).ok_or_else(Error::not_a_device_file)?;
    if state.agreement(signing.public()) != Some(agreement.public()) {
        return Err(Error::not_a_device_file());
    }
    let keys = Keys {
        community,
        member,
        spaces: state.keys_for(&agreement),
        signing,
        agreement,
        secret: *carried.community_secret,
        incarnation: Incarnation(env.bytes()),
        invitation: None,
        backup: None,
        printed: None,
        lock: None,
    };
    let entry = state.members[&member].devices.iter().find(|device| device.id == keys.device());
    let entry = entry.map(|device| device.by.to_string()).unwrap_or_default();
    let folder = home.community(community);
    let first: Vec<_> = carried.governance.into_iter().map(|one| (one.entry, one.signature, one.payload)).collect();
    let mut engine = begin(home, &folder, keys, &first)?;
    let result = take_starter(&mut engine, env, &carried.starter);
    let (engine, _) = keep_or_remove(engine, &folder, result)?;
    let joined = joined(&engine, member, entry)?;
    Ok((engine, joined, carried.addresses))
}

/// Comes back by the printed key: an invitation of any member tells what the community is, and how to read it.
pub(crate) fn recover(
    home: &Home,
    text: &str,
    words: &Secret,
    env: &mut Env,
) -> Result<(Engine, Joined, Vec<String>), Error> {
    let carried = invitation::decode(text).map_err(|_| Error::not_an_invitation())?;
    let community = carried.community().ok_or_else(Error::not_an_invitation)?;
    let governance = read_carried(&carried.governance)?;
    let state = governance.state();
    let seed = words::seed(words.text()).ok_or_else(Error::wrong_secret)?;
    let key = words::recovery(&seed);
    let mine = state.members.iter().find(|(_, member)| member.recovery == Some(key.public()));
    let (&member, _) = mine.ok_or_else(Error::wrong_secret)?;
    let spaces = governance::open_invitation(state, carried.invitation, &carried.secret)
        .map_err(|_| Error::not_an_invitation())?;
    let device = Device::generate(env);
    let proof =
        DeviceProof { community, member, device: device.signing.public(), agreement: device.agreement.public() };
    let shape = governance::device_add(&proof, key.public(), &key.device(&proof), &spaces, env);
    let content = GovernanceContent::default();
    let (entry, signature, payload) = device.enter(Some(community), governance.heads(), &shape, &content, env)?;
    let id = entry.id().to_string();
    let keys = Keys {
        community,
        member,
        signing: device.signing,
        agreement: device.agreement,
        secret: *carried.community_secret,
        incarnation: device.incarnation,
        spaces,
        invitation: Some(carried.secret.clone()),
        backup: Some(words::backup_key(&seed)),
        printed: None,
        lock: None,
    };
    let mut first: Vec<_> = carried.governance.into_iter().map(|one| (one.entry, one.signature, one.payload)).collect();
    first.push((entry, Some(signature), payload));
    let folder = home.community(community);
    let mut engine = begin(home, &folder, keys, &first)?;
    let result = take_starter(&mut engine, env, &carried.starter);
    let (engine, _) = keep_or_remove(engine, &folder, result)?;
    let joined = joined(&engine, member, id)?;
    Ok((engine, joined, carried.addresses))
}

fn joined(engine: &Engine, member: MemberId, entry: String) -> Result<Joined, Error> {
    engine.reading(|reader| {
        let names = Names::new(engine, reader);
        let (handle, site) = names.member(member)?;
        let role = engine.state().members.get(&member).map(|member| member.role.name()).unwrap_or_default();
        Ok(Joined {
            community: engine.community().to_string(),
            name: names.charter()?.map(|(_, row)| row.title).unwrap_or_default(),
            id: member.to_string(),
            handle,
            kind: "device".to_owned(),
            role: role.to_owned(),
            site,
            entry,
            brought: Vec::new(),
            pending: false,
            waits: None,
        })
    })
}
