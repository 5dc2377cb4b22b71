//! Front matter: a small YAML writer, and a reader that hostile YAML can't make work hard.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::json::{self, Keys, Mistyped};
use super::super::record::FieldValue;

/// Most nodes of a front matter.
const NODES_MAX: usize = 100_000;
/// Deepest nesting of a front matter.
const NESTING_MAX: usize = 16;

/// The front matter can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrontError {
    /// It is no YAML, or not within the limits.
    #[error("its front matter can't be read: {}", one_line(.0))]
    Yaml(#[source] Box<serde_saphyr::Error>),
}

fn one_line(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}

/// Splits a text into front matter and body. A first line of `---` that begins no map leaves all to the body.
pub(super) fn split(text: &str) -> Result<(Keys, &str), FrontError> {
    let none = || Ok((Keys(Map::new()), text));
    let Some((first, rest)) = text.split_once('\n') else { return none() };
    if first.trim_end() != "---" {
        return none();
    }
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            let yaml = &rest[..at];
            return match parse(yaml)? {
                Value::Object(object) => Ok((Keys(object), &rest[at + line.len()..])),
                Value::Null if yaml.trim().is_empty() => Ok((Keys(Map::new()), &rest[at + line.len()..])),
                _ => none(),
            };
        }
        at += line.len();
    }
    none()
}

fn parse(yaml: &str) -> Result<Value, FrontError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            flow_nesting_limit: NESTING_MAX,
            max_events: 2 * NODES_MAX,
            max_nodes: NODES_MAX,
            max_aliases: 100,
            max_anchors: 100,
            max_recorded_anchor_events: NODES_MAX,
            max_recorded_anchor_bytes: 1 << 20,
            max_depth: NESTING_MAX,
            max_documents: 1,
            max_merge_keys: 100,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: NODES_MAX,
            max_replay_stack_depth: NESTING_MAX,
            max_alias_expansions_per_anchor: 100,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        ignore_binary_tag_for_string: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    if yaml.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str_with_options(yaml, options).map_err(|error| FrontError::Yaml(Box::new(error)))
}

impl Keys {
    /// Takes a list of labels, or words between commas.
    pub(super) fn labels_or_words(&mut self, key: &str) -> Result<Vec<String>, Mistyped> {
        if let Some(Value::String(words)) = self.0.get(key) {
            let words = words.split(',').map(|word| word.trim().to_owned());
            let words = words.filter(|word| !word.is_empty()).collect();
            self.take(key);
            return Ok(words);
        }
        Ok(self.labels(key)?.into_iter().filter(|label| !label.is_empty()).collect())
    }
}

/// Writes front matter.
#[derive(Debug, Default)]
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn line(&mut self, key: &str, text: &str) {
        self.put(&format!("{key}: {}", scalar(text)));
    }

    pub(super) fn maybe(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.line(key, text);
        }
    }

    pub(super) fn value(&mut self, key: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.put(&format!("{key}: {}", flow(&value)));
        }
    }

    pub(super) fn labels(&mut self, key: &str, labels: &BTreeSet<String>) {
        if !labels.is_empty() {
            self.put(&format!("{key}:"));
            labels.iter().for_each(|label| self.put(&format!("- {}", scalar(label))));
        }
    }

    pub(super) fn fields<'a>(&mut self, key: &str, fields: impl Iterator<Item = (&'a String, &'a FieldValue)>) {
        let mut fields = fields.peekable();
        if fields.peek().is_some() {
            self.put(&format!("{key}:"));
        }
        for (field, value) in fields {
            let field = scalar(field);
            match value {
                FieldValue::Text(text) => self.put(&format!("  {field}: {}", scalar(text))),
                FieldValue::Many(values) if !values.is_empty() => {
                    self.put(&format!("  {field}:"));
                    for value in values {
                        let item = value.text().map_or_else(|| flow(&json::of_field(value)), scalar);
                        self.put(&format!("  - {item}"));
                    }
                }
                value => self.put(&format!("  {field}: {}", flow(&json::of_field(value)))),
            }
        }
    }

    pub(super) fn end(self) -> String {
        format!("---\n{}---\n", self.0)
    }

    fn put(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
}

/// Returns a text as YAML: bare when nothing in it could be misread, else between quotes.
fn scalar(text: &str) -> String {
    let bare = |char: char| {
        char.is_alphanumeric() || matches!(char, ' ' | '-' | '_' | '\'' | '’' | ',' | '.' | '(' | ')' | '/')
    };
    let words = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity"];
    let plain = text.starts_with(|char: char| char.is_alphabetic())
        && text.chars().all(bare)
        && !text.ends_with(' ')
        && text.len() <= 1_000
        && !words.contains(&text.to_lowercase().as_str())
        && !text.chars().all(|char| char.is_ascii_hexdigit());
    if plain { text.to_owned() } else { quoted(text) }
}

/// Returns a value in one line of YAML, which is JSON with a few more characters escaped.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(values) => format!("[{}]", values.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(values) => {
            let pairs: Vec<String> =
                values.iter().map(|(key, value)| format!("{}: {}", quoted(key), flow(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            _ if char.is_control()
                || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                write!(quoted, "\\u{:04X}", u32::from(char)).expect("writing to a string");
            }
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
