//! The catalogues of the command line say the same things: the same keys with the same variables in every language.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The keys of a catalogue with their variables.
type Keys = BTreeMap<String, BTreeSet<String>>;

fn read(name: &str) -> Keys {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/repertoire/messages").join(name);
    keys(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Reads keys and variables; a key that stands twice is a fault.
fn keys(text: &str) -> Keys {
    let mut keys = Keys::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let begins = line.starts_with(|c: char| c.is_ascii_alphabetic());
        if let Some((key, _)) = line.split_once('=').filter(|_| begins) {
            let key = key.trim().to_owned();
            assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{key} stands twice");
            current = Some(key);
        }
        let Some(variables) = current.as_ref().and_then(|key| keys.get_mut(key)) else { continue };
        for rest in line.split('$').skip(1) {
            variables.insert(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect());
        }
    }
    keys
}

#[test]
fn catalogues_have_the_same_keys_and_variables() {
    for (english, french) in
        [("en.ftl", "fr.ftl"), ("help.en.ftl", "help.fr.ftl"), ("concepts.en.ftl", "concepts.fr.ftl")]
    {
        let (english_keys, french_keys) = (read(english), read(french));
        assert!(english_keys.len() > 30, "{english} is nearly empty");
        let missing =
            |a: &Keys, b: &Keys| -> Vec<String> { a.keys().filter(|key| !b.contains_key(*key)).cloned().collect() };
        assert_eq!(missing(&english_keys, &french_keys), Vec::<String>::new(), "missing in {french}");
        assert_eq!(missing(&french_keys, &english_keys), Vec::<String>::new(), "missing in {english}");
        for (key, variables) in &english_keys {
            assert_eq!(variables, &french_keys[key], "variables of {key}");
        }
    }
}

/// Every key that the code names is in the catalogue, and every key of the catalogue of answers is named.
#[test]
fn keys_in_the_code_are_in_the_catalogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/repertoire");
    let mut code = String::new();
    gather(&root, &mut code);
    let known: BTreeSet<String> =
        ["en.ftl", "help.en.ftl", "concepts.en.ftl"].iter().flat_map(|name| read(name).into_keys()).collect();
    let mut named = 0;
    for (at, _) in code.match_indices("text!(") {
        // A key that is a variable is checked where it is given.
        let second = code[at..].split_once(',').map(|(_, rest)| rest.trim_start());
        let Some(key) = second.and_then(|rest| rest.strip_prefix('"')).and_then(|rest| rest.split('"').next()) else {
            continue;
        };
        named += 1;
        assert!(known.contains(key), "{key} is not in the catalogue");
    }
    assert!(named > 40, "the code names its messages with text!");
    let open = [
        "phrase-",
        "error-",
        "hint-",
        "why-",
        "field-",
        "count-",
        "kind-",
        "state-",
        "role-",
        "status-",
        "space-",
        "scheme-",
        "need-",
        "act-",
        "void-",
        "reason-",
        "verdict-",
        "held-",
        "pending-",
        "link-",
        "linked-",
        "outcome-",
        "stance-",
        "standing-",
    ];
    for key in read("en.ftl").keys().filter(|key| !open.iter().any(|prefix| key.starts_with(prefix))) {
        assert!(code.contains(&format!("\"{key}\"")), "{key} is named nowhere");
    }
}

fn gather(folder: &Path, code: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(&path, code);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            text.lines().filter(|line| !line.trim_start().starts_with("//")).for_each(|line| {
                code.push_str(line);
                code.push('\n');
            });
        }
    }
}

#[test]
fn a_difference_would_be_found() {
    let keys = keys("# c\na = { $x } y\nb = { $n ->\n    [one] { $n } z\n   *[other] { $m }\n}\n");
    assert_eq!(keys["a"], BTreeSet::from(["x".to_owned()]));
    assert_eq!(keys["b"], BTreeSet::from(["n".to_owned(), "m".to_owned()]));
}
