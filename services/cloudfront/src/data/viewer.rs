//! Decides nothing: one viewer's request and what the edge knows about it, the `CloudFront-*`
//! headers among it (CF-FWD-09).

use std::borrow::Cow;
use std::sync::Arc;

use standin_kernel::http::Version;
use standin_kernel::{Method, Request, RequestHead};

use super::behavior;
use super::names::RequestId;
use crate::config::{Behavior, Distribution};

/// A request that has been let in.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) distribution: Arc<Distribution>,
    pub(crate) request: Box<Request>,
    /// It came over TLS, or counts as if it had.
    pub(crate) https: bool,
    pub(crate) id: RequestId,
    /// The position of the behavior that its path chose.
    pub(crate) behavior: usize,
    /// The target with the default root object in it, when that has a say.
    pub(crate) root: Option<String>,
    /// The point of presence it reached; each has a cache of its own.
    pub(crate) edge: u8,
}

impl Viewer {
    pub(crate) fn behavior(&self) -> &Behavior {
        &self.distribution.behaviors[self.behavior]
    }

    /// Path and query that are asked for.
    pub(crate) fn target(&self) -> &str {
        self.root.as_deref().unwrap_or(&self.request.head.target)
    }

    /// A function has changed what is asked for, perhaps of whom. The behavior stays (CF-BEH-08).
    pub(crate) fn change(
        &mut self,
        head: Option<RequestHead>,
        distribution: Option<Arc<Distribution>>,
    ) {
        if let Some(distribution) = distribution {
            self.distribution = distribution;
        }
        if let Some(head) = head {
            self.request.head = head;
        }
        self.root = behavior::with_root_object(&self.distribution, &self.request.head.target);
    }

    pub(crate) const fn method(&self) -> &Method {
        &self.request.head.method
    }

    /// The value of a `CloudFront-*` header; `None` for all others and for those that need a map of
    /// the world.
    pub(crate) fn cloudfront_header(&self, name: &str) -> Option<Cow<'static, str>> {
        if !is_cloudfront_header(name) {
            return None;
        }
        let kind = &name[PREFIX.len()..];
        let is = |wanted: &str| kind.eq_ignore_ascii_case(wanted);
        let yes = |is_so: bool| Some(Cow::Borrowed(if is_so { "true" } else { "false" }));
        if is("Forwarded-Proto") {
            Some(Cow::Borrowed(if self.https { "https" } else { "http" }))
        } else if is("Viewer-Address") {
            let peer = self.request.peer;
            Some(Cow::Owned(format!("{}:{}", peer.ip().to_canonical(), peer.port())))
        } else if is("Viewer-Http-Version") {
            Some(Cow::Borrowed(match self.request.head.version {
                Version::Http10 => "1.0",
                Version::Http11 => "1.1",
                Version::Http2 => "2.0",
            }))
        } else if is("Is-Mobile-Viewer") {
            yes(self.device() == Device::Mobile)
        } else if is("Is-Tablet-Viewer") {
            yes(self.device() == Device::Tablet)
        } else if is("Is-SmartTV-Viewer") {
            yes(self.device() == Device::SmartTv)
        } else if is("Is-Desktop-Viewer") {
            yes(self.device() == Device::Desktop)
        } else if is("Is-Android-Viewer") {
            yes(self.agent().contains("Android"))
        } else if is("Is-IOS-Viewer") {
            yes(["iPhone", "iPad", "iPod"].iter().any(|one| self.agent().contains(one)))
        } else {
            None
        }
    }

    fn agent(&self) -> &str {
        self.request.head.headers.get("User-Agent").unwrap_or("")
    }

    fn device(&self) -> Device {
        let agent = self.agent();
        let has = |word: &str| agent.contains(word);
        if has("SmartTV") || has("SMART-TV") || has("AppleTV") {
            Device::SmartTv
        } else if has("iPad") || has("Tablet") || (has("Android") && !has("Mobile")) {
            Device::Tablet
        } else if has("Mobile") || has("iPhone") {
            Device::Mobile
        } else {
            Device::Desktop
        }
    }
}

const PREFIX: &str = "CloudFront-";

/// Whether only the edge may send a header of this name.
pub(crate) fn is_cloudfront_header(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX))
}

/// What a user agent says it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Device {
    Desktop,
    Mobile,
    Tablet,
    SmartTv,
}

#[cfg(test)]
mod tests {
    use crate::data::tests::viewer;

    #[test]
    fn cf_fwd_09_what_the_edge_knows_about_a_viewer() {
        let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148";
        let viewer = viewer("/", &[("User-Agent", agent)]);
        let says = |name: &str| viewer.cloudfront_header(name);
        assert_eq!(says("CloudFront-Is-Mobile-Viewer").as_deref(), Some("true"));
        assert_eq!(says("cloudfront-is-desktop-viewer").as_deref(), Some("false"));
        assert_eq!(says("CloudFront-Is-IOS-Viewer").as_deref(), Some("true"));
        assert_eq!(says("CloudFront-Forwarded-Proto").as_deref(), Some("https"));
        assert_eq!(says("CloudFront-Viewer-Address").as_deref(), Some("203.0.113.9:50000"));
        assert_eq!(says("CloudFront-Viewer-Country"), None);
        assert_eq!(says("User-Agent"), None);
    }
}
