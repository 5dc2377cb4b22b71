//! Nodes that serve and stay linked: two communities over one link, and a home that lives twice.

use super::strangers::Home;

/// Free for a moment: another program may take it, which the test would show.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Looks again and again until it is so: what is waited for comes over a link that stands.
fn until(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..300 {
        if is() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    panic!("{what} did not come to pass");
}

fn fingerprints(home: &Home, community: &str) -> Vec<String> {
    let checked = home.run(&["--community", community, "check", "--json"]);
    assert!(matches!(checked.status.code(), Some(0 | 1)), "{checked:?}");
    String::from_utf8(checked.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn one_link_keeps_two_communities_in_sync() {
    let first = Home::found("Eau", "Awa");
    let second = first.admit("Boris");
    let port = first.serve();
    let address = format!("127.0.0.1:{port}");
    second.serve();
    assert!(second.run(&["sync", &address]).status.success());
    // A second community comes while the link stands: founded by the one, entered by the other.
    let founded = first.run(&["init", "Terre", "--type", "thematic", "--name", "Awa", "--site", "Bakel", "-q"]);
    assert!(founded.status.success(), "{founded:?}");
    let invited = first.run(&["--community", "Terre", "invite", "--out", &second.file("terre")]);
    assert!(invited.status.success(), "{invited:?}");
    let joined = second.run(&["join", &second.file("terre"), "--name", "Boris", "--site", "Matam", "-q"]);
    assert!(joined.status.success(), "{joined:?}");
    for (home, other, community, title) in
        [(&first, &second, "Eau", "Puits"), (&second, &first, "Terre", "Semis"), (&first, &second, "Terre", "Compost")]
    {
        let added = home.run(&["--community", community, "add", "practice", title, "-q"]);
        assert!(added.status.success(), "{added:?}");
        until(&format!("{title} of {community}"), || {
            let listed = other.run(&["--community", community, "list", "--json"]);
            String::from_utf8_lossy(&listed.stdout).contains(title)
        });
    }
    for community in ["Eau", "Terre"] {
        until(&format!("the same of {community}"), || {
            fingerprints(&first, community) == fingerprints(&second, community)
        });
    }
}

#[test]
fn a_home_that_was_copied_whole_gets_keys_of_its_own() {
    let home = Home::found("Eau", "Awa");
    // Its transport key and its port are made when it first serves.
    home.serve();
    assert!(home.run(&["stop", "-q"]).status.success());
    let copy = home.copy();
    let key = |home: &Home| std::fs::read(home.path().join("transport.key")).expect("a key");
    assert_eq!(key(&home), key(&copy));
    for (home, title) in [(&home, "Ici"), (&copy, "Ailleurs")] {
        assert!(home.run(&["add", "practice", title, "-q"]).status.success());
    }
    let port = home.serve();
    copy.serve_on(free_port());
    let synced = copy.run(&["sync", &format!("127.0.0.1:{port}")]);
    assert!(synced.status.success(), "{synced:?}");
    assert_ne!(key(&home), key(&copy));
    until("the same on both", || fingerprints(&home, "Eau") == fingerprints(&copy, "Eau"));
    for home in [&home, &copy] {
        let status = home.json(&["status", "--json"]);
        assert!(status.to_string().contains("\"forks\":[{"), "{status}");
        let listed = home.run(&["list", "--json"]).stdout;
        let listed = String::from_utf8(listed).expect("text");
        assert!(listed.contains("Ici") && listed.contains("Ailleurs"), "{listed}");
    }
    // What both write from here on stands on chains of their own: no second fork.
    let forks = |home: &Home| home.json(&["status", "--json"])["forks"].as_array().map_or(0, Vec::len);
    let before = forks(&home);
    for home in [&home, &copy] {
        assert!(home.run(&["add", "practice", "Après", "-q"]).status.success());
    }
    until("the same on both again", || fingerprints(&home, "Eau") == fingerprints(&copy, "Eau"));
    assert_eq!((forks(&home), forks(&copy)), (before, before));
}
