//! Dials: from a target, or from the book, to a connection or a list of answers.

use std::collections::VecDeque;
use std::time::Duration;

use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError};
use tokio::time::Instant;

use super::super::address::{Address, PeerId, Target};
use super::super::answer;
use super::super::config::Listen;
use super::super::event::{Answer, DialId, Event, Tried};
use super::super::plan::{self, Plan};
use super::{Driver, lock};

/// Dials under way that the holder asked for; more are refused in words.
const ASKED: usize = 64;

/// Where TCP was refused, QUIC is hardly there: it says nothing when a port is closed, so it gets only this long.
const AFTER_REFUSAL: Duration = Duration::from_secs(3);

/// A dial from its target to its end.
pub(super) struct Attempt {
    dial: Option<DialId>,
    /// The peer in the book that waits for the outcome.
    booked: Option<libp2p::PeerId>,
    peer: Option<PeerId>,
    steps: VecDeque<Vec<Address>>,
    tried: Vec<Tried>,
    flying: usize,
    next_at: Option<Instant>,
    give_up_at: Option<Instant>,
}

impl Attempt {
    pub(super) fn wake(&self) -> Option<Instant> {
        [self.next_at, self.give_up_at].into_iter().flatten().min()
    }
}

impl Driver {
    pub(super) fn dial(&mut self, dial: Option<DialId>, booked: Option<libp2p::PeerId>, target: Target) {
        let peer = target.peer().or(booked.map(PeerId));
        let attempt = Attempt {
            dial,
            booked,
            peer,
            steps: VecDeque::new(),
            tried: Vec::new(),
            flying: 0,
            next_at: None,
            give_up_at: None,
        };
        let number = self.next_number();
        let asked = self.attempts.values().filter(|attempt| attempt.booked.is_none()).count();
        self.attempts.insert(number, attempt);
        if booked.is_none() && asked >= ASKED {
            return self.fail(number, vec![not_dialled(&target, "too many dials under way")]);
        }
        let together = self.config.listen != Listen::Nowhere;
        let plans = self.plans.0.clone();
        tokio::spawn(async move {
            let plan = plan::plan(target, together).await;
            let _ = plans.send((number, plan));
        });
    }

    /// Dials whom the book says is due.
    pub(super) fn dial_from_book(&mut self, now: Instant) {
        while let Some((peer, addresses)) = self.book.take(now) {
            if self.seats.contains_key(&peer) {
                self.book.reached(peer, now);
                continue;
            }
            let places = addresses.into_iter().map(|address| address.with_peer(PeerId(peer))).collect();
            self.dial(None, Some(peer), Target::Places(places));
        }
    }

    /// Gives back to the book what it was dialling: over a network that changed, a dial may wait long for nothing. What
    /// succeeds all the same is welcome.
    pub(super) fn abandon_booked(&mut self, now: Instant) {
        let booked = self.attempts.iter().filter_map(|(number, attempt)| Some((*number, attempt.booked?)));
        for (number, peer) in booked.collect::<Vec<_>>() {
            self.attempts.remove(&number);
            self.book.failed(peer, now);
        }
    }

    pub(super) fn on_plan(&mut self, number: u64, plan: Plan) {
        if let Some(attempt) = self.attempts.get_mut(&number) {
            attempt.peer = attempt.peer.or(plan.peer);
            attempt.steps = plan.steps;
            attempt.tried.extend(plan.tried);
            self.advance(number, Instant::now());
        }
    }

    pub(super) fn advance_late_attempts(&mut self, now: Instant) {
        let late = |attempt: &Attempt| attempt.wake().is_some_and(|at| at <= now);
        let late: Vec<_> = self.attempts.iter().filter(|(_, attempt)| late(attempt)).map(|(n, _)| *n).collect();
        for number in late {
            let given_up =
                self.attempts.get(&number).and_then(|attempt| attempt.give_up_at).is_some_and(|at| at <= now);
            if given_up {
                let flying = self.dials.values().filter(|(attempt, _)| *attempt == number);
                let silent = flying.flat_map(|(_, addresses)| addresses.clone());
                let tried = silent.map(|a| Tried { address: a.to_string(), answer: Answer::TimedOut }).collect();
                self.fail(number, tried);
            } else {
                self.advance(number, now);
            }
        }
    }

