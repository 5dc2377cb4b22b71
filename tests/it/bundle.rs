//! Bundles: what a file carries is what a session would have brought, and nothing of a damaged one is taken.

use std::collections::{BTreeSet, VecDeque};

use repertoire::node::request::{BundleApplied, BundleHead, BundleWritten};
use repertoire::node::{Action, Ends, Error, ErrorKind, Reply, Request};

use super::place::Place;

const LINK: u64 = 1;

fn create(place: &mut Place, to: Option<&str>, path: &str) -> BundleWritten {
    let request = Request::BundleCreate { to: to.map(str::to_owned), path: path.to_owned() };
    let Reply::BundleWritten(written) = place.ask(request) else { panic!("no bundle") };
    written
}

fn try_apply(place: &mut Place, path: &str) -> Result<BundleApplied, Error> {
    match place.try_ask(Request::BundleApply { path: path.to_owned() })? {
        Reply::BundleApplied(applied) => Ok(applied),
        other => panic!("{other:?}"),
    }
}

fn apply(place: &mut Place, path: &str) -> BundleApplied {
    try_apply(place, path).expect("a whole bundle")
}

fn inspect(place: &mut Place, path: &str) -> BundleHead {
    let Reply::BundleHead(head) = place.ask(Request::BundleInspect { path: path.to_owned() }) else {
        panic!("no head")
    };
    head
}

/// Lets two nodes meet, and returns what each received.
fn meet(left: &mut Place, right: &mut Place) -> [u64; 2] {
    let community = left.node.communities()[0];
    let ends = |local: &str, remote: &str, dialled| Ends {
        local: local.as_bytes().to_vec(),
        remote: remote.as_bytes().to_vec(),
        peer: remote.to_owned(),
        address: None,
        dialled,
        keep_open: false,
    };
    let mut received = [u64::MAX; 2];
    let mut queue: VecDeque<(usize, Action)> = VecDeque::new();
    let opened = right.node.link_opened(LINK, ends("right", "left", None));
    queue.extend(opened.into_iter().map(|action| (1, action)));
    let opened = left.node.link_opened(LINK, ends("left", "right", Some(community)));
    queue.extend(opened.into_iter().map(|action| (0, action)));
    while let Some((side, action)) = queue.pop_front() {
        match action {
            Action::Send(_, frame) => {
                let (to, node, from) = match side {
                    0 => (1, &mut right.node, &mut left.node),
                    _ => (0, &mut left.node, &mut right.node),
                };
                let back = from.link_writable(LINK);
                queue.extend(node.link_frame(LINK, frame).into_iter().map(|action| (to, action)));
                queue.extend(back.into_iter().map(|action| (side, action)));
            }
            Action::Finished(_, finished) => {
                assert!(finished.complete, "{:?}", finished.reason);
                received[side] = finished.report.entries_received + finished.report.payloads_received;
            }
            Action::Close(..) | Action::Changed(..) => {}
        }
    }
    received
}

#[test]
fn bundles_in_any_order_bring_what_a_session_would() {
    for seed in 0..4_u64 {
        let mut awa = Place::found(100 + seed);
        let mut boris = awa.newcomer(200 + seed, "Boris");
        let mut chloe = awa.newcomer(300 + seed, "Chloe");
        let mut paths = Vec::new();
        for step in 0..8_u64 {
            let path = awa.path(&format!("{step}.rep"));
            let all = [&mut awa, &mut boris, &mut chloe];
            let writer = &mut *all[usize::try_from((seed + step * 5) % 3).expect("small")];
            // More than one run, more than one chunk.
            let rounds = if (seed, step) == (0, 3) { 300 } else { 3 };
            for number in 0..rounds {
                writer.practice(&format!("Pratique {step} {number}"), &"Remplir la colonne. ".repeat(20));
            }
            create(writer, None, &path);
            paths.push(path);
        }
        // Some come late, some twice, in another order at each of them.
        for (shift, place) in [&mut awa, &mut boris, &mut chloe].into_iter().enumerate() {
            for index in 0..2 * paths.len() {
                apply(place, &paths[(index * 3 + shift) % paths.len()]);
            }
        }
        // What each wrote when it learnt of the others.
        for round in 0..2 {
            let path = awa.path(&format!("last {round}.rep"));
            create(&mut awa, None, &path);
            apply(&mut boris, &path);
            apply(&mut chloe, &path);
        }
        assert_eq!(awa.fingerprints(), boris.fingerprints(), "seed {seed}");
        assert_eq!(awa.fingerprints(), chloe.fingerprints(), "seed {seed}");
        assert_eq!(meet(&mut awa, &mut boris), [0, 0], "a session finds nothing to bring");
        assert_eq!(meet(&mut chloe, &mut awa), [0, 0], "a session finds nothing to bring");
    }
}

