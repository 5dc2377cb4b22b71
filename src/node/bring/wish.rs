//! From the values of a record to the changes that bring them into a document.

use std::collections::BTreeSet;

use super::super::error::Error;
use super::super::names::Names;
use super::super::pen::Pen;
use super::super::request::{FieldChange, FieldOp};
use super::super::write::{parse_changes, reference, resolve};
use crate::interchange::FieldValue;
use crate::model::document::schema::{self, FieldSpec, Merge};
use crate::model::document::{Change, Document, Field};
use crate::model::{ItemId, Random, SpaceId};

/// What a document should become: single values, texts, sets and maps by name, lists item by item.
#[derive(Default)]
pub(super) struct Wishes {
    pub(super) fields: Vec<FieldChange>,
    items: Vec<Item>,
}

/// A change of a list. Labels and handles inside are not ids yet.
enum Item {
    Put {
        field: &'static FieldSpec,
        item: ItemId,
        inner: Vec<(&'static FieldSpec, String, String)>,
        before: Option<ItemId>,
    },
    Move {
        field: &'static FieldSpec,
        item: ItemId,
        before: Option<ItemId>,
    },
    Drop {
        field: &'static FieldSpec,
        item: ItemId,
    },
}

impl Wishes {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.items.is_empty()
    }

    /// Asks for a value in a field that has none yet.
    pub(super) fn value(
        &mut self,
        kind: &str,
        field: &str,
        value: &FieldValue,
        random: &mut dyn Random,
    ) -> Result<(), Error> {
        match (list_named(kind, field), value) {
            (Some(spec), FieldValue::Many(values)) => {
                for value in values {
                    self.put(spec, draw(random), value, None)?;
                }
            }
            (Some(spec), single) => self.put(spec, draw(random), single, None)?,
            (None, value) => plain(field, value, &mut self.fields)?,
        }
        Ok(())
    }

    /// Asks for the changes that lead from one value of a field to another; `items` are those of the document, if the
    /// field is a list.
    pub(super) fn difference(
        &mut self,
        kind: &str,
        field: &str,
        (before, after): (Option<&FieldValue>, Option<&FieldValue>),
        items: &[(ItemId, FieldValue)],
        random: &mut dyn Random,
    ) -> Result<(), Error> {
        if let Some(spec) = list_named(kind, field) {
            let after = match after {
                Some(FieldValue::Many(values)) => values.as_slice(),
                Some(single) => std::slice::from_ref(single),
                None => &[],
            };
            return self.list(spec, items, after, random);
        }
        let merge = schema::kind(kind).and_then(|spec| spec.field(field)).map(|spec| spec.merge);
        match (merge, after) {
            (Some(Merge::Set), _) => {
                let (old, new) = (texts(before), texts(after));
                self.fields.extend(new.difference(&old).map(|value| change(FieldOp::Add, field, value)));
                self.fields.extend(old.difference(&new).map(|value| change(FieldOp::Remove, field, value)));
            }
            (Some(Merge::Map(_) | Merge::Records), _) => self.keys(field, before, after)?,
            (_, Some(value)) => plain(field, value, &mut self.fields)?,
            (_, None) => self.fields.push(change(FieldOp::Clear, field, "")),
        }
        Ok(())
    }

