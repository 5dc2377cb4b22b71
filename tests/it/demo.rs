//! `demo` tells its story to the end and leaves nothing behind.

use std::process::{Command, Stdio};

#[test]
fn demo_ends_with_three_equal_sites() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_repertoire"))
        .args(["demo", "--json"])
        .env_clear()
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!(told["same"], true);
    assert!(told["bytes_in"].as_u64() > Some(1000), "{told}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder").flatten().map(|one| one.path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn demo_is_told_in_french_and_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let homes = folder.path().join("homes");
    let output = Command::new(env!("CARGO_BIN_EXE_repertoire"))
        .args(["--lang", "fr", "demo", "--keep"])
        .arg(&homes)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let told = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(0), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    for words in ["fonde une communauté", "PT30M (awa)", "Graisser le joint.", "‹Graisser›", "octets reçus"] {
        assert!(told.contains(words), "{words} is not told:\n{told}");
    }
    for home in ["awa", "boris", "chloe"] {
        assert!(homes.join(home).join("profile.json").exists() || homes.join(home).join("communities").exists());
        assert!(!homes.join(home).join("socket").exists(), "a node of {home} was left");
    }
}
