//! What a person wants changed, before it becomes operations.

use super::schema::{self, FieldSpec, Merge};
use super::{FieldPath, Value};
use crate::model::ItemId;

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a single value.
    Set {
        /// Where.
        path: FieldPath,
        /// The value.
        value: Value,
    },
    /// Takes a single value away; empties a text, a set or a list; takes a key out of a map.
    Clear {
        /// Where.
        path: FieldPath,
    },
    /// Gives a text its whole new wording; what is equal stays as it is.
    Write {
        /// Where.
        path: FieldPath,
        /// The whole text.
        text: String,
    },
    /// Adds a line to a text.
    Append {
        /// Where.
        path: FieldPath,
        /// The line.
        text: String,
    },
    /// Adds an element to a set.
    Add {
        /// Where.
        path: FieldPath,
        /// The element.
        value: Value,
    },
    /// Removes an element from a set, or the items with this value from a list.
    Remove {
        /// Where.
        path: FieldPath,
        /// The element.
        value: Value,
    },
    /// Gives a set exactly these elements.
    Replace {
        /// Where.
        path: FieldPath,
        /// The elements.
        values: Vec<Value>,
    },
    /// Brings a new item into a list.
    Put {
        /// The list.
        field: String,
        /// Id of the item; drawn when absent.
        item: Option<ItemId>,
        /// Values inside it; the name of the item's own value is empty.
        inner: Vec<(String, Value)>,
        /// The item that it stands before; at the end when absent.
        before: Option<ItemId>,
    },
    /// Moves an item.
    Move {
        /// The list.
        field: String,
        /// The item.
        item: ItemId,
        /// The item that it then stands before; at the end when absent.
        before: Option<ItemId>,
    },
    /// Takes an item out of a list.
    Drop {
        /// The list.
        field: String,
        /// The item.
        item: ItemId,
    },
}

/// What the command line does with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldOp {
    /// `--set field=value`, and `--field value`.
    Set,
    /// `--append field text`.
    Append,
    /// `--add field=value`.
    Add,
    /// `--remove field=value`.
    Remove,
    /// The value is taken away.
    Clear,
}

/// Why a change can't be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// No such kind.
    #[error("there is no kind `{kind}`")]
    NoKind {
        /// As given.
        kind: String,
    },
    /// The kind has no such field.
    #[error("a {kind} has no field `{field}`")]
    NoField {
        /// The kind.
        kind: String,
        /// As given.
        field: String,
    },
    /// The field can't be changed this way.
    #[error("the field `{field}` can't be changed this way: {reason}")]
    Misfit {
        /// The field.
        field: String,
        /// What would do.
        reason: &'static str,
    },
    /// The value is not one of the allowed ones.
    #[error("`{value}` is not a value of `{field}`; allowed: {}", .allowed.join(", "))]
    NotAllowed {
        /// The field.
        field: String,
        /// As given.
        value: String,
        /// The values.
        allowed: Vec<&'static str>,
    },
    /// The value is not of the field's type.
    #[error("`{value}` doesn't fit `{field}`: expected {expected}")]
    Malformed {
        /// The field.
        field: String,
        /// As given.
        value: String,
        /// What is expected.
        expected: &'static str,
    },
    /// A limit would be passed.
    #[error("`{field}` would have {size} {unit}; the limit is {limit}")]
    TooLarge {
        /// The field.
        field: String,
        /// What it would be.
        size: usize,
        /// What it may be.
        limit: usize,
        /// Of what.
        unit: &'static str,
    },
    /// A field that every document of the kind has is missing.
    #[error("a {kind} needs `{field}`")]
    Required {
        /// The kind.
        kind: String,
        /// The field.
        field: &'static str,
    },
    /// A field that is set at creation alone.
    #[error("`{field}` is set at creation and stays")]
    Once {
        /// The field.
        field: String,
    },
    /// The list has no such item.
    #[error("`{field}` has no item {item}")]
    NoItem {
        /// The list.
        field: String,
        /// The item.
        item: ItemId,
    },
    /// Nothing would change.
    #[error("nothing changes")]
    Nothing,
}

