//! What a stranger gets: nothing, not even the name of a community; and what is far too large is refused in words.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A name that stands nowhere else.
const NAME: &str = "quetzalcoatlus";
/// Connections with garbage.
const CALLS: u64 = 60;
/// How much more memory the node may hold after them, in KB.
const GROWTH_KB: u64 = 32 << 10;

/// A home of its own, whose node ends with it.
pub(super) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(super) fn found(name: &str, person: &str) -> Home {
        let home = Home { folder: tempfile::tempdir().expect("a folder") };
        let founded = home.run(&["init", name, "--type", "thematic", "--name", person, "--site", "Bakel", "-q"]);
        assert!(founded.status.success(), "{founded:?}");
        home
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repertoire"));
        command.env("REPERTOIRE_HOME", self.folder.path()).env("REPERTOIRE_LANG", "en");
        command.env_remove("REPERTOIRE_NOW").stdin(Stdio::null()).args(arguments);
        command.output().expect("the program runs")
    }

    /// Runs a verb that answers one object; status 1 says that something in it wants to be looked at.
    pub(super) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let done = self.run(arguments);
        assert!(matches!(done.status.code(), Some(0 | 1)), "{done:?}");
        serde_json::from_slice(&done.stdout).expect("JSON")
    }

    /// Names a file in the home.
    pub(super) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Makes the home of a new member.
    pub(super) fn admit(&self, person: &str) -> Home {
        self.admit_as(person, "member")
    }

    /// Makes the home of somebody new, of this role.
    pub(super) fn admit_as(&self, person: &str, role: &str) -> Home {
        let home = Home { folder: tempfile::tempdir().expect("a folder") };
        let invited = self.run(&["invite", "--role", role, "--out", &home.file("invitation")]);
        assert!(invited.status.success(), "{invited:?}");
        let joined = home.run(&["join", &home.file("invitation"), "--name", person, "--site", "Matam", "-q"]);
        assert!(joined.status.success(), "{joined:?}");
        home
    }

    /// Copies the home, which no node may be using.
    pub(super) fn copy(&self) -> Home {
        let home = Home { folder: tempfile::tempdir().expect("a folder") };
        copy_folder(self.folder.path(), home.folder.path());
        home
    }

    /// Serves on a free port, and returns it.
    pub(super) fn serve(&self) -> u16 {
        self.serve_with(&[])
    }

    /// Serves on this port.
    pub(super) fn serve_on(&self, port: u16) -> u16 {
        self.serve_with(&["--port", &port.to_string()])
    }

    fn serve_with(&self, more: &[&str]) -> u16 {
        let served = self.run(&[&["serve", "--loopback", "--no-mdns", "--detach", "--json"], more].concat());
        assert!(served.status.success(), "{served:?}");
        let said: serde_json::Value = serde_json::from_slice(&served.stdout).expect("JSON");
        said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port")
    }

    pub(super) fn pid(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("lock")).expect("a lock").trim().to_owned()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = self.run(&["stop", "-q"]);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn holds(bytes: &[u8], name: &str) -> bool {
    bytes.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether a name stands in any file below a folder.
fn holds_below(folder: &Path, name: &str) -> bool {
    std::fs::read_dir(folder).expect("a folder").flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            holds_below(&path, name)
        } else {
            path.is_file() && holds(&std::fs::read(&path).expect("a file"), name)
        }
    })
}

/// Memory that a process holds, in KB, where the system tells.
pub(super) fn memory_kb(pid: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn garbage_on_the_port_is_answered_with_nothing_and_grows_nothing() {
    let home = Home::found(NAME, "Awa");
    let port = home.serve();
    let before = memory_kb(&home.pid());
    let mut random = blake3::Hasher::new().update(b"garbage").finalize_xof();
    for call in 0..CALLS {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        stream.set_read_timeout(Some(Duration::from_millis(20))).expect("set");
        let mut bytes = vec![0; usize::try_from(call * 701 % 65_536).expect("small")];
        random.fill(&mut bytes);
        // A third of them say first what every libp2p peer says.
        if call % 3 == 0 {
            bytes.splice(0..0, *b"\x13/multistream/1.0.0\n\x07/noise\n");
        }
        let _ = stream.write_all(&bytes);
        let mut answer = vec![0; 4_096];
        let read = stream.read(&mut answer).unwrap_or(0);
        assert!(!holds(&answer[..read], NAME), "a stranger was told the name");
    }
    let status = home.run(&["status", "--json"]);
    assert!(holds(&status.stdout, "\"node\":\"running\""), "{status:?}");
    if let (Some(before), Some(after)) = (before, memory_kb(&home.pid())) {
        assert!(after < before + GROWTH_KB, "from {before} KB to {after} KB");
    }
}

#[test]
fn the_node_of_another_community_is_refused_and_learns_nothing() {
    let (home, stranger) = (Home::found(NAME, "Awa"), Home::found("autre", "Zoe"));
    let port = home.serve();
    for _ in 0..3 {
        let synced = stranger.run(&["sync", &format!("127.0.0.1:{port}")]);
        assert_eq!(synced.status.code(), Some(5), "{synced:?}");
        assert!(!holds(&[synced.stdout, synced.stderr].concat(), NAME), "the stranger was told the name");
    }
    let why = stranger.run(&["why", &format!("127.0.0.1:{port}")]);
    assert!(holds(&why.stdout, "not a member"), "{why:?}");
    assert!(!holds_below(&stranger.path(), NAME), "the stranger's home holds the name");
    let peers = home.run(&["peers", "--json"]);
    assert!(peers.status.success() && peers.stdout.is_empty(), "the stranger is remembered: {peers:?}");
    let checked = home.run(&["check", "--full"]);
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn a_text_of_ten_megabytes_is_refused_in_words_and_nothing_is_written() {
    let home = Home::found(NAME, "Awa");
    let before = home.run(&["check", "--json"]).stdout;
    let file = home.path().join("text");
    std::fs::write(&file, "pompe ".repeat(10_000_000 / 6)).expect("written");
    let added = home.run(&["add", "practice", "Longue", "--procedure", &format!("@{}", file.display())]);
    assert_eq!(added.status.code(), Some(2), "{added:?}");
    assert!(added.stdout.is_empty() && holds(&added.stderr, "limit"), "{added:?}");
    assert_eq!(home.run(&["check", "--json"]).stdout, before);
}
