//! Full-text search: a view of the documents, kept by tantivy, that can be thrown away and built again at any time.
//!
//! It knows words, facets and one watermark (the number of the last view change it has seen), but neither entries,
//! rights nor storage: the caller hands over [`Item`]s as they should be found, and deletes what should not be.
//!
//! ```text
//! words  text -> folded words with their places        (both sides use it: what is written and what is asked)
//! forms  which words are inflected forms of one another (decided when asked, by French and English stemmers)
//! query  what a person typed -> clauses and a filter
//! plan   clauses -> the forms that occur, corrected where nothing does
//! search plan -> hits, from the index on disk and from the tail of changes that it has not seen yet
//! ```
//!
//! The index holds folded, unstemmed words once, with their places. Inflected forms are found in the term dictionary at
//! query time: so no language has to be known or guessed, phrases are exact, and the index costs no second copy of the
//! text. Texts are not stored; a snippet is cut from the text that the caller has.

mod error;
mod filter;
mod forms;
mod item;
mod lexicon;
mod plan;
mod query;
mod schema;
mod search;
mod segments;
mod snippet;
mod tail;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tantivy::indexer::NoMergePolicy;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, IndexReader, IndexWriter, ReloadPolicy, Searcher, TERMINATED, TantivyDocument};

use crate::model::DocumentId;

pub use error::{IndexError, catches_panics};
pub use filter::Filter;
pub use item::{Change, Item};
pub use query::Query;
pub use search::{Found, HITS_MAX, Hit, How, Texts};

use error::guarded;
use schema::Fields;

/// Number of the layout of the index and of the way words are cut. Another one on disk is stale.
const FORMAT: &str = "2\n";

/// File beside tantivy's own that holds [`FORMAT`].
const FORMAT_FILE: &str = "format";

/// Memory in bytes a writer fills before it writes a segment, for a few changes: the least tantivy takes.
const SMALL_BUDGET_BYTES: usize = 15_000_000;

/// The same for many changes: fewer segments to merge, and still modest beside the memory target of a node.
const LARGE_BUDGET_BYTES: usize = 48_000_000;

/// From how many changes on the large budget pays, and so does merging what was written.
const LARGE_FROM: usize = 200;

/// The search index in one directory. Whoever holds it must be the only one who writes there.
pub struct Index {
    dir: PathBuf,
    inner: tantivy::Index,
    fields: Fields,
    watermark: u64,
    /// Opened at the first search, and again after each change.
    reader: OnceLock<IndexReader>,
}

impl Index {
    /// Opens the index in a directory, creating both if absent. Reads a few hundred bytes, opens no segment.
    ///
    /// Answers [`IndexError::Stale`] for a damaged index or another format: wipe and fill it again then.
    pub fn open(dir: &Path) -> Result<Index, IndexError> {
        let (schema, fields) = schema::build();
        if !dir.join("meta.json").exists() {
            Index::create(dir, schema.clone())?;
        }
        let format = std::fs::read_to_string(dir.join(FORMAT_FILE)).unwrap_or_default();
        if format != FORMAT {
            return Err(IndexError::stale(dir));
        }
        guarded(dir, || {
            let mut inner = tantivy::Index::open_in_dir(dir)?;
            if inner.schema() != schema {
                return Err(IndexError::stale(dir));
            }
            inner.set_tokenizers(schema::tokenizers());
            let watermark = watermark(&inner, dir)?;
            Ok(Index { dir: dir.to_path_buf(), inner, fields, watermark, reader: OnceLock::new() })
        })
    }

