//! CORS of a function URL: preflight requests are answered without the function, and its own CORS
//! headers give way (LAM-UR-06).

use standin_kernel::{Body, Headers, Method, RequestHead, Response, ResponseHead};

use crate::state::Cors;

/// The headers that the settings decide, so that a function's own are dropped.
pub(crate) const OWN: [&str; 6] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Credentials",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
];

impl Cors {
    /// The answer to a preflight request, if it is one.
    pub(crate) fn preflight(&self, head: &RequestHead) -> Option<Response> {
        let asks = head.method == Method::Options
            && head.headers.contains("Origin")
            && head.headers.contains("Access-Control-Request-Method");
        if !asks {
            return None;
        }
        let mut answer = ResponseHead::new(200);
        self.add(&head.headers, &mut answer.headers);
        if answer.headers.contains("Access-Control-Allow-Origin") {
            let lists = [
                ("Access-Control-Allow-Methods", &self.allow_methods),
                ("Access-Control-Allow-Headers", &self.allow_headers),
            ];
            for (name, list) in lists {
                if !list.is_empty() {
                    answer.headers.append(name, list.join(","));
                }
            }
            if let Some(age) = self.max_age {
                answer.headers.append("Access-Control-Max-Age", age.to_string());
            }
        }
        Some(Response::new(answer, Body::Empty))
    }

    /// What an answer says to the origin that asks.
    pub(crate) fn add(&self, asked: &Headers, answer: &mut Headers) {
        let Some(origin) = asked.get("Origin") else { return };
        let any = self.allow_origins.iter().any(|one| one == "*");
        if !any && !self.allow_origins.iter().any(|one| one.eq_ignore_ascii_case(origin)) {
            return;
        }
        let credentials = self.allow_credentials == Some(true);
        let allowed = if any && !credentials { "*" } else { origin };
        answer.append("Access-Control-Allow-Origin", allowed);
        if allowed != "*" {
            answer.append("Vary", "Origin");
        }
        if credentials {
            answer.append("Access-Control-Allow-Credentials", "true");
        }
        if !self.expose_headers.is_empty() {
            answer.append("Access-Control-Expose-Headers", self.expose_headers.join(","));
        }
    }
}
