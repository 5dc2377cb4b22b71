//! The editor opens on a Markdown template: a title line, then one heading a field.
//!
//! What stands in comments (`<!-- … -->`) is left out. Nothing written, or nothing changed, means: do nothing.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::Command;

use repertoire::node::Error;

use crate::failure::{file, wrong};
use crate::messages::{Messages, text};

/// A page to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The title, where one is asked for.
    pub(crate) title: Option<String>,
    /// Fields by name, with what they hold.
    pub(crate) fields: Vec<(String, String)>,
}

/// Whether somebody is there to write in an editor.
pub(crate) fn available() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value: std::ffi::OsString| !value.is_empty());
    set("VISUAL") || set("EDITOR") || (io::stdin().is_terminal() && io::stderr().is_terminal())
}

/// Whether the editor should open though it could be done without: only where somebody sits at a terminal.
pub(crate) fn wanted() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Opens the editor on a page and returns what changed in it.
pub(crate) fn edit(page: &Page, messages: &Messages) -> Result<Page, Error> {
    let folder = tempfile::tempdir().map_err(|error| file(Path::new("."), &error))?;
    let path = folder.path().join("repertoire.md");
    let before = print(page, &text!(messages, "editor-comment"));
    std::fs::write(&path, &before).map_err(|error| file(&path, &error))?;
    run(&path)?;
    let after = std::fs::read_to_string(&path).map_err(|error| file(&path, &error))?;
    let read = parse(&after, page);
    let changed = difference(page, &read);
    if changed.title.is_none() && changed.fields.is_empty() {
        return Err(wrong("editor-unchanged", &[]));
    }
    Ok(changed)
}

/// Opens the editor on an empty page and returns the text, without comments.
pub(crate) fn write(messages: &Messages) -> Result<String, Error> {
    let name = String::new();
    let page = Page { title: None, fields: vec![(name, String::new())] };
    let written = edit(&page, messages)?;
    Ok(written.fields.into_iter().map(|(_, text)| text).collect())
}

fn run(path: &Path) -> Result<(), Error> {
    let names = ["VISUAL", "EDITOR"].map(|name| std::env::var(name).unwrap_or_default());
    let editor = names.iter().find(|name| !name.is_empty()).map_or("vi", String::as_str);
    // An editor may come with options: a shell splits them as people expect.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(wrong("editor-failed", &[("editor", editor), ("why", &status.to_string())])),
        Err(error) => Err(wrong("editor-failed", &[("editor", editor), ("why", &error.to_string())])),
    }
}

fn print(page: &Page, comment: &str) -> String {
    let mut out = String::new();
    if let Some(title) = &page.title {
        out += &format!("# {title}\n\n");
    }
    out += &format!("<!-- {comment} -->\n");
    for (name, value) in &page.fields {
        if !name.is_empty() {
            out += &format!("\n## {name}\n");
        }
        out += &format!("\n{value}\n");
    }
    out
}

/// Reads a page back. Only headings that name a field of the page begin one: others belong to the text.
fn parse(text: &str, page: &Page) -> Page {
    let text = without_comments(text);
    let mut title = None;
    let mut fields: Vec<(String, String)> = Vec::new();
    if let Some((name, _)) = page.fields.first().filter(|(name, _)| name.is_empty()) {
        fields.push((name.clone(), String::new()));
    }
    for line in text.lines() {
        let field =
            line.strip_prefix("## ").map(str::trim).filter(|name| page.fields.iter().any(|(field, _)| field == name));
        if let Some(name) = field {
            fields.push((name.to_owned(), String::new()));
        } else if let (true, None, Some(rest)) =
            (fields.is_empty() && page.title.is_some(), &title, line.strip_prefix("# "))
        {
            title = Some(rest.trim().to_owned());
        } else if let Some((_, value)) = fields.last_mut() {
            value.push_str(line);
            value.push('\n');
        }
    }
    for (_, value) in &mut fields {
        *value = value.trim_matches('\n').trim_end().to_owned();
    }
    Page { title, fields }
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    out + rest
}

fn difference(before: &Page, after: &Page) -> Page {
    let title = after.title.clone().filter(|title| !title.is_empty() && before.title.as_ref() != Some(title));
    let held =
        |name: &str| before.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
    let fields = after.fields.iter().filter(|(name, value)| held(name).trim() != value.trim()).cloned().collect();
    Page { title, fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: Option<&str>, fields: &[(&str, &str)]) -> Page {
        Page {
            title: title.map(str::to_owned),
            fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn what_is_printed_reads_back_as_unchanged() {
        let full = page(Some("Purger"), &[("problem", "Mal.\n\n## pas un champ\n- a"), ("procedure", "")]);
        let read = parse(&print(&full, "say\nsomething"), &full);
        assert_eq!(difference(&full, &read), page(None, &[]));
    }

    #[test]
    fn only_what_changed_is_returned() {
        let full = page(Some("Purger"), &[("problem", "Mal."), ("procedure", "")]);
        let text =
            print(&full, "c").replace("Purger", "Vider").replace("## procedure\n\n", "## procedure\n\n1. Remplir\n");
        assert_eq!(difference(&full, &parse(&text, &full)), page(Some("Vider"), &[("procedure", "1. Remplir")]));
    }

    #[test]
    fn a_page_without_fields_is_one_text() {
        let empty = page(None, &[("", "")]);
        let text = print(&empty, "c") + "# Bonjour\n\nOui.\n";
        assert_eq!(difference(&empty, &parse(&text, &empty)), page(None, &[("", "# Bonjour\n\nOui.")]));
    }
}
