//! What becomes of an answer when its viewer-response function has returned (CF-FN-09).

use standin_kernel::{Body, Response, Value};

use super::headers::{capitals, is_hidden, is_read_only};
use super::returned::{self, write_set_cookies};
use super::{EventType, Invalid, event};
use crate::data::viewer_response::without_body;

pub(super) fn changed(
    mut response: Response,
    result: &Value,
    to_head: bool,
) -> Result<Response, Invalid> {
    let Some(object) = result.as_object() else {
        return Err("the function returned no response".into());
    };
    let before = event::response(&response);
    response.head.status = returned::status(result.get("statusCode").unwrap_or(&Value::Null))?;
    let event = EventType::ViewerResponse;
    let now = returned::lines(object, "headers")?;
    let headers = &mut response.head.headers;
    for (name, lines) in &now {
        if before["headers"].get(name) == object["headers"].get(name) {
            continue;
        }
        returned::check_name(name)?;
        // A new body may come with its length; it is counted anyway.
        if name == "content-length" {
            continue;
        }
        if is_hidden(name) || is_read_only(name, event) || name == "transfer-encoding" {
            return Err(format!("headers['{name}'] is not to be set by a function"));
        }
        headers.remove(name);
        for line in lines {
            headers.append(&capitals(name), &line.value);
        }
    }
    headers.retain(|name, _| {
        let stays =
            is_hidden(name) || is_read_only(name, event) || name.eq_ignore_ascii_case("Set-Cookie");
        stays || now.iter().any(|(have, _)| have.eq_ignore_ascii_case(name))
    });
    if object.get("cookies") != Some(&before["cookies"]) {
        headers.remove("Set-Cookie");
        write_set_cookies(headers, &returned::lines(object, "cookies")?);
    }
    if let Some(body) = returned::body(object)? {
        // It is as the function made it.
        if response.coding.take().is_some() {
            response.head.headers.remove("Content-Encoding");
        }
        response.body = if body.is_empty() { Body::Empty } else { Body::Bytes(body) };
        response.head_length = None;
        if to_head {
            response = without_body(response);
        }
    }
    Ok(response)
}
