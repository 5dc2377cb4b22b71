//! The invitation file: what goes in comes out, and whatever was altered is refused.

use super::invitation::{
    Carried, CarriedOne, FileError, INVITATION_BYTES_MAX, PART_CHARS_MAX, decode, encode, encode_parts,
};
use super::*;
use crate::model::payload::Payload;
use crate::wire::Message;
use zeroize::Zeroizing;

/// Founding, an act of somebody else, a run of three of which the last alone is signed.
fn carried() -> (Carried, Vec<Act>) {
    let mut founder = Person::new(1);
    let mut member = Person::new(2);
    let secret = [5; 32];
    let founding = found(&founder.agreement.public(), &SECRET, Recoveries::default(), &mut Seeded::new(1));
    let mut governance = Vec::new();
    let mut acts = Vec::new();
    let mut keep = |(entry, signature, payload): (_, _, Payload), signed: bool, shape: &GovernanceShape| {
        acts.push(Act::new(&entry, shape));
        let id = entry.id();
        governance.push(CarriedOne { entry, signature: signed.then_some(signature), payload });
        id
    };
    let time = Timestamp(3);
    let root = keep(founder.entry(None, &[], time, &founding.shape), false, &founding.shape);
    let community = Some(CommunityId::from(root));
    let other = keep(member.entry(community, &[root], time, &join()), true, &join());
    let joined = keep(founder.entry(community, &[root, other], time, &join()), false, &join());
    let (space, key) = founding.commons;
    let keys = [(space, EpochId::of(root), key)];
    let terms = InviteTerms { role: Role::Member, uses: 1, expires: LATE, confirm: false };
    let shape = invite(&terms, &secret, &keys, &mut Seeded::new(2));
    let invitation = keep(founder.entry(community, &[joined], time, &shape), true, &shape);
    let carried = Carried {
        secret: Zeroizing::new(secret),
        community_secret: Zeroizing::new(SECRET),
        invitation,
        addresses: vec!["/ip4/192.0.2.1/tcp/4001/p2p/12D3Koo".into()],
        governance,
        starter: Vec::new(),
    };
    (carried, acts)
}

#[test]
fn comes_back_from_an_e_mail() {
    let (carried, acts) = carried();
    let text = encode(&carried).expect("it fits");
    assert!(text.lines().all(|line| line.len() <= 64));
    for mail in [
        text.clone(),
        format!("\u{feff}{text}"),
        format!("Bonjour,\n\nSave this as a file:\n\n{text}\n-- \nAwa\n"),
        text.replace('\n', "\r\n"),
        text.replace('\n', "  \n\n"),
    ] {
        let back = decode(&mail).expect("an invitation");
        assert_eq!(back, carried);
        assert_eq!(back.community(), Some(acts[0].community));
    }
    let governance = gather(&acts);
    let keys = open_invitation(governance.state(), carried.invitation, &carried.secret).expect("the key");
    assert_eq!(keys.len(), 1);
}

#[test]
fn is_none_or_damaged() {
    let (carried, _) = carried();
    let text = encode(&carried).expect("it fits");
    let damaged = |text: &str| matches!(decode(text), Err(FileError::Damaged(_)));
    assert!(matches!(decode(""), Err(FileError::None)));
    assert!(matches!(decode("# Charter\n"), Err(FileError::None)));
    assert!(matches!(decode(&"x".repeat(INVITATION_BYTES_MAX + 1)), Err(FileError::Large(_))));
    let lines: Vec<&str> = text.lines().collect();
    for missing in 1..lines.len() {
        let rest: Vec<&str> =
            lines.iter().enumerate().filter(|&(at, _)| at != missing).map(|(_, line)| *line).collect();
        assert!(damaged(&rest.join("\n")), "line {missing} may not be missing");
    }
    assert!(damaged(&format!("{text}{text}")));
    assert!(damaged(&format!("{}\n{}", lines[0], lines[lines.len() - 1])));
    for at in (lines[0].len() + 1)..(text.len() - lines[lines.len() - 1].len() - 2) {
        let mut altered = text.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).expect("ASCII");
        assert!(damaged(&altered), "character {at} may not be altered");
    }
}

