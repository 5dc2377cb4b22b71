//! How far long work is: a bar on a terminal, a line every few seconds elsewhere, nothing with `-q`.

use std::io::{self, IsTerminal};
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::messages::Messages;
use crate::ui::{Mode, Ui};

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The progress of one piece of work.
#[derive(Debug)]
pub(crate) struct Progress {
    messages: Rc<Messages>,
    label: &'static str,
    started: Instant,
    shown: Instant,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Silent,
    Lines,
    Bar(Option<ProgressBar>),
}

impl Progress {
    /// Work that begins now, with the key of its name; nothing is shown yet.
    pub(crate) fn new(ui: &Ui, label: &'static str) -> Progress {
        let kind = match ui.mode {
            Mode::Quiet => Kind::Silent,
            _ if io::stderr().is_terminal() => Kind::Bar(None),
            _ => Kind::Lines,
        };
        let now = Instant::now();
        Progress { messages: ui.messages.clone(), label, started: now, shown: now, kind }
    }

    /// So much is done.
    pub(crate) fn show(&mut self, done: u64, total: Option<u64>) {
        if self.started.elapsed() < PATIENCE {
            return;
        }
        let total = total.filter(|total| *total > 0);
        match &mut self.kind {
            Kind::Silent => {}
            Kind::Bar(bar) => {
                let bar = bar.get_or_insert_with(|| new_bar(total, self.messages.get(self.label, &[])));
                if let Some(total) = total {
                    bar.set_length(total);
                }
                bar.set_position(done);
            }
            Kind::Lines if self.shown.elapsed() >= LINE_EVERY => {
                self.shown = Instant::now();
                let label = self.messages.get(self.label, &[]);
                match total {
                    Some(total) => eprintln!("{label}: {done} / {total}"),
                    None => eprintln!("{label}: {done}"),
                }
            }
            Kind::Lines => {}
        }
    }

    /// The work is over: the bar goes.
    pub(crate) fn end(self) {
        if let Kind::Bar(Some(bar)) = self.kind {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(total: Option<u64>, label: String) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{msg} {wide_bar} {human_pos} / {human_len} {eta}"),
        None => (ProgressBar::new_spinner(), "{msg} {human_pos} {elapsed}"),
    };
    let style = ProgressStyle::with_template(template).expect("a template of ours");
    bar.with_style(style).with_message(label)
}
