//! Compresses bodies on their way to viewers, as the engine said they are to be.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use standin_kernel::Coding;

/// As quick as gzip, and smaller.
const BROTLI_QUALITY: u32 = 4;
const BROTLI_WINDOW_BITS: u32 = 19;
const BUFFER_BYTES: usize = 4096;

/// Bodies that are kept compressed, since most of what is sent is sent again.
const KEPT_MAX: usize = 64;
const KEPT_BYTES_MAX: usize = 256 * 1024;

/// Compresses a body that comes in pieces.
pub(crate) enum Encoder {
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
}

impl Encoder {
    pub(crate) fn new(coding: Coding) -> Self {
        match coding {
            Coding::Gzip => {
                Self::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::default())))
            }
            Coding::Brotli => Self::Brotli(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                BUFFER_BYTES,
                BROTLI_QUALITY,
                BROTLI_WINDOW_BITS,
            ))),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Gzip(encoder) => encoder,
            Self::Brotli(encoder) => encoder,
        }
    }

    /// What has been made since it was asked last.
    fn made(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Brotli(encoder) => encoder.get_mut(),
        }
    }

    /// Takes a piece and gives what is ready to be sent of all so far; without `more`, ends, else
    /// gives itself back for the next piece.
    pub(crate) fn next(
        mut self,
        piece: &[u8],
        more: bool,
        out: &mut Vec<u8>,
    ) -> io::Result<Option<Self>> {
        if !piece.is_empty() {
            self.writer().write_all(piece)?;
            // What a viewer waits for must not stay behind.
            self.writer().flush()?;
            out.append(self.made());
        }
        if more {
            return Ok(Some(self));
        }
        out.append(&mut self.finish()?);
        Ok(None)
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Brotli(encoder) => Ok(encoder.into_inner()),
        }
    }
}

/// Bodies that were compressed lately.
#[derive(Debug, Default)]
pub(crate) struct Compressed {
    latest: RefCell<VecDeque<(Coding, Bytes, Bytes)>>,
}

impl Compressed {
    /// A whole body, compressed.
    pub(crate) fn whole(&self, body: &Bytes, coding: Coding) -> io::Result<Bytes> {
        let same = |known: &Bytes| known.as_ptr() == body.as_ptr() && known.len() == body.len();
        let mut latest = self.latest.borrow_mut();
        if let Some((_, _, made)) = latest.iter().find(|one| one.0 == coding && same(&one.1)) {
            return Ok(made.clone());
        }
        let mut out = Vec::new();
        Encoder::new(coding).next(body, false, &mut out)?;
        let made = Bytes::from(out);
        if body.len() <= KEPT_BYTES_MAX {
            if latest.len() >= KEPT_MAX {
                latest.pop_front();
            }
            // The body itself is kept, too: its address is not another's while it is.
            latest.push_back((coding, body.clone(), made.clone()));
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn read(coding: Coding, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match coding {
            Coding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap(),
            Coding::Brotli => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut out).unwrap(),
        };
        out
    }

    #[test]
    fn pieces_and_wholes_are_read_again() {
        let body = Bytes::from(b"a page that says the same again and again\n".repeat(200));
        for coding in [Coding::Gzip, Coding::Brotli] {
            let compressed = Compressed::default();
            let whole = compressed.whole(&body, coding).unwrap();
            assert!(whole.len() < body.len() / 10, "{coding:?} {}", whole.len());
            assert_eq!(read(coding, &whole), body);
            // The second time it is at hand.
            assert_eq!(compressed.whole(&body, coding).unwrap().as_ptr(), whole.as_ptr());
            let (mut encoder, mut out) = (Encoder::new(coding), Vec::new());
            for piece in body.chunks(1000) {
                let before = out.len();
                encoder = encoder.next(piece, true, &mut out).unwrap().unwrap();
                assert!(out.len() > before, "{coding:?}: nothing is sent of a piece");
            }
            assert!(encoder.next(&[], false, &mut out).unwrap().is_none());
            assert_eq!(read(coding, &out), body);
        }
    }
}
