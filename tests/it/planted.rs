//! Words planted in sealed spaces are looked for wherever they must not be: at the carrier, at who only looks, at a member
//! outside the circle, on the links, in logs, in files that are handed over, and in what a kill leaves.
//!
//! `REPERTOIRE_PLANTED` sets the number of communities that are grown and searched; the usual one keeps the test short.

mod recorder;
mod scan;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use repertoire::node::keys::Keys;

use recorder::Recorder;

/// Communities in a usual run.
const ROUNDS: u64 = 1;
/// Nothing here takes this long; whatever does has failed.
const LONG: Duration = Duration::from_secs(60);
/// Practices that make a first sync long enough to be cut in its middle, and an import to be killed in it.
const PRACTICES: usize = 40;
/// Bytes of the node after which a sync is cut: beyond the handshake, before the end.
const CUTS: [u64; 3] = [6_000, 20_000, 45_000];

/// People of one community, and the words that they wrote.
struct Field {
    folder: tempfile::TempDir,
    seed: u64,
    /// Words by what they stand for.
    words: BTreeMap<String, String>,
    nodes: Vec<(Child, PathBuf)>,
}

impl Drop for Field {
    fn drop(&mut self) {
        for (node, _) in &mut self.nodes {
            let _ = (node.kill(), node.wait());
        }
    }
}