#[test]
fn a_bundle_for_a_member_holds_what_they_lack() {
    let mut awa = Place::found(1);
    let mut boris = awa.newcomer(2, "Boris");
    for number in 0..20 {
        awa.practice(&format!("Pratique {number}"), "Pomper.");
    }
    let (one, two, three) = (awa.path("1.rep"), awa.path("2.rep"), awa.path("3.rep"));
    create(&mut boris, None, &one);
    assert!(apply(&mut awa, &one).fresh > 0);
    let first = create(&mut awa, Some("boris"), &one);
    assert!(apply(&mut boris, &one).fresh > 20);
    let head = inspect(&mut boris, &one);
    assert_eq!((head.from.as_str(), head.number, head.after), ("awa", 1, 0));
    assert_eq!((first.number, head.entries), (1, first.entries));
    let again = apply(&mut boris, &one);
    assert_eq!((again.fresh, again.waiting, again.refused), (0, 0, 0));
    // Boris says what he holds by now, and the next bundle is small.
    create(&mut boris, Some("awa"), &two);
    apply(&mut awa, &two);
    awa.practice("La dernière", "Graisser.");
    let second = create(&mut awa, Some("boris"), &three);
    assert_eq!(second.number, 2);
    assert!(second.entries < 5, "{} entries", second.entries);
    assert!(apply(&mut boris, &three).fresh > 0);
    assert_eq!(awa.fingerprints(), boris.fingerprints());
    let error = try_apply(&mut awa, &three).expect_err("it is for boris");
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Refused, "bundle_of_another"));

    // What a session agreed on is known, too.
    let mut chloe = awa.newcomer(3, "Chloe");
    meet(&mut awa, &mut chloe);
    meet(&mut awa, &mut chloe);
    awa.practice("Encore une", "Pomper.");
    let third = create(&mut awa, Some("chloe"), &two);
    assert!(third.entries < 5, "{} entries", third.entries);
    assert!(apply(&mut chloe, &two).fresh > 0);
    assert_eq!(awa.fingerprints(), chloe.fingerprints());
}

#[test]
fn nothing_of_a_damaged_bundle_is_taken() {
    let mut awa = Place::found(1);
    let mut boris = awa.newcomer(2, "Boris");
    for number in 0..300_u64 {
        // Words that hardly shrink.
        let words = (0..8_u64).map(|part| blake3::hash(&(8 * number + part).to_le_bytes()).to_hex().to_string());
        awa.practice(&format!("Pratique {number}"), &words.collect::<Vec<_>>().join(" "));
    }
    let path = awa.path("1.rep");
    create(&mut awa, None, &path);
    let whole = std::fs::read(&path).expect("the bundle");
    let (header, chunk) = (76, 65_536 + 16);
    assert!(whole.len() > header + 2 * chunk, "{} bytes", whole.len());
    let before = boris.fingerprints();
    let mut check = |bytes: &[u8], codes: &[&str]| {
        std::fs::write(&path, bytes).expect("written");
        let error = try_apply(&mut boris, &path).expect_err("damaged");
        assert!(codes.contains(&error.code.as_str()), "{error:?}");
        assert_eq!(boris.fingerprints(), before);
    };
    for length in [20, 75, 76, 77, 200, header + chunk, header + chunk + 5, header + 2 * chunk, whole.len() - 1] {
        check(&whole[..length], &["damaged_bundle"]);
    }
    check(&whole[..19], &["not_a_bundle"]);
    check(b"", &["not_a_bundle"]);
    check(&[&whole[..], b"x"].concat(), &["damaged_bundle"]);
    for at in [25, 55, 70, 76, 100, header + chunk - 1, header + chunk, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        check(&flipped, &["damaged_bundle"]);
    }
    let chunks = |order: &[usize]| -> Vec<u8> {
        let pieces: Vec<&[u8]> = whole[header..].chunks(chunk).collect();
        let mut out = whole[..header].to_vec();
        order.iter().for_each(|at| out.extend(pieces[*at]));
        out
    };
    check(&chunks(&[1, 0]), &["damaged_bundle"]);
    check(&chunks(&[0, 0, 1, 2]), &["damaged_bundle"]);
    check(&chunks(&[0]), &["damaged_bundle"]);

    std::fs::write(&path, &whole).expect("written");
    let error = try_apply(&mut Place::found(9), &path).expect_err("another community's");
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Refused, "foreign_bundle"));
    assert!(apply(&mut boris, &path).fresh > 300);
}

#[test]
fn a_bundle_shows_no_word_and_no_name() {
    let mut awa = Place::found(1);
    awa.practice("Purger une pompe", &"Remplir la colonne d'eau propre. ".repeat(50));
    let path = awa.path("1.rep");
    create(&mut awa, None, &path);
    let one = std::fs::read(&path).expect("the bundle");
    create(&mut awa, None, &path);
    let two = std::fs::read(&path).expect("the bundle");
    let community = awa.node.communities()[0];
    let words: [&[u8]; 7] = [b"Purger", b"colonne", b"Awa", b"awa", b"Bakel", b"Essai", &community.0];
    for word in words {
        assert!(!one.windows(word.len()).any(|window| window == word), "{}", String::from_utf8_lossy(word));
    }
    // Two bundles of the same have nothing in common but the magic.
    let pieces: BTreeSet<&[u8]> = one[20..].windows(8).collect();
    assert!(two[20..].windows(8).all(|piece| !pieces.contains(piece)));
}
