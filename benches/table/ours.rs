//! Our own figures, in the order of a community's life.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use repertoire::door::client::Client;
use repertoire::node::request::Filter;
use repertoire::node::{Call, Request};
use serde_json::Value;

use crate::Failure;
use crate::corpus::Corpus;
use crate::process::{self, cost, run, watched};
use crate::table::{Table, bytes, time};

/// How often a short command is run for one figure.
const TIMES: u32 = 20;
/// How long an idle node is looked at.
const IDLE: Duration = Duration::from_secs(5);

pub(crate) fn measure(corpus: &Corpus, folder: &Path, table: &mut Table) -> Result<(), Failure> {
    println!("repertoire:");
    let awa = Home::new(folder, "awa")?;
    awa.run(&["init", "Banc d'essai", "--type", "trade", "--name", "Awa", "--site", "Bakel"])?;
    import(&awa, corpus, table)?;
    cold(&awa, corpus, table)?;
    let node = Node::start(&awa)?;
    warm(&awa, corpus, table)?;
    let boris = Home::new(folder, "boris")?;
    replicate(&awa, &boris, &node, corpus, table)?;
    nothing_new(&boris, &node, table)?;
    ten(&awa, &boris, &node, corpus, table)?;
    idle(&awa, &node, table)?;
    killed(&awa, node, table)?;
    Ok(())
}

/// The home of one person.
struct Home {
    path: PathBuf,
    runtime: PathBuf,
}

impl Home {
    fn new(folder: &Path, name: &str) -> Result<Home, Failure> {
        let runtime = folder.join("run");
        std::fs::create_dir_all(&runtime)?;
        Ok(Home { path: folder.join(name), runtime })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repertoire"));
        command.args(arguments).env_clear().env("REPERTOIRE_HOME", &self.path).env("XDG_RUNTIME_DIR", &self.runtime);
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        run(&mut self.command(arguments))
    }

    fn add(&self, practice: &Value) -> Result<(), Failure> {
        let text = |field: &str| practice[field].as_str().unwrap_or_default().to_owned();
        self.run(&["add", "practice", &text("title"), "--procedure", &text("body"), "-q"]).map(drop)
    }
}

/// A node that serves a home; ended when it is dropped.
struct Node {
    child: Child,
    address: String,
    started: Duration,
}

