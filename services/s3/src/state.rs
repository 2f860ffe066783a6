//! What is kept: buckets with their settings, objects with their versions. All of it survives a
//! restart; S3 has nothing that is only live.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::fault::Mode;
use standin_kernel::{BlobId, Cx, Headers, Time};

use crate::data::cors::CorsRule;
use crate::data::policy::Policy;
use crate::data::redirect::Website;
use crate::error::{Refusal, Result, no_such_bucket};

const BUCKET: &str = "bucket";
const OBJECT: &str = "object";
const UPLOAD: &str = "upload";
const PART: &str = "upload-part";

/// The version id of an object put while versioning was not enabled (S3-VER-01).
pub(crate) const NULL_VERSION: &str = "null";

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) buckets: BTreeMap<String, Bucket>,
    /// What is broken on purpose, by bucket and key; without a key the whole bucket. Not kept.
    pub(crate) broken: Vec<(String, Option<String>, Mode)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) settings: Settings,
    pub(crate) objects: BTreeMap<String, Object>,
    /// Multipart uploads under way, by their ids.
    pub(crate) uploads: BTreeMap<String, Upload>,
}

/// A bucket without its objects: one record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) created: Time,
    pub(crate) versioning: Versioning,
    pub(crate) ownership: Option<Ownership>,
    pub(crate) acl: Acl,
    pub(crate) public_access_block: Option<PublicAccessBlock>,
    pub(crate) policy: Option<Policy>,
    pub(crate) website: Option<Website>,
    pub(crate) cors: Vec<CorsRule>,
    pub(crate) encryption: Encryption,
    pub(crate) bucket_key: bool,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Settings {
    /// A new bucket: ACLs off, public access blocked (S3-ACC-03, S3-ACC-05), SSE-S3.
    pub(crate) fn new(name: &str, region: &str, created: Time) -> Self {
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
            created,
            versioning: Versioning::Never,
            ownership: Some(Ownership::BucketOwnerEnforced),
            acl: Acl::Private,
            public_access_block: Some(PublicAccessBlock::ALL),
            policy: None,
            website: None,
            cors: Vec::new(),
            encryption: Encryption::Sse,
            bucket_key: false,
            tags: BTreeMap::new(),
        }
    }

    /// Whether ACLs count at all. Without ownership controls they do, as before 2021.
    pub(crate) fn acls_enabled(&self) -> bool {
        self.ownership != Some(Ownership::BucketOwnerEnforced)
    }

    pub(crate) fn blocks(&self) -> PublicAccessBlock {
        self.public_access_block.unwrap_or_default()
    }
}

/// S3-VER-01: there is no way back to `Never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Versioning {
    Never,
    Enabled,
    Suspended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ownership {
    ObjectWriter,
    BucketOwnerPreferred,
    BucketOwnerEnforced,
}

/// The canned access control lists; lists with grants of their own are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Acl {
    #[default]
    Private,
    PublicRead,
    PublicReadWrite,
    AuthenticatedRead,
    AwsExecRead,
    BucketOwnerRead,
    BucketOwnerFullControl,
    LogDeliveryWrite,
}

impl Acl {
    /// Whether everybody may read.
    pub(crate) const fn anybody_reads(self) -> bool {
        matches!(self, Self::PublicRead | Self::PublicReadWrite)
    }

    /// What Block Public Access takes for public: everybody, or everybody with an AWS account.
    pub(crate) const fn is_public(self) -> bool {
        self.anybody_reads() || matches!(self, Self::AuthenticatedRead)
    }
}

/// S3-ACC-03: the four switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(crate) struct PublicAccessBlock {
    pub(crate) block_public_acls: bool,
    pub(crate) ignore_public_acls: bool,
    pub(crate) block_public_policy: bool,
    pub(crate) restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    pub(crate) const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// How a body is encrypted at rest, as far as readers notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Encryption {
    /// SSE-S3, which everybody who may read the object may use.
    Sse,
    /// A KMS key, which anonymous readers cannot use (S3-EP-07). `None`: the key of AWS for S3,
    /// which other principals cannot use either (S3-GET-13).
    Kms { key: Option<String>, dual_layer: bool },
}

impl Encryption {
    pub(crate) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Sse => "AES256",
            Self::Kms { dual_layer: false, .. } => "aws:kms",
            Self::Kms { dual_layer: true, .. } => "aws:kms:dsse",
        }
    }

    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Sse => None,
            Self::Kms { key, .. } => key.as_deref(),
        }
    }
}

/// The versions of one key, oldest first; the last one is current. Never empty.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) versions: Vec<Version>,
}

