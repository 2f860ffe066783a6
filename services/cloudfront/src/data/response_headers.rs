//! Decides what a response headers policy does to an answer (CF-RHP-*).

use standin_kernel::Headers;

use crate::config::{Cors, ResponseHeaders};

/// First removes, then adds (CF-RHP-01). `asked`: the viewer's headers.
pub(crate) fn apply(policy: &ResponseHeaders, headers: &mut Headers, asked: &Headers) {
    for name in &policy.remove {
        if headers.remove(name) && name.eq_ignore_ascii_case("Server") {
            // CF-HDR-05
            headers.append("Server", "CloudFront");
        }
    }
    for line in &policy.set {
        put(headers, &line.name, &line.value, line.overrides);
    }
    if let (Some(cors), Some(origin)) = (&policy.cors, asked.get("Origin")) {
        allow(cors, headers, origin, asked);
    }
}

fn put(headers: &mut Headers, name: &str, value: &str, overrides: bool) {
    if overrides {
        headers.set(name, value);
    } else if !headers.contains(name) {
        headers.append(name, value);
    }
}

/// The lines that let a page of `origin` read the answer.
fn allow(cors: &Cors, headers: &mut Headers, origin: &str, asked: &Headers) {
    let any = cors.allow_origins.iter().any(|one| &**one == "*");
    let named = cors.allow_origins.iter().any(|one| standin_kernel::pattern::matches(one, origin));
    if !any && !named {
        return;
    }
    let answers_origin = !any || cors.allow_credentials;
    let mut line = |name: &str, value: &str| put(headers, name, value, cors.overrides);
    line("Access-Control-Allow-Origin", if answers_origin { origin } else { "*" });
    if cors.allow_credentials {
        line("Access-Control-Allow-Credentials", "true");
    }
    if let Some(exposed) = &cors.expose_headers {
        line("Access-Control-Expose-Headers", exposed);
    }
    // What is allowed matters to a preflight only.
    if asked.contains("Access-Control-Request-Method") {
        if let Some(methods) = &cors.allow_methods {
            line("Access-Control-Allow-Methods", methods);
        }
        if let Some(allowed) = &cors.allow_headers {
            line("Access-Control-Allow-Headers", allowed);
        }
        if let Some(max_age_s) = cors.max_age_s {
            line("Access-Control-Max-Age", &max_age_s.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HeaderLine;

    fn line(name: &str, value: &str, overrides: bool) -> HeaderLine {
        HeaderLine { name: name.into(), value: value.into(), overrides }
    }

    fn applied(policy: &ResponseHeaders, lines: &[(&str, &str)]) -> Headers {
        let mut headers = lines.iter().copied().collect::<Headers>();
        apply(policy, &mut headers, &Headers::from_iter([("Origin", "https://a.example")]));
        headers
    }

    #[test]
    fn cf_rhp_01_removed_first_then_added() {
        let policy = ResponseHeaders {
            remove: vec!["X-Gone".into(), "X-Both".into()],
            set: vec![line("X-Both", "policy", false), line("X-Kept", "policy", false)],
            cors: None,
        };
        let headers =
            applied(&policy, &[("x-gone", "1"), ("X-Both", "origin"), ("X-Kept", "origin")]);
        assert!(!headers.contains("X-Gone"));
        assert_eq!(headers.get("X-Both"), Some("policy"));
        assert_eq!(headers.get("X-Kept"), Some("origin"));
        let policy =
            ResponseHeaders { set: vec![line("X", "policy", true)], ..ResponseHeaders::default() };
        assert_eq!(applied(&policy, &[("X", "origin")]).get("X"), Some("policy"));
    }

    #[test]
    fn cf_hdr_05_without_server_it_is_cloudfront() {
        let policy =
            ResponseHeaders { remove: vec!["Server".into()], ..ResponseHeaders::default() };
        assert_eq!(applied(&policy, &[("Server", "nginx")]).get("Server"), Some("CloudFront"));
    }

    #[test]
    fn cors_lines_only_for_origins_that_are_allowed() {
        let cors = |origins: &[&str], allow_credentials| ResponseHeaders {
            cors: Some(Cors {
                allow_origins: origins.iter().map(|one| Box::from(*one)).collect(),
                allow_credentials,
                expose_headers: Some("X-A".into()),
                overrides: true,
                ..Cors::default()
            }),
            ..ResponseHeaders::default()
        };
        let allowed = |policy: &ResponseHeaders| {
            let headers = applied(policy, &[]);
            headers.get("Access-Control-Allow-Origin").map(str::to_owned)
        };
        assert_eq!(allowed(&cors(&["*"], false)).as_deref(), Some("*"));
        assert_eq!(allowed(&cors(&["*"], true)).as_deref(), Some("https://a.example"));
        assert_eq!(
            allowed(&cors(&["https://*.example"], false)).as_deref(),
            Some("https://a.example")
        );
        assert_eq!(allowed(&cors(&["https://b.example"], false)), None);
        let mut none = Headers::new();
        apply(&cors(&["*"], false), &mut none, &Headers::new());
        assert!(none.is_empty());
    }
}
