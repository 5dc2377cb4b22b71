//! Tests of the engine: any order of arrival, and limits.

mod community;
mod forger;
mod hostile;
mod limits;
mod order;
mod pen;
