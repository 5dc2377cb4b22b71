//! A member whose program lies, against a real node over TCP: each lie comes to what a table says, on the node and on an
//! honest member who hears of it from there; nothing panics or grows, and the honest member syncs meanwhile.

mod forged;
mod hand;
mod program;
mod tamper;

use std::collections::BTreeMap;
use std::path::PathBuf;

use repertoire::model::{EntryId, SpaceId};
use repertoire::node::keys::Keys;
use repertoire::store::{Number, Store};
use repertoire::sync::Outcome;

use super::strangers::Home;
use forged::{BLAMED, DIFFERENT, End, Row, Sent, Stage};
pub(super) use program::{Line, Program};
pub(super) use tamper::{attack, nothing};

/// Memory that the node may ever have taken, in KB.
const MEMORY_KB: u64 = 512 << 10;
/// Strikes after which a device is left alone.
const STRIKES: u32 = 10;

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

fn checked(home: &Home) -> BTreeMap<String, (u64, String)> {
    let checked = home.run(&["check", "--full", "--json"]);
    // What waits for its true payload is told by status 1, damage by another.
    assert!(matches!(checked.status.code(), Some(0 | 1)) && !contains(&checked.stdout, "damage"), "{checked:?}");
    let lines = String::from_utf8(checked.stdout).expect("text");
    let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let rows =
        lines.map(|line| (text(&line["space"]), (line["entries"].as_u64().unwrap_or(0), text(&line["fingerprint"]))));
    rows.collect()
}

fn community(home: &Home) -> PathBuf {
    let mut folders = std::fs::read_dir(home.path().join("communities")).expect("a folder");
    folders.next().expect("one").expect("it reads").path()
}

fn keys(home: &Home) -> Keys {
    Keys::load(&community(home).join("keys.json"), None).expect("its keys")
}

/// The store of a home where no node runs.
fn store(home: &Home) -> Store {
    Store::open(&community(home).join("store.redb")).expect("a store")
}

/// Returns the heads of the governance log that a home holds.
fn heads(home: &Home) -> Vec<EntryId> {
    let reader = store(home).read().expect("it reads");
    let mut heads = Vec::new();
    let mut past = Vec::new();
    for stored in reader.entries_from(Number(0), usize::MAX).expect("it reads") {
        if stored.entry.header().space == SpaceId::GOVERNANCE {
            heads.push(stored.entry.id());
            past.extend(stored.entry.header().past());
        }
    }
    heads.retain(|head| !past.contains(head));
    heads.sort_unstable();
    heads
}

