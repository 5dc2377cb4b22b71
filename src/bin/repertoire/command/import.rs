//! `import`: documents in, from JSON lines or Markdown files.

pub(crate) mod markdown;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use repertoire::interchange::INPUT_BYTES_MAX;
use repertoire::node::request::{Imported, Skipped};
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

/// How many left-out records are named before the rest is counted.
const SKIPPED_SHOWN: usize = 20;

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
        let mut batch = Batch { args: &self, records: Vec::new(), bytes: 0, sum: Imported::default(), progress };
        match self.format {
            Format::Jsonl => lines(context, &self.file, &mut batch)?,
            Format::Markdown => files(context, &self.file, &mut batch)?,
        }
        batch.send(context, true)?;
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
    progress: Progress,
}

impl Batch<'_> {
    /// Takes a record, or why there is none, and sends what has come together.
    fn take(
        &mut self,
        context: &mut Context,
        place: String,
        bytes: usize,
        record: Result<Value, String>,
    ) -> Result<(), Error> {
        match record {
            Ok(record) => {
                self.records.push((place, record));
                self.bytes += bytes;
            }
            Err(why) => {
                self.sum.read += 1;
                self.sum.skipped.push(Skipped { place, why });
            }
        }
        if self.records.len() >= BATCH_RECORDS || self.bytes >= BATCH_BYTES {
            self.send(context, false)?;
        }
        Ok(())
    }

    fn send(&mut self, context: &mut Context, last: bool) -> Result<(), Error> {
        let request = Request::Import {
            records: std::mem::take(&mut self.records),
            dry_run: self.args.dry_run,
            space: self.args.into.clone(),
            last,
        };
        self.bytes = 0;
        let done = if last {
            answer!(context, request, Reply::Imported)
        } else {
            match context.call_with(request, &mut |_, _| {})? {
                Reply::Imported(done) => done,
                _ => return Err(Error::internal("another answer than was asked for")),
            }
        };
        self.sum.read += done.read;
        self.sum.new += done.new;
        self.sum.changed += done.changed;
        self.sum.known += done.known;
        self.sum.skipped.extend(done.skipped);
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
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    for number in 1u64.. {
        line.clear();
        let most = INPUT_BYTES_MAX as u64 + 1;
        let read = source.by_ref().take(most).read_until(b'\n', &mut line).map_err(|error| file(path, &error))?;
        if read == 0 {
            break;
        }
        if read as u64 == most && line.last() != Some(&b'\n') {
            source.skip_until(b'\n').map_err(|error| file(path, &error))?;
            let why = format!("the line is larger than {} MiB", INPUT_BYTES_MAX >> 20);
            batch.take(context, format!("line {number}"), 0, Err(why))?;
            continue;
        }
        let text = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line).trim_ascii();
        if !text.is_empty() {
            let record = serde_json::from_slice(text).map_err(|error| error.to_string());
            batch.take(context, format!("line {number}"), text.len(), record)?;
        }
    }
    Ok(())
}

fn files(context: &mut Context, path: &Path, batch: &mut Batch<'_>) -> Result<(), Error> {
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
        let record = bytes.map_err(|error| error.to_string()).and_then(|bytes| markdown::read(&bytes, &place));
        let size = record.as_ref().map_or(0, |record| record.to_string().len());
        batch.take(context, place, size, record)?;
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
            let key = if dry_run { "import-would" } else { "import-done" };
            let (read, new, changed, known) = (sum.read, sum.new, sum.changed, sum.known);
            ui.safe_line(&text!(ui.messages, key, read = read, new = new, changed = changed, known = known));
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
