//! Sessions between replicas in memory, with entries that are really signed.

mod converge;
mod cost;
mod door;
mod hostile;
mod live;
mod memory;
mod newcomer;
