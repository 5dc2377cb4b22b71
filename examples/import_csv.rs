//! Brings the rows of a CSV file in as practices, through the public API alone.
//!
//! Run with `cargo run --example import_csv -- [FILE [HOME]]`. The first line of the file names the fields: `title` and any
//! others of a practice; several `topics` stand between semicolons, and `number` or `id` is how a second import knows a
//! row again. Without a file it takes `examples/practices.csv`, without a home a community in a temporary folder.

use std::path::{Path, PathBuf};

use repertoire::door::client::Client;
use repertoire::node::request::{Filter, Init, Stage};
use repertoire::node::{Call, Error, Reply, Request};
use serde_json::{Map, Value, json};

fn ask(client: &mut Client, request: Request) -> Result<Reply, Error> {
    client.call(Call { community: None, now: None, request }, &mut |_, _| {})
}

/// Makes the record of a row: what the library's JSON lines hold.
fn record(system: &str, fields: &csv::StringRecord, row: &csv::StringRecord) -> Value {
    let mut record = Map::from_iter([("kind".to_owned(), json!("practice"))]);
    let mut own = Map::new();
    for (field, value) in fields.iter().zip(row).filter(|(_, value)| !value.is_empty()) {
        match field {
            "number" | "id" => drop(record.insert("origin".to_owned(), json!({ "system": system, "id": value }))),
            "title" | "language" => drop(record.insert(field.to_owned(), json!(value))),
            "topics" => {
                let topics: Vec<&str> = value.split(';').map(str::trim).collect();
                record.insert(field.to_owned(), json!(topics));
            }
            _ => drop(own.insert(field.to_owned(), json!(value))),
        }
    }
    record.insert("fields".to_owned(), Value::Object(own));
    Value::Object(record)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let file = arguments.next().map(PathBuf::from);
    let file = file.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/practices.csv"));
    let folder = tempfile::tempdir()?;
    let home = arguments.next().map(PathBuf::from);
    let mut client = Client::open(home.as_deref().unwrap_or(folder.path()), folder.path())?;
    if home.is_none() {
        let init = Init {
            name: "Eau et puits".into(),
            types: vec!["trade".into()],
            person: "Awa".into(),
            site: "Bakel".into(),
            changes: Vec::new(),
        };
        ask(&mut client, Request::Init(init))?;
    }

    let mut reader = csv::Reader::from_path(&file)?;
    let fields = reader.headers()?.clone();
    let system = file.file_name().unwrap_or_default().to_string_lossy();
    let mut records = Vec::new();
    for (number, row) in (1..).zip(reader.records()) {
        records.push((format!("row {number}"), record(&system, &fields, &row?)));
    }
    let import = Request::Import { records, dry_run: false, space: None, stage: Stage::Last };
    let Reply::Imported(imported) = ask(&mut client, import)? else { return Err("no import".into()) };
    for skipped in &imported.skipped {
        eprintln!("{}: {}", skipped.place, skipped.why);
    }
    println!("{} read, {} new, {} known", imported.read, imported.new, imported.known);

    let list = Request::List { filter: Filter::default(), limit: Some(20) };
    let Reply::Hits(list) = ask(&mut client, list)? else { return Err("no list".into()) };
    for hit in list.hits {
        println!("{}  {}", hit.handle, hit.title);
    }
    Ok(())
}
