//! What is tried: every fault that the engine knows of the template's resources, and the planned
//! operations.

use std::collections::BTreeSet;

use serde::Serialize;
use standin_kernel::fault::Mode;
use standin_kernel::workload::Signal;
use standin_kernel::{Duration, Value, json};

use super::cohort::{members, origin};
use super::scene::{Item, Scene, zone};

/// One thing that happens to the stack while viewers ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    /// `Service: stop`, `Service: deploy`; what `--only` looks for.
    pub(crate) id: String,
    pub(crate) title: Title,
    pub(crate) act: Act,
}

/// The case in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Title {
    pub en: String,
    pub ja: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// Broken at the beginning, mended at the end.
    Break { target: String, mode: Mode },
    /// Done at the beginning.
    Once(Operation),
    /// Done at the beginning, and the other at the end.
    There { and: Operation, back: Operation },
}

/// A planned operation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    /// `UpdateService` of this service with these members.
    Service { logical_id: String, members: Value },
    /// The distribution's error pages are remembered one second longer.
    ErrorTtl { logical_id: String },
}

impl Case {
    fn fault(target: impl Into<String>, mode: Mode, en: String, ja: String) -> Self {
        let target = target.into();
        let id = format!("{target}: {mode}");
        Self { id, title: Title { en, ja }, act: Act::Break { target, mode } }
    }

    /// Whether it is over as soon as it has happened.
    pub(crate) const fn happens_once(&self) -> bool {
        match &self.act {
            Act::Break { mode, .. } => mode.happens_once(),
            Act::Once(_) => true,
            Act::There { .. } => false,
        }
    }

    /// Whether somebody does it on purpose.
    pub(crate) const fn is_planned(&self) -> bool {
        !matches!(self.act, Act::Break { .. })
    }

    /// Whether the id or the title contains a word, capitals or not.
    pub(crate) fn matches(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        [&self.id, &self.title.en, &self.title.ja]
            .iter()
            .any(|text| text.to_lowercase().contains(&word))
    }

    /// The same case of a changed template: the same id, but for how slow slow is.
    pub(crate) fn is_like(&self, id: &str) -> bool {
        let stem = |id: &str| id.split("slow=").next().unwrap_or_default().to_owned();
        stem(&self.id) == stem(id)
    }
}

/// OriginReadTimeout when the template does not say it, in seconds (CF-OG-12).
pub(crate) const READ_TIMEOUT_S: u64 = 30;

/// All cases of a template.
pub(crate) fn cases(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let slow = Mode::Slow(Duration::from_secs(longest_read_timeout_s(scene) + 1));
    for service in scene.all("AWS::ECS::Service") {
        of_service(service, slow, &mut cases);
    }
    zones(scene, &mut cases);
    for balancer in scene.all("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        of_balancer(scene, balancer, &mut cases);
    }
    if let Some(distribution) = scene.distribution() {
        of_distribution(scene, distribution, &mut cases);
    }
    for service in scene.all("AWS::ECS::Service") {
        planned(service, &mut cases);
    }
    if let Some(distribution) = scene.distribution()
        && distribution.properties["DistributionConfig"]["CustomErrorResponses"].is_array()
    {
        let id = &distribution.logical_id;
        cases.push(Case {
            id: format!("{id}: change error TTL"),
            title: Title {
                en: format!("{id} is changed (ErrorCachingMinTTL)"),
                ja: format!("{id} の設定変更 (ErrorCachingMinTTL)"),
            },
            act: Act::Once(Operation::ErrorTtl { logical_id: id.clone() }),
        });
    }
    cases
}

fn of_service(service: &Item, slow: Mode, cases: &mut Vec<Case>) {
    let id = service.logical_id.as_str();
    let one = format!("{id}/1");
    let mut add = |target: &str, mode: Mode, en: &str, ja: &str| {
        cases.push(Case::fault(target, mode, format!("{id}: {en}"), format!("{id}: {ja}")));
    };
    add(id, Mode::Stop, "all tasks stop", "全タスク停止");
    add(&one, Mode::Kill(Signal::Kill), "one task dies", "タスク1つが停止");
    add(id, Mode::Hang, "all tasks hang", "全タスク無応答");
    add(&one, Mode::Hang, "one task hangs", "タスク1つが無応答");
    let (en, ja) = ("all tasks answer too late", "全タスクの応答が遅すぎる");
    add(id, slow, en, ja);
    add(id, Mode::Status(500), "all tasks answer 500", "全タスクが 500 を返す");
}

