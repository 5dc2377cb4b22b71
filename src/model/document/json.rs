//! Fields as JSON: the same on every node that holds the same edits.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::Value;
use super::view::{Document, Field, Item};

impl Document {
    /// Returns the fields as JSON: a text or single value as a string, number or flag, a set (sorted) or list as an
    /// array, a map as an object. Keys are sorted; an erased value is null.
    pub fn fields_json(&self) -> Map<String, Json> {
        object(&self.fields)
    }
}

fn object(fields: &BTreeMap<String, Field>) -> Map<String, Json> {
    fields.iter().map(|(name, field)| (name.clone(), json(field))).collect()
}

fn json(field: &Field) -> Json {
    match field {
        Field::Text(text) => Json::from(text.text.as_str()),
        Field::Register(register) => register.value().map_or(Json::Null, Value::to_json),
        Field::Set(elements) => {
            let mut values: Vec<&Value> = elements.iter().filter_map(|element| element.value.as_ref()).collect();
            values.sort();
            values.into_iter().map(Value::to_json).collect()
        }
        Field::Map(keys) => Json::Object(object(keys)),
        Field::List(items) => items.iter().map(item).collect(),
    }
}

fn item(item: &Item) -> Json {
    match item.fields.get("") {
        Some(own) if item.fields.len() == 1 => json(own),
        _ => Json::Object(object(&item.fields)),
    }
}

impl Value {
    /// Returns the value as JSON; bytes are hexadecimal.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Text(text) => Json::from(text.as_str()),
            Value::Integer(number) => Json::from(*number),
            Value::Flag(flag) => Json::from(*flag),
            Value::Bytes(_) => Json::from(self.to_string()),
        }
    }
}
