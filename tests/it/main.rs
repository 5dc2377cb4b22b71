//! The one integration test binary.
mod demo;
mod kill;
mod messages;
mod sim;
mod stories;
mod strangers;
mod tidy;
mod usage;
mod vectors;
mod wire;