/// Most memory that a process ever held, in KB, where the system tells.
fn most_memory_kb(pid: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// A community whose founder's node is under attack.
struct Siege {
    home: Home,
    honest: Home,
    address: String,
    port: u16,
    documents: [EntryId; 2],
    runtime: tokio::runtime::Runtime,
    rows: u64,
    strikes: u32,
    ends: Vec<(&'static str, EntryId, End)>,
    forks: usize,
}

impl Siege {
    /// Founds a community in which somebody honest and so many liars are.
    fn lay(liars: usize, role: &str) -> (Siege, Vec<Home>) {
        let home = Home::found("Eau", "Awa");
        let documents = ["Purger une pompe", "Changer un joint"].map(|title| {
            let added = home.json(&["add", "practice", title, "--procedure", "Fermer.", "--json"]);
            added["id"].as_str().expect("an id").parse().expect("an id")
        });
        let honest = home.admit("Boris");
        let liars: Vec<Home> = (0..liars).map(|number| home.admit_as(&format!("Mallory {number}"), role)).collect();
        let port = home.serve();
        let address = format!("127.0.0.1:{port}");
        for member in [&honest].into_iter().chain(&liars).chain(&liars) {
            assert!(member.run(&["sync", &address]).status.success());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (rows, strikes, ends, forks) = (0, 0, Vec::new(), 0);
        (Siege { home, honest, address, port, documents, runtime, rows, strikes, ends, forks }, liars)
    }

    fn stage(&self, liar: &Home, heads: &[EntryId]) -> Stage {
        let [document, other] = self.documents;
        let seed = (self.rows + 1) * 16;
        Stage { liar: keys(liar), founder: keys(&self.home), heads: heads.to_vec(), document, other, seed }
    }

    fn attack(&mut self, stage: &Stage, lines: Vec<program::Line>, tamper: tamper::Tamper) -> Outcome {
        self.rows += 1;
        let seed = std::array::from_fn(|at| self.rows.to_le_bytes().get(at).copied().unwrap_or(9));
        self.runtime.block_on(tamper::attack(self.port, seed, Program::new(&stage.liar, lines), tamper))
    }

    /// Sends the rows of a table; who is banned in the middle of it gives place to the next.
    fn send(&mut self, table: &[Row], liars: &mut impl Iterator<Item = Home>) {
        let mut liar = liars.next().expect("there are enough");
        let heads = heads(&liar);
        self.strikes = 0;
        for (what, row) in table {
            let stage = self.stage(&liar, &heads);
            let Sent { sessions, outcome, strikes, ends, forks } = row(&stage, &mut stage.hand(0));
            let count = sessions.len();
            self.strikes += strikes;
            // The tenth strike ends the session at once.
            let outcome = if self.strikes == STRIKES { BLAMED } else { outcome };
            for (number, (lines, tamper)) in sessions.into_iter().enumerate() {
                let is = self.attack(&stage, lines, tamper);
                assert!(number + 1 < count || is == outcome, "{what}: {is:?} instead of {outcome:?}");
            }
            self.ends.extend(ends.into_iter().map(|(id, end)| (*what, id, end)));
            self.forks += forks;
            if self.strikes == STRIKES {
                let again = self.attack(&stage, Vec::new(), tamper::nothing());
                assert_eq!(again, BLAMED, "after {what} the device is left alone");
                self.strikes = 0;
                liar = liars.next().expect("there are enough");
            }
        }
        let stage = self.stage(&liar, &heads);
        assert_eq!(self.attack(&stage, Vec::new(), tamper::nothing()), DIFFERENT, "nobody else is banned");
        let synced = self.honest.run(&["sync", &self.address]);
        assert!(synced.status.success(), "{synced:?}");
        checked(&self.home);
    }

    /// Ends it, and compares what the node and the honest member hold with the table.
    fn judge(self) {
        if let Some(most) = most_memory_kb(&self.home.pid()) {
            assert!(most < MEMORY_KB, "{most} KB");
        }
        // The founder goes on writing where the liars wrote, and the honest member hears of it.
        let document = self.documents[0].to_string();
        let edited = self.home.run(&["edit", &document, "--set", "title=Purger la pompe"]);
        assert!(edited.status.success(), "{edited:?}");
        assert!(self.home.run(&["invite", "--out", &self.home.file("more")]).status.success());
        let synced = self.honest.run(&["sync", &self.address]);
        assert!(synced.status.success(), "{synced:?}");
        assert!(contains(&self.honest.run(&["show", &document]).stdout, "Purger la pompe"));
        assert_eq!(checked(&self.honest), checked(&self.home));
        assert!(self.home.run(&["stop", "-q"]).status.success());
        for home in [&self.home, &self.honest] {
            let reader = store(home).read().expect("it reads");
            let mut wrong = Vec::new();
            for (what, id, end) in &self.ends {
                let is = match reader.verdict(*id).expect("it reads") {
                    Some(verdict) => End::Is(verdict),
                    None => End::Never,
                };
                if is != *end {
                    wrong.push(format!("{what}: {is:?} instead of {end:?}"));
                }
            }
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            let spaces = reader.spaces().expect("it reads");
            let forks: usize = spaces.iter().map(|space| reader.forks(*space).expect("it reads").len()).sum();
            assert_eq!(forks, self.forks, "chains that are forked");
        }
    }
}

#[test]
fn forged_entries_come_to_what_the_table_says() {
    let (mut siege, liars) = Siege::lay(9, "member");
    let mut liars = liars.into_iter();
    for table in forged::by_members() {
        siege.send(table, &mut liars);
    }
    siege.judge();
}

#[test]
fn forged_acts_come_to_what_the_table_says() {
    let (mut siege, liars) = Siege::lay(1, "animator");
    siege.send(forged::by_an_animator(), &mut liars.into_iter());
    siege.judge();
}
