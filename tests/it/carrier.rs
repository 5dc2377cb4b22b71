//! A carrier holds what others wrote and adds nothing: not by the verbs of the program, and not by a program of its own
//! that signs with the carrier's keys.

use repertoire::model::governance::Role;
use repertoire::model::seal::SpaceKey;
use repertoire::model::sign::Signing;
use repertoire::model::{Entry, EntryId, EpochId, Header, Incarnation, Kind, Plain, SpaceId, Timestamp};
use repertoire::node::env::Env;
use repertoire::node::keys::Keys;
use repertoire::wire::Message;
use repertoire::wire::entry::governance_shape::Act;
use repertoire::wire::entry::operation::Act as Edit;
use repertoire::wire::entry::{
    Admit, Checkpoint, CircleCreate, Close, Cut, EditContent, EditShape, End, EpochKey, GovernanceShape, Grant, Insert,
    Invite, Join, MarkShape, Operation, Resign, Revoke, Rotate, Rule, Seat, Set, Value, value,
};

use super::hostile::{Line, Program, attack, nothing};
use super::strangers::Home;

/// The community, and what a carrier might want to change in it.
struct Scene {
    awa: Home,
    boris: Home,
    carrier: Home,
    /// Of the carrier.
    keys: Keys,
    /// Of the founder: somebody told them to the carrier.
    told: Keys,
    /// A practice of the commons, and where its signed entry stands.
    document: EntryId,
    env: Env,
}

fn keys(home: &Home) -> Keys {
    let folder = std::fs::read_dir(home.path().join("communities")).expect("a folder").flatten().next().expect("one");
    Keys::load(&folder.path().join("keys.json"), None).expect("its keys")
}

impl Scene {
    fn new() -> Scene {
        let awa = Home::found("Eau", "Awa");
        let document = awa.json(&["add", "practice", "Purger une pompe", "--procedure", "Fermer.", "--json"]);
        let document = document["id"].as_str().expect("an id").parse().expect("an id");
        let boris = awa.admit("Boris");
        let carrier = awa.admit_as("Bus", "relay");
        let (keys, told) = (keys(&carrier), keys(&awa));
        assert!(keys.spaces.is_empty(), "a carrier has no key");
        Scene { awa, boris, carrier, keys, told, document, env: Env::seeded(5, Timestamp(0)) }
    }

    fn header(&mut self, kind: Kind, space: SpaceId) -> Header {
        let (governs, own) = (kind == Kind::Governance, EntryId::from(self.keys.member));
        Header {
            community: Some(self.keys.community),
            space,
            device: self.keys.device(),
            incarnation: Incarnation(self.env.bytes()),
            seq: 1,
            prev: EntryId::ZERO,
            gov: if governs { Vec::new() } else { vec![own] },
            time: Timestamp(1 << 40),
            kind,
            document: matches!(kind, Kind::Edit | Kind::Mark).then(|| self.document.into()),
            deps: vec![if governs { own } else { self.document }],
            epoch: EpochId::CLEAR,
            dictionary: 0,
            shape_bytes: 0,
            content_bytes: 0,
            root: [0; 32],
        }
    }

    fn line(&mut self, mut header: Header, plain: &Plain, key: Option<&SpaceKey>) -> Line {
        let payload = plain.store(&mut header, key, &mut self.env).expect("it fits");
        let (entry, signature) = Entry::sign(header, &self.keys.signing);
        vec![(entry, signature, payload)]
    }

