//! A word that somebody keeps to themselves, on its way through this program.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A passphrase, or the words of a printed key. Wiped from memory when dropped, and never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret as it was typed: without the line end.
    pub fn new(text: &str) -> Secret {
        Secret(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
