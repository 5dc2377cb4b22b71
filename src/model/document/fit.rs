//! Whether content fits its shape. What doesn't is read as erased, never void.

use super::schema::{self, KindSpec, Merge, Resolved, Type};
use super::{FieldPath, VALUE_BYTES_MAX, Value, id_bytes};
use crate::model::ElementId;
use crate::wire::Message;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{EditContent, EditShape, Operation, value};

/// Bytes of an id that is a value.
const ID_BYTES: usize = 32;

/// Returns the id of an element of a set: a keyed hash of its value.
pub fn element_id(salt: &[u8; 16], value: &Value) -> ElementId {
    hash_element(&element_key(salt), Some(value.to_wire()))
}

fn element_key(salt: &[u8; 16]) -> [u8; 32] {
    blake3::derive_key("repertoire 1 element key", salt)
}

fn hash_element(key: &[u8; 32], of: Option<value::Of>) -> ElementId {
    let input = crate::wire::entry::Value { operation: 0, of }.encode_to_vec();
    let hash = blake3::keyed_hash(key, &input);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_bytes()[..16]);
    ElementId(id)
}

/// Tells whether content fits its shape: one value for each operation that needs one, in order, of the right type and
/// length, and set elements with the right ids. `kind` and `salt` are those of the creating edit.
pub fn fits(kind: &str, salt: &[u8; 16], shape: &EditShape, content: &EditContent) -> bool {
    let spec = schema::kind(kind);
    let mut key = None;
    let mut values = content.values.iter().peekable();
    for (index, operation) in shape.operations.iter().enumerate() {
        let value = values.next_if(|value| value.operation as usize == index);
        let of = value.and_then(|value| value.of.as_ref());
        let good = match &operation.act {
            Some(Act::Insert(insert)) => matches!(of, Some(value::Of::Text(text)) if has_length(text, insert.length)),
            Some(Act::Set(_)) => value.is_some() && of.is_none_or(|of| is_typed(spec, operation, of)),
            Some(Act::Add(add)) => of.is_some_and(|of| {
                let key = key.get_or_insert_with(|| element_key(salt));
                is_typed(spec, operation, of) && hash_element(key, Some(of.clone())).0 == *add.element.as_slice()
            }),
            Some(_) => value.is_none(),
            None => true,
        };
        if !good {
            return false;
        }
    }
    values.next().is_none()
}

fn has_length(text: &str, scalars: u32) -> bool {
    let scalars = scalars as usize;
    text.len() >= scalars && text.chars().count() == scalars
}

fn is_typed(kind: Option<&KindSpec>, operation: &Operation, of: &value::Of) -> bool {
    let bytes = match of {
        value::Of::Text(text) => text.len(),
        value::Of::Bytes(bytes) | value::Of::Id(bytes) => bytes.len(),
        value::Of::Integer(_) | value::Of::Flag(_) => 0,
    };
    // Each value has one form.
    let well_formed = match of {
        value::Of::Text(text) => id_bytes(text).is_none(),
        value::Of::Id(bytes) => bytes.len() == ID_BYTES,
        _ => true,
    };
    if bytes > VALUE_BYTES_MAX || !well_formed {
        return false;
    }
    let spec = match kind.and_then(|kind| kind.field(&operation.field)) {
        // A whole field needs no path.
        Some(spec) if !matches!(spec.merge, Merge::Map(_) | Merge::Records | Merge::List) => spec,
        Some(_) => match schema::resolve(kind, &FieldPath::of_operation(operation)) {
            Resolved::Leaf(spec, _) | Resolved::Item(spec) => spec,
            Resolved::Unknown | Resolved::Misfit => return true,
        },
        None => return true,
    };
    match (of, spec.value) {
        (value::Of::Integer(_), Type::Integer) | (value::Of::Flag(_), Type::Flag) => true,
        (value::Of::Text(_) | value::Of::Id(_), Type::Integer | Type::Flag) => false,
        (value::Of::Text(text), _) => spec.name != "title" || text.chars().count() <= spec.scalars_max,
        (value::Of::Id(_), _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::entry::{Add, Insert, Set, Value as WireValue};

    fn operation(field: &str, act: Act) -> Operation {
        Operation { field: field.into(), act: Some(act), ..Operation::default() }
    }

    fn text(operation: u32, text: &str) -> WireValue {
        WireValue { operation, of: Some(value::Of::Text(text.into())) }
    }

    #[test]
    fn content_fits_or_is_read_as_erased() {
        let salt = [7; 16];
        let topic = element_id(&salt, &"water".into());
        let shape = EditShape {
            operations: vec![
                operation("title", Act::Set(Set {})),
                operation("problem", Act::Insert(Insert { after: None, length: 4 })),
                operation("topics", Act::Add(Add { element: topic.0.to_vec() })),
            ],
            ..EditShape::default()
        };
        let check = |values: Vec<WireValue>, expected: bool| {
            let content = EditContent { values };
            assert_eq!(fits("practice", &salt, &shape, &content), expected, "{content:?}");
        };
        let good = || vec![text(0, "Filter"), text(1, "eau\u{e9}"), text(2, "water")];
        check(good(), true);
        let changed = |index: usize, of: Option<value::Of>| {
            let mut values = good();
            values[index].of = of;
            values
        };
        check(changed(1, Some(value::Of::Text("eau".into()))), false);
        check(changed(1, None), false);
        check(changed(2, Some(value::Of::Text("wine".into()))), false);
        check(changed(0, Some(value::Of::Text("x".repeat(201)))), false);
        check(changed(0, Some(value::Of::Integer(3))), false);
        check(changed(0, None), true);
        check(good()[1..].to_vec(), false);
        check(vec![text(1, "eaux"), text(0, "Filter"), text(2, "water")], false);
        check([good(), vec![text(2, "water")]].concat(), false);
        // An id has one form.
        let digits = "0123456789abcdef".repeat(4);
        let id = element_id(&salt, &digits.as_str().into());
        let shape = EditShape {
            operations: vec![operation("topics", Act::Add(Add { element: id.0.to_vec() }))],
            ..EditShape::default()
        };
        let bytes =
            |count: usize| value::Of::Id([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef].repeat(4)[..count].to_vec());
        for (of, expected) in [(bytes(32), true), (bytes(31), false), (value::Of::Text(digits.clone()), false)] {
            let content = EditContent { values: vec![WireValue { operation: 0, of: Some(of.clone()) }] };
            assert_eq!(fits("practice", &salt, &shape, &content), expected, "{of:?}");
        }
        assert_eq!(Value::from_wire(&bytes(32)), digits.as_str().into());
        assert_eq!(Value::from(digits.as_str()).to_wire(), bytes(32));
        assert_eq!(Value::from(digits.to_uppercase().as_str()).to_wire(), value::Of::Text(digits.to_uppercase()));
        check([good(), vec![text(9, "water")]].concat(), false);
    }
}
