//! QR codes on a terminal: two rows of modules a line, drawn with half blocks.

use anstyle::{AnsiColor, Color, Style};
use qrcode::{Color as Module, EcLevel, QrCode};

/// Light modules are drawn, on black: so the code is right on a dark terminal even where colours are left out.
pub(crate) const STYLE: Style =
    Style::new().fg_color(Some(Color::Ansi(AnsiColor::BrightWhite))).bg_color(Some(Color::Ansi(AnsiColor::Black)));

/// Light modules around the code, as the standard asks.
const MARGIN: usize = 4;

/// Draws the code of a text; nothing where it is too long for any code.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else { return Vec::new() };
    let (width, modules) = (code.width(), code.to_colors());
    let size = width + 2 * MARGIN;
    let light = |row: usize, column: usize| {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < width);
        match (inside(row), inside(column)) {
            (Some(row), Some(column)) => modules[row * width + column] == Module::Light,
            _ => row < size,
        }
    };
    let half = |row: usize, column: usize| match (light(row, column), light(row + 1, column)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    (0..size).step_by(2).map(|row| (0..size).map(|column| half(row, column)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_margin_and_its_three_eyes() {
        let lines = lines(&"A".repeat(repertoire::model::governance::invitation::PART_CHARS_MAX));
        let grid: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
        assert_eq!((grid.len(), grid[0].len()), (49, 97), "version 18");
        assert!(grid[0].iter().all(|c| *c == '█'));
        // The eyes: seven dark modules beside four light ones.
        let eye = |line: usize, from: usize| grid[line][from..from + 7].iter().collect::<String>();
        assert_eq!([eye(2, 4), eye(2, 86)], [" ▄▄▄▄▄ ", " ▄▄▄▄▄ "]);
        assert_eq!(eye(3, 4), " █   █ ");
        assert!(super::lines(&"a".repeat(5_000)).is_empty());
    }
}
