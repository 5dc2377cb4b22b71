//! Sealing of files under what a person knows: a passphrase, or the words of a printed key. `argon2` is named here alone.
//!
//! ```text
//!  head     kind (1: 1 passphrase, 2 printed key) · Argon2id memory in KiB (4, little-endian) · passes (4) · salt (16)
//!           · fresh (16) · check (16)
//!  chunks   64 KiB each before sealing, the last one shorter; see `model::seal::Chunks`; bound to the head
//! ```
//!
//! The key of a file is derived from the stretched secret, the salt and what is fresh, so that it serves one file.
//! `check` tells a wrong secret from a damaged file; it costs a guesser no less than the first chunk would.

use std::io::{self, Read, Write};

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::env::Env;
use super::error::Error;
use super::secret::Secret;
use crate::model::seal::{CHUNK_BYTES, CHUNK_OVERHEAD, Chunks};

/// Memory of Argon2id, in KiB: 64 MiB, which a small machine has and a guesser needs for each guess at once.
const MEMORY_KIB: u32 = 64 * 1024;
/// Passes of Argon2id.
const PASSES: u32 = 3;
/// Most that a file may ask for: 256 MiB and 10 passes, so that a foreign file can't exhaust this machine.
const MEMORY_KIB_MAX: u32 = 256 * 1024;
const PASSES_MAX: u32 = 10;
/// Fewest characters of a passphrase.
const PASSPHRASE_CHARS_MIN: usize = 8;
/// Bytes of a head.
pub(super) const HEAD_BYTES: usize = 1 + 4 + 4 + 2 * SALT_BYTES + CHECK_BYTES;
const SALT_BYTES: usize = 16;
const CHECK_BYTES: usize = 16;
const KEY_CONTEXT: &str = "repertoire 1 vault key";
const CHECK_CONTEXT: &str = "repertoire 1 vault check";

/// What opens a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A passphrase, stretched.
    Passphrase,
    /// A key of 32 bytes that is as hard to guess as any.
    Printed,
}

/// A secret, stretched: what a guesser pays for. Kept in memory where a file is sealed again and again.
#[derive(Clone)]
pub(super) struct Stretched {
    kind: Kind,
    memory_kib: u32,
    passes: u32,
    salt: [u8; SALT_BYTES],
    bytes: Zeroizing<[u8; 32]>,
}

/// The head of a sealed file.
pub(super) struct Head {
    kind: Kind,
    memory_kib: u32,
    passes: u32,
    salt: [u8; SALT_BYTES],
    fresh: [u8; SALT_BYTES],
    check: [u8; CHECK_BYTES],
}

/// A key that serves one file, and the head that says how to come by it.
pub(super) struct Opened {
    pub(super) head: Vec<u8>,
    pub(super) key: Zeroizing<[u8; 32]>,
}

impl Stretched {
    /// Stretches a new passphrase.
    pub(super) fn passphrase(passphrase: &Secret, env: &mut Env) -> Result<Stretched, Error> {
        if passphrase.text().chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(Error::short_passphrase(PASSPHRASE_CHARS_MIN));
        }
        stretch(Kind::Passphrase, (MEMORY_KIB, PASSES), env.bytes(), passphrase.text().as_bytes())
    }

    /// Takes a key that is as hard to guess as any.
    pub(super) fn printed(key: &[u8; 32], env: &mut Env) -> Stretched {
        let bytes = Zeroizing::new(*key);
        Stretched { kind: Kind::Printed, memory_kib: 0, passes: 0, salt: env.bytes(), bytes }
    }

    /// Makes head and key of a file; `fresh` is never used for two.
    pub(super) fn seal(&self, fresh: [u8; SALT_BYTES]) -> Opened {
        let &Stretched { kind, memory_kib, passes, salt, .. } = self;
        let check = self.check(&fresh);
        let head = Head { kind, memory_kib, passes, salt, fresh, check };
        Opened { head: head.to_bytes(), key: Zeroizing::new(self.derive(KEY_CONTEXT, &fresh)) }
    }

    /// Seals bytes whole. What is fresh follows from them, so that no randomness is needed.
    pub(super) fn seal_bytes(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let hash = blake3::keyed_hash(&self.bytes, plain);
        let opened = self.seal(*hash.as_bytes().first_chunk().expect("a hash is longer"));
        let mut sealing = Sealing::new(opened.head.clone(), &opened);
        sealing.write_all(plain)?;
        sealing.finish()
    }

    fn derive(&self, context: &str, fresh: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        *hasher.update(&*self.bytes).update(&self.salt).update(fresh).finalize().as_bytes()
    }

    fn check(&self, fresh: &[u8]) -> [u8; CHECK_BYTES] {
        *self.derive(CHECK_CONTEXT, fresh).first_chunk().expect("a hash is longer")
    }
}

