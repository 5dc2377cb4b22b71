//! Whatever stands in front of a decoder that others can reach: it is read or refused, and nothing panics.
//!
//! Messages of sessions are altered on their way in the tests of `sync`, bundles in those of `sync` and here in `bundle`.

use repertoire::door::net::{Address, PeerId, Target};
use repertoire::model::document::{Edit, History, judge};
use repertoire::model::governance::{Act, Proposal, invitation};
use repertoire::model::sign::Signature;
use repertoire::model::{CommunityId, Content, Entry, Header, Kind, Payload, Signed, SpaceId};
use repertoire::store::{Number, Store};
use repertoire::sync::Frontier;
use repertoire::wire::Message;
use repertoire::wire::entry::{
    DeviceFile, EditContent, EditShape, GovernanceContent, GovernanceShape, InvitationFile, MarkContent, MarkShape,
};
use repertoire::wire::sync::Frame;

use super::strangers::Home;

/// Mutations of each right input.
const MUTATIONS: u64 = 400;

/// Takes bytes in, whatever they are; tells whether they were read.
type Decoder = fn(&[u8], &Around) -> bool;

/// What stands around the bytes where they come from.
struct Around {
    entry: Entry,
    signature: Signature,
}

/// Numbers from a seed.
struct Dice(blake3::OutputReader);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice(blake3::Hasher::new().update(b"decoders").update(&seed.to_le_bytes()).finalize_xof())
    }

    fn below(&mut self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % end.max(1) as u64).expect("below a usize")
    }
}

