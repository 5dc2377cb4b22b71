//! What an imported record changes.

use super::record::{FieldValue, Record};

/// One field whose value an import changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The field: `title`, `language`, `topics`, `sites`, or one of [`Record::fields`].
    pub field: String,
    /// What stood there when it was exported.
    pub before: Option<FieldValue>,
    /// What stands there now in the import; `None` = taken away.
    pub after: Option<FieldValue>,
    /// Whether the document was changed there too since it was exported. Texts merge; other values end up as two.
    pub meanwhile: bool,
}

/// Returns the fields in which the imported record differs from what was exported, in the order of their names.
///
/// Only what people write is compared: not ids, times, space, author and origin.
pub fn changes(exported: &Record, imported: &Record) -> Vec<Change> {
    let mut fields: Vec<&str> = vec!["language", "sites", "title", "topics"];
    fields.extend(exported.fields.keys().chain(imported.fields.keys()).map(String::as_str));
    fields.sort_unstable();
    fields.dedup();
    let changed = fields.into_iter().filter_map(|field| {
        let (before, after) = (value(exported, field), value(imported, field));
        (before != after).then(|| Change { field: field.to_owned(), before, after, meanwhile: false })
    });
    changed.collect()
}

/// Returns the changes of the imported record that the document as it is now doesn't have yet.
///
/// `exported` is the document at the version that the imported record names ([`Record::version`]), `current` the
/// document now. A file exported long ago and not edited since changes nothing, whatever the document has become.
pub fn three_way(exported: &Record, current: &Record, imported: &Record) -> Vec<Change> {
    let mut all = changes(exported, imported);
    all.retain_mut(|change| {
        let now = value(current, &change.field);
        change.meanwhile = now != change.before;
        now != change.after
    });
    all
}

/// Returns the value of a field by name; `None` also for one that holds nothing.
fn value(record: &Record, field: &str) -> Option<FieldValue> {
    let labels = |labels: &std::collections::BTreeSet<String>| {
        FieldValue::Many(labels.iter().map(|label| FieldValue::Text(label.clone())).collect())
    };
    let of = match field {
        "title" => Some(FieldValue::Text(record.title.clone())),
        "language" => record.language.clone().map(FieldValue::Text),
        "topics" => Some(labels(&record.topics)),
        "sites" => Some(labels(&record.sites)),
        _ => record.fields.get(field).cloned(),
    };
    of.filter(|of| !of.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn practice(procedure: &str) -> Record {
        let fields = [("procedure".to_owned(), procedure.into())].into();
        Record { kind: "practice".into(), title: "T".into(), fields, ..Record::default() }
    }

    fn names(changes: &[Change]) -> Vec<(&str, bool)> {
        changes.iter().map(|change| (change.field.as_str(), change.meanwhile)).collect()
    }

    #[test]
    fn only_what_people_write_counts() {
        let before = practice("a");
        let mut after = Record { handle: Some("h".into()), space: Some("commons".into()), ..before.clone() };
        assert_eq!(changes(&before, &after), []);
        after.fields.insert("context".into(), "".into());
        assert_eq!(changes(&before, &after), [], "nothing and an empty text are the same");
        after.title = "U".into();
        after.topics.insert("eau".into());
        after.fields.insert("procedure".into(), "b".into());
        assert_eq!(names(&changes(&before, &after)), [("procedure", false), ("title", false), ("topics", false)]);
        after.fields.remove("procedure");
        assert_eq!(changes(&before, &after)[0].after, None);
    }

    #[test]
    fn an_old_file_takes_nothing_back() {
        let exported = practice("a");
        assert_eq!(three_way(&exported, &practice("newer"), &exported), []);
        assert_eq!(names(&three_way(&exported, &practice("newer"), &practice("mine"))), [("procedure", true)]);
        assert_eq!(names(&three_way(&exported, &exported, &practice("mine"))), [("procedure", false)]);
        assert_eq!(three_way(&exported, &practice("mine"), &practice("mine")), [], "already there");
    }
}
