//! A certificate authority of one state folder, and what it signs for the names of the stack.
//!
//! The authority's key stays in the state folder, readable by its owner only; nothing is put where
//! the machine's programs would trust it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Below the state folder.
const FOLDER: &str = "tls";
const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority.key";

const DAY: Duration = Duration::days(1);
/// Programs refuse certificates of servers that are valid for much longer.
const LEAF_LASTS: Duration = Duration::days(397);
const AUTHORITY_LASTS: Duration = Duration::days(3650);

/// Certificates signed so far that are kept; then all are signed anew.
const KEPT_MAX: usize = 1000;

/// Who signs, and what was signed.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// One key serves all names of a run.
    key: KeyPair,
    /// By the names of the certificate.
    kept: RefCell<BTreeMap<Vec<String>, Arc<ServerConfig>>>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// Where the certificate of a state folder's authority lies, for clients to trust.
pub fn authority_file(state_dir: &Path) -> PathBuf {
    state_dir.join(FOLDER).join(CERTIFICATE)
}

impl Authority {
    /// The authority of a state folder, which is made the first time.
    pub(crate) fn open(state_dir: &Path) -> io::Result<Self> {
        let folder = state_dir.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
        let key = match fs::read_to_string(&key) {
            Ok(text) => KeyPair::from_pem(&text).map_err(|wrong| {
                io::Error::other(format!("{} cannot be read: {wrong}", key.display()))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = KeyPair::generate().map_err(io::Error::other)?;
                // An old certificate would be of another key.
                let _ = fs::remove_file(&certificate);
                write_private(&key, &made.serialize_pem())?;
                made
            }
            Err(error) => return Err(error),
        };
        let params = of_authority();
        if !certificate.exists() {
            let signed = params.self_signed(&key).map_err(io::Error::other)?;
            fs::write(&certificate, signed.pem())?;
        }
        let own = KeyPair::generate().map_err(io::Error::other)?;
        Ok(Self { issuer: Issuer::new(params, key), key: own, kept: RefCell::default() })
    }

    /// How a server speaks that has a certificate for these names.
    pub(crate) fn config(&self, names: &[String]) -> io::Result<Arc<ServerConfig>> {
        if let Some(kept) = self.kept.borrow().get(names) {
            return Ok(kept.clone());
        }
        let certificate = of_server(names)?.signed_by(&self.key, &self.issuer);
        let certificate = certificate.map_err(io::Error::other)?.der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(names.to_vec(), config.clone());
        Ok(config)
    }
}

fn of_authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Standin of this state folder");
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - DAY, now + AUTHORITY_LASTS);
    params
}

fn of_server(names: &[String]) -> io::Result<CertificateParams> {
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(first) = names.first() {
        params.distinguished_name.push(DnType::CommonName, first.as_str());
    }
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - DAY, now + LEAF_LASTS);
    Ok(params)
}

/// Writes what only its owner may read, whole or not at all.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let _ = fs::remove_file(&unfinished);
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_authority_of_a_folder_stays_and_its_key_is_the_owners() {
        let scratch = Scratch::new();
        let first = Authority::open(scratch.path()).unwrap();
        let names = ["www.example.com".to_owned()];
        let config = first.config(&names).unwrap();
        assert!(Arc::ptr_eq(&config, &first.config(&names).unwrap()));
        let certificate = fs::read(authority_file(scratch.path())).unwrap();
        let key = scratch.path().join(FOLDER).join(KEY);
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        Authority::open(scratch.path()).unwrap();
        assert_eq!(fs::read(authority_file(scratch.path())).unwrap(), certificate);
        fs::write(&key, "no key").unwrap();
        let wrong = Authority::open(scratch.path()).unwrap_err().to_string();
        assert!(wrong.contains("authority.key cannot be read"), "{wrong}");
    }
}