fn stretch(kind: Kind, cost: (u32, u32), salt: [u8; SALT_BYTES], secret: &[u8]) -> Result<Stretched, Error> {
    let (memory_kib, passes) = cost;
    let mut bytes = Zeroizing::new([0; 32]);
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(Error::damaged)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret, &salt, &mut *bytes)
        .map_err(Error::internal)?;
    Ok(Stretched { kind, memory_kib, passes, salt, bytes })
}

impl Head {
    /// Reads a head; none where it is none of ours.
    pub(super) fn read(bytes: &[u8; HEAD_BYTES]) -> Option<Head> {
        let (kind, rest) = bytes.split_first()?;
        let (memory_kib, rest) = rest.split_first_chunk::<4>()?;
        let (passes, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<SALT_BYTES>()?;
        let (fresh, rest) = rest.split_first_chunk::<SALT_BYTES>()?;
        let kind = match kind {
            1 => Kind::Passphrase,
            2 => Kind::Printed,
            _ => return None,
        };
        let (memory_kib, passes) = (u32::from_le_bytes(*memory_kib), u32::from_le_bytes(*passes));
        let sane = memory_kib <= MEMORY_KIB_MAX && passes <= PASSES_MAX;
        let check = rest.try_into().ok()?;
        sane.then_some(Head { kind, memory_kib, passes, salt: *salt, fresh: *fresh, check })
    }

    /// Returns what opens the file.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Stretches a passphrase, or takes a printed key, as the file was sealed.
    pub(super) fn stretch(&self, secret: &[u8]) -> Result<Stretched, Error> {
        match (self.kind, <[u8; 32]>::try_from(secret)) {
            (Kind::Passphrase, _) => stretch(self.kind, (self.memory_kib, self.passes), self.salt, secret),
            (Kind::Printed, Ok(key)) => {
                let bytes = Zeroizing::new(key);
                Ok(Stretched { kind: self.kind, memory_kib: 0, passes: 0, salt: self.salt, bytes })
            }
            (Kind::Printed, Err(_)) => Err(Error::wrong_secret()),
        }
    }

    /// Returns the key of the file.
    pub(super) fn open(&self, stretched: &Stretched) -> Result<Opened, Error> {
        // Hashes compare in constant time.
        if blake3::Hash::from_bytes(widen(stretched.check(&self.fresh))) != blake3::Hash::from_bytes(widen(self.check))
        {
            return Err(Error::wrong_secret());
        }
        let key = Zeroizing::new(stretched.derive(KEY_CONTEXT, &self.fresh));
        Ok(Opened { head: self.to_bytes(), key })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let kind = if self.kind == Kind::Passphrase { 1 } else { 2 };
        let mut out = vec![kind];
        out.extend(self.memory_kib.to_le_bytes());
        out.extend(self.passes.to_le_bytes());
        out.extend(self.salt);
        out.extend(self.fresh);
        out.extend(self.check);
        out
    }
}

/// What was sealed whole, and what it was sealed under.
pub(super) struct Unsealed {
    pub(super) plain: Zeroizing<Vec<u8>>,
    pub(super) stretched: Stretched,
}

/// Opens bytes that were sealed whole; none where they are no head with chunks.
pub(super) fn open_bytes(sealed: &[u8], secret: &Secret) -> Result<Option<Unsealed>, Error> {
    let Some((head, chunks)) = sealed.split_first_chunk::<HEAD_BYTES>() else { return Ok(None) };
    let Some(head) = Head::read(head).filter(|head| head.kind == Kind::Passphrase) else { return Ok(None) };
    let stretched = head.stretch(secret.text().as_bytes())?;
    let opened = head.open(&stretched)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(chunks.len()));
    let read = Opening::new(chunks, chunks.len() as u64, &opened).read_to_end(&mut plain);
    Ok(read.ok().map(|_| Unsealed { plain, stretched }))
}

/// For a comparison in constant time.
fn widen(check: [u8; CHECK_BYTES]) -> [u8; 32] {
    let mut wide = [0; 32];
    wide[..CHECK_BYTES].copy_from_slice(&check);
    wide
}

/// Seals what is written to it; [`Sealing::finish`] writes the last chunk.
pub(super) struct Sealing<W> {
    out: W,
    chunks: Chunks,
    held: Zeroizing<Vec<u8>>,
}

