//! Who asks for what: a browser for each behavior of the distribution, in both languages where the
//! template tells them apart, one that sends a form, one that is a program, one with a pass, and a
//! probe that asks the load balancer itself.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;
use standin_kernel::Value;

use super::scene::{Item, Scene};
use crate::cohort;
use crate::play::{Object, Stage};

/// What kind of viewer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A browser: reads pages with all they name, over a connection that it keeps.
    Page,
    /// A program that takes JSON.
    Api,
    /// A browser that sends a form.
    Form,
    /// A browser that a rule of a listener lets through, by a header or by where it comes from.
    Operator,
}

/// Viewers who all ask for the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cohort {
    pub name: String,
    pub kind: Kind,
    pub method: String,
    pub host: String,
    pub path: String,
    /// `DefaultCacheBehavior`, `CacheBehaviors[0]`; `None` when there is no distribution.
    pub behavior: Option<String>,
    /// The origin or origin group the behavior names.
    pub origin: Option<String>,
    /// The resource behind it: a load balancer or a bucket.
    pub behind: Option<String>,
    /// `Accept-Language`; programs send none.
    pub language: Option<String>,
    /// The headers that let an operator through.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The address that lets an operator through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

impl Cohort {
    /// The viewer of the simulator that it is, at the point of presence with this number.
    pub(crate) fn viewer(&self, edge: u8) -> cohort::Cohort {
        let (kind, connection) = match self.kind {
            Kind::Page | Kind::Operator => (cohort::Kind::Page, cohort::Connection::KeepAlive),
            Kind::Form => (cohort::Kind::Form, cohort::Connection::KeepAlive),
            Kind::Api => (cohort::Kind::Api, cohort::Connection::New),
        };
        cohort::Cohort {
            kind,
            connection,
            language: self.language.clone(),
            edge,
            address: self.address,
            headers: self.headers.clone(),
            ..cohort::Cohort::default()
        }
    }

    fn in_english(self) -> Self {
        Self { name: format!("{} in English", self.name), language: Some(EN.to_owned()), ..self }
    }
}

/// What readers' browsers send.
const JA: &str = "ja,en-US;q=0.8";
const EN: &str = "en-US,en;q=0.9";

/// The host under which the simulator shows the first distribution.
const HERE: &str = "localhost";

/// All cohorts of a template.
pub(crate) fn cohorts(scene: &Scene, stage: &Stage) -> Vec<Cohort> {
    match scene.distribution() {
        Some(distribution) => of_distribution(scene, stage, distribution),
        None => scene
            .all("AWS::ElasticLoadBalancingV2::LoadBalancer")
            .next()
            .map(|balancer| of_balancer(scene, balancer))
            .unwrap_or_default(),
    }
}

/// A reader who asks each load balancer itself, to see when the service could answer again. The
/// host is the load balancer's logical id until the stack is there.
pub(crate) fn probe(cohort: &Cohort, scene: &Scene) -> Option<Cohort> {
    let behind = scene.get(cohort.behind.as_deref()?)?;
    (behind.type_name == "AWS::ElasticLoadBalancingV2::LoadBalancer").then(|| Cohort {
        kind: Kind::Api,
        ..asks_balancer(&format!("probe of {}", behind.logical_id), behind)
    })
}

/// A reader who asks a load balancer by its own name.
fn asks_balancer(name: &str, balancer: &Item) -> Cohort {
    Cohort {
        name: name.to_owned(),
        kind: Kind::Page,
        method: "GET".to_owned(),
        host: balancer.logical_id.clone(),
        path: "/".to_owned(),
        behavior: None,
        origin: None,
        behind: Some(balancer.logical_id.clone()),
        language: None,
        headers: BTreeMap::new(),
        address: None,
    }
}

fn of_balancer(scene: &Scene, balancer: &Item) -> Vec<Cohort> {
    let page = Cohort { language: Some(JA.to_owned()), ..asks_balancer("page /", balancer) };
    let mut cohorts = vec![page.clone()];
    if rules_ask_language(scene) {
        cohorts.push(page.clone().in_english());
    }
    cohorts.push(Cohort { kind: Kind::Api, ..asks_balancer("program /", balancer) });
    let form = Cohort { name: "form /".to_owned(), kind: Kind::Form, ..page.clone() };
    cohorts.push(Cohort { method: "POST".to_owned(), ..form });
    cohorts.extend(operators(scene, &page));
    cohorts
}

