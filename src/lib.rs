//! A peer-to-peer, offline-first **practice repertoire** for communities of practice.
//!
//! People who share a trade keep what they know here: practices, the talk about them, the words they use, and who knows
//! what. Every member's machine holds the whole repertoire, works with no network for months, and meets other machines
//! over libp2p. There is no server and no account. This page is the architecture; the wire format is specified in
//! `proto/*.proto`.
//!
//! # In one paragraph
//!
//! The ground state is **one log of signed entries per space**. Everything that a person sees (documents, standing,
//! rights, search, figures) is a **view**, folded from the log by pure functions and rebuildable at any time. An entry
//! typed here and an entry received from anywhere go through **one door**: verify, judge, store, fold, announce.
//!
//! # Floors
//!
//! A floor names only floors below it; `tests/it/tidy.rs` holds that, and who alone may name which dependency.
//!
//! ```text
//!  5  src/bin/repertoire   words, colours, exit codes     names this crate's public API only
//!  4  door                 socket | net                   adapters; none names another, the host joins them
//!  3  node                 the one writer, the keys       engine, pen, admit, settle, bundle, request, env
//!  2  sync | store | index | interchange                  none names another
//!  1  model                pure: no files, sockets, clocks, randomness, threads
//!  0  wire                 generated protobuf types
//! ```
//!
//! The engine is a plain struct behind `&mut self`, owned by one thread; async lives in doors alone. The simulator in
//! `tests/it` drives the same engine without any network.
//!
//! # The way of one practice, room by room
//!
//! 1. `repertoire add practice "Purger une pompe"` becomes a [`node::Request`]. Whoever holds the home's lock owns the
//!    store: this process, or the running node, to whom the request goes over the local socket. The same request runs on
//!    the same engine either way.
//! 2. `node` turns the fields into changes, and [`model::document`] composes them into an **edit**: a *shape*
//!    (operations, lengths, element ids, anchors) and a *content* (the words).
//! 3. `node/pen` gives it a **header**: the next place in this device's **chain** of the space, the heads of governance
//!    and of the document that were seen, the epoch of the key. Shape and content are compressed, then sealed.
//! 4. `node/settle` judges it by the same function that judges entries from others, folds the document, and writes
//!    entry, verdict, row and names in one transaction. Only then is its id printed: printed means fsynced.
//! 5. The search index follows behind a watermark: the running node feeds it in the background, a search without a node
//!    reads the short tail itself.
//! 6. `door/net` meets a peer. `sync` proves membership before any word, compares **frontiers**, sends headers, then
//!    payloads, and says at the end whether both hold the same: equal digests, never a counter.
//! 7. There, the entry goes through steps 4 and 5 of the other node.
//!
//! # Invariants
//!
//! - Only verification yields a [`model::Entry`]; received bytes are kept and forwarded as they came, never encoded
//!   again in order to check them.
//! - A verdict is a function of the entry, its past and governance: the same on every node that holds the same entries,
//!   in whatever order they came. Void and masked entries are kept, forwarded and counted in the frontier.
//! - What a peer may send is typed edits with anchors. Nothing that a peer sent reaches automerge's decoders, and neither
//!   wire nor store depends on its format.
//! - Views are written by settling only, and `rebuild` gives them back equal.
//! - No right depends on a clock. Claimed times are shown, and compared with each other for expiry.
//! - Every limit is a documented constant with its unit; reached, it answers busy or refuses, and nothing grows.
//! - The library neither prints nor reads the environment.
//!
//! # Settled where the first text was open
//!
//! - Element ids of sets are keyed by a random salt in the creating edit: they can't be keyed by the document's id, which
//!   is a hash that covers them.
//! - `check` prints a fingerprint per space: BLAKE3 over the BLAKE3 hashes of the canonical lines in their order, so that
//!   it need not fold every document anew; `check --full` does.
//! - Who is refused after proving the community secret and a device hears why: no member, or an admission that waits, with
//!   its reason. A stream that breaks says nothing about membership.
//! - The six words of an invitation to be confirmed, and the 24 of a printed key, come from one list for all languages:
//!   two people compare them, and paper outlives a screen's language.
//! - A device file is written by a device that is in: it makes the new device's keys, so that both sign at once and
//!   nobody has to be awake. Whoever holds the file is that device.
//! - A backup without a passphrase is sealed under a key that follows from the printed key and stays on the machine: it
//!   opens backups and nothing else.
//! - `accept` stands on the thread and names the post: who asked is known from the thread alone, so that its verdict rests
//!   on one document.
//! - The quorum of validation is the one that the last validation knew: a rule that changes later voids nothing.
//! - A report that doesn't say how it was seen counts as seen; an anecdote proves nothing. A level of many sites takes as
//!   many people, no two at one site.
//! - Credits stand in a copy as ids of members, set once; whoever shows or exports them writes names.
//! - An erase beyond the cut of a removal takes nothing. A node that obeyed before it heard of the removal lets go of the
//!   headstone: the payload is missing there, and comes again from who heard in time. Whoever removes has seen what they
//!   keep, so that somebody has it, unless only those held it who had obeyed: then it is missing everywhere.
//! - A key made by an act that others voided stays known: who had heard of that act alone wrote under it. Nothing new is
//!   sealed under it, and the next rotation has it under its own key. A key that was not sealed to everybody who reads, or
//!   doesn't open the others that are about, is replaced as if a rotation were owed.
//! - What several people sign is collected by notes in the commons (`node/together`), not by acts: an act with too few
//!   signatures is void for good, and would say so in clear to carriers.
//! - Who governs by a recovery alone waits 14 days by the clock of their own machine before they do, and so does who
//!   confirms a vetoed one: the rule itself knows no time, and a node that doesn't wait breaks nothing.
//! - A writing in parts is a chain of edits, each with the one before as its only dependency.
//!
//! # Glossary
//!
//! | word | means |
//! | --- | --- |
//! | entry | a signed header and its payload: one fact in the log |
//! | header | the part that is hashed and signed: who, where in the chain, after what, when claimed, root of the payload |
//! | payload | shape and content |
//! | shape | what an entry does, without the words; verdicts rest on it |
//! | content | the words; erasing drops them and nothing else |
//! | chain | the entries of one device incarnation in one space, linked by hashes |
//! | run | consecutive entries of a chain that one signature vouches for |
//! | incarnation | one life of a device: fresh after a restore, a copy or a fork |
//! | tip | the last entry of a chain; a fork has several |
//! | fork | two entries at one place of a chain: a copied or restored device |
//! | frontier | every tip of a space, and the payloads missing: all that a node holds, in a few bytes a chain |
//! | space | governance, commons, vitrine or a circle: each has its own key, chains and readers |
//! | governance | the log that says who may what |
//! | invitation, admission | a door opened once; the entry by which a newcomer goes through |
//! | pending | an admission that waits for an animator: the invitation was used up, late, recalled, or asks for it |
//! | device file | what makes another machine a device of the same person |
//! | printed key | 32 bytes as 24 words on paper: brings a person back, and opens backups |
//! | passphrase | what a person remembers; seals keys on the disk, or a backup |
//! | seat | an animator's node confirms admissions |
//! | candidate | an act of governance that was right in its own past; others may still void it |
//! | removal | an act that takes a person, a device or a role out, and voids what these do at the same time |
//! | checkpoint | an act by most of those who govern, which closes all before it for ever |
//! | recovery | naming animators where all are lost |
//! | proposal | an act that several people have to sign, on its way to them; a co-signature is theirs |
//! | cut | the tips of a removed person that still count |
//! | quarantine | entries kept without effect until an animator decides |
//! | verdict | counted, masked, waiting or void |
//! | epoch | the time of one key of a space |
//! | edit | an entry that changes a document |
//! | mark | a statement about a document: proposed, useful, verified |
//! | standing | what marks, reports and the time say of a document: computed, never stored as truth |
//! | evidence | what the reports about a practice prove, in five levels |
//! | due | validated, and to be looked at again |
//! | adaptation | a practice that began as a copy of another, its source, at a version that it remembers |
//! | lineage | a practice with its sources and all that was adapted from it |
//! | credits | those whom a copy thanks |
//! | document | what edits fold to: a practice, a thread, a member's profile, … |
//! | view | anything computed from the log |
//! | fold | computing a document from its edits |
//! | door | an adapter to the outside |
//! | draft | what is not signed yet |
//! | request, reply, event | what is asked of a node, answered, announced |
//! | bundle | entries in a sealed file, carried by whatever carries files |
//! | carrier | a node of role `relay`: holds sealed entries, reads none |

pub mod door;
pub mod index;
pub mod interchange;
pub mod model;
pub mod node;
pub mod store;
pub mod sync;
pub mod wire;
