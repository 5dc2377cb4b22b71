//! The fields of the index.
//!
//! | field | holds | kept |
//! | --- | --- | --- |
//! | `id0`…`id3` | the document id, 8 bytes each, big-endian | columns; `id0` is searchable, for deletion |
//! | `text` | title, labels and body | words, counts, lengths |
//! | `title` | the title again, to weigh more | words, counts, lengths |
//! | `facet` | `name:value`, folded | terms |
//! | `modified` | claimed time of the last change, ms since 1970 | column |
//!
//! Places of words are not kept: they would take more room than all the rest. Words in a row are looked for in the texts
//! of the items that hold these words.
//!
//! Deletion goes by the first 8 bytes of the id: two documents made to agree in them (2^32 tries of one author) disturb
//! one another in the search, and nothing else.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{TantivyDocument, Term};

use crate::index::filter;
use crate::index::item::Item;
use crate::index::words::WordTokenizer;
use crate::model::DocumentId;

/// Names of the columns that hold the id.
pub(crate) const ID_COLUMNS: [&str; 4] = ["id0", "id1", "id2", "id3"];

/// Name of the column that holds the time.
pub(crate) const MODIFIED_COLUMN: &str = "modified";

const WORDS: &str = "words";

/// Handles of the fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: [Field; 4],
    pub(crate) text: Field,
    pub(crate) title: Field,
    pub(crate) facet: Field,
    pub(crate) modified: Field,
}

/// Returns the schema and its fields.
pub(crate) fn build() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let words = |option| {
        let indexing = TextFieldIndexing::default().set_tokenizer(WORDS).set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let raw = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let fields = Fields {
        id: [
            schema.add_u64_field(ID_COLUMNS[0], NumericOptions::from(FAST | INDEXED)),
            schema.add_u64_field(ID_COLUMNS[1], FAST),
            schema.add_u64_field(ID_COLUMNS[2], FAST),
            schema.add_u64_field(ID_COLUMNS[3], FAST),
        ],
        text: schema.add_text_field("text", words(IndexRecordOption::WithFreqs)),
        title: schema.add_text_field("title", words(IndexRecordOption::WithFreqs)),
        facet: schema.add_text_field("facet", TextOptions::default().set_indexing_options(raw)),
        modified: schema.add_i64_field(MODIFIED_COLUMN, FAST),
    };
    (schema.build(), fields)
}

/// Returns the tokenizers that the schema names.
pub(crate) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(WORDS, WordTokenizer::default());
    tokenizers
}

/// Returns the four numbers that an id is kept as.
pub(crate) fn id_parts(id: DocumentId) -> [u64; 4] {
    let mut parts = [0; 4];
    for (part, bytes) in parts.iter_mut().zip(id.0.chunks_exact(8)) {
        *part = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    }
    parts
}

/// Returns the id that four numbers keep.
pub(crate) fn id_of(parts: [u64; 4]) -> DocumentId {
    let mut id = [0; 32];
    for (bytes, part) in id.chunks_exact_mut(8).zip(parts) {
        bytes.copy_from_slice(&part.to_be_bytes());
    }
    DocumentId(id)
}

impl Fields {
    /// Returns the term by which an item is deleted.
    pub(crate) fn id_term(&self, id: DocumentId) -> Term {
        Term::from_field_u64(self.id[0], id_parts(id)[0])
    }

    /// Returns an item as the engine takes it.
    pub(crate) fn document(&self, item: &Item) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        for (field, part) in self.id.into_iter().zip(id_parts(item.id)) {
            document.add_u64(field, part);
        }
        for text in item.texts() {
            document.add_text(self.text, text);
        }
        document.add_text(self.title, &item.title);
        for (name, value) in item.all_facets() {
            document.add_text(self.facet, filter::term(name, value));
        }
        document.add_i64(self.modified, item.modified.0);
        document
    }
}