impl Node {
    fn start(home: &Home) -> Result<Node, Failure> {
        let start = Instant::now();
        let mut command = home.command(&["serve", "--loopback", "--no-mdns", "--json"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().ok_or("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        Ok(Node { address: format!("127.0.0.1:{}", said["port"]), child, started: start.elapsed() })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn import(home: &Home, corpus: &Corpus, table: &mut Table) -> Result<(), Failure> {
    let mut peak = 0;
    let spent = cost(1, |_| {
        let (_, most) = watched(home.command(&["import", "jsonl", "--json"]).arg(&corpus.file))?;
        peak = most;
        Ok(())
    })?;
    table.add("import and index all", spent.to_string(), "–");
    table.add("memory of the import, most", bytes(peak), "–");
    Ok(())
}

fn cold(home: &Home, corpus: &Corpus, table: &mut Table) -> Result<(), Failure> {
    // Words nobody searches for, so that the ten of the sync are new.
    let spent = cost(TIMES, |number| {
        home.run(&["add", "practice", &format!("Essai {number}"), "--procedure", "Une seule phrase.", "-q"]).map(drop)
    })?;
    table.add("add, whole process", spent.to_string(), "≤ 10 ms CPU; ≤ 1/4 of git's");
    for (what, word, target) in [
        ("search, whole process, rare word", &corpus.rare, "≤ FTS5's CPU"),
        ("search, whole process, common word", &corpus.common, "≤ 1/5 of FTS5's CPU"),
    ] {
        let spent = cost(TIMES, |_| home.run(&["search", word, "--limit", "20", "--json"]).map(drop))?;
        table.add(what, spent.to_string(), target);
    }
    table.add("disk, log and index", bytes(process::disk(&home.path)), "≤ 200 MB at 100,000");
    Ok(())
}

/// Searches in the running node, over its socket.
fn warm(home: &Home, corpus: &Corpus, table: &mut Table) -> Result<(), Failure> {
    let mut words = vec![corpus.rare.clone(), corpus.common.clone(), format!("{} {}", corpus.common, corpus.rare)];
    corpus.each(|index, practice| {
        if index % (corpus.count / 60).max(1) == 0 {
            let body = practice["body"].as_str().unwrap_or_default();
            let mut long = body.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 5);
            words.extend(long.next().map(str::to_owned));
            words.extend(long.next().zip(long.next()).map(|(a, b)| format!("{a} {b}")));
        }
        Ok(())
    })?;
    let mut client = Client::open(&home.path, &home.runtime)?;
    let mut times = Vec::new();
    for word in &words {
        let request = Request::Search { words: word.clone(), filter: Filter::default(), limit: 20 };
        let start = Instant::now();
        client.call(Call { community: None, now: None, request }, &mut |_, _| {})?;
        times.push(start.elapsed());
    }
    times.sort();
    let at = |part: usize| time(times[(times.len() - 1) * part / 100]);
    let text = format!("p50 {}, p95 {}, of {} words", at(50), at(95), times.len());
    table.add("search in the running node", text, "p95 ≤ 10 ms");
    Ok(())
}

/// What a sync said, and what it sent and received on the wire.
struct Synced {
    said: Value,
    wire: Option<u64>,
    wall: Duration,
}

impl Synced {
    fn run(home: &Home, node: &Node) -> Result<Synced, Failure> {
        let (start, before) = (Instant::now(), process::wire());
        let said = home.run(&["sync", &node.address, "--json"])?;
        let wire = process::wire().zip(before).map(|(after, before)| after - before);
        let said: Value = serde_json::from_str(said.lines().next().ok_or("the sync said nothing")?)?;
        if said["complete"] != true {
            return Err(format!("the sync is not complete: {said}").into());
        }
        Ok(Synced { said, wire, wall: start.elapsed() })
    }

    fn frames(&self) -> u64 {
        ["bytes_in", "bytes_out"].iter().filter_map(|field| self.said[*field].as_u64()).sum()
    }

    fn print(&self) -> String {
        let wire = self.wire.map_or_else(String::new, |wire| format!(", {} on the wire", bytes(wire)));
        format!("{} in frames{wire}, {} round trips", bytes(self.frames()), self.said["round_trips"])
    }
}

fn replicate(awa: &Home, boris: &Home, node: &Node, corpus: &Corpus, table: &mut Table) -> Result<(), Failure> {
    let invitation = boris.path.with_extension("invitation");
    let path = invitation.to_string_lossy();
    awa.run(&["invite", "--out", &path, "-q"])?;
    boris.run(&["join", &path, "--name", "Boris", "--site", "Kayes", "-q"])?;
    let before = process::cpu(node.child.id());
    let mut synced = None;
    let spent = cost(1, |_| {
        synced = Some(Synced::run(boris, node)?);
        Ok(())
    })?;
    let synced = synced.ok_or("no sync")?;
    let sender = process::cpu(node.child.id()) - before;
    let text = format!("{spent} ({} CPU there)", time(sender));
    table.add("first replication, until stored and readable", text, "≤ 10 s at 100,000");
    let start = Instant::now();
    boris.run(&["search", &corpus.rare, "--json"])?;
    let searchable = time(synced.wall + start.elapsed());
    table.add("first replication, until searchable", searchable, "≤ 30 s at 100,000");
    let texts = zstd_bytes(corpus)?;
    let total = synced.wire.unwrap_or_else(|| synced.frames());
    let text = format!("{}, {:.2} × zstd -3", synced.print(), total as f64 / texts as f64);
    table.add("first replication, bytes", text, "≤ 1.7 × `zstd -3` of the texts, sealed");
    table.beside("first replication, bytes", format!("zstd -3 of the texts {}", bytes(texts)));
    table.add("disk of the newcomer, log and index", bytes(process::disk(&boris.path)), "≤ 200 MB at 100,000");
    Ok(())
}

fn zstd_bytes(corpus: &Corpus) -> Result<u64, Failure> {
    let mut out = zstd::stream::Encoder::new(Counter(0), 3)?;
    corpus.each(|_, practice| {
        for field in ["title", "body"] {
            std::io::Write::write_all(&mut out, practice[field].as_str().unwrap_or_default().as_bytes())?;
        }
        Ok(())
    })?;
    Ok(out.finish()?.0)
}

/// Counts what is written to it.
struct Counter(u64);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn nothing_new(boris: &Home, node: &Node, table: &mut Table) -> Result<(), Failure> {
    // What the first meeting left to tell is told here.
    Synced::run(boris, node)?;
    let mut synced = None;
    let spent = cost(TIMES, |_| {
        synced = Some(Synced::run(boris, node)?);
        Ok(())
    })?;
    let synced = synced.ok_or("no sync")?;
    let text = format!("{}; {spent}", synced.print());
    table.add("sync, nothing new", text, "≤ 600 B a space after the handshake, 1 round trip; ≤ 7 kB on the wire");
    Ok(())
}

fn ten(awa: &Home, boris: &Home, node: &Node, corpus: &Corpus, table: &mut Table) -> Result<(), Failure> {
    let mut texts = Vec::new();
    for practice in &corpus.more {
        awa.add(practice)?;
        for field in ["title", "body"] {
            texts.extend(practice[field].as_str().unwrap_or_default().as_bytes());
        }
    }
    let frame = zstd::encode_all(texts.as_slice(), 3)?.len() as u64;
    let synced = Synced::run(boris, node)?;
    let times = synced.frames() as f64 / frame as f64;
    let text = format!("{}, {times:.2} × one zstd frame; {} wall", synced.print(), time(synced.wall));
    table.add("sync, 10 new", text, "≤ 1.5 × one zstd frame, ≤ 2 round trips");
    table.beside("sync, 10 new", format!("the texts as one zstd frame {}", bytes(frame)));
    Ok(())
}

fn idle(awa: &Home, node: &Node, table: &mut Table) -> Result<(), Failure> {
    // The node indexes what the sync of ten brought before it is idle.
    awa.run(&["search", "essai", "--json"])?;
    std::thread::sleep(IDLE);
    let (pid, before) = (node.child.id(), process::cpu(node.child.id()));
    std::thread::sleep(IDLE);
    let share = (process::cpu(pid) - before).as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    let after = bytes(process::memory(pid, "VmRSS").unwrap_or(0));
    let text = format!("{after}, {share:.1} % of a core");
    table.add("memory of an idle node, after all of the above", text, "≤ 120 MB, ≤ 0.5 %");
    Ok(())
}

/// Kills the node while it writes, and starts it again.
fn killed(awa: &Home, mut node: Node, table: &mut Table) -> Result<(), Failure> {
    let mut writing = awa.command(&["import", "jsonl", "-", "--json"]);
    let mut writer = writing.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(input) = &mut writer.stdin {
        for number in 0..5_000 {
            let line = serde_json::json!({ "title": format!("Coupure {number}"), "body": "Des mots. ".repeat(100) });
            if std::io::Write::write_all(input, format!("{line}\n").as_bytes()).is_err() {
                break;
            }
            if number == 2_000 {
                node.child.kill()?;
                node.child.wait()?;
            }
        }
    }
    drop(writer.stdin.take());
    let _ = writer.kill();
    writer.wait()?;
    let again = Node::start(awa)?;
    awa.run(&["status", "--json"])?;
    table.add("start after kill -9", time(again.started), "≤ 1 s, nothing acknowledged lost");
    std::thread::sleep(IDLE);
    let memory = bytes(process::memory(again.child.id(), "VmRSS").unwrap_or(0));
    table.add("memory of an idle node, just started", memory, "≤ 120 MB");
    Ok(())
}
