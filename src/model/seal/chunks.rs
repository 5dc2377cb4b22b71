//! Sealing of streams in chunks, so that a file of any size is sealed and opened in little memory.
//!
//! Each chunk is XChaCha20-Poly1305 under one key that serves one stream: nonce = number of the chunk (8 bytes,
//! little-endian), 1 in the last one, zeros. So a chunk that is altered, left out, doubled, moved or cut off opens to
//! nothing.

use zeroize::Zeroizing;

use super::{NONCE_BYTES, SealError, decrypt, encrypt};

/// Bytes of a chunk before sealing; the last one may be shorter.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes that sealing adds to a chunk.
pub const CHUNK_OVERHEAD: usize = 16;

/// Seals or opens the chunks of one stream, in order.
pub struct Chunks {
    key: Zeroizing<[u8; 32]>,
    associated: Vec<u8>,
    next: u64,
}

impl Chunks {
    /// Begins a stream under a key that no other stream uses; `associated` is bound to every chunk.
    pub fn new(key: Zeroizing<[u8; 32]>, associated: &[u8]) -> Chunks {
        Chunks { key, associated: associated.to_vec(), next: 0 }
    }

    fn nonce(&mut self, last: bool) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.next.to_le_bytes());
        nonce[8] = u8::from(last);
        self.next += 1;
        nonce
    }

    /// Seals the next chunk.
    pub fn seal(&mut self, plain: &[u8], last: bool) -> Vec<u8> {
        let nonce = self.nonce(last);
        encrypt(&self.key, &nonce, &self.associated, plain)
    }

    /// Opens the next chunk.
    ///
    /// # Errors
    ///
    /// When it is not the chunk that was sealed at this place, or the key is another.
    pub fn open(&mut self, sealed: &[u8], last: bool) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let nonce = self.nonce(last);
        decrypt(&self.key, &nonce, &self.associated, sealed).map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_open_at_their_place_alone() {
        let stream = || Chunks::new(Zeroizing::new([7; 32]), b"head");
        let mut sealing = stream();
        let sealed = [sealing.seal(b"one", false), sealing.seal(b"two", false), sealing.seal(b"three", true)];
        let mut opening = stream();
        let opened: Vec<Vec<u8>> =
            (0..3).map(|at| opening.open(&sealed[at], at == 2).expect("sealed here").to_vec()).collect();
        assert_eq!(opened, [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
        assert!(stream().open(&sealed[1], false).is_err(), "moved");
        assert!(stream().open(&sealed[0], true).is_err(), "cut off after it");
        assert!(Chunks::new(Zeroizing::new([7; 32]), b"other").open(&sealed[0], false).is_err());
        assert!(Chunks::new(Zeroizing::new([8; 32]), b"head").open(&sealed[0], false).is_err());
    }
}
