//! What a person typed, taken apart.
//!
//! ```text
//! vélo atelier          both words, in any form
//! "mise en commun"      these words in this order, as written (also “ ” and « »)
//! répar*                words that begin so
//! -budget               without this word; also -"…" and -topic:x
//! topic:eau by:ana      filters; see [`Filter`]
//! ```
//!
//! Anything can be parsed: what makes no sense as syntax is an ordinary word.

use crate::index::filter::Filter;
use crate::index::words::cut;

/// Clauses of one query, and words of one phrase: more are left out.
const CLAUSES_MAX: usize = 32;

/// Filters of one query: more are left out.
const FILTERS_MAX: usize = 32;

/// Words too common to be asked for, in French and English; they count in phrases, and when nothing else is asked.
const COMMON: [&str; 62] = [
    "a", "an", "and", "are", "as", "at", "au", "aux", "avec", "be", "by", "ce", "ces", "cette", "comment", "d", "dans",
    "de", "des", "do", "du", "elle", "en", "est", "et", "for", "from", "how", "il", "in", "is", "it", "je", "l", "la",
    "le", "les", "mais", "nous", "of", "on", "or", "ou", "our", "par", "pour", "que", "qui", "sa", "se", "ses", "sur",
    "that", "the", "this", "to", "un", "une", "vous", "we", "what", "with",
];

/// A search, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What an item must be.
    pub filter: Filter,
    /// What stood after `since:` and is no day: for who knows the time to read.
    pub since: Vec<String>,
    /// Words that look like filters, `colour:red`, and are none.
    pub unknown: Vec<String>,
    pub(crate) must: Vec<Clause>,
    pub(crate) must_not: Vec<Clause>,
}

/// One thing that the text must hold, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clause {
    /// A word in any of its forms.
    Word(String),
    /// A word that begins so.
    Prefix(String),
    /// These words, one right after the other.
    Phrase(Vec<String>),
}

impl Query {
    /// Takes apart what was typed. Never fails.
    pub fn parse(text: &str) -> Query {
        let mut query = Query::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() && !query.is_full() {
            rest = query.take(rest).trim_start();
        }
        query.drop_common();
        query
    }

    /// Tells whether no word is asked for, so that the newest items that pass the filter are the answer.
    pub fn is_wordless(&self) -> bool {
        self.must.is_empty()
    }

    fn is_full(&self) -> bool {
        self.must.len() + self.must_not.len() >= CLAUSES_MAX
            || self.filter.facets.len() + self.filter.without.len() >= FILTERS_MAX
    }

    /// Reads one clause or filter, and returns what follows it.
    fn take<'a>(&mut self, text: &'a str) -> &'a str {
        let (excluded, text) = match text.strip_prefix('-') {
            Some(rest) if rest.starts_with(|c: char| !c.is_whitespace() && c != '-') => (true, rest),
            _ => (false, text),
        };
        if let Some((phrase, rest)) = quoted(text) {
            let mut words = cut(phrase);
            words.truncate(CLAUSES_MAX);
            self.push(excluded, (!words.is_empty()).then_some(Clause::Phrase(words)));
            return rest;
        }
        let (word, rest) = token(text);
        if !excluded && self.filter.add(&word) {
            return rest;
        }
        if let Some(filter) = Filter::parse(&word).filter(|filter| excluded && filter.since.is_none()) {
            self.filter.without.extend(filter.facets);
            return rest;
        }
        if let Some(since) = Filter::since_of(&word).filter(|_| !excluded) {
            self.since.push(since.to_owned());
            return rest;
        }
        if looks_like_filter(&word) {
            self.unknown.push(word.clone());
        }
        let mut words = cut(&word);
        words.truncate(CLAUSES_MAX);
        let last = if word.ends_with('*') { words.pop() } else { None };
        let last = last.map(Clause::Prefix);
        if excluded && words.len() > 1 {
            self.push(true, Some(Clause::Phrase(words)));
            return rest;
        }
        for clause in words.into_iter().map(Clause::Word).chain(last) {
            self.push(excluded, Some(clause));
        }
        rest
    }

    fn push(&mut self, excluded: bool, clause: Option<Clause>) {
        let clauses = if excluded { &mut self.must_not } else { &mut self.must };
        if let Some(clause) = clause.filter(|clause| !clauses.contains(clause)) {
            clauses.push(clause);
        }
    }

    fn drop_common(&mut self) {
        let common = |clause: &Clause| matches!(clause, Clause::Word(word) if COMMON.contains(&word.as_str()));
        if !self.must.iter().all(common) {
            self.must.retain(|clause| !common(clause));
        }
    }
}