    /// Entries in the commons: in clear, under a key that it made up, under the true one; an edit, a new document, a
    /// mark, an erasure.
    fn contents(&mut self) -> Vec<(&'static str, Line)> {
        let (space, epoch, key) = self.told.spaces[0].clone();
        let insert = Edit::Insert(Insert { after: None, length: 3 });
        let operation = Operation { field: "procedure".into(), act: Some(insert), ..Operation::default() };
        let shape = EditShape { operations: vec![operation], ..EditShape::default() };
        let words = Value { operation: 0, of: Some(value::Of::Text("non".into())) };
        let edit = Plain { shape: shape.encode_to_vec(), content: EditContent { values: vec![words] }.encode_to_vec() };
        let made_up = SpaceKey::from_bytes([9; 32]);
        let mut out = Vec::new();
        let header = self.header(Kind::Edit, space);
        out.push(("an edit in clear", self.line(header, &edit, None)));
        let header = Header { epoch, ..self.header(Kind::Edit, space) };
        out.push(("an edit under another key", self.line(header, &edit, Some(&made_up))));
        let header = Header { epoch, ..self.header(Kind::Edit, space) };
        out.push(("an edit under the true key", self.line(header, &edit, Some(&key))));
        let set = Operation { field: "title".into(), act: Some(Edit::Set(Set {})), ..Operation::default() };
        let salt = self.env.bytes::<16>().to_vec();
        let (document_kind, operations) = ("practice".to_owned(), vec![set]);
        let create = EditShape { document_kind, salt, operations, ..EditShape::default() };
        let title = Value { operation: 0, of: Some(value::Of::Text("Du porteur".into())) };
        let content = EditContent { values: vec![title] }.encode_to_vec();
        let header = Header { epoch, document: None, deps: Vec::new(), ..self.header(Kind::Edit, space) };
        let create = Plain { shape: create.encode_to_vec(), content };
        out.push(("a document under the true key", self.line(header, &create, Some(&key))));
        for verb in ["propose", "validate", "useful"] {
            let shape = MarkShape { verb: verb.into(), taken_back: false }.encode_to_vec();
            let header = Header { epoch, ..self.header(Kind::Mark, space) };
            out.push(("a mark", self.line(header, &Plain { shape, content: Vec::new() }, Some(&key))));
        }
        let nothing = Plain { shape: Vec::new(), content: Vec::new() };
        let header = self.header(Kind::Erase, space);
        out.push(("an erasure", self.line(header, &nothing, None)));
        out
    }

    /// Acts of governance, each in a life of the device of its own.
    fn acts(&mut self) -> Vec<(&'static str, Line)> {
        let bytes = |id: EntryId| id.0.to_vec();
        let (me, awa, boris) = (self.keys.member, self.told.member, keys(&self.boris).member);
        let (commons, made_up) = (self.told.spaces[0].0, self.env.bytes::<32>());
        let invitation = EntryId(self.env.bytes());
        let key = |space: SpaceId| {
            let commitment = SpaceKey::from_bytes(made_up).commitment(space).to_vec();
            Some(EpochKey { space: space.0.to_vec(), commitment, ..EpochKey::default() })
        };
        let (cut, circle) = (Some(Cut::default()), SpaceId(self.env.bytes()));
        let animator = repertoire::wire::entry::Role::Animator.into();
        let invite = Invite {
            signing: Signing::from_seed(&made_up).public().0.to_vec(),
            agreement: self.keys.agreement.public().to_vec(),
            role: animator,
            uses: 9,
            expires: i64::MAX,
            ..Invite::default()
        };
        let acts = vec![
            ("join", Act::Join(Join {})),
            ("invite", Act::Invite(invite)),
            ("grant", Act::Grant(Grant { member: me.0.to_vec(), role: animator, ..Grant::default() })),
            ("resign", Act::Resign(Resign { role: animator })),
            ("revoke the founder", Act::Revoke(Revoke { member: awa.0.to_vec(), cut: cut.clone() })),
            ("revoke a member", Act::Revoke(Revoke { member: boris.0.to_vec(), cut })),
            ("rotate", Act::Rotate(Rotate { key: key(commons) })),
            ("rule", Act::Rule(Rule { inviters: animator, validations: 9 })),
            ("seat", Act::Seat(Seat { invitation: bytes(invitation), admissions: vec![boris.0.to_vec()] })),
            ("close", Act::Close(Close { invitation: bytes(invitation) })),
            ("admit", Act::Admit(Admit { admissions: vec![boris.0.to_vec()], ..Admit::default() })),
            (
                "create a circle",
                Act::CircleCreate(CircleCreate {
                    space: circle.0.to_vec(),
                    members: vec![me.0.to_vec()],
                    key: key(circle),
                    hidden: false,
                }),
            ),
            ("checkpoint", Act::Checkpoint(Checkpoint {})),
            ("end", Act::End(End {})),
        ];
        let program = |(name, act)| {
            let shape = GovernanceShape { act: Some(act) }.encode_to_vec();
            let header = self.header(Kind::Governance, SpaceId::GOVERNANCE);
            (name, self.line(header, &Plain { shape, content: Vec::new() }, None))
        };
        acts.into_iter().map(program).collect()
    }
}

