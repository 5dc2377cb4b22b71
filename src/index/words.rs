//! Words: how a text is cut, and folded so that case and accents make no difference.
//!
//! A word is a run of letters, digits and combining marks; an ideograph is a word of its own. What French elides before
//! an apostrophe (`l'accueil`, `d’eau`) and the English possessive (`community's`) are left out.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Longest word in bytes, folded; the rest of a longer one is left out, here and in queries alike.
pub(crate) const WORD_BYTES_MAX: usize = 64;

/// What French drops a vowel from before an apostrophe.
const ELIDED: [&str; 13] = ["l", "d", "j", "m", "t", "s", "c", "n", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"];

/// Where a word stands in a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// Cuts a text into words.
pub(crate) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str) -> Words<'a> {
        Words { text, at: 0 }
    }

    /// Writes the next word, folded, and returns its place.
    pub(crate) fn next_into(&mut self, word: &mut String) -> Option<Span> {
        loop {
            let span = self.run(word)?;
            let elided = self.apostrophe_joins() && ELIDED.contains(&word.as_str());
            let possessive = word == "s" && self.text[..span.from].ends_with(is_apostrophe);
            if !word.is_empty() && !elided && !possessive {
                return Some(span);
            }
        }
    }

    /// Reads the next run of word characters, whatever it means.
    fn run(&mut self, word: &mut String) -> Option<Span> {
        word.clear();
        let bytes = self.text.as_bytes();
        let mut from = None;
        while let Some(&byte) = bytes.get(self.at) {
            if byte.is_ascii() {
                if byte.is_ascii_alphanumeric() {
                    from.get_or_insert(self.at);
                    if word.len() < WORD_BYTES_MAX {
                        word.push(byte.to_ascii_lowercase().into());
                    }
                } else if from.is_some() {
                    break;
                }
                self.at += 1;
                continue;
            }
            let c = self.text[self.at..].chars().next()?;
            if is_ideograph(c) {
                if from.is_none() {
                    from = Some(self.at);
                    word.push(c);
                    self.at += c.len_utf8();
                }
                break;
            }
            if c.is_alphanumeric() || is_combining_mark(c) {
                from.get_or_insert(self.at);
                fold_char(c, word);
            } else if from.is_some() {
                break;
            }
            self.at += c.len_utf8();
        }
        from.map(|from| Span { from, to: self.at })
    }

    /// Tells whether an apostrophe stands here and a word follows at once.
    fn apostrophe_joins(&self) -> bool {
        let mut rest = self.text[self.at..].chars();
        rest.next().is_some_and(is_apostrophe) && rest.next().is_some_and(char::is_alphanumeric)
    }
}

/// Returns the words of a text, folded.
pub(crate) fn cut(text: &str) -> Vec<String> {
    let mut words = Words::new(text);
    let mut word = String::new();
    let mut all = Vec::new();
    while words.next_into(&mut word).is_some() {
        all.push(word.clone());
    }
    all
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '＇')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Marks that a reader leaves out when typing: accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{652}' | '\u{670}')
}

/// Appends a character in lower case without accents, unless the word is full.
fn fold_char(c: char, word: &mut String) {
    if word.len() + 4 > WORD_BYTES_MAX {
        return;
    }
    match c {
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' => word.push('e'),
        'à' | 'â' | 'À' => word.push('a'),
        'ç' => word.push('c'),
        'î' | 'ï' => word.push('i'),
        'ô' => word.push('o'),
        'û' | 'ù' => word.push('u'),
        _ => c.to_lowercase().for_each(|c| fold_lower(c, word)),
    }
}

fn fold_lower(c: char, word: &mut String) {
    match c {
        'œ' => word.push_str("oe"),
        'æ' => word.push_str("ae"),
        'ß' => word.push_str("ss"),
        'þ' => word.push_str("th"),
        'ø' => word.push('o'),
        'đ' | 'ð' => word.push('d'),
        'ł' => word.push('l'),
        'ħ' => word.push('h'),
        'ı' => word.push('i'),
        'ς' => word.push('σ'),
        _ => decompose_compatible(c, |part| {
            if !is_accent(part)
                && (part.is_alphanumeric() || is_combining_mark(part))
                && word.len() + 4 <= WORD_BYTES_MAX
            {
                word.extend(part.to_lowercase());
            }
        }),
    }
}

/// The same, as the engine asks for it.
#[derive(Clone, Default)]
pub(crate) struct WordTokenizer {
    token: Token,
}

/// Words of one text, one after the other.
pub(crate) struct WordStream<'a> {
    words: Words<'a>,
    token: &'a mut Token,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream { words: Words::new(text), token: &mut self.token }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(span) = self.words.next_into(&mut self.token.text) else {
            return false;
        };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = span.from;
        self.token.offset_to = span.to;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(cut(text).join(" "), expected, "{text:?}");
    }

    #[test]
    fn words_are_cut_and_folded() {
        check("Les DONNÉES, où ça ?", "les donnees ou ca");
        check("E\u{301}nergie e\u{301}tude", "energie etude");
        check("cœur Æther Straße Łódź ﬁn", "coeur aether strasse lodz fin");
        check("mot-clé snake_case 3,5 v2.0", "mot cle snake case 3 5 v2 0");
        check("", "");
        check("\u{301} ' ’ -- \u{0} \u{1b}[31m", "31m");
    }

    #[test]
    fn elisions_and_possessives_are_left_out() {
        check("l'accueil d’eau qu'elle L'Été jusqu’ici", "accueil eau elle ete ici");
        check("the community's tools, the members' room", "the community tools the members room");
        check("don't aujourd'hui l' d", "don t aujourd hui l d");
    }

    #[test]
    fn other_scripts() {
        check("Ελλάδος ΟΔΟΣ", "ελλαδοσ οδοσ");
        check("会議 notes", "会 議 notes");
        check("Ёлка й", "елка и");
    }

    #[test]
    fn long_words_are_cut_at_a_character() {
        let word = "é".repeat(500);
        let cut_word = &cut(&word)[0];
        assert!(cut_word.len() <= WORD_BYTES_MAX && cut_word.len() > WORD_BYTES_MAX - 5);
        let ideographs = "漢".repeat(3);
        assert_eq!(cut(&ideographs).len(), 3);
        assert!(cut(&"ж".repeat(500))[0].len() <= WORD_BYTES_MAX);
    }

    #[test]
    fn spans_fit_the_text() {
        let text = "… l’été: Œuvre";
        let mut words = Words::new(text);
        let mut word = String::new();
        let mut spans = Vec::new();
        while let Some(span) = words.next_into(&mut word) {
            spans.push(&text[span.from..span.to]);
        }
        assert_eq!(spans, ["été", "Œuvre"]);
    }
}
