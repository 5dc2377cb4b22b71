//! What sessions cost in bytes and round trips, against the targets.

use super::converge::circle;
use super::door::sync;
use super::memory::{Dice, Memory};

/// Two nodes that met before and hold so many entries each of so many devices.
fn met(devices: u8, entries: usize) -> (Memory, Memory) {
    let mut nodes = circle(devices);
    let (first, rest) = nodes.split_at_mut(1);
    for node in rest.iter_mut() {
        (0..entries).for_each(|n| _ = node.write(format!("text {n}").as_bytes()));
        sync(node, &mut first[0]);
    }
    for node in rest.iter_mut() {
        sync(node, &mut first[0]);
    }
    let other = nodes.pop().expect("a member");
    (nodes.swap_remove(0), other)
}

#[test]
fn nothing_new_costs_one_round_trip_and_few_bytes() {
    let (mut one, mut other) = met(12, 20);
    let reports = sync(&mut one, &mut other);
    for report in &reports {
        let bytes = report.bytes_in + report.bytes_out - report.bytes_handshake;
        assert!(bytes <= 2 * 130, "{bytes} bytes for two spaces");
        assert_eq!(report.round_trips, 1);
        assert!(report.bytes_handshake < 450, "{} bytes of handshake", report.bytes_handshake);
    }
}

#[test]
fn nothing_new_between_nodes_that_never_met_costs_one_frontier() {
    let (mut one, mut other) = met(12, 20);
    one.forget_meetings();
    other.forget_meetings();
    let report = &sync(&mut one, &mut other)[0];
    let bytes = report.bytes_in + report.bytes_out - report.bytes_handshake;
    // Two spaces of 12 chains, 90 bytes each, told once.
    assert!(bytes <= 2 * 12 * 110, "{bytes} bytes");
    assert_eq!(report.round_trips, 1);
}

#[test]
fn ten_new_among_a_thousand_cost_two_round_trips() {
    let (mut one, mut other) = met(6, 200);
    let mut dice = Dice::new(1);
    for n in 0..20 {
        let text = dice.bytes(700);
        if n % 2 == 0 {
            one.write(&text)
        } else {
            other.write(&text)
        };
    }
    let reports = sync(&mut one, &mut other);
    for report in &reports {
        assert_eq!([report.entries_received, report.entries_sent], [10, 10]);
        assert!(report.round_trips <= 2, "{} round trips", report.round_trips);
        let bytes = report.bytes_in + report.bytes_out - report.bytes_handshake;
        let payloads = 20 * 705;
        assert!(bytes <= payloads + 20 * 160 + 900, "{} bytes beside the payloads", bytes - payloads);
    }
}

#[test]
fn one_side_new_costs_two_round_trips_either_way() {
    for turn in 0..2 {
        let (mut one, mut other) = met(3, 10);
        one.write(b"new");
        let report = if turn == 0 { sync(&mut one, &mut other) } else { sync(&mut other, &mut one) };
        assert!(report[0].round_trips <= 2, "{} round trips", report[0].round_trips);
    }
}

#[test]
fn headers_cost_little_more_than_their_roots() {
    let mut nodes = circle(2);
    (0..5_000).for_each(|n| _ = nodes[0].write(format!("text {n}").as_bytes()));
    nodes[0].forget_signatures(256);
    let (first, rest) = nodes.split_at_mut(1);
    let report = &sync(&mut rest[0], &mut first[0])[0];
    let payloads: u64 = 5_000 * (5 + 10 + 8);
    let bytes = report.bytes_in + report.bytes_out;
    assert!(bytes < payloads + 5_000 * 40, "{} bytes an entry", (bytes - payloads) / 5_000);
}