#[test]
fn altered_entries_are_refused_though_the_sum_fits() {
    let refused = |alter: &dyn Fn(&mut Carried)| {
        let (mut carried, _) = carried();
        alter(&mut carried);
        decode(&encode(&carried).expect("it fits")).is_err()
    };
    assert!(!refused(&|_| {}));
    assert!(refused(&|carried| carried.governance[3].signature = None));
    assert!(refused(&|carried| carried.governance[1].signature = carried.governance[3].signature));
    assert!(refused(&|carried| carried.governance[3].payload.shape[20] ^= 1));
    assert!(refused(&|carried| drop(carried.governance.remove(2))));
    assert!(refused(&|carried| carried.governance.swap(0, 2)));
    assert!(refused(&|carried| drop(carried.governance.pop())));
    assert!(refused(&|carried| carried.governance.clear()));
    assert!(refused(&|carried| carried.invitation = EntryId([1; 32])));
    let stranger = |carried: &mut Carried| {
        let mut stranger = Person::new(9);
        let (entry, signature, payload) =
            stranger.entry(Some(CommunityId([9; 32])), &[EntryId([9; 32])], LATE, &join());
        carried.starter.push(CarriedOne { entry, signature: Some(signature), payload });
    };
    assert!(refused(&|carried| stranger(carried)));
    let (mut carried, _) = carried();
    carried.addresses = vec!["x".repeat(INVITATION_BYTES_MAX)];
    assert!(matches!(encode(&carried), Err(FileError::Large(_))));
}

#[test]
fn newer_version_is_refused_in_words() {
    let file = crate::wire::entry::InvitationFile { version: 2, ..Default::default() };
    let mut bytes = file.encode_to_vec();
    let mut sum = [0; 8];
    blake3::Hasher::new_derive_key("repertoire 1 invitation file").update(&bytes).finalize_xof().fill(&mut sum);
    bytes.extend(sum);
    let base64 = data_encoding::BASE64.encode(&bytes);
    let text = format!("-----BEGIN REPERTOIRE INVITATION-----\n{base64}\n-----END REPERTOIRE INVITATION-----");
    let error = decode(&text).expect_err("version 2");
    assert_eq!(error.to_string(), "the invitation has format 2, and this program reads 1");
}

/// Telephones read codes one by one, in whatever order people hold them up.
#[test]
fn comes_back_from_codes() {
    let (mut carried, _) = carried();
    let parts = encode_parts(&carried).expect("it fits");
    assert!(parts.len() > 1, "the test wants several");
    let alphanumeric = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
    assert!(parts.iter().all(|part| part.len() <= PART_CHARS_MAX && part.chars().all(alphanumeric)));
    let mut shuffled = parts.clone();
    shuffled.reverse();
    shuffled.insert(1, "a word between".to_owned());
    shuffled.push(parts[0].clone());
    assert_eq!(decode(&shuffled.join("\r\n ")).expect("an invitation"), carried);
    let mut altered = parts.clone();
    let last = altered[0].pop().expect("a character");
    altered[0].push(if last == 'A' { 'B' } else { 'A' });
    for (text, why) in [
        (parts[1..].join("\n"), "one missing"),
        (parts.join("\n").replace("2/", "9/"), "a wrong place"),
        (parts.join("\n").replacen("1/", "1x", 1), "no place"),
        (format!("{}\n{}", parts.join("\n"), parts[0].replace("1/", "1/1")), "another count"),
        (altered.join("\n"), "altered"),
    ] {
        assert!(matches!(decode(&text), Err(FileError::Damaged(_))), "{why}");
    }
    let one = carried.governance[0].clone();
    carried.governance.extend((0..20_000).map(|_| one.clone()));
    carried.addresses = (0..5_000u32).map(|n| blake3::hash(&n.to_le_bytes()).to_hex().to_string()).collect();
    assert!(matches!(encode_parts(&carried), Err(FileError::Large(_))));
}