    /// Starts the next step of an attempt, or ends it when nothing is left to wait for.
    fn advance(&mut self, number: u64, now: Instant) {
        while let Some(attempt) = self.attempts.get_mut(&number) {
            attempt.next_at = None;
            let Some(step) = attempt.steps.pop_front() else {
                if attempt.flying == 0 {
                    self.fail(number, Vec::new());
                }
                return;
            };
            if self.start(number, step, now) {
                return;
            }
        }
    }

    /// Dials the addresses of a step; tells whether one is under way.
    fn start(&mut self, number: u64, step: Vec<Address>, now: Instant) -> bool {
        let Some(attempt) = self.attempts.get_mut(&number) else { return false };
        let (own, addresses): (Vec<_>, Vec<_>) = {
            let ours = lock(&self.shared.addresses);
            step.into_iter().partition(|address| ours.contains(address))
        };
        let dial = attempt.dial;
        for address in &own {
            attempt.tried.push(Tried { address: address.to_string(), answer: Answer::OwnKey });
        }
        let opts = options(attempt.peer, &addresses);
        let mut told: Vec<_> =
            own.into_iter().map(|address| Event::DialledOwnKey { dial, address, own: true }).collect();
        self.outbox.extend(told.drain(..));
        let Some(opts) = opts else { return false };
        let connection = opts.connection_id();
        if let Err(error) = self.swarm.dial(opts) {
            attempt.tried.extend(answer::answers(error, &addresses));
            return false;
        }
        attempt.flying += 1;
        attempt.next_at = (!attempt.steps.is_empty()).then_some(now + self.config.pace.stagger);
        self.dials.insert(connection, (number, addresses));
        true
    }

    pub(super) fn on_dial_error(&mut self, connection: ConnectionId, error: DialError, now: Instant) {
        let Some((number, addresses)) = self.dials.remove(&connection) else { return };
        let Some(attempt) = self.attempts.get_mut(&number) else { return };
        if let DialError::LocalPeerId { address } = &error {
            let event =
                Event::DialledOwnKey { dial: attempt.dial, address: Address(address.clone()).bare(), own: false };
            self.outbox.push_back(event);
        }
        let tried = answer::answers(error, &addresses);
        if tried.iter().any(|tried| tried.answer == Answer::Refused) {
            attempt.give_up_at = Some(now + AFTER_REFUSAL);
        }
        attempt.tried.extend(tried);
        attempt.flying -= 1;
        // The next address starts at once; others that are still under way go on.
        self.advance(number, now);
    }

    /// Ends the attempt that led to this connection; tells which dial of the holder it was.
    pub(super) fn arrived(&mut self, connection: ConnectionId, now: Instant) -> Option<DialId> {
        let (number, _) = self.dials.remove(&connection)?;
        let attempt = self.attempts.remove(&number)?;
        if let Some(peer) = attempt.booked {
            self.book.reached(peer, now);
        }
        attempt.dial
    }

    fn fail(&mut self, number: u64, more: Vec<Tried>) {
        let Some(mut attempt) = self.attempts.remove(&number) else { return };
        attempt.tried.extend(more);
        if let Some(peer) = attempt.booked {
            self.book.failed(peer, Instant::now());
        }
        self.tell(Event::DialFailed { dial: attempt.dial, peer: attempt.peer, tried: attempt.tried });
    }
}

fn options(peer: Option<PeerId>, addresses: &[Address]) -> Option<DialOpts> {
    let first = addresses.first()?;
    // A port of our own for each dial: two nodes that dial each other from their listening ports at one instant would
    // make one TCP connection with a dialler at both ends, and neither handshake could succeed.
    Some(match peer {
        Some(peer) => DialOpts::peer_id(peer.0)
            .condition(PeerCondition::Always)
            .addresses(addresses.iter().map(|address| address.0.clone()).collect())
            .allocate_new_port()
            .build(),
        None => DialOpts::unknown_peer_id().address(first.0.clone()).allocate_new_port().build(),
    })
}

fn not_dialled(target: &Target, words: &str) -> Tried {
    let address = match target {
        Target::Host { host, port } => format!("{host}:{port}"),
        Target::Places(places) => places.first().map(ToString::to_string).unwrap_or_default(),
    };
    Tried { address, answer: Answer::NotDialled(words.into()) }
}
