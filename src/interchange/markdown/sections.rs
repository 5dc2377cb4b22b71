//! Sections of an exported file: `## Heading {#field}`.

use std::collections::BTreeMap;

use super::super::headings;
use super::super::record::{FieldValue, NAME_BYTES_MAX};

/// Tells whether a section can hold this text exactly.
pub(super) fn holds(field: &str, text: &str) -> bool {
    let known = headings::sections().any(|section| section.field == field);
    let clean = !text.is_empty() && text.trim() == text && text.chars().all(|char| char == '\n' || !char.is_control());
    is_name(field) && clean && (known || text.contains('\n'))
}

/// Writes the sections: those that people know first, in their order, then the others.
pub(super) fn write<'a>(
    texts: impl Iterator<Item = (&'a String, &'a FieldValue)>,
    language: Option<&str>,
    file: &mut String,
) {
    let order = |field: &str| headings::sections().position(|section| section.field == field).unwrap_or(usize::MAX);
    let mut texts: Vec<(&str, &str)> =
        texts.filter_map(|(field, value)| Some((field.as_str(), value.text()?))).collect();
    texts.sort_by_key(|(field, _)| (order(field), *field));
    for (field, text) in texts {
        file.push_str(&format!("\n## {} {{#{field}}}\n\n", headings::heading(field, language)));
        for line in text.split('\n') {
            if marked(line.trim_start_matches('\\')).is_some() {
                file.push('\\');
            }
            file.push_str(line);
            file.push('\n');
        }
    }
}

/// Reads the sections of the fields that are `known`; what stands before the first has no name. A field that has two gets
/// both.
pub(super) fn read(body: &str, known: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut field = "";
    let mut lines: Vec<&str> = Vec::new();
    let mut close = |field: &str, lines: &mut Vec<&str>| {
        let text = headings::trimmed(lines);
        lines.clear();
        if text.is_empty() && field.is_empty() {
            return;
        }
        let all = texts.entry(field.to_owned()).or_default();
        if !all.is_empty() && !text.is_empty() {
            all.push_str("\n\n");
        }
        all.push_str(&text);
    };
    for line in body.split('\n') {
        let bare = line.trim_start_matches('\\');
        match marked(bare).filter(|name| known(name)) {
            Some(next) if bare.len() == line.len() => {
                close(field, &mut lines);
                field = next;
            }
            Some(_) => lines.push(&line[1..]),
            None => lines.push(line),
        }
    }
    close(field, &mut lines);
    texts
}

/// Returns the field that a heading names in braces.
fn marked(line: &str) -> Option<&str> {
    let words = line.strip_prefix("## ")?.trim_end().strip_suffix('}')?;
    let (_, name) = words.rsplit_once(" {#")?;
    is_name(name).then_some(name)
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain)
}
