//! Marks: what people say about a document. A mark that every node would call void is refused before it is written.

use super::engine::{Changes, Engine};
use super::env::{self, Env};
use super::error::Error;
use super::names::Names;
use super::reply::Marked;
use super::request::Mark;
use super::row::Row;
use super::settle::{Asks, Settled, may_mark};
use crate::model::standing::verb::{Follows, Who, verb};
use crate::model::standing::{State, Thread};
use crate::model::{DocumentId, EntryId, MemberId, Timestamp};
use crate::wire::entry::{MarkContent, MarkShape};

/// Months for which a verification holds where neither the practice nor the charter says.
const REVIEW_MONTHS: i64 = 12;
/// Scalar values of a note, at most.
const NOTE_CHARS_MAX: usize = 500;

/// What a mark is about, looked up.
struct Subject {
    document: DocumentId,
    settled: Settled,
    handle: String,
    row: Row,
    /// What it names: the post that is accepted, the successor, the thread that asked before.
    value: String,
    /// The handle of that.
    named: Option<String>,
}

impl Engine {
    /// Makes a mark, or takes one back.
    pub(crate) fn mark(&mut self, env: &mut Env, mark: &Mark) -> Result<(Marked, Changes), Error> {
        let spec = verb(&mark.verb).ok_or_else(|| Error::bad_value("the mark", &mark.verb, "there is no such mark"))?;
        let subject = self.subject(mark)?;
        let kind = subject.row.kind.clone();
        if !spec.fits(&kind) {
            let why = format!("`{}` is for: {}", spec.name, spec.kinds.join(", "));
            return Err(Error::bad_operation(&kind, spec.name, why));
        }
        let note = mark.note.trim();
        if spec.note && note.is_empty() && !mark.undo {
            return Err(Error::missing("the reason (--note)"));
        }
        if note.chars().count() > NOTE_CHARS_MAX {
            return Err(Error::too_large("the note", format!("{NOTE_CHARS_MAX} characters")));
        }
        let me = self.keys.member;
        let deps = subject.settled.seen_by_mark(spec.name, me);
        if !mark.undo {
            self.may_say(spec.who, &subject, &deps, spec.name)?;
        }
        self.says_something(&subject, mark, me)?;
        let until = match spec.name {
            "verify" if !mark.undo => Some(self.until(mark, &subject, env.now())?),
            _ => None,
        };
        let site = mark.site.as_deref();
        let (entry, changes) = self.writing(env, |pen| {
            let site = match site {
                Some(site) => pen.term(subject.row.space, "site", site)?.0.to_vec(),
                None => Vec::new(),
            };
            pen.flush()?;
            let shape = MarkShape { verb: spec.name.to_owned(), taken_back: mark.undo };
            let until = until.map_or(0, |until| until.0);
            let content = MarkContent { value: subject.value.clone(), note: note.to_owned(), site, until };
            pen.mark(&subject.settled, &shape, &content)
        })?;
        self.marked(subject, entry, until).map(|marked| (marked, changes))
    }

    fn subject(&self, mark: &Mark) -> Result<Subject, Error> {
        self.reading(|reader| {
            let names = Names::new(self, reader);
            let mut document = names.document(&mark.id)?;
            let (mut value, mut named) = (String::new(), None);
            if mark.verb == "accept" {
                // Who asked is known from the thread: the mark stands there, and names the post.
                let post = names.row(document)?;
                let thread = post.about.filter(|_| post.kind == "post");
                let thread = thread.ok_or_else(|| Error::bad_operation(&post.kind, "accept", "a post is accepted"))?;
                (value, named) = (document.to_string(), Some(names.member(post.creator)?.0));
                document = thread;
            } else if let Some(other) = &mark.value {
                (value, named) = match mark.verb.as_str() {
                    "deprecate" | "duplicate" => {
                        let other = names.document(other)?;
                        if other == document {
                            return Err(Error::bad_value("the other one", &mark.id, "it is the same"));
                        }
                        (other.to_string(), Some(names.handle(other)?))
                    }
                    _ => (other.clone(), None),
                };
            }
            let row = names.row(document)?;
            let handle = names.handle_of(document, &row)?;
            Ok(Subject { document, settled: self.settled(reader, document)?, handle, row, value, named })
        })
    }

    fn may_say(&self, who: Who, subject: &Subject, deps: &[EntryId], act: &str) -> Result<(), Error> {
        let me = self.keys.member;
        let state = self.state();
        let asks = Asks { author: me, own: subject.row.creator == me, state, deps };
        if may_mark(who, &asks, &subject.settled.entries) {
            return Ok(());
        }
        let role = state.members.get(&me).map_or("stranger", |member| member.role.name());
        Err(Error::not_allowed(format!("{act} this {}", subject.row.kind), role))
    }