impl Field {
    fn new(seed: u64) -> Field {
        let field =
            Field { folder: tempfile::tempdir().expect("a folder"), seed, words: BTreeMap::new(), nodes: Vec::new() };
        for shared in ["tmp", "handed", "logs"] {
            std::fs::create_dir(field.path(shared)).expect("made");
        }
        field
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Returns the word for this, planting it at its first use.
    fn word(&mut self, what: &str) -> String {
        let number = self.words.len() as u64;
        let seed = self.seed;
        self.words.entry(what.to_owned()).or_insert_with(|| scan::word(seed, number)).clone()
    }

    /// The program on a home: its temporary files, its log and what it says of itself all lie where they are searched.
    fn program(&self, home: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repertoire"));
        let temporary = self.path("tmp");
        command.env("REPERTOIRE_HOME", self.path(home)).env("REPERTOIRE_LANG", "en").env("REPERTOIRE_LOG", "trace");
        command.env_remove("REPERTOIRE_NOW").current_dir(&temporary).stdin(Stdio::null());
        command.envs(["TMPDIR", "HOME", "XDG_RUNTIME_DIR"].map(|name| (name, &temporary)));
        command
    }

    fn log(&self, home: &str) -> File {
        let path = self.path("logs").join(home);
        File::options().create(true).append(true).open(path).expect("a log")
    }

    fn run(&self, home: &str, arguments: &[&str]) -> Output {
        let mut command = self.program(home);
        command.stderr(self.log(home)).args(arguments);
        command.output().expect("the program runs")
    }

    fn ok(&self, home: &str, arguments: &[&str]) -> String {
        let done = self.run(home, arguments);
        assert!(done.status.success(), "{home} {arguments:?}: {done:?} {}", self.last_words(home));
        String::from_utf8(done.stdout).expect("text").trim().to_owned()
    }

    fn last_words(&self, home: &str) -> String {
        let log = std::fs::read_to_string(self.path("logs").join(home)).unwrap_or_default();
        log.lines().filter(|line| !line.starts_with("20")).map(|line| format!("\n{line}")).collect()
    }

    fn invite(&self, role: &str, uses: &str) -> String {
        let out = self.text(&format!("handed/{role}.txt"));
        self.ok("awa", &["invite", "--role", role, "--uses", uses, "--out", &out, "-q"]);
        out
    }

    fn join(&mut self, home: &str, invitation: &str) {
        let (name, site) = (self.word(&format!("name of {home}")), self.word(&format!("site of {home}")));
        self.ok(home, &["join", invitation, "--name", &name, "--site", &site, "-q"]);
    }

    /// Runs a node until it is stopped, and listens in on its port.
    fn serve(&mut self, home: &str) -> Recorder {
        let mut command = self.program(home);
        command.args(["serve", "--loopback", "--no-mdns", "--json"]).stdout(Stdio::piped()).stderr(self.log(home));
        let mut child = command.spawn().expect("spawned");
        let mut line = String::new();
        let mut said = std::io::BufReader::new(child.stdout.take().expect("piped"));
        std::io::BufRead::read_line(&mut said, &mut line).expect("it speaks");
        self.nodes.push((child, self.path(home)));
        let said: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        Recorder::before(said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port"))
    }

    fn stop(&mut self, home: &str) {
        self.ok(home, &["stop", "-q"]);
        let path = self.path(home);
        for (node, _) in self.nodes.iter_mut().filter(|(_, of)| *of == path) {
            node.wait().expect("it ends");
        }
        self.nodes.retain(|(_, of)| *of != path);
    }

    fn sync(&self, home: &str, line: &Recorder) {
        self.ok(home, &["sync", &line.address(), "-q"]);
    }

    /// Kills a sync in the middle: the line is held after so many bytes, then the process dies.
    fn sync_and_kill(&self, home: &str, line: &Recorder, bytes: u64) {
        let held = line.hold_after(bytes);
        let mut command = self.program(home);
        command.args(["sync", &line.address(), "-q"]).stdout(Stdio::null()).stderr(self.log(home));
        let mut child = command.spawn().expect("spawned");
        let cut = held.recv_timeout(LONG);
        let ended = child.try_wait().expect("asked");
        child.kill().expect("killed");
        child.wait().expect("waited for");
        line.release();
        assert!(cut.is_ok() && ended.is_none(), "{home}: the sync was over before it was cut at {bytes} bytes");
    }

    /// Words that may not stand there: all but those named.
    fn forbidden(&self, but: &[&str]) -> BTreeMap<String, String> {
        let named = |what: &String| {
            but.iter().any(|but| what == but || but.ends_with('*') && what.starts_with(&but[..but.len() - 1]))
        };
        let words = self.words.iter().filter(|(what, _)| !named(what));
        words.map(|(what, word)| (scan::stem(word).to_owned(), what.clone())).collect()
    }

    /// Names what was found of what is forbidden.
    fn leaks(&self, found: &BTreeSet<String>, but: &[&str]) -> Vec<String> {
        let forbidden = self.forbidden(but);
        found.iter().filter_map(|stem| forbidden.get(stem).cloned()).collect()
    }

    /// Searches a folder for every word but those named.
    fn clean(&self, folder: &str, but: &[&str], when: &str) {
        let leaks = self.leaks(&scan::below(&self.path(folder)), but);
        let shown = if folder == "logs" { self.lines(&leaks) } else { String::new() };
        assert!(leaks.is_empty(), "seed {}, {when}: {folder} holds the words of {leaks:?}{shown}", self.seed);
    }

    /// The lines of logs that hold these words.
    fn lines(&self, leaks: &[String]) -> String {
        let mut shown = String::new();
        for log in std::fs::read_dir(self.path("logs")).expect("a folder").flatten() {
            let text = std::fs::read(log.path()).expect("a log");
            let text = String::from_utf8_lossy(&text).to_lowercase();
            let told = |line: &&str| leaks.iter().any(|what| line.contains(scan::stem(&self.words[what])));
            for line in text.lines().filter(told).take(5) {
                shown += &format!("\n{}: {}", log.file_name().display(), line.chars().take(400).collect::<String>());
            }
        }
        shown
    }

    /// The words that stand there as they should: else nothing was looked for.
    fn holds(&self, folder: &str, what: &[&str]) {
        let found = scan::below(&self.path(folder));
        let lacking: Vec<&&str> = what.iter().filter(|what| !found.contains(scan::stem(&self.words[**what]))).collect();
        assert!(lacking.is_empty(), "seed {}: {folder} should hold {lacking:?}, and shows it not", self.seed);
    }

    fn keys(&self, home: &str) -> Keys {
        let communities = std::fs::read_dir(self.path(home).join("communities")).expect("a folder");
        let folder = communities.flatten().next().expect("one community").path();
        Keys::load(&folder.join("keys.json"), None).expect("its keys")
    }
}

/// What the vitrine shows: title, text, topic and site of one practice.
const PUBLISHED: [&str; 4] = ["title", "problem", "topic", "site of awa"];

impl Field {
    /// Founds the community and fills its commons.
    fn found(&mut self) {
        let (community, name, site) = (self.word("community"), self.word("name of awa"), self.word("site of awa"));
        self.ok("awa", &["init", &community, "--type", "trade", "--name", &name, "--site", &site, "-q"]);
        let (title, problem, topic) = (self.word("title"), self.word("problem"), self.word("topic"));
        self.ok("awa", &["add", "practice", &title, "--problem", &problem, "--topic", &topic, "-q"]);
        let (title, procedure) = (self.word("inner title"), self.word("inner procedure"));
        self.ok("awa", &["add", "practice", &title, "--procedure", &procedure, "-q"]);
        let (term, definition) = (self.word("term"), self.word("definition"));
        self.ok("awa", &["add", "term", &term, "--definition.fr", &definition, "-q"]);
        let (title, body, post) = (self.word("thread"), self.word("thread body"), self.word("post"));
        let thread = self.ok("awa", &["discuss", &title, &body, "-q"]);
        self.ok("awa", &["reply", &thread, &post, "-q"]);
        let bio = self.word("bio");
        self.ok("awa", &["me", "--set", &format!("bio={bio}"), "-q"]);
        let file = self.practices("many");
        self.ok("awa", &["import", "jsonl", &file, "-q"]);
    }

    /// Writes a file of many practices that all hold a word.
    fn practices(&mut self, what: &str) -> String {
        let word = self.word(what);
        let mut random = blake3::Hasher::new().update(word.as_bytes()).finalize_xof();
        let tag = self.word(&format!("{what} tag"));
        let mut lines = String::new();
        for number in 0..PRACTICES {
            let mut noise = [0; 600];
            random.fill(&mut noise);
            let body = format!("{word} {}", data_encoding::HEXLOWER.encode(&noise));
            lines += &format!(
                "{}\n",
                serde_json::json!({"title": format!("{word} {number}"), "language": "fr", "body": body, "tags": [tag]})
            );
        }
        let path = self.path(&format!("{what}.jsonl"));
        std::fs::write(&path, lines).expect("written");
        path.display().to_string()
    }

    /// What only the circle of awa, boris and fanta reads.
    fn write_in_circle(&mut self) {
        let (circle, awa) = (self.word("circle"), self.word("name of awa"));
        let (boris, fanta) = (self.word("name of boris"), self.word("name of fanta"));
        self.ok("awa", &["space", "create", &circle, "--members", &[awa, boris, fanta].join(","), "-q"]);
        let space = format!("circle/{circle}");
        let (title, problem) = (self.word("circle title"), self.word("circle problem"));
        let (topic, site, happened) =
            (self.word("circle topic"), self.word("circle site"), self.word("circle happened"));
        let practice = ["add", "practice", &title, "--problem", &problem, "--topic", &topic, "--space", &space, "-q"];
        let practice = self.ok("awa", &practice);
        let report = ["report", &practice, "--space", &space, "--outcome", "failed", "--site", &site, "-q"];
        let report = self.ok("awa", &report);
        self.ok("awa", &["edit", &report, "--set", &format!("happened={happened}"), "-q"]);
        let note = self.word("circle note");
        self.ok("awa", &["propose", &practice, "--note", &note, "-q"]);
        let (title, body, post) =
            (self.word("circle thread"), self.word("circle thread body"), self.word("circle post"));
        let thread = self.ok("awa", &["discuss", &title, &body, "--space", &space, "-q"]);
        self.ok("awa", &["reply", &thread, &post, "-q"]);
    }

    /// Kills an import into the circle again and again, and then lets it end.
    fn import_into_circle(&mut self) {
        let (file, circle) = (self.practices("circle import"), self.word("circle"));
        let arguments = ["import", "jsonl", &file, "--into", &format!("circle/{circle}"), "-q"];
        for delay in [15, 40, 80] {
            let mut command = self.program("boris");
            command.args(arguments).stdout(Stdio::null()).stderr(self.log("boris"));
            let mut child = command.spawn().expect("spawned");
            // The instant does not matter: wherever it falls, nothing may lie about.
            let _ = std::sync::mpsc::channel::<()>().1.recv_timeout(Duration::from_millis(delay));
            std::thread::park_timeout(Duration::from_millis(delay));
            child.kill().expect("killed");
            child.wait().expect("waited for");
            self.clean("tmp", &[], "after an import was killed");
        }
        self.ok("boris", &arguments);
    }
}

/// What each of the outsiders may know.
const CARRIER: [&str; 2] = ["name of bus", "site of bus"];
const OBSERVER: [&str; 6] = ["title", "problem", "topic", "site of awa", "name of dir", "site of dir"];

/// Everything but what belongs to the circle.
fn outside(field: &Field) -> Vec<String> {
    field.words.keys().filter(|what| !what.starts_with("circle")).cloned().collect()
}

fn look_everywhere(field: &Field, when: &str) {
    field.clean("bus", &CARRIER, when);
    field.clean("dir", &OBSERVER, when);
    let outside = outside(field);
    let outside: Vec<&str> = outside.iter().map(String::as_str).collect();
    for member in ["dina", "chloe", "eve"] {
        field.clean(member, &outside, when);
    }
    for nowhere in ["tmp", "handed", "logs"] {
        field.clean(nowhere, &[], when);
    }
}

fn heard(field: &Field, line: &Recorder, least: usize) {
    let bytes = line.taken();
    // The first words of a connection are in clear: the line was indeed listened in on.
    assert!(bytes.windows(6).any(|window| window == b"/noise") && bytes.len() > least, "{} bytes", bytes.len());
    let leaks = field.leaks(&scan::stems(&bytes), &[]);
    assert!(leaks.is_empty(), "seed {}: the link carried the words of {leaks:?}", field.seed);
}

/// No key of a space lies with somebody who may not read it, however it is written.
fn keys_stay(field: &Field) {
    let founder = field.keys("awa");
    let circle = founder
        .spaces
        .iter()
        .filter(|(space, _, _)| !field.keys("dina").spaces.iter().any(|(held, _, _)| held == space));
    let circle: Vec<_> = circle.map(|(_, _, key)| *key.bytes()).collect();
    assert!(!circle.is_empty(), "there is a circle");
    let all: Vec<_> = founder.spaces.iter().map(|(_, _, key)| *key.bytes()).collect();
    assert!(holds_key(&field.path("boris"), &circle), "who is in the circle has its key");
    assert!(field.keys("bus").spaces.is_empty() && !holds_key(&field.path("bus"), &all), "a carrier holds a key");
    for home in ["dina", "chloe", "eve", "dir"] {
        assert!(!holds_key(&field.path(home), &circle), "{home} holds a key of the circle");
    }
}

fn holds_key(folder: &Path, keys: &[[u8; 32]]) -> bool {
    std::fs::read_dir(folder).expect("a folder").flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds_key(&path, keys);
        }
        let bytes = if path.is_file() { std::fs::read(&path).expect("a file") } else { Vec::new() };
        keys.iter().any(|key| {
            let hex = data_encoding::HEXLOWER.encode(key);
            let base64 = data_encoding::BASE64.encode(key);
            let forms: [&[u8]; 3] = [key, hex.as_bytes(), &base64.as_bytes()[..42]];
            forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == *form))
        })
    })
}

