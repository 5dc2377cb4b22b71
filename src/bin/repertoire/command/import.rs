//! `import`: documents in, from JSON lines or Markdown files.

pub(crate) mod markdown;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use repertoire::interchange::jsonl::{self, Lines};
use repertoire::interchange::markdown::Files;
use repertoire::interchange::{self, INPUT_BYTES_MAX};
use repertoire::node::request::{Imported, Skipped, Stage};
use repertoire::node::{Error, Reply, Request};
use serde_json::Value;

use crate::failure::file;
use crate::messages::text;
use crate::progress::Progress;
use crate::session::{Context, answer};
use crate::ui::{Mode, Ui};

/// Records of one request, and bytes of their text: one transaction of the node, far below a frame of the socket.
const BATCH_RECORDS: usize = 1_000;
const BATCH_BYTES: usize = 4 << 20;

/// Bytes of records kept because they name what has not come yet; an export of ours needs a few.
const DEFERRED_BYTES_MAX: usize = 64 << 20;

/// How many left-out records are named before the rest is counted.
const SKIPPED_SHOWN: usize = 20;

/// How many changed documents are named.
const CHANGED_SHOWN: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "FORMAT", value_enum)]
    format: Format,
    #[arg(value_name = "FILE_OR_DIR")]
    file: PathBuf,
    #[arg(long, value_name = "SPACE")]
    into: Option<String>,
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Jsonl,
    Markdown,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let progress = Progress::new(&context.ui, "progress-import");
        let (sum, deferred) = (Imported::default(), Vec::new());
        let (records, incomplete, bytes, held) = (Vec::new(), Vec::new(), 0, 0);
        let args = &self;
        let mut batch =
            Batch { args, records, bytes, sum, deferred, held, incomplete, completing: false, progress };
        match self.format {
            Format::Jsonl => lines(context, &self.file, &mut batch)?,
            Format::Markdown => files(context, &self.file, &mut batch)?,
        }
        batch.end(context)?;
        let Batch { sum, progress, .. } = batch;
        progress.end();
        print(&context.ui, &sum, self.dry_run);
        Ok(())
    }
}

/// Records on their way to the node.
struct Batch<'a> {
    args: &'a Args,
    records: Vec<(String, Value)>,
    bytes: usize,
    sum: Imported,
    /// Records that name what has not come yet, and the bytes of their text.
    deferred: Vec<(String, Value)>,
    held: usize,
    /// Records that were brought in without something that may still come.
    incomplete: Vec<(String, Value)>,
    /// What is sent now was counted before.
    completing: bool,
    progress: Progress,
}

impl Batch<'_> {
    /// Takes a record, or why there is none, and sends what has come together.
    fn take(
        &mut self,
        context: &mut Context,
        place: String,
        read: Result<interchange::Imported, interchange::Skipped>,
    ) -> Result<(), Error> {
        self.sum.read += 1;
        match read {
            Ok(imported) => {
                let line = jsonl::write(&imported.record);
                self.bytes += line.len();
                self.records.push((place, serde_json::from_str(&line).map_err(Error::internal)?));
            }
            Err(skipped) => self.sum.skipped.push(Skipped { place: skipped.place, why: skipped.why }),
        }
        if self.records.len() >= BATCH_RECORDS || self.bytes >= BATCH_BYTES {
            // What can't be kept any longer is brought in as far as can be.
            let stage = if self.held > DEFERRED_BYTES_MAX { Stage::Last } else { Stage::More };
            self.send(context, stage)?;
            if stage == Stage::Last {
                self.again(context, stage)?;
            }
        }
        Ok(())
    }

    /// Sends what came together last, then what was given back, for as long as that helps.
    fn end(&mut self, context: &mut Context) -> Result<(), Error> {
        self.send(context, Stage::More)?;
        let mut left = usize::MAX;
        while self.deferred.len() < left {
            left = self.deferred.len();
            self.again(context, Stage::More)?;
        }
        left = usize::MAX;
        while self.deferred.len() < left {
            left = self.deferred.len();
            self.again(context, Stage::Rest)?;
        }
        // Posts stand under what is taken in before them.
        self.deferred.sort_by_key(|(_, record)| record["kind"] == "post");
        self.again(context, Stage::Last)?;
        self.deferred = std::mem::take(&mut self.incomplete);
        self.completing = true;
        self.again(context, Stage::Last)?;
        self.send(context, Stage::Last)
    }

    /// Sends what was given back once more.
    fn again(&mut self, context: &mut Context, stage: Stage) -> Result<(), Error> {
        self.held = 0;
        for (place, record) in std::mem::take(&mut self.deferred) {
            self.bytes += record.to_string().len();
            self.records.push((place, record));
            if self.records.len() >= BATCH_RECORDS || self.bytes >= BATCH_BYTES {
                self.send(context, stage)?;
            }
        }
        if self.records.is_empty() { Ok(()) } else { self.send(context, stage) }
    }

    fn send(&mut self, context: &mut Context, stage: Stage) -> Result<(), Error> {
        let (dry_run, space) = (self.args.dry_run, self.args.into.clone());
        let records = std::mem::take(&mut self.records);
        self.bytes = 0;
        let sent = records.clone();
        let request = Request::Import { records, dry_run, space, stage };
        let done = if stage == Stage::Last {
            answer!(context, request, Reply::Imported)
        } else {
            match context.call_with(request, &mut |_, _| {})? {
                Reply::Imported(done) => done,
                _ => return Err(Error::internal("another answer than was asked for")),
            }
        };
        self.sum.skipped.extend(done.skipped);
        if !self.completing {
            self.sum.new += done.new;
            self.sum.changed += done.changed;
            self.sum.known += done.known;
            self.sum.changes.extend(done.changes);
        }
        for record in done.deferred.into_iter().filter_map(|index| sent.get(index)) {
            self.held += record.1.to_string().len();
            self.deferred.push(record.clone());
        }
        self.incomplete.extend(done.incomplete.into_iter().filter_map(|index| sent.get(index)).cloned());
        self.progress.show(self.sum.read, None);
        Ok(())
    }
}

