//! What a failed dial means: libp2p's nested errors as an [`Answer`] for each address.

use std::error::Error;
use std::io;

use libp2p::core::transport::TransportError;
use libp2p::swarm::DialError;
use libp2p::{Multiaddr, connection_limits};

use super::address::{Address, PeerId};
use super::event::{Answer, Tried};
use super::stream::Refusal;

/// Turns the failure of a dial to `addresses` into one answer for each address that was tried.
pub(super) fn answers(error: DialError, addresses: &[Address]) -> Vec<Tried> {
    let all = |answer: Answer| addresses.iter().map(|address| tried(&address.0, answer.clone())).collect();
    match error {
        DialError::Transport(errors) => {
            errors.into_iter().map(|(address, error)| tried(&address, transport(error))).collect()
        }
        DialError::LocalPeerId { address } => vec![tried(&address, Answer::OwnKey)],
        DialError::WrongPeerId { obtained, address } => {
            vec![tried(&address, Answer::WrongPeer { found: PeerId(obtained) })]
        }
        DialError::Denied { cause } => {
            all(Answer::NotDialled(if let Some(limit) = cause.downcast_ref::<connection_limits::Exceeded>() {
                limit.to_string()
            } else if let Some(refusal) = cause.downcast_ref::<Refusal>() {
                refusal.to_string()
            } else {
                cause.to_string()
            }))
        }
        DialError::NoAddresses => all(Answer::NotDialled("no address is known".into())),
        DialError::DialPeerConditionFalse(_) => all(Answer::NotDialled("a dial or link is there already".into())),
        DialError::Aborted => all(Answer::NotDialled("the dial was given up".into())),
    }
}

fn tried(address: &Multiaddr, answer: Answer) -> Tried {
    Tried { address: Address(address.clone()).bare().to_string(), answer }
}

fn transport(error: TransportError<io::Error>) -> Answer {
    let error = match error {
        TransportError::MultiaddrNotSupported(_) => return Answer::Undialable,
        TransportError::Other(error) => error,
    };
    let words = innermost(&error);
    if words.contains("aborted by peer") {
        return Answer::ClosedAtOnce;
    }
    if words.contains("imeout") || words.contains("timed out") {
        return Answer::TimedOut;
    }
    match cause(&error) {
        Some(io::ErrorKind::ConnectionRefused) => Answer::Refused,
        Some(io::ErrorKind::TimedOut) => Answer::TimedOut,
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::AddrNotAvailable) => {
            Answer::Unreachable
        }
        Some(
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe,
        )
        | None => Answer::Handshake(words),
        Some(_) => Answer::Other(words),
    }
}

/// Finds the kind of the system's error below the transports' wrappers.
pub(super) fn cause(error: &io::Error) -> Option<io::ErrorKind> {
    if error.raw_os_error().is_some() || error.kind() != io::ErrorKind::Other {
        return Some(error.kind());
    }
    let mut next: Option<&(dyn Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(inner) = next {
        match inner.downcast_ref::<io::Error>() {
            Some(error) => return cause(error),
            None => next = inner.source(),
        }
    }
    // Some wrappers hide the system's error but speak with its words.
    let words = innermost(error);
    let number = words.rsplit_once("(os error ")?.1.strip_suffix(')')?;
    Some(io::Error::from_raw_os_error(number.parse().ok()?).kind())
}

/// Returns the words of the deepest cause.
fn innermost(error: &io::Error) -> String {
    let mut last: &(dyn Error + 'static) = error;
    loop {
        let inner = match last.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => last.source(),
        };
        match inner {
            Some(inner) => last = inner,
            None => return last.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_found_below_its_wrappers() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let wrapped = io::Error::other(io::Error::other(refused));
        assert_eq!(cause(&wrapped), Some(io::ErrorKind::ConnectionRefused));
        assert_eq!(transport(TransportError::Other(wrapped)), Answer::Refused);
        let late = io::Error::other("Timeout has been reached");
        assert_eq!(transport(TransportError::Other(late)), Answer::TimedOut);
    }
}
