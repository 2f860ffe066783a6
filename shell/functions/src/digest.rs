//! Hashes and keyed hashes of the module `crypto`.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The block that keyed hashes of all three begin with, in bytes.
const BLOCK: usize = 64;

/// The hash `name` (`md5`, `sha1`, `sha256`) of the data, keyed (RFC 2104) if there is a key.
pub(crate) fn digest(name: &str, key: Option<&[u8]>, data: &[u8]) -> Vec<u8> {
    match name {
        "md5" => with::<Md5>(key, data),
        "sha1" => with::<Sha1>(key, data),
        _ => with::<Sha256>(key, data),
    }
}

fn with<D: Digest>(key: Option<&[u8]>, data: &[u8]) -> Vec<u8> {
    let Some(key) = key else { return D::digest(data).to_vec() };
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        let hashed = D::digest(key);
        block[..hashed.len()].copy_from_slice(&hashed);
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = D::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(data).finalize();
    D::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn known_hashes() {
        assert_eq!(hex(&digest("md5", None, b"")), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(&digest("sha1", None, b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    /// RFC 4231, cases 2 and 6: a short key and one longer than a block.
    #[test]
    fn known_keyed_hashes() {
        let short = digest("sha256", Some(b"Jefe"), b"what do ya want for nothing?");
        assert_eq!(hex(&short), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            hex(&digest("sha256", Some(&[0xaa; 131]), long)),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
