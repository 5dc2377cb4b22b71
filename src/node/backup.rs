//! Backups: one file that holds a home's community, keys included, sealed, and the way back.
//!
//! ```text
//!  "repertoire backup 2\n" · head, see `node/vault` · chunks: length of keys.json (8, little-endian) · keys.json
//!  · store.redb, zstd · after the chunks: BLAKE3 of all before (32)
//! ```
//!
//! The digest shows damage before anybody is asked for a passphrase, and before anything is written.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::engine::Engine;
use super::env::Env;
use super::error::Error;
use super::home::{Home, path_error, private_folder};
use super::keys::Keys;
use super::secret::Secret;
use super::vault::{HEAD_BYTES, Head, Kind, Opening, Sealing, Stretched};
use super::words;
use crate::store::Store;

const MAGIC: &[u8; 20] = b"repertoire backup 2\n";
/// Fast: sealed payloads don't shrink, and the holes of the file shrink at any level.
const ZSTD_LEVEL: i32 = 1;
/// Bytes of the digest at the end.
const DIGEST: u64 = 32;
/// Most bytes of the keys' file.
const KEYS_BYTES_MAX: u64 = 1 << 20;

/// What a backup was sealed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// A passphrase.
    Passphrase,
    /// The 24 words of the person's printed key.
    PrintedKey,
}

impl Engine {
    /// Writes the backup of this community: under a passphrase, else under the person's printed key.
    pub(crate) fn backup(&self, path: &Path, passphrase: Option<&Secret>, env: &mut Env) -> Result<(), Error> {
        if path.exists() {
            return Err(Error::file(path.display(), "it exists already"));
        }
        let opened = match (passphrase, &self.keys.backup) {
            (Some(passphrase), _) => Stretched::passphrase(passphrase, env)?.seal(env.bytes()),
            (None, Some(printed)) => Stretched::printed(printed, env).seal(env.bytes()),
            (None, None) => return Err(Error::no_secret()),
        };
        let keys = self.keys.to_json()?;
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Between transactions the file holds exactly what was committed.
        let store = self.folder.join("store.redb");
        let write = || -> io::Result<()> {
            let mut out = tempfile::Builder::new().prefix(".backup-").tempfile_in(folder)?;
            out.write_all(MAGIC)?;
            out.write_all(&opened.head)?;
            let mut sealing = Sealing::new(&mut out, &opened);
            sealing.write_all(&(keys.len() as u64).to_le_bytes())?;
            sealing.write_all(&keys)?;
            zstd::stream::copy_encode(File::open(&store)?, &mut sealing, ZSTD_LEVEL)?;
            sealing.finish()?;
            out.rewind()?;
            let mut hasher = blake3::Hasher::new();
            io::copy(&mut out, &mut hasher)?;
            out.write_all(hasher.finalize().as_bytes())?;
            out.as_file().sync_all()?;
            out.persist_noclobber(path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| path_error(path, &error))
    }
}

/// Restores a backup into a home that does not hold its community: the same person, a fresh incarnation. `ask` gives
/// what the backup was sealed under.
///
/// # Errors
///
/// When the file is no backup or damaged, or the secret is another (nothing is written then), or the community is here
/// already.
pub fn restore(
    home: &Home,
    path: &Path,
    ask: &mut dyn FnMut(Needed) -> Result<Secret, Error>,
    env: &mut Env,
) -> Result<String, Error> {
    let mut file = File::open(path).map_err(|error| path_error(path, &error))?;
    let damaged = || Error::damaged(format!("{} is no whole backup", path.display()));
    if !is_whole(&mut file).map_err(|error| path_error(path, &error))? {
        return Err(damaged());
    }
    let bytes = file.metadata().map_err(|error| path_error(path, &error))?.len();
    let mut magic = [0; 20];
    let mut head = [0; HEAD_BYTES];
    file.read_exact(&mut magic).and_then(|()| file.read_exact(&mut head)).map_err(|_| damaged())?;
    let head = Head::read(&head).filter(|_| magic == *MAGIC).ok_or_else(damaged)?;
    let stretched = match head.kind() {
        Kind::Passphrase => head.stretch(ask(Needed::Passphrase)?.text().as_bytes())?,
        Kind::Printed => {
            let seed = words::seed(ask(Needed::PrintedKey)?.text()).ok_or_else(Error::wrong_secret)?;
            head.stretch(&*words::backup_key(&seed))?
        }
    };
    let opened = head.open(&stretched)?;
    let left = bytes.checked_sub(DIGEST + (MAGIC.len() + HEAD_BYTES) as u64).ok_or_else(damaged)?;
    let mut plain = Opening::new(file, left, &opened);
    let mut length = [0; 8];
    plain.read_exact(&mut length).map_err(|_| damaged())?;
    let length = u64::from_le_bytes(length);
    if length > KEYS_BYTES_MAX {
        return Err(damaged());
    }
    let mut keys = Zeroizing::new(Vec::new());
    (&mut plain).take(length).read_to_end(&mut keys).map_err(|_| damaged())?;
    private_folder(home.root()).map_err(|error| path_error(home.root(), &error))?;
    let fresh = tempfile::tempdir_in(home.root()).map_err(|error| path_error(home.root(), &error))?;
    let into = fresh.path();
    super::home::write_private(&into.join("keys.json"), &keys)?;
    let mut out = File::create(into.join("store.redb")).map_err(|error| path_error(into, &error))?;
    zstd::stream::copy_decode(&mut plain, &mut out).map_err(|_| damaged())?;
    out.sync_all().map_err(|error| path_error(into, &error))?;
    let mut restored = Keys::load(&into.join("keys.json"), None).map_err(|_| damaged())?;
    let folder = home.community(restored.community);
    if folder.join("keys.json").exists() {
        return Err(Error::not_empty(folder.display()));
    }
    restored.renew(env);
    restored.save(&into.join("keys.json"))?;
    let store = Store::open(&into.join("store.redb"))?;
    let engine = Engine::with_store(into, restored, store)?;
    let name = engine.name()?;
    drop(engine);
    let communities = folder.parent().expect("a community has a folder above");
    private_folder(communities).map_err(|error| path_error(communities, &error))?;
    let _ = fs::remove_dir_all(&folder);
    fs::rename(fresh.keep(), &folder).map_err(|error| path_error(&folder, &error))?;
    Ok(name)
}

/// Tells whether the digest at the end fits what stands before it; leaves the file at its start.
fn is_whole(file: &mut File) -> io::Result<bool> {
    let Some(body) = file.metadata()?.len().checked_sub(DIGEST) else { return Ok(false) };
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut (&mut *file).take(body), &mut hasher)?;
    let mut digest = [0; DIGEST as usize];
    file.read_exact(&mut digest)?;
    file.rewind()?;
    Ok(hasher.finalize() == digest)
}

