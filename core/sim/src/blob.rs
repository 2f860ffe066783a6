//! Stored bodies: how they are named, what they are as text, and those that are objects of buckets.

use std::collections::BTreeMap;

use standin_kernel::{ApiError, BlobId, Bytes, ServiceName, json};

use crate::world::World;

impl World {
    /// Puts an object into a bucket.
    pub fn put_object(
        &mut self,
        bucket: &str,
        key: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<(), ApiError> {
        self.put_object_with((bucket, key), &[("ContentType", content_type)], body)
    }

    /// The same with members of `PutObject`'s input.
    pub fn put_object_with(
        &mut self,
        (bucket, key): (&str, &str),
        members: &[(&str, &str)],
        body: Bytes,
    ) -> Result<(), ApiError> {
        let id = blob_id(&body);
        let hex = id.hex();
        let mut input = json!({
            "Bucket": bucket, "Key": key,
            "Standin": {"Blob": hex, "Length": body.len(), "ETag": &hex[..32]},
        });
        for (name, value) in members {
            input[*name] = json!(value);
        }
        self.blobs.insert(id, body);
        self.call(ServiceName::S3, "PutObject", input).map(drop)
    }

    /// Reads an object of a bucket, whole.
    pub fn object(&mut self, bucket: &str, key: &str) -> Result<Bytes, ApiError> {
        let input = json!({"Bucket": bucket, "Key": key});
        let found = self.call(ServiceName::S3, "GetObject", input)?;
        let id = found["Standin"]["Blob"].as_str().and_then(BlobId::from_hex);
        Ok(id.and_then(|id| self.blobs.get(&id)).cloned().unwrap_or_default())
    }
}

/// A stored body as text.
pub(crate) fn text_of(blobs: &BTreeMap<BlobId, Bytes>, id: BlobId) -> Option<String> {
    String::from_utf8(blobs.get(&id)?.to_vec()).ok()
}

/// Names a body by its content. Not SHA-256, which only the disk needs: two rounds of FNV over the
/// bytes, each lane with its own start.
fn blob_id(bytes: &[u8]) -> BlobId {
    let mut id = [0_u8; 32];
    for (lane, part) in id.chunks_mut(8).enumerate() {
        let start = 0xcbf2_9ce4_8422_2325_u64 ^ (lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = bytes
            .iter()
            .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        part.copy_from_slice(&hash.to_be_bytes());
    }
    BlobId(id)
}