impl Change {
    /// Reads a change as a person writes it: a field, possibly `FIELD.KEY`, `FIELD.ITEM` or with a field inside, and a
    /// value. `-` and `_` are the same; the singular of a field that holds several values names one of them.
    ///
    /// # Errors
    ///
    /// No such kind or field, or a value that doesn't fit it.
    pub fn parse(kind: &str, op: FieldOp, field: &str, value: &str) -> Result<Change, ComposeError> {
        let spec = schema::kind(kind).ok_or_else(|| ComposeError::NoKind { kind: kind.to_owned() })?;
        let Some((spec, one, rest)) = find(spec, field) else {
            return Err(ComposeError::NoField { kind: kind.to_owned(), field: field.to_owned() });
        };
        let misfit = |reason| Err(ComposeError::Misfit { field: field.to_owned(), reason });
        let given = Value::Text(value.to_owned());
        if spec.merge == Merge::List {
            return parse_list(spec, op, field, rest, value);
        }
        let (key, inner) = match spec.merge {
            Merge::Records => rest.split_once('.').unwrap_or((rest, "")),
            _ => (rest, ""),
        };
        let path = FieldPath::keyed(spec.name, key).inner(&inner.replace('-', "_"));
        let merge = match spec.merge {
            Merge::Map(_) | Merge::Records if key.is_empty() => return misfit("name the key as FIELD.KEY"),
            Merge::Map(merge) => *merge,
            Merge::Records => match spec.inside(&path.inner) {
                Some(inner) => inner.merge,
                None => return misfit("name the field inside as FIELD.KEY.NAME"),
            },
            _ if !rest.is_empty() => return misfit("it has no keys"),
            merge => merge,
        };
        match (merge, op) {
            (Merge::Derived, _) => misfit("it follows from other things"),
            (_, FieldOp::Clear) if spec.required => {
                Err(ComposeError::Required { kind: kind.to_owned(), field: spec.name })
            }
            (_, FieldOp::Clear) => Ok(Change::Clear { path }),
            (Merge::Txt, FieldOp::Set) => Ok(Change::Write { path, text: value.to_owned() }),
            (Merge::Txt, FieldOp::Append) => Ok(Change::Append { path, text: value.to_owned() }),
            (Merge::Txt, _) => misfit("it is a text: set or append"),
            (Merge::Set, FieldOp::Set) if !one => {
                let values = split(spec, value).into_iter().map(Value::Text).collect();
                Ok(Change::Replace { path, values })
            }
            (Merge::Set, FieldOp::Remove) => Ok(Change::Remove { path, value: given }),
            (Merge::Set, _) => Ok(Change::Add { path, value: check_value(spec, &given)? }),
            (_, FieldOp::Set) => {
                let leaf = spec.inside(&path.inner).unwrap_or(spec);
                Ok(Change::Set { path, value: check_value(leaf, &given)? })
            }
            _ => misfit("it holds a single value: set or clear"),
        }
    }
}

/// Lists whose items are written as their inner fields in order, with colons between: `indicator:before:after:unit`.
const IN_COLONS: &[&str] = &["measures"];

fn parse_list(
    spec: &'static FieldSpec,
    op: FieldOp,
    field: &str,
    rest: &str,
    value: &str,
) -> Result<Change, ComposeError> {
    let misfit = |reason| Err(ComposeError::Misfit { field: field.to_owned(), reason });
    let main = spec.inner.first();
    if rest.is_empty() {
        let given = Value::Text(value.to_owned());
        return match op {
            FieldOp::Clear => Ok(Change::Clear { path: FieldPath::of(spec.name) }),
            FieldOp::Remove => Ok(Change::Remove { path: FieldPath::of(spec.name), value: given }),
            FieldOp::Set | FieldOp::Add | FieldOp::Append => {
                let inner = if IN_COLONS.contains(&spec.name) {
                    let parts = value.splitn(spec.inner.len(), ':').map(str::trim).zip(spec.inner);
                    let parts = parts.filter(|(part, _)| !part.is_empty());
                    let read = |(part, inner): (&str, &FieldSpec)| {
                        Ok((inner.name.to_owned(), check_value(inner, &Value::Text(part.to_owned()))?))
                    };
                    parts.map(read).collect::<Result<Vec<_>, ComposeError>>()?
                } else {
                    let name = main.map_or("", |inner| inner.name);
                    vec![(name.to_owned(), check_value(main.unwrap_or(spec), &given)?)]
                };
                if inner.first().map(|(name, _)| name.as_str()) != main.map(|inner| inner.name) {
                    return misfit("its first part says what it is");
                }
                Ok(Change::Put { field: spec.name.to_owned(), item: None, inner, before: None })
            }
        };
    }
    let (item, inner) = rest.split_once('.').unwrap_or((rest, ""));
    let Ok(item) = item.parse::<ItemId>() else { return misfit("name the item by its id") };
    let inner = inner.replace('-', "_");
    match op {
        FieldOp::Clear | FieldOp::Remove if inner.is_empty() => Ok(Change::Drop { field: spec.name.to_owned(), item }),
        FieldOp::Clear => Ok(Change::Clear { path: FieldPath::inside(spec.name, item, &inner) }),
        FieldOp::Set => {
            Ok(Change::Set { path: FieldPath::inside(spec.name, item, &inner), value: Value::Text(value.to_owned()) })
        }
        FieldOp::Append => {
            Ok(Change::Append { path: FieldPath::inside(spec.name, item, &inner), text: value.to_owned() })
        }
        _ => misfit("an item is set, cleared or dropped"),
    }
}

