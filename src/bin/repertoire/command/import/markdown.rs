//! Folders of Markdown files: which files there are, and the library reads and writes them.

use std::path::{Path, PathBuf};

use repertoire::interchange::{FileNames, jsonl, markdown};
use repertoire::node::Error;
use serde_json::Value;

use crate::failure::file;

/// How deep folders are followed.
const DEPTH_MAX: usize = 32;

/// The Markdown files below a folder, in the order of their names; or the one file.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    if path.is_dir() {
        walk(path, 0, &mut found)?;
    } else {
        std::fs::metadata(path).map_err(|error| file(path, &error))?;
        found.push(path.to_owned());
    }
    Ok(found)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut paths: Vec<PathBuf> =
        entries.map_err(|error| file(folder, &error))?.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        // Links are followed for files alone: a folder that links to its parent would never end.
        if path.is_dir() {
            if depth < DEPTH_MAX && !path.is_symlink() {
                walk(&path, depth + 1, found)?;
            }
        } else if markdown::is_markdown(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// Writes records into a folder, one file each.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    names: FileNames,
}

impl Folder {
    /// Makes the folder where it is missing.
    pub(crate) fn open(root: &Path) -> Result<Folder, Error> {
        std::fs::create_dir_all(root).map_err(|error| file(root, &error))?;
        Ok(Folder { root: root.to_owned(), names: FileNames::default() })
    }

    /// Writes the file of a record.
    pub(crate) fn write(&mut self, record: &Value) -> Result<(), Error> {
        let imported = jsonl::read(record.to_string().as_bytes(), "export").map_err(Error::internal)?;
        let record = imported.record;
        let id = record.id.map(|id| id.to_string()).unwrap_or_default();
        let name = self.names.path(&record.kind, record.handle.as_deref().unwrap_or(""), &id, "md");
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root);
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, markdown::write(&record)));
        written.map_err(|error| file(&path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_order_and_links_do_not_loop() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        std::fs::create_dir_all(root.join("b/.git")).expect("made");
        for name in ["b/two.md", "a.MD", "b/.git/x.md", "c.txt"] {
            std::fs::write(root.join(name), "x").expect("written");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root, root.join("b/loop")).expect("linked");
        let found: Vec<PathBuf> =
            files(root).expect("found").iter().map(|path| path.strip_prefix(root).expect("inside").to_owned()).collect();
        assert_eq!(found, ["a.MD", "b/two.md"].map(PathBuf::from));
        assert!(files(&root.join("absent")).is_err());
    }

    #[test]
    fn a_record_is_written_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "---\ntitle: Purger une pompe\nlanguage: fr\ntags: [eau]\n---\n\n## Problème\n\nElle s'amorce mal.\n";
        let read = |bytes: &[u8]| -> Value {
            let imported = markdown::read(bytes, "purger.md").expect("a record");
            serde_json::from_str(&jsonl::write(&imported.record)).expect("JSON")
        };
        let record = read(text.as_bytes());
        assert_eq!(record["title"], "Purger une pompe");
        let mut out = Folder::open(folder.path()).expect("a folder");
        out.write(&record).expect("written");
        out.write(&record).expect("written beside it");
        let found = files(folder.path()).expect("files");
        assert_eq!(found.len(), 2);
        let again = read(&std::fs::read(&found[0]).expect("a file"));
        assert_eq!(again["fields"], record["fields"]);
    }
}
