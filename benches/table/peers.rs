//! The same with `git` and `sqlite3`, where they are installed.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Failure;
use crate::corpus::Corpus;
use crate::process::{self, cost, run};
use crate::table::{Table, bytes};

/// How often a short command is run for one figure.
const TIMES: u32 = 5;
/// Files of one folder, as the measured peers had them.
const FOLDER: usize = 1_000;
const PORT: &str = "9418";

/// Which of the tools are here.
pub(crate) struct Peers {
    git: bool,
    sqlite: bool,
}

impl Peers {
    pub(crate) fn find() -> Peers {
        if std::env::var("REPERTOIRE_BENCH_PEERS").is_ok_and(|wanted| wanted == "0") {
            eprintln!("git and sqlite3 are left out, as REPERTOIRE_BENCH_PEERS says");
            return Peers { git: false, sqlite: false };
        }
        let has = |tool: &str| {
            let found = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
            if !found {
                eprintln!("`{tool}` is not installed: nothing stands beside our figures for what it does");
            }
            found
        };
        Peers { git: has("git"), sqlite: has("sqlite3") }
    }

    pub(crate) fn measure(&self, corpus: &Corpus, folder: &Path, table: &mut Table) -> Result<(), Failure> {
        if self.git {
            println!("git:");
            git(corpus, &folder.join("git"), table)?;
            fs::remove_dir_all(folder.join("git"))?;
        }
        if self.sqlite {
            println!("SQLite FTS5:");
            fts5(corpus, folder, table)?;
        }
        Ok(())
    }
}

fn git_in(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for (who, name) in [("AUTHOR", "Awa"), ("COMMITTER", "Awa")] {
        command.env(format!("GIT_{who}_NAME"), name).env(format!("GIT_{who}_EMAIL"), "awa@example.org");
    }
    command.args(["-c", "gc.auto=0"]);
    command
}

fn page(practice: &Value) -> String {
    let text = |field: &str| practice[field].as_str().unwrap_or_default();
    format!("# {}\n\n{}\n", text("title"), text("body"))
}

/// Serves a folder of repositories; ended when it is dropped.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // The daemon is a child of `git`, which passes the signal to end on, but not the one to be killed.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn git(corpus: &Corpus, folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let work = folder.join("a");
    fs::create_dir_all(&work)?;
    run(git_in(&work).args(["init", "-q", "-b", "main"]))?;
    corpus.each(|index, practice| {
        let below = work.join(format!("{:03}", index / FOLDER));
        if index % FOLDER == 0 {
            fs::create_dir_all(&below)?;
        }
        Ok(fs::write(below.join(format!("{index:06}.md")), page(&practice))?)
    })?;
    let spent = cost(1, |_| {
        run(git_in(&work).args(["add", "."]))?;
        run(git_in(&work).args(["commit", "-q", "-m", "first"])).map(drop)
    })?;
    table.beside("import and index all", format!("git add, commit: {spent}"));
    run(git_in(&work).args(["gc", "-q"]))?;
    table.beside("disk, log and index", format!("git {}", bytes(process::disk(&work.join(".git")))));
    let mut serve = git_in(folder);
    serve.args(["daemon", "--listen=127.0.0.1", "--export-all", "--reuseaddr"]);
    serve.arg(format!("--port={PORT}")).arg(format!("--base-path={}", folder.display()));
    let daemon = Daemon(serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    let url = format!("git://127.0.0.1:{PORT}/a");
    let heard = |times: u32, each: &mut dyn FnMut() -> Result<(), Failure>| -> Result<String, Failure> {
        let before = process::wire();
        let spent = cost(times, |_| each())?;
        let wire = process::wire().zip(before).map(|(after, before)| (after - before) / u64::from(times));
        Ok(format!("{spent}{}", wire.map_or_else(String::new, |wire| format!(", {} on the wire", bytes(wire)))))
    };
    wait_for(&folder.join("a"), &url)?;
    let clone = heard(1, &mut || run(git_in(folder).args(["clone", "-q", "--bare", &url, "b"])).map(drop))?;
    table.beside("first replication, until stored and readable", format!("git clone --bare: {clone}"));
    let copy = folder.join("b");
    let mut fetch = || run(git_in(&copy).args(["fetch", "-q", "origin", "main:main"])).map(drop);
    run(git_in(&copy).args(["remote", "set-url", "origin", &url]))?;
    table.beside("sync, nothing new", format!("git fetch: {}", heard(TIMES, &mut fetch)?));
    let spent = cost(corpus.more.len() as u32, |number| {
        let name = format!("new-{number}.md");
        fs::write(work.join(&name), page(&corpus.more[number as usize]))?;
        run(git_in(&work).args(["add", &name]))?;
        run(git_in(&work).args(["commit", "-q", "-m", &name])).map(drop)
    })?;
    table.beside("add, whole process", format!("git add, commit: {spent}"));
    table.beside("sync, 10 new", format!("git fetch: {}", heard(1, &mut fetch)?));
    drop(daemon);
    Ok(())
}

/// Waits until the daemon answers.
fn wait_for(folder: &Path, url: &str) -> Result<(), Failure> {
    for _ in 0..100 {
        if run(git_in(folder).args(["ls-remote", url, "main"])).is_ok_and(|said| !said.is_empty()) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("git daemon does not answer".into())
}

fn fts5(corpus: &Corpus, folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let (base, rows) = (folder.join("fts5.db"), folder.join("fts5.csv"));
    let mut out = csv::Writer::from_path(&rows)?;
    corpus.each(|index, practice| {
        let text = |field: &str| practice[field].as_str().unwrap_or_default().to_owned();
        Ok(out.write_record([(index + 1).to_string(), text("title"), text("body")])?)
    })?;
    out.flush()?;
    let script = format!(
        "PRAGMA journal_mode=WAL;\n\
         CREATE TABLE entry(id INTEGER PRIMARY KEY, title, body);\n\
         .import --csv {} entry\n\
         CREATE VIRTUAL TABLE f USING fts5(title, body, content='entry', content_rowid='id', \
         tokenize='unicode61 remove_diacritics 2');\n\
         INSERT INTO f(f) VALUES('rebuild');\n",
        rows.display()
    );
    let sql = folder.join("fts5.sql");
    fs::write(&sql, script)?;
    let spent = cost(1, |_| run(Command::new("sqlite3").arg(&base).arg(format!(".read {}", sql.display()))).map(drop))?;
    table.beside("import and index all", format!("FTS5: {spent}"));
    table.beside("disk, log and index", format!("FTS5 {}", bytes(process::disk(&base))));
    for (what, word) in
        [("search, whole process, rare word", &corpus.rare), ("search, whole process, common word", &corpus.common)]
    {
        let query = format!(
            "SELECT e.id, e.title FROM f JOIN entry e ON e.id = f.rowid WHERE f MATCH '\"{word}\"' ORDER BY rank LIMIT 20"
        );
        let spent = cost(TIMES * 4, |_| run(Command::new("sqlite3").arg(&base).arg(&query)).map(drop))?;
        table.beside(what, format!("FTS5: {spent}"));
    }
    let _ = (fs::remove_file(&rows), fs::remove_file(&base));
    Ok(())
}
