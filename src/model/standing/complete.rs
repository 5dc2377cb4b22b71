//! Completeness: which of the fields that make a practice usable elsewhere are filled.

use crate::model::document::Document;

/// The fields that make a practice complete.
pub const COMPLETE: [&str; 8] =
    ["problem", "context", "procedure", "materials", "actors", "impact", "constraints", "lessons"];

/// Returns those that hold nothing, in their order.
pub fn missing(document: &Document) -> Vec<&'static str> {
    COMPLETE.into_iter().filter(|field| document.text(field).trim().is_empty()).collect()
}
