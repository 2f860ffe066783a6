//! Which page answers a request, with which status and headers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use crate::entries::Entries;
use crate::entry::{Day, Draft, Entry};
use crate::form::{field, fields};
use crate::language::Language;
use crate::page::{self, Words};

/// Percent-encoded, the longest entry takes nine bytes a character.
const FORM_BYTES: usize = 32 * 1024;
/// How long the rest of a form may take to arrive.
const FORM_WAIT: Duration = Duration::from_secs(10);

/// A page is fetched anew each time, and never shown by a cache in place of an answer from here:
/// when the diary is down, its readers shall be told so.
const PAGE_CACHE: &str = "no-cache, stale-if-error=0";
/// A day, as the files have no version in their names.
const ASSET_CACHE: &str = "public, max-age=86400";
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
                           form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLE: &[u8] = include_bytes!("../assets/diary.css");
const ICON: &[u8] = include_bytes!("../assets/diary.svg");

pub(crate) type Answer = Response<Full<Bytes>>;

/// Answers any request; what goes wrong on the way is an answer too.
pub(crate) async fn answer(store: &Entries, request: Request<Incoming>) -> Answer {
    let language = language(request.headers());
    let answered = match (request.method(), request.uri().path()) {
        (&Method::POST, "/entries") => add(store, request, language).await,
        // Who sent an entry in vain and tries the address again.
        (&Method::GET | &Method::HEAD, "/entries") => Ok(see_other("/")),
        (_, "/entries") => Ok(not_allowed(language, "GET, HEAD, POST")),
        (&Method::GET | &Method::HEAD, _) => get(store, &request, language).await,
        _ => Ok(not_allowed(language, "GET, HEAD")),
    };
    answered.unwrap_or_else(|why| {
        crate::log(&store.trouble(&why));
        let (title, text) = Words::of(language).trouble;
        html(StatusCode::INTERNAL_SERVER_ERROR, language, page::notice(language, title, text))
    })
}

fn language(headers: &HeaderMap) -> Language {
    let values = headers.get_all(header::ACCEPT_LANGUAGE).iter();
    let texts: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
    Language::preferred(&texts.join(","))
}

async fn get(
    store: &Entries,
    request: &Request<Incoming>,
    language: Language,
) -> io::Result<Answer> {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let page = match path {
        "/static/diary.css" => {
            return Ok(asset(request.headers(), STYLE, "text/css; charset=utf-8"));
        }
        "/static/diary.svg" => return Ok(asset(request.headers(), ICON, "image/svg+xml")),
        "/livez" => return Ok(alive()),
        "/healthz" => return Ok(health(store, store.all().await)),
        "/" => page::list(language, &store.all().await?, page_number(query)),
        "/write" => {
            let draft = Draft { date: Day::today().to_string(), ..Draft::default() };
            Some(page::write(language, &draft, Day::today(), None))
        }
        _ => match path.strip_prefix("/entries/") {
            Some(id) => {
                let entries = store.all().await?;
                let at = entries.iter().position(|entry| entry.id() == id);
                at.and_then(|at| page::one(language, &entries, at))
            }
            None => None,
        },
    };
    Ok(match page {
        Some(page) => html(StatusCode::OK, language, page),
        None => {
            let (title, text) = Words::of(language).missing;
            html(StatusCode::NOT_FOUND, language, page::notice(language, title, text))
        }
    })
}

/// Page 0 is none, as is whatever is no number.
fn page_number(query: &str) -> usize {
    let fields = fields(query);
    let asked = fields.iter().find(|(name, _)| name == "page");
    asked.map_or(1, |(_, number)| number.parse().unwrap_or(0))
}

