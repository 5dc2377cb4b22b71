//! Tests of the store as a whole.

mod chains;
mod crash;
mod damage;
mod fixture;
mod format;
mod log;
mod packed;
mod scrub;
mod views;
