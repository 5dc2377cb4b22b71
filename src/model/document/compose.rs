//! From changes to the parts of an edit.
//!
//! The changes are first applied to a draft of what they touch; what then differs from the document becomes operations,
//! and these are packed into parts that each fit an entry.

mod draft;
mod pack;

use super::schema::{self, KindSpec, Merge};
use super::view::Document;
use super::{Change, ComposeError};
use crate::model::Random;
use crate::wire::entry::{EditContent, EditShape};
use draft::Draft;

/// Turns changes into the parts of one edit of the document, or of the one that creates it.
///
/// The header of the first part must have exactly [`Document::heads`] as its `deps` (none in a creating edit); that of
/// each further part exactly the id of the part before it: anchors count on it. All parts belong in one transaction and
/// one chain.
///
/// # Errors
///
/// What can't be written, and why; [`ComposeError::Nothing`] when the document is as wanted already.
pub fn compose(
    document: Option<&Document>,
    kind: &str,
    changes: &[Change],
    random: &mut dyn Random,
) -> Result<Vec<(EditShape, EditContent)>, ComposeError> {
    let kind = document.map_or(kind, Document::kind);
    let spec = schema::kind(kind).ok_or_else(|| ComposeError::NoKind { kind: kind.to_owned() })?;
    let mut draft = Draft::new(document, spec, random);
    for change in changes {
        draft.apply(change)?;
    }
    let salt = match document {
        Some(document) => *document.salt(),
        None => {
            let mut salt = [0; 16];
            draft.random.fill(&mut salt);
            salt
        }
    };
    let planned = draft.plan(&salt)?;
    if document.is_some() && planned.is_empty() {
        return Err(ComposeError::Nothing);
    }
    if document.is_none() {
        require(spec, &planned)?;
    }
    let heads = document.map_or(&[][..], Document::heads);
    let mut parts = pack::pack(heads, planned);
    if document.is_none()
        && let Some((shape, _)) = parts.first_mut()
    {
        kind.clone_into(&mut shape.document_kind);
        shape.salt = salt.to_vec();
    }
    Ok(parts)
}

fn require(kind: &KindSpec, planned: &[pack::Planned]) -> Result<(), ComposeError> {
    for spec in kind.all_fields().filter(|spec| spec.required && spec.merge != Merge::Derived) {
        if planned.iter().all(|planned| planned.operation.field != spec.name) {
            return Err(ComposeError::Required { kind: kind.name.to_owned(), field: spec.name });
        }
    }
    Ok(())
}
