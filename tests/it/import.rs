//! Documents of every kind, out of one community and into another: nothing is lost on the way but ids and dates.

use std::collections::BTreeMap;

use repertoire::interchange::{jsonl, markdown};
use repertoire::model::document::schema::{self, FieldSpec, Merge, Type};
use repertoire::node::request::{Filter, Imported, Stage};
use repertoire::node::{Reply, Request};
use serde_json::{Map, Value, json};

use super::place::Place;

/// Documents of each kind.
const EACH: u64 = 4;

impl Place {
    fn export(&mut self) -> Vec<Value> {
        let (mut lines, mut after) = (Vec::new(), None);
        loop {
            let request = Request::Export { filter: Filter::default(), after, limit: 7 };
            let Reply::Records(page) = self.ask(request) else { panic!("no records") };
            lines.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return lines,
            }
        }
    }

    fn send(&mut self, records: &[(String, Value)], stage: Stage) -> Imported {
        let request = Request::Import { records: records.to_vec(), dry_run: false, space: None, stage };
        let Reply::Imported(done) = self.ask(request) else { panic!("no import") };
        done
    }

    /// Brings records in, some at a time, as the command line does.
    fn import(&mut self, records: &[Value], some: usize) -> Imported {
        let mut queue: Vec<(String, Value)> =
            records.iter().enumerate().map(|(at, record)| (format!("line {at}"), record.clone())).collect();
        let mut sum = Imported::default();
        let mut incomplete = Vec::new();
        for stage in [Stage::More, Stage::Rest, Stage::Last] {
            let mut before = usize::MAX;
            while queue.len() < before {
                before = queue.len();
                for batch in std::mem::take(&mut queue).chunks(some) {
                    let done = self.send(batch, stage);
                    queue.extend(done.deferred.iter().map(|index| batch[*index].clone()));
                    incomplete.extend(done.incomplete.iter().map(|index| batch[*index].clone()));
                    sum.new += done.new;
                    sum.changed += done.changed;
                    sum.known += done.known;
                    sum.skipped.extend(done.skipped);
                }
            }
            queue.sort_by_key(|(_, record)| record["kind"] == "post");
        }
        for batch in incomplete.chunks(some) {
            sum.skipped.extend(self.send(batch, Stage::Last).skipped);
        }
        self.send(&[], Stage::Last);
        sum
    }
}

/// Draws numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// The id of a document that was made up; the smaller ones are named by the greater ones where cycles are not possible.
fn id(kind: &str, number: u64) -> String {
    blake3::hash(format!("{kind} {number}").as_bytes()).to_hex().to_string()
}

fn scalar(spec: &FieldSpec, number: u64, dice: &mut Dice) -> Value {
    let word = ["eau", "pompe à main", "l'été", "joint: « 4 »", "# 7"][dice.below(5)];
    let before = number.saturating_sub(1);
    match spec.value {
        Type::Line if spec.name == "target" => id("practice", number).into(),
        Type::Line if matches!(spec.name, "asked_of" | "verifiers") => "awa".into(),
        Type::Line => format!("{word} {number}").into(),
        Type::Markdown => format!("{word}\n\n- un\n- deux {number}").into(),
        Type::Integer => json!(dice.below(90)),
        Type::Flag => (dice.below(2) == 0).into(),
        Type::Choice(words) => words[dice.below(words.len())].value.into(),
        Type::Term if matches!(spec.name, "broader" | "related") => id("term", before).into(),
        Type::Term => format!("étiquette {}", dice.below(3)).into(),
        Type::Member => "awa".into(),
        Type::Document if spec.name == "thread" => id("thread", number).into(),
        Type::Document if spec.name == "parent" => id("post", before).into(),
        Type::Document => id("practice", before).into(),
        // Among them cycles.
        Type::Link => format!("see-also:{}", id("resource", (number + 1) % EACH)).into(),
        Type::Time => format!("2026-03-0{}", number + 1).into(),
        Type::Language => ["fr", "en", "bm"][dice.below(3)].into(),
        Type::Url => format!("https://example.org/{number}?a=b#c").into(),
    }
}

