//! Checksums that clients send along with an object: in a header, or behind the last chunk.

use sha2::{Digest, Sha256};
use standin_kernel::{RequestHead, base64};

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// `CRC32`, as in the member `ChecksumCRC32`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The checksum of `bytes`, in base64.
    pub fn compute(self, bytes: &[u8]) -> String {
        const CRC32: u64 = 0xedb8_8320;
        const CRC32C: u64 = 0x82f6_3b78;
        const CRC64_NVME: u64 = 0x9a6c_9329_ac4b_c9b5;
        match self {
            Self::Crc32 => base64::encode(&crc(CRC32, 32, bytes).to_be_bytes()[4..]),
            Self::Crc32c => base64::encode(&crc(CRC32C, 32, bytes).to_be_bytes()[4..]),
            Self::Crc64Nvme => base64::encode(&crc(CRC64_NVME, 64, bytes).to_be_bytes()),
            Self::Sha1 => base64::encode(&sha1::Sha1::digest(bytes)),
            Self::Sha256 => base64::encode(&Sha256::digest(bytes)),
        }
    }
}

/// What a client says about its body: `x-amz-checksum-crc32` and its value.
pub fn claimed(head: &RequestHead, trailer: &[(String, String)]) -> Option<(Algorithm, String)> {
    Algorithm::ALL.into_iter().find_map(|algorithm| {
        let name = format!("x-amz-checksum-{}", algorithm.as_str().to_ascii_lowercase());
        let behind = trailer.iter().find(|(have, _)| *have == name).map(|(_, value)| &**value);
        let value = head.headers.get(&name).or(behind)?;
        Some((algorithm, value.to_owned()))
    })
}

/// A cyclic redundancy check of `bits` bits, all of whose parts are reflected.
fn crc(polynomial: u64, bits: u32, bytes: &[u8]) -> u64 {
    let mut table = [0_u64; 256];
    for (index, entry) in (0_u64..).zip(&mut table) {
        *entry = (0..8).fold(index, |rest, _| match rest & 1 {
            1 => rest >> 1 ^ polynomial,
            _ => rest >> 1,
        });
    }
    let ones = u64::MAX >> (64 - bits);
    let mut rest = ones;
    for byte in bytes {
        let [low, ..] = rest.to_le_bytes();
        rest = table[usize::from(low ^ byte)] ^ rest >> 8;
    }
    rest ^ ones
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue of parametrised CRC algorithms, and of FIPS 180-4.
    #[test]
    fn checksums_are_those_of_their_definitions() {
        let of = |algorithm: Algorithm| algorithm.compute(b"123456789");
        assert_eq!(of(Algorithm::Crc32), base64::encode(&0xcbf4_3926_u32.to_be_bytes()));
        assert_eq!(of(Algorithm::Crc32c), base64::encode(&0xe306_9283_u32.to_be_bytes()));
        assert_eq!(
            of(Algorithm::Crc64Nvme),
            base64::encode(&0xae8b_1486_0a79_9888_u64.to_be_bytes())
        );
        assert_eq!(Algorithm::Sha1.compute(b"abc"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
        let sha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        assert_eq!(Algorithm::Sha256.compute(b"abc"), sha256);
    }

    #[test]
    fn a_claim_stands_in_a_header_or_in_the_trailer() {
        let mut head = RequestHead::get("127.0.0.1:4566", "/pages/a");
        let trailer = [("x-amz-checksum-crc32c".to_owned(), "AAAAAA==".to_owned())];
        assert_eq!(claimed(&head, &[]), None);
        let behind = claimed(&head, &trailer);
        assert_eq!(behind, Some((Algorithm::Crc32c, "AAAAAA==".to_owned())));
        head.headers.append("X-Amz-Checksum-SHA1", "x");
        assert_eq!(claimed(&head, &[]), Some((Algorithm::Sha1, "x".to_owned())));
    }
}