impl<W: Write> Sealing<W> {
    pub(super) fn new(out: W, opened: &Opened) -> Sealing<W> {
        let chunks = Chunks::new(opened.key.clone(), &opened.head);
        Sealing { out, chunks, held: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES)) }
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        let sealed = self.chunks.seal(&self.held, true);
        self.out.write_all(&sealed)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is kept until more comes: it may be the last.
        if self.held.len() == CHUNK_BYTES {
            let sealed = self.chunks.seal(&self.held, false);
            self.out.write_all(&sealed)?;
            self.held.clear();
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.held.len());
        self.held.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what is read through it; the bytes of the chunks are `left` in number.
pub(super) struct Opening<R> {
    from: R,
    left: u64,
    chunks: Chunks,
    plain: Zeroizing<Vec<u8>>,
    at: usize,
}

impl<R: Read> Opening<R> {
    pub(super) fn new(from: R, left: u64, opened: &Opened) -> Opening<R> {
        let chunks = Chunks::new(opened.key.clone(), &opened.head);
        Opening { from, left, chunks, plain: Zeroizing::new(Vec::new()), at: 0 }
    }

    fn next(&mut self) -> io::Result<()> {
        let bytes = self.left.min((CHUNK_BYTES + CHUNK_OVERHEAD) as u64);
        self.left -= bytes;
        let mut sealed = vec![0; usize::try_from(bytes).expect("a chunk is small")];
        self.from.read_exact(&mut sealed)?;
        let opened = self.chunks.open(&sealed, self.left == 0);
        self.plain = opened.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.next()?;
        }
        let taken = out.len().min(self.plain.len() - self.at);
        out[..taken].copy_from_slice(&self.plain[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn streams_of_any_length_come_back() {
        let mut env = Env::seeded(3, Timestamp(0));
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            let opened = Stretched::printed(&[4; 32], &mut env).seal(env.bytes());
            let plain: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut sealing = Sealing::new(Vec::new(), &opened);
            sealing.write_all(&plain).expect("in memory");
            let sealed = sealing.finish().expect("in memory");
            let read = |sealed: &[u8]| {
                let mut back = Vec::new();
                Opening::new(sealed, sealed.len() as u64, &opened).read_to_end(&mut back).map(|_| back)
            };
            assert_eq!(read(&sealed).expect("whole"), plain, "{length}");
            assert!(read(&sealed[..sealed.len() - 1]).is_err());
            // A whole chunk left out at the end shows too.
            if length > CHUNK_BYTES {
                assert!(read(&sealed[..CHUNK_BYTES + CHUNK_OVERHEAD]).is_err());
            }
        }
    }

    #[test]
    fn a_wrong_secret_is_told_from_the_right_one() {
        let mut env = Env::seeded(4, Timestamp(0));
        let stretched = Stretched::passphrase(&Secret::new("correct horse"), &mut env).expect("long enough");
        let sealed = stretched.seal_bytes(b"keys").expect("in memory");
        let other = stretched.seal_bytes(b"kexs").expect("in memory");
        // Two files under one passphrase share no key.
        assert_ne!(sealed[25..HEAD_BYTES], other[25..HEAD_BYTES]);
        let open = |bytes: &[u8], words: &str| open_bytes(bytes, &Secret::new(words));
        let opened = open(&sealed, "correct horse").expect("right").expect("whole");
        assert_eq!(*opened.plain, b"keys");
        assert_eq!(open(&sealed, "wrong horses").map(drop).expect_err("wrong").code, "wrong_secret");
        let short = Stretched::passphrase(&Secret::new("short"), &mut env);
        assert_eq!(short.map(drop).expect_err("short").code, "short_passphrase");
        for at in [HEAD_BYTES, sealed.len() - 1] {
            let mut torn = sealed.clone();
            torn[at] ^= 1;
            assert!(open(&torn, "correct horse").expect("right").is_none());
        }
        assert!(open(&sealed[..HEAD_BYTES - 1], "correct horse").expect("not asked").is_none());
    }

    #[test]
    fn a_file_cannot_ask_for_more_than_the_machine_has() {
        let mut env = Env::seeded(5, Timestamp(0));
        let mut head: [u8; HEAD_BYTES] =
            Stretched::printed(&[4; 32], &mut env).seal(env.bytes()).head.try_into().expect("its length");
        head[1..5].copy_from_slice(&(MEMORY_KIB_MAX + 1).to_le_bytes());
        assert!(Head::read(&head).is_none());
        head[1..5].copy_from_slice(&0u32.to_le_bytes());
        head[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Head::read(&head).is_none());
    }
}
