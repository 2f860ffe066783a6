//! Who asks for what: a cohort for each behavior of the distribution, one that sends a form, one
//! that is a program, and a probe that asks the load balancer itself.

use serde::Serialize;
use standin_kernel::{Method, RequestHead, Value};

use super::scene::{Item, Scene};
use crate::play::Stage;

/// What kind of viewer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Reads pages.
    Page,
    /// A program that takes JSON.
    Api,
    /// Sends a form.
    Form,
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
}

impl Cohort {
    pub(crate) fn head(&self) -> RequestHead {
        let mut head = RequestHead::get(&self.host, &self.path);
        head.method = Method::parse(&self.method);
        let accept = match self.kind {
            Kind::Api => "application/json",
            Kind::Page | Kind::Form => "text/html,application/xhtml+xml",
        };
        head.headers.append("User-Agent", "standin-review");
        head.headers.append("Accept", accept);
        if self.kind == Kind::Form {
            head.headers.append("Content-Type", "application/x-www-form-urlencoded");
            head.headers.append("Content-Length", "0");
        }
        head
    }
}

/// The host under which the simulator shows the first distribution.
const HERE: &str = "localhost";

/// All cohorts of a template.
pub(crate) fn cohorts(scene: &Scene, stage: &Stage) -> Vec<Cohort> {
    match scene.distribution() {
        Some(distribution) => of_distribution(scene, stage, distribution),
        None => scene
            .all("AWS::ElasticLoadBalancingV2::LoadBalancer")
            .next()
            .map(of_balancer)
            .unwrap_or_default(),
    }
}

/// A reader who asks each load balancer itself, to see when the service could answer again. The
/// host is the load balancer's logical id until the stack is there.
pub(crate) fn probe(cohort: &Cohort, scene: &Scene) -> Option<Cohort> {
    let behind = scene.get(cohort.behind.as_deref()?)?;
    (behind.type_name == "AWS::ElasticLoadBalancingV2::LoadBalancer").then(|| Cohort {
        name: format!("probe of {}", behind.logical_id),
        kind: Kind::Page,
        method: "GET".to_owned(),
        host: behind.logical_id.clone(),
        path: "/".to_owned(),
        behavior: None,
        origin: None,
        behind: Some(behind.logical_id.clone()),
    })
}

fn of_balancer(balancer: &Item) -> Vec<Cohort> {
    let one = |name: &str, kind: Kind, method: &str| Cohort {
        name: name.to_owned(),
        kind,
        method: method.to_owned(),
        host: balancer.logical_id.clone(),
        path: "/".to_owned(),
        behavior: None,
        origin: None,
        behind: Some(balancer.logical_id.clone()),
    };
    vec![
        one("page /", Kind::Page, "GET"),
        one("program /", Kind::Api, "GET"),
        one("form /", Kind::Form, "POST"),
    ]
}

fn of_distribution(scene: &Scene, stage: &Stage, distribution: &Item) -> Vec<Cohort> {
    let config = &distribution.properties["DistributionConfig"];
    let mut cohorts = Vec::new();
    for (behavior, pattern, settings) in behaviors(config) {
        let origin = settings["TargetOriginId"].as_str().unwrap_or_default();
        let behind = behind(scene, config, origin);
        let bucket = behind.filter(|item| item.type_name == "AWS::S3::Bucket");
        let path = sample(pattern, bucket, stage);
        let mut add = |word: &str, kind: Kind, method: &str| {
            cohorts.push(Cohort {
                name: format!("{word} {path}"),
                kind,
                method: method.to_owned(),
                host: HERE.to_owned(),
                path: path.clone(),
                behavior: Some(behavior.clone()),
                origin: Some(origin.to_owned()),
                behind: behind.map(|item| item.logical_id.clone()),
            });
        };
        let api = pattern.is_some_and(|pattern| pattern.contains("api"));
        if api {
            add("program", Kind::Api, "GET");
            continue;
        }
        add("page", Kind::Page, "GET");
        if pattern.is_none() {
            add("program", Kind::Api, "GET");
        }
        let methods = settings["AllowedMethods"].as_array();
        if methods.is_some_and(|methods| methods.iter().any(|method| method == "POST")) {
            add("form", Kind::Form, "POST");
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
        let keys = stage.objects.iter().filter(|object| object.bucket == bucket.logical_id);
        let paths = keys.map(|object| format!("/{}", object.key));
        let mut fitting = paths.filter(|path| pattern.is_none_or(|pattern| fits(pattern, path)));
        if let Some(path) = fitting.next() {
            return path;
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