#[test]
fn planted_words_stay_where_they_may_be() {
    let rounds = std::env::var("REPERTOIRE_PLANTED").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    for round in 0..rounds {
        search(u64::from(std::process::id()) << 16 | round, rounds > ROUNDS);
    }
}

fn search(seed: u64, thorough: bool) {
    let mut field = Field::new(seed);
    field.found();
    let (members, observer, relay) =
        (field.invite("member", "5"), field.invite("observer", "1"), field.invite("relay", "1"));
    for (home, invitation) in [
        ("boris", &members),
        ("dina", &members),
        ("chloe", &members),
        ("fanta", &members),
        ("eve", &members),
        ("dir", &observer),
        ("bus", &relay),
    ] {
        field.join(home, invitation);
    }
    let line = field.serve("awa");
    // First syncs, each killed in the middle before it may end.
    for home in ["dina", "eve", "bus"] {
        for bytes in CUTS.into_iter().take(if thorough { CUTS.len() } else { 1 }) {
            field.sync_and_kill(home, &line, bytes);
        }
    }
    look_everywhere(&field, "after kills");
    for home in ["boris", "dina", "chloe", "fanta", "eve", "dir", "bus"] {
        field.sync(home, &line);
    }
    field.write_in_circle();
    let title = field.word("title");
    field.ok("awa", &["publish", &title, "-q"]);
    let (eve, reason) = (field.word("name of eve"), field.word("reason"));
    field.ok("awa", &["revoke", &eve, "--reason", &reason, "-q"]);
    for home in ["boris", "dina", "dir", "bus"] {
        field.sync(home, &line);
    }
    // What is said to the person about it is no log.
    let refused = field.program("eve").args(["sync", &line.address(), "-q"]).output().expect("the program runs");
    assert!(!refused.status.success(), "who was removed is served: {refused:?}");
    heard(&field, &line, 50_000);
    field.stop("awa");
    look_everywhere(&field, "after syncs");

    field.import_into_circle();
    through_the_carrier(&mut field);
    by_file(&mut field);
    for home in ["awa", "boris", "dina", "chloe", "fanta", "eve", "dir", "bus"] {
        field.ok(home, &["rebuild", "-q"]);
        assert_eq!(scan::open_to_others(&field.path(home)), [""; 0], "{home}: others may read it");
    }
    look_everywhere(&field, "at the end");
    keys_stay(&field);
    controls(&field);
}

