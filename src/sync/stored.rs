//! Stored payloads on the wire.

use super::delta::Malformed;
use crate::model::{Content, Payload};
use crate::wire::sync as wire;

/// Writes a payload, or that there is none.
pub(crate) fn store(payload: Option<Payload>) -> wire::Stored {
    match payload {
        Some(Payload { shape, content: Content::Stored(content) }) => {
            wire::Stored { shape, content, content_hash: Vec::new(), absent: false }
        }
        Some(Payload { shape, content: Content::Erased(hash) }) => {
            wire::Stored { shape, content: Vec::new(), content_hash: hash.to_vec(), absent: false }
        }
        None => wire::Stored { absent: true, ..Default::default() },
    }
}

/// Reads what [`store`] wrote.
pub(crate) fn restore(stored: wire::Stored) -> Result<Option<Payload>, Malformed> {
    if stored.absent {
        return Ok(None);
    }
    let content = match stored.content_hash.as_slice() {
        [] => Content::Stored(stored.content),
        hash if stored.content.is_empty() => Content::Erased(hash.try_into().map_err(|_| Malformed)?),
        _ => return Err(Malformed),
    };
    Ok(Some(Payload { shape: stored.shape, content }))
}
