//! Prints documents as they change in a running node: ones own writing, and in time what peers send.
//!
//! Run with `cargo run --example watch`. It founds a community in a temporary folder, writes one practice, and ends when
//! it has seen it.

use std::sync::mpsc;
use std::time::Duration;

use repertoire::door::host::{Host, Options};
use repertoire::door::net::Listen;
use repertoire::node::request::Init;
use repertoire::node::{Call, Error, Node, Reply, Request, env::Env, home::Home};

fn ask(host: &Host, request: Request) -> Result<Reply, Error> {
    host.call(Call { community: None, now: None, request }, &mut |_, _| {})
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let home = Home::new(&folder.path().join("awa"), folder.path());
    let lock = home.lock().map_err(|_| Error::busy("another process"))?;
    let options = Options { listen: Listen::Loopback, port: 0, mdns: false, socket: false, single: false };
    let host = Host::start(Node::open(home, lock, Env::default())?, &options)?;

    // The engine's thread calls the watcher and must not wait for it: what changed goes into a channel.
    let (changes, changed) = mpsc::channel();
    host.watch(Box::new(move |_community, documents| {
        documents.iter().for_each(|id| drop(changes.send(id.clone())));
    }));

    let init = Init {
        name: "Eau et puits".into(),
        types: vec!["trade".into()],
        person: "Awa".into(),
        site: "Bakel".into(),
        changes: Vec::new(),
    };
    ask(&host, Request::Init(init))?;
    let title = "Purger une pompe à main".to_owned();
    ask(&host, Request::Add { kind: "practice".into(), title: title.clone(), changes: Vec::new(), space: None })?;

    loop {
        let id = changed.recv_timeout(Duration::from_secs(10)).map_err(|_| "nothing changed")?;
        let Reply::Document(document) = ask(&host, Request::Show { id })? else { return Err("no document".into()) };
        let shown = document.fields.get("title").and_then(|title| title.as_str()).unwrap_or_default().to_owned();
        println!("{}  {shown}", document.handle);
        if shown == title {
            return Ok(());
        }
    }
}
