//! Tests of the engine: any order of arrival, and limits.

mod community;
mod duel;
mod forger;
mod hostile;
mod limits;
mod marks;
mod order;
mod pen;
mod removed;