    /// The keys of a map: each by itself, and those that are gone are cleared.
    fn keys(&mut self, field: &str, before: Option<&FieldValue>, after: Option<&FieldValue>) -> Result<(), Error> {
        let empty = std::collections::BTreeMap::new();
        let map = |value: Option<&'_ FieldValue>| match value {
            Some(FieldValue::Map(map)) => map.clone(),
            _ => empty.clone(),
        };
        let (old, new) = (map(before), map(after));
        for (key, value) in &new {
            let name = format!("{field}.{key}");
            match (old.get(key), value) {
                (Some(before), after) if before == after => {}
                (Some(before @ FieldValue::Map(_)), after @ FieldValue::Map(_)) => {
                    self.keys(&name, Some(before), Some(after))?;
                }
                (before, after @ FieldValue::Many(_)) => {
                    let (old, new) = (texts(before), texts(Some(after)));
                    self.fields.extend(new.difference(&old).map(|value| change(FieldOp::Add, &name, value)));
                    self.fields.extend(old.difference(&new).map(|value| change(FieldOp::Remove, &name, value)));
                }
                (_, after) => plain(&name, after, &mut self.fields)?,
            }
        }
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            let name = format!("{field}.{key}");
            match &old[key] {
                FieldValue::Map(inner) => {
                    let inner = inner.keys().map(|inner| change(FieldOp::Clear, &format!("{name}.{inner}"), ""));
                    self.fields.extend(inner);
                }
                _ => self.fields.push(change(FieldOp::Clear, &name, "")),
            }
        }
        Ok(())
    }

    /// Items that are the same stay where they are; the others come, go or move.
    fn list(
        &mut self,
        spec: &'static FieldSpec,
        items: &[(ItemId, FieldValue)],
        after: &[FieldValue],
        random: &mut dyn Random,
    ) -> Result<(), Error> {
        let mut free: Vec<bool> = vec![true; items.len()];
        let kept: Vec<Option<usize>> = after
            .iter()
            .map(|value| {
                let found = items.iter().enumerate().position(|(at, (_, old))| free[at] && old == value);
                found.inspect(|at| free[*at] = false)
            })
            .collect();
        let dropped = items.iter().zip(&free).filter(|(_, free)| **free);
        self.items.extend(dropped.map(|((item, _), _)| Item::Drop { field: spec, item: *item }));
        let still = ascending(&kept);
        let mut before = None;
        for ((value, old), still) in after.iter().zip(&kept).zip(still).rev() {
            let item = match old {
                Some(at) => {
                    let item = items[*at].0;
                    if !still {
                        self.items.push(Item::Move { field: spec, item, before });
                    }
                    item
                }
                None => {
                    let item = draw(random);
                    self.put(spec, item, value, before)?;
                    item
                }
            };
            before = Some(item);
        }
        Ok(())
    }

    fn put(
        &mut self,
        spec: &'static FieldSpec,
        item: ItemId,
        value: &FieldValue,
        before: Option<ItemId>,
    ) -> Result<(), Error> {
        let unfit = |why| Error::bad_value(spec.name, short(value), why);
        let mut inner = Vec::new();
        match value {
            FieldValue::Map(values) if !spec.inner.is_empty() => {
                for (name, value) in values {
                    let Some(inside) = spec.inside(name) else {
                        let known: Vec<&str> = spec.inner.iter().map(|inner| inner.name).collect();
                        return Err(Error::no_field(spec.name, name, known.join(", ")));
                    };
                    let value = text(value).ok_or_else(|| unfit("a value of an item is a single one"))?;
                    inner.push((inside, name.clone(), value));
                }
            }
            single => {
                let value = text(single).ok_or_else(|| unfit("an item of this list is a single value"))?;
                let main = spec.inner.first();
                inner.push((main.unwrap_or(spec), main.map_or("", |main| main.name).to_owned(), value));
            }
        }
        inner.retain(|(_, _, value)| !value.is_empty());
        self.items.push(Item::Put { field: spec, item, inner, before });
        Ok(())
    }

    /// Puts ids in the place of labels and handles: terms that are not there yet are made.
    pub(super) fn changes(self, pen: &mut Pen<'_>, space: SpaceId, kind: &str) -> Result<Vec<Change>, Error> {
        let resolved = resolve(pen, space, kind, &self.fields)?;
        let mut changes = parse_changes(kind, &resolved)?;
        for item in self.items {
            changes.push(match item {
                Item::Put { field, item, inner, before } => {
                    let mut values = Vec::new();
                    for (spec, name, value) in inner {
                        values.push((name, reference(pen, space, spec, value)?.as_str().into()));
                    }
                    Change::Put { field: field.name.to_owned(), item: Some(item), inner: values, before }
                }
                Item::Move { field, item, before } => Change::Move { field: field.name.to_owned(), item, before },
                Item::Drop { field, item } => Change::Drop { field: field.name.to_owned(), item },
            });
        }
        Ok(changes)
    }
}

