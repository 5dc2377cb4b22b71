//! The sessions of a link: one for each community that its ends may share, each on a channel of its own.
//!
//! ```text
//! | channel: u8 | frame of the session … |      a channel without a frame: its session is over
//! ```
//!
//! Who dialled opens channels 0 to 127, the other side 128 to 255. A session knows nothing of channels; the node names it
//! by the link's number and the channel's together.

use std::collections::{BTreeMap, VecDeque};

use super::super::net::{Address, LinkId, PeerId};
use super::{AVOID, Engine};
use crate::model::CommunityId;
use crate::node::{Ends, Link};

/// Most channels that one side opens on a link: communities of a home, of which few people have more than some.
const CHANNELS_MAX: u8 = 16;
/// The first channel of the side that was dialled.
const ANSWERING: u8 = 128;
/// Ticks after which a link without sessions is closed: the other side may be about to open one.
const IDLE_TICKS_MAX: u8 = 2;

/// A link and what waits to be sent over it.
pub(super) struct Carried {
    pub(super) peer: PeerId,
    pub(super) dialler: bool,
    pub(super) address: Address,
    pub(super) frames: VecDeque<Vec<u8>>,
    pub(super) channels: BTreeMap<u8, Channel>,
    /// The sessions told everything they had when `frames` is empty.
    pub(super) closing: Option<String>,
    idle_ticks: u8,
}

/// A session on a link.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// What it is about, where this side chose that.
    pub(super) community: Option<CommunityId>,
    /// Why it ended, if it did.
    pub(super) over: Option<String>,
}

impl Carried {
    pub(super) fn new(peer: PeerId, dialler: bool, address: Address) -> Carried {
        let (frames, channels) = (VecDeque::new(), BTreeMap::new());
        Carried { peer, dialler, address, frames, channels, closing: None, idle_ticks: 0 }
    }

    fn is_over(&self) -> bool {
        self.channels.values().all(|channel| channel.over.is_some())
    }

    /// Tells whether the peer turned out to be nobody that we know, in every session.
    fn is_strange(&self) -> bool {
        let strange = |why: &str| matches!(why, "stranger" | "not-a-member" | "malformed");
        !self.channels.is_empty() && self.channels.values().all(|channel| channel.over.as_deref().is_some_and(strange))
    }
}

/// Names the session of a channel.
pub(super) fn session(link: LinkId, channel: u8) -> Link {
    link.0 << 8 | u64::from(channel)
}

/// Returns the link and the channel of a session.
pub(super) fn parts(session: Link) -> (LinkId, u8) {
    (LinkId(session >> 8), session.to_le_bytes()[0])
}

impl Engine {
    /// Lists the sessions of a link that are not over.
    pub(super) fn sessions(&self, link: LinkId) -> Vec<Link> {
        let channels = self.links.get(&link).into_iter().flat_map(|carried| &carried.channels);
        channels.filter(|(_, channel)| channel.over.is_none()).map(|(number, _)| session(link, *number)).collect()
    }

    /// Opens a session for each community that this side wants to talk about and has none for yet.
    pub(super) fn open_channels(&mut self, link: LinkId) {
        let wanted = self.syncs.communities(link).unwrap_or_else(|| self.topics(link));
        for community in wanted {
            let Some(carried) = self.links.get(&link) else { return };
            if carried.channels.values().any(|channel| channel.community == Some(community)) {
                continue;
            }
            let first = if carried.dialler { 0 } else { ANSWERING };
            let next = (first..first + CHANNELS_MAX).find(|number| !carried.channels.contains_key(number));
            if let Some(channel) = next {
                self.begin_session(link, channel, Some(community));
            }
        }
    }

    /// All communities, those for which the peer is known first.
    fn topics(&self, link: LinkId) -> Vec<CommunityId> {
        let peer = self.links.get(&link).map(|carried| carried.peer.to_string()).unwrap_or_default();
        let known = self.node.known_peers().unwrap_or_default();
        let mut topics = self.node.communities();
        topics.sort_by_key(|community| !known.iter().any(|(name, _, of)| *name == peer && of == community));
        topics
    }

