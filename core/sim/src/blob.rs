//! Stored bodies: how they are named, and what they are as text.

use std::collections::BTreeMap;

use standin_kernel::{BlobId, Bytes};

/// A stored body as text.
pub(crate) fn text_of(blobs: &BTreeMap<BlobId, Bytes>, id: BlobId) -> Option<String> {
    String::from_utf8(blobs.get(&id)?.to_vec()).ok()
}

/// Names a body by its content. Not SHA-256, which only the disk needs: two rounds of FNV over the
/// bytes, each lane with its own start.
pub(crate) fn blob_id(bytes: &[u8]) -> BlobId {
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
