//! The payload of an entry: shape and content as stored, their compression and their hashes.
//!
//! A part is encoded, compressed, then sealed or left in clear; 16 random bytes open one of the two parts
//! (`proto/entry.proto`). This module does compression, hashes and the two openings; what the bytes mean is for the
//! callers. How the dictionary was made stands in `payload/dictionary-1.md`.

use std::cell::RefCell;
use std::sync::LazyLock;

use super::Random;
use super::header::{Header, PAYLOAD_BYTES_MAX};
use super::seal::{NONCE_BYTES, SealError, SpaceKey};

const PART_CONTEXT: &str = "repertoire 1 payload part";
const ROOT_CONTEXT: &str = "repertoire 1 payload root";
const NONCE_CONTEXT: &str = "repertoire 1 shape nonce";
const SHAPE_DOMAIN: &[u8] = b"repertoire 1 seal shape";
const CONTENT_DOMAIN: &[u8] = b"repertoire 1 seal content";

/// Most bytes that a part may have when opened: bounds what a compressed part can make us allocate.
pub const PART_BYTES_MAX: usize = 1 << 20;
/// Most times that a part may grow when decompressed.
pub const PART_GROWTH_MAX: usize = 32;
/// Random bytes that open the content, or the shape where there is no content: so that a hash left after an erasure
/// can't be guessed from, and that no two parts are sealed with one nonce.
const SALT_BYTES: usize = 16;
/// What a zstd frame begins with. Every part would, so that it is left out.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Level 10: an eighth smaller than level 3, 0.2 ms a practice. From 11 on the dictionary alone takes 10 ms to prepare,
/// more than all the rest of an `add`, for 1 to 4 % less.
const ZSTD_LEVEL: i32 = 10;

/// The dictionary that belongs to format version 1. Never to be changed.
static DICTIONARY: &[u8] = include_bytes!("payload/dictionary-1.bin");

static DECODER: LazyLock<zstd::dict::DecoderDictionary<'static>> =
    LazyLock::new(|| zstd::dict::DecoderDictionary::copy(DICTIONARY));
static ENCODER: LazyLock<zstd::dict::EncoderDictionary<'static>> =
    LazyLock::new(|| zstd::dict::EncoderDictionary::copy(DICTIONARY, ZSTD_LEVEL));

thread_local! {
    static INFLATE: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
    static DEFLATE: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

/// Which of the two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Operations, positions, lengths, ids: what verdicts rest on.
    Shape,
    /// The words: what erasing drops.
    Content,
}

/// What is kept of the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The stored bytes.
    Stored(Vec<u8>),
    /// Erased: the hash of the stored bytes alone.
    Erased([u8; 32]),
}

/// The stored payload of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Stored bytes of the shape.
    pub shape: Vec<u8>,
    /// Stored bytes of the content, or what erasure left.
    pub content: Content,
}