    /// Refuses what would change nothing.
    fn says_something(&self, subject: &Subject, mark: &Mark, me: MemberId) -> Result<(), Error> {
        let (standing, said) = (&subject.settled.standing, &subject.settled.said);
        let state = standing.state;
        let accepted = || {
            let post = subject.value.parse::<DocumentId>().ok();
            post.and_then(|post| said.accepted.get(&post)).is_some_and(|by| by.contains(&me))
        };
        let not_now = |why: &str| Err(Error::bad_operation(&subject.handle, &mark.verb, why));
        let holds = match mark.verb.as_str() {
            "useful" => said.useful.contains(&me),
            "thanks" => said.thanks.contains(&me),
            "take" => said.taken.contains(&me),
            "used" => mark.undo && said.used.contains(&me),
            "accept" => accepted(),
            "propose" => state != State::Draft,
            "return" => state == State::Draft,
            "deprecate" => state == State::Deprecated,
            "withdraw" => state == State::Withdrawn,
            "restore" => state != State::Withdrawn,
            "validate" if mark.undo => standing.voices.contains(&me),
            "validate" if subject.row.creator == me => {
                return not_now("the author's own voice doesn't count: somebody else validates");
            }
            "validate" if matches!(state, State::Proposed | State::Validated) => standing.voices.contains(&me),
            "validate" => return not_now("it has to be proposed first"),
            "close" => said.thread == Thread::Closed,
            "decline" => said.thread == Thread::Declined,
            "duplicate" => said.thread == Thread::Duplicate,
            _ => mark.undo,
        };
        // What is proposed anew, and the like, is worth saying whoever said it before.
        let own = || subject.settled.has_mark(&mark.verb, me);
        match (mark.undo, holds) {
            (true, _) if own() => Ok(()),
            (false, false) => Ok(()),
            _ => Err(Error::nothing_to_do()),
        }
    }

    /// Until when a verification holds: as said, or for as many months as the practice or the charter says.
    fn until(&self, mark: &Mark, subject: &Subject, now: Timestamp) -> Result<Timestamp, Error> {
        if let Some(text) = &mark.until {
            let until =
                env::parse_until(text).ok_or_else(|| Error::bad_value("until", text, "a date, as 2027-03-01"))?;
            return if until > now { Ok(until) } else { Err(Error::bad_value("until", text, "a day to come")) };
        }
        let of = |settled: &Settled| {
            let value = settled.document.as_ref()?.value("review_months")?;
            value.to_string().parse::<i64>().ok().filter(|months| *months > 0)
        };
        let charter = || {
            self.reading(|reader| match Names::new(self, reader).charter()? {
                Some((id, _)) => Ok(of(&self.settled(reader, id)?)),
                None => Ok(None),
            })
        };
        let months = match of(&subject.settled) {
            Some(months) => months,
            None => charter()?.unwrap_or(REVIEW_MONTHS),
        };
        env::months_later(now, months).ok_or_else(|| Error::bad_value("review_months", months, "a number of months"))
    }

    fn marked(&self, subject: Subject, entry: EntryId, until: Option<Timestamp>) -> Result<Marked, Error> {
        let row = self.reading(|reader| Names::new(self, reader).row(subject.document))?;
        let settled = self.reading(|reader| self.settled(reader, subject.document))?;
        let quorum = self.state().settings.validations;
        Ok(Marked {
            id: subject.document.to_string(),
            handle: subject.handle,
            kind: subject.row.kind,
            entry: entry.to_string(),
            before: subject.row.state,
            after: row.state,
            verified_until: until.map(super::names::instant),
            named: subject.named,
            solutions: settled.said.accepted.len(),
            useful: settled.said.useful.len(),
            thanks: settled.said.thanks.len(),
            used: settled.said.used.len(),
            voices: settled.standing.voices.len(),
            quorum: usize::try_from(quorum).unwrap_or(usize::MAX),
        })
    }
}

impl Settled {
    /// Tells whether somebody made a mark that counts and was not taken back since.
    fn has_mark(&self, name: &str, who: MemberId) -> bool {
        let own = self.entries.iter().rev().filter_map(|opened| match &opened.body {
            super::settle::Body::Mark(shape, _) if shape.verb == name && opened.author == Some(who) => {
                Some((opened.verdict, shape.taken_back))
            }
            _ => None,
        });
        let mut own = own.filter(|(verdict, _)| *verdict == crate::model::Verdict::Counted);
        // Of things that are said of each post or term, some may stand while the last was taken back.
        let many = verb(name).is_some_and(|spec| matches!(spec.follows, Follows::Question("thread")));
        if many { own.any(|(_, taken_back)| !taken_back) } else { own.next().is_some_and(|(_, back)| !back) }
    }
}
