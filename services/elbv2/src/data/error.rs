//! The answers the load balancer makes itself: small pages, and the headers that go with them.

use std::fmt::Write;

use standin_kernel::{Body, Bytes, Headers, LinkFailure, Response, ResponseHead, Time};

use crate::config::Listener;

/// The name it gives itself (ALB-LS-05).
const SERVER: &str = "awselb/2.0";

/// The page for a status: HTML with CRLF line ends and no server line (ALB-ER-12).
pub(crate) fn page(status: u16) -> Bytes {
    let mut title = status.to_string();
    let reason = reason(status);
    if !reason.is_empty() {
        title.push(' ');
        title.push_str(reason);
    }
    let mut page = String::with_capacity(92 + 2 * title.len());
    let _ = write!(
        page,
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n\
         <center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    page.into()
}

/// The words the pages use, which are not always those of the HTTP standard.
const fn reason(status: u16) -> &'static str {
    match status {
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        403 => "Forbidden",
        405 => "Not Allowed",
        408 => "Request Time-out",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        507 => "Insufficient Storage",
        _ => "",
    }
}

/// What a target that gave no answer is to the client, with the row that says so.
pub(crate) const fn of_failure(failure: LinkFailure) -> (u16, &'static str) {
    match failure {
        LinkFailure::ConnectTimeout | LinkFailure::ResponseTimeout => (504, "ALB-ER-05"),
        LinkFailure::Refused | LinkFailure::NameNotFound => (502, "ALB-ER-02"),
        LinkFailure::Closed => (502, "ALB-ER-03"),
        LinkFailure::Tls | LinkFailure::BadResponse | LinkFailure::HeadTooLarge => {
            (502, "ALB-ER-04")
        }
    }
}

/// An answer of the load balancer's own making. To HEAD it has no body.
#[derive(Debug)]
pub(crate) struct Own<'a> {
    pub(crate) listener: &'a Listener,
    /// The HTTP date of now.
    pub(crate) date: &'a str,
    pub(crate) to_head: bool,
}

impl Own<'_> {
    /// A page about an error.
    pub(crate) fn error(&self, status: u16) -> Response {
        self.page(status, None)
    }

    /// A redirect to `location`.
    pub(crate) fn redirect(&self, status: u16, location: &str) -> Response {
        self.page(status, Some(location))
    }

    fn page(&self, status: u16, location: Option<&str>) -> Response {
        let mut head = self.head(status);
        head.headers.append("Content-Type", "text/html");
        if let Some(location) = location {
            head.headers.append("Location", location);
        }
        self.whole(head, page(status))
    }

    /// `Server` and `Date`, in this order (ALB-ER-13); framing is the driver's.
    pub(crate) fn head(&self, status: u16) -> ResponseHead {
        let mut headers = Headers::with_capacity(6, 256);
        if self.listener.attributes.server_header {
            headers.append("Server", SERVER);
        }
        headers.append("Date", self.date);
        ResponseHead { status, headers }
    }

    pub(crate) fn whole(&self, head: ResponseHead, body: Bytes) -> Response {
        let length = body.len() as u64;
        if self.to_head {
            let mut response = Response::new(head, Body::Empty);
            response.head_length = Some(length);
            return response;
        }
        let body = if body.is_empty() { Body::Empty } else { Body::Bytes(body) };
        Response::new(head, body)
    }
}

/// The HTTP date, written once a second.
#[derive(Clone, Debug, Default)]
pub(crate) struct Date {
    second: Option<u64>,
    text: String,
}

impl Date {
    pub(crate) fn at(&mut self, now: Time) -> &str {
        if self.second != Some(now.seconds()) {
            self.second = Some(now.seconds());
            self.text = now.http_date();
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alb_er_12_pages_are_as_long_as_on_aws() {
        for (status, length) in
            [(503, 162), (502, 122), (504, 132), (400, 122), (403, 118), (301, 134), (302, 110)]
        {
            assert_eq!(page(status).len(), length, "{status}");
        }
        let expected = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
                        <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
        assert_eq!(page(502), expected);
    }
}
