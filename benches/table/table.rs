//! The table: one row a figure, with its target and what the known tools need for the same.

use std::time::Duration;

/// What is printed at the end.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    notes: Vec<(&'static str, String)>,
}

struct Row {
    what: &'static str,
    ours: String,
    target: &'static str,
}

impl Table {
    /// Adds a figure of ours, and shows it at once.
    pub(crate) fn add(&mut self, what: &'static str, ours: String, target: &'static str) {
        println!("  {what}: {ours}");
        self.rows.push(Row { what, ours, target });
    }

    /// Notes what a known tool needs for the figure `what`.
    pub(crate) fn beside(&mut self, what: &'static str, theirs: String) {
        println!("  ({what}: {theirs})");
        self.notes.push((what, theirs));
    }

    /// Prints everything as a Markdown table.
    pub(crate) fn print(&self) {
        println!("\n| what | here | target | beside |\n| --- | --- | --- | --- |");
        for Row { what, ours, target } in &self.rows {
            let beside: Vec<&str> =
                self.notes.iter().filter(|(of, _)| of == what).map(|(_, theirs)| theirs.as_str()).collect();
            println!("| {what} | {ours} | {target} | {} |", beside.join("; "));
        }
    }
}

/// Writes a time with a fitting unit.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 1.0 { format!("{seconds:.1} s") } else { format!("{:.1} ms", seconds * 1e3) }
}

/// Writes a size with a fitting unit.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}
