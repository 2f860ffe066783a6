//! Reads what a function returned; what has not the right shape is refused with the reason
//! (CF-FN-11).

use serde_json::Map;
use standin_kernel::{Bytes, Headers, Value};

use super::Invalid;
use super::headers::{capitals, is_for_edge_only};

/// Values by name, each with what may stand beside it.
pub(super) type Lines = Vec<(String, Vec<Line>)>;

/// One value, with a cookie's attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) value: String,
    pub(super) attributes: Option<String>,
}

/// An answer that a function made itself.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Option<Bytes>,
}

/// The members of `object.name`: `{"a": {"value": "1", "multiValue": [{"value": "1"}, ..]}}`.
pub(super) fn lines(object: &Map<String, Value>, name: &str) -> Result<Lines, Invalid> {
    let members = match object.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(format!("{name} is not an object")),
    };
    let mut all = Vec::with_capacity(members.len());
    for (key, member) in members {
        let at = format!("{name}['{key}']");
        let one = line(member, &at)?;
        let values = match member.get("multiValue") {
            None | Some(Value::Null) => vec![one],
            Some(Value::Array(items)) => {
                items.iter().map(|item| line(item, &at)).collect::<Result<_, _>>()?
            }
            Some(_) => return Err(format!("{at}.multiValue is not an array")),
        };
        all.push((key.clone(), values));
    }
    Ok(all)
}

fn line(member: &Value, at: &str) -> Result<Line, Invalid> {
    let Some(members) = member.as_object() else { return Err(format!("{at} is not an object")) };
    let value = match members.get("value") {
        Some(Value::String(value)) => value.clone(),
        // Only several values, and none that stands alone.
        None if members.contains_key("multiValue") => String::new(),
        None => return Err(format!("{at}.value is missing")),
        Some(_) => return Err(format!("{at}.value is not a string")),
    };
    if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(format!("{at}.value has a control character"));
    }
    let attributes = members.get("attributes").and_then(Value::as_str).map(str::to_owned);
    Ok(Line { value, attributes })
}

/// Header names are tokens in lower case.
pub(super) fn check_name(name: &str) -> Result<(), Invalid> {
    let token = |byte: u8| {
        byte.is_ascii_digit() || byte.is_ascii_lowercase() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    if name.is_empty() || !name.bytes().all(token) {
        return Err(format!("headers['{name}'] is not a name in lower case"));
    }
    Ok(())
}

/// A whole number from 200 to 599.
pub(super) fn status(value: &Value) -> Result<u16, Invalid> {
    let status = value.as_u64().and_then(|status| u16::try_from(status).ok());
    status
        .filter(|status| (200..=599).contains(status))
        .ok_or_else(|| format!("statusCode {value} is not a status from 200 to 599"))
}

/// A text, or `{encoding: "text" | "base64", data}`; `None`: the function says nothing about it.
pub(super) fn body(object: &Map<String, Value>) -> Result<Option<Bytes>, Invalid> {
    let Some(body) = object.get("body") else { return Ok(None) };
    if let Some(text) = body.as_str() {
        return Ok(Some(text.as_bytes().to_vec().into()));
    }
    let Some(members) = body.as_object() else {
        return Err("body is neither a string nor an object".into());
    };
    let Some(data) = members.get("data").and_then(Value::as_str) else {
        return Err("body.data is not a string".into());
    };
    match members.get("encoding").and_then(Value::as_str) {
        None | Some("text") => Ok(Some(data.as_bytes().to_vec().into())),
        Some("base64") => match standin_kernel::base64::decode_lines(data) {
            Some(bytes) => Ok(Some(bytes.into())),
            None => Err("body.data is not base64".into()),
        },
        Some(other) => Err(format!("body.encoding {other} is neither text nor base64")),
    }
}

/// A whole answer (CF-FN-06).
pub(super) fn answer(object: &Map<String, Value>) -> Result<Answer, Invalid> {
    let status = status(&object["statusCode"])?;
    let mut headers = Headers::new();
    for (name, lines) in lines(object, "headers")? {
        check_name(&name)?;
        if is_for_edge_only(&name) {
            return Err(format!("headers['{name}'] is not to be set by a function"));
        }
        for line in lines {
            headers.append(&capitals(&name), line.value);
        }
    }
    write_set_cookies(&mut headers, &lines(object, "cookies")?);
    Ok(Answer { status, headers, body: body(object)? })
}

pub(super) fn write_set_cookies(headers: &mut Headers, cookies: &Lines) {
    for (name, lines) in cookies {
        for Line { value, attributes } in lines {
            let end = attributes.as_deref().map(|all| format!("; {all}")).unwrap_or_default();
            headers.append("Set-Cookie", format!("{name}={value}{end}"));
        }
    }
}
