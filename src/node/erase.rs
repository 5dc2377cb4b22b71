//! Erasing: the content of entries goes, on every honest node, carriers too; headers and shapes stay as a headstone.
//!
//! The bytes go as well: of the store's file, and of the files of the search index. Whoever erases waits for that; a node
//! that hears of it does it when the session is over, and after a crash when it is opened next.

use super::engine::{Changes, Engine};
use super::env::Env;
use super::error::Error;
use super::reply::Erased;
use crate::model::governance::Right;
use crate::model::header::DEPS_MAX;
use crate::model::{Content, EntryId};

impl Engine {
    /// Erases what this person wrote in a document; for who governs, all of it. It can't be undone.
    pub(crate) fn erase_document(
        &mut self,
        env: &mut Env,
        id: &str,
        dry_run: bool,
    ) -> Result<(Erased, Changes), Error> {
        let (document, settled, handle) = self.find(id)?;
        let me = self.keys.member;
        let governs = self.state().may(me, Right::Govern);
        let role = self.state().members.get(&me).map_or("stranger", |member| member.role.name());
        let mut mine: Vec<EntryId> = Vec::new();
        let mut left = 0;
        for opened in &settled.entries {
            let payload = self.reading(|reader| Ok(reader.payload(opened.id())?))?;
            if payload.is_none_or(|payload| matches!(payload.content, Content::Erased(_))) {
                continue;
            }
            if governs || opened.author == Some(me) { mine.push(opened.id()) } else { left += 1 }
        }
        if mine.is_empty() {
            return Err(if left > 0 {
                Error::not_allowed("erase what others wrote", role)
            } else {
                Error::nothing_to_do()
            });
        }
        let space = settled.entries.first().map(|opened| opened.entry.header().space);
        let space = space.ok_or_else(|| Error::no_document(document))?;
        let mut erased = Erased { id: document.to_string(), handle, entries: mine.len(), entry: String::new() };
        if dry_run {
            return Ok((erased, Changes::default()));
        }
        let (last, changes) = self.writing(env, |pen| {
            let mut last = EntryId::ZERO;
            for part in mine.chunks(DEPS_MAX) {
                last = pen.erase(space, part.to_vec())?;
            }
            Ok(last)
        })?;
        erased.entry = last.to_string();
        Ok((erased, changes))
    }

    /// Makes the bytes go that were erased since this was done last, from every file here; tells whether there were any.
    pub(crate) fn scrub(&mut self) -> Result<bool, Error> {
        if !self.unscrubbed || self.is_open() {
            return Ok(false);
        }
        let owed = self.reading(|reader| Ok(reader.owes_scrub()?))?;
        if owed {
            if self.folder.join("index").exists() {
                self.feed(&mut |_, _| {})?;
                self.scrub_index()?;
            }
            self.store.scrub()?;
        }
        self.unscrubbed = false;
        Ok(owed)
    }
}
