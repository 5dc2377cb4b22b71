//! Which marks there are: their names, on which kinds of documents, and who may make them.
//!
//! A verb that is not here comes from a newer version: the mark is kept and changes nothing.

/// Who may make a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Every member who writes in the space.
    Members,
    /// Every member but the author.
    Others,
    /// Who may edit the document.
    Editors,
    /// Experts of one of its topics, and who governs.
    Experts,
    /// Those whom the document names as its verifiers, themselves or by topic, besides the experts.
    Verifiers,
    /// The author, and who governs.
    Owners,
    /// The owners and the experts.
    Keepers,
    /// Who governs.
    Governors,
}

/// Which earlier marks a mark follows, so that it names them as seen and may replace them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// All marks that answer the same question, whoever made them.
    Question(&'static str),
    /// The author's own of the same verb.
    Own,
}

/// A kind of mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerbSpec {
    /// Its name, as it stands in the entry.
    pub name: &'static str,
    /// The kinds of documents it may stand on; none = any.
    pub kinds: &'static [&'static str],
    /// Who may make it.
    pub who: Who,
    /// What it follows.
    pub follows: Follows,
    /// Whether it needs a note.
    pub note: bool,
}

const fn of(name: &'static str, kinds: &'static [&'static str], who: Who, follows: Follows) -> VerbSpec {
    VerbSpec { name, kinds, who, follows, note: false }
}

const fn noted(mut spec: VerbSpec) -> VerbSpec {
    spec.note = true;
    spec
}

const STATE: Follows = Follows::Question("state");
const THREAD: Follows = Follows::Question("thread");
const VERIFY: Follows = Follows::Question("verify");
const HIDE: Follows = Follows::Question("hide");
const LOCK: Follows = Follows::Question("lock");
const PIN: Follows = Follows::Question("pin");
const PHASE: Follows = Follows::Question("phase");
const ALIAS: Follows = Follows::Question("alias");

/// All kinds of marks. `accept` stands on the thread and names the post: who asked is known from the thread alone.
pub const VERBS: &[VerbSpec] = &[
    of("useful", &[], Who::Members, Follows::Own),
    of("thanks", &[], Who::Members, Follows::Own),
    of("used", &["practice", "resource"], Who::Members, Follows::Own),
    of("endorse", &["member"], Who::Others, Follows::Own),
    of("propose", &["practice", "term"], Who::Editors, STATE),
    of("validate", &["practice", "term"], Who::Experts, STATE),
    noted(of("return", &["practice", "term"], Who::Experts, STATE)),
    of("verify", &["practice", "resource"], Who::Verifiers, VERIFY),
    of("deprecate", &["practice", "term", "resource"], Who::Keepers, STATE),
    of("withdraw", &[], Who::Owners, STATE),
    of("restore", &[], Who::Owners, STATE),
    of("accept", &["thread"], Who::Owners, THREAD),
    of("close", &["thread"], Who::Owners, THREAD),
    noted(of("decline", &["thread"], Who::Owners, THREAD)),
    of("duplicate", &["thread"], Who::Owners, THREAD),
    of("take", &[], Who::Members, Follows::Own),
    of("vote", &["thread"], Who::Members, Follows::Own),
    of("rsvp", &["event"], Who::Members, Follows::Own),
    of("attended", &["event"], Who::Members, Follows::Own),
    of("phase", &["community"], Who::Governors, PHASE),
    of("assess", &["community"], Who::Members, Follows::Own),
    of("rate", &["community"], Who::Members, Follows::Own),
    of("done", &["community", "collection"], Who::Governors, Follows::Own),
    of("flag", &[], Who::Members, Follows::Own),
    noted(of("hide", &[], Who::Governors, HIDE)),
    noted(of("unhide", &[], Who::Governors, HIDE)),
    noted(of("lock", &[], Who::Governors, LOCK)),
    noted(of("unlock", &[], Who::Governors, LOCK)),
    noted(of("move", &[], Who::Governors, Follows::Question("move"))),
    of("pin", &[], Who::Governors, PIN),
    noted(of("warn", &["member"], Who::Governors, Follows::Own)),
    of("consent", &[], Who::Members, Follows::Own),
    of("alias", &["term"], Who::Members, ALIAS),
];

/// Returns the kind of mark of this name.
pub fn verb(name: &str) -> Option<&'static VerbSpec> {
    VERBS.iter().find(|spec| spec.name == name)
}

impl VerbSpec {
    /// Tells whether it may stand on documents of a kind.
    pub fn fits(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Tells whether a mark of this verb names one of another as seen, and so follows it.
    pub fn follows(&self, other: &str, own: bool) -> bool {
        match self.follows {
            Follows::Own => own && other == self.name,
            question => verb(other).is_some_and(|other| other.follows == question),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verb_stands_here_once() {
        let mut names: Vec<&str> = VERBS.iter().map(|spec| spec.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), VERBS.len());
    }

    #[test]
    fn marks_of_one_question_follow_each_other() {
        let follows = |name: &str, other: &str, own| verb(name).is_some_and(|spec| spec.follows(other, own));
        assert!(follows("validate", "propose", false) && follows("restore", "withdraw", false));
        assert!(follows("verify", "verify", false) && !follows("verify", "validate", true));
        assert!(follows("useful", "useful", true) && !follows("useful", "useful", false));
        assert!(follows("accept", "close", false) && !follows("accept", "new verb", true));
        assert!(verb("useful").is_some_and(|spec| spec.fits("post")));
        assert!(verb("verify").is_some_and(|spec| !spec.fits("thread")));
    }
}