/// Alters bytes in one to four places: flips, cuts, repeats, puts in lengths that are too long, or joins two inputs.
fn mutated(bytes: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(out.len() + 1);
        let rest = out.split_off(at);
        match dice.below(6) {
            0 => {}
            1 => out.extend([&[0xff; 9][..], &[0x01], &rest].concat()),
            2 => out.extend([&rest[..dice.below(rest.len() + 1)], &rest].concat()),
            3 => out.extend(&other[dice.below(other.len() + 1)..]),
            4 => out.extend(&rest[dice.below(rest.len() + 1).min(4)..]),
            _ => {
                out.extend(&rest);
                if let Some(byte) = out.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
        out.truncate(1 << 16);
    }
    out
}

/// Writes a message as a file of text holds it: the sum shows damage, so it is made to fit.
fn text_of(message: &[u8], name: &str, context: &str) -> String {
    let sum = blake3::Hasher::new_derive_key(context).update(message).finalize();
    let base64 = data_encoding::BASE64.encode(&[message, &sum.as_bytes()[..8]].concat());
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    format!("-----BEGIN REPERTOIRE {name}-----\n{}\n-----END REPERTOIRE {name}-----\n", lines.join("\n"))
}

fn invitation(message: &[u8], _: &Around) -> bool {
    invitation::decode(&text_of(message, "INVITATION", "repertoire 1 invitation file")).is_ok()
}

fn device(message: &[u8], _: &Around) -> bool {
    invitation::decode_device(&text_of(message, "DEVICE", "repertoire 1 device file")).is_ok()
}

fn header(bytes: &[u8], around: &Around) -> bool {
    let _ = Signed::new(vec![bytes.to_vec()], around.signature).verify();
    Header::decode(bytes).is_ok_and(|header| {
        assert_eq!(header.encode(), bytes, "there is one encoding");
        true
    })
}

fn act(bytes: &[u8], around: &Around) -> bool {
    let Ok(shape) = GovernanceShape::decode(bytes) else { return false };
    let _ = Act::new(&around.entry, &shape);
    let _ = Proposal::read(CommunityId::ZERO, &shape).and_then(|proposal| proposal.act());
    true
}

fn edit(bytes: &[u8], around: &Around) -> bool {
    let Ok(shape) = EditShape::decode(bytes) else { return false };
    let content = EditContent::decode(bytes).ok();
    let edit = Edit { id: around.entry.id(), deps: Vec::new(), shape, content };
    if judge(&edit, &History::of(&[] as &[Edit])).is_ok() {
        repertoire::model::document::fold([&edit], &std::collections::BTreeSet::new()).fields_json();
    }
    true
}

fn part(bytes: &[u8], around: &Around) -> bool {
    let payload = Payload { shape: bytes.to_vec(), content: Content::Stored(bytes.to_vec()) };
    let mut header = around.entry.header().clone();
    (0..3).any(|dictionary| {
        header.dictionary = dictionary;
        payload.open_content(&header, None).is_ok() | payload.open_shape(&header, None).is_ok()
    })
}

fn place(bytes: &[u8], _: &Around) -> bool {
    let _ = PeerId::from_bytes(bytes);
    let text = String::from_utf8_lossy(bytes);
    text.parse::<Address>().is_ok() | text.parse::<Target>().is_ok() | text.parse::<PeerId>().is_ok()
}

fn any_message<M: Message + Default>(bytes: &[u8], _: &Around) -> bool {
    M::decode(bytes).is_ok()
}

/// The bytes between the lines of a file of text, without the sum.
fn message_of(text: &str) -> Vec<u8> {
    let lines: String = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    let mut bytes = data_encoding::BASE64.decode(lines.as_bytes()).expect("base64");
    bytes.truncate(bytes.len() - 8);
    bytes
}

#[test]
fn whatever_comes_is_read_or_refused() {
    let home = Home::found("Eau", "Awa");
    assert!(
        home.run(&["add", "practice", "Purger une pompe", "--procedure", "Fermer.", "--topic", "pompe"])
            .status
            .success()
    );
    assert!(home.run(&["invite", "--out", &home.file("invitation")]).status.success());
    let invited = message_of(&std::fs::read_to_string(home.file("invitation")).expect("a file"));
    let carried = InvitationFile::decode(&*invited).expect("our own file");
    let device_file = DeviceFile {
        version: 1,
        community_secret: carried.community_secret.clone(),
        signing: vec![1; 32],
        agreement: vec![2; 32],
        addresses: vec!["/ip4/192.0.2.1/tcp/7420".to_owned()],
        governance: carried.governance.clone(),
        starter: carried.starter.clone(),
    };
    let mut folders = std::fs::read_dir(home.path().join("communities")).expect("a folder");
    let folder = folders.next().expect("one").expect("it reads").path();
    let reader = Store::open(&folder.join("store.redb")).expect("a store").read().expect("it reads");
    let stored = reader.entries_from(Number(0), usize::MAX).expect("it reads");
    let of_kind = |kind| stored.iter().filter(move |stored| stored.entry.header().kind == kind);
    let headers: Vec<Vec<u8>> = stored.iter().map(|stored| stored.entry.bytes().to_vec()).collect();
    let payloads: Vec<_> = of_kind(Kind::Governance)
        .map(|stored| {
            (stored.entry.header().clone(), reader.payload(stored.entry.id()).expect("it reads").expect("here"))
        })
        .collect();
    let parts: Vec<Vec<u8>> = payloads.iter().map(|(_, payload)| payload.shape.clone()).collect();
    let acts: Vec<Vec<u8>> =
        payloads.iter().map(|(header, payload)| payload.open_shape(header, None).expect("it opens")).collect();
    let key = repertoire::node::keys::Keys::load(&folder.join("keys.json"), None).expect("its keys");
    let edits: Vec<Vec<u8>> = of_kind(Kind::Edit)
        .map(|stored| {
            let payload = reader.payload(stored.entry.id()).expect("it reads").expect("here");
            let header = stored.entry.header();
            payload.open_shape(header, key.space(header.space, header.epoch)).expect("it opens")
        })
        .collect();
    let mut told = Frontier::new();
    for tip in reader.tips(SpaceId::GOVERNANCE).expect("it reads") {
        told.set(tip.chain, vec![repertoire::sync::Tip { seq: tip.seq, id: tip.id, missing: vec![(1, 1)] }]);
    }
    let around = Around {
        entry: of_kind(Kind::Governance).next().expect("the founding").entry.clone(),
        signature: key.signing.entry(stored[0].entry.id()),
    };
    let addresses: Vec<Vec<u8>> =
        ["/ip4/192.0.2.1/tcp/7420", "/ip6/::1/udp/9/quic-v1", "127.0.0.1:7420", "awa.example:1"]
            .map(|text| text.as_bytes().to_vec())
            .to_vec();
    let frontiers: Decoder = |bytes, _| Frontier::from_bytes(SpaceId::GOVERNANCE, bytes).is_some();
    let table: [(&str, Decoder, Vec<Vec<u8>>); 13] = [
        ("headers", header, headers),
        ("acts", act, acts.clone()),
        ("edits", edit, edits.clone()),
        ("parts of payloads", part, parts),
        ("invitations", invitation, vec![invited]),
        ("device files", device, vec![device_file.encode_to_vec()]),
        ("frontiers", frontiers, vec![told.to_bytes()]),
        ("addresses", place, addresses),
        ("frames", any_message::<Frame>, acts.clone()),
        ("contents of edits", any_message::<EditContent>, edits.clone()),
        ("marks", any_message::<MarkShape>, edits.clone()),
        ("contents of marks", any_message::<MarkContent>, edits),
        ("contents of acts", any_message::<GovernanceContent>, acts),
    ];
    for (name, decode, inputs) in table {
        let all = inputs.len() as u64;
        let right = inputs.iter().filter(|input| decode(input, &around)).count();
        assert!(right > 0 || matches!(name, "frames" | "contents of edits" | "marks" | "contents of marks"), "{name}");
        for seed in 0..MUTATIONS * all.min(20) {
            let mut dice = Dice::new(seed);
            let input = &inputs[dice.below(inputs.len())];
            let other = &inputs[dice.below(inputs.len())];
            let bytes = mutated(input, other, &mut dice);
            let read = std::panic::catch_unwind(|| decode(&bytes, &around));
            assert!(read.is_ok(), "{name}: seed {seed}: {bytes:02x?}");
        }
    }
}