impl Object {
    pub(crate) fn current(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// The content a plain GET gives: none when deleted.
    pub(crate) fn content(&self) -> Option<(&Version, &Content)> {
        let version = self.current()?;
        Some((version, version.content.as_ref()?))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) modified: Time,
    /// `None`: a delete marker.
    pub(crate) content: Option<Content>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Content {
    #[serde(with = "blob_hex")]
    pub(crate) blob: BlobId,
    /// Bytes.
    pub(crate) length: u64,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) metadata: Metadata,
    pub(crate) encryption: Encryption,
    pub(crate) bucket_key: bool,
    pub(crate) acl: Acl,
    pub(crate) storage_class: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// As the writer sent it with the whole body.
    #[serde(default)]
    pub(crate) checksum: Option<Checksum>,
    /// Bytes of each part, if it was put in parts.
    #[serde(default)]
    pub(crate) parts: Vec<u64>,
    /// The response headers that are the same for every reader, put together once.
    #[serde(skip)]
    pub(crate) lines: Headers,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Checksum {
    /// `CRC32`
    pub(crate) algorithm: String,
    /// In base64.
    pub(crate) value: String,
}

/// What the writer said about an object (S3-META-01, S3-META-03).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) content_type: String,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) expires: Option<String>,
    pub(crate) redirect: Option<String>,
    /// Without the prefix `x-amz-meta-`, in lower case.
    pub(crate) user: BTreeMap<String, String>,
}

/// What an object is made with, apart from its body.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Making {
    pub(crate) metadata: Metadata,
    pub(crate) encryption: Encryption,
    pub(crate) bucket_key: bool,
    pub(crate) acl: Acl,
    pub(crate) storage_class: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Making {
    /// `length` in bytes, `etag` without quotes.
    pub(crate) fn content(self, blob: BlobId, length: u64, etag: String) -> Content {
        let Self { metadata, encryption, bucket_key, acl, storage_class, tags } = self;
        let lines = Headers::new();
        Content {
            blob,
            length,
            etag,
            metadata,
            encryption,
            bucket_key,
            acl,
            storage_class,
            tags,
            checksum: None,
            parts: Vec::new(),
            lines,
        }
    }
}

/// A multipart upload under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) initiated: Time,
    pub(crate) making: Making,
    /// By their numbers; each is a record of its own.
    #[serde(skip)]
    pub(crate) parts: BTreeMap<u16, Part>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    #[serde(with = "blob_hex")]
    pub(crate) blob: BlobId,
    /// Bytes.
    pub(crate) length: u64,
    /// Without quotes.
    pub(crate) etag: String,
    /// MD5 of the part, in hexadecimal digits.
    pub(crate) md5: String,
    pub(crate) modified: Time,
}

impl Content {
    /// Puts the response headers together.
    pub(crate) fn prepare(&mut self, modified: Time) {
        let mut lines = Headers::new();
        lines.append("Last-Modified", modified.http_date());
        lines.append("ETag", format!("\"{}\"", self.etag));
        lines.append("x-amz-server-side-encryption", self.encryption.algorithm());
        if let Some(key) = self.encryption.key() {
            lines.append("x-amz-server-side-encryption-aws-kms-key-id", key);
        }
        if self.bucket_key {
            lines.append("x-amz-server-side-encryption-bucket-key-enabled", "true");
        }
        if let Some(class) = &self.storage_class {
            lines.append("x-amz-storage-class", class);
        }
        if !self.tags.is_empty() {
            lines.append("x-amz-tagging-count", self.tags.len().to_string());
        }
        let metadata = &self.metadata;
        let own = [
            ("Cache-Control", &metadata.cache_control),
            ("Content-Disposition", &metadata.content_disposition),
            ("Content-Encoding", &metadata.content_encoding),
            ("Content-Language", &metadata.content_language),
            ("Expires", &metadata.expires),
            ("x-amz-website-redirect-location", &metadata.redirect),
        ];
        for (name, value) in own {
            if let Some(value) = value {
                lines.append(name, value);
            }
        }
        for (name, value) in &metadata.user {
            lines.append(&format!("x-amz-meta-{name}"), value);
        }
        lines.append("Accept-Ranges", "bytes");
        lines.append("Content-Type", &metadata.content_type);
        self.lines = lines;
    }
}

impl State {
    pub(crate) fn bucket(&self, name: &str) -> Result<&Bucket> {
        self.buckets.get(name).ok_or_else(|| no_such_bucket(name))
    }

    /// How a bucket, or an object of it, is broken on purpose.
    pub(crate) fn broken(&self, bucket: &str, key: Option<&str>) -> Option<Mode> {
        let fits =
            |one: &&(String, Option<String>, Mode)| one.0 == bucket && one.1.as_deref() == key;
        self.broken.iter().find(fits).map(|one| one.2)
    }

    pub(crate) fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket> {
        self.buckets.get_mut(name).ok_or_else(|| no_such_bucket(name))
    }

