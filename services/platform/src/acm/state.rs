//! What ACM keeps.

use serde::{Deserialize, Serialize};
use standin_kernel::Time;
use standin_kernel::control::Record;

use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct Acm {
    /// By ARN.
    pub(super) certificates: Shelf<Certificate>,
}

impl Default for Acm {
    fn default() -> Self {
        Self { certificates: Shelf::new("acm.certificate") }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Certificate {
    pub(super) arn: String,
    pub(super) domain: String,
    /// Without the domain itself.
    pub(super) others: Vec<String>,
    pub(super) method: Method,
    pub(super) key_algorithm: String,
    /// In Certificate Transparency logs.
    pub(super) logged: bool,
    pub(super) created: Time,
    /// Issued from here on.
    pub(super) issued: Time,
    /// Hexadecimal digits of the records that would prove ownership: one for each domain.
    pub(super) proofs: Vec<String>,
    /// Of the request: the same request within an hour gives the same certificate.
    pub(super) token: Option<String>,
    pub(super) tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    Dns,
    Email,
}

impl Acm {
    /// What a certificate is for, its domain first.
    pub(crate) fn names(&self, arn: &str) -> Option<Vec<String>> {
        let Certificate { domain, others, .. } = self.certificates.get(arn)?;
        Some([std::slice::from_ref(domain), others].concat())
    }

    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "certificate" => self.certificates.restore(record),
            _ => Ok(false),
        }
    }
}
