//! `export`: documents out, as JSON lines, Markdown files or canonical lines.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use repertoire::node::{Error, Reply, Request};
use serde_json::Value;

use super::import::markdown::Folder;
use crate::failure::{file, wrong};
use crate::labels::filter::FilterArgs;
use crate::messages::text;
use crate::progress::Progress;
use crate::session::Context;

/// Records of one request: a page stays far below a frame of the local socket.
const PAGE_RECORDS: usize = 200;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "FORMAT", value_enum)]
    format: Format,
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[arg(long, value_name = "FILE_OR_DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Jsonl,
    Markdown,
    Canonical,
}

impl Args {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Error> {
        let mut sink = Sink::open(self.format, self.out.as_deref())?;
        let filter = self.filter.filter(&self.filters, context.ui.language())?;
        let space = filter.facets.iter().find(|(facet, _)| facet == "space").map(|(_, name)| name.clone());
        let mut progress = Progress::new(&context.ui, "progress-export");
        let mut after = None;
        let mut count = 0;
        loop {
            let request = match self.format {
                Format::Canonical => Request::ExportCanonical { space: space.clone(), after, limit: PAGE_RECORDS },
                _ => Request::Export { filter: filter.clone(), after, limit: PAGE_RECORDS },
            };
            let next = match context.call_with(request, &mut |_, _| {})? {
                Reply::Records(page) => {
                    count += page.items.len() as u64;
                    page.items.iter().try_for_each(|record| sink.record(context, record))?;
                    page.next
                }
                Reply::Lines(page) => {
                    count += page.items.len() as u64;
                    page.items.iter().try_for_each(|line| sink.line(context, line))?;
                    page.next
                }
                _ => return Err(Error::internal("another answer than was asked for")),
            };
            progress.show(count, None);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        progress.end();
        sink.end()?;
        if let Some(path) = &self.out {
            let path = path.display().to_string();
            context.ui.status(&text!(context.ui.messages, "export-done", count = count, path = path));
        }
        Ok(())
    }
}

/// Where an export goes.
enum Sink {
    Stdout,
    File(PathBuf, BufWriter<File>),
    Folder(Folder),
}

impl Sink {
    fn open(format: Format, out: Option<&Path>) -> Result<Sink, Error> {
        match (format, out) {
            (Format::Markdown, None) => Err(wrong("export-folder", &[])),
            (Format::Markdown, Some(path)) => {
                Folder::open(path).map(Sink::Folder)
            }
            (_, None) => Ok(Sink::Stdout),
            (_, Some(path)) => {
                let opened = File::create(path).map_err(|error| file(path, &error))?;
                Ok(Sink::File(path.to_owned(), BufWriter::new(opened)))
            }
        }
    }

    fn record(&mut self, context: &Context, record: &Value) -> Result<(), Error> {
        match self {
            Sink::Folder(folder) => folder.write(record),
            _ => self.line(context, &record.to_string()),
        }
    }

    fn line(&mut self, context: &Context, line: &str) -> Result<(), Error> {
        match self {
            Sink::File(path, out) => writeln!(out, "{line}").map_err(|error| file(path, &error)),
            _ => {
                // An export is data: exact, except that JSON keeps its value when control characters are escaped.
                context.ui.safe_line(&crate::ui::display::escape_json(line));
                Ok(())
            }
        }
    }

    fn end(self) -> Result<(), Error> {
        match self {
            Sink::File(path, mut out) => {
                let written = out.flush().and_then(|()| out.get_ref().sync_all());
                written.map_err(|error| file(&path, &error))
            }
            _ => Ok(()),
        }
    }
}
