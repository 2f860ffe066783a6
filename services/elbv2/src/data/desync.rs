//! How far a request is from HTTP as written down, and what becomes of it then (ALB-HD-11). What
//! two readers could cut differently never gets here: the reader of heads refuses it with 400.

use standin_kernel::{Method, Request};

use crate::config::DesyncMode;

/// AWS's classes below `Severe`, from good to bad, and the reason it gives (ALB-HD-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Compliant,
    Acceptable(&'static str),
    Ambiguous(&'static str),
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Forward,
    /// Forward, then close the connection.
    ForwardAndClose,
    /// Answer 400.
    Refuse,
}

impl Class {
    pub(crate) fn of(request: &Request) -> Self {
        let bodiless = matches!(request.head.method, Method::Get | Method::Head);
        if request.has_body && bodiless {
            return Self::Ambiguous("UndefinedContentLengthSemantics");
        }
        let mut class = Self::Compliant;
        for (name, value) in request.head.headers.iter() {
            if looks_like_framing(name) {
                return Self::Ambiguous("SuspiciousHeader");
            }
            if !value.is_ascii() {
                class = Self::Acceptable("NonCompliantHeader");
            }
        }
        class
    }

    pub(crate) const fn verdict(self, mode: DesyncMode) -> Verdict {
        match (self, mode) {
            (Self::Compliant, _)
            | (_, DesyncMode::Monitor)
            | (Self::Acceptable(_), DesyncMode::Defensive) => Verdict::Forward,
            (Self::Ambiguous(_), DesyncMode::Defensive) => Verdict::ForwardAndClose,
            (_, DesyncMode::Strictest) => Verdict::Refuse,
        }
    }

    /// As the access log writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Compliant => "Compliant",
            Self::Acceptable(_) => "Acceptable",
            Self::Ambiguous(_) => "Ambiguous",
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Compliant => "",
            Self::Acceptable(reason) | Self::Ambiguous(reason) => reason,
        }
    }
}

/// A name that some servers would take for `Content-Length` or `Transfer-Encoding`.
fn looks_like_framing(name: &str) -> bool {
    let same = |wanted: &str| {
        name.bytes().zip(wanted.bytes()).all(|(have, wanted)| match have {
            b'_' => wanted == b'-',
            _ => have.eq_ignore_ascii_case(&wanted),
        })
    };
    match name.len() {
        14 => same("content-length"),
        17 => same("transfer-encoding"),
        _ => false,
    }
}
