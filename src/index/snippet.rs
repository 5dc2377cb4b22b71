//! Snippets: the piece of a text that shows why it was found.

use std::collections::BTreeMap;

use crate::index::plan::{Clause, Plan};
use crate::index::words::{Span, Words};

/// Characters a snippet aims at, marks and ellipses not counted.
const SNIPPET_CHARS: usize = 160;

/// Characters shown before the first match, at most.
const BEFORE_CHARS: usize = 40;

/// Matches of one text that are looked at: enough to choose from.
const MATCHES_MAX: usize = 1_000;

const OPEN: char = '‹';
const CLOSE: char = '›';

/// What is marked in a snippet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    /// Form, and the clause it answers.
    words: BTreeMap<String, usize>,
    phrases: Vec<Vec<String>>,
}

/// A match in a text, and the clause it answers.
#[derive(Debug, Clone, Copy)]
struct Match {
    span: Span,
    clause: usize,
}

impl Marks {
    pub(crate) fn of(plan: &Plan) -> Marks {
        let mut marks = Marks::default();
        for (n, clause) in plan.must.iter().enumerate() {
            match clause {
                Clause::Words(words) => {
                    marks.words.extend(words.forms.iter().map(|form| (form.word.clone(), n)));
                }
                Clause::Phrase(phrase) => marks.phrases.push(phrase.words.clone()),
            }
        }
        marks
    }

    pub(crate) fn snippet(&self, text: &str) -> String {
        let matches = self.matches(text);
        let best = best(text, &matches);
        let (from, to) = window(text, best);
        let inside: Vec<Span> =
            matches.iter().map(|found| found.span).filter(|span| from <= span.from && span.to <= to).collect();
        render(text, from, to, &inside)
    }

    /// Returns the matches in their order, neither overlapping nor too many.
    fn matches(&self, text: &str) -> Vec<Match> {
        let mut matches: Vec<Match> = Vec::new();
        let mut recent: Vec<(String, Span)> = Vec::new();
        let longest = self.phrases.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut words = Words::new(text);
        let mut word = String::new();
        while let Some(span) = words.next_into(&mut word) {
            if matches.len() >= MATCHES_MAX {
                break;
            }
            if let Some(clause) = self.words.get(&word) {
                matches.push(Match { span, clause: *clause });
            }
            if !self.phrases.is_empty() {
                recent.push((word.clone(), span));
                if recent.len() > longest {
                    recent.remove(0);
                }
                self.phrases_ending(&recent, &mut matches);
            }
        }
        matches
    }

    /// Adds the phrases that end with the last word, in place of single words inside them.
    fn phrases_ending(&self, recent: &[(String, Span)], matches: &mut Vec<Match>) {
        for (n, phrase) in self.phrases.iter().enumerate() {
            let Some(start) = recent.len().checked_sub(phrase.len()) else { continue };
            let tail = &recent[start..];
            if tail.is_empty() || !tail.iter().map(|(word, _)| word).eq(phrase) {
                continue;
            }
            let span = Span { from: tail[0].1.from, to: tail[tail.len() - 1].1.to };
            while matches.last().is_some_and(|last| last.span.from >= span.from) {
                matches.pop();
            }
            if matches.last().is_none_or(|last| last.span.to <= span.from) {
                // Clauses of phrases are counted after those of words.
                matches.push(Match { span, clause: usize::MAX - n });
            }
        }
    }
}

/// Returns the span of matches that answers most clauses within one snippet, the earliest of equals.
fn best(text: &str, matches: &[Match]) -> Option<Span> {
    let mut best: Option<(usize, usize, Span)> = None;
    for (at, first) in matches.iter().enumerate() {
        let end = after_chars(text, first.span.from, SNIPPET_CHARS - BEFORE_CHARS / 2).max(first.span.to);
        let within: Vec<&Match> = matches[at..].iter().take_while(|found| found.span.to <= end).collect();
        let mut clauses: Vec<usize> = within.iter().map(|found| found.clause).collect();
        clauses.sort_unstable();
        clauses.dedup();
        let to = within.last().map_or(first.span.to, |last| last.span.to);
        let rank = (clauses.len(), within.len().min(4));
        if best.is_none_or(|(clauses, count, _)| rank > (clauses, count)) {
            best = Some((rank.0, rank.1, Span { from: first.span.from, to }));
        }
    }
    best.map(|(_, _, span)| span)
}

