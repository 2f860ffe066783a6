//! Operators' cookies: whoever has one sees the diary while it is closed, until it ends.

use diary_window::Moment;
use sha2::{Digest, Sha256};

use crate::edge::hex;

/// The cookie `diary-operator` that lets its bearer pass until `until`: the time and its
/// signature.
pub fn cookie(secret: &str, until: Moment) -> String {
    let signed = hmac_sha256(secret.as_bytes(), until.0.to_string().as_bytes());
    format!("{}.{}", until.0, hex(&signed))
}

/// HMAC with SHA-256 (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}
