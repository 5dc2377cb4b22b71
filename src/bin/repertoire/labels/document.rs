//! One document, whole: title, facts, texts, posts, and what needs a look.

use std::collections::BTreeMap;

use repertoire::model::document::schema::{self, Merge};
use repertoire::node::request::DocumentView;
use serde_json::Value;

use super::{date, hits, minute};
use crate::messages::{Language, text};
use crate::ui::display::{display, display_lines};
use crate::ui::{FAINT, TITLE, Ui, WARNING, paint};

/// Reports from which on a share of successes says something.
const TRIED_MIN: usize = 3;
/// Fields of a practice that stand in its first lines, or in the line of its origin.
const ON_THE_CARD: &[&str] = &["credits", "links", "adapts", "language", "topics"];

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
    standing(ui, document);
    facts(ui, document);
    sections(ui, document);
    live(ui, document);
    posts(ui, document);
    notes(ui, document);
}

/// The line of a practice: what it is called, how it stands, what the reports prove.
fn card(ui: &Ui, document: &DocumentView, title: &str) {
    let standing = &document.standing;
    let level = text!(ui.messages, "card-level", level = usize::from(standing.evidence_level));
    let stars = text!(ui.messages, "card-stars", count = usize::from(standing.stars));
    let state = ui.messages.word("state", &standing.state);
    let line = [title, &ui.messages.word("kind", &document.kind), &state, &level, &stars].join("  ");
    ui.styled(TITLE, &line);
}

/// Where a practice comes from, and whom it thanks.
fn provenance(ui: &Ui, document: &DocumentView) -> Option<String> {
    let from = match (&document.source, &document.distilled_from) {
        (Some(source), _) if source.here => text!(ui.messages, "card-adapted", source = &source.handle),
        (Some(source), _) => text!(ui.messages, "card-adapted-absent", title = display(&source.title)),
        (None, Some(thread)) => text!(ui.messages, "card-distilled", thread = thread),
        (None, None) => return None,
    };
    let credits = document.fields.get("credits").map(plain).unwrap_or_default();
    if credits.is_empty() {
        return Some(from);
    }
    Some(format!("{from}; {}", text!(ui.messages, "card-thanks", people = display(&credits))))
}

/// What is to be said of the standing beside the state: one line each, where there is something.
fn standing(ui: &Ui, document: &DocumentView) {
    let standing = &document.standing;
    let messages = &ui.messages;
    let mut lines = Vec::new();
    if let Some(until) = &standing.verified_until {
        let by = standing.verified_by.join(", ");
        lines.push(text!(messages, "standing-verified", until = date(until), by = by));
    }
    if standing.changes_since > 0 {
        let by = standing.changed_by.join(", ");
        lines.push(text!(messages, "standing-changed", count = standing.changes_since, by = by));
    }
    if !standing.successors.is_empty() {
        lines.push(text!(messages, "standing-successor", list = standing.successors.join(", ")));
    }
    if !standing.duplicate_of.is_empty() {
        lines.push(text!(messages, "standing-duplicate", list = standing.duplicate_of.join(", ")));
    }
    if standing.solutions.len() > 1 {
        lines.push(text!(messages, "standing-solutions", count = standing.solutions.len()));
    }
    if !standing.taken_by.is_empty() {
        lines.push(text!(messages, "standing-taken", by = standing.taken_by.join(", ")));
    }
    let used =
        [("standing-useful", standing.useful), ("standing-used", standing.used), ("standing-thanks", standing.thanks)];
    let used: Vec<String> = used
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(key, count)| text!(messages, key, count = count))
        .collect();
    if !used.is_empty() {
        lines.push(used.join("  "));
    }
    lines.iter().for_each(|line| ui.safe_line(line));
    if standing.apart {
        ui.safe_line(&paint(WARNING, &text!(messages, "standing-apart", handle = &document.handle)));
    }
    if document.source.as_ref().is_some_and(|source| source.upstream_changed) {
        ui.safe_line(&paint(WARNING, &text!(messages, "card-upstream", handle = &document.handle)));
    }
}

/// `2 reports: 1 worked, 1 failed`; one alone is named without its number.
pub(crate) fn reports(ui: &Ui, outcomes: &BTreeMap<String, usize>) -> Option<String> {
    let count: usize = outcomes.values().sum();
    let word = |outcome: &str| if outcome.is_empty() { "?".to_owned() } else { ui.messages.word("outcome", outcome) };
    let parts: Vec<String> = outcomes
        .iter()
        .map(|(outcome, number)| if count == 1 { word(outcome) } else { format!("{number} {}", word(outcome)) })
        .collect();
    (count > 0).then(|| format!("{}: {}", text!(ui.messages, "card-reports", count = count), parts.join(", ")))
}

/// The adaptations, one a line: where, which, what came of it, who.
pub(crate) fn adaptations(ui: &Ui, document: &DocumentView) {
    for hit in &document.blocks.adaptations {
        let place = hit.place.clone().filter(|place| !place.is_empty()).unwrap_or_else(|| hit.site.clone());
        let parts = [Some(place), Some(hit.handle.clone()), reports(ui, &hit.outcomes), Some(hit.author.clone())];
        let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        ui.line(&parts.join("  "));
    }
}

