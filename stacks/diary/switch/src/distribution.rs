//! The two ways to close the diary by changing its distribution, as an edit of its configuration.
//!
//! Both take minutes to reach every edge, and both change what the template says, which the way
//! back has to restore. `kvs` needs neither; these are here because teams do both.

/// How the diary is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The function at the edge answers; the distribution stays as it is.
    Kvs,
    /// The default behavior's origin becomes the bucket, which has no object under the diary's
    /// addresses; its 403 becomes the page.
    Origin,
    /// The diary's origin gets a path that the load balancer answers with 503; the error becomes
    /// the page.
    OriginPath,
}

/// The path of the load balancer's rule that answers 503.
const CLOSED_PATH: &str = "/closed";
const SORRY: &str = "/maintenance/sorry/index.html";
const PLANNED: &str = "/maintenance/planned/index.html";
const DIARY: &str = "diary";
const PAGES: &str = "pages";

impl Mode {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "kvs" => Some(Self::Kvs),
            "origin" => Some(Self::Origin),
            "origin-path" => Some(Self::OriginPath),
            _ => None,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kvs => "kvs",
            Self::Origin => "origin",
            Self::OriginPath => "origin-path",
        }
    }
}

/// Brings a `DistributionConfig` document, as the SDKs have it in XML, in line with `closed`.
/// Gives the same text when nothing is to be done, and an error when the document is not that of
/// the diary.
pub(crate) fn edit(config: &str, mode: Mode, closed: bool) -> Result<String, String> {
    let origin = mode == Mode::Origin && closed;
    let path = mode == Mode::OriginPath && closed;
    let mut text = within(config, "DefaultCacheBehavior", |behavior| {
        let to = if origin { PAGES } else { DIARY };
        let behavior = element(behavior, "TargetOriginId", to)?;
        // The policy forwards the viewer's Host, which a bucket takes for a wrong signature.
        if origin {
            Ok(without(&behavior, "OriginRequestPolicyId"))
        } else {
            element(&behavior, "OriginRequestPolicyId", ALL_VIEWER)
        }
    })?;
    text = each(&text, "Origin", |one| {
        if !one.contains(&format!("<Id>{DIARY}</Id>")) {
            return Ok(one.to_owned());
        }
        element(one, "OriginPath", if path { CLOSED_PATH } else { "" })
    })?;
    let mut has_403 = false;
    text = each(&text, "CustomErrorResponse", |one| {
        has_403 |= one.contains("<ErrorCode>403</ErrorCode>");
        if one.contains("<ErrorCode>503</ErrorCode>") {
            return element(one, "ResponsePagePath", if path { PLANNED } else { SORRY });
        }
        Ok(one.to_owned())
    })?;
    match (origin, has_403) {
        (true, false) => add_403(&text),
        (false, true) => remove_403(&text),
        _ => Ok(text),
    }
}

/// The managed policy `AllViewer`.
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";

/// Changes what stands in the one element `name`.
fn within(
    text: &str,
    name: &str,
    change: impl FnOnce(&str) -> Result<String, String>,
) -> Result<String, String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let missing = || format!("the distribution's configuration has no {name}");
    let from = text.find(&open).ok_or_else(missing)? + open.len();
    let to = from + text[from..].find(&close).ok_or_else(missing)?;
    Ok(format!("{}{}{}", &text[..from], change(&text[from..to])?, &text[to..]))
}

/// Changes what stands in each element `name`; such an element has none of its own name inside.
fn each(
    text: &str,
    name: &str,
    mut change: impl FnMut(&str) -> Result<String, String>,
) -> Result<String, String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (mut out, mut rest) = (String::new(), text);
    while let Some(from) = rest.find(&open).map(|at| at + open.len()) {
        let to = from + rest[from..].find(&close).ok_or_else(|| format!("{name} has no end"))?;
        out.push_str(&rest[..from]);
        out.push_str(&change(&rest[from..to])?);
        rest = &rest[to..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Sets the text of the element `name`, which may be empty, closed in itself, or (when `value` is
/// empty) not there.
fn element(text: &str, name: &str, value: &str) -> Result<String, String> {
    let empty = format!("<{name}/>");
    let full = format!("<{name}>{value}</{name}>");
    if text.contains(&empty) {
        return Ok(if value.is_empty() { text.to_owned() } else { text.replace(&empty, &full) });
    }
    if text.contains(&format!("<{name}>")) {
        return within(text, name, |_| Ok(value.to_owned()));
    }
    Ok(if value.is_empty() { text.to_owned() } else { format!("{text}{full}") })
}

/// Takes the element `name` out: an empty id would name a policy that does not exist.
fn without(text: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let Some((before, rest)) = text.split_once(&open) else { return text.to_owned() };
    let after = rest.split_once(&close).map_or("", |(_, after)| after);
    format!("{before}{after}")
}

fn quantity(text: &str, by: i64) -> Result<String, String> {
    within(text, "Quantity", |count| {
        let count: i64 = count.trim().parse().map_err(|_| format!("{count} is no quantity"))?;
        Ok((count + by).to_string())
    })
}

fn add_403(text: &str) -> Result<String, String> {
    let response = format!(
        "<CustomErrorResponse><ErrorCode>403</ErrorCode><ResponsePagePath>{PLANNED}\
         </ResponsePagePath><ResponseCode>503</ResponseCode><ErrorCachingMinTTL>1\
         </ErrorCachingMinTTL></CustomErrorResponse>"
    );
    within(text, "CustomErrorResponses", |all| {
        let counted = quantity(all, 1)?;
        within(&counted, "Items", |items| Ok(format!("{items}{response}")))
    })
}

fn remove_403(text: &str) -> Result<String, String> {
    within(text, "CustomErrorResponses", |all| {
        let counted = quantity(all, -1)?;
        let code = counted.find("<ErrorCode>403<").ok_or("no 403")?;
        let from = counted[..code].rfind("<CustomErrorResponse>").ok_or("no 403")?;
        let close = "</CustomErrorResponse>";
        let to = code + counted[code..].find(close).ok_or("no 403")? + close.len();
        Ok(format!("{}{}", &counted[..from], &counted[to..]))
    })
}
