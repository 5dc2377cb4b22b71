//! The file of a bundle: a clear header that says nothing, and sealed chunks.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::super::env::Env;
use super::super::error::Error;
use super::super::home::path_error;
use crate::model::seal::{BundleKey, ChunkPlace, bundle_hint};
use crate::sync::bundle::{Reader, Record};

const MAGIC: &[u8; 20] = b"repertoire bundle 1\n";
/// Bytes before the chunks: magic, salt, hint, check.
const HEADER: usize = 20 + 32 + 16 + 8;
/// Bytes of a chunk before it is sealed.
const CHUNK: usize = 65_536;
/// Bytes that sealing adds.
const TAG: usize = 16;

fn check(before: &[u8]) -> [u8; 8] {
    *blake3::hash(before).as_bytes().first_chunk().expect("a hash has 32 bytes")
}

/// A bundle that is being written, beside its place.
pub(super) struct Out {
    path: PathBuf,
    file: BufWriter<tempfile::NamedTempFile>,
    header: Vec<u8>,
    key: BundleKey,
    buffer: Vec<u8>,
    number: u64,
}

impl Out {
    pub(super) fn create(path: &Path, secret: &[u8; 32], env: &mut Env) -> Result<Out, Error> {
        let salt: [u8; 32] = env.bytes();
        let mut header = [&MAGIC[..], &salt, &bundle_hint(secret, &salt)].concat();
        header.extend(check(&header));
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".bundle-").tempfile_in(folder);
        let mut file = BufWriter::new(file.map_err(|error| path_error(path, &error))?);
        file.write_all(&header).map_err(|error| path_error(path, &error))?;
        let key = BundleKey::derive(secret, &salt);
        Ok(Out { path: path.to_owned(), file, header, key, buffer: Vec::new(), number: 0 })
    }

    pub(super) fn put(&mut self, record: &[u8]) -> Result<(), Error> {
        self.buffer.extend_from_slice(record);
        // The last chunk is not empty: as much stays behind.
        while self.buffer.len() > CHUNK {
            let rest = self.buffer.split_off(CHUNK);
            self.chunk(false)?;
            self.buffer = rest;
        }
        Ok(())
    }

    fn chunk(&mut self, last: bool) -> Result<(), Error> {
        let sealed = self.key.seal(ChunkPlace { number: self.number, last }, &self.header, &self.buffer);
        self.number += 1;
        self.file.write_all(&sealed).map_err(|error| path_error(&self.path, &error))
    }

    /// Seals the rest and puts the file in its place; returns its bytes.
    pub(super) fn end(mut self) -> Result<u64, Error> {
        self.chunk(true)?;
        let Out { path, file, .. } = self;
        let persist = || -> io::Result<u64> {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.as_file().sync_all()?;
            let bytes = file.as_file().metadata()?.len();
            file.persist(&path).map_err(|error| error.error)?;
            Ok(bytes)
        };
        persist().map_err(|error| path_error(&path, &error))
    }
}

/// A bundle that is being read.
pub(super) struct In {
    path: PathBuf,
    file: BufReader<File>,
    header: [u8; HEADER],
}

impl In {
    /// Opens a file and reads its clear header.
    pub(super) fn open(path: &Path) -> Result<In, Error> {
        let file = File::open(path).map_err(|error| path_error(path, &error))?;
        let mut file = BufReader::with_capacity(CHUNK + TAG, file);
        let mut header = Vec::with_capacity(HEADER);
        file.by_ref().take(HEADER as u64).read_to_end(&mut header).map_err(|error| path_error(path, &error))?;
        if !header.starts_with(MAGIC) {
            return Err(Error::not_a_bundle());
        }
        let header: [u8; HEADER] = header.try_into().map_err(|_| Error::damaged_bundle())?;
        if check(&header[..HEADER - 8]) != header[HEADER - 8..] {
            return Err(Error::damaged_bundle());
        }
        Ok(In { path: path.to_owned(), file, header })
    }

    fn salt(&self) -> [u8; 32] {
        *self.header[MAGIC.len()..].first_chunk().expect("the header is whole")
    }

    /// Tells whether it is of the community with this secret.
    pub(super) fn fits(&self, secret: &[u8; 32]) -> bool {
        bundle_hint(secret, &self.salt()) == self.header[MAGIC.len() + 32..HEADER - 8]
    }

    /// Reads it to its end.
    pub(super) fn read(
        mut self,
        secret: &[u8; 32],
        take: &mut dyn FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let key = BundleKey::derive(secret, &self.salt());
        let mut records = Reader::new();
        let mut sealed = Vec::with_capacity(CHUNK + TAG);
        for number in 0.. {
            sealed.clear();
            let file = &mut self.file;
            let read = file.by_ref().take((CHUNK + TAG) as u64).read_to_end(&mut sealed);
            let rest = read.and_then(|_| file.fill_buf().map(<[u8]>::is_empty));
            let last = rest.map_err(|error| path_error(&self.path, &error))?;
            let plain = key.open(ChunkPlace { number, last }, &self.header, &sealed);
            let plain = plain.map_err(|_| Error::damaged_bundle())?;
            for record in records.take(&plain).map_err(|_| Error::damaged_bundle())? {
                take(record)?;
            }
            if last {
                break;
            }
        }
        if records.is_over() { Ok(()) } else { Err(Error::damaged_bundle()) }
    }
}