fn value(spec: &FieldSpec, merge: &Merge, number: u64, dice: &mut Dice) -> Option<Value> {
    Some(match merge {
        Merge::Derived | Merge::Records => return None,
        Merge::Once | Merge::Reg | Merge::Lww | Merge::Txt => scalar(spec, number, dice),
        Merge::Set => Value::Array(vec![scalar(spec, number, dice)]),
        Merge::Map(merge) => json!({ "fr": value(spec, merge, number, dice), "en": value(spec, merge, number, dice) }),
        Merge::List if spec.inner.is_empty() => json!([scalar(spec, number, dice), format!("z {number}")]),
        Merge::List => {
            let item = |dice: &mut Dice| -> Value {
                let mut inner: Map<String, Value> = Map::new();
                for field in spec.inner {
                    inner.extend(value(field, &field.merge, number, dice).map(|value| (field.name.to_owned(), value)));
                }
                inner.into()
            };
            Value::Array(vec![item(dice), item(dice), item(dice)])
        }
    })
}

/// A record of a kind with a value in every field.
fn made_up(kind: &schema::KindSpec, number: u64, dice: &mut Dice) -> Value {
    let mut fields = Map::new();
    for spec in kind.all_fields() {
        let apart = ["handle", "title", "language", "topics", "sites", "attachments", "blob"].contains(&spec.name)
            || spec.name.starts_with("origin.")
            || spec.name.starts_with("published.");
        // The first of each names nothing before it.
        let names = matches!(spec.value, Type::Document) && spec.name != "thread";
        let words = matches!(spec.name, "broader" | "related");
        if !apart && !((names || words) && number == 0) {
            fields.extend(value(spec, &spec.merge, number, dice).map(|value| (spec.name.to_owned(), value)));
        }
    }
    let title = if kind.name == "post" { String::new() } else { format!("{} no {number}", kind.french) };
    json!({
        "kind": kind.name, "id": id(kind.name, number), "title": title, "language": "fr", "fields": fields,
        "topics": ["étiquette 1", "sujet"], "sites": ["Bakel"],
    })
}

/// A record without what another community can't keep; ids by what they mean.
fn essence(lines: &[Value]) -> Vec<String> {
    let names: BTreeMap<&str, String> = lines
        .iter()
        .map(|line| {
            let body = line["fields"]["body"].as_str().unwrap_or_default();
            (line["id"].as_str().expect("an id"), format!("<{} {} {body}>", line["kind"], line["title"]))
        })
        .collect();
    let mut out: Vec<String> = lines
        .iter()
        .filter(|line| line["kind"] != "community" && line["kind"] != "member")
        .map(|line| {
            let mut line = line.clone();
            for key in ["id", "version", "created", "modified", "creator", "author", "origin"] {
                line.as_object_mut().expect("an object").shift_remove(key);
            }
            if line["kind"] == "term" {
                // A topic and a site of one name: which of them gets the number depends on which came first.
                line.as_object_mut().expect("an object").shift_remove("handle");
            }
            let mut text = line.to_string();
            for (id, name) in &names {
                text = text.replace(id, name);
            }
            text
        })
        .collect();
    out.sort();
    out
}

fn all_kinds(dice: &mut Dice) -> Vec<Value> {
    let kinds = schema::KINDS.iter().filter(|kind| !matches!(kind.name, "community" | "member" | "note"));
    let mut records: Vec<Value> =
        kinds.flat_map(|kind| (0..EACH).map(|number| made_up(kind, number, dice)).collect::<Vec<_>>()).collect();
    dice.shuffle(&mut records);
    records
}

fn check_equal(left: &[Value], right: &[Value]) {
    let (left, right) = (essence(left), essence(right));
    for (left, right) in left.iter().zip(&right) {
        assert_eq!(left, right);
    }
    assert_eq!(left.len(), right.len());
}

