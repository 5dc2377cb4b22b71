//! Random histories: several authors write, some of the time without knowing of each other.

use std::collections::BTreeSet;

use super::*;

/// A history in the order in which it was written, with what is masked and erased in the end.
pub(super) struct Story {
    pub(super) edits: Vec<Edit>,
    pub(super) masked: BTreeSet<EntryId>,
}

/// Writes a history: `authors` people, `steps` writings.
pub(super) fn story(seed: u64, authors: usize, steps: usize, hiding: bool) -> Story {
    let mut random = Seeded(seed);
    let kind = random.pick(&["collection", "term", "member"]);
    let parts = compose(None, kind, &first(kind), &mut random).expect("a new document");
    let mut edits = sign(&[], parts, &mut random);
    let mut holds: Vec<BTreeSet<usize>> = vec![(0..edits.len()).collect(); authors];
    let mut masked = BTreeSet::new();
    for _ in 0..steps {
        let author = random.below(authors);
        if random.chance(25) {
            let other = holds[random.below(authors)].clone();
            holds[author].extend(other);
        }
        let held: Vec<&Edit> = holds[author].iter().map(|&index| &edits[index]).collect();
        let document = fold(held, &masked);
        let new = if random.chance(8) {
            vec![Edit::link(random.id(), document.heads().to_vec())]
        } else {
            let changes: Vec<Change> = (0..=random.below(3)).map(|_| change(&document, &mut random)).collect();
            match compose(Some(&document), kind, &changes, &mut random) {
                Ok(parts) => sign(document.heads(), parts, &mut random),
                Err(ComposeError::Nothing) => continue,
                Err(error) => panic!("seed {seed}: {changes:?}: {error}"),
            }
        };
        holds[author].extend(edits.len()..edits.len() + new.len());
        edits.extend(new);
        if hiding && random.chance(10) && edits.len() > 1 {
            // Whoever writes from now on sees it masked.
            masked.insert(edits[1 + random.below(edits.len() - 1)].id);
        }
    }
    if hiding {
        for _ in 0..random.below(5) {
            masked.insert(edits[random.below(edits.len())].id);
        }
        for _ in 0..random.below(4) {
            let edit = random.below(edits.len());
            edits[edit].content = None;
        }
    }
    Story { edits, masked }
}

fn first(kind: &str) -> Vec<Change> {
    let write = |field: &str, text: &str| Change::Write { path: FieldPath::of(field), text: text.into() };
    let set = |path: FieldPath, value: &str| Change::Set { path, value: value.into() };
    match kind {
        "collection" => {
            vec![set(FieldPath::of("title"), "Kit"), write("description", "one two\nthree four\n\u{e9}t\u{e9}")]
        }
        "term" => vec![
            set(FieldPath::of("scheme"), "topic"),
            set(FieldPath::keyed("pref_label", "fr"), "eau"),
            write("scope_note", "first line\nsecond line"),
        ],
        _ => vec![set(FieldPath::of("name"), "Awa"), write("bio", "born here\nworks there")],
    }
}

fn change(document: &Document, random: &mut Seeded) -> Change {
    let text = match document.kind() {
        "collection" => FieldPath::of("description"),
        "term" if random.chance(30) => FieldPath::keyed("definition", random.pick(&["fr", "en"])),
        "term" => FieldPath::of("scope_note"),
        _ => FieldPath::of("bio"),
    };
    match (random.below(8), document.kind()) {
        (0..=3, _) => splice(document, text, random),
        (4, kind) => {
            let path = match kind {
                "collection" => FieldPath::of(random.pick(&["title", "purpose"])),
                "term" => FieldPath::keyed("pref_label", random.pick(&["fr", "en"])),
                _ => FieldPath::keyed("competences", random.pick(&["a", "b"])).inner(random.pick(&["note", "level"])),
            };
            let value =
                if path.field == "purpose" { random.pick(&["kit", "path"]) } else { random.pick(&["2", "3", "4"]) };
            if random.chance(20) { Change::Clear { path } } else { Change::Set { path, value: value.into() } }
        }
        (5, kind) => {
            let path = if kind == "term" { FieldPath::keyed("alt_label", "fr") } else { FieldPath::of("topics") };
            let value = (random.pick(&["x", "y", "z"])).into();
            if random.chance(50) { Change::Add { path, value } } else { Change::Remove { path, value } }
        }
        (_, kind) => list_change(document, if kind == "collection" { "items" } else { "attachments" }, random),
    }
}

/// Takes some characters out of a text and puts some in.
fn splice(document: &Document, path: FieldPath, random: &mut Seeded) -> Change {
    let old = match document.at(&path) {
        Some(Field::Text(text)) => text.text.clone(),
        _ => String::new(),
    };
    let mut characters: Vec<char> = old.chars().collect();
    let from = random.below(characters.len() + 1);
    let to = (from + random.below(6)).min(characters.len());
    let new: String = (0..random.below(7)).map(|_| random.pick(&['a', 'b', ' ', '\n', 'é', '日', 'z'])).collect();
    characters.splice(from..to, new.chars());
    Change::Write { path, text: characters.into_iter().collect() }
}

fn list_change(document: &Document, field: &str, random: &mut Seeded) -> Change {
    let items: &[Item] = match document.field(field) {
        Some(Field::List(items)) => items,
        _ => &[],
    };
    let records = field == "items";
    let before = |random: &mut Seeded| random.chance(60).then(|| items.get(random.below(items.len()))).flatten();
    if items.is_empty() || random.chance(30) {
        let name = if records { "target" } else { "" };
        let inner = vec![(name.to_owned(), (random.pick(&["u", "v", "w"])).into())];
        return Change::Put { field: field.into(), item: None, inner, before: before(random).map(|item| item.id) };
    }
    let item = items[random.below(items.len())].id;
    match random.below(4) {
        0 => Change::Drop { field: field.into(), item },
        1 => {
            let before = before(random).map(|item| item.id).filter(|before| *before != item);
            Change::Move { field: field.into(), item, before }
        }
        2 if records => splice(document, FieldPath::inside(field, item, "note"), random),
        _ => {
            let name = if records { "target" } else { "" };
            let value = (random.pick(&["u", "v", "w"])).into();
            Change::Set { path: FieldPath::inside(field, item, name), value }
        }
    }
}

/// Returns the edits in another causal order.
pub(super) fn reordered(edits: &[Edit], random: &mut Seeded) -> Vec<Edit> {
    let mut rest: Vec<&Edit> = edits.iter().collect();
    let mut given: BTreeSet<EntryId> = BTreeSet::new();
    let mut order = Vec::new();
    while !rest.is_empty() {
        let ready: Vec<usize> =
            (0..rest.len()).filter(|&at| rest[at].deps.iter().all(|dep| given.contains(dep))).collect();
        // Now and then the latest first, so that one branch comes whole before another.
        let at = if random.chance(50) { random.pick(&ready) } else { ready[ready.len() - 1] };
        let edit = rest.remove(at);
        given.insert(edit.id);
        order.push(edit.clone());
    }
    order
}