/// Those whom rules of listeners let through to what closes for everybody else: by a header, or,
/// where no edge stands before the load balancer, by the address they come from.
fn operators(scene: &Scene, page: &Cohort) -> Vec<Cohort> {
    let mut found: Vec<Cohort> = Vec::new();
    for rule in scene.all("AWS::ElasticLoadBalancingV2::ListenerRule") {
        let actions = rule.properties["Actions"].as_array();
        if !actions.is_some_and(|actions| actions.iter().any(|one| one["Type"] == "forward")) {
            continue;
        }
        let mut pass = Cohort {
            name: format!("operator {}", page.path),
            kind: Kind::Operator,
            ..page.clone()
        };
        for condition in rule.properties["Conditions"].as_array().into_iter().flatten() {
            let header = &condition["HttpHeaderConfig"];
            let value = header["Values"][0].as_str();
            match header["HttpHeaderName"].as_str().zip(value) {
                Some((name, _)) if name.eq_ignore_ascii_case(LANGUAGE) => {}
                Some((name, value)) => {
                    let value = value.replace(['*', '?'], "x");
                    pass.headers.insert(name.to_owned(), value);
                }
                None => {}
            }
            let from = condition["SourceIpConfig"]["Values"][0].as_str();
            let from = from.filter(|_| page.behavior.is_none());
            let from = from.and_then(|from| from.split('/').next()?.parse().ok());
            pass.address = pass.address.or(from);
        }
        let is_pass = !pass.headers.is_empty() || pass.address.is_some();
        if is_pass && !found.contains(&pass) {
            if !found.is_empty() {
                pass.name = format!("operator {} {}", found.len() + 1, page.path);
            }
            found.push(pass);
        }
    }
    found
}

const LANGUAGE: &str = "Accept-Language";

fn is_language(name: &Value) -> bool {
    name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(LANGUAGE))
}

/// Whether a rule of a listener looks at the reader's language.
fn rules_ask_language(scene: &Scene) -> bool {
    scene.all("AWS::ElasticLoadBalancingV2::ListenerRule").any(|rule| {
        let conditions = rule.properties["Conditions"].as_array();
        let mut conditions = conditions.into_iter().flatten();
        conditions.any(|one| is_language(&one["HttpHeaderConfig"]["HttpHeaderName"]))
    })
}

/// Whether a behavior keeps a copy for each language.
fn keeps_languages_apart(scene: &Scene, behavior: &Value) -> bool {
    let policy = behavior["CachePolicyId"].as_str();
    let policy = policy.and_then(|id| scene.get(id.strip_suffix(".Id").unwrap_or(id)));
    let key = policy.map(|policy| {
        let config = &policy.properties["CachePolicyConfig"];
        &config["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]["Headers"]
    });
    let legacy = &behavior["ForwardedValues"]["Headers"];
    [key.unwrap_or(&Value::Null), legacy]
        .into_iter()
        .filter_map(Value::as_array)
        .any(|names| names.iter().any(is_language))
}

fn of_distribution(scene: &Scene, stage: &Stage, distribution: &Item) -> Vec<Cohort> {
    let config = &distribution.properties["DistributionConfig"];
    let mut cohorts = Vec::new();
    for (behavior, pattern, settings) in behaviors(config) {
        let origin = settings["TargetOriginId"].as_str().unwrap_or_default();
        let behind = behind(scene, config, origin);
        let bucket = behind.filter(|item| item.type_name == "AWS::S3::Bucket");
        let path = sample(pattern, bucket, stage);
        let one = |word: &str, kind: Kind, method: &str| Cohort {
            name: format!("{word} {path}"),
            kind,
            method: method.to_owned(),
            host: HERE.to_owned(),
            path: path.clone(),
            behavior: Some(behavior.clone()),
            origin: Some(origin.to_owned()),
            behind: behind.map(|item| item.logical_id.clone()),
            language: (kind != Kind::Api).then(|| JA.to_owned()),
            headers: BTreeMap::new(),
            address: None,
        };
        let api = pattern.is_some_and(|pattern| pattern.contains("api"));
        if api {
            cohorts.push(one("program", Kind::Api, "GET"));
            continue;
        }
        let page = one("page", Kind::Page, "GET");
        cohorts.push(page.clone());
        if keeps_languages_apart(scene, settings)
            || (bucket.is_none() && pattern.is_none() && rules_ask_language(scene))
        {
            cohorts.push(page.clone().in_english());
        }
        if pattern.is_none() {
            cohorts.push(one("program", Kind::Api, "GET"));
        }
        let methods = settings["AllowedMethods"].as_array();
        if methods.is_some_and(|methods| methods.iter().any(|method| method == "POST")) {
            cohorts.push(one("form", Kind::Form, "POST"));
        }
        if pattern.is_none() && bucket.is_none() {
            cohorts.extend(operators(scene, &page));
        }
    }
    cohorts
}

/// Every behavior by its property, its pattern and its settings; the default one first.
pub(crate) fn behaviors(config: &Value) -> Vec<(String, Option<&str>, &Value)> {
    let mut all = vec![("DefaultCacheBehavior".to_owned(), None, &config["DefaultCacheBehavior"])];
    for (index, settings) in config["CacheBehaviors"].as_array().into_iter().flatten().enumerate() {
        let pattern = settings["PathPattern"].as_str();
        all.push((format!("CacheBehaviors[{index}]"), pattern, settings));
    }
    all
}

/// The origin of that id, with its place in the list.
pub(crate) fn origin<'c>(config: &'c Value, id: &str) -> Option<(usize, &'c Value)> {
    let origins = config["Origins"].as_array()?;
    origins.iter().enumerate().find(|(_, origin)| origin["Id"] == id)
}

