//! Reads a body off a connection piece by piece, however it is framed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use standin_kernel::http::{Chunked, Framing};
use tokio::io::AsyncRead;

/// What is left of a body.
#[derive(Debug)]
pub(crate) enum Remaining {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    Nothing,
}

impl Remaining {
    pub(crate) fn new(framing: Framing) -> Self {
        match framing {
            Framing::None | Framing::Length(0) => Self::Nothing,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::default()),
            Framing::UntilClose => Self::UntilClose,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Nothing | Self::Length(0) => true,
            Self::Length(_) | Self::UntilClose => false,
            Self::Chunked(decoder) => decoder.is_done(),
        }
    }

    /// Moves what `buffer` holds of the body into `out`.
    pub(crate) fn take(&mut self, buffer: &mut BytesMut, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Nothing => {}
            Self::Length(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                out.extend_from_slice(&buffer[..count]);
                buffer.advance(count);
                *left -= count as u64;
            }
            Self::Chunked(decoder) => {
                let count = decoder
                    .decode(buffer, out)
                    .map_err(|wrong| io::Error::new(io::ErrorKind::InvalidData, wrong))?;
                buffer.advance(count);
            }
            Self::UntilClose => {
                out.extend_from_slice(buffer);
                buffer.clear();
            }
        }
        Ok(())
    }

    /// Reads the next piece into `out` (empty before); `false` when the body is over.
    pub(crate) fn poll_piece<R: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut R,
        buffer: &mut BytesMut,
        out: &mut Vec<u8>,
    ) -> Poll<io::Result<bool>> {
        loop {
            self.take(buffer, out)?;
            if !out.is_empty() {
                return Poll::Ready(Ok(true));
            }
            if self.is_done() {
                return Poll::Ready(Ok(false));
            }
            if ready!(poll_fill(cx, stream, buffer))? == 0 {
                return match self {
                    Self::UntilClose => {
                        *self = Self::Nothing;
                        Poll::Ready(Ok(false))
                    }
                    _ => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                };
            }
        }
    }
}

/// Reads once into `buffer`; gives how many bytes came, 0 at the end of the stream.
pub(crate) fn poll_fill<R: AsyncRead + Unpin>(
    cx: &mut Context<'_>,
    stream: &mut R,
    buffer: &mut BytesMut,
) -> Poll<io::Result<usize>> {
    if buffer.capacity() - buffer.len() < READ_BYTES_MIN {
        buffer.reserve(READ_BYTES);
    }
    tokio_util::io::poll_read_buf(Pin::new(stream), cx, buffer)
}

const READ_BYTES: usize = 16 * 1024;
const READ_BYTES_MIN: usize = 4 * 1024;
