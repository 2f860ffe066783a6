//! Bodies of objects on their way between clients and the blob store: operations only name them.
//! All of it happens on blocking threads, for it hashes and touches the disk.

use std::io::{self, Read, Seek, SeekFrom};

use md5::{Digest, Md5};
use standin_kernel::{ApiError, BlobId, Bytes, Value, json};
use standin_wire::checksum::Algorithm;

use crate::blobs::Blobs;
use crate::fill::hex;

/// How much of a body is copied at once, in bytes.
const CHUNK_BYTES: usize = 256 << 10;

/// Stores a body; gives the member that names it. The body must have the checksum that its sender
/// claims (S3-PUT-04).
pub(crate) async fn stored(
    blobs: &Blobs,
    body: Bytes,
    claimed: Option<(Algorithm, String)>,
) -> Result<Value, ApiError> {
    let blobs = blobs.clone();
    let named = aside(move || {
        let checksum = claimed.map(|(algorithm, value)| {
            let holds = algorithm.compute(&body) == value;
            (algorithm.as_str(), value, holds)
        });
        if let Some((algorithm, _, false)) = checksum {
            return Ok(Err(algorithm));
        }
        let mut named = named(blobs.put(&body)?, body.len() as u64, &Md5::digest(&body));
        if let Some((algorithm, value, _)) = checksum {
            named["Checksum"] = json!({"Algorithm": algorithm, "Value": value});
        }
        Ok(Ok(named))
    })
    .await?;
    named.map_err(|algorithm| {
        let message =
            format!("The {algorithm} you specified did not match the calculated checksum.");
        ApiError::new("BadDigest", 400, message)
    })
}

/// Stores a function's zip that came with the call (`ZipFile`, in base64), and names it in the
/// member `Standin` beside it.
pub(crate) async fn store_code(blobs: &Blobs, input: &mut Value) -> Result<(), ApiError> {
    let place = match input["ZipFile"].is_string() {
        true => Some(input),
        false => input.get_mut("Code"),
    };
    let Some(place) = place else { return Ok(()) };
    let Some(text) = place["ZipFile"].as_str() else { return Ok(()) };
    let zip = base64(text)?;
    let unpacked = unpacked_bytes(&zip)?;
    let mut named = stored(blobs, zip, None).await?;
    named["Unpacked"] = json!(unpacked);
    if let Some(members) = named.as_object_mut() {
        members.remove("ETag");
    }
    place["Standin"] = named;
    if let Some(members) = place.as_object_mut() {
        members.remove("ZipFile");
    }
    Ok(())
}

/// How large a zip's files are together, in bytes.
fn unpacked_bytes(zip: &Bytes) -> Result<u64, ApiError> {
    let wrong = |_| {
        let message = "Could not unzip uploaded file. Please check your file, then try to upload \
                       again.";
        ApiError::new("InvalidParameterValueException", 400, message)
    };
    let mut archive = zip::ZipArchive::new(io::Cursor::new(zip)).map_err(wrong)?;
    let mut bytes = 0;
    for at in 0..archive.len() {
        bytes += archive.by_index_raw(at).map_err(wrong)?.size();
    }
    Ok(bytes)
}

/// Bytes that travelled as base64.
pub(crate) fn base64(text: &str) -> Result<Bytes, ApiError> {
    let wrong = || ApiError::new("SerializationException", 400, "a blob is not in base64");
    standin_wire::text::base64(text).map(Bytes::from).ok_or_else(wrong)
}

/// The bytes an answer names in its member `Standin`, if it names any.
pub(crate) async fn body_of(blobs: &Blobs, answer: &Value) -> Result<Option<Bytes>, ApiError> {
    let named = &answer["Standin"];
    if !named["Blob"].is_string() {
        return Ok(None);
    }
    let piece = Piece::read(named)?;
    let blobs = blobs.clone();
    aside(move || blobs.part(piece.blob, piece.offset, piece.length)).await.map(Some)
}

/// Puts a body together from what an answer lists in `Standin: {Join: [...]}`; gives the member
/// that names it. Its `ETag` is the MD5 of the bytes, or of the pieces' MD5s where they have any.
pub(crate) async fn joined(blobs: &Blobs, answer: &Value) -> Result<Option<Value>, ApiError> {
    let Some(pieces) = answer["Standin"]["Join"].as_array() else { return Ok(None) };
    let pieces = pieces.iter().map(Piece::read).collect::<Result<Vec<_>, _>>()?;
    let blobs = blobs.clone();
    aside(move || join(&blobs, &pieces)).await.map(Some)
}

