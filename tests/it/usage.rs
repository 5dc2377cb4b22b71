//! The program as it is typed: wrong use, pages of help, exit statuses, streams. Nothing here needs a community.

use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repertoire"));
    command.args(args).env_clear().env("REPERTOIRE_HOME", home).stdin(Stdio::null());
    command
}

fn read(output: Output) -> Run {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Run {
        status: output.status.code().expect("an exit status"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn run(args: &[&str]) -> Run {
    let home = tempfile::tempdir().expect("a folder");
    read(command(home.path(), args).output().expect("it runs"))
}

#[test]
fn alone_it_says_what_to_do() {
    let english = run(&[]);
    assert_eq!((english.status, english.stdout.as_str()), (2, ""));
    assert!(english.stderr.contains("repertoire init NAME") && english.stderr.contains("repertoire help"));
    let french = run(&["--lang", "fr"]);
    assert!(french.stderr.contains("repertoire créer NOM"), "{}", french.stderr);
}

#[test]
fn wrong_use_ends_with_2_and_a_next_step() {
    let cases: &[&[&str]] = &[
        &["nonsense"],
        &["add"],
        &["add", "practice", "T", "--problem"],
        &["edit", "x"],
        &["search"],
        &["list", "--limit", "many"],
        &["list", "colour:red"],
        &["init", "x"],
        &["invite", "--uses", "0"],
        &["resolve", "x", "dose"],
        &["completions", "tcsh"],
        &["export", "markdown"],
        &["import", "xml", "f"],
        &["list", "--json", "-q"],
        &["help", "nonsense"],
        &["show", "x", "--lang", "xx"],
    ];
    for args in cases {
        let run = run(args);
        assert_eq!(run.status, 2, "{args:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.lines().count() >= 2, "{args:?} has no hint: {}", run.stderr);
    }
}

#[test]
fn failures_are_one_object_with_json() {
    for (args, kind, status) in [
        (&["list", "--limt", "3", "--json"][..], "invalid", 2),
        (&["--json", "search", "x"], "not-found", 4),
        (&["help", "concept", "nonsense", "--json"], "not-found", 4),
    ] {
        let run = run(args);
        assert_eq!((run.status, run.stdout.as_str()), (status, ""), "{args:?}: {}", run.stderr);
        let value: serde_json::Value = serde_json::from_str(run.stderr.trim()).expect("one object on one line");
        assert_eq!(value["error"]["kind"], kind);
        assert!(value["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{value}");
        assert!(value["error"]["hint"].as_str().is_some_and(|text| !text.is_empty()), "{value}");
    }
}

#[test]
fn json_is_never_translated() {
    let english = run(&["nonsense", "--json"]);
    let french = run(&["nonsense", "--json", "--lang", "fr"]);
    assert_eq!(english.stderr, french.stderr);
}

#[test]
fn pages_of_help_are_answers() {
    for args in [&["help"][..], &["--help"], &["help", "add"], &["add", "--help"], &["add", "-h"], &["aide", "ajouter"]]
    {
        let run = run(args);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{args:?}");
        assert!(run.stdout.contains("Usage:"), "{args:?}: {}", run.stdout);
    }
    let french = run(&["aide", "ajouter", "--lang", "fr"]);
    assert!(
        french.stdout.contains("Usage :") && french.stdout.contains("practice: summary, problem"),
        "{}",
        french.stdout
    );
    assert!(run(&["help", "concept", "frontier"]).stdout.starts_with("frontier: "));
    assert!(run(&["aide", "concept", "entree", "--lang", "fr"]).stdout.starts_with("entrée: "));
    assert_eq!(run(&["--version"]).stdout, run(&["version"]).stdout);
}

#[test]
fn every_verb_has_a_page_in_both_languages() {
    for lang in ["en", "fr"] {
        let overview = run(&["help", "--lang", lang]).stdout;
        let verbs: Vec<&str> = overview
            .lines()
            .filter(|line| line.starts_with("  "))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert!(verbs.len() >= 39, "{verbs:?}");
        for verb in verbs {
            let run = run(&["help", verb, "--lang", lang]);
            assert_eq!(run.status, 0, "{verb}: {}", run.stderr);
        }
    }
}

#[test]
fn completions_and_manual_are_written() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&["completions", shell]).stdout.contains("repertoire"), "{shell}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("man1");
    assert_eq!(run(&["man", dir.to_str().expect("a path"), "-q"]).stdout, "");
    let page = std::fs::read_to_string(dir.join("repertoire-add.1")).expect("the page of add");
    assert!(page.contains(".SH"), "{page}");
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let home = tempfile::tempdir().expect("a folder");
    let mut child = command(home.path(), &["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let run = read(child.wait_with_output().expect("it ends"));
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn control_characters_in_arguments_come_back_visible() {
    let run = run(&["help", "\u{1b}[31mx\u{202e}"]);
    assert!(run.stderr.contains("␛[31mx<U+202E>"), "{}", run.stderr);
    assert!(!run.stderr.contains('\u{1b}'), "{}", run.stderr);
}

#[test]
fn a_clock_that_is_none_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let output = command(home.path(), &["status"]).env("REPERTOIRE_NOW", "yesterday").output().expect("it runs");
    let run = read(output);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("yesterday"));
}

#[test]
fn a_damaged_store_is_named_without_a_trace() {
    let home = tempfile::tempdir().expect("a folder");
    let init = ["init", "Atelier", "--type", "practice", "--name", "Awa", "--site", "Bakel", "-q"];
    let run = |args: &[&str]| read(command(home.path(), args).output().expect("it runs"));
    assert_eq!(run(&init).status, 0);
    let folder = std::fs::read_dir(home.path().join("communities")).expect("the folder").next();
    let store = folder.expect("a community").expect("an entry").path().join("store.redb");
    let sound = std::fs::read(&store).expect("the store");
    let cut = sound[..sound.len() / 2].to_vec();
    let mut filled = sound.clone();
    filled[4096..].fill(0xff);
    let mut flipped = sound.clone();
    flipped[4096..].iter_mut().step_by(977).for_each(|byte| *byte ^= 0x55);
    for bytes in [cut, filled, flipped] {
        std::fs::write(&store, &bytes).expect("written");
        let list = run(&["list"]);
        assert_eq!(list.status, 6, "{}", list.stderr);
        assert_eq!(list.stderr.lines().count(), 2, "{}", list.stderr);
        assert!(std::fs::read(&store).expect("the store") == bytes, "nothing was written");
    }
}
