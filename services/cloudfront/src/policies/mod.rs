//! What distributions refer to by id: cache policies, origin request policies, response headers
//! policies and origin access controls; their documents, what is refused in them, and what they
//! come to at the edge.

pub(crate) mod access_control;
pub(crate) mod cache;
pub(crate) mod managed;
pub(crate) mod origin_request;
pub(crate) mod response_headers;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use standin_kernel::{ApiError, Cx, Record, Time, Value};

use crate::api::document::{Behavior, DistributionConfig, List};
use crate::config::NameSet;
use crate::error::{invalid_argument, no_such};
use crate::state::State;

/// Most names in one list of a policy, and most policies of one kind (CF-LIM-01).
const NAMES_MAX: usize = 10;
pub(crate) const POLICIES_MAX: usize = 20;

/// The document of one of these things: what differs between the kinds.
pub(crate) trait Document: Clone + Serialize + DeserializeOwned {
    /// `CachePolicy`, the member around the document in answers.
    const NOUN: &'static str;
    /// `CachePolicyConfig`
    const CONFIG: &'static str;
    /// `cache policy`
    const WORDS: &'static str;
    /// The code when there are too many.
    const TOO_MANY: &'static str;
    const MOST: usize;
    /// The kind of its records.
    const RECORD: &'static str;

    fn name(&self) -> &str;
    /// Refuses what AWS refuses, and spells defaults out.
    fn settle(&mut self) -> Result<(), ApiError>;
    /// Whether a distribution refers to `id`.
    fn is_used(config: &DistributionConfig, id: &str) -> bool;
    fn shelf(state: &State) -> &Shelf<Self>;
    fn shelf_mut(state: &mut State) -> &mut Shelf<Self>;
}

/// All of one kind, by id, those of AWS among them.
#[derive(Clone, Debug)]
pub(crate) struct Shelf<D> {
    pub(crate) all: BTreeMap<String, Kept<D>>,
}

/// One of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept<D> {
    pub(crate) etag: String,
    pub(crate) modified: Time,
    /// AWS's own; these are not stored.
    pub(crate) managed: bool,
    pub(crate) document: D,
}

impl<D> Default for Shelf<D> {
    fn default() -> Self {
        Self { all: BTreeMap::new() }
    }
}

impl<D: Document> Shelf<D> {
    /// The document under `id`; AWS's code says that there is none.
    pub(crate) fn get(&self, id: &str) -> Result<&Kept<D>, ApiError> {
        self.all.get(id).ok_or_else(|| no_such(D::NOUN, D::WORDS))
    }

    /// How many the account has made.
    pub(crate) fn own(&self) -> usize {
        self.all.values().filter(|kept| !kept.managed).count()
    }

    pub(crate) fn store(&self, cx: &mut Cx<'_>, id: &str) {
        let document = self.all.get(id).and_then(|kept| serde_json::to_value(kept).ok());
        cx.store(D::RECORD, id, document);
    }

    pub(crate) fn restore(&mut self, record: &Record, document: Value) -> Result<(), String> {
        let kept = serde_json::from_value(document).map_err(|error| error.to_string())?;
        self.all.insert(record.id.clone(), kept);
        Ok(())
    }

    /// One of AWS's own (CF-POL-01 and following).
    fn manage(&mut self, id: &str, document: D) {
        let digits = id.bytes().filter(u8::is_ascii_alphanumeric).take(13);
        let digits: String = digits.map(|digit| char::from(digit.to_ascii_uppercase())).collect();
        let etag = format!("E{digits}");
        let kept = Kept { etag, modified: Time::default(), managed: true, document };
        self.all.insert(id.to_owned(), kept);
    }
}

/// Whether any behavior refers to `id` through the member that `of` picks.
fn any_behavior(
    config: &DistributionConfig,
    id: &str,
    of: fn(&Behavior) -> Option<&String>,
) -> bool {
    config.behaviors().any(|behavior| of(behavior).is_some_and(|used| used == id))
}

/// `CookieBehavior` and `QueryStringBehavior`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum NameBehavior {
    None,
    Whitelist,
    AllExcept,
    All,
}

/// `CookiesConfig`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CookiesConfig {
    pub(crate) cookie_behavior: NameBehavior,
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub(crate) cookies: List<String>,
}

/// `QueryStringsConfig`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct QueryStringsConfig {
    pub(crate) query_string_behavior: NameBehavior,
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub(crate) query_strings: List<String>,
}

/// What a behavior and its list come to.
pub(crate) fn name_set(behavior: NameBehavior, names: &List<String>) -> NameSet {
    match behavior {
        NameBehavior::None => NameSet::None,
        NameBehavior::All => NameSet::All,
        NameBehavior::Whitelist => NameSet::Only(boxed(names)),
        NameBehavior::AllExcept => NameSet::AllExcept(boxed(names)),
    }
}

pub(crate) fn boxed(names: &List<String>) -> Vec<Box<str>> {
    names.iter().map(|name| name.as_str().into()).collect()
}

/// Names belong to the two behaviors that list them, and only to these; `member` is the name of
/// the list.
fn check_names(
    listing: bool,
    names: &List<String>,
    member: &str,
    too_many: &str,
) -> Result<(), ApiError> {
    if listing == names.is_empty() {
        let wrong = if listing { "is required" } else { "is not allowed" };
        let message = format!("The parameter {member} {wrong} for this behavior.");
        return Err(invalid_argument(message));
    }
    if names.len() > NAMES_MAX {
        let message = format!("The parameter {member} has more than {NAMES_MAX} names.");
        return Err(crate::error::invalid(too_many, message));
    }
    Ok(())
}

fn check_cookies_and_queries(
    cookies: &CookiesConfig,
    queries: &QueryStringsConfig,
    noun: &str,
) -> Result<(), ApiError> {
    let listing = |behavior| matches!(behavior, NameBehavior::Whitelist | NameBehavior::AllExcept);
    let code = format!("TooManyCookiesIn{noun}");
    check_names(listing(cookies.cookie_behavior), &cookies.cookies, "Cookies", &code)?;
    let code = format!("TooManyQueryStringsIn{noun}");
    let listed = listing(queries.query_string_behavior);
    check_names(listed, &queries.query_strings, "QueryStrings", &code)
}

/// Names in a list of headers that a policy may not hold.
fn forbid(headers: &List<String>, forbidden: &[&str]) -> Result<(), ApiError> {
    for header in headers.iter() {
        if forbidden.iter().any(|name| name.eq_ignore_ascii_case(header)) {
            let message = format!("The parameter Headers contains {header} that is not allowed.");
            return Err(invalid_argument(message));
        }
    }
    Ok(())
}

/// A name is there; a comment has at most 128 characters.
fn check_name(name: &str, comment: &str) -> Result<(), ApiError> {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b' ' | b'.');
    if name.is_empty() || name.len() > 128 || !name.bytes().all(allowed) {
        return Err(invalid_argument("The parameter Name is invalid."));
    }
    if comment.chars().count() > 128 {
        return Err(invalid_argument("The parameter Comment is too long."));
    }
    Ok(())
}