/// Alive is who answers at all, whatever becomes of the entries.
fn alive() -> Answer {
    let mut answer = respond(StatusCode::OK, "application/json", r#"{"status":"alive"}"#);
    set(&mut answer, header::CACHE_CONTROL, "no-store");
    answer
}

/// Well is who can read the entries.
fn health(store: &Entries, entries: io::Result<Arc<Vec<Entry>>>) -> Answer {
    let (status, body) = match entries {
        Ok(entries) => {
            (StatusCode::OK, serde_json::json!({"status": "ok", "entries": entries.len()}))
        }
        Err(why) => {
            crate::log(&store.trouble(&why));
            (StatusCode::SERVICE_UNAVAILABLE, serde_json::json!({"status": "unreadable"}))
        }
    };
    let mut answer = respond(status, "application/json", body.to_string());
    set(&mut answer, header::CACHE_CONTROL, "no-store");
    answer
}

async fn add(
    store: &Entries,
    request: Request<Incoming>,
    language: Language,
) -> io::Result<Answer> {
    let refused = |status| {
        let (title, text) = Words::of(language).refused;
        Ok(html(status, language, page::notice(language, title, text)))
    };
    // A form on somebody else's page must not write here in a reader's name.
    let from = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    if from.is_some_and(|from| !matches!(from, b"same-origin" | b"none")) {
        return refused(StatusCode::FORBIDDEN);
    }
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let body = Limited::new(request.into_body(), FORM_BYTES).collect();
    let body = match tokio::time::timeout(FORM_WAIT, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(why)) if why.is::<http_body_util::LengthLimitError>() => {
            return refused(StatusCode::PAYLOAD_TOO_LARGE);
        }
        Ok(Err(_)) => return refused(StatusCode::BAD_REQUEST),
        Err(_) => return refused(StatusCode::REQUEST_TIMEOUT),
    };
    let fields = fields(&String::from_utf8_lossy(&body));
    let draft = Draft {
        date: field(&fields, "date"),
        title: field(&fields, "title"),
        text: field(&fields, "text"),
    };
    let accepted = match draft.accept(Day::today(), language) {
        Ok(accepted) => accepted,
        Err(refusal) => {
            let advice = Some(refusal.advice(language));
            let page = page::write(language, &draft, Day::today(), advice);
            return Ok(html(StatusCode::UNPROCESSABLE_ENTITY, language, page));
        }
    };
    let entry = store.add(accepted).await?;
    Ok(see_other(&format!("/entries/{}", entry.id())))
}

fn see_other(location: &str) -> Answer {
    let mut answer = respond(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
    set(&mut answer, header::LOCATION, location);
    set(&mut answer, header::CACHE_CONTROL, "no-store");
    answer
}

fn not_allowed(language: Language, allowed: &str) -> Answer {
    let (title, text) = Words::of(language).refused;
    let page = page::notice(language, title, text);
    let mut answer = html(StatusCode::METHOD_NOT_ALLOWED, language, page);
    set(&mut answer, header::ALLOW, allowed);
    answer
}

/// A file that is the same for everybody until the program changes.
fn asset(headers: &HeaderMap, content: &'static [u8], content_type: &str) -> Answer {
    let tag = format!("\"{:016x}\"", fingerprint(content));
    let same = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        let value = value.to_str().unwrap_or_default();
        value
            .split(',')
            .map(str::trim)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    });
    let status = if same { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let body = if same { Bytes::new() } else { Bytes::from_static(content) };
    let mut answer = respond(status, content_type, body);
    set(&mut answer, header::ETAG, &tag);
    set(&mut answer, header::CACHE_CONTROL, ASSET_CACHE);
    answer
}

/// FNV-1a: tells two versions of a file apart, nothing more.
fn fingerprint(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn html(status: StatusCode, language: Language, page: String) -> Answer {
    let mut answer = respond(status, "text/html; charset=utf-8", page);
    set(&mut answer, header::CACHE_CONTROL, PAGE_CACHE);
    set(&mut answer, header::CONTENT_LANGUAGE, language.tag());
    set(&mut answer, header::VARY, "Accept-Language");
    set(&mut answer, header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    set(&mut answer, header::REFERRER_POLICY, "same-origin");
    answer
}

fn respond(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    set(&mut answer, header::CONTENT_TYPE, content_type);
    set(&mut answer, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    answer
}

/// Sets a header to a text of our own making, which is always a valid value.
fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_number_of_a_page() {
        for (query, number) in [("", 1), ("page=3", 3), ("a=1&page=2&page=9", 2), ("page=x", 0)] {
            assert_eq!(page_number(query), number, "{query}");
        }
    }

    #[test]
    fn several_language_headers_count_as_one() {
        let mut headers = HeaderMap::new();
        assert_eq!(language(&headers), Language::Ja);
        headers.append(header::ACCEPT_LANGUAGE, HeaderValue::from_static("ja;q=0.4"));
        headers.append(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en;q=0.5"));
        assert_eq!(language(&headers), Language::En);
    }

    #[test]
    fn an_asset_that_the_asker_has_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        let fresh = asset(&headers, b"x", "text/css");
        assert_eq!(fresh.status(), StatusCode::OK);
        let tag = fresh.headers()[header::ETAG].to_str().unwrap().to_owned();
        let known = HeaderValue::from_str(&format!("\"other\", W/{tag}")).unwrap();
        headers.insert(header::IF_NONE_MATCH, known);
        assert_eq!(asset(&headers, b"x", "text/css").status(), StatusCode::NOT_MODIFIED);
        assert_eq!(asset(&headers, b"y", "text/css").status(), StatusCode::OK);
    }
}
