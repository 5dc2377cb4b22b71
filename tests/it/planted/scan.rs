//! Looks for planted words: in bytes, in files as they lie, in the words of a search index, in what is armoured as text.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tantivy::schema::FieldType;

/// How every planted word begins: so one look at a byte rules most places out.
pub(super) const MARK: &str = "zqx";
/// Letters that a planted word has after its mark; the last ones may fall to a stemmer.
pub(super) const LETTERS: usize = 13;
const STEM: usize = 10;

/// Makes a word that stands nowhere else.
pub(super) fn word(seed: u64, number: u64) -> String {
    let mut random = blake3::Hasher::new_keyed(&[7; 32]);
    random.update(&seed.to_le_bytes()).update(&number.to_le_bytes());
    let mut bytes = [0; LETTERS];
    random.finalize_xof().fill(&mut bytes);
    // Letters that neither an accent nor a stemmer changes.
    let letters = b"bcdfghjklmnpqrtvwxz";
    let tail: String = bytes.iter().map(|byte| char::from(letters[usize::from(*byte) % letters.len()])).collect();
    format!("{MARK}{tail}")
}

/// Returns the stems of planted words that stand in these bytes, in any case.
pub(super) fn stems(bytes: &[u8]) -> BTreeSet<String> {
    let mark = MARK.as_bytes();
    let mut found = BTreeSet::new();
    for at in 0..bytes.len() {
        if !bytes[at].eq_ignore_ascii_case(&mark[0]) || bytes.len() - at < mark.len() + STEM {
            continue;
        }
        let word = bytes[at..at + mark.len() + STEM].to_ascii_lowercase();
        if word.starts_with(mark) && word.iter().all(u8::is_ascii_lowercase) {
            found.insert(String::from_utf8(word).expect("letters"));
        }
    }
    found
}

/// Returns the stem by which a word is found.
pub(super) fn stem(word: &str) -> &str {
    &word[..MARK.len() + STEM]
}

/// Returns the stems in every file below a folder, in its search indexes, and inside base64.
pub(super) fn below(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        found.extend(stems(entry.file_name().as_encoded_bytes()));
        let path = entry.path();
        if path.is_dir() {
            found.extend(below(&path));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).expect("a file");
            found.extend(stems(&bytes));
            found.extend(stems(&unarmoured(&bytes)));
        }
    }
    if folder.join("meta.json").is_file() {
        found.extend(indexed(folder));
    }
    found
}

/// Returns what the base64 lines of a file say; nothing where it has none.
fn unarmoured(bytes: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    let lines: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    data_encoding::BASE64.decode(lines.as_bytes()).unwrap_or_default()
}

/// Returns the stems among the words of a search index: its files hold them one letter at a time.
fn indexed(folder: &Path) -> BTreeSet<String> {
    let index = tantivy::Index::open_in_dir(folder).expect("an index");
    let mut found = BTreeSet::new();
    let reader = index.reader().expect("it reads");
    for segment in reader.searcher().segment_readers() {
        for (field, entry) in index.schema().fields() {
            if !matches!(entry.field_type(), FieldType::Str(_)) {
                continue;
            }
            let inverted = segment.inverted_index(field).expect("an inverted index");
            let mut terms = inverted.terms().stream().expect("its words");
            while terms.advance() {
                found.extend(stems(terms.key()));
            }
        }
    }
    found
}

/// Returns what below a folder others than its owner may enter or read: the files of the search index, which its own
/// folder closes, left out.
pub(super) fn open_to_others(folder: &Path) -> Vec<String> {
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o077;
    let mut open = Vec::new();
    if mode(folder) != 0 {
        open.push(folder.display().to_string());
    }
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            open.extend(open_to_others(&path));
        } else if path.is_file() && mode(&path) != 0 && !folder.ends_with("index") {
            open.push(path.display().to_string());
        }
    }
    open
}

#[test]
fn what_is_planted_is_found() {
    let one = word(1, 2);
    assert_eq!(one.len(), MARK.len() + LETTERS);
    assert_ne!(one, word(1, 3));
    let bytes = [b"xx", one.to_uppercase().as_bytes(), b"\0"].concat();
    assert_eq!(stems(&bytes), BTreeSet::from([stem(&one).to_owned()]));
    assert!(stems(&bytes[..MARK.len() + 2]).is_empty());
    let folder = tempfile::tempdir().expect("a folder");
    let armoured = data_encoding::BASE64.encode(&bytes);
    std::fs::write(folder.path().join("text"), format!("-----BEGIN-----\n{armoured}\n-----END-----\n"))
        .expect("written");
    assert_eq!(below(folder.path()), BTreeSet::from([stem(&one).to_owned()]));
}
