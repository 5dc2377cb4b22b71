//! Rows in columns: two spaces between them, as wide as their widest cell, nothing at the end of a line.

use unicode_width::UnicodeWidthStr;

use super::Ui;
use super::display::display;

/// How wide a column grows, in columns of the terminal; a longer cell pushes its row to the right.
const COLUMN_WIDTH_MAX: usize = 48;

/// Prints rows; empty cells take their column's place.
pub(crate) fn print(ui: &Ui, rows: &[Vec<String>]) {
    for line in lines(rows) {
        ui.safe_line(&line);
    }
}

/// Sets rows in columns. A column that is empty in every row is left out.
pub(crate) fn lines(rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| display(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let width = |row: &Vec<String>| row.get(column).map_or(0, |cell| cell.width());
            rows.iter().map(width).max().unwrap_or(0).min(COLUMN_WIDTH_MAX)
        })
        .collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut out = String::new();
    for (cell, width) in row.iter().zip(widths) {
        if *width == 0 {
            continue;
        }
        out.push_str(cell);
        let fill = width.saturating_sub(cell.width()) + 2;
        out.extend(std::iter::repeat_n(' ', fill));
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let rows = [row(&["a", "", "émile", "x"]), row(&["bbb", "", "é", ""])];
        assert_eq!(lines(&rows), ["a    émile  x", "bbb  é"]);
    }

    #[test]
    fn cells_are_made_safe() {
        assert_eq!(lines(&[vec!["a\u{1b}[1m\nb".to_owned()]]), ["a␛[1m␊b"]);
    }
}
