//! From talk to practice: what was asked becomes the problem, what was answered the way of doing, and everybody who took
//! part is thanked.

use super::adapt::{link, thanked};
use super::engine::Engine;
use super::env::Env;
use super::error::Error;
use super::names::Names;
use super::request::{FieldChange, FieldOp};
use super::write::{Done, set};
use crate::model::document::{Document, Value};
use crate::model::{DocumentId, EntryId, MemberId};

/// What a title of a question begins with, which a practice has no use for: French and English.
const ASKING: &[&str] = &[
    "comment faire pour ",
    "comment est-ce qu'on ",
    "comment peut-on ",
    "comment ",
    "how do i ",
    "how do you ",
    "how do we ",
    "how can we ",
    "how can i ",
    "how should we ",
    "how to ",
];

/// A thread, read for what a practice takes from it.
struct Talk {
    id: DocumentId,
    title: String,
    mode: String,
    body: String,
    language: String,
    topics: Vec<String>,
    space: String,
    people: Vec<MemberId>,
    /// Accepted answers, else the synthesis, else all answers.
    answers: Vec<String>,
}

impl Engine {
    /// Makes a practice of a thread.
    pub(crate) fn distil(
        &mut self,
        env: &mut Env,
        id: &str,
        title: Option<&str>,
        changes: &[FieldChange],
    ) -> Result<Done, Error> {
        let talk = self.talk(id)?;
        let asks = talk.mode == "question";
        let problem = [talk.title.as_str(), &talk.body].into_iter().filter(|text| !text.trim().is_empty());
        let problem = if asks { problem.collect::<Vec<_>>().join("\n\n") } else { talk.title.clone() };
        let own = if asks { None } else { Some(talk.body.clone()) };
        let procedure = own.into_iter().chain(talk.answers).filter(|text| !text.trim().is_empty());
        let procedure = procedure.collect::<Vec<_>>().join("\n\n");
        if procedure.is_empty() {
            return Err(Error::bad_operation("a thread", "distil", "there is no answer in it yet"));
        }
        let title = title.map(str::trim).filter(|title| !title.is_empty()).map(str::to_owned);
        let title = title.unwrap_or_else(|| practice_title(&talk.title));
        let credits = thanked(talk.people.iter().map(ToString::to_string));
        let mut all = vec![set("problem", &problem), set("procedure", &procedure), set("credits", &credits)];
        all.push(link("distilled-from", talk.id));
        if !talk.language.is_empty() {
            all.push(set("language", &talk.language));
        }
        all.extend(talk.topics.iter().map(|topic| FieldChange { op: FieldOp::Add, ..set("topics", topic) }));
        all.retain(|change| change.op == FieldOp::Add || !changes.iter().any(|given| given.field == change.field));
        all.extend(changes.iter().cloned());
        self.add(env, "practice", &title, &all, Some(&talk.space))
    }

    fn talk(&self, id: &str) -> Result<Talk, Error> {
        let (id, settled, _) = self.find(id)?;
        self.reading(|reader| {
            let names = Names::new(self, reader);
            let row = names.row(id)?;
            let document = settled.document.as_ref().ok_or_else(|| Error::no_document(id))?;
            if row.kind != "thread" {
                return Err(Error::bad_operation(&row.kind, "distil", "threads are distilled"));
            }
            let mut people = vec![row.creator];
            let (mut accepted, mut syntheses, mut answers) = (Vec::new(), Vec::new(), Vec::new());
            for (post, post_row) in names.posts(id)? {
                let post_settled = self.settled(reader, post)?;
                let Some(text) = post_settled.document.as_ref().filter(|_| !post_row.withdrawn) else { continue };
                people.extend(post_row.contributors.iter().copied());
                let text = text.text("body").to_owned();
                match post_row.facet("role") {
                    _ if settled.said.accepted.contains_key(&post) => accepted.push(text),
                    Some("synthesis") => syntheses.push(text),
                    Some("answer") => answers.push(text),
                    _ => {}
                }
            }
            // What was written to sum up says it best; then what helped who asked; then whatever was answered.
            let answers =
                [syntheses, accepted, answers].into_iter().find(|texts| !texts.is_empty()).unwrap_or_default();
            let topics = document.set("topics").into_iter().filter_map(Value::as_text).map(str::to_owned);
            Ok(Talk {
                id,
                title: row.title.clone(),
                mode: document.word("mode").to_owned(),
                body: document.text("body").to_owned(),
                language: document.word("language").to_owned(),
                topics: topics.collect(),
                space: names.space(row.space),
                people,
                answers,
            })
        })
    }

    /// Writes the synthesis of a thread, or goes on writing the one that is there: everybody may.
    pub(crate) fn synthesise(&mut self, env: &mut Env, id: &str, text: &str) -> Result<Done, Error> {
        let (thread, _, _) = self.find(id)?;
        let found = self.reading(|reader| {
            let names = Names::new(self, reader);
            if names.row(thread)?.kind != "thread" {
                return Err(Error::bad_operation(names.row(thread)?.kind, "synthesise", "threads have a synthesis"));
            }
            let posts = names.posts(thread)?;
            Ok(posts.into_iter().find(|(_, row)| row.facet("role") == Some("synthesis") && !row.withdrawn))
        })?;
        match found {
            Some((post, _)) => self.edit(env, &post.to_string(), &[set("body", text)]),
            None => self.reply(env, &thread.to_string(), text, &[set("role", "synthesis")]),
        }
    }
}

/// Turns a question into the name of what answers it: "Comment purger une pompe ?" is "Purger une pompe".
fn practice_title(question: &str) -> String {
    let plain = question.trim().trim_end_matches(|c: char| c == '?' || c == '!' || c.is_whitespace());
    let start = plain.to_lowercase();
    let cut = ASKING.iter().find(|asking| start.starts_with(**asking)).and_then(|asking| plain.get(asking.len()..));
    let rest = cut.map(str::trim).filter(|rest| !rest.is_empty()).unwrap_or(plain);
    let mut letters = rest.chars();
    letters.next().map_or_else(|| question.to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

/// Returns the thread that a practice was distilled from.
pub(crate) fn distilled_from(document: &Document) -> Option<DocumentId> {
    let links = document.set("links").into_iter().filter_map(Value::as_text);
    links
        .filter_map(|link| link.strip_prefix("distilled-from:"))
        .find_map(|id| id.parse::<EntryId>().ok())
        .map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_a_practice() {
        let check = |question: &str, title: &str| assert_eq!(practice_title(question), title);
        check("Comment ressouder un corps de pompe sur place ?", "Ressouder un corps de pompe sur place");
        check("How do we flush a hand pump?", "Flush a hand pump");
        check("Quel joint ?", "Quel joint");
        check("Comment ?", "Comment");
        check("?", "?");
        check("İstanbul'da nasıl?", "İstanbul'da nasıl");
    }
}
