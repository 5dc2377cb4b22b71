//! The practices that everything is measured with.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::Failure;

/// Practices as JSON lines, and words with known places in them.
pub(crate) struct Corpus {
    /// `title`, `language`, `body`, `tags` a line.
    pub(crate) file: PathBuf,
    /// Ten more, that are not in `file`.
    pub(crate) more: Vec<Value>,
    pub(crate) count: usize,
    /// Bytes of `file`.
    pub(crate) bytes: u64,
    /// A word that stands in a few practices.
    pub(crate) rare: String,
    /// A word that stands in a large part of them.
    pub(crate) common: String,
    pub(crate) source: &'static str,
}

impl Corpus {
    pub(crate) fn make(folder: &Path, count: usize) -> Result<Corpus, Failure> {
        let file = folder.join("corpus.jsonl");
        let made = match tool() {
            Some(tool) => from_tool(&tool, folder, &file, count)?,
            None => {
                eprintln!("no `make-corpus`: the practices are the built-in samples, varied");
                from_samples(&file, count)?
            }
        };
        let (more, rare, common, source) = made;
        let bytes = file.metadata()?.len();
        Ok(Corpus { file, more, count, bytes, rare, common, source })
    }

    /// Reads the practices one by one.
    pub(crate) fn each(&self, mut call: impl FnMut(usize, Value) -> Result<(), Failure>) -> Result<(), Failure> {
        for (index, line) in BufReader::new(File::open(&self.file)?).lines().enumerate() {
            call(index, serde_json::from_str(&line?)?)?;
        }
        Ok(())
    }
}

type Made = (Vec<Value>, String, String, &'static str);

fn tool() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|parent| parent.join("shared/tools"));
    let folder = std::env::var_os("REPERTOIRE_TOOLS").map(PathBuf::from).or(beside)?;
    Some(folder.join("make-corpus")).filter(|tool| tool.is_file())
}

fn from_tool(tool: &Path, folder: &Path, file: &Path, count: usize) -> Result<Made, Failure> {
    let expected = folder.join("expected.json");
    let mut command = Command::new(tool);
    command.arg(count.to_string()).arg("-o").arg(file).arg("--expected").arg(&expected);
    crate::process::run(&mut command)?;
    let more = folder.join("more.jsonl");
    let mut command = Command::new(tool);
    command.args(["10", "--no-plant", "--offset"]).arg(count.to_string()).arg("-o").arg(&more);
    crate::process::run(&mut command)?;
    let more: Result<Vec<Value>, _> = fs::read_to_string(&more)?.lines().map(serde_json::from_str).collect();
    let expected: Value = serde_json::from_str(&fs::read_to_string(&expected)?)?;
    let of_kind = |kind: &str| {
        let queries = expected["queries"].as_array().into_iter().flatten();
        let found = queries.into_iter().find(|query| query["kind"] == kind).and_then(|query| query["query"].as_str());
        found.map(str::to_owned).ok_or_else(|| format!("no query of kind {kind}"))
    };
    Ok((more?, of_kind("ten")?, of_kind("common")?, "make-corpus"))
}

fn from_samples(file: &Path, count: usize) -> Result<Made, Failure> {
    let samples: Vec<Value> = repertoire::interchange::samples()
        .iter()
        .map(|record| serde_json::from_str(&repertoire::interchange::jsonl::write(record)))
        .collect::<Result<_, _>>()?;
    let one = |number: usize| {
        let sample = &samples[number % samples.len()];
        let fields = sample["fields"].as_object().into_iter().flatten();
        let texts: Vec<&str> = fields.filter_map(|(_, value)| value.as_str()).collect();
        let rare = if number.is_multiple_of((count / 10).max(1)) { "ovrastiquole" } else { "" };
        json!({
            "title": format!("{} {number}", sample["title"].as_str().unwrap_or_default()),
            "language": sample["language"],
            "body": format!("{}\n\nmot{number} {rare}", texts.join("\n\n")),
        })
    };
    let mut out = BufWriter::new(File::create(file)?);
    for number in 0..count {
        writeln!(out, "{}", one(number))?;
    }
    out.flush()?;
    let more = (count..count + 10).map(one).collect();
    Ok((more, "ovrastiquole".to_owned(), "pompe".to_owned(), "built-in samples, varied"))
}
