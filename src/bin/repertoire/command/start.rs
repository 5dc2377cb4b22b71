//! `repertoire` alone: what to do next, as things stand.

use repertoire::node::{Error, Reply, Request};

use crate::failure::wrong;
use crate::session::Context;

/// Ends as wrong use, with the sentence that helps most.
pub(crate) fn run(context: &mut Context) -> Result<(), Error> {
    match context.call(Request::Status) {
        Ok(Reply::Status(communities)) if !communities.is_empty() => {
            let names: Vec<&str> = communities.iter().map(|one| one.name.as_str()).collect();
            Err(wrong("no-verb-joined", &[("names", &names.join(", "))]))
        }
        Err(error) if error.code == "no_community" => Err(wrong("no-verb-empty", &[])),
        Ok(_) => Err(wrong("no-verb-empty", &[])),
        Err(error) => Err(error),
    }
}
