//! A door between two sessions: frames wait in a queue each way, and every honest claim of the sessions is checked.

use std::collections::VecDeque;

use super::memory::{Dice, Memory};
use crate::model::id::Timestamp;
use crate::sync::{CloseReason, Config, Faults, Input, Outcome, Output, Report, Session};

pub(super) const DIALLER: usize = 0;
pub(super) const LISTENER: usize = 1;

/// One end.
pub(super) struct End {
    pub(super) session: Session,
    inbox: VecDeque<Vec<u8>>,
    pub(super) reports: Vec<Report>,
    pub(super) closed: Option<CloseReason>,
    pub(super) sent: Vec<Vec<u8>>,
    told: bool,
}

/// The stream between a dialler and a listener.
pub(super) struct Door {
    pub(super) ends: [End; 2],
    pub(super) now: i64,
    pub(super) delivered: usize,
}

pub(super) fn config(local: u8, remote: u8) -> Config {
    Config { local_peer: vec![local; 38], remote_peer: vec![remote; 38], ..Config::default() }
}

impl End {
    /// Takes the next frame on its way to this end.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        self.inbox.pop_front()
    }
}

impl Door {
    pub(super) fn new(memories: [&mut Memory; 2]) -> Door {
        Door::with(memories, |_| {})
    }

    pub(super) fn faulty(memories: [&mut Memory; 2], faults: Faults) -> Door {
        Door::with(memories, |config| config.faults = faults)
    }

    pub(super) fn open(memories: [&mut Memory; 2]) -> Door {
        Door::with(memories, |config| config.keep_open = true)
    }

    pub(super) fn with(memories: [&mut Memory; 2], change: impl Fn(&mut Config)) -> Door {
        let (mut dialler, mut listener) = (config(1, 2), config(2, 1));
        change(&mut dialler);
        change(&mut listener);
        let end = |session| End {
            session,
            inbox: VecDeque::new(),
            reports: Vec::new(),
            closed: None,
            sent: Vec::new(),
            told: false,
        };
        let community = memories[DIALLER].community;
        let ends = [end(Session::dial(community, dialler)), end(Session::listen(listener))];
        let mut door = Door { ends, now: 0, delivered: 0 };
        door.give(LISTENER, Input::Opened, memories[LISTENER]);
        door.give(DIALLER, Input::Opened, memories[DIALLER]);
        door
    }

    /// Gives an input to one end.
    pub(super) fn give(&mut self, side: usize, input: Input, memory: &mut Memory) {
        let outputs = self.ends[side].session.handle(input, memory, Timestamp(self.now));
        for output in outputs {
            assert!(self.ends[side].closed.is_none(), "nothing comes after Close");
            match output {
                Output::Send(frame) => {
                    assert!(frame.len() <= crate::sync::FRAME_BYTES_MAX);
                    self.ends[side].sent.push(frame.clone());
                    self.ends[1 - side].inbox.push_back(frame);
                }
                Output::Finished(report) => self.ends[side].reports.push(report),
                Output::Close(reason) => self.ends[side].closed = Some(reason),
                Output::Progress(_) | Output::Learned { .. } => {}
            }
        }
    }

    pub(super) fn give_if_open(&mut self, side: usize, input: Input, memory: &mut Memory) {
        if self.ends[side].closed.is_none() {
            self.give(side, input, memory);
        }
    }

    /// Delivers the next frame to one end; tells whether there was one.
    pub(super) fn deliver(&mut self, side: usize, memories: [&mut Memory; 2]) -> bool {
        let [dialler, listener] = memories;
        let (memory, sender) = if side == DIALLER { (dialler, listener) } else { (listener, dialler) };
        let Some(frame) = self.ends[side].inbox.pop_front() else { return false };
        self.delivered += 1;
        self.give(side, Input::Frame(frame), memory);
        if self.ends[side].inbox.is_empty() {
            self.give(1 - side, Input::Writable, sender);
        }
        true
    }

    /// Tells an end that the other closed, once all that the other sent has come.
    fn hang_up(&mut self, side: usize, memory: &mut Memory) -> bool {
        let over = self.ends[1 - side].closed.is_some() && self.ends[side].inbox.is_empty();
        if !over || self.ends[side].closed.is_some() || self.ends[side].told {
            return false;
        }
        self.ends[side].told = true;
        self.give(side, Input::Closed, memory);
        true
    }

    /// Lets both ends run until nothing moves, all frames of one flight before those of the next.
    pub(super) fn run(&mut self, dialler: &mut Memory, listener: &mut Memory) {
        for _ in 0..100_000 {
            let mut moved = false;
            for side in [LISTENER, DIALLER] {
                for _ in 0..self.ends[side].inbox.len() {
                    moved |= self.deliver(side, [dialler, listener]);
                }
            }
            moved |= self.hang_up(DIALLER, dialler);
            moved |= self.hang_up(LISTENER, listener);
            if !moved {
                return;
            }
        }
        panic!("the sessions never end");
    }

    /// As `run`, in an order of deliveries that the dice choose.
    pub(super) fn run_shuffled(&mut self, dialler: &mut Memory, listener: &mut Memory, dice: &mut Dice) {
        for _ in 0..1_000_000 {
            let side = dice.below(2);
            let moved = self.deliver(side, [dialler, listener])
                || self.deliver(1 - side, [dialler, listener])
                || self.hang_up(DIALLER, dialler)
                || self.hang_up(LISTENER, listener);
            if !moved {
                return;
            }
        }
        panic!("the sessions never end");
    }

    /// Cuts the stream: what is on its way is lost.
    pub(super) fn cut(&mut self, dialler: &mut Memory, listener: &mut Memory) {
        for side in [DIALLER, LISTENER] {
            self.ends[side].inbox.clear();
        }
        for (side, memory) in [(DIALLER, dialler), (LISTENER, listener)] {
            if self.ends[side].closed.is_none() {
                self.give(side, Input::Closed, memory);
            }
        }
    }

    pub(super) fn outcomes(&self) -> [Option<Outcome>; 2] {
        [DIALLER, LISTENER].map(|side| self.ends[side].reports.last().map(|report| report.outcome))
    }

    pub(super) fn report(&self, side: usize) -> &Report {
        self.ends[side].reports.last().expect("a report")
    }
}

/// Runs one session from beginning to end; both ends must call it complete.
pub(super) fn sync(dialler: &mut Memory, listener: &mut Memory) -> [Report; 2] {
    let mut door = Door::new([dialler, listener]);
    door.run(dialler, listener);
    assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2]);
    assert_eq!([door.ends[0].closed, door.ends[1].closed], [Some(CloseReason::Ended); 2]);
    [door.report(DIALLER).clone(), door.report(LISTENER).clone()]
}

/// Holds that two replicas hold the same, and soundly.
pub(super) fn assert_equal(one: &Memory, other: &Memory) {
    one.check();
    other.check();
    let (one, other) = (one.holdings(), other.holdings());
    assert!(one.0 == other.0, "entries differ: {} and {}", one.0.len(), other.0.len());
    assert!(one.1 == other.1, "payloads differ: {} and {}", one.1.len(), other.1.len());
}
