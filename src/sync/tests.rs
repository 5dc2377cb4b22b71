//! Sessions between replicas in memory, with entries that are really signed.

mod converge;
mod cost;
mod door;
mod fallen;
mod hostile;
mod live;
mod memory;
mod newcomer;