/// Boris gives what he has to the carrier, and others meet nobody but the carrier.
fn through_the_carrier(field: &mut Field) {
    let line = field.serve("bus");
    for home in ["boris", "chloe", "fanta"] {
        field.sync(home, &line);
    }
    field.sync("dir", &line);
    field.sync("dina", &line);
    for verb in [
        &["status"][..],
        &["members"],
        &["list"],
        &["space", "list"],
        &["govern"],
        &["peers"],
        &["why"],
        &["history", "x"],
    ] {
        let said = field.run("bus", verb);
        let leaks = field.leaks(&scan::stems(&said.stdout), &CARRIER);
        assert!(leaks.is_empty(), "the carrier's {verb:?} tells {leaks:?}");
    }
    heard(field, &line, 20_000);
    field.stop("bus");
    look_everywhere(field, "after the carrier");
}

/// Bundles and backups: what is handed over in files.
fn by_file(field: &mut Field) {
    let (dina, fanta) = (field.word("name of dina"), field.word("name of fanta"));
    let passphrase = field.text("passphrase");
    std::fs::write(&passphrase, "quatre mots pour un essai").expect("written");
    for (name, to) in [("to-dina", Some(&dina)), ("to-fanta", Some(&fanta)), ("to-all", None)] {
        let out = field.text(&format!("handed/{name}.rep"));
        let mut arguments = vec!["bundle", "create", "--out", &out, "-q"];
        arguments.extend(to.into_iter().flat_map(|to| ["--for", to.as_str()]));
        field.ok("boris", &arguments);
        let told = field.run("bus", &["bundle", "inspect", &out]);
        assert!(field.leaks(&scan::stems(&told.stdout), &CARRIER).is_empty(), "{told:?}");
    }
    field.ok("dina", &["bundle", "apply", &field.text("handed/to-dina.rep"), "-q"]);
    field.ok("fanta", &["bundle", "apply", &field.text("handed/to-fanta.rep"), "-q"]);
    for home in ["dina", "chloe", "dir", "bus"] {
        let _ = field.run(home, &["bundle", "apply", &field.text("handed/to-all.rep"), "-q"]);
    }
    for home in ["boris", "dir", "bus"] {
        let out = field.text(&format!("handed/{home}.backup"));
        field.ok(home, &["backup", &out, "--passphrase-file", &passphrase, "-q"]);
    }
    look_everywhere(field, "after files");
}

/// The words are where they may be and the logs speak, in a form that the search sees: it could have failed.
fn controls(field: &Field) {
    let all: Vec<&str> = field.words.keys().map(String::as_str).collect();
    // Who carries or only looks has no profile, and the note of a mark stands in no view: there, it is sealed.
    let known = |what: &&str| !what.ends_with(" of dir") && !what.ends_with(" of bus") && *what != "circle note";
    let readers: Vec<&str> = all.iter().copied().filter(known).collect();
    field.holds("boris", &readers);
    field.holds(
        "fanta",
        &["circle", "circle title", "circle problem", "circle happened", "circle post", "circle import", "reason"],
    );
    field.holds("dina", &outside(field).iter().map(String::as_str).filter(known).collect::<Vec<_>>());
    field.holds("dir", &PUBLISHED);
    field.holds("bus", &CARRIER);
    let logged = std::fs::read(field.path("logs").join("bus")).expect("a log");
    assert!(logged.windows(5).any(|window| window == b"TRACE"), "the log of a node says nothing");
}