fn zones(scene: &Scene, cases: &mut Vec<Case>) {
    let used: BTreeSet<&str> = scene
        .all("AWS::ECS::Service")
        .flat_map(|service| {
            let network = &service.properties["NetworkConfiguration"]["AwsvpcConfiguration"];
            network["Subnets"].as_array().into_iter().flatten().filter_map(Value::as_str)
        })
        .filter_map(|subnet| scene.get(subnet).and_then(zone))
        .collect();
    for zone in used {
        let (en, ja) = (format!("zone {zone} is lost"), format!("ゾーン {zone} の喪失"));
        cases.push(Case::fault(zone, Mode::Stop, en, ja));
    }
}

fn of_balancer(scene: &Scene, balancer: &Item, cases: &mut Vec<Case>) {
    let id = &balancer.logical_id;
    let (en, ja) = (format!("{id} cannot be reached"), format!("{id} に到達できない"));
    cases.push(Case::fault(id, Mode::Stop, en, ja));
    let (en, ja) = (format!("{id} refuses connections"), format!("{id} が接続を拒否"));
    cases.push(Case::fault(id, Mode::Refuse, en, ja));
    for service in scene.all("AWS::ECS::Service") {
        let service = &service.logical_id;
        let target = format!("{id}->{service}");
        let en = format!("the network from {id} to {service} is cut");
        let ja = format!("{id} から {service} へのネットワーク断");
        cases.push(Case::fault(target, Mode::Loss(100), en, ja));
    }
}

fn of_distribution(scene: &Scene, distribution: &Item, cases: &mut Vec<Case>) {
    let id = &distribution.logical_id;
    let config = &distribution.properties["DistributionConfig"];
    for settings in config["Origins"].as_array().into_iter().flatten() {
        let Some(name) = settings["Id"].as_str() else { continue };
        let bucket = settings["DomainName"].as_str().and_then(|name| scene.bucket_of(name));
        let target = format!("{id}/{name}");
        let en = format!("origin {name} cannot be reached");
        let ja = format!("オリジン {name} に到達できない");
        cases.push(Case::fault(&target, Mode::Stop, en, ja));
        match bucket {
            None => {
                let en = format!("origin {name} is silent");
                let ja = format!("オリジン {name} が無応答");
                cases.push(Case::fault(&target, Mode::Hang, en, ja));
            }
            Some(bucket) => {
                let bucket = &bucket.logical_id;
                let en = format!("{bucket} cannot be read");
                let ja = format!("{bucket} を読み取れない");
                cases.push(Case::fault(bucket, Mode::Forbidden, en, ja));
            }
        }
    }
}

fn planned(service: &Item, cases: &mut Vec<Case>) {
    let id = &service.logical_id;
    let update = |members: Value| Operation::Service { logical_id: id.clone(), members };
    let title = |en: &str, ja: &str| Title { en: format!("{id}: {en}"), ja: format!("{id}: {ja}") };
    cases.push(Case {
        id: format!("{id}: deploy"),
        title: title("a new deployment", "新しいデプロイ"),
        act: Act::Once(update(json!({"forceNewDeployment": true}))),
    });
    let count = desired_count(service);
    cases.push(Case {
        id: format!("{id}: scale to zero"),
        title: title("scaled to zero and back", "タスク数 0 にして戻す"),
        act: Act::There {
            and: update(json!({"desiredCount": 0})),
            back: update(json!({"desiredCount": count})),
        },
    });
}

/// `DesiredCount`, 1 when it is not said.
pub(crate) fn desired_count(service: &Item) -> u64 {
    number(&service.properties["DesiredCount"]).unwrap_or(1)
}

/// A number, written as one or as text.
pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The longest time the distribution waits for an origin that is no bucket.
fn longest_read_timeout_s(scene: &Scene) -> u64 {
    let Some(distribution) = scene.distribution() else { return READ_TIMEOUT_S };
    let config = &distribution.properties["DistributionConfig"];
    let default = config["DefaultCacheBehavior"]["TargetOriginId"].as_str().unwrap_or_default();
    members(config, default)
        .into_iter()
        .filter_map(|id| origin(config, id))
        .map(|(_, origin)| number(&origin["CustomOriginConfig"]["OriginReadTimeout"]))
        .map(|timeout| timeout.unwrap_or(READ_TIMEOUT_S))
        .max()
        .unwrap_or(READ_TIMEOUT_S)
}
