//! Floors and owners: who may name whom. A wrong import fails here.

use std::fs;
use std::path::{Path, PathBuf};

/// A floor, and what it may name of the crate. What is not listed here doesn't exist.
const FLOORS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("model", &["wire"]),
    ("sync", &["wire", "model"]),
    ("store", &["wire", "model"]),
    ("index", &["wire", "model"]),
    ("interchange", &["wire", "model"]),
    ("node", &["wire", "model", "sync", "store", "index", "interchange"]),
    ("door", &["wire", "model", "sync", "store", "index", "interchange", "node"]),
    ("lib", &["wire", "model", "sync", "store", "index", "interchange", "node", "door"]),
];

/// A dependency, and the path prefixes that alone may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("prost::", &["src/wire"]),
    ("automerge::", &["src/model/document"]),
    ("ed25519_dalek", &["src/model/sign"]),
    ("chacha20poly1305", &["src/model/seal"]),
    ("x25519_dalek", &["src/model/seal"]),
    ("argon2", &["src/node/vault"]),
    ("bip39", &["src/node/words"]),
    ("redb::", &["src/store"]),
    ("tantivy", &["src/index"]),
    ("libp2p", &["src/door/net"]),
    ("axum", &["src/door/web"]),
    ("clap", &["src/bin"]),
    ("getrandom", &["src/node/env"]),
    ("SystemTime::now", &["src/node/env"]),
    ("Timestamp::now", &["src/node/env"]),
    // The binary waits for signals with it.
    ("tokio::", &["src/door", "src/bin"]),
];

/// What the pure floors must not name: files, sockets, clocks, threads.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::os",
    "std::thread",
    "std::process",
    "std::env",
    "Instant::now",
    "rand::",
    "println!",
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join("src"), &mut paths);
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(path).expect("a source");
            // Comments may name anything.
            let code = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
            (name, code)
        })
        .collect()
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn floor_of(path: &str) -> &str {
    let below = path.strip_prefix("src/").expect("a source");
    below.split(['/', '.']).next().expect("a name")
}

#[test]
fn floors_name_only_floors_below() {
    let mut faults = Vec::new();
    for (path, code) in sources() {
        let floor = floor_of(&path);
        if floor == "bin" {
            continue;
        }
        let (_, below) = FLOORS.iter().find(|(name, _)| *name == floor).expect("every source is on a floor");
        for (other, _) in FLOORS {
            let named = code.contains(&format!("crate::{other}::")) || code.contains(&format!("crate::{other};"));
            if named && *other != floor && !below.contains(other) {
                faults.push(format!("{path} names {other}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn dependencies_have_owners() {
    let mut faults = Vec::new();
    for (path, code) in sources() {
        for (dependency, owners) in OWNERS {
            let owned = owners.iter().any(|owner| path.starts_with(owner));
            if !owned && !is_test(&path) && code.contains(dependency) {
                faults.push(format!("{path} names {dependency}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn pure_floors_stay_pure() {
    let mut faults = Vec::new();
    for (path, code) in sources() {
        if !matches!(floor_of(&path), "model" | "sync" | "interchange") || is_test(&path) {
            continue;
        }
        // Inline tests may do what they like.
        let code = code.split("#[cfg(test)]").next().expect("a first part");
        for word in IMPURE {
            if code.contains(word) {
                faults.push(format!("{path} names {word}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn files_stay_readable() {
    let mut faults = Vec::new();
    for (path, _) in sources() {
        assert!(!path.ends_with("/mod.rs"), "{path}: name the file after the module");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let lines = fs::read_to_string(root.join(&path)).expect("a source").lines().count();
        if lines > 600 && !path.starts_with("src/wire/") {
            faults.push(format!("{path} has {lines} lines"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_library_neither_prints_nor_reads_the_environment() {
    let mut faults = Vec::new();
    for (path, code) in sources() {
        let code = code.split("#[cfg(test)]").next().expect("a first part").to_owned();
        if path.starts_with("src/bin/") || is_test(&path) {
            continue;
        }
        for word in ["println!", "eprintln!", "print!(", "std::env::var", "env::home_dir"] {
            if code.contains(word) {
                faults.push(format!("{path} names {word}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
