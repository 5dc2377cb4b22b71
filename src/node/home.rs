//! The home: one folder that holds everything of a person's node, and the lock that decides who owns it.
//!
//! ```text
//! HOME/            mode 0700
//!   lock           held by the owner, its process id inside
//!   socket         made and removed by the owner while it serves
//!   profile.json   port, last addresses, communities in the order they came
//!   transport.key  32 bytes in hex: the libp2p key, never the device's
//!   communities/XXXXXXXXXXXXXXXX/   the first 16 digits of the community's id
//!     keys.json    device, space and community secrets
//!     store.redb   the log and its views
//!     index/       the search index
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::keys::SEALED;
use super::secret::Secret;
use crate::model::CommunityId;
use crate::store::{Store, StoreError};

/// Longest path that every supported system takes for a socket, in bytes.
const SOCKET_PATH_MAX: usize = 100;

/// A home folder, not necessarily owned.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
    runtime: PathBuf,
    disk: Arc<dyn Disk>,
    unlock: Option<Arc<dyn Unlock>>,
}

/// Gives the passphrase of keys that are sealed on the disk.
pub trait Unlock: std::fmt::Debug + Send + Sync {
    /// Returns the passphrase; none where nobody can be asked.
    fn passphrase(&self) -> Option<Secret>;
}

/// Where the stores of a home are kept: in its files, or on what a simulation takes for a disk.
pub trait Disk: std::fmt::Debug + Send + Sync {
    /// Creates the store of a community, for this path.
    ///
    /// # Errors
    ///
    /// As [`Store::create`].
    fn create(&self, path: &Path, community: CommunityId) -> Result<Store, StoreError>;

    /// Opens the store that was created for this path.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    fn open(&self, path: &Path) -> Result<Store, StoreError>;
}

/// The disk of the system.
#[derive(Debug)]
struct Files;

impl Disk for Files {
    fn create(&self, path: &Path, community: CommunityId) -> Result<Store, StoreError> {
        Store::create(path, community)
    }

    fn open(&self, path: &Path) -> Result<Store, StoreError> {
        Store::open(path)
    }
}

/// What a home remembers beside its communities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The port for TCP and QUIC; 0 = not chosen yet.
    #[serde(default)]
    pub port: u16,
    /// Addresses that this node last listened on, with its peer id.
    #[serde(default)]
    pub addresses: Vec<String>,
}

/// The lock of a home: while it lives, its holder owns the store.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock was not had.
#[derive(Debug)]
pub enum LockError {
    /// Another process holds it; its id, if it could be read.
    Held(Option<u32>),
    /// The folder or the file can't be used.
    Failed(Error),
}

/// Makes the error for a path that can't be used.
pub fn path_error(path: &Path, error: &io::Error) -> Error {
    Error::file(path.display(), error)
}

impl Home {
    /// Names a home. `runtime` is a folder for sockets whose path in the home would be too long.
    pub fn new(root: &Path, runtime: &Path) -> Home {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Home { root, runtime: runtime.to_owned(), disk: Arc::new(Files), unlock: None }
    }

    /// Keeps the stores on this disk instead of in files: for simulations.
    #[must_use]
    pub fn on_disk(self, disk: Arc<dyn Disk>) -> Home {
        Home { disk, ..self }
    }

    /// Asks this one for the passphrase of sealed keys.
    #[must_use]
    pub fn unlocked_by(self, unlock: Arc<dyn Unlock>) -> Home {
        Home { unlock: Some(unlock), ..self }
    }

    /// Returns who is asked for the passphrase.
    pub(crate) fn unlock(&self) -> Option<&dyn Unlock> {
        self.unlock.as_deref()
    }

    /// Tells whether keys of this home are sealed under a passphrase.
    ///
    /// # Errors
    ///
    /// When the folder can't be read.
    pub fn is_sealed(&self) -> Result<bool, Error> {
        let sealed = |folder: &PathBuf| fs::read(folder.join("keys.json")).is_ok_and(|keys| keys.starts_with(SEALED));
        Ok(self.communities()?.iter().any(sealed))
    }

    /// Returns where the stores are kept.
    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns where the socket stands.
    pub fn socket(&self) -> PathBuf {
        let inside = self.root.join("socket");
        if inside.as_os_str().len() <= SOCKET_PATH_MAX {
            return inside;
        }
        let hash = blake3::hash(self.root.as_os_str().as_encoded_bytes());
        self.runtime.join(format!("repertoire-{}.socket", &hash.to_hex()[..16]))
    }

    /// Returns the folder of a community.
    pub fn community(&self, id: CommunityId) -> PathBuf {
        self.root.join("communities").join(&id.to_string()[..16])
    }