#[cfg(test)]
mod tests {
    use super::super::home::Home;
    use super::super::request::Init;
    use super::*;
    use crate::model::Timestamp;

    fn init() -> Init {
        Init {
            name: "Eau".to_owned(),
            types: Vec::new(),
            person: "Awa".to_owned(),
            site: "Bakel".to_owned(),
            changes: Vec::new(),
        }
    }

    #[test]
    fn a_backup_with_any_bit_flipped_is_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut env = Env::seeded(7, Timestamp(0));
        let home = Home::new(&folder.path().join("home"), folder.path());
        let (engine, _) = super::super::founding::found(&home, &init(), &mut env).expect("founded");
        let whole = folder.path().join("whole");
        let passphrase = Secret::new("three words apart\n");
        engine.backup(&whole, Some(&passphrase), &mut env).expect("written");
        let mut ask = |needed| {
            assert_eq!(needed, Needed::Passphrase);
            Ok(passphrase.clone())
        };
        let bytes = fs::read(&whole).expect("a file");
        let torn = folder.path().join("torn");
        let into = Home::new(&folder.path().join("other"), folder.path());
        let every = bytes.len() / 200;
        let flips = (0..bytes.len()).step_by(every.max(1)).map(|at| {
            let mut torn = bytes.clone();
            torn[at] ^= 1 << (at % 8);
            torn
        });
        let cuts = (0..bytes.len()).step_by(every.max(1)).map(|at| bytes[..at].to_vec());
        for damaged in flips.chain(cuts) {
            fs::write(&torn, &damaged).expect("written");
            let mut never = |_| panic!("nobody is asked about a damaged file");
            let error = restore(&into, &torn, &mut never, &mut env).expect_err("refused");
            assert_eq!(error.kind, super::super::ErrorKind::Corrupt, "{error:?}");
            assert!(!into.root().exists(), "something was written");
        }
        let mut wrong = |_| Ok(Secret::new("three words together"));
        let error = restore(&into, &whole, &mut wrong, &mut env).expect_err("refused");
        assert_eq!(error.code, "wrong_secret");
        assert!(!into.root().exists(), "something was written");
        restore(&into, &whole, &mut ask, &mut env).expect("restored");
        let old = Keys::load(&home.communities().expect("listed")[0].join("keys.json"), None).expect("keys");
        let new = Keys::load(&into.communities().expect("listed")[0].join("keys.json"), None).expect("keys");
        assert_eq!((old.member, old.device()), (new.member, new.device()));
        assert_ne!(old.incarnation, new.incarnation);
    }

    /// Neither a key nor a text of the home can be read out of a backup, and nothing is written without a secret.
    #[test]
    fn a_backup_is_sealed_under_a_passphrase_or_the_printed_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut env = Env::seeded(8, Timestamp(0));
        let home = Home::new(&folder.path().join("home"), folder.path());
        let (mut engine, _) = super::super::founding::found(&home, &init(), &mut env).expect("founded");
        let file = folder.path().join("sealed");
        engine.keys.backup = None;
        assert_eq!(engine.backup(&file, None, &mut env).expect_err("no secret").code, "no_secret");
        assert!(!file.exists());
        let seed = Zeroizing::new([9; 32]);
        engine.keys.backup = Some(words::backup_key(&seed));
        engine.backup(&file, None, &mut env).expect("written");
        let bytes = fs::read(&file).expect("a file");
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        let secret = data_encoding::HEXLOWER.encode(&*engine.keys.signing.seed());
        assert!(!has(b"community") && !has(secret.as_bytes()) && !has(&engine.keys.secret));
        let into = Home::new(&folder.path().join("other"), folder.path());
        let restoring = |text: String, env: &mut Env| {
            let mut ask = |needed| {
                assert_eq!(needed, Needed::PrintedKey);
                Ok(Secret::new(&text))
            };
            restore(&into, &file, &mut ask, env)
        };
        let other = words::printed(&Zeroizing::new([8; 32]));
        assert_eq!(restoring(other.to_string(), &mut env).expect_err("another key").code, "wrong_secret");
        assert_eq!(restoring("no words".to_owned(), &mut env).expect_err("no key").code, "wrong_secret");
        let words = words::printed(&seed).to_uppercase();
        restoring(words, &mut env).expect("restored");
    }
}