/// What the reports prove, and what the next level takes.
pub(crate) fn evidence(ui: &Ui, document: &DocumentView) {
    let Some(evidence) = &document.standing.evidence else { return };
    let messages = &ui.messages;
    let what = match evidence.reached {
        1 => text!(messages, "evidence-1"),
        2 => text!(messages, "evidence-2", sites = evidence.sites),
        3 => text!(messages, "evidence-3", sites = evidence.sites),
        4 => text!(messages, "evidence-4", sites = evidence.sites),
        _ => text!(messages, "evidence-5", sites = evidence.sites),
    };
    let mut line = text!(messages, "evidence-level", level = usize::from(evidence.level), what = what);
    let next = match evidence.reached {
        _ if evidence.level < evidence.reached => Some(text!(messages, "evidence-fell")),
        1 => Some(text!(messages, "evidence-next-2")),
        2 => Some(text!(messages, "evidence-next-3")),
        3 => Some(text!(messages, "evidence-next-4")),
        4 => Some(text!(messages, "evidence-next-5")),
        _ => None,
    };
    if let Some(next) = next {
        line = format!("{line} {next}");
    }
    ui.safe_line(&line);
    let tried = evidence.worked + evidence.partly + evidence.failed + evidence.stopped;
    if let (Some(success), Some((low, high))) = (evidence.success, evidence.interval)
        && tried >= TRIED_MIN
    {
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        let (success, low, high) = (percent(success), percent(low), percent(high));
        ui.safe_line(&text!(messages, "evidence-success", success = success, low = low, high = high, count = tried));
    }
}

/// The four live blocks of a practice in one line, and what is in them below.
fn blocks(ui: &Ui, document: &DocumentView) {
    let blocks = &document.blocks;
    let none = text!(ui.messages, "card-none");
    let count = |number: usize| if number == 0 { none.clone() } else { number.to_string() };
    let people: Vec<&str> = blocks.people.iter().map(|hit| hit.handle.as_str()).collect();
    let people = if people.is_empty() { none.clone() } else { people.join(", ") };
    let parts = [
        ("block-adaptations", count(blocks.adaptations.len())),
        ("block-reports", count(blocks.reports.len())),
        ("block-questions", count(blocks.open_questions.len())),
        ("block-who", people),
    ];
    let parts: Vec<String> =
        parts.iter().map(|(key, what)| format!("{}: {}.", text!(ui.messages, key), display(what))).collect();
    ui.safe_line(&parts.join("  "));
    adaptations(ui, document);
    for hits in [&blocks.reports, &blocks.open_questions] {
        hits::print(ui, &repertoire::node::request::Hits { hits: hits.clone(), ..Default::default() });
    }
    if !document.standing.missing.is_empty() {
        let names: Vec<String> =
            document.standing.missing.iter().map(|name| label(ui, &document.kind, name).to_lowercase()).collect();
        ui.safe_line(&text!(ui.messages, "card-missing", list = names.join(", ")));
    }
}

fn head(ui: &Ui, document: &DocumentView) {
    let title = ["title", "name", "pref_label"].iter().find_map(|name| document.fields.get(*name)).map(plain);
    let title = title.as_deref().unwrap_or(&document.handle);
    if document.kind == "practice" {
        card(ui, document, title);
        match provenance(ui, document) {
            Some(line) => ui.safe_line(&line),
            None => by_line(ui, document),
        }
        return;
    }
    ui.styled(TITLE, title);
    let mut line = format!("{}  {}", ui.messages.word("kind", &document.kind), document.handle);
    if !document.standing.state.is_empty() {
        line += &format!("  {}", ui.messages.word("state", &document.standing.state));
    }
    ui.line(&line);
    by_line(ui, document);
}

fn by_line(ui: &Ui, document: &DocumentView) {
    let by = &document.creator;
    let others: Vec<&str> = document.contributors.iter().filter(|who| *who != by).map(String::as_str).collect();
    let (created, modified) = (date(&document.created), date(&document.modified));
    let mut line = text!(ui.messages, "show-by", by = by, created = created, modified = modified);
    let topics = document.fields.get("topics").filter(|topics| document.kind == "practice" && !is_empty(topics));
    if let Some(topics) = topics {
        line += &format!(", {}", text!(ui.messages, "card-topics", topics = display(&plain(topics))));
    }
    ui.safe_line(&line);
    if !others.is_empty() {
        ui.safe_line(&text!(ui.messages, "show-with", others = others.join(", ")));
    }
}

fn facts(ui: &Ui, document: &DocumentView) {
    for (name, value) in &document.fields {
        let said = document.kind == "practice" && ON_THE_CARD.contains(&name.as_str());
        if name == "title" || said || is_section(document, name, value) || is_empty(value) {
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
        let (label, words) = (label(ui, &document.kind, name), plain(value));
        if words.contains('\n') {
            ui.styled(TITLE, &format!("{label}:"));
            ui.lines(&words);
        } else {
            ui.line(&format!("{label}: {words}"));
        }
        if let Some((_, people)) = document.reread.iter().find(|(field, _)| field == name) {
            let note = text!(ui.messages, "show-reread", people = people.join(", "));
            ui.safe_line(&paint(WARNING, &note));
        }
        if document.taken.iter().any(|field| field == name) {
            ui.safe_line(&paint(WARNING, &text!(ui.messages, "show-taken")));
        }
        two_values(ui, document, name);
    }
}

fn live(ui: &Ui, document: &DocumentView) {
    if document.kind == "practice" {
        blocks(ui, document);
        return;
    }
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
        let mut head = format!("{}  {}, {}", post.handle, post.author, minute(&post.created));
        if post.accepted {
            head += &format!("  {}", text!(ui.messages, "post-accepted"));
        } else if post.role == "synthesis" {
            head += &format!("  {}", text!(ui.messages, "post-synthesis"));
        }
        if !matches!(post.stance.as_str(), "" | "none") {
            head += &format!("  {}", ui.messages.word("stance", &post.stance));
        }
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
    // What was said apart stands with the standing.
    if name == "standing" {
        return;
    }
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
