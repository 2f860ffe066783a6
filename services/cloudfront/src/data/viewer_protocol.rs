//! Decides what becomes of a request that did not come over TLS (CF-REQ-09, CF-REQ-10).

use standin_kernel::http::Version;
use standin_kernel::{Method, RequestHead};

use crate::config::ViewerProtocol;

/// What the viewer protocol policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Serve,
    /// 301 or 307 to `location`.
    Redirect {
        status: u16,
        location: String,
    },
    /// 403.
    Refuse,
}

pub(crate) fn check(policy: ViewerProtocol, https: bool, head: &RequestHead) -> Verdict {
    if https || policy == ViewerProtocol::AllowAll {
        return Verdict::Serve;
    }
    if policy == ViewerProtocol::HttpsOnly {
        return Verdict::Refuse;
    }
    let status = match head.method {
        Method::Get | Method::Head => 301,
        _ if head.version == Version::Http10 => return Verdict::Refuse,
        _ => 307,
    };
    // Without the port: what listens there for plain HTTP does not speak TLS.
    let host = head.host().unwrap_or("");
    Verdict::Redirect { status, location: format!("https://{host}{}", head.target) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, version: Version) -> RequestHead {
        let mut head = RequestHead::get("www.example.com:8080", "/a?b=c");
        head.method = method;
        head.version = version;
        head
    }

    #[test]
    fn cf_req_09_reads_get_301_and_writes_get_307() {
        let check = |method, version| {
            check(ViewerProtocol::RedirectToHttps, false, &request(method, version))
        };
        let to = |status| {
            let location = "https://www.example.com/a?b=c".to_owned();
            Verdict::Redirect { status, location }
        };
        assert_eq!(check(Method::Get, Version::Http11), to(301));
        assert_eq!(check(Method::Head, Version::Http10), to(301));
        for method in [Method::Post, Method::Put, Method::Delete, Method::Options, Method::Patch] {
            assert_eq!(check(method.clone(), Version::Http11), to(307));
            assert_eq!(check(method, Version::Http10), Verdict::Refuse);
        }
    }

    #[test]
    fn cf_req_10_https_only_refuses_and_allow_all_serves() {
        let head = request(Method::Get, Version::Http11);
        assert_eq!(check(ViewerProtocol::HttpsOnly, false, &head), Verdict::Refuse);
        assert_eq!(check(ViewerProtocol::HttpsOnly, true, &head), Verdict::Serve);
        assert_eq!(check(ViewerProtocol::AllowAll, false, &head), Verdict::Serve);
    }
}
