//! The one writer: the communities of a home, and what can be asked of them.
//!
//! A [`Node`] owns the home's lock, the stores and the keys. It is a plain struct behind `&mut self`: requests come in by
//! [`Node::call`], sync sessions by the `link_*` methods, and what is to be done goes out as values. Doors drive it; so
//! does the simulator.

mod adapt;
mod ask;
mod audit;
mod backup;
mod blame;
mod bring;
mod bundle;
mod circles;
mod devices;
mod distil;
pub(crate) mod engine;
pub mod env;
mod erase;
pub mod error;
mod fallen;
mod faults;
mod filter;
mod forks;
mod founding;
pub mod home;
mod invitations;
pub mod keys;
mod links;
mod look;
mod mark;
mod names;
mod peers;
mod pen;
mod quarantine;
mod replica;
pub mod reply;
pub mod request;
mod rights;
mod rotation;
mod row;
mod search;
mod secret;
mod settle;
mod standing;
#[cfg(test)]
mod tests;
mod together;
mod vault;
mod vitrine;
mod words;
mod write;

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::model::{CommunityId, EntryId, SpaceId};
use crate::sync::{Faults, Frontier};
use engine::Engine;
use env::Env;
use home::{Home, Lock};
use links::Open;
use replica::Engines;

pub use backup::{Needed, restore};
pub use devices::DEVICES_MAX;
pub use error::{Error, ErrorKind};
pub use faults::EngineFaults;
pub use invitations::OPEN_INVITATIONS_MAX;
pub use links::{Action, Ends, Failure, Finished, Link};
pub use reply::Reply;
pub use request::{Call, Request};
pub use secret::Secret;

/// Version of this program.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// All communities of a home, owned.
pub struct Node {
    home: Home,
    lock: Option<Lock>,
    env: Env,
    engines: Engines,
    links: BTreeMap<Link, Open>,
    faults: Faults,
    serving: Option<Serving>,
    clock: Option<crate::model::Timestamp>,
    /// Actions that a request left to be done.
    pending: Vec<Action>,
}

/// What the door says of itself while it serves.
#[derive(Debug, Clone, Default)]
pub struct Serving {
    /// Addresses listened on, each with the peer id.
    pub addresses: Vec<String>,
    /// The port.
    pub port: u16,
    /// Transport ids of the peers linked now.
    pub linked: Vec<String>,
}

impl Node {
    /// Opens every community of a home whose lock is held.
    ///
    /// # Errors
    ///
    /// When a store can't be opened.
    pub fn open(home: Home, lock: Lock, env: Env) -> Result<Node, Error> {
        let mut engines = BTreeMap::new();
        for folder in home.communities()? {
            let engine = Engine::open(&home, &folder)?;
            engines.insert(engine.community(), engine);
        }
        Ok(Node {
            home,
            lock: Some(lock),
            env,
            engines: Engines(engines),
            links: BTreeMap::new(),
            faults: Faults::default(),
            serving: None,
            clock: None,
            pending: Vec::new(),
        })
    }

    /// Returns the home.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Returns the communities, in the order of their ids.
    pub fn communities(&self) -> Vec<CommunityId> {
        self.engines.0.keys().copied().collect()
    }

    /// Returns what is held of each space of a community that this node may read: for simulations, which compare it.
    ///
    /// # Errors
    ///
    /// When the community is not here, or its store fails.
    pub fn frontiers(&self, community: CommunityId) -> Result<Vec<(SpaceId, Frontier)>, Error> {
        let engine = self.engines.0.get(&community).ok_or_else(|| Error::unknown_community(community))?;
        let spaces = engine.state().spaces_of(engine.keys.device());
        engine.reading(|reader| spaces.iter().map(|space| Ok((*space, replica::frontier(reader, *space)?))).collect())
    }

    /// Tells whether an entry is held with its payload: for simulations.
    ///
    /// # Errors
    ///
    /// When the community is not here, or its store fails.
    pub fn holds(&self, community: CommunityId, entry: EntryId) -> Result<bool, Error> {
        let engine = self.engines.0.get(&community).ok_or_else(|| Error::unknown_community(community))?;
        engine.reading(|reader| Ok(reader.payload(entry)?.is_some()))
    }

    /// Says what the door does, for status and invitations; none when it stopped.
    pub fn set_serving(&mut self, serving: Option<Serving>) {
        self.serving = serving;
    }