/// The ids of the origins that a behavior's target means: itself, or the members of its group.
pub(crate) fn members<'c>(config: &'c Value, target: &'c str) -> Vec<&'c str> {
    let groups = config["OriginGroups"]["Items"].as_array();
    let group = groups.into_iter().flatten().find(|group| group["Id"] == target);
    match group {
        Some(group) => {
            let items = group["Members"]["Items"].as_array();
            items.into_iter().flatten().filter_map(|item| item["OriginId"].as_str()).collect()
        }
        None => vec![target],
    }
}

/// The load balancer or bucket behind an origin, or behind the first of a group.
pub(crate) fn behind<'s>(scene: &'s Scene, config: &Value, target: &str) -> Option<&'s Item> {
    let first = members(config, target).first().copied()?;
    let domain = origin(config, first)?.1["DomainName"].as_str()?;
    scene.bucket_of(domain).or_else(|| scene.balancer_of(domain))
}

/// A path that fits the pattern: of an object that is there, or one made up.
fn sample(pattern: Option<&str>, bucket: Option<&Item>, stage: &Stage) -> String {
    if let Some(bucket) = bucket {
        let own = stage.objects.iter().filter(|object| object.bucket == bucket.logical_id);
        let path = |object: &Object| format!("/{}", object.key);
        let fitting = own.filter(|one| pattern.is_none_or(|pattern| fits(pattern, &path(one))));
        // A reader reads a page, if there is one.
        let is_page = |object: &&Object| object.content_type.starts_with("text/html");
        if let Some(object) = fitting.clone().find(is_page).or(fitting.clone().next()) {
            return path(object);
        }
    }
    match pattern {
        None => "/".to_owned(),
        Some(pattern) => {
            let path = pattern.replace('*', "sample").replace('?', "x");
            if path.starts_with('/') { path } else { format!("/{path}") }
        }
    }
}

/// Whether a path fits a pattern of a behavior: `*` is any text, `?` any character (CF-BEH-02).
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    let path = path.strip_prefix('/').unwrap_or(path);
    matches(pattern.as_bytes(), path.as_bytes())
}

fn matches(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, path) || (!path.is_empty() && matches(pattern, &path[1..]))
        }
        (Some((b'?', rest)), Some((_, after))) => matches(rest, after),
        (Some((one, rest)), Some((other, after))) => one == other && matches(rest, after),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_the_edge_reads_them() {
        assert!(fits("/static/*", "/static/a/b.css"));
        assert!(fits("*.css", "/a/b.css"));
        assert!(fits("a?c", "/abc"));
        assert!(!fits("/static/*", "/stati"));
        assert!(!fits("/a", "/A"));
    }
}
