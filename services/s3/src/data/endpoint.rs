//! Which endpoint a host name is, and which bucket it names (S3-EP-02, S3-EP-05).

/// The two kinds of endpoint (S3-EP-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rest,
    Website,
}

/// What a host name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint<'h> {
    pub(crate) kind: Kind,
    /// `None`: the path names the bucket, or nothing does.
    pub(crate) bucket: Option<&'h str>,
    /// `None`: the global endpoint `s3.amazonaws.com`.
    pub(crate) region: Option<&'h str>,
}

const DOMAIN: &str = ".amazonaws.com";
const LOCAL: &str = ".localhost";

impl<'h> Endpoint<'h> {
    /// Reads a host name in lower case, without port; `None` when it is not one of S3's. Each name
    /// may be followed by `.localhost`, which resolves to this machine anywhere.
    pub(crate) fn parse(host: &'h str) -> Option<Self> {
        let host = host.strip_suffix(LOCAL).unwrap_or(host);
        let name = host.strip_suffix(DOMAIN)?;
        let (rest, last) = split(name);
        if last == "s3" {
            return Self::rest(rest, None);
        }
        if let Some(region) = last.strip_prefix("s3-website-") {
            return Self::new(Kind::Website, rest, Some(region));
        }
        if let Some(region) = last.strip_prefix("s3-")
            && is_region(region)
        {
            return Self::rest(rest, Some(region));
        }
        if !is_region(last) {
            return None;
        }
        let region = Some(last);
        match split(rest?) {
            (rest, "s3") => Self::rest(rest, region),
            (rest, "s3-website") => Self::new(Kind::Website, rest, region),
            (Some(rest), "dualstack") => match split(rest) {
                (rest, "s3") => Self::rest(rest, region),
                _ => None,
            },
            _ => None,
        }
    }

    fn rest(bucket: Option<&'h str>, region: Option<&'h str>) -> Option<Self> {
        Self::new(Kind::Rest, bucket, region)
    }

    fn new(kind: Kind, bucket: Option<&'h str>, region: Option<&'h str>) -> Option<Self> {
        let named = bucket.is_none_or(|name| !name.is_empty());
        let placed = region.is_none_or(is_region);
        (named && placed).then_some(Self { kind, bucket, region })
    }
}

/// The last label, and what stands before it.
fn split(name: &str) -> (Option<&str>, &str) {
    name.rsplit_once('.').map_or((None, name), |(rest, last)| (Some(rest), last))
}

/// `ap-northeast-1`: words and a number, with hyphens between.
fn is_region(name: &str) -> bool {
    let mut words = name.rsplit('-');
    let number = words.next().unwrap_or("");
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let mut count = 0;
    let letters = words.all(|word| {
        count += 1;
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
    });
    digits && letters && count >= 2
}

/// The host name of a bucket's REST endpoint in its Region.
pub(crate) fn regional(bucket: &str, region: &str) -> String {
    format!("{bucket}.s3.{region}{DOMAIN}")
}

/// The host name of a bucket's website: older Regions with a hyphen, newer with a dot (S3-EP-02).
pub(crate) fn website(bucket: &str, region: &str) -> String {
    const OLDER: [&str; 9] = [
        "us-east-1",
        "us-west-1",
        "us-west-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-northeast-1",
        "eu-west-1",
        "sa-east-1",
        "us-gov-west-1",
    ];
    let between = if OLDER.contains(&region) { '-' } else { '.' };
    format!("{bucket}.s3-website{between}{region}{DOMAIN}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(host: &str) -> Option<(Kind, Option<&str>, Option<&str>)> {
        Endpoint::parse(host).map(|at| (at.kind, at.bucket, at.region))
    }

    #[test]
    fn s3_ep_02_both_forms_of_website_names() {
        let tokyo = Some((Kind::Website, Some("b"), Some("ap-northeast-1")));
        assert_eq!(read("b.s3-website-ap-northeast-1.amazonaws.com"), tokyo);
        assert_eq!(read("b.s3-website.ap-northeast-1.amazonaws.com.localhost"), tokyo);
        let bare = Some((Kind::Website, None, Some("eu-south-1")));
        assert_eq!(read("s3-website.eu-south-1.amazonaws.com"), bare);
        assert_eq!(website("b", "eu-south-1"), "b.s3-website.eu-south-1.amazonaws.com");
        assert_eq!(website("b", "us-east-1"), "b.s3-website-us-east-1.amazonaws.com");
    }

    #[test]
    fn s3_ep_05_rest_names_with_and_without_bucket_and_region() {
        let table = [
            ("b.s3.eu-west-1.amazonaws.com", Some("b"), Some("eu-west-1")),
            ("a.b.s3.eu-west-1.amazonaws.com.localhost", Some("a.b"), Some("eu-west-1")),
            ("b.s3.dualstack.eu-west-1.amazonaws.com", Some("b"), Some("eu-west-1")),
            ("b.s3-eu-west-1.amazonaws.com", Some("b"), Some("eu-west-1")),
            ("b.s3.amazonaws.com", Some("b"), None),
            ("s3.eu-west-1.amazonaws.com", None, Some("eu-west-1")),
            ("s3.amazonaws.com.localhost", None, None),
        ];
        for (host, bucket, region) in table {
            assert_eq!(read(host), Some((Kind::Rest, bucket, region)), "{host}");
        }
    }

    #[test]
    fn names_of_others_are_not_s3() {
        for host in [
            "lb-1.ap-northeast-1.elb.amazonaws.com",
            "d111.cloudfront.net",
            "www.example.com",
            "s3.example.com",
            "ec2.eu-west-1.amazonaws.com",
            ".s3.amazonaws.com",
            "amazonaws.com",
        ] {
            assert_eq!(read(host), None, "{host}");
        }
    }

    proptest! {
        #[test]
        fn any_bucket_is_found_again(bucket in "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]") {
            let host = regional(&bucket, "ap-northeast-1");
            let found = Endpoint::parse(&host);
            prop_assert_eq!(found.map(|at| at.bucket), Some(Some(bucket.as_str())));
        }
    }
}
