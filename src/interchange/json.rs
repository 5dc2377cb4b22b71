//! JSON of records and canonical JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Imported;
use super::record::{DEPTH_MAX, FieldValue, Origin, Record};
use crate::model::Timestamp;

/// Returns the value in one line, the keys of every object sorted by their bytes, with no space that means nothing.
///
/// ```
/// let value = serde_json::json!({"b": [1, {"d": null, "c": "é"}], "a": true});
/// assert_eq!(repertoire::interchange::canonical_line(&value), r#"{"a":true,"b":[1,{"c":"é","d":null}]}"#);
/// ```
pub fn canonical_line(value: &Value) -> String {
    let mut line = Vec::new();
    write_canonical(value, &mut line);
    String::from_utf8(line).expect("JSON is text")
}

fn write_canonical(value: &Value, line: &mut Vec<u8>) {
    match value {
        Value::Array(values) => {
            line.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    line.push(b',');
                }
                write_canonical(value, line);
            }
            line.push(b']');
        }
        Value::Object(values) => {
            line.push(b'{');
            let sorted: BTreeMap<&String, &Value> = values.iter().collect();
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    line.push(b',');
                }
                serde_json::to_writer(&mut *line, key).expect("writing to memory");
                line.push(b':');
                write_canonical(value, line);
            }
            line.push(b'}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            serde_json::to_writer(line, value).expect("writing to memory");
        }
    }
}

/// Returns the JSON object of a record.
pub(super) fn of_record(record: &Record) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    let line = |text: &Option<String>| text.as_ref().map(|text| Value::from(text.as_str()));
    put("author", line(&record.author));
    put("created", record.created.map(of_time));
    put("creator", record.creator.map(|id| id.to_string().into()));
    put("fields", Some(record.fields.iter().map(|(key, value)| (key.clone(), of_field(value))).collect()));
    put("handle", line(&record.handle));
    put("id", record.id.map(|id| id.to_string().into()));
    put("kind", Some(record.kind.as_str().into()));
    put("language", line(&record.language));
    put("modified", record.modified.map(of_time));
    put("origin", record.origin.as_ref().map(of_origin));
    put("sites", Some(record.sites.iter().map(String::as_str).collect()));
    put("space", line(&record.space));
    put("title", Some(record.title.as_str().into()));
    put("topics", Some(record.topics.iter().map(String::as_str).collect()));
    let version: Value = record.version.iter().map(ToString::to_string).collect();
    put("version", Some(version).filter(|_| !record.version.is_empty()));
    Value::Object(object)
}

/// Returns the JSON object of an origin.
pub(super) fn of_origin(origin: &Origin) -> Value {
    let parts = [
        ("author", origin.author.as_deref()),
        ("id", Some(origin.id.as_str())),
        ("imported", origin.imported.as_deref()),
        ("system", Some(origin.system.as_str())),
        ("url", origin.url.as_deref()),
    ];
    parts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), Value::from(text?)))).collect()
}

/// Returns a time as RFC 3339; one too far away for that as milliseconds.
pub(super) fn of_time(time: Timestamp) -> Value {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(|_| time.0.into(), |time| time.to_string().into())
}

/// Returns the JSON of a field's value.
pub(super) fn of_field(value: &FieldValue) -> Value {
    match value {
        FieldValue::Text(text) => text.as_str().into(),
        FieldValue::Integer(number) => (*number).into(),
        FieldValue::Flag(flag) => (*flag).into(),
        FieldValue::Many(values) => values.iter().map(of_field).collect(),
        FieldValue::Map(values) => values.iter().map(|(key, value)| (key.clone(), of_field(value))).collect(),
    }
}

/// Reads JSON in which no object has a key twice: which of the two was meant, nobody knows.
pub(super) fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str::<Strict>(text).map(|strict| strict.0)
}

