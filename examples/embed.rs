//! Two nodes in one process: one founds a community and writes, the other enters by an invitation, syncs and searches.
//!
//! Run with `cargo run --example embed`.

use repertoire::door::host::{Host, Options};
use repertoire::door::net::Listen;
use repertoire::node::request::{Filter, Init, Invite, Join};
use repertoire::node::{Call, Error, Node, Reply, Request, env::Env, home::Home};

fn start(folder: &std::path::Path) -> Result<Host, Error> {
    let home = Home::new(folder, folder);
    let lock = home.lock().map_err(|_| Error::busy("another process"))?;
    let options = Options { listen: Listen::Loopback, port: 0, mdns: false, socket: false, single: false };
    Host::start(Node::open(home, lock, Env::default())?, &options)
}

fn ask(host: &Host, request: Request) -> Result<Reply, Error> {
    host.call(Call { community: None, now: None, request }, &mut |_, _| {})
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let (awa, boris) = (start(&folder.path().join("awa"))?, start(&folder.path().join("boris"))?);

    let init = Init {
        name: "Eau et puits".into(),
        types: vec!["trade".into()],
        person: "Awa".into(),
        site: "Bakel".into(),
        changes: Vec::new(),
    };
    ask(&awa, Request::Init(init))?;
    let title = "Purger une pompe à main".into();
    ask(&awa, Request::Add { kind: "practice".into(), title, changes: Vec::new(), space: None })?;

    let invite = Invite { role: None, uses: 1, days: 7, confirm: false, with: Vec::new(), parts: false };
    let Reply::Invitation(invitation) = ask(&awa, Request::Invite(invite))? else { return Err("no invitation".into()) };
    let (person, site) = ("Boris".into(), "Kayes".into());
    ask(&boris, Request::Join(Join { invitation: invitation.text, person, site, learn: vec![], offers: vec![] }))?;

    let target = Some(format!("127.0.0.1:{}", awa.port()));
    let Reply::Synced(synced) = ask(&boris, Request::Sync { target })? else { return Err("no sync".into()) };
    println!("synced with {}: {} entries received", synced.peers[0].member, synced.peers[0].received);

    let search = Request::Search { words: "pompes".into(), filter: Filter::default(), limit: 10 };
    let Reply::Hits(found) = ask(&boris, search)? else { return Err("no hits".into()) };
    for hit in &found.hits {
        println!("{}  {}  by {}, {}", hit.handle, hit.title, hit.author, hit.site);
    }
    assert_eq!(found.hits.len(), 1, "what was written on one node is found on the other");
    Ok(())
}
