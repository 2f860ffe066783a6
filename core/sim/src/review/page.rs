//! Which answers are pages that somebody designed, and which class each answer has.

use std::collections::{BTreeMap, BTreeSet};

use standin_kernel::{Bytes, Duration, Fact, ResponseHead, ServiceName, Value, json};

use super::cohort::Cohort;
use super::measure::Class;
use crate::play::Stage;
use crate::world::World;

/// What a cohort got before anything was broken.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    pub(crate) status: u16,
    body: Bytes,
    /// What the page names and nobody gets even then.
    missing: Vec<String>,
}

impl Baseline {
    pub(crate) fn of(head: &ResponseHead, body: &Bytes, missing: &[String]) -> Self {
        Self { status: head.status, body: body.clone(), missing: missing.to_vec() }
    }

    /// An error that was there before is what it always is, whatever ids its body names; another
    /// error with the same status has another length.
    fn is_same_error(&self, head: &ResponseHead, body: &Bytes) -> bool {
        head.status == self.status && body.len() == self.body.len()
    }
}

/// The bodies of all pages that stand in for something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Designed {
    /// Bodies of custom error pages, with what each path answers now.
    pub(crate) error_pages: BTreeMap<String, (u16, Bytes)>,
    /// Bodies of fixed responses, and of pages that lie in a bucket.
    bodies: BTreeSet<Vec<u8>>,
}

impl Designed {
    /// Fetches the error pages as viewers do, and reads the fixed responses of all listeners.
    pub(crate) fn of(world: &mut World, stage: &Stage, cohorts: &[Cohort]) -> Self {
        let mut designed = Self::default();
        if let Some(host) = cohorts.iter().find_map(|one| one.behavior.as_ref().map(|_| &one.host))
        {
            for path in error_page_paths(world) {
                let exchange = world.ask(host, &path, false);
                world.run_until(world.now() + Duration::from_secs(5));
                if let Some((head, body)) = world.seen(exchange).and_then(|seen| seen.answer) {
                    designed.error_pages.insert(path, (head.status, body));
                }
            }
        }
        designed.bodies = fixed_responses(world);
        let pages = stage.objects.iter().filter(|one| one.content_type.starts_with("text/html"));
        designed.bodies.extend(pages.map(|page| page.body.to_vec()));
        designed
    }

    /// The class of an answer; `missing`: what it names and a browser did not get.
    pub(crate) fn classify(
        &self,
        baseline: &Baseline,
        (head, body): (&ResponseHead, &Bytes),
        missing: &[String],
        facts: &[Fact],
    ) -> Class {
        let class = self.class_alone(baseline, (head, body), facts);
        let known =
            class != Class::Sorry && missing.iter().all(|one| baseline.missing.contains(one));
        if class > Class::Sorry || missing.is_empty() || known { class } else { Class::Incomplete }
    }

    /// Without what the page names.
    fn class_alone(
        &self,
        baseline: &Baseline,
        (head, body): (&ResponseHead, &Bytes),
        facts: &[Fact],
    ) -> Class {
        let same = head.status == baseline.status && *body == baseline.body;
        let x_cache = head.headers.get("X-Cache").unwrap_or_default();
        let failed = x_cache.starts_with("Error");
        if same && (!failed || baseline.status >= 400) {
            return if facts.iter().any(is_stale) { Class::Stale } else { Class::Right };
        }
        let is_page = |page: &(u16, Bytes)| page.0 < 400 && page.1 == *body && !body.is_empty();
        let stands_in = failed && self.error_pages.values().any(is_page);
        let differs = *body != baseline.body;
        let known = differs && self.bodies.contains(body.as_ref());
        let object = differs && self.error_pages.values().any(is_page);
        if stands_in || known || object || (head.status < 400 && by_secondary(facts)) {
            Class::Sorry
        } else if head.status < 400 || baseline.is_same_error(head, body) {
            Class::Right
        } else {
            Class::Raw
        }
    }
}

/// The edge showed an old copy because the origin failed.
fn is_stale(fact: &Fact) -> bool {
    fact.row.as_deref().is_some_and(|row| row.starts_with("CF-STALE-"))
        && fact.row.as_deref() != Some("CF-STALE-06")
}

/// The second origin of a group gave the answer.
fn by_secondary(facts: &[Fact]) -> bool {
    facts.iter().any(|fact| fact.step == "origin group")
}

fn error_page_paths(world: &mut World) -> Vec<String> {
    let list = world.call(ServiceName::CloudFront, "ListDistributions", json!({}));
    let list = list.unwrap_or_default();
    let first = &list["DistributionList"]["Items"][0]["Id"];
    let get = json!({"Id": first});
    let got = world.call(ServiceName::CloudFront, "GetDistributionConfig", get);
    let got = got.unwrap_or_default();
    let entries = got["DistributionConfig"]["CustomErrorResponses"]["Items"].as_array().cloned();
    let entries = entries.unwrap_or_default();
    let paths = entries.iter().filter_map(|entry| entry["ResponsePagePath"].as_str());
    let paths: BTreeSet<String> =
        paths.filter(|path| !path.is_empty()).map(str::to_owned).collect();
    paths.into_iter().collect()
}

fn fixed_responses(world: &mut World) -> BTreeSet<Vec<u8>> {
    let mut bodies = BTreeSet::new();
    let mut call =
        |name: &str, input: Value| world.call(ServiceName::Elbv2, name, input).unwrap_or_default();
    let balancers = call("DescribeLoadBalancers", json!({}));
    for balancer in balancers["LoadBalancers"].as_array().into_iter().flatten() {
        let input = json!({"LoadBalancerArn": balancer["LoadBalancerArn"]});
        let listeners = call("DescribeListeners", input);
        for listener in listeners["Listeners"].as_array().into_iter().flatten() {
            take_fixed(&listener["DefaultActions"], &mut bodies);
            let rules = call("DescribeRules", json!({"ListenerArn": listener["ListenerArn"]}));
            for rule in rules["Rules"].as_array().into_iter().flatten() {
                take_fixed(&rule["Actions"], &mut bodies);
            }
        }
    }
    bodies
}

fn take_fixed(actions: &Value, bodies: &mut BTreeSet<Vec<u8>>) {
    for action in actions.as_array().into_iter().flatten() {
        let body = action["FixedResponseConfig"]["MessageBody"].as_str();
        if let Some(body) = body.filter(|body| !body.is_empty()) {
            bodies.insert(body.as_bytes().to_vec());
        }
    }
}