fn join(blobs: &Blobs, pieces: &[Piece]) -> io::Result<Value> {
    let mut writer = blobs.writer()?;
    let mut of_bytes = Md5::new();
    let mut of_pieces = Md5::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    for piece in pieces {
        let mut file = blobs.open(piece.blob)?;
        file.seek(SeekFrom::Start(piece.offset))?;
        let mut source = file.take(piece.length);
        loop {
            match source.read(&mut chunk)? {
                0 => break,
                count => {
                    writer.write(&chunk[..count])?;
                    of_bytes.update(&chunk[..count]);
                }
            }
        }
        of_pieces.update(piece.md5.as_deref().unwrap_or_default());
    }
    let (blob, length) = writer.finish()?;
    let by_pieces = pieces.iter().all(|piece| piece.md5.is_some());
    let md5 = if by_pieces { of_pieces.finalize() } else { of_bytes.finalize() };
    Ok(named(blob, length, &md5))
}

fn named(blob: BlobId, length: u64, md5: &[u8]) -> Value {
    json!({"Blob": blob.hex(), "Length": length, "ETag": hex(md5)})
}

/// `length` bytes from `offset` of a stored body.
#[derive(Debug)]
struct Piece {
    blob: BlobId,
    offset: u64,
    length: u64,
    md5: Option<Vec<u8>>,
}

impl Piece {
    fn read(named: &Value) -> Result<Self, ApiError> {
        let number = |name: &str| named[name].as_u64();
        let blob = named["Blob"].as_str().and_then(BlobId::from_hex);
        let wrong = || ApiError::new("InternalError", 500, "a body's name cannot be read");
        let (Some(blob), Some(length)) = (blob, number("Length")) else { return Err(wrong()) };
        let md5 = match named["MD5"].as_str() {
            None => None,
            Some(text) => Some(bytes_of(text).ok_or_else(wrong)?),
        };
        Ok(Self { blob, offset: number("Offset").unwrap_or(0), length, md5 })
    }
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// Does slow work on another thread.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
    done.flatten().map_err(|error| ApiError::new("InternalError", 500, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[tokio::test]
    async fn a_body_is_put_together_from_pieces() {
        let scratch = Scratch::new();
        let blobs = Blobs::at(scratch.path(), 1 << 20).unwrap();
        let one = stored(&blobs, Bytes::from_static(b"hello, "), None).await.unwrap();
        let two = stored(&blobs, Bytes::from_static(b"the world"), None).await.unwrap();
        let piece = |of: &Value, offset: u64, length: u64| {
            let (blob, md5) = (&of["Blob"], &of["ETag"]);
            json!({"Blob": blob, "Offset": offset, "Length": length, "MD5": md5})
        };
        let join = json!({"Standin": {"Join": [piece(&one, 0, 7), piece(&two, 4, 5)]}});
        let whole = joined(&blobs, &join).await.unwrap().unwrap();
        let body = body_of(&blobs, &json!({"Standin": whole})).await.unwrap().unwrap();
        assert_eq!(body, "hello, world");
        let md5s = [one, two].map(|one| bytes_of(one["ETag"].as_str().unwrap()).unwrap()).concat();
        assert_eq!(whole["ETag"], hex(&Md5::digest(md5s)));
        let part = json!({"Standin": {"Blob": whole["Blob"], "Offset": 5, "Length": 4}});
        assert_eq!(body_of(&blobs, &part).await.unwrap().unwrap(), ", wo");
        assert_eq!(body_of(&blobs, &json!({})).await.unwrap(), None);
        let plain = json!({"Standin": {"Join": [{"Blob": whole["Blob"], "Length": 5}]}});
        let cut = joined(&blobs, &plain).await.unwrap().unwrap();
        assert_eq!(cut["ETag"], hex(&Md5::digest(b"hello")));
        let claim = |value: &str| Some((Algorithm::Crc32, value.to_owned()));
        let sent = Bytes::from_static(b"123456789");
        let kept = stored(&blobs, sent.clone(), claim("y/Q5Jg==")).await.unwrap();
        assert_eq!(kept["Checksum"], json!({"Algorithm": "CRC32", "Value": "y/Q5Jg=="}));
        assert_eq!(stored(&blobs, sent, claim("AAAAAA==")).await.unwrap_err().code, "BadDigest");
        let lost = json!({"Standin": {"Blob": "00".repeat(32), "Length": 1}});
        assert_eq!(body_of(&blobs, &lost).await.unwrap_err().status, 500);
    }
}
