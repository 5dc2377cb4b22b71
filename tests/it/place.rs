//! A node on a home of its own, with a claimed clock and drawn randomness.

use repertoire::model::Timestamp;
use repertoire::node::env::Env;
use repertoire::node::home::Home;
use repertoire::node::request::{FieldChange, FieldOp, Init, Invite, Join};
use repertoire::node::{Call, Error, Node, Reply, Request};

pub(crate) struct Place {
    pub(crate) node: Node,
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn empty(seed: u64) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(folder.path(), folder.path());
        let lock = home.lock().expect("a new home");
        let node = Node::open(home, lock, Env::seeded(seed, Timestamp(1_772_352_000_000))).expect("a new home opens");
        Place { node, folder }
    }

    /// Awa's, who founds a community.
    pub(crate) fn found(seed: u64) -> Place {
        let mut place = Place::empty(seed);
        let (name, types) = (format!("Essai {seed}"), vec!["trade".to_owned()]);
        let init = Init { name, types, person: "Awa".into(), site: "Bakel".into(), changes: Vec::new() };
        place.ask(Request::Init(init));
        place
    }

    /// A newcomer's, invited from here.
    pub(crate) fn newcomer(&mut self, seed: u64, person: &str) -> Place {
        let invite = Invite { role: None, uses: 1, days: 7, confirm: false, with: Vec::new(), parts: false };
        let Reply::Invitation(invitation) = self.ask(Request::Invite(invite)) else { panic!("no invitation") };
        let mut place = Place::empty(seed);
        let (learn, offers) = (Vec::new(), Vec::new());
        let (person, site) = (person.to_owned(), "Kayes".to_owned());
        place.ask(Request::Join(Join { invitation: invitation.text, person, site, learn, offers }));
        place
    }

    pub(crate) fn try_ask(&mut self, request: Request) -> Result<Reply, Error> {
        self.node.call(Call { community: None, now: None, request }, &mut |_, _| {})
    }

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        self.try_ask(request).expect("the request is answered")
    }

    /// Writes a practice.
    pub(crate) fn practice(&mut self, title: &str, procedure: &str) {
        let change = FieldChange { op: FieldOp::Set, field: "procedure".into(), value: procedure.into() };
        let (kind, title) = ("practice".to_owned(), title.to_owned());
        self.ask(Request::Add { kind, title, changes: vec![change], space: None });
    }

    /// A path in this place's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// What `check` says of each space.
    pub(crate) fn fingerprints(&mut self) -> Vec<(String, u64, String)> {
        let Reply::Checks(checks) = self.ask(Request::Check { full: true }) else { panic!("no checks") };
        checks.into_iter().map(|check| (check.space, check.entries, check.fingerprint)).collect()
    }
}
