//! Names of exported files.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

/// Most bytes of one name of an exported file or folder, its ending included.
pub const NAME_BYTES_MAX: usize = 120;

/// Names that mean a device on Windows, whatever ending follows.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Hands out `KIND/HANDLE.md`, each name once: also where capital letters don't count.
#[derive(Debug, Clone, Default)]
pub struct FileNames {
    /// Path without capital letters, and the number given last to one that would be the same.
    taken: BTreeMap<String, u32>,
}

impl FileNames {
    /// Returns the relative path of a document's file, with `/` between folder and name.
    ///
    /// Handle and kind may come from anybody: whatever can't stand in a name on any system becomes `-`. Without a
    /// handle (or with one of which nothing is left) `fallback` is used, for instance the start of the id.
    pub fn path(&mut self, kind: &str, handle: &str, fallback: &str, ending: &str) -> String {
        let folder = clean(kind, NAME_BYTES_MAX).unwrap_or_else(|| "document".to_owned());
        let room = NAME_BYTES_MAX - ending.len().min(16) - 12;
        let stem = clean(handle, room).or_else(|| clean(fallback, room)).unwrap_or_else(|| "document".to_owned());
        let wanted = format!("{folder}/{stem}.{ending}");
        let mut number = self.taken.get(&wanted.to_lowercase()).copied().unwrap_or(0);
        let mut path = wanted.clone();
        while self.taken.contains_key(&path.to_lowercase()) {
            number += 1;
            path = format!("{folder}/{stem}-{}.{ending}", number + 1);
        }
        self.taken.insert(wanted.to_lowercase(), number);
        self.taken.insert(path.to_lowercase(), 0);
        path
    }
}

/// Returns the name with nothing in it that some system doesn't bear; `None` when nothing is left.
fn clean(name: &str, bytes_max: usize) -> Option<String> {
    let mut kept = String::new();
    for char in name.nfc() {
        let char = if is_plain(char) { char } else { '-' };
        if kept.len() + char.len_utf8() > bytes_max {
            break;
        }
        let doubled = char == '-' && kept.ends_with('-') || char == '.' && kept.ends_with('.');
        if !doubled {
            kept.push(char);
        }
    }
    // No hidden files, no `..`, none of the endings that Windows drops in silence.
    let trimmed = kept.trim_matches(|char| matches!(char, '.' | ' ' | '-'));
    let stem = trimmed.split('.').next().unwrap_or("").trim_end().to_lowercase();
    if trimmed.is_empty() {
        None
    } else if is_reserved(&stem) {
        Some(format!("_{trimmed}"))
    } else {
        Some(trimmed.to_owned())
    }
}

fn is_plain(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '~' | ' ' | '\'')
}

fn is_reserved(stem: &str) -> bool {
    let mut chars = stem.chars();
    let port =
        matches!(chars.next_back(), Some('0'..='9' | '¹' | '²' | '³')) && matches!(chars.as_str(), "com" | "lpt");
    port || RESERVED.contains(&stem)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(handle: &str, expected: &str) {
        assert_eq!(FileNames::default().path("practice", handle, "ab12", "md"), format!("practice/{expected}"));
    }

    #[test]
    fn names_fit_every_system() {
        check("purger-une-pompe-a-main", "purger-une-pompe-a-main.md");
        check("purger~ab12", "purger~ab12.md");
        check("../../etc/passwd", "etc-passwd.md");
        check("..", "ab12.md");
        check("", "ab12.md");
        check("a\\b:c\0d", "a-b-c-d.md");
        check("CON", "_CON.md");
        check("nul.txt", "_nul.txt.md");
        check("com1", "_com1.md");
        check("lpt²", "_lpt².md");
        check("console", "console.md");
        check("a.", "a.md");
        check("\u{202e}evil\u{7}", "evil.md");
    }

    #[test]
    fn no_name_twice() {
        let mut names = FileNames::default();
        assert_eq!(names.path("term", "Eau", "", "md"), "term/Eau.md");
        assert_eq!(names.path("term", "eau", "", "md"), "term/eau-2.md");
        assert_eq!(names.path("practice", "eau", "", "md"), "practice/eau.md");
        assert_eq!(names.path("../x", "eau", "", "md"), "x/eau.md");
    }

    proptest! {
        #[test]
        fn whatever_the_handle(kind in any::<String>(), handle in "\\PC{0,200}|[./\\\\: ]{0,9}|(con|aux|a)[. ]{0,3}") {
            let path = FileNames::default().path(&kind, &handle, "", "md");
            let parts: Vec<&str> = path.split('/').collect();
            prop_assert_eq!(parts.len(), 2);
            for part in parts {
                prop_assert!(!part.is_empty() && part.len() <= NAME_BYTES_MAX);
                prop_assert!(!part.contains(['\\', ':', '\0']) && !part.contains(".."));
                prop_assert!(!part.starts_with('.') && !part.ends_with(['.', ' ']));
                prop_assert!(!is_reserved(&part.split('.').next().unwrap_or("").to_lowercase()));
            }
        }
    }
}