    pub(super) fn begin_session(&mut self, link: LinkId, channel: u8, community: Option<CommunityId>) {
        let Some(carried) = self.links.get_mut(&link) else { return };
        carried.channels.insert(channel, Channel { community, over: None });
        let ends = Ends {
            local: self.network.net.peer_id().to_bytes(),
            remote: carried.peer.to_bytes(),
            peer: carried.peer.to_string(),
            address: carried.dialler.then(|| carried.address.with_peer(carried.peer).to_string()),
            dialled: community,
            keep_open: self.serves,
        };
        let actions = self.node.link_opened(session(link, channel), ends);
        self.perform(actions);
    }

    /// Frames of one session came on a link, which may open it; one without words ends it.
    pub(super) fn frames(&mut self, link: LinkId, frames: Vec<Vec<u8>>) {
        let Some(channel) = frames.first().and_then(|frame| frame.first().copied()) else { return };
        let Some(carried) = self.links.get(&link) else { return };
        let ends = frames[0].len() < 2;
        if !carried.channels.contains_key(&channel) {
            let theirs = (channel >= ANSWERING) == carried.dialler && channel % ANSWERING < CHANNELS_MAX;
            if !theirs || ends {
                return;
            }
            self.begin_session(link, channel, None);
        }
        let name = session(link, channel);
        if ends {
            let actions = self.node.link_closed(name);
            self.perform(actions);
            self.end_session(name, "ended there");
        } else {
            let words = frames.into_iter().map(|frame| frame[1..].to_vec()).collect();
            let actions = self.node.link_frames(name, words);
            self.perform(actions);
        }
    }

    /// A session of this side is over: the other side is told, and the link goes when it has no other.
    pub(super) fn close_session(&mut self, name: Link, why: &str) {
        let (link, channel) = parts(name);
        let Some(carried) = self.links.get_mut(&link) else { return };
        if carried.channels.get(&channel).is_some_and(|channel| channel.over.is_none()) {
            carried.frames.push_back(vec![channel]);
            self.end_session(name, why);
            let actions = self.send(link);
            self.perform(actions);
        }
    }

    fn end_session(&mut self, name: Link, why: &str) {
        let (link, channel) = parts(name);
        self.syncs.session_over(name);
        let Some(carried) = self.links.get_mut(&link) else { return };
        if let Some(channel) = carried.channels.get_mut(&channel) {
            channel.over.get_or_insert_with(|| why.to_owned());
        }
        // Who was dialled waits whether the other side has more to talk about.
        if carried.is_over() && carried.dialler {
            self.close_link(link);
        }
    }

    /// Closes a link after what waits was sent.
    fn close_link(&mut self, link: LinkId) {
        let Some(carried) = self.links.get_mut(&link) else { return };
        let why = carried.channels.values().find_map(|channel| channel.over.clone()).unwrap_or_default();
        if carried.frames.is_empty() {
            self.network.net.close(link, why);
        } else {
            carried.closing = Some(why);
        }
    }

    /// Turns a peer away for a while that is nobody we know; not one that somebody just asked to sync with.
    pub(super) fn avoid_stranger(&mut self, link: LinkId) {
        if let Some(carried) = self.links.get(&link).filter(|carried| carried.is_strange())
            && !self.syncs.asks(link)
        {
            self.network.net.avoid(carried.peer, AVOID);
        }
    }

    /// Closes links on which nothing is talked about any more.
    pub(super) fn close_idle(&mut self) {
        let mut idle = Vec::new();
        for (link, carried) in &mut self.links {
            carried.idle_ticks = if carried.is_over() { carried.idle_ticks.saturating_add(1) } else { 0 };
            if carried.idle_ticks == IDLE_TICKS_MAX {
                idle.push(*link);
            }
        }
        for link in idle {
            self.avoid_stranger(link);
            self.close_link(link);
        }
    }
}