/// Returns where the snippet begins and ends: whole words around the span, as many characters as it takes.
fn window(text: &str, best: Option<Span>) -> (usize, usize) {
    let span = best.unwrap_or(Span { from: 0, to: 0 });
    let used = text[span.from..span.to].chars().count();
    let before = BEFORE_CHARS.min(SNIPPET_CHARS.saturating_sub(used) / 2);
    let mut from = before_chars(text, span.from, before);
    if from > 0 && text[..from].ends_with(|c: char| !c.is_whitespace()) {
        // In the middle of a word: begin after it.
        from = text[from..span.from].find(char::is_whitespace).map_or(span.from, |gap| from + gap);
    }
    let taken = text[from..span.to].chars().count();
    let limit = after_chars(text, span.to, SNIPPET_CHARS.saturating_sub(taken));
    let mut to = limit;
    if to < text.len() && text[to..].starts_with(|c: char| !c.is_whitespace()) {
        // In the middle of a word: end before it, unless the words never end.
        to = text[span.to..to]
            .rfind(char::is_whitespace)
            .map_or(if best.is_some() { span.to } else { limit }, |gap| span.to + gap);
    }
    (from, to)
}

fn after_chars(text: &str, from: usize, count: usize) -> usize {
    text[from..].char_indices().nth(count).map_or(text.len(), |(at, _)| from + at)
}

fn before_chars(text: &str, to: usize, count: usize) -> usize {
    if count == 0 {
        return to;
    }
    text[..to].char_indices().nth_back(count - 1).map_or(0, |(at, _)| at)
}

/// Writes a piece of the text in one line with its matches marked.
fn render(text: &str, from: usize, to: usize, matches: &[Span]) -> String {
    let mut out = String::with_capacity(to - from + 32);
    if text[..from].chars().any(is_shown) {
        out.push('…');
    }
    let mut gap = false;
    let mut matches = matches.iter().peekable();
    for (offset, c) in text[from..to].char_indices() {
        let at = from + offset;
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        let opens = matches.peek().is_some_and(|span| span.from == at);
        if is_shown(c) || opens {
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            if opens {
                out.push(OPEN);
            }
            out.extend(shown(c));
        }
        if matches.next_if(|span| span.to == at + c.len_utf8()).is_some() {
            out.push(CLOSE);
        }
    }
    if text[to..].chars().any(is_shown) {
        out.push('…');
    }
    out
}

fn is_shown(c: char) -> bool {
    shown(c).is_some() && !c.is_whitespace()
}

/// Returns the character as it may stand in a snippet: no control, no change of direction, no mark of ours.
fn shown(c: char) -> Option<char> {
    match c {
        OPEN => Some('<'),
        CLOSE => Some('>'),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(words: &[&str], phrases: &[&[&str]]) -> Marks {
        Marks {
            words: words.iter().enumerate().map(|(n, word)| ((*word).to_owned(), n)).collect(),
            phrases: phrases.iter().map(|phrase| phrase.iter().map(|word| (*word).to_owned()).collect()).collect(),
        }
    }

    #[test]
    fn matches_are_marked_in_one_line() {
        let marks = marks(&["reunion", "reunions"], &[]);
        assert_eq!(
            marks.snippet("Préparer\n\n  une Réunion :\tl’ordre des réunions\u{7}."),
            "Préparer une ‹Réunion› : l’ordre des ‹réunions›."
        );
        assert_eq!(marks.snippet("rien \u{202e}‹ici›"), "rien <ici>");
        assert_eq!(marks.snippet(""), "");
        assert_eq!(marks.snippet("réunion"), "‹réunion›");
    }

    #[test]
    fn phrases_are_marked_as_one() {
        let marks = marks(&["prise"], &[&["prise", "de", "decision"]]);
        assert_eq!(
            marks.snippet("une prise, la prise de\ndécision, décision"),
            "une ‹prise›, la ‹prise de décision›, décision"
        );
    }

    #[test]
    fn the_window_holds_most_clauses() {
        let filler = "mot ".repeat(100);
        let text = format!("vélo {filler} le vélo de l'atelier {filler} vélo");
        let shown = marks(&["velo", "atelier"], &[]).snippet(&text);
        assert!(shown.contains("le ‹vélo› de l'‹atelier› mot"), "{shown}");
        assert!(shown.starts_with('…') && shown.ends_with("mot…"), "{shown}");
        let chars = shown.chars().filter(|c| !"‹›…".contains(*c)).count();
        assert!((100..=SNIPPET_CHARS).contains(&chars), "{chars}");
    }

    #[test]
    fn any_text_gives_a_clean_snippet() {
        let pieces =
            ["é", "漢字", " ", "\n", "velo", "\u{1b}[31m", "\u{301}", "𝄞", "‹", "›", "x".repeat(300).as_str(), "'"]
                .map(String::from);
        let marks = marks(&["velo", "漢"], &[&["velo", "velo"]]);
        for seed in 0..2_000_usize {
            let mut number = seed;
            let mut text = String::new();
            for _ in 0..(seed % 90) {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(&pieces[(number >> 33) % pieces.len()]);
            }
            let shown = marks.snippet(&text);
            assert!(!shown.chars().any(char::is_control), "{text:?}");
            assert_eq!(shown.matches(OPEN).count(), shown.matches(CLOSE).count(), "{text:?} {shown:?}");
            assert!(shown.chars().count() <= 3 * SNIPPET_CHARS, "{text:?} {shown:?}");
        }
    }
}