    /// Lists the folders of the communities that are here, in the order of their ids.
    ///
    /// # Errors
    ///
    /// When the folder can't be read.
    pub fn communities(&self) -> Result<Vec<PathBuf>, Error> {
        let folder = self.root.join("communities");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(path_error(&folder, &error)),
        };
        let mut folders = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| path_error(&folder, &error))?.path();
            // A folder without keys is what a founding or joining left that was cut off: nothing was promised by it.
            if path.join("keys.json").is_file() && path.extension().is_none() {
                folders.push(path);
            }
        }
        folders.sort();
        Ok(folders)
    }

    /// Takes the lock, if nobody holds it.
    ///
    /// # Errors
    ///
    /// See [`LockError`].
    pub fn lock(&self) -> Result<Lock, LockError> {
        let failed = |path: &Path, error: &io::Error| LockError::Failed(path_error(path, error));
        private_folder(&self.root).map_err(|error| failed(&self.root, &error))?;
        close_folder(&self.root.join("communities")).map_err(LockError::Failed)?;
        close_file(&self.transport_key()).map_err(LockError::Failed)?;
        let path = self.root.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(|error| failed(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.take(20).read_to_string(&mut text);
                return Err(LockError::Held(text.trim().parse().ok()));
            }
            Err(TryLockError::Error(error)) => return Err(failed(&path, &error)),
        }
        let write = |file: &mut File| -> io::Result<()> {
            file.set_len(0)?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(|error| failed(&path, &error))?;
        Ok(Lock { _file: file })
    }

    /// Reads the profile; what is not there is as in [`Profile::default`].
    ///
    /// # Errors
    ///
    /// When the file can't be read.
    pub fn profile(&self) -> Result<Profile, Error> {
        Ok(read_json(&self.root.join("profile.json"))?.unwrap_or_default())
    }

    /// Writes the profile.
    ///
    /// # Errors
    ///
    /// When the file can't be written.
    pub fn set_profile(&self, profile: &Profile) -> Result<(), Error> {
        write_json(&self.root.join("profile.json"), profile)
    }

    /// Returns where the transport key stands.
    pub fn transport_key(&self) -> PathBuf {
        self.root.join("transport.key")
    }
}

/// Makes a folder that its owner alone can enter, with those above it.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Sees to it that a folder inside a home is one that its owner alone can enter, whoever made it: no link to elsewhere,
/// and nothing for the group or others.
pub(crate) fn close_folder(path: &Path) -> Result<(), Error> {
    let failed = |error: &io::Error| path_error(path, error);
    private_folder(path).map_err(|error| failed(&error))?;
    let found = fs::symlink_metadata(path).map_err(|error| failed(&error))?;
    if found.is_symlink() {
        return Err(Error::file(path.display(), "it is a symbolic link"));
    }
    close_mode(path, &found, 0o700).map_err(|error| failed(&error))
}

/// The same for a file that holds secrets, if it is there.
pub(crate) fn close_file(path: &Path) -> Result<(), Error> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(path_error(path, &error)),
    };
    if found.is_symlink() {
        return Err(Error::file(path.display(), "it is a symbolic link"));
    }
    close_mode(path, &found, 0o600).map_err(|error| path_error(path, &error))
}

fn close_mode(path: &Path, found: &fs::Metadata, mode: u32) -> io::Result<()> {
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Reads a JSON file; none when it isn't there.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, Error> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| Error::damaged(path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(path_error(path, &error)),
    }
}

/// Writes a JSON file that its owner alone can read, whole or not at all.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Error::internal)?;
    bytes.push(b'\n');
    write_private(path, &bytes)
}

/// Writes a file that its owner alone can read: beside it, fsynced, then renamed over it.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| path_error(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_owns_a_home() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(&folder.path().join("deep/home"), folder.path());
        let lock = home.lock().expect("free");
        assert!(matches!(home.lock(), Err(LockError::Held(Some(pid))) if pid == std::process::id()));
        drop(lock);
        assert!(home.lock().is_ok());
    }

    /// A home that somebody unpacked, or that lay open under a careless umask.
    #[test]
    fn what_holds_secrets_is_closed_and_no_link_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(&folder.path().join("home"), folder.path());
        let communities = home.root().join("communities");
        fs::create_dir_all(&communities).expect("made");
        fs::set_permissions(&communities, fs::Permissions::from_mode(0o755)).expect("opened");
        fs::write(home.transport_key(), b"00").expect("written");
        fs::set_permissions(home.transport_key(), fs::Permissions::from_mode(0o644)).expect("opened");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        drop(home.lock().expect("free"));
        assert_eq!((mode(&communities), mode(&home.transport_key())), (0o700, 0o600));
        fs::remove_dir(&communities).expect("empty");
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).expect("made");
        std::os::unix::fs::symlink(&elsewhere, &communities).expect("linked");
        assert!(matches!(home.lock(), Err(LockError::Failed(error)) if error.code == "file"));
    }

    #[test]
    fn long_paths_move_the_socket() {
        let folder = tempfile::tempdir().expect("a folder");
        let long = folder.path().join("x".repeat(120));
        assert!(Home::new(&long, folder.path()).socket().as_os_str().len() <= SOCKET_PATH_MAX);
        assert_eq!(Home::new(folder.path(), Path::new("/run")).socket(), folder.path().join("socket"));
    }

    #[test]
    fn a_profile_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(folder.path(), folder.path());
        assert_eq!(home.profile(), Ok(Profile::default()));
        let profile = Profile { port: 7420, addresses: vec!["/ip4/127.0.0.1/tcp/7420".to_owned()] };
        home.set_profile(&profile).expect("written");
        assert_eq!(home.profile(), Ok(profile));
        fs::write(folder.path().join("profile.json"), b"{").expect("written");
        assert!(home.profile().is_err());
    }
}
