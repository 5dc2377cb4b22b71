//! Identifiers: newtypes over fixed arrays, and the claimed time.
//!
//! Every id is shown as lower-case hex in full. In human-readable formats (JSON) it is that string, elsewhere the bytes.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A string that is not the hex form of the id it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: {expected} hexadecimal digits are expected")]
pub struct IdError {
    /// How many digits the id has.
    pub expected: usize,
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let mut bytes = [0; N];
    let failure = IdError { expected: 2 * N };
    if text.len() != 2 * N {
        return Err(failure);
    }
    data_encoding::HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| failure)?;
    Ok(bytes)
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // No id is longer.
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    f.write_str(str::from_utf8(&text[..2 * bytes.len()]).unwrap_or_default())
}

struct ArrayVisitor<const N: usize>;

impl<const N: usize> Visitor<'_> for ArrayVisitor<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        parse_hex(text).map_err(E::custom)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// All bytes zero.
            pub const ZERO: $name = $name([0; $bytes]);

            /// Returns the id that these bytes are, if they are as many as it has.
            pub fn from_slice(bytes: &[u8]) -> Option<$name> {
                bytes.try_into().ok().map($name)
            }

            /// Tells whether all bytes are zero.
            pub fn is_zero(&self) -> bool {
                self.0 == [0; $bytes]
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0[..self.0.len().min(4)], f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<$name, IdError> {
                parse_hex(text).map($name)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let bytes = if deserializer.is_human_readable() {
                    deserializer.deserialize_str(ArrayVisitor::<$bytes>)
                } else {
                    deserializer.deserialize_bytes(ArrayVisitor::<$bytes>)
                };
                bytes.map($name).map_err(|error| D::Error::custom(error))
            }
        }
    };
}

id! {
    /// Id of an entry: BLAKE3-256 of its header bytes.
    EntryId, 32
}
id! {
    /// Id of a community: that of its founding entry.
    CommunityId, 32
}
id! {
    /// Id of a document: that of the edit that created it.
    DocumentId, 32
}
id! {
    /// Id of a person in a community: that of the founding or admission entry that brought them in.
    MemberId, 32
}
id! {
    /// A device: its Ed25519 public key.
    DeviceId, 32
}
id! {
    /// Id of a space: random, or zero for the governance log.
    SpaceId, 16
}
id! {
    /// One life of a device: fresh at first start, after a restore, and after a copy or a fork was seen.
    Incarnation, 16
}
id! {
    /// Name of a key epoch: the first 8 bytes of the id of the entry that made the key. Zero means in clear.
    EpochId, 8
}
id! {
    /// Id of an element of a set: a keyed hash of its value.
    ElementId, 16
}
id! {
    /// Id of an item of a list: random.
    ItemId, 16
}

impl SpaceId {
    /// The governance log.
    pub const GOVERNANCE: SpaceId = SpaceId::ZERO;
}

impl EpochId {
    /// The payload is in clear.
    pub const CLEAR: EpochId = EpochId::ZERO;

    /// Returns the name of the epoch whose key the entry `id` made.
    pub fn of(id: EntryId) -> EpochId {
        let mut name = [0; 8];
        name.copy_from_slice(&id.0[..8]);
        EpochId(name)
    }
}

macro_rules! same {
    ($($name:ident),*) => {$(
        impl From<EntryId> for $name {
            fn from(id: EntryId) -> $name {
                $name(id.0)
            }
        }
        impl From<$name> for EntryId {
            fn from(id: $name) -> EntryId {
                EntryId(id.0)
            }
        }
    )*};
}
same!(CommunityId, DocumentId, MemberId);

/// A claimed time: milliseconds since 1970-01-01T00:00:00Z. Nothing but display and expiry rests on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_bytes_round_trip() {
        let id = SpaceId([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("ab".parse::<SpaceId>(), Err(IdError { expected: 32 }));
        let json = serde_json::to_string(&id).expect("JSON");
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<SpaceId>(&json).expect("back"), id);
        let bytes = postcard::to_stdvec(&id).expect("bytes");
        assert_eq!(bytes.len(), 17);
        assert_eq!(postcard::from_bytes::<SpaceId>(&bytes).expect("back"), id);
        assert!(postcard::from_bytes::<EntryId>(&bytes).is_err());
    }
}
