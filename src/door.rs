//! Doors: adapters between the engine and the outside. None names another, except the host that joins them.

pub mod client;
pub mod host;
pub mod net;
pub(crate) mod socket;
