//! The one integration test binary.
mod demo;
mod hostile;
mod kill;
mod messages;
mod sim;
mod standing;
mod stories;
mod strangers;
mod tidy;
mod usage;
mod vectors;
mod wire;