    /// Takes the actions that requests left to be done for links.
    pub fn take_pending(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.pending)
    }

    /// Returns the transport seed of the home, made at first use.
    ///
    /// # Errors
    ///
    /// When the key's file can't be read or written.
    pub fn transport_seed(&mut self) -> Result<Zeroizing<[u8; 32]>, Error> {
        let path = self.home.transport_key();
        if let Ok(text) = std::fs::read_to_string(&path).map(Zeroizing::new)
            && let Ok(bytes) = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).map(Zeroizing::new)
            && let Ok(seed) = bytes.as_slice().try_into()
        {
            return Ok(Zeroizing::new(seed));
        }
        self.renew_transport()
    }

    /// Makes a new transport key: after a restore, and after a copy of this home was seen.
    ///
    /// # Errors
    ///
    /// When the key's file can't be written.
    pub fn renew_transport(&mut self) -> Result<Zeroizing<[u8; 32]>, Error> {
        let seed = Zeroizing::new(self.env.bytes::<32>());
        let text = Zeroizing::new(format!("{}\n", data_encoding::HEXLOWER.encode(&*seed)));
        home::write_private(&self.home.transport_key(), text.as_bytes())?;
        Ok(seed)
    }

    /// A copy of this home was met: from here on this one lives anew, in every community.
    ///
    /// # Errors
    ///
    /// When keys can't be written.
    pub fn renew_incarnations(&mut self) -> Result<(), Error> {
        for engine in self.engines.0.values_mut() {
            engine.renew(&mut self.env)?;
        }
        Ok(())
    }

    /// Lists the peers remembered: transport id, addresses, and the community they were met for.
    ///
    /// # Errors
    ///
    /// When a store fails.
    pub fn known_peers(&self) -> Result<Vec<(String, Vec<String>, CommunityId)>, Error> {
        let mut out = Vec::new();
        for (community, engine) in &self.engines.0 {
            let peers = engine.reading(|reader| engine.peers(reader))?;
            let peers = peers.into_iter().filter(|peer| !peer.typed);
            out.extend(peers.map(|peer| (peer.peer, peer.addresses, *community)));
        }
        Ok(out)
    }

    /// Notes why a meeting came to nothing: with a peer known by its transport id, or at an address as it was typed.
    pub fn note_failure(&mut self, community: CommunityId, failure: &Failure) {
        let now = self.env.now();
        if let Some(engine) = self.engines.0.get_mut(&community) {
            let _ = engine.remember_peer(&failure.label, |known| {
                known.typed = failure.typed;
                known.tried = Some(now);
                known.outcome = failure.reason.clone();
                if known.addresses.is_empty() && failure.typed {
                    known.addresses = failure.answers.iter().map(|(address, _)| address.clone()).collect();
                }
                known.answers = failure.answers.clone();
            });
        }
    }

    /// Somebody was met at an address as it was typed: why not before is of no interest any more.
    pub fn note_met(&mut self, community: CommunityId, typed: &str) {
        if let Some(engine) = self.engines.0.get_mut(&community) {
            let _ = engine.forget_typed(typed);
        }
    }

    /// Finds the addresses under which a member's nodes were met: transport id and addresses.
    ///
    /// # Errors
    ///
    /// When there is no such member, or a store fails.
    pub fn member_peers(&self, community: Option<&str>, member: &str) -> Result<Vec<(String, Vec<String>)>, Error> {
        let community = self.chosen(community)?;
        let engine = &self.engines.0[&community];
        engine.reading(|reader| {
            let id = names::Names::new(engine, reader).member_named(member)?;
            let peers = engine.peers(reader)?.into_iter().filter(|peer| peer.member == Some(id));
            Ok(peers.map(|peer| (peer.peer, peer.addresses)).collect())
        })
    }

    /// Feeds the search indexes; tells how many changes they took in.
    ///
    /// # Errors
    ///
    /// When a store or an index fails.
    pub fn feed_indexes(&mut self) -> Result<u64, Error> {
        let mut fed = 0;
        for engine in self.engines.0.values_mut() {
            fed += engine.feed(&mut |_, _| {})?;
        }
        Ok(fed)
    }

    /// Finds the community that a request means: by name or start of the id, or the one there is.
    ///
    /// # Errors
    ///
    /// When there is none, or it is not clear which.
    pub fn chosen(&self, name: Option<&str>) -> Result<CommunityId, Error> {
        let all = &self.engines.0;
        let Some(name) = name else {
            return match all.len() {
                0 => Err(Error::no_community()),
                1 => Ok(*all.keys().next().expect("there is one")),
                _ => Err(Error::several_communities(self.names()?.join(", "))),
            };
        };
        let folded = row::fold_label(name);
        let mut found = Vec::new();
        for (id, engine) in all {
            let title = engine.name()?;
            if row::fold_label(&title) == folded
                || row::slug(&title) == row::slug(name)
                || (name.len() >= 6 && id.to_string().starts_with(name))
            {
                found.push(*id);
            }
        }
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(Error::unknown_community(name)),
            several => {
                let ids: Vec<String> = several.iter().map(|id| id.to_string()[..12].to_owned()).collect();
                Err(Error::several_communities(ids.join(", ")))
            }
        }
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        self.engines.0.values().map(Engine::name).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The stores are closed before the lock is let go.
        self.engines.0.clear();
        self.lock = None;
    }
}
