//! One document, whole: title, facts, texts, posts, and what needs a look.

use repertoire::model::document::schema::{self, Merge};
use repertoire::node::request::DocumentView;
use serde_json::Value;

use super::{date, hits, minute};
use crate::messages::{Language, text};
use crate::ui::display::display_lines;
use crate::ui::{FAINT, TITLE, Ui, WARNING, paint};

/// Text fields of a kind, in reading order: what the editor opens and what gets a heading of its own.
pub(crate) fn texts(kind: &str) -> Vec<&'static str> {
    let fields = schema::kind(kind).into_iter().flat_map(|kind| kind.all_fields());
    fields.filter(|field| field.merge == Merge::Txt).map(|field| field.name).collect()
}

/// A value as people read it: what stands in a list after commas, what stands in a map after its key.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            let parts: Vec<String> = map.iter().map(|(key, value)| format!("{key} {}", plain(value))).collect();
            parts.join(", ")
        }
        other => other.to_string(),
    }
}

/// Prints a document, or its object with `--json`.
pub(crate) fn print(ui: &Ui, document: &DocumentView) {
    if ui.json() {
        ui.object(document);
        return;
    }
    if !ui.human() {
        ui.line(&document.handle);
        return;
    }
    head(ui, document);
    facts(ui, document);
    sections(ui, document);
    live(ui, document);
    posts(ui, document);
    notes(ui, document);
}

fn head(ui: &Ui, document: &DocumentView) {
    let title = ["title", "name", "pref_label"].iter().find_map(|name| document.fields.get(*name)).map(plain);
    ui.styled(TITLE, title.as_deref().unwrap_or(&document.handle));
    let mut line = format!("{}  {}", ui.messages.word("kind", &document.kind), document.handle);
    if !document.standing.state.is_empty() {
        line += &format!("  {}", ui.messages.word("state", &document.standing.state));
    }
    ui.line(&line);
    let by = &document.creator;
    let others: Vec<&str> = document.contributors.iter().filter(|who| *who != by).map(String::as_str).collect();
    let (created, modified) = (date(&document.created), date(&document.modified));
    ui.safe_line(&text!(ui.messages, "show-by", by = by, created = created, modified = modified));
    if !others.is_empty() {
        ui.safe_line(&text!(ui.messages, "show-with", others = others.join(", ")));
    }
}

fn facts(ui: &Ui, document: &DocumentView) {
    for (name, value) in &document.fields {
        if name == "title" || is_section(document, name, value) || is_empty(value) {
            continue;
        }
        let label = label(ui, &document.kind, name);
        ui.line(&format!("{label}: {}", plain(value)));
        two_values(ui, document, name);
    }
    let hidden = document.conflicts.keys().filter(|name| !document.fields.contains_key(*name) || *name == "title");
    for name in hidden {
        two_values(ui, document, name);
    }
}

fn sections(ui: &Ui, document: &DocumentView) {
    let known = texts(&document.kind);
    let others = document.fields.keys().map(String::as_str).filter(|name| !known.contains(name));
    for name in known.iter().copied().chain(others) {
        let Some(value) = document.fields.get(name) else { continue };
        if name == "title" || !is_section(document, name, value) || is_empty(value) {
            continue;
        }
        ui.safe_line("");
        ui.styled(TITLE, &label(ui, &document.kind, name));
        ui.lines(&plain(value));
        if let Some((_, people)) = document.reread.iter().find(|(field, _)| field == name) {
            let note = text!(ui.messages, "show-reread", people = people.join(", "));
            ui.safe_line(&paint(WARNING, &note));
        }
        two_values(ui, document, name);
    }
}

fn live(ui: &Ui, document: &DocumentView) {
    let blocks = &document.blocks;
    let parts = [
        ("block-adaptations", &blocks.adaptations),
        ("block-reports", &blocks.reports),
        ("block-questions", &blocks.open_questions),
    ];
    for (key, found) in parts {
        if !found.is_empty() {
            ui.safe_line("");
            ui.styled(TITLE, &text!(ui.messages, key));
            hits::print(ui, &repertoire::node::request::Hits { hits: found.clone(), ..Default::default() });
        }
    }
    for link in &document.links {
        ui.line(&plain(link));
    }
}

fn posts(ui: &Ui, document: &DocumentView) {
    for post in &document.posts {
        ui.safe_line("");
        let head = format!("{}  {}, {}", post.handle, post.author, minute(&post.created));
        ui.styled(FAINT, &head);
        for line in display_lines(&post.body).lines() {
            ui.safe_line(&format!("  {line}"));
        }
    }
}

fn notes(ui: &Ui, document: &DocumentView) {
    if !document.newer.is_empty() {
        ui.warning(&text!(ui.messages, "show-newer", names = document.newer.join(", ")));
    }
    for (entry, why) in &document.held {
        let entry = entry.get(..8).unwrap_or(entry);
        ui.warning(&text!(ui.messages, "show-held", entry = entry, why = ui.messages.word("held", why)));
    }
}

fn two_values(ui: &Ui, document: &DocumentView, name: &str) {
    if let Some(values) = document.conflicts.get(name) {
        let list: Vec<String> = values.iter().map(|one| format!("{} ({})", plain(&one.value), one.by)).collect();
        let (count, handle) = (values.len(), &document.handle);
        let note =
            text!(ui.messages, "show-values", count = count, list = list.join(", "), handle = handle, field = name);
        ui.safe_line(&paint(WARNING, &note));
    }
}

/// The name of a field in the reader's language.
pub(crate) fn label(ui: &Ui, kind: &str, name: &str) -> String {
    let field = schema::kind(kind).and_then(|kind| kind.field(name));
    let label = match field {
        Some(field) if ui.messages.language() == Language::Fr => field.french.to_owned(),
        _ => name.replace(['_', '.'], " "),
    };
    let mut letters = label.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn is_section(document: &DocumentView, name: &str, value: &Value) -> bool {
    texts(&document.kind).contains(&name) || value.as_str().is_some_and(|text| text.contains('\n'))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
