//! The invitation in parts short enough for QR codes that a terminal shows and a telephone reads.
//!
//! ```text
//!  REPERTOIRE-INVITATION 2/3 XXXX…      one line a part; XXXX… = base32 without padding of a slice of
//!                                       zstd(message, check), as in the file
//! ```
//!
//! Only characters of the alphanumeric mode of QR codes are used. Parts may come in any order, among other lines.

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use super::{Carried, FileError, INVITATION_BYTES_MAX, checked};

/// Most characters of one part: a QR code of version 18, 97 columns wide on a terminal with its margin.
pub const PART_CHARS_MAX: usize = 1_000;
/// Most parts: more than these nobody scans without a slip, and the file is the better way.
pub const PARTS_MAX: usize = 12;

const MARK: &str = "REPERTOIRE-INVITATION ";
/// Characters that the mark and the numbers take.
const HEAD_CHARS: usize = MARK.len() + 6;
/// Small matters more than fast: a few kilobytes, once.
const ZSTD_LEVEL: i32 = 19;

/// Writes an invitation as parts.
///
/// # Errors
///
/// When they would be more than [`PARTS_MAX`]: the governance log or the starter pack is too long.
pub fn encode_parts(carried: &Carried) -> Result<Vec<String>, FileError> {
    let small = zstd::bulk::compress(&checked(carried), ZSTD_LEVEL).map(Zeroizing::new);
    let small = small.map_err(|_| FileError::Damaged("it can't be compressed"))?;
    let base32 = Zeroizing::new(BASE32_NOPAD.encode(&small));
    let count = base32.len().div_ceil(PART_CHARS_MAX - HEAD_CHARS);
    if count > PARTS_MAX {
        return Err(FileError::Large(base32.len()));
    }
    // Equal parts: codes of one size.
    let each = base32.len().div_ceil(count);
    let slices = (0..count).map(|at| &base32[at * each..base32.len().min((at + 1) * each)]);
    Ok(slices.enumerate().map(|(at, slice)| format!("{MARK}{}/{count} {slice}", at + 1)).collect())
}

/// Tells whether a text holds parts.
pub(super) fn holds(text: &str) -> bool {
    text.lines().any(|line| line.trim().starts_with(MARK))
}

/// Puts the parts together.
pub(super) fn join(text: &str) -> Result<Zeroizing<Vec<u8>>, FileError> {
    if text.len() > INVITATION_BYTES_MAX {
        return Err(FileError::Large(text.len()));
    }
    let mut slices: Vec<Option<&str>> = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.trim().strip_prefix(MARK) else { continue };
        let part = rest.split_once(' ').and_then(|(place, slice)| {
            let (at, count) = place.split_once('/')?;
            Some((at.parse::<usize>().ok()?, count.parse::<usize>().ok()?, slice.trim()))
        });
        let Some((at, count, slice)) = part else { return Err(FileError::Damaged("a part can't be read")) };
        if slices.is_empty() && (1..=PARTS_MAX).contains(&count) {
            slices = vec![None; count];
        }
        if slices.len() != count || !(1..=count).contains(&at) {
            return Err(FileError::Damaged("its parts are of several invitations"));
        }
        slices[at - 1] = Some(slice);
    }
    let slices: Option<Vec<&str>> = slices.into_iter().collect();
    let base32 = Zeroizing::new(slices.ok_or(FileError::Damaged("a part is missing"))?.concat());
    let altered = FileError::Damaged("some of it is missing or altered");
    let small = BASE32_NOPAD.decode(base32.as_bytes()).map(Zeroizing::new).map_err(|_| altered)?;
    let whole = zstd::bulk::decompress(&small, INVITATION_BYTES_MAX).map(Zeroizing::new);
    whole.map_err(|_| FileError::Damaged("some of it is missing or altered"))
}