/// Why a part can't be read. Not the same as missing.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// The key doesn't open it, or it was altered before it was signed.
    #[error("the part can't be opened")]
    Seal(#[from] SealError),
    /// It is sealed and the key is not here.
    #[error("the key of the epoch is not here")]
    NoKey,
    /// A compression that this program doesn't know.
    #[error("dictionary {0} is not known here")]
    Dictionary(u8),
    /// It doesn't decompress within the limits.
    #[error("the part doesn't decompress within the limits")]
    Compression(#[source] std::io::Error),
    /// The stored bytes are too few to be a part.
    #[error("the part is cut short")]
    Short,
    /// Its bytes are not the message they should be.
    #[error("the part is not what its kind of entry holds")]
    Decode(#[from] crate::wire::DecodeError),
    /// It was erased.
    #[error("the content was erased")]
    Erased,
}

fn part_hash(stored: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new_derive_key(PART_CONTEXT).update(stored).finalize().as_bytes()
}

impl Payload {
    /// Returns the hash of the stored content, also where that was erased.
    pub fn content_hash(&self) -> [u8; 32] {
        match &self.content {
            Content::Stored(stored) => part_hash(stored),
            Content::Erased(hash) => *hash,
        }
    }

    /// Returns the payload root that a header names.
    pub fn root(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(ROOT_CONTEXT);
        *hasher.update(&part_hash(&self.shape)).update(&self.content_hash()).finalize().as_bytes()
    }

    /// Returns how many bytes are stored.
    pub fn stored_bytes(&self) -> usize {
        let content = match &self.content {
            Content::Stored(stored) => stored.len(),
            Content::Erased(hash) => hash.len(),
        };
        self.shape.len() + content
    }

    /// Tells whether this is the payload that the header names.
    pub fn fits(&self, header: &Header) -> bool {
        let content = match &self.content {
            Content::Stored(stored) => stored.len() == header.content_bytes as usize,
            Content::Erased(_) => header.content_bytes > 0,
        };
        content && self.shape.len() == header.shape_bytes as usize && self.root() == header.root
    }

    /// Returns the payload as erasure leaves it.
    pub fn erased(self) -> Payload {
        let content = match self.content {
            Content::Stored(stored) if stored.is_empty() => Content::Stored(stored),
            Content::Stored(stored) => Content::Erased(part_hash(&stored)),
            erased @ Content::Erased(_) => erased,
        };
        Payload { content, ..self }
    }

    /// Opens the shape.
    ///
    /// # Errors
    ///
    /// [`PartError::NoKey`] when it is sealed and `key` is none; else what is wrong with the bytes.
    pub fn open_shape(&self, header: &Header, key: Option<&SpaceKey>) -> Result<Vec<u8>, PartError> {
        let content = (header.content_bytes > 0).then(|| self.content_hash());
        open(header, Part::Shape, content.as_ref(), &self.shape, key)
    }

    /// Opens the content.
    ///
    /// # Errors
    ///
    /// As [`Payload::open_shape`], and [`PartError::Erased`].
    pub fn open_content(&self, header: &Header, key: Option<&SpaceKey>) -> Result<Vec<u8>, PartError> {
        match &self.content {
            Content::Stored(stored) => open(header, Part::Content, None, stored, key),
            Content::Erased(_) => Err(PartError::Erased),
        }
    }
}

/// The two parts before they are stored, encoded messages both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plain {
    /// The encoded shape.
    pub shape: Vec<u8>,
    /// The encoded content.
    pub content: Vec<u8>,
}

/// The parts don't fit one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload has {bytes} bytes, and one entry takes {PAYLOAD_BYTES_MAX}")]
pub struct TooLarge {
    /// Stored bytes of both parts.
    pub bytes: u64,
}

impl Plain {
    /// Compresses and seals both parts, and writes dictionary, lengths and root into the header, whose other fields
    /// must be final.
    ///
    /// # Errors
    ///
    /// When both stored parts together are larger than one entry takes.
    pub fn store(
        &self,
        header: &mut Header,
        key: Option<&SpaceKey>,
        random: &mut dyn Random,
    ) -> Result<Payload, TooLarge> {
        let packed = [compress(&self.shape), compress(&self.content)];
        let bounded = |plain: &[u8], packed: &[u8]| plain.len() <= PART_GROWTH_MAX * packed.len();
        let shrinks = packed[0].len() + packed[1].len() < self.shape.len() + self.content.len();
        header.dictionary = u8::from(shrinks && bounded(&self.shape, &packed[0]) && bounded(&self.content, &packed[1]));
        let [shape, content] = if header.dictionary == 1 { packed } else { [self.shape.clone(), self.content.clone()] };
        let associated = header.encode_associated();
        let content = close(&associated, Part::Content, None, content, key, random);
        let hash = (!content.is_empty()).then(|| part_hash(&content));
        let shape = close(&associated, Part::Shape, hash.as_ref(), shape, key, random);
        let bytes = (shape.len() + content.len()) as u64;
        if bytes > PAYLOAD_BYTES_MAX {
            return Err(TooLarge { bytes });
        }
        header.shape_bytes = u32::try_from(shape.len()).expect("within the limit");
        header.content_bytes = u32::try_from(content.len()).expect("within the limit");
        let payload = Payload { shape, content: Content::Stored(content) };
        header.root = payload.root();
        Ok(payload)
    }
}

/// Seals a part, or leaves it in clear. `content` is the hash of the stored content, where this is the shape beside it.
fn close(
    associated: &[u8],
    part: Part,
    content: Option<&[u8; 32]>,
    plain: Vec<u8>,
    key: Option<&SpaceKey>,
    random: &mut dyn Random,
) -> Vec<u8> {
    if plain.is_empty() {
        return plain;
    }
    let mut stored = Vec::with_capacity(plain.len() + 2 * SALT_BYTES);
    let mut salt = [0; SALT_BYTES];
    if content.is_none() {
        random.fill(&mut salt);
        stored.extend(salt);
    }
    match key {
        Some(key) => {
            let nonce = nonce(part, content, &salt);
            stored.extend(key.seal_with(&nonce, &bound(part, associated), &plain));
        }
        None => stored.extend(plain),
    }
    stored
}

/// Returns the nonce of a part: its random bytes and 8 fixed ones, or a hash of the content that it stands beside.
///
/// The content begins with random bytes of its own, so that its hash names one writing of one entry, also where a copied
/// device writes at the same place of its chain.
fn nonce(part: Part, content: Option<&[u8; 32]>, salt: &[u8; SALT_BYTES]) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    match content {
        Some(content) => {
            let mut hasher = blake3::Hasher::new_derive_key(NONCE_CONTEXT);
            nonce.copy_from_slice(&hasher.update(content).finalize().as_bytes()[..NONCE_BYTES]);
        }
        None => {
            nonce[..SALT_BYTES].copy_from_slice(salt);
            nonce[SALT_BYTES..].copy_from_slice(match part {
                Part::Shape => b"shape   ",
                Part::Content => b"content ",
            });
        }
    }
    nonce
}

