//! Frames on a stream: a length of four bytes, little endian, and as many bytes.
//!
//! ```text
//! | length: u32 LE | bytes … | length | bytes … |
//! ```
//!
//! An empty frame is a beat: it says that its sender is alive. The length [`ASK`] stands alone and asks for a beat.
//!
//! Every wait has a limit, measured from the last byte that moved.

use std::io;
use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Bytes of the length.
pub(super) const HEAD: usize = 4;

/// The length that is none: whoever reads it answers with a beat.
const ASK: u32 = u32::MAX;

/// What is read from a stream.
#[derive(Debug, PartialEq)]
pub(super) enum Read {
    Frame(Vec<u8>),
    Beat,
    Ask,
    End,
}

/// Memory is taken in steps of this many bytes while a frame arrives, never at once for what its length claims.
const STEP: usize = 64 << 10;

/// Why no further frame could be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("frame of {0} bytes")]
    Oversize(u64),
    #[error("no byte moved in time")]
    Idle,
}

/// Reads what comes next; the end of the stream is one only between two frames.
pub(super) async fn read<R>(stream: &mut R, bytes_max: usize, idle: Duration) -> Result<Read, FrameError>
where
    R: AsyncRead + Unpin,
{
    let mut head = [0; HEAD];
    let mut got = 0;
    while got < HEAD {
        match some(stream, &mut head[got..], idle).await? {
            0 if got == 0 => return Ok(Read::End),
            0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            n => got += n,
        }
    }
    let length = u32::from_le_bytes(head);
    match length {
        0 => return Ok(Read::Beat),
        ASK => return Ok(Read::Ask),
        _ => {}
    }
    let bytes = usize::try_from(length).ok().filter(|bytes| *bytes <= bytes_max);
    let bytes = bytes.ok_or(FrameError::Oversize(length.into()))?;
    let mut body = Vec::new();
    let mut filled = 0;
    while filled < bytes {
        if filled == body.len() {
            let step = (bytes - filled).min(STEP);
            body.resize(filled + step, 0);
        }
        match some(stream, &mut body[filled..], idle).await? {
            0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            n => filled += n,
        }
    }
    Ok(Read::Frame(body))
}

async fn some<R: AsyncRead + Unpin>(stream: &mut R, into: &mut [u8], idle: Duration) -> Result<usize, FrameError> {
    Ok(timeout(idle, stream.read(into)).await.map_err(|_| FrameError::Idle)??)
}

/// Appends a frame to what is about to be written.
pub(super) fn append(batch: &mut Vec<u8>, frame: &[u8]) {
    let length = u32::try_from(frame.len()).expect("the limit of a frame is far below 4 GiB");
    batch.extend_from_slice(&length.to_le_bytes());
    batch.extend_from_slice(frame);
}

/// Appends the question whether the other side is alive.
pub(super) fn append_ask(batch: &mut Vec<u8>) {
    batch.extend_from_slice(&ASK.to_le_bytes());
}

/// Writes and flushes all of `batch`.
pub(super) async fn write<W>(stream: &mut W, batch: &[u8], stall: Duration) -> Result<(), FrameError>
where
    W: AsyncWrite + Unpin,
{
    let mut rest = batch;
    while !rest.is_empty() {
        match timeout(stall, stream.write(rest)).await.map_err(|_| FrameError::Idle)?? {
            0 => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
            n => rest = &rest[n..],
        }
    }
    Ok(timeout(stall, stream.flush()).await.map_err(|_| FrameError::Idle)??)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    async fn all(mut bytes: &[u8]) -> (Vec<Read>, Option<FrameError>) {
        let mut frames = Vec::new();
        loop {
            match read(&mut bytes, 1_000_000, LONG).await {
                Ok(Read::End) => return (frames, None),
                Ok(read) => frames.push(read),
                Err(error) => return (frames, Some(error)),
            }
        }
    }

    #[tokio::test]
    async fn frames_come_back_as_they_went() {
        let sent = [vec![], vec![1], vec![2; 70_000], vec![3; 1_000_000]];
        let mut batch = Vec::new();
        sent.iter().for_each(|frame| append(&mut batch, frame));
        append_ask(&mut batch);
        let (frames, error) = all(&batch).await;
        let [_, a, b, c] = sent;
        assert!(frames == [Read::Beat, Read::Frame(a), Read::Frame(b), Read::Frame(c), Read::Ask] && error.is_none());
    }

    #[tokio::test]
    async fn a_cut_frame_is_an_error_and_a_clean_end_is_none() {
        let mut batch = Vec::new();
        append(&mut batch, b"hello");
        for cut in 1..batch.len() {
            let (frames, error) = all(&batch[..cut]).await;
            assert!(frames.is_empty() && matches!(error, Some(FrameError::Io(_))), "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_length_over_the_limit_is_refused_before_any_memory_is_taken() {
        let (_, error) = all(&1_000_001_u32.to_le_bytes()).await;
        assert!(matches!(error, Some(FrameError::Oversize(1_000_001))));
        let (_, error) = all(&(u32::MAX - 1).to_le_bytes()).await;
        assert!(matches!(error, Some(FrameError::Oversize(n)) if n == u64::from(u32::MAX - 1)));
    }

    #[tokio::test]
    async fn a_silent_stream_is_given_up() {
        struct Never;
        impl AsyncRead for Never {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
                _: &mut [u8],
            ) -> std::task::Poll<io::Result<usize>> {
                std::task::Poll::Pending
            }
        }
        assert!(matches!(read(&mut Never, 10, Duration::from_millis(20)).await, Err(FrameError::Idle)));
    }
}