fn lines(home: &Home, arguments: &[&str]) -> Vec<serde_json::Value> {
    let done = home.run(arguments);
    assert!(matches!(done.status.code(), Some(0 | 1)), "{arguments:?}: {done:?}");
    let text = String::from_utf8(done.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// What a person sees of the community.
fn seen(home: &Home) -> [Vec<serde_json::Value>; 4] {
    let members = ["members", "--json"];
    let mut seen =
        [&["list", "--json"][..], &members, &["space", "list", "--json"], &["show", "purger-une-pompe", "--json"]]
            .map(|arguments| lines(home, arguments));
    // That entries without effect are there is told.
    seen[3][0].as_object_mut().expect("an object").remove("held");
    seen
}

#[test]
fn nothing_that_a_carrier_signs_counts_anywhere() {
    let mut scene = Scene::new();
    let port = scene.awa.serve();
    let address = format!("127.0.0.1:{port}");
    for home in [&scene.carrier, &scene.boris] {
        assert!(home.run(&["sync", &address]).status.success());
    }
    let before = [seen(&scene.awa), seen(&scene.boris)];
    let (contents, acts) = (scene.contents(), scene.acts());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut forged = Vec::new();
    for (number, (name, line)) in contents.into_iter().chain(acts).enumerate() {
        let entry = &line[0].0;
        forged.push((name, entry.id().to_string(), entry.header().kind));
        let program = Program::new(&scene.keys, vec![line]);
        runtime.block_on(attack(port, [50 + u8::try_from(number).expect("few"); 32], program, nothing()));
    }
    // What came of it goes on to others, by the founder and by the carrier itself.
    assert!(scene.carrier.run(&["sync", &address]).status.success());
    assert!(scene.awa.run(&["stop", "-q"]).status.success());
    let port = scene.carrier.serve();
    assert!(scene.boris.run(&["sync", &format!("127.0.0.1:{port}")]).status.success());
    for (home, before) in [&scene.awa, &scene.boris].into_iter().zip(before) {
        let acts = lines(home, &["govern", "log", "--json"]);
        let history = lines(home, &["history", "purger-une-pompe", "--json"]);
        let mut kept = 0;
        for (name, id, kind) in &forged {
            let rows = if *kind == Kind::Governance { &acts } else { &history };
            let row = rows.iter().find(|row| row["entry"] == **id);
            kept += usize::from(row.is_some());
            let verdict = row.map(|row| row["verdict"].as_str().unwrap_or_default());
            // What is refused at the door is nowhere, too.
            assert!(matches!(verdict, None | Some("void")), "{name}: {verdict:?}");
        }
        assert!(kept >= forged.len() / 2, "of {} entries {kept} came in: nothing was tried", forged.len());
        for (now, before) in seen(home).iter().zip(&before) {
            let changed: Vec<_> = now.iter().filter(|line| !before.contains(line)).collect();
            assert_eq!(now, before, "what people see has changed: {changed:?}");
        }
        assert!(home.run(&["check", "--full"]).status.code().is_some_and(|code| code <= 1));
    }
}

#[test]
fn the_verbs_of_a_carrier_say_no_in_words() {
    let scene = Scene::new();
    let port = scene.awa.serve();
    assert!(scene.carrier.run(&["sync", &format!("127.0.0.1:{port}")]).status.success());
    let before = lines(&scene.carrier, &["check", "--json"]);
    let file = scene.carrier.file("practices.jsonl");
    std::fs::write(&file, "{\"title\": \"Une\", \"language\": \"fr\", \"body\": \"deux\"}\n").expect("written");
    let (awa, own) = (scene.told.member.to_string(), scene.keys.member.to_string());
    let id = scene.document.to_string();
    let verbs: Vec<Vec<&str>> = vec![
        vec!["add", "practice", "Rien", "--problem", "rien"],
        vec!["add", "term", "rien"],
        vec!["discuss", "Rien", "rien"],
        vec!["ask", "Rien", "rien ?"],
        vec!["announce", "Rien", "rien"],
        vec!["me", "--set", "bio=rien"],
        vec!["import", "jsonl", &file],
        vec!["invite"],
        vec!["invite", "--role", "relay"],
        vec!["role", "grant", &awa, "member"],
        vec!["role", "resign", &own, "animator"],
        vec!["revoke", &awa, "--reason", "rien"],
        vec!["space", "create", "rien", "--members", &awa],
        vec!["govern", "rule", "--validations", "3"],
        vec!["govern", "rotate"],
        vec!["govern", "checkpoint"],
        vec!["govern", "close", "--yes"],
        vec!["quarantine", "admit", "1"],
    ];
    let mut faults = Vec::new();
    for verb in verbs {
        let said = scene.carrier.run(&verb);
        let words = String::from_utf8_lossy(&said.stderr);
        if said.status.code() != Some(3) || !["relay", "no effect"].iter().any(|word| words.contains(word)) {
            faults.push(format!("{verb:?}: {said:?}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    // What they can't read is not there for them.
    for verb in [vec!["reply", &id, "rien"], vec!["edit", &id, "--set", "title=rien"], vec!["erase", &id, "--yes"]] {
        let said = scene.carrier.run(&verb);
        assert!(matches!(said.status.code(), Some(3 | 4)), "{verb:?}: {said:?}");
    }
    assert_eq!(lines(&scene.carrier, &["check", "--json"]), before, "something was written");
    assert_eq!(scene.carrier.json(&["status", "--json"])["role"], Role::Relay.name());
}

#[test]
fn a_carrier_that_offers_less_than_it_held_is_named_and_a_slow_one_is_not() {
    let scene = Scene::new();
    let port = scene.awa.serve();
    let address = format!("127.0.0.1:{port}");
    let sync = |home: &Home| assert!(home.run(&["sync", &address]).status.success());
    let write = |title: &str| assert!(scene.awa.run(&["add", "practice", title, "--problem", "x"]).status.success());
    let fallen = || scene.awa.json(&["status", "--json"])["fallen"].clone();
    sync(&scene.carrier);
    sync(&scene.boris);
    // A copy of the carrier's home, from which it is restored later on.
    let older = scene.carrier.copy();
    for title in ["Une", "Deux", "Trois"] {
        write(title);
        sync(&scene.carrier);
    }
    sync(&scene.boris);
    assert!(fallen().is_null(), "nobody went back: {}", fallen());
    sync(&older);
    let rows = fallen();
    let [row] = rows.as_array().expect("rows").as_slice() else { panic!("one row: {rows}") };
    assert_eq!((&row["role"], &row["member"]), (&"relay".into(), &"bus".into()), "{row}");
    assert!(row["entries"].as_u64().is_some_and(|entries| entries >= 3) && row["again"] == true, "{row}");
    assert!(row["spaces"].as_array().is_some_and(|spaces| spaces.contains(&"commons".into())), "{row}");
    let said = scene.awa.run(&["status"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("offered less"), "{said:?}");
    let why = scene.awa.run(&["why", "bus", "-q"]);
    assert!(String::from_utf8_lossy(&why.stdout).contains("offered-less"), "{why:?}");
    // It holds all again, and goes on as before.
    write("Quatre");
    sync(&older);
    assert_eq!(fallen()[0]["times"], 1);
}
