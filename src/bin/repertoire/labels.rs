//! How answers look to people: documents, hits, history, dates and counts.

pub(crate) mod document;
pub(crate) mod filter;
pub(crate) mod history;
pub(crate) mod hits;

use repertoire::node::request::{PendingRow, Written, kind_named};

use crate::messages::{Messages, text};
use crate::ui::display::display;
use crate::ui::{Mode, Ui};

/// Kinds of documents in the order in which counts name them.
const KINDS: &[&str] = &["practice", "report", "thread", "post", "resource", "collection", "event", "member", "term"];

/// The kind that a word means, English or French, one or many; the word where it means none.
pub(crate) fn kind(word: &str) -> String {
    kind_named(word).unwrap_or(word).to_owned()
}

/// What a verb that writes prints: the handle last, nothing after it.
pub(crate) fn written(ui: &Ui, written: &Written) {
    match ui.mode {
        Mode::Json => ui.object(written),
        Mode::Quiet => ui.line(&written.handle),
        Mode::Human => {
            let kind = ui.messages.word("kind", &written.kind);
            ui.safe_line(&text!(ui.messages, "written", kind = kind, handle = &written.handle));
        }
    }
}

/// Why an admission waits.
pub(crate) fn pending(messages: &Messages, row: &PendingRow) -> String {
    let args = [("by", row.used_by.join(", ").into())];
    messages.find(&format!("pending-{}", row.key()), &args).unwrap_or_else(|| display(&row.why))
}

/// `1 practice, 2 terms`.
pub(crate) fn counts(messages: &Messages, counts: &[(String, u64)]) -> String {
    let place = |kind: &str| KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len());
    let mut counts: Vec<&(String, u64)> = counts.iter().filter(|(_, count)| *count > 0).collect();
    counts.sort_by_key(|(kind, _)| (place(kind), kind.clone()));
    let parts: Vec<String> = counts
        .into_iter()
        .map(|(kind, count)| {
            let args = [("count", (*count).into())];
            messages.find(&format!("count-{kind}"), &args).unwrap_or_else(|| format!("{count} {kind}"))
        })
        .collect();
    parts.join(", ")
}

/// The day of an instant of RFC 3339.
pub(crate) fn date(instant: &str) -> &str {
    instant.split_once('T').map_or(instant, |(day, _)| day)
}

/// Day and minute of an instant of RFC 3339, in UTC.
pub(crate) fn minute(instant: &str) -> String {
    match instant.split_once('T') {
        Some((day, time)) => format!("{day} {}", time.get(..5).unwrap_or(time)),
        None => instant.to_owned(),
    }
}

/// Addresses as people type them, `192.168.1.20:7420`: each once, without those that only this machine or one cable
/// knows.
pub(crate) fn addresses(addresses: &[String]) -> String {
    let far = reached(addresses, false);
    // Who serves this machine alone has no others.
    if far.is_empty() { reached(addresses, true).join(", ") } else { far.join(", ") }
}

fn reached(addresses: &[String], near: bool) -> Vec<String> {
    let mut short: Vec<String> = Vec::new();
    for address in addresses {
        let mut parts = address.split('/').skip(1);
        let parts = (parts.next(), parts.next(), parts.next(), parts.next());
        let one = match parts {
            (_, _, Some("udp"), _) => continue,
            (Some("ip6"), Some(host), _, _) if host.starts_with("fe80") || (host == "::1" && !near) => continue,
            (Some("ip4"), Some(host), _, _) if host.starts_with("127.") && !near => continue,
            (Some("ip6"), Some(host), Some("tcp"), Some(port)) => format!("[{host}]:{port}"),
            (Some("ip4" | "dns" | "dns4" | "dns6"), Some(host), Some("tcp"), Some(port)) => format!("{host}:{port}"),
            _ => address.clone(),
        };
        if !short.contains(&one) {
            short.push(one);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Language;

    #[test]
    fn counts_stand_in_a_fixed_order() {
        let messages = Messages::new(Language::En);
        let new = [("term", 2), ("practice", 1), ("member", 1), ("report", 0), ("gadget", 3)];
        let new = new.map(|(kind, count)| (kind.to_owned(), count));
        assert_eq!(counts(&messages, &new), "1 practice, 1 member, 2 terms, 3 gadget");
    }

    #[test]
    fn addresses_are_as_people_type_them() {
        let all = ["/ip4/127.0.0.1/tcp/7/p2p/x", "/ip4/10.0.0.2/tcp/7/p2p/x", "/ip4/10.0.0.2/udp/7/quic-v1/p2p/x"];
        let more = ["/ip6/fd00::2/tcp/7/p2p/x", "/ip6/fe80::1/tcp/7/p2p/x", "strange"];
        let all: Vec<String> = all.iter().chain(&more).map(|address| (*address).to_owned()).collect();
        assert_eq!(addresses(&all), "10.0.0.2:7, [fd00::2]:7, strange");
        let loopback = ["/ip4/127.0.0.1/tcp/7/p2p/x", "/ip4/127.0.0.1/udp/7/quic-v1/p2p/x", "/ip6/::1/tcp/7/p2p/x"];
        assert_eq!(addresses(&loopback.map(str::to_owned)), "127.0.0.1:7, [::1]:7");
        assert_eq!(addresses(&["/ip4/127.0.0.1/tcp/7/p2p/x".to_owned()]), "127.0.0.1:7");
    }

    #[test]
    fn instants_are_shortened() {
        assert_eq!(date("2026-03-02T08:00:00Z"), "2026-03-02");
        assert_eq!(minute("2026-03-02T08:05:59.123Z"), "2026-03-02 08:05");
        assert_eq!(minute("soon"), "soon");
    }
}
