//! The one function through which every string from others passes before it reaches a terminal or a log.
//!
//! Nothing is dropped: what could move the cursor, change colours, reorder the line or hide in it is shown as a visible
//! character, so that a reader sees that it is there.

use std::fmt::Write;

/// Makes a string safe on one line: line ends are shown too.
pub(crate) fn display(text: &str) -> String {
    visible(text, false)
}

/// Makes a text safe and keeps its line ends and tabs.
pub(crate) fn display_lines(text: &str) -> String {
    visible(text, true)
}

/// Escapes what [`display`] would show otherwise in a finished JSON text, where it can stand inside strings alone: the
/// value stays exactly the same.
pub(crate) fn escape_json(json: &str) -> String {
    if !json.chars().any(hides) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if hides(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn visible(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' if lines => out.push(c),
            '\t' => out.push(' '),
            '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            c if hides(c) => {
                let _ = write!(out, "<U+{:04X}>", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Whether a character acts on a terminal, or can't be seen, without being a C0 control (JSON escapes those by itself).
fn hides(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown() {
        for (text, shown) in [
            ("pompe à main", "pompe à main"),
            ("\u{1b}[31mrouge", "␛[31mrouge"),
            ("a\rb\nc", "a␍b␊c"),
            ("bell\u{7}", "bell␇"),
            ("del\u{7f}", "del␡"),
            ("\u{9b}31m", "<U+009B>31m"),
            ("abc\u{202e}def", "abc<U+202E>def"),
            ("\u{2066}x\u{2069}", "<U+2066>x<U+2069>"),
            ("a\u{200b}b\u{feff}", "a<U+200B>b<U+FEFF>"),
            ("é\u{fffd}日本", "é\u{fffd}日本"),
        ] {
            assert_eq!(display(text), shown);
        }
    }

    #[test]
    fn line_ends_are_kept_where_lines_are_shown() {
        assert_eq!(display_lines("a\n\tb\r\u{1b}"), "a\n\tb␍␛");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = serde_json::json!({"title": "x\u{1b}\u{9b}\u{202e}\u{200b}\u{e0041}é"});
        let text = escape_json(&value.to_string());
        assert!(!text.chars().any(|c| hides(c) || c.is_control()), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("still JSON"), value);
    }
}
