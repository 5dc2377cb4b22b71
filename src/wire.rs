//! Generated protobuf types, and nothing else.
//!
//! The sources are `proto/*.proto`, which are written as specifications. The generated files are committed; the test
//! `wire_is_fresh` regenerates them in memory (no `protoc` needed) and compares. After a change of a `.proto` file run
//! `REGENERATE=1 cargo test wire_is_fresh`.
#![allow(missing_docs, clippy::all, reason = "generated code")]

/// Entries: `proto/entry.proto`.
#[rustfmt::skip]
#[path = "wire/repertoire.entry.v1.rs"]
pub mod entry;

/// The local socket: `proto/control.proto`.
#[rustfmt::skip]
#[path = "wire/repertoire.control.v1.rs"]
pub mod control;

/// Sessions between nodes: `proto/sync.proto`.
#[rustfmt::skip]
#[path = "wire/repertoire.sync.v1.rs"]
pub mod sync;

/// Bundles: `proto/bundle.proto`.
#[rustfmt::skip]
#[path = "wire/repertoire.bundle.v1.rs"]
pub mod bundle;

pub use prost::{DecodeError, Message};
