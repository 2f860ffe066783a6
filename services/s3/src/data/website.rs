//! The website endpoint: index documents, error documents, redirects, HTML errors (S3-EP-01,
//! S3-WEB-01 to S3-WEB-13).

use standin_kernel::{Body, Cx, Method, Response};

use super::endpoint::{Endpoint, website};
use super::redirect::{Protocol, RoutingRule, Website, first};
use super::rest::{Found, HOME};
use super::{Visit, fact, key};
use crate::error::{Refusal, Result, access_denied, invalid_request, method_not_allowed};
use crate::state::{Bucket, Encryption};

/// A bucket as the website it is.
#[derive(Clone, Copy, Debug)]
struct Site<'a> {
    bucket: &'a Bucket,
    index: &'a str,
    error: Option<&'a str>,
    rules: &'a [RoutingRule],
}

impl Visit<'_> {
    pub(super) fn website(&self, cx: &mut Cx<'_>, at: &Endpoint<'_>) -> Response {
        let page = |refusal: &Refusal| self.html_error(refusal, None);
        if self.request.tls {
            // S3-EP-03: on AWS nobody even answers.
            cx.note(|| {
                fact("endpoint", "a website endpoint has no TLS".to_owned()).row("S3-EP-03")
            });
            let mut response = page(&invalid_request("A website endpoint has no TLS"));
            response.close = true;
            return response;
        }
        let Some(name) = at.bucket else { return self.redirect(301, HOME) };
        let bucket = match self.bucket(cx, name) {
            Ok(bucket) => bucket,
            Err(refusal) => return page(&refusal),
        };
        let settings = &bucket.settings;
        if at.region.is_some_and(|region| region != settings.region) {
            // S3-EP-06
            let message = "The specified bucket exists in another region. Please direct requests \
                to the specified endpoint.";
            let host = website(name, &settings.region);
            return page(&Refusal::new("IncorrectEndpoint", 400, message).detail("Endpoint", host));
        }
        match &settings.website {
            None => {
                let message = "The specified bucket does not have a website configuration";
                page(
                    &Refusal::new("NoSuchWebsiteConfiguration", 404, message)
                        .detail("BucketName", name),
                )
            }
            Some(Website::RedirectAll { host, protocol }) => {
                self.redirect_all(cx, bucket, host, *protocol)
            }
            Some(Website::Pages { index, error, rules }) => {
                self.pages(cx, Site { bucket, index, error: error.as_deref(), rules })
            }
        }
    }

    /// S3-WEB-10
    fn redirect_all(
        &self,
        cx: &mut Cx<'_>,
        bucket: &Bucket,
        host: &str,
        protocol: Option<Protocol>,
    ) -> Response {
        cx.note(|| {
            fact("redirect", format!("every request goes to {host}"))
                .setting(&bucket.settings.name, "WebsiteConfiguration.RedirectAllRequestsTo")
                .row("S3-WEB-10")
        });
        let scheme = protocol.map_or(self.scheme(), Protocol::as_str);
        let target = &self.request.head.target;
        let path = if target.starts_with('/') { target } else { "/" };
        self.redirect(301, &format!("{scheme}://{host}{path}"))
    }

    fn redirect(&self, status: u16, location: &str) -> Response {
        let mut head = self.head(status);
        head.headers.append("Location", location);
        let mut response = Response::new(head, Body::Empty);
        response.head_length = Some(0);
        response
    }

    fn pages(&self, cx: &mut Cx<'_>, site: Site<'_>) -> Response {
        let path = self.request.head.path();
        let key = match key::of_path(path.strip_prefix('/').unwrap_or("")) {
            Ok(key) => key,
            Err(refusal) => return self.html_error(&refusal, None),
        };
        let result = match &self.request.head.method {
            Method::Get | Method::Head => self.page(cx, site, &key),
            Method::Options => self.preflight(cx, site.bucket),
            // S3-WEB-12
            other => Err(method_not_allowed(other.as_str(), "OBJECT")),
        };
        match result {
            Ok(response) => response,
            Err(refusal) => self.error_page(cx, site, &key, &refusal),
        }
    }

    fn page(&self, cx: &mut Cx<'_>, site: Site<'_>, key: &str) -> Result<Response> {
        if let Some((index, rule)) = first(site.rules, key, None) {
            return Ok(self.follow(cx, site, key, index, rule));
        }
        // S3-WEB-01
        let folder = key.is_empty() || key.ends_with('/');
        let document = if folder { format!("{key}{}", site.index) } else { key.to_owned() };
        match self.readable(cx, site.bucket, &document) {
            Ok(found) => self.show(cx, site, &document, found),
            Err(refusal) if !folder && !site.bucket.objects.contains_key(key) => {
                // S3-WEB-02
                let inside = format!("{key}/{}", site.index);
                match self.readable(cx, site.bucket, &inside) {
                    Ok(_) => Ok(self.to_folder(cx, site)),
                    Err(_) => Err(refusal),
                }
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn readable<'b>(&self, cx: &mut Cx<'_>, bucket: &'b Bucket, key: &str) -> Result<Found<'b>> {
        let found = self.find(cx, bucket, key, None)?;
        if matches!(found.content.encryption, Encryption::Kms { .. }) {
            cx.note(|| {
                let says = "anonymous readers cannot use the object's KMS key";
                fact("encryption", says.to_owned())
                    .setting(&bucket.settings.name, "BucketEncryption")
                    .row("S3-EP-07")
            });
            return Err(access_denied());
        }
        Ok(found)
    }

    fn show(
        &self,
        cx: &mut Cx<'_>,
        site: Site<'_>,
        document: &str,
        found: Found<'_>,
    ) -> Result<Response> {
        if let Some(location) = &found.content.metadata.redirect {
            cx.note(|| {
                let says = format!("the object {document} is a redirect to {location}");
                fact("redirect", says).row("S3-WEB-11")
            });
            return Ok(self.redirect(301, location));
        }
        self.give(cx, site.bucket, found, None)
    }

    /// The path is one of a folder: 302 to the same with a slash.
    fn to_folder(&self, cx: &mut Cx<'_>, site: Site<'_>) -> Response {
        cx.note(|| {
            fact("redirect", "the path is a folder with an index document".to_owned())
                .setting(&site.bucket.settings.name, "WebsiteConfiguration.IndexDocument")
                .row("S3-WEB-02")
        });
        let location = format!("{}/", self.request.head.path());
        let found = Refusal::new("Found", 302, "Resource Found").header("Location", location);
        self.html_error(&found, None)
    }

    fn follow(
        &self,
        cx: &mut Cx<'_>,
        site: Site<'_>,
        key: &str,
        index: usize,
        rule: &RoutingRule,
    ) -> Response {
        cx.note(|| {
            let setting = format!("WebsiteConfiguration.RoutingRules[{index}]");
            fact("redirect", format!("routing rule {index} fits {key:?}"))
                .setting(&site.bucket.settings.name, setting)
                .row("S3-WEB-09")
        });
        let mut location = rule.location(key, self.scheme(), self.host_and_port());
        // S3-WEB-13 leaves it open; kept as RedirectAllRequestsTo keeps it.
        if let Some(query) = self.request.head.query() {
            location.push('?');
            location.push_str(query);
        }
        self.redirect(rule.status(), &location)
    }

    /// A rule for the status, else the error document, else the built-in page.
    fn error_page(
        &self,
        cx: &mut Cx<'_>,
        site: Site<'_>,
        key: &str,
        refusal: &Refusal,
    ) -> Response {
        if let Some((index, rule)) = first(site.rules, key, Some(refusal.status)) {
            return self.follow(cx, site, key, index, rule);
        }
        let document = site.error.filter(|_| (400..500).contains(&refusal.status));
        let Some(document) = document else { return self.html_error(refusal, None) };
        let name = &site.bucket.settings.name;
        match self.readable(cx, site.bucket, document) {
            Ok(found) => {
                cx.note(|| {
                    let says = format!("the error document {document} with {}", refusal.status);
                    fact("error document", says)
                        .setting(name, "WebsiteConfiguration.ErrorDocument")
                        .row("S3-WEB-05")
                });
                self.error_document(cx, site.bucket, found, refusal)
            }
            Err(second) => {
                cx.note(|| {
                    let says = format!("the error document {document} cannot be read");
                    fact("error document", says)
                        .setting(name, "WebsiteConfiguration.ErrorDocument")
                        .row("S3-WEB-06")
                });
                self.html_error(refusal, Some(&second))
            }
        }
    }

    /// The error document keeps the status of the error (S3-WEB-05).
    fn error_document(
        &self,
        cx: &mut Cx<'_>,
        bucket: &Bucket,
        found: Found<'_>,
        refusal: &Refusal,
    ) -> Response {
        let mut head = self.website_error_head(refusal);
        for (name, value) in found.content.lines.iter().filter(|(name, _)| *name != "Accept-Ranges")
        {
            head.headers.append(name, value);
        }
        self.tell_browsers(cx, bucket, &mut head.headers);
        let (id, length) = (found.content.blob, found.content.length);
        let body = match length {
            0 => Body::Empty,
            _ if self.is_head() => Body::Empty,
            length => Body::Blob { id, offset: 0, length },
        };
        let mut response = Response::new(head, body);
        response.head_length = self.is_head().then_some(length);
        response
    }
}