/// Finds the field whose name is the longest beginning of what was written, and what follows it.
fn find<'f>(kind: &schema::KindSpec, written: &'f str) -> Option<(&'static FieldSpec, bool, &'f str)> {
    if let Some((spec, one)) = kind.find(written) {
        return Some((spec, one, ""));
    }
    let dots = written.rmatch_indices('.').map(|(dot, _)| dot);
    let split = |dot: usize| kind.find(&written[..dot]).map(|(spec, one)| (spec, one, &written[dot + 1..]));
    dots.into_iter().find_map(split)
}

/// Divides several values written in one: at commas, unless commas belong in them.
fn split(spec: &FieldSpec, value: &str) -> Vec<String> {
    let parts: Vec<&str> = match spec.value {
        schema::Type::Line => vec![value],
        _ => value.split(',').collect(),
    };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Checks that a value is of the field's type, and returns it as it is stored: labels as values, numbers as numbers.
pub(super) fn check_value(spec: &FieldSpec, value: &Value) -> Result<Value, ComposeError> {
    use schema::Type;
    let malformed =
        |expected| ComposeError::Malformed { field: spec.name.to_owned(), value: value.to_string(), expected };
    let text = match (value, spec.value) {
        (Value::Integer(_), Type::Integer) | (Value::Flag(_), Type::Flag) => return Ok(value.clone()),
        (Value::Text(text), _) => text,
        (_, Type::Integer) => return Err(malformed("a whole number")),
        (_, Type::Flag) => return Err(malformed("yes or no")),
        _ => return Err(malformed("words")),
    };
    let id = |text: &str| text.parse::<crate::model::EntryId>().map(|id| Value::Text(id.to_string()));
    match spec.value {
        Type::Markdown => return Ok(value.clone()),
        Type::Integer => return text.trim().parse().map(Value::Integer).map_err(|_| malformed("a whole number")),
        Type::Flag => {
            let yes = schema::choose(schema::FLAGS, text).ok_or_else(|| malformed("yes or no"))?;
            return Ok(Value::Flag(yes == "yes"));
        }
        Type::Choice(words) => {
            return match schema::choose(words, text) {
                Some(chosen) => Ok(Value::Text(chosen.to_owned())),
                None => Err(ComposeError::NotAllowed {
                    field: spec.name.to_owned(),
                    value: text.clone(),
                    allowed: words.iter().map(|word| word.value).collect(),
                }),
            };
        }
        Type::Member => return id(text).map_err(|_| malformed("the id of a member")),
        Type::Document => return id(text).map_err(|_| malformed("the id of a document")),
        Type::Link => {
            let (relation, target) = text.split_once(':').unwrap_or((text, ""));
            if !schema::RELATIONS.contains(&relation) || target.trim().is_empty() {
                return Err(malformed("RELATION:TARGET, as see-also:ID"));
            }
        }
        Type::Time => {
            let first = text.trim_start().chars().next();
            if !first.is_some_and(|first| first.is_ascii_digit() || matches!(first, 'P' | 'R' | '-' | '+')) {
                return Err(malformed("a date, instant or duration of ISO 8601"));
            }
        }
        Type::Language => {
            let good =
                |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !text.split('-').all(good) {
                return Err(malformed("a language, as fr or pt-BR"));
            }
        }
        Type::Url => {
            if text.trim().is_empty() || text.contains(char::is_whitespace) {
                return Err(malformed("an address"));
            }
        }
        Type::Line | Type::Term => {}
    }
    if text.is_empty() || text.contains(['\n', '\r']) {
        return Err(malformed("one line"));
    }
    Ok(value.clone())
}
