//! Decodes bodies sent with `Transfer-Encoding: chunked` (RFC 9112, section 7.1); strict where two
//! readers could disagree.

/// Where the decoder stands in the stream of chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In the size line: the size so far, how many digits it had, whether an extension began.
    #[default]
    Size,
    Data,
    /// Expecting the CRLF after a chunk's data.
    DataEnd,
    /// In the trailer section, at the beginning of a line.
    Trailer,
    Done,
}

/// A decoder for one body.
#[derive(Clone, Debug, Default)]
pub struct Chunked {
    state: State,
    line: Vec<u8>,
    left: u64,
    trailer_bytes: usize,
}

/// The stream is not chunked encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not in chunked encoding")]
pub struct ChunkedError;

/// Longest size line, extensions included.
const LINE_BYTES_MAX: usize = 256;
/// Most bytes of trailers, which are read and dropped.
const TRAILER_BYTES_MAX: usize = 8 * 1024;

impl Chunked {
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Decodes as much of `input` as it can into `out`; gives how many bytes it took.
    pub fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, ChunkedError> {
        let mut at = 0;
        while at < input.len() && !self.is_done() {
            if self.state == State::Data {
                let rest = (input.len() - at) as u64;
                let take = usize::try_from(rest.min(self.left)).unwrap_or(0);
                out.extend_from_slice(&input[at..at + take]);
                at += take;
                self.left -= take as u64;
                if self.left == 0 {
                    self.state = State::DataEnd;
                }
            } else {
                self.line_byte(input[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    fn line_byte(&mut self, byte: u8) -> Result<(), ChunkedError> {
        let max = if self.state == State::Trailer { TRAILER_BYTES_MAX } else { LINE_BYTES_MAX };
        if self.line.len() > max || self.trailer_bytes > TRAILER_BYTES_MAX {
            return Err(ChunkedError);
        }
        if byte != b'\n' {
            self.line.push(byte);
            return Ok(());
        }
        if self.line.pop() != Some(b'\r') || self.line.contains(&b'\r') {
            return Err(ChunkedError);
        }
        let line = std::mem::take(&mut self.line);
        self.state = match self.state {
            State::Size => {
                self.left = size(&line)?;
                if self.left == 0 { State::Trailer } else { State::Data }
            }
            State::DataEnd if line.is_empty() => State::Size,
            State::Trailer if line.is_empty() => State::Done,
            State::Trailer => {
                self.trailer_bytes += line.len();
                State::Trailer
            }
            State::DataEnd | State::Data | State::Done => return Err(ChunkedError),
        };
        Ok(())
    }
}

/// The size a line announces: hexadecimal digits, then nothing or an extension after `;`.
fn size(line: &[u8]) -> Result<u64, ChunkedError> {
    let end = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
    let digits = line[..end].trim_ascii_end();
    let legal = (1..=15).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).map_err(|_| ChunkedError)?;
    if !legal {
        return Err(ChunkedError);
    }
    u64::from_str_radix(text, 16).map_err(|_| ChunkedError)
}

/// Appends one chunk; the last one is empty.
pub fn write_chunk(out: &mut Vec<u8>, data: &[u8]) {
    out.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, bool), ChunkedError> {
        let (mut decoder, mut out) = (Chunked::default(), Vec::new());
        for piece in pieces {
            decoder.decode(piece, &mut out)?;
        }
        Ok((out, decoder.is_done()))
    }

    #[test]
    fn decodes_however_the_stream_is_cut() {
        let stream = b"4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\nX: y\r\n\r\n";
        assert_eq!(decode(&[stream]), Ok((b"Wikipedia".to_vec(), true)));
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(decode(&bytes), Ok((b"Wikipedia".to_vec(), true)));
    }

    #[test]
    fn leaves_what_follows_the_body() {
        let (mut decoder, mut out) = (Chunked::default(), Vec::new());
        assert_eq!(decoder.decode(b"0\r\n\r\nGET /", &mut out), Ok(5));
        assert!(decoder.is_done());
    }

    #[test]
    fn refuses_what_readers_could_take_differently() {
        for stream in
            ["\r\n", "-1\r\n", "0x1\r\n", "4\nabcd", "1\r\nab\r\n", "fffffffffffffffff\r\n"]
        {
            assert_eq!(decode(&[stream.as_bytes()]), Err(ChunkedError), "{stream:?}");
        }
    }

    #[test]
    fn what_is_written_decodes() {
        let mut stream = Vec::new();
        write_chunk(&mut stream, b"hello");
        write_chunk(&mut stream, b"");
        assert_eq!(decode(&[&stream]), Ok((b"hello".to_vec(), true)));
    }
}