#[test]
fn everything_goes_from_one_community_into_another() {
    for (seed, some) in [(1, 1000), (2, 5), (3, 1)] {
        let mut dice = Dice(seed);
        let mut first = Place::found(10 * seed);
        let records = all_kinds(&mut dice);
        let done = first.import(&records, some);
        let why: Vec<&String> = done.skipped.iter().map(|skipped| &skipped.why).collect();
        assert_eq!((why, done.new), (Vec::new(), 8 * EACH));
        let exported = first.export();
        for record in records {
            let same = exported.iter().find(|line| line["origin"]["id"] == record["id"]).expect("it is there");
            for (field, value) in record["fields"].as_object().expect("an object") {
                let ids = value.to_string().contains("see-also") || same["fields"][field].to_string().len() >= 64;
                assert!(ids || same["fields"][field] == *value, "{field}: {value} became {}", same["fields"][field]);
            }
        }

        let mut second = Place::found(10 * seed + 1);
        let mut shuffled = exported.clone();
        dice.shuffle(&mut shuffled);
        let done = second.import(&shuffled, some);
        let own: Vec<&String> = done.skipped.iter().map(|skipped| &skipped.why).collect();
        assert_eq!(own.len(), 2, "charter and profile: {own:?}");
        let again = second.export();
        check_equal(&exported, &again);

        let done = second.import(&shuffled, some);
        assert_eq!((done.new, done.changed), (0, 0), "a second import brings nothing new");
        let done = first.import(&again, some);
        assert_eq!((done.new, done.changed), (0, 0), "what comes back is known");

        let mut third = Place::found(10 * seed + 2);
        let files: Vec<Value> = exported
            .iter()
            .map(|line| {
                let record = jsonl::read(line.to_string().as_bytes(), "").expect("a record").record;
                let file = markdown::write(&record);
                let read = markdown::read(file.as_bytes(), "x.md").expect("a file").record;
                serde_json::from_str(&jsonl::write(&read)).expect("JSON")
            })
            .collect();
        third.import(&files, some);
        check_equal(&exported, &third.export());
    }
}

#[test]
fn what_is_named_and_not_here_is_said() {
    let mut place = Place::found(1);
    let gone = id("practice", 99);
    let records = [
        json!({"kind": "post", "id": id("post", 1), "fields": {"body": "a", "thread": gone}}),
        json!({"kind": "thread", "id": id("thread", 1), "title": "b", "fields": {"about": gone}}),
        json!({"kind": "post", "id": id("post", 2), "fields": {"body": "c", "thread": id("thread", 1)}}),
        json!({"kind": "resource", "id": id("resource", 1), "title": "d", "fields": {"links": [format!("about:{gone}")]}}),
        json!({"kind": "event", "id": id("event", 1), "title": "e", "fields": {"organisers": ["boris"]}}),
    ];
    let done = place.import(&records, 2);
    assert_eq!(done.new, 4);
    let mut said: Vec<(String, String)> =
        done.skipped.into_iter().map(|skipped| (skipped.place, skipped.why.replace(&gone, "ID"))).collect();
    said.sort();
    let missing = |field: &str| format!("`{field}` names ID, which is neither here nor in what is imported");
    assert!(said[0].1.contains(&missing("thread")), "{said:?}");
    assert_eq!(said[1], ("line 1".to_owned(), missing("about") + "; the rest was taken in"));
    assert_eq!(said[2], ("line 3".to_owned(), missing("links") + "; the rest was taken in"));
    assert_eq!(said[3].1, "`organisers` names boris, who is no member here; the rest was taken in");
    assert_eq!(said.len(), 4);
}

#[test]
fn an_edited_list_changes_item_by_item() {
    let mut place = Place::found(1);
    let measure = |indicator: &str, after: &str| json!({"indicator": indicator, "after": after, "before": "1"});
    let report = json!({"kind": "report", "title": "r", "fields": {"measures":
        [measure("a", "2"), measure("b", "3"), measure("c", "4")]}, "origin": {"system": "s", "id": "1"}});
    assert_eq!(place.import(std::slice::from_ref(&report), 9).new, 1);
    let mut line = place.export().into_iter().find(|line| line["kind"] == "report").expect("the report");
    assert_eq!(line["fields"]["measures"], report["fields"]["measures"]);
    let edited = json!([measure("c", "4"), measure("a", "5"), measure("d", "6")]);
    line["fields"]["measures"] = edited.clone();
    let done = place.send(&[("x".to_owned(), line.clone())], Stage::Last);
    let changes: Vec<_> = done.changes.iter().map(|written| (written.handle.as_str(), &written.fields)).collect();
    assert_eq!(changes, [("r", &vec!["measures".to_owned()])]);
    let after = place.export().into_iter().find(|line| line["kind"] == "report").expect("the report");
    assert_eq!(after["fields"]["measures"], edited);
    assert_eq!(place.send(&[("x".to_owned(), line)], Stage::Last).known, 1);
}
