//! Which object a TemplateURL means (CFN-TP-13): the addresses of S3, and those of the endpoint on
//! this machine.

use crate::error::validation;
use standin_kernel::ApiError;

/// An object in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: Option<String>,
}

impl Object {
    /// Reads an address: `https://BUCKET.s3.REGION.amazonaws.com/KEY` or with the bucket in the
    /// path, and `http://127.0.0.1:4566/BUCKET/KEY`, which the aws CLI makes of the endpoint.
    pub(crate) fn at(url: &str) -> Result<Self, ApiError> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(validation("TemplateURL must be a supported URL."));
        };
        let foreign = || {
            validation(format!("S3 error: Domain name specified in {url} is not a valid S3 domain"))
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host_of(authority).to_ascii_lowercase();
        let local = is_local(&host);
        if !(scheme == "https" || (scheme == "http" && local)) {
            return Err(foreign());
        }
        let bucket = if let Some(name) = s3_name(&host) {
            name.map(str::to_owned)
        } else if local {
            None
        } else {
            return Err(foreign());
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = decoded(path);
        let (bucket, key) = match (bucket, path.split_once('/')) {
            (Some(bucket), _) => (bucket, path),
            (None, Some((bucket, key))) => (bucket.to_owned(), key.to_owned()),
            (None, None) => return Err(foreign()),
        };
        if bucket.is_empty() || key.is_empty() {
            return Err(foreign());
        }
        let version = query.split('&').find_map(|pair| pair.strip_prefix("versionId="));
        Ok(Self { bucket, key, version: version.map(decoded) })
    }
}

/// Without port and user.
fn host_of(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    host.split_once(':').map_or(host, |(host, _)| host)
}

fn is_local(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a host is S3's, and which bucket it names, if one: `Some(None)` when the path does.
fn s3_name(host: &str) -> Option<Option<&str>> {
    let name = host.strip_suffix(".localhost").unwrap_or(host);
    let name = name.strip_suffix(".amazonaws.com.cn").or(name.strip_suffix(".amazonaws.com"));
    // `bucket.s3.localhost`, without Amazon's domain.
    let name = name.or(host.strip_suffix(".localhost"))?;
    let labels: Vec<&str> = name.split('.').collect();
    let s3 = labels.iter().rposition(|label| {
        *label == "s3" || (label.starts_with("s3-") && !label.starts_with("s3-website"))
    })?;
    // Behind it there is at most `dualstack` and a region.
    let behind = &labels[s3 + 1..];
    let region = |label: &&&str| label.contains('-') && label.ends_with(char::is_numeric);
    let good = match behind {
        [] => true,
        [one] => region(&one),
        ["dualstack", one] => region(&one),
        _ => false,
    };
    let length: usize = labels[..s3].iter().map(|label| label.len() + 1).sum();
    good.then(|| name.get(..length.saturating_sub(1)).filter(|bucket| !bucket.is_empty()))
}

/// With `%2F` and its like decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cfn_tp_13_addresses_of_s3_and_of_this_machine() {
        let object = |url: &str| {
            Object::at(url).map(|one| format!("{} {} {:?}", one.bucket, one.key, one.version))
        };
        let same = Ok("my.bucket a/b.yaml None".to_owned());
        for url in [
            "https://my.bucket.s3.ap-northeast-1.amazonaws.com/a/b.yaml",
            "https://my.bucket.s3.amazonaws.com/a/b.yaml",
            "https://my.bucket.s3-us-west-2.amazonaws.com/a/b.yaml",
            "https://my.bucket.s3.dualstack.eu-west-1.amazonaws.com/a/b.yaml",
            "https://s3.ap-northeast-1.amazonaws.com/my.bucket/a/b.yaml",
            "https://s3.amazonaws.com/my.bucket/a/b.yaml",
            "https://s3.us-east-1.amazonaws.com/my.bucket/a%2Fb.yaml",
            "http://127.0.0.1:4566/my.bucket/a/b.yaml",
            "http://localhost:4566/my.bucket/a/b.yaml",
            "http://[::1]:4566/my.bucket/a/b.yaml",
            "http://my.bucket.s3.localhost:4566/a/b.yaml",
            "http://my.bucket.s3.ap-northeast-1.amazonaws.com.localhost:4566/a/b.yaml",
        ] {
            assert_eq!(object(url), same, "{url}");
        }
        let url = "https://b.s3.amazonaws.com/k?versionId=v1";
        assert_eq!(object(url), Ok("b k Some(\"v1\")".to_owned()));
        for url in [
            "s3://bucket/key",
            "https://example.com/bucket/key",
            "https://b.s3-website-us-east-1.amazonaws.com/key",
            "http://b.s3.amazonaws.com/key",
            "https://b.s3.amazonaws.com/",
            "https://ec2.us-east-1.amazonaws.com/b/k",
            "http://127.0.0.1:4566/bucket",
        ] {
            let message =
                format!("S3 error: Domain name specified in {url} is not a valid S3 domain");
            assert_eq!(object(url).unwrap_err().message, message);
        }
        let message = "TemplateURL must be a supported URL.";
        assert_eq!(object("bucket/key").unwrap_err().message, message);
    }
}
