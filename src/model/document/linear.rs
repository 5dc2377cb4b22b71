//! Texts with a linear history: each edit writes into a table of spans.
//!
//! Whoever wrote had seen everything before, so a run goes right behind the character that it names, and no order has
//! to be decided.

use super::log::{Act, At, Char, Index, Log, PathIndex};
use super::order::Piece;

struct Span {
    start: Char,
    length: u32,
    deleted: bool,
}

impl Span {
    fn holds(&self, character: &Char) -> bool {
        self.start.run == character.run && character.offset.wrapping_sub(self.start.offset) < self.length
    }
}

/// Returns, for each text, the pieces of all runs that no live edit deleted, in their order.
pub(super) fn order(log: &Log, live: &[bool]) -> Vec<(PathIndex, Vec<Piece>)> {
    let mut texts: Vec<Option<Table>> = Vec::new();
    texts.resize_with(log.paths.list.len(), || None);
    for (edit, node) in log.nodes.iter().enumerate() {
        for (operation, op) in node.ops.iter().enumerate() {
            match &op.act {
                Act::Insert { after, length } => {
                    let run = At { edit: edit as Index, operation: operation as u32 };
                    let table = texts[op.path as usize].get_or_insert_with(Table::default);
                    table.insert(
                        after.as_ref(),
                        Span { start: Char { run, offset: 0 }, length: *length, deleted: false },
                    );
                }
                Act::Delete { from, length } if live[edit] => {
                    if let Some(table) = &mut texts[op.path as usize] {
                        table.delete(*from, *length);
                    }
                }
                _ => {}
            }
        }
    }
    let tables = texts.into_iter().enumerate();
    tables.filter_map(|(path, table)| Some((path as PathIndex, table?.pieces()))).collect()
}

#[derive(Default)]
struct Table {
    spans: Vec<Span>,
    /// Where something was last found: writing goes on nearby.
    near: usize,
}

impl Table {
    fn find(&mut self, character: &Char) -> Option<usize> {
        let near = self.near.min(self.spans.len());
        let found = self.spans[near..].iter().position(|span| span.holds(character)).map(|index| near + index);
        let found = found.or_else(|| self.spans[..near].iter().rposition(|span| span.holds(character)))?;
        self.near = found;
        Some(found)
    }

    /// Divides a span before the character at this distance from its start, and returns the index of the latter half.
    fn divide(&mut self, index: usize, distance: u32) -> usize {
        let span = &mut self.spans[index];
        if distance == 0 {
            return index;
        }
        if distance < span.length {
            let start = Char { offset: span.start.offset + distance, ..span.start };
            let rest = Span { start, length: span.length - distance, deleted: span.deleted };
            span.length = distance;
            self.spans.insert(index + 1, rest);
        }
        index + 1
    }

    fn insert(&mut self, after: Option<&Char>, span: Span) {
        let index = match after {
            None => 0,
            Some(after) => {
                let Some(index) = self.find(after) else { return };
                let distance = after.offset - self.spans[index].start.offset + 1;
                self.divide(index, distance)
            }
        };
        self.spans.insert(index, span);
        self.near = index;
    }

    fn delete(&mut self, mut from: Char, mut length: u32) {
        while length > 0 {
            let Some(index) = self.find(&from) else { return };
            let index = self.divide(index, from.offset - self.spans[index].start.offset);
            let part = self.spans[index].length.min(length);
            self.divide(index, part);
            self.spans[index].deleted = true;
            from.offset += part;
            length -= part;
        }
    }

    fn pieces(self) -> Vec<Piece> {
        let shown = self.spans.into_iter().filter(|span| !span.deleted);
        shown.map(|Span { start, length, .. }| Piece { start, length }).collect()
    }
}
