//! What was printed is there after any `kill -9`: of the command that writes, and of the node that it asks.
//!
//! `REPERTOIRE_KILLS` sets the number of kills; the usual one keeps the test short.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Kills in a usual run.
const KILLS: u32 = 15;
/// A kill comes at most so long after the loop began.
const SPAN_MS: u64 = 180;
/// Longest start after a kill: an eighth of it is usual, even on a busy machine.
const START_MAX: Duration = Duration::from_secs(5);

fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repertoire"));
    command.env("REPERTOIRE_HOME", home).env_remove("REPERTOIRE_NOW").stdin(Stdio::null());
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    program(home).args(arguments).output().expect("the program runs")
}

/// One `add`; what it printed until it ended or was killed.
fn add(home: &Path, title: &str, until: Instant) -> (String, bool) {
    let mut command = program(home);
    command.args(["add", "practice", title, "--procedure", "Un pas.", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("spawned");
    let mut stdout = child.stdout.take().expect("piped");
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        let _ = sender.send(text);
    });
    let left = until.saturating_duration_since(Instant::now());
    let (text, ended) = match receiver.recv_timeout(left) {
        Ok(text) => (text, true),
        Err(_) => {
            let _ = child.kill();
            (receiver.recv().expect("the reader ends with the child"), false)
        }
    };
    child.wait().expect("waited for");
    reader.join().expect("joined");
    (text, ended)
}

/// Starts a node and waits until it says that it listens.
fn serve(home: &Path) -> Child {
    let mut command = program(home);
    command.args(["serve", "--loopback", "--no-mdns", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("spawned");
    let mut first = [0];
    let read = child.stdout.as_mut().expect("piped").read(&mut first);
    assert_eq!(read.expect("readable"), 1, "the node did not start");
    child
}

fn ids(printed: &str) -> impl Iterator<Item = String> {
    let whole = printed.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    whole.map(|object| object["id"].as_str().expect("an id").to_owned())
}

#[test]
fn what_was_printed_survives_kills() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let founded = run(home, &["init", "eau", "--type", "thematic", "--name", "Awa", "--site", "Bakel", "-q"]);
    assert!(founded.status.success(), "{founded:?}");
    let kills = std::env::var("REPERTOIRE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut random = u64::from(std::process::id()) | 1;
    let mut printed = BTreeSet::new();
    let mut written = 0;
    for kill in 0..kills {
        // Two of three rounds ask a node; of those, one kills the node under a command, and one both.
        let mut node = (kill % 3 != 0).then(|| serve(home));
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis((random >> 33) % SPAN_MS);
        while Instant::now() < until {
            written += 1;
            let (text, ended) = add(home, &format!("Pratique {written}"), until);
            printed.extend(ids(&text));
            if !ended {
                break;
            }
        }
        if let Some(node) = &mut node {
            let last = (kill % 3 == 1).then(|| {
                let home = home.to_owned();
                std::thread::spawn(move || add(&home, &format!("Sous le coup {kill}"), Instant::now() + START_MAX).0)
            });
            node.kill().expect("killed");
            node.wait().expect("waited for");
            printed.extend(last.into_iter().flat_map(|last| ids(&last.join().expect("joined")).collect::<Vec<_>>()));
        }
        let start = Instant::now();
        assert!(run(home, &["status", "-q"]).status.success(), "after kill {kill}");
        assert!(start.elapsed() < START_MAX, "kill {kill}: {:?} until it answered", start.elapsed());
    }
    let listed = run(home, &["list", "practice", "--json"]);
    let here: BTreeSet<String> = ids(&String::from_utf8(listed.stdout).expect("UTF-8")).collect();
    let lost: Vec<_> = printed.difference(&here).collect();
    assert!(lost.is_empty(), "{} of {} printed entries are lost: {lost:?}", lost.len(), printed.len());
    assert!(!printed.is_empty(), "no write ever ended: nothing was tried");
    let checked = run(home, &["check", "--full"]);
    assert!(checked.status.success(), "{checked:?}");
}