fn lines(context: &mut Context, path: &Path, batch: &mut Batch<'_>) -> Result<(), Error> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).map_err(|error| file(path, &error))?)
    };
    let mut lines = Lines::new(BufReader::new(source));
    while let Some(line) = lines.next() {
        let read = line.map_err(|error| file(path, &error))?;
        batch.take(context, lines.place(), read)?;
    }
    Ok(())
}

fn files(context: &mut Context, path: &Path, batch: &mut Batch<'_>) -> Result<(), Error> {
    let mut known = Files::default();
    for found in markdown::files(path)? {
        // With `/` between its parts on every system: it is how a second import knows the file again.
        let inside = found.strip_prefix(path).ok().filter(|inside| !inside.as_os_str().is_empty());
        let inside = inside.or_else(|| found.file_name().map(Path::new)).unwrap_or(&found);
        let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let place = parts.join("/");
        let bytes = File::open(&found).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(INPUT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map(|_| bytes)
        });
        let read = match bytes {
            Ok(bytes) => known.read(&bytes, &place),
            Err(error) => Err(interchange::Skipped { place: place.clone(), why: error.to_string() }),
        };
        batch.take(context, place, read)?;
    }
    Ok(())
}

fn print(ui: &Ui, sum: &Imported, dry_run: bool) {
    match ui.mode {
        Mode::Json => {
            let Imported { read, new, changed, known, skipped, .. } = sum;
            let object = serde_json::json!({
                "read": read, "new": new, "changed": changed, "known": known, "skipped": skipped,
            });
            ui.object(&object);
        }
        Mode::Quiet => {}
        Mode::Human => {
            let (read, new, changed, known) = (sum.read, sum.new, sum.changed, sum.known);
            let counts = match (new + changed, dry_run) {
                (0, _) if known > 0 => Some("import-nothing"),
                (_, true) => Some("import-would"),
                _ if new == 0 && changed > 0 => None,
                _ => Some("import-done"),
            };
            if let Some(key) = counts {
                ui.safe_line(&text!(ui.messages, key, read = read, new = new, changed = changed, known = known));
            }
            if !sum.changes.is_empty() {
                let named = sum.changes.iter().take(CHANGED_SHOWN);
                let mut list: Vec<String> =
                    named.map(|document| format!("{} ({})", document.handle, document.fields.join(", "))).collect();
                list.extend((sum.changes.len() > CHANGED_SHOWN).then(|| "…".to_owned()));
                ui.safe_line(&text!(ui.messages, "import-changed", count = changed, list = list.join("; ")));
            }
            for skipped in sum.skipped.iter().take(SKIPPED_SHOWN) {
                let (place, why) = (&skipped.place, &skipped.why);
                ui.warning(&text!(ui.messages, "import-skipped", place = place, why = why));
            }
            if let Some(rest) = sum.skipped.len().checked_sub(SKIPPED_SHOWN).filter(|rest| *rest > 0) {
                ui.warning(&text!(ui.messages, "import-skipped-more", count = rest));
            }
        }
    }
    if !sum.skipped.is_empty() {
        ui.needs_attention();
    }
}