    /// Changes a bucket's settings, if `change` agrees, and remembers them.
    pub(crate) fn change(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        change: impl FnOnce(&mut Settings) -> Result<(), Refusal>,
    ) -> Result<()> {
        let bucket = self.bucket_mut(name)?;
        change(&mut bucket.settings)?;
        bucket.settings.store(cx);
        Ok(())
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), String> {
        let document = record.document.clone().ok_or("a record without document")?;
        let wrong = |error: serde_json::Error| error.to_string();
        match record.kind.as_str() {
            BUCKET => {
                let settings: Settings = serde_json::from_value(document).map_err(wrong)?;
                let bucket = Bucket::new(settings);
                self.buckets.insert(record.id.clone(), bucket);
            }
            OBJECT => {
                let mut object: Object = serde_json::from_value(document).map_err(wrong)?;
                for version in &mut object.versions {
                    if let Some(content) = &mut version.content {
                        content.prepare(version.modified);
                    }
                }
                let (bucket, key) = record.id.split_once('/').ok_or("an object without bucket")?;
                let bucket = self.buckets.get_mut(bucket).ok_or("an object of no bucket")?;
                bucket.objects.insert(key.to_owned(), object);
            }
            UPLOAD => {
                let upload: Upload = serde_json::from_value(document).map_err(wrong)?;
                let (bucket, id) = record.id.split_once('/').ok_or("an upload without bucket")?;
                let bucket = self.buckets.get_mut(bucket).ok_or("an upload to no bucket")?;
                bucket.uploads.insert(id.to_owned(), upload);
            }
            PART => {
                let part: Part = serde_json::from_value(document).map_err(wrong)?;
                let mut names = record.id.split('/');
                let bucket = names.next().and_then(|bucket| self.buckets.get_mut(bucket));
                let upload = bucket.zip(names.next()).and_then(|(b, id)| b.uploads.get_mut(id));
                let number = names.next().and_then(|number| number.parse().ok());
                let (upload, number) = upload.zip(number).ok_or("a part of no upload")?;
                upload.parts.insert(number, part);
            }
            other => return Err(format!("a record of unknown kind {other}")),
        }
        Ok(())
    }
}

impl Settings {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(BUCKET, &self.name, serde_json::to_value(self).ok());
    }

    pub(crate) fn forget(&self, cx: &mut Cx<'_>) {
        cx.store(BUCKET, &self.name, None);
    }
}

impl Bucket {
    pub(crate) const fn new(settings: Settings) -> Self {
        Self { settings, objects: BTreeMap::new(), uploads: BTreeMap::new() }
    }

    /// Remembers an upload, without its parts.
    pub(crate) fn store_upload(&self, cx: &mut Cx<'_>, id: &str) {
        let upload = self.uploads.get(id).and_then(|upload| serde_json::to_value(upload).ok());
        cx.store(UPLOAD, &format!("{}/{id}", self.settings.name), upload);
    }

    pub(crate) fn store_part(&self, cx: &mut Cx<'_>, id: &str, number: u16) {
        let part = self.uploads.get(id).and_then(|upload| upload.parts.get(&number));
        let part = part.and_then(|part| serde_json::to_value(part).ok());
        cx.store(PART, &format!("{}/{id}/{number}", self.settings.name), part);
    }

    /// Ends an upload: it and its parts are forgotten.
    pub(crate) fn end_upload(&mut self, cx: &mut Cx<'_>, id: &str) {
        let upload = self.uploads.remove(id);
        for number in upload.iter().flat_map(|upload| upload.parts.keys()) {
            self.store_part(cx, id, *number);
        }
        self.store_upload(cx, id);
    }

    /// Remembers what became of a key; without versions it is forgotten.
    pub(crate) fn store_object(&mut self, cx: &mut Cx<'_>, key: &str) {
        let id = format!("{}/{key}", self.settings.name);
        match self.objects.get(key) {
            Some(object) if !object.versions.is_empty() => {
                cx.store(OBJECT, &id, serde_json::to_value(object).ok());
            }
            _ => {
                self.objects.remove(key);
                cx.store(OBJECT, &id, None);
            }
        }
    }
}

/// `BlobId` as 64 hexadecimal digits.
pub(crate) mod blob_hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use standin_kernel::BlobId;

    pub(crate) fn serialize<S: Serializer>(blob: &BlobId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&text(*blob))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<BlobId, D::Error> {
        let text = String::deserialize(from)?;
        parse(&text).ok_or_else(|| D::Error::custom("not a SHA-256 in hexadecimal digits"))
    }

    pub(crate) fn text(blob: BlobId) -> String {
        blob.hex()
    }

    pub(crate) fn parse(text: &str) -> Option<BlobId> {
        BlobId::from_hex(text)
    }
}