/// Returns the items of a list with their values, as a record has them.
pub(super) fn items_of(
    names: &Names<'_>,
    document: &Document,
    field: &str,
) -> Result<Vec<(ItemId, FieldValue)>, Error> {
    let Some(Field::List(items)) = document.field(field) else { return Ok(Vec::new()) };
    let mut json = document.fields_json().shift_remove(field).unwrap_or_default();
    super::name_field(names, document.kind(), field, &mut json)?;
    let values = match json {
        serde_json::Value::Array(values) => values,
        _ => Vec::new(),
    };
    let with_values = items.iter().zip(values).filter_map(|(item, value)| Some((item.id, super::field_value(value)?)));
    Ok(with_values.collect())
}

fn list_named(kind: &str, field: &str) -> Option<&'static FieldSpec> {
    schema::kind(kind)?.field(field).filter(|spec| spec.merge == Merge::List)
}

/// Changes that give a field that is no list a value that it doesn't have yet.
fn plain(field: &str, value: &FieldValue, out: &mut Vec<FieldChange>) -> Result<(), Error> {
    match value {
        FieldValue::Many(values) => {
            for value in values {
                let value = text(value)
                    .ok_or_else(|| Error::bad_value(field, short(value), "an element of a set is a single value"))?;
                out.push(change(FieldOp::Add, field, &value));
            }
        }
        FieldValue::Map(map) => {
            for (key, value) in map {
                plain(&format!("{field}.{key}"), value, out)?;
            }
        }
        single => out.extend(text(single).map(|value| change(FieldOp::Set, field, &value))),
    }
    Ok(())
}

pub(super) fn change(op: FieldOp, field: &str, value: &str) -> FieldChange {
    FieldChange { op, field: field.to_owned(), value: value.to_owned() }
}

fn texts(value: Option<&FieldValue>) -> BTreeSet<String> {
    match value {
        Some(FieldValue::Many(values)) => values.iter().filter_map(text).collect(),
        _ => BTreeSet::new(),
    }
}

fn text(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Text(text) => Some(text.clone()),
        FieldValue::Integer(number) => Some(number.to_string()),
        FieldValue::Flag(flag) => Some(flag.to_string()),
        FieldValue::Many(_) | FieldValue::Map(_) => None,
    }
}

fn short(value: &FieldValue) -> String {
    format!("{value:?}").chars().take(60).collect()
}

fn draw(random: &mut dyn Random) -> ItemId {
    let mut item = ItemId::ZERO;
    random.fill(&mut item.0);
    item
}

/// Tells which of these places can stay as they are: one of the longest ascending rows among them.
fn ascending(places: &[Option<usize>]) -> Vec<bool> {
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(places.len());
    for (at, place) in places.iter().enumerate() {
        let before = (0..at).filter(|&left| place.is_some() && places[left].is_some() && places[left] < *place);
        let longest = before.max_by_key(|&left| best[left].0);
        best.push((longest.map_or(0, |left| best[left].0) + usize::from(place.is_some()), longest));
    }
    let mut stays = vec![false; places.len()];
    let mut at = (0..places.len()).filter(|&at| places[at].is_some()).max_by_key(|&at| best[at].0);
    while let Some(place) = at {
        stays[place] = true;
        at = best[place].1;
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::ascending;

    #[test]
    fn what_stands_in_order_stays() {
        let check = |places: &[Option<usize>], stays: &[u8]| {
            let found: Vec<u8> = ascending(places).into_iter().map(u8::from).collect();
            assert_eq!(found, stays, "{places:?}");
        };
        check(&[], &[]);
        check(&[None], &[0]);
        check(&[Some(0), None, Some(1)], &[1, 0, 1]);
        check(&[Some(2), Some(0), Some(1)], &[0, 1, 1]);
        check(&[Some(1), Some(2), Some(0), Some(3)], &[1, 1, 0, 1]);
    }
}
