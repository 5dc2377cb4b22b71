//! What people do: random writings, mostly where somebody else writes too.

use repertoire::node::request::{FieldChange, FieldOp, Invite, Join, Mark};
use repertoire::node::{Reply, Request};

use super::world::World;

const WORDS: &[&str] = &["pompe", "joint", "clapet", "corde", "puits", "levier", "vidange", "été", "🪣", "a\u{301}"];
const NAMES: &[&str] = &["Boris", "Chloé", "Dia", "Ève", "Fatou", "Gil", "Hawa", "Idris", "Jo", "Karim", "Lou", "Mo"];
/// Half of them proposals: most others rest on one.
const VERBS: &[&str] =
    &["propose", "propose", "validate", "return", "verify", "deprecate", "withdraw", "restore", "useful"];
/// Most documents that are chosen from: few, so that people meet in them.
const DOCUMENTS_MAX: usize = 12;

fn change(op: FieldOp, field: &str, value: &str) -> FieldChange {
    FieldChange { op, field: field.to_owned(), value: value.to_owned() }
}

impl World {
    fn word(&mut self) -> String {
        (*self.dice.pick(WORDS).expect("there are words")).to_owned()
    }

    fn sentence(&mut self) -> String {
        let count = 1 + self.dice.below(6);
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        let paragraph = words.join(" ");
        if self.dice.once_in(4) { format!("{paragraph}\n\n{}", self.word()) } else { paragraph }
    }

    fn changes(&mut self) -> Vec<FieldChange> {
        let (word, sentence) = (self.word(), self.sentence());
        let pick = |world: &mut World, values: &[&str]| (*world.dice.pick(values).expect("some")).to_owned();
        let one = match self.dice.below(14) {
            0..3 => change(FieldOp::Set, "procedure", &sentence),
            3..5 => change(FieldOp::Append, "procedure", &sentence),
            5 => change(FieldOp::Set, "title", &sentence),
            6 => change(FieldOp::Set, "difficulty", &pick(self, &["beginner", "intermediate", "advanced"])),
            7 => change(FieldOp::Clear, "difficulty", ""),
            8 => change(FieldOp::Set, "cost", &word),
            9 => change(FieldOp::Add, "topics", &word),
            10 => change(FieldOp::Remove, "topics", &word),
            11 => change(FieldOp::Add, "sites", &word),
            12 => change(FieldOp::Add, "links", &format!("about:https://example.org/{}", self.dice.below(5))),
            _ => change(FieldOp::Clear, "procedure", ""),
        };
        if self.dice.once_in(5) {
            let mut more = self.changes();
            more.retain(|other| other.field != one.field);
            more.insert(0, one);
            return more;
        }
        vec![one]
    }

    /// Makes up what somebody asks of a node.
    pub(super) fn random_request(&mut self, _at: usize) -> Request {
        let recent = self.documents.len().saturating_sub(DOCUMENTS_MAX);
        let known = self.dice.pick(&self.documents[recent..]).cloned();
        let id = match known {
            Some(id) if !self.dice.once_in(6) => id,
            _ => return self.new_document(),
        };
        match self.dice.below(16) {
            0 | 1 => Request::Reply { to: id, body: self.sentence(), changes: Vec::new() },
            2 => {
                // The word chooses the verb too.
                let note = self.word();
                let verb = VERBS[note.bytes().map(usize::from).sum::<usize>() % VERBS.len()];
                Request::Mark(Mark { verb: verb.into(), id, note, ..Mark::default() })
            }
            3 | 4 => {
                let field = if self.dice.once_in(2) { "difficulty" } else { "cost" };
                let take = Some(1 + self.dice.below(2));
                Request::Resolve { id, field: field.into(), take, value: None }
            }
            5 => Request::Me { changes: vec![change(FieldOp::Set, "bio", &self.sentence())] },
            _ => Request::Edit { id, changes: self.changes() },
        }
    }

    fn new_document(&mut self) -> Request {
        let title = self.sentence();
        let (kind, changes) = match self.dice.below(6) {
            0 => ("term", Vec::new()),
            1 => ("thread", vec![change(FieldOp::Set, "body", &title)]),
            _ => ("practice", self.changes()),
        };
        Request::Add { kind: kind.into(), title: title.replace('\n', " "), changes, space: None }
    }

    /// Somebody writes somewhere.
    pub(super) fn write(&mut self) {
        let settled = self.settled();
        let at = *self.dice.pick(&settled).expect("the founder is there");
        let request = self.random_request(at);
        let adds = matches!(request, Request::Add { .. } | Request::Reply { .. });
        if let Some(Reply::Written(written)) = self.try_ask(at, request)
            && adds
        {
            self.documents.push(written.id);
        }
    }

    /// Somebody who may invites.
    pub(super) fn invite(&mut self, at: usize) {
        let role = self.dice.once_in(4).then(|| "animator".to_owned());
        let uses = 1 + self.dice.below(3) as u32;
        let with = if self.dice.once_in(3) { self.documents.last().cloned().into_iter().collect() } else { Vec::new() };
        let invite = Invite { role, uses, days: 300, confirm: false, with, parts: false };
        if let Some(Reply::Invitation(invitation)) = self.try_ask(at, Request::Invite(invite)) {
            self.invitations.extend((0..uses).map(|_| invitation.text.clone()));
        }
    }

    /// Somebody enters by an invitation that nobody has used up.
    pub(super) fn join(&mut self) {
        if self.invitations.is_empty() {
            return;
        }
        let index = self.dice.below(self.invitations.len());
        // Sometimes two go through the same door, and only one can be let in.
        let invitation =
            if self.dice.once_in(6) { self.invitations[index].clone() } else { self.invitations.swap_remove(index) };
        let at = self.add_place();
        let person = NAMES[at % NAMES.len()].to_owned();
        let join = Join { invitation, person, site: self.word(), learn: vec![self.word()], offers: Vec::new() };
        match self.ask(at, Request::Join(join)) {
            Ok(Reply::Joined(joined)) => self.places[at].member = joined.id,
            // The door says no to who comes too late by their own clock.
            Err(error) if error.code == "invitation_over" => {}
            other => self.fail(format!("{at} could not join: {other:?}")),
        }
    }
}

/// A new practice.
pub(super) fn practice() -> Request {
    Request::Add { kind: "practice".into(), title: "Purger une pompe".into(), changes: Vec::new(), space: None }
}

/// A single value set.
pub(super) fn difficulty(id: &str, value: &str) -> Request {
    Request::Edit { id: id.to_owned(), changes: vec![change(FieldOp::Set, "difficulty", value)] }
}
