//! Entries of a document.

use repertoire::node::request::HistoryRow;
use serde_json::Value;

use super::document::plain;
use super::minute;
use crate::ui::display::display;
use crate::ui::{FAINT, Mode, Ui, paint};

/// How much of a value a line of history shows, in characters.
const VALUE_CHARS_MAX: usize = 60;

/// Prints entries, oldest first.
pub(crate) fn print(ui: &Ui, rows: &[HistoryRow]) {
    for row in rows {
        match ui.mode {
            Mode::Json => ui.object(row),
            Mode::Quiet => ui.line(&row.entry),
            Mode::Human => {
                let mut line = format!("{}  {}", display(&minute(&row.at)), display(&row.by));
                if row.verdict != "counted" && !row.verdict.is_empty() {
                    line += &format!("  ({})", ui.messages.word("verdict", &row.verdict));
                }
                let entry = row.entry.get(..8).unwrap_or(&row.entry);
                ui.safe_line(&format!("{line}  {}", paint(FAINT, &display(entry))));
                for op in &row.ops {
                    ui.line(&format!("    {}", operation(op)));
                }
            }
        }
    }
}

fn operation(op: &Value) -> String {
    let part = |name: &str| op.get(name).filter(|value| !value.is_null()).map(plain).unwrap_or_default();
    let value = part("value").replace('\n', " ");
    let mut short: String = value.chars().take(VALUE_CHARS_MAX).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    let sign = match part("op").as_str() {
        "insert" | "add" | "append" | "place" => "+",
        "delete" | "remove" | "clear" | "drop" => "-",
        "set" | "put" => "=",
        _ => "·",
    };
    format!("{} {sign} {short}", part("field")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_short() {
        let op = serde_json::json!({"field": "dose", "op": "set", "value": "PT30M"});
        assert_eq!(operation(&op), "dose = PT30M");
        let long = serde_json::json!({"field": "problem", "op": "insert", "value": "é".repeat(100)});
        assert_eq!(operation(&long), format!("problem + {}…", "é".repeat(60)));
    }
}