    /// Removes the index of a directory, whatever its state.
    pub fn wipe(dir: &Path) -> Result<(), IndexError> {
        match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(IndexError::file("remove", dir, error)),
            _ => Ok(()),
        }
    }

    fn create(dir: &Path, schema: tantivy::schema::Schema) -> Result<(), IndexError> {
        if dir.join(FORMAT_FILE).exists() {
            // It was complete once: what is missing now is lost.
            return Err(IndexError::stale(dir));
        }
        std::fs::create_dir_all(dir).map_err(|error| IndexError::file("create", dir, error))?;
        guarded(dir, || {
            tantivy::Index::create_in_dir(dir, schema)?;
            Ok(())
        })?;
        let path = dir.join(FORMAT_FILE);
        std::fs::write(&path, FORMAT).map_err(|error| IndexError::file("write", &path, error))
    }

    /// Returns the number of the last view change that the index has seen, 0 at first.
    pub fn watermark(&self) -> u64 {
        self.watermark
    }

    /// Returns how many items the index holds.
    pub fn items(&self) -> Result<u64, IndexError> {
        guarded(&self.dir, || Ok(self.searcher()?.num_docs()))
    }

    /// Takes changes in, in order, and makes them last together with the watermark: all or, after a crash, none.
    ///
    /// `progress` hears how many changes were taken, each time. Costs some 20 ms even for one change. When the changes
    /// end, the watermark counts: a source that may fail midway is to be read first, in batches.
    pub fn update(
        &mut self,
        changes: impl IntoIterator<Item = Change>,
        watermark: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), IndexError> {
        let changes = changes.into_iter();
        let (least, most) = changes.size_hint();
        let large = most.unwrap_or(least) >= LARGE_FROM;
        let budget = if large { LARGE_BUDGET_BYTES } else { SMALL_BUDGET_BYTES };
        let dir = self.dir.clone();
        guarded(&dir, || {
            let mut writer = self.writer(budget)?;
            let searcher = self.searcher()?;
            let mut fresh: HashSet<u64> = HashSet::new();
            let mut taken = 0;
            for (change, count) in changes.zip(1..) {
                let (id, item) = match change {
                    Change::Put(item) => (item.id, Some(item)),
                    Change::Delete(id) => (id, None),
                };
                let term = self.fields.id_term(id);
                if fresh.contains(&schema::id_parts(id)[0]) || searcher.doc_freq(&term)? > 0 {
                    writer.delete_term(term);
                }
                if let Some(item) = item {
                    fresh.insert(schema::id_parts(id)[0]);
                    writer.add_document(self.fields.document(&item))?;
                }
                taken = count;
                progress(taken);
            }
            drop(searcher);
            self.finish(&mut writer, watermark)?;
            segments::tidy(&self.inner, &mut writer, taken >= LARGE_FROM as u64)?;
            writer.wait_merging_threads()?;
            Ok(())
        })?;
        self.watermark = watermark;
        Ok(())
    }

    /// Deletes items and rewrites the segments that held them, so that their words are in no file any more.
    ///
    /// The watermark stays.
    pub fn delete_and_scrub(&mut self, ids: &[DocumentId]) -> Result<(), IndexError> {
        let dir = self.dir.clone();
        guarded(&dir, || {
            let mut writer = self.writer(SMALL_BUDGET_BYTES)?;
            for id in ids {
                writer.delete_term(self.fields.id_term(*id));
            }
            let watermark = self.watermark;
            self.finish(&mut writer, watermark)?;
            segments::scrub(&self.inner, &mut writer)?;
            writer.wait_merging_threads()?;
            Ok(())
        })
    }

    /// Sees what another handle on the same directory has written since: one may search while another takes changes in,
    /// on a thread of its own.
    pub fn refresh(&mut self) -> Result<(), IndexError> {
        let dir = self.dir.clone();
        self.watermark = guarded(&dir, || watermark(&self.inner, &dir))?;
        self.reader = OnceLock::new();
        Ok(())
    }

    /// Compares every file with its checksum: slow, for a check that the user asks for.
    pub fn verify(&self) -> Result<(), IndexError> {
        guarded(&self.dir, || {
            if self.inner.validate_checksum()?.is_empty() { Ok(()) } else { Err(IndexError::stale(&self.dir)) }
        })
    }

    fn writer(&self, budget: usize) -> Result<IndexWriter<TantivyDocument>, IndexError> {
        let writer = self.inner.writer_with_num_threads(1, budget)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(writer)
    }

    /// Commits, and lets go of the reader, which may hold files open that are gone.
    fn finish(&mut self, writer: &mut IndexWriter<TantivyDocument>, watermark: u64) -> Result<(), IndexError> {
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&watermark.to_string());
        commit.commit()?;
        self.reader = OnceLock::new();
        Ok(())
    }

    fn dir(&self) -> &Path {
        &self.dir
    }

    fn fields(&self) -> Fields {
        self.fields
    }

    fn searcher(&self) -> Result<Searcher, IndexError> {
        if let Some(reader) = self.reader.get() {
            return Ok(reader.searcher());
        }
        let reader = self
            .inner
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(1)
            .num_warming_threads(0)
            .try_into()?;
        Ok(self.reader.get_or_init(|| reader).searcher())
    }

    /// Tells whether an item is in the index.
    pub fn contains(&self, id: DocumentId) -> Result<bool, IndexError> {
        guarded(&self.dir, || {
            let term = self.fields.id_term(id);
            let searcher = self.searcher()?;
            for segment in searcher.segment_readers() {
                let Some(mut postings) =
                    segment.inverted_index(self.fields.id[0])?.read_postings(&term, IndexRecordOption::Basic)?
                else {
                    continue;
                };
                while postings.doc() != TERMINATED {
                    if !segment.is_deleted(postings.doc()) {
                        return Ok(true);
                    }
                    postings.advance();
                }
            }
            Ok(false)
        })
    }
}

/// Reads the watermark of the last commit.
fn watermark(inner: &tantivy::Index, dir: &Path) -> Result<u64, IndexError> {
    match inner.load_metas()?.payload {
        None => Ok(0),
        Some(text) => text.parse().map_err(|_| IndexError::stale(dir)),
    }
}
