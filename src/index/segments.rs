//! Segments: few, so that a search opens little, and free of what was erased.

use tantivy::{IndexWriter, SegmentMeta, TantivyDocument};

use crate::index::error::IndexError;

/// How many segments may stand side by side: each costs a search about 0.2 ms when it is opened.
const SEGMENTS_MAX: usize = 6;

/// Part of a segment, in percent, that may be deleted items.
const DELETED_PERCENT_MAX: u32 = 30;

/// Merges segments after a commit: small ones once they are too many, or at once after many changes, and those with
/// many deleted items.
pub(crate) fn tidy(
    index: &tantivy::Index,
    writer: &mut IndexWriter<TantivyDocument>,
    many: bool,
) -> Result<(), IndexError> {
    // Metadata keeps its files alive: only ids outlive this block.
    let ids: Vec<_> = {
        let mut metas = index.searchable_segment_metas()?;
        choose(&mut metas, many).iter().map(SegmentMeta::id).collect()
    };
    if !ids.is_empty() {
        writer.merge(&ids).wait()?;
        writer.garbage_collect_files().wait()?;
    }
    Ok(())
}

/// Rewrites each segment that holds deleted items, and removes the files that held them.
pub(crate) fn scrub(index: &tantivy::Index, writer: &mut IndexWriter<TantivyDocument>) -> Result<(), IndexError> {
    let metas = index.searchable_segment_metas()?;
    let ids: Vec<_> = metas.iter().filter(|meta| meta.has_deletes()).map(SegmentMeta::id).collect();
    drop(metas);
    for id in ids {
        writer.merge(&[id]).wait()?;
    }
    writer.garbage_collect_files().wait()?;
    Ok(())
}

/// Returns the segments to merge into one: the smallest, as long as the next is not much larger than those before
/// together.
///
/// So an item is rewritten a few times as the index grows, not at every commit.
fn choose(metas: &mut [SegmentMeta], many: bool) -> Vec<SegmentMeta> {
    metas.sort_by_key(SegmentMeta::num_docs);
    let least = if metas.len() > SEGMENTS_MAX { SEGMENTS_MAX / 2 } else { 0 };
    let mut chosen: Vec<SegmentMeta> = Vec::new();
    if many || least > 0 {
        let mut total = 0;
        for meta in metas.iter() {
            if chosen.len() >= least.max(1) && meta.num_docs() > 2 * total {
                break;
            }
            total += meta.num_docs();
            chosen.push(meta.clone());
        }
    }
    if chosen.len() == 1 && !chosen[0].has_deletes() {
        chosen.clear();
    }
    for meta in metas.iter() {
        let allowed = u64::from(meta.max_doc()) * u64::from(DELETED_PERCENT_MAX);
        let much = u64::from(meta.num_deleted_docs()) * 100 > allowed;
        if much && !chosen.iter().any(|held| held.id() == meta.id()) {
            chosen.push(meta.clone());
        }
    }
    chosen
}
