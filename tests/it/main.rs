//! The one integration test binary.
mod bundle;
mod decoders;
mod demo;
mod erase;
mod hostile;
mod import;
mod kill;
mod messages;
mod place;
mod sim;
mod standing;
mod stories;
mod strangers;
mod tidy;
mod usage;
mod vectors;
mod wire;