/// A JSON value without a key that stands twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Strict, D::Error> {
        from.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = pairs.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{key}` stands twice")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// What a JSON value is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is not {expected}")]
pub(super) struct Mistyped {
    pub(super) key: String,
    pub(super) expected: &'static str,
}

/// Takes the keys of an object one by one, so that what is left over can be told.
pub(super) struct Keys(pub(super) Map<String, Value>);

impl Keys {
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key).filter(|value| !value.is_null())
    }

    /// Takes all that an export writes of a record; what is left over is told.
    pub(super) fn record(mut self) -> Result<Imported, Mistyped> {
        let record = Record {
            id: self.id("id")?,
            version: self.ids("version")?,
            handle: self.line("handle")?,
            kind: self.line("kind")?.unwrap_or_default(),
            title: self.line("title")?.unwrap_or_default(),
            language: self.line("language")?,
            fields: self.fields("fields")?,
            topics: self.labels("topics")?,
            sites: self.labels("sites")?,
            origin: self.origin("origin")?,
            space: self.line("space")?,
            creator: self.id("creator")?,
            author: self.line("author")?,
            created: self.time("created")?,
            modified: self.time("modified")?,
        };
        Ok(self.leave(record))
    }

    /// Returns the record with the names of the keys that nobody took.
    pub(super) fn leave(self, record: Record) -> Imported {
        Imported { record, ignored: self.0.into_iter().map(|(key, _)| key).collect() }
    }

    fn typed<T>(&mut self, key: &str, expected: &'static str, read: impl Fn(Value) -> Option<T>) -> Taken<T> {
        let Some(value) = self.take(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| Mistyped { key: key.to_owned(), expected })
    }

    /// Takes a text; a number or a flag is read as written.
    pub(super) fn line(&mut self, key: &str) -> Taken<String> {
        self.typed(key, "a text", scalar)
    }

    pub(super) fn id<T: FromStr>(&mut self, key: &str) -> Taken<T> {
        self.typed(key, "an id", |value| value.as_str()?.parse().ok())
    }

    pub(super) fn ids<T: FromStr>(&mut self, key: &str) -> Result<Vec<T>, Mistyped> {
        let ids = |value: Value| value.as_array()?.iter().map(|id| id.as_str()?.parse().ok()).collect();
        Ok(self.typed(key, "a list of ids", ids)?.unwrap_or_default())
    }

    pub(super) fn labels(&mut self, key: &str) -> Result<BTreeSet<String>, Mistyped> {
        Ok(self.typed(key, "a list of texts", labels)?.unwrap_or_default())
    }

    pub(super) fn time(&mut self, key: &str) -> Taken<Timestamp> {
        self.typed(key, "a time as RFC 3339 has it", |value| match value {
            Value::String(text) => Some(Timestamp(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())),
            other => other.as_i64().map(Timestamp),
        })
    }

    pub(super) fn fields(&mut self, key: &str) -> Result<BTreeMap<String, FieldValue>, Mistyped> {
        let Some(fields) = self.typed(key, "an object", object)? else { return Ok(BTreeMap::new()) };
        let fields = fields.0.into_iter().filter(|(_, value)| !value.is_null());
        fields.map(|(key, value)| Ok((key.clone(), field(&key, value)?))).collect()
    }

    pub(super) fn origin(&mut self, key: &str) -> Taken<Origin> {
        let Some(mut keys) = self.typed(key, "an object", object)? else { return Ok(None) };
        Ok(Some(Origin {
            system: keys.line("system")?.unwrap_or_default(),
            id: keys.line("id")?.unwrap_or_default(),
            url: keys.line("url")?,
            author: keys.line("author")?,
            imported: keys.line("imported")?,
        }))
    }
}

type Taken<T> = Result<Option<T>, Mistyped>;

fn object(value: Value) -> Option<Keys> {
    match value {
        Value::Object(object) => Some(Keys(object)),
        _ => None,
    }
}

/// Returns the labels of a list, or the one that stands alone.
fn labels(value: Value) -> Option<BTreeSet<String>> {
    match value {
        Value::Array(values) => values.into_iter().map(scalar).collect(),
        other => scalar(other).map(|label| BTreeSet::from([label])),
    }
}

fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads the value of a field. A number that is not whole becomes a text; null inside a list or map is left out.
pub(super) fn field(name: &str, value: Value) -> Result<FieldValue, Mistyped> {
    field_at(value, DEPTH_MAX)
        .ok_or_else(|| Mistyped { key: name.to_owned(), expected: "a value nested 8 deep at most" })
}

fn field_at(value: Value, depth: usize) -> Option<FieldValue> {
    let depth = depth.checked_sub(1)?;
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => FieldValue::Flag(flag),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| FieldValue::Text(number.to_string()), FieldValue::Integer)
        }
        Value::String(text) => FieldValue::Text(text),
        Value::Array(values) => {
            let values = values.into_iter().filter(|value| !value.is_null());
            FieldValue::Many(values.map(|value| field_at(value, depth)).collect::<Option<_>>()?)
        }
        Value::Object(values) => {
            let values = values.into_iter().filter(|(_, value)| !value.is_null());
            FieldValue::Map(values.map(|(key, value)| Some((key, field_at(value, depth)?))).collect::<Option<_>>()?)
        }
    })
}