fn bound(part: Part, associated: &[u8]) -> Vec<u8> {
    let domain = match part {
        Part::Shape => SHAPE_DOMAIN,
        Part::Content => CONTENT_DOMAIN,
    };
    [domain, associated].concat()
}

fn open(
    header: &Header,
    part: Part,
    content: Option<&[u8; 32]>,
    stored: &[u8],
    key: Option<&SpaceKey>,
) -> Result<Vec<u8>, PartError> {
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    let (salt, closed) = match content {
        Some(_) => ([0; SALT_BYTES], stored),
        None => stored.split_first_chunk().map(|(salt, rest)| (*salt, rest)).ok_or(PartError::Short)?,
    };
    let packed = if header.epoch.is_zero() {
        closed.to_vec()
    } else {
        let key = key.ok_or(PartError::NoKey)?;
        key.open_with(&nonce(part, content, &salt), &bound(part, &header.encode_associated()), closed)?
    };
    match header.dictionary {
        0 => Ok(packed),
        1 => decompress(&packed, PART_BYTES_MAX.min(PART_GROWTH_MAX * stored.len())),
        other => Err(PartError::Dictionary(other)),
    }
}

fn compress(plain: &[u8]) -> Vec<u8> {
    if plain.is_empty() {
        return Vec::new();
    }
    DEFLATE.with_borrow_mut(|slot| {
        let compressor = slot.get_or_insert_with(|| {
            let mut compressor = zstd::bulk::Compressor::with_prepared_dictionary(&ENCODER)
                .expect("the dictionary ships with the program");
            // The header says which dictionary it is.
            compressor.include_dictid(false).expect("a parameter of every version");
            compressor
        });
        let mut frame = compressor.compress(plain).expect("compression into memory");
        assert!(frame.starts_with(&ZSTD_MAGIC), "a frame begins like any other");
        frame.drain(..ZSTD_MAGIC.len());
        frame
    })
}

fn decompress(packed: &[u8], most: usize) -> Result<Vec<u8>, PartError> {
    let frame = [&ZSTD_MAGIC, packed].concat();
    // Several frames in a row would be a second form of the same bytes, which not every decoder takes.
    if zstd::zstd_safe::find_frame_compressed_size(&frame) != Ok(frame.len()) {
        return Err(PartError::Compression(std::io::Error::other("it is not one frame")));
    }
    // The size that the frame claims is not trusted for the allocation beyond the limit.
    let claimed = zstd::bulk::Decompressor::upper_bound(&frame).unwrap_or(most);
    INFLATE.with_borrow_mut(|slot| {
        let decompressor = slot.get_or_insert_with(|| {
            zstd::bulk::Decompressor::with_prepared_dictionary(&DECODER).expect("the dictionary ships with the program")
        });
        decompressor.decompress(&frame, claimed.min(most)).map_err(PartError::Compression)
    })
}

#[cfg(test)]
mod tests;