/// Tells whether a word is letters, a colon, and something: no address, no time of day, no ratio.
fn looks_like_filter(word: &str) -> bool {
    let Some((name, value)) = word.split_once(':') else { return false };
    let named = name.chars().count() > 1 && name.chars().all(char::is_alphabetic);
    named && value.starts_with(char::is_alphanumeric)
}

/// Returns the text between quotation marks at the start, and what follows. An open end reaches to the end.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let close = match open {
        '"' => '"',
        '“' | '„' => '”',
        '«' => '»',
        _ => return None,
    };
    let inner = &text[open.len_utf8()..];
    Some(inner.split_once(close).unwrap_or((inner, "")))
}

/// Returns the text up to the next space, and what follows; a value after a colon may be in quotation marks.
fn token(text: &str) -> (String, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    if let Some(colon) = text[..end].find(':')
        && let Some((value, rest)) = quoted(&text[colon + 1..])
    {
        return (format!("{}:{value}", &text[..colon]), rest);
    }
    (text[..end].to_owned(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a query in one line: `word`, `"a phrase"`, `prefix*`, `-excluded`, `[name=value]`.
    fn shown(text: &str) -> String {
        let query = Query::parse(text);
        let clause = |clause: &Clause| match clause {
            Clause::Word(word) => word.clone(),
            Clause::Prefix(word) => format!("{word}*"),
            Clause::Phrase(words) => format!("\"{}\"", words.join(" ")),
        };
        let facet = |(name, value): &(String, String)| format!("[{name}={value}]");
        let must = query.must.iter().map(clause);
        let must_not = query.must_not.iter().map(|c| format!("-{}", clause(c)));
        let facets = query.filter.facets.iter().map(facet);
        let without = query.filter.without.iter().map(|f| format!("-{}", facet(f)));
        must.chain(must_not).chain(facets).chain(without).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn queries_are_taken_apart() {
        let check = |text: &str, expected: &str| assert_eq!(shown(text), expected, "{text:?}");
        check("Vélos  ATELIER vélos", "velos atelier");
        check("\"Mise en commun\" l'eau", "\"mise en commun\" eau");
        check("« prise de décision » x", "\"prise de decision\" x");
        check("“open end", "\"open end\"");
        check("répar* -budget -\"à la main\"", "repar* -budget -\"a la main\"");
        check("-mot-clé", "-\"mot cle\"");
        check("mot-clé", "mot cle");
        check("topic:\"mise en place\" vélo", "velo [topic=mise en place]");
        check("topic:eau,énergie -state:idea", "[topic=eau,énergie] -[state=idea]");
        check("https://a.example/b", "https example b");
        check("how to run a meeting", "run meeting");
        check("the", "the");
        check("- -- \"\" '' *", "");
        check("topic:", "topic");
        check("-since:2024", "-\"since 2024\"");
        check("mot-cl*", "mot cl*");
        check("-", "");
        check("  ", "");
    }

    #[test]
    fn what_looks_like_a_filter_is_named() {
        let unknown = |text: &str| Query::parse(text).unknown;
        assert_eq!(unknown("vélo colour:red -size:xl"), ["colour:red", "size:xl"]);
        assert_eq!(unknown("https://a.example 12:30 topic:eau 1:4 c: x:y note : suite"), [""; 0]);
        assert_eq!(Query::parse("depuis:7d vélo").since, ["7d"]);
        assert_eq!(shown("depuis:7d vélo"), "velo");
        assert!(Query::parse("since:2024-01-01").since.is_empty());
    }

    #[test]
    fn long_queries_are_bounded() {
        let text: String = (0..1000).map(|n| format!("w{n} ")).collect();
        assert_eq!(Query::parse(&text).must.len(), CLAUSES_MAX);
        assert_eq!(Query::parse(&"topic:a ".repeat(1000)).filter.facets.len(), FILTERS_MAX);
        let phrase = format!("\"{text}\" -{}", text.replace(' ', "-"));
        let query = Query::parse(&phrase);
        let words = |clause: &Clause| matches!(clause, Clause::Phrase(words) if words.len() == CLAUSES_MAX);
        assert!(words(&query.must[0]) && words(&query.must_not[0]));
    }
}
