//! How a refusal is written: XML at the REST endpoint, HTML at the website endpoint (S3-EP-01,
//! S3-GET-10).

use std::fmt::Write as _;

use standin_kernel::{Body, Response, ResponseHead};

use super::Visit;
use crate::error::Refusal;

impl Visit<'_> {
    /// XML, or only a status in answer to HEAD (S3-GET-06).
    pub(super) fn xml_error(&self, refusal: &Refusal) -> Response {
        let mut head = self.error_head(refusal);
        head.headers.append("Content-Type", "application/xml");
        if self.is_head() {
            return Response::new(head, Body::Empty);
        }
        let mut xml = String::with_capacity(512);
        xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        element(&mut xml, "Code", refusal.code);
        element(&mut xml, "Message", &refusal.message);
        for (name, value) in &refusal.details {
            element(&mut xml, name, value);
        }
        element(&mut xml, "RequestId", self.ids.request());
        element(&mut xml, "HostId", self.ids.host());
        xml.push_str("</Error>");
        Response::new(head, Body::Bytes(xml.into()))
    }

    /// The built-in page of a website; `second` is why the error document could not be shown
    /// (S3-WEB-06).
    pub(super) fn html_error(&self, refusal: &Refusal, second: Option<&Refusal>) -> Response {
        let mut head = self.website_error_head(refusal);
        head.headers.append("Content-Type", "text/html; charset=utf-8");
        let status = refusal.status;
        let title = format!("{status} {}", standin_kernel::http::reason(status));
        let mut html = format!("<html>\n<head><title>{title}</title></head>\n<body>\n");
        html.push_str(&format!("<h1>{title}</h1>\n<ul>\n"));
        self.items(&mut html, refusal);
        item(&mut html, "RequestId", self.ids.request());
        item(&mut html, "HostId", self.ids.host());
        html.push_str("</ul>\n");
        if let Some(second) = second {
            html.push_str(
                "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n\
                 <ul>\n",
            );
            self.items(&mut html, second);
            html.push_str("</ul>\n");
        }
        html.push_str("<hr/>\n</body>\n</html>\n");
        self.small(head, html)
    }

    /// What a website says of an error beside the page itself.
    pub(super) fn website_error_head(&self, refusal: &Refusal) -> ResponseHead {
        let mut head = self.error_head(refusal);
        head.headers.append("x-amz-error-code", refusal.code);
        head.headers.append("x-amz-error-message", refusal.message.as_bytes());
        for (name, value) in &refusal.details {
            head.headers.append(&format!("x-amz-error-detail-{name}"), value);
        }
        head
    }

    /// A body made here, or only its length in answer to HEAD.
    pub(super) fn small(&self, head: ResponseHead, text: String) -> Response {
        if self.is_head() {
            let mut response = Response::new(head, Body::Empty);
            response.head_length = Some(text.len() as u64);
            return response;
        }
        Response::new(head, Body::Bytes(text.into()))
    }

    fn error_head(&self, refusal: &Refusal) -> ResponseHead {
        let mut head = self.head(refusal.status);
        for (name, value) in &refusal.headers {
            head.headers.append(name, value);
        }
        head
    }

    fn items(&self, html: &mut String, refusal: &Refusal) {
        item(html, "Code", refusal.code);
        item(html, "Message", &refusal.message);
        for (name, value) in &refusal.details {
            item(html, name, value);
        }
    }
}

fn item(html: &mut String, name: &str, value: &str) {
    let _ = writeln!(html, "<li>{name}: {}</li>", Escaped(value));
}

/// `<Name>value</Name>`
pub(super) fn element(xml: &mut String, name: &str, value: &str) {
    let _ = write!(xml, "<{name}>{}</{name}>", Escaped(value));
}

/// Text that cannot end the element it stands in.
struct Escaped<'t>(&'t str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // XML 1.0 has no way to write other control characters.
                control if control.is_control() && !matches!(control, '\t' | '\n' | '\r') => {}
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}
