//! What is tried: every fault that the engine knows of the template's resources, and the planned
//! operations.

use std::collections::BTreeSet;

use serde::Serialize;
use standin_kernel::fault::{FisTarget, Mode, to_fis};
use standin_kernel::workload::Signal;
use standin_kernel::{Duration, Value, json};

use super::cohort::{behaviors, behind, fits, members, origin};
use super::scene::{Item, Scene, zone};
use super::surge::{self, Surge};

/// One thing that happens to the stack while viewers ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    /// `Service: stop`, `Service: deploy`; what `--only` looks for.
    pub(crate) id: String,
    pub(crate) title: Title,
    pub(crate) act: Act,
    /// The action of AWS FIS that does the same, if there is one.
    pub(crate) action: Option<&'static str>,
}

/// The case in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Title {
    pub en: String,
    pub ja: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// Broken at the beginning, all at once, mended at the end.
    Break { faults: Vec<(String, Mode)> },
    /// More viewers than the tasks can bear, from the beginning to the end.
    Surge(Surge),
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
        Self {
            id,
            title: Title { en, ja },
            act: Act::Break { faults: vec![(target, mode)] },
            action: None,
        }
    }

    /// Two faults at once.
    fn both(one: &Self, other: &Self) -> Option<Self> {
        let (Act::Break { faults }, Act::Break { faults: others }) = (&one.act, &other.act) else {
            return None;
        };
        let place = |target: &str| target.split('/').next().unwrap_or_default().to_owned();
        // Two modes of one thing, or of a service and one of its tasks, get in each other's way.
        let apart = |(target, _): &(String, Mode), (more, _): &(String, Mode)| {
            target != more && (target.contains("->") || place(target) != place(more))
        };
        if !faults.iter().all(|fault| others.iter().all(|more| apart(fault, more))) {
            return None;
        }
        Some(Self {
            id: format!("{} + {}", one.id, other.id),
            title: Title {
                en: format!("{} and {}", one.title.en, other.title.en),
                ja: format!("{}、同時に {}", one.title.ja, other.title.ja),
            },
            act: Act::Break { faults: faults.iter().chain(others).cloned().collect() },
            action: None,
        })
    }

    /// Whether it is over as soon as it has happened.
    pub(crate) fn happens_once(&self) -> bool {
        match &self.act {
            Act::Break { faults } => faults.len() == 1 && faults[0].1.happens_once(),
            Act::Once(_) => true,
            Act::There { .. } | Act::Surge(_) => false,
        }
    }

    /// Whether somebody does it on purpose.
    pub(crate) const fn is_planned(&self) -> bool {
        matches!(self.act, Act::Once(_) | Act::There { .. })
    }

    /// Whether it has to be watched as long as a deployment takes.
    pub(crate) fn takes_long(&self) -> bool {
        let deploys =
            |faults: &[(String, Mode)]| faults.iter().any(|(_, mode)| *mode == Mode::BadDeployment);
        self.is_planned() || matches!(&self.act, Act::Break { faults } if deploys(faults))
    }

    /// The action of AWS FIS that does the same, if there is one.
    fn action(&self, scene: &Scene) -> Option<&'static str> {
        let Act::Break { faults } = &self.act else { return None };
        let [(target, mode)] = &faults[..] else { return None };
        let named = scene.get(target.split('/').next()?);
        let on = match named {
            Some(item) if item.type_name == "AWS::ECS::Service" => FisTarget::EcsTask,
            Some(item) if item.type_name == "AWS::RDS::DBInstance" => FisTarget::Database,
            Some(_) => return None,
            None if target.contains("->") => return None,
            None => FisTarget::Subnet,
        };
        to_fis(*mode, on, None).map(|(action, _)| action)
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

/// Enough for many connections to take seconds longer, and some not to come about.
const LOSS_PERCENT: u8 = 30;
/// Longer than a careful connect timeout, shorter than the default of 10 s.
const LATENCY: Mode =
    Mode::Latency { by: Duration::from_secs(3), jitter: Duration::from_millis(500) };

/// OriginReadTimeout when the template does not say it, in seconds (CF-OG-12).
pub(crate) const READ_TIMEOUT_S: u64 = 30;

/// All cases of a template; `pairs`: also every two faults of different things at once.
pub(crate) fn all(scene: &Scene, pairs: bool) -> Vec<Case> {
    let mut all = cases(scene);
    if pairs {
        let mut both = Vec::new();
        for (at, one) in all.iter().enumerate() {
            both.extend(all[at + 1..].iter().filter_map(|other| Case::both(one, other)));
        }
        all.extend(both);
    }
    all
}

/// All cases of a template in which one thing happens.
pub(crate) fn cases(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let slow = Mode::Slow(Duration::from_secs(longest_read_timeout_s(scene) + 1));
    for service in scene.all("AWS::ECS::Service") {
        of_service(service, slow, &mut cases);
    }
    for database in scene.all("AWS::RDS::DBInstance") {
        of_database(database, &mut cases);
    }
    zones(scene, &mut cases);
    for balancer in scene.all("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        of_balancer(scene, balancer, &mut cases);
    }
    if let Some(distribution) = scene.distribution() {
        of_distribution(scene, distribution, &mut cases);
    }
    for service in scene.all("AWS::ECS::Service") {
        cases.extend(surge_on(scene, service));
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
            action: None,
        });
    }
    for case in &mut cases {
        case.action = case.action(scene);
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
    add(&one, Mode::StopTask, "one task is stopped", "タスク1つを止める (StopTask)");
    add(id, Mode::Hang, "all tasks hang", "全タスク無応答");
    add(&one, Mode::Hang, "one task hangs", "タスク1つが無応答");
    let (en, ja) = ("all tasks answer too late", "全タスクの応答が遅すぎる");
    add(id, slow, en, ja);
    add(id, Mode::Status(500), "all tasks answer 500", "全タスクが 500 を返す");
    add(&one, Mode::Status(500), "one task answers 500", "タスク1つが 500 を返す");
    add(id, Mode::Loss(LOSS_PERCENT), "30 % packet loss", "パケット損失 30 %");
    let (en, ja) = ("a deployment that never gets healthy", "正常にならないデプロイ");
    add(id, Mode::BadDeployment, en, ja);
}

fn of_database(database: &Item, cases: &mut Vec<Case>) {
    let id = database.logical_id.as_str();
    let mut add = |mode: Mode, en: &str, ja: &str| {
        cases.push(Case::fault(id, mode, format!("{id}: {en}"), format!("{id}: {ja}")));
    };
    add(Mode::Stop, "its machine fails", "稼働マシンの故障");
    add(Mode::Kill(Signal::Kill), "the server crashes", "サーバープロセスの異常終了");
    add(Mode::Hang, "it answers nothing", "無応答");
    add(Mode::Refuse, "no connection is left", "接続数の上限に到達");
    add(Mode::Reboot, "it is rebooted", "再起動");
    if is_true(&database.properties["MultiAZ"]) {
        add(Mode::Failover, "the standby takes over", "スタンバイへのフェイルオーバー");
    }
}

/// Parameters of templates are texts, also where they mean yes and no.
pub(crate) fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value == "true")
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
        let en = format!("the network of zone {zone} is cut");
        let ja = format!("ゾーン {zone} のネットワーク断");
        cases.push(Case::fault(zone, Mode::Loss(100), en, ja));
    }
}

fn surge_on(scene: &Scene, service: &Item) -> Option<Case> {
    let id = &service.logical_id;
    let surge = surge::of(scene, service)?;
    let (rate, bears) = (surge.per_second, surge.borne_per_second);
    Some(Case {
        id: format!("{id}: surge"),
        title: Title {
            en: format!("{id}: {rate} requests a second, where {bears} can be borne"),
            ja: format!("{id}: 毎秒 {rate} 件のアクセス (処理能力は毎秒 {bears} 件)"),
        },
        act: Act::Surge(surge),
        action: None,
    })
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
                of_network(&target, name, settings, cases);
            }
            Some(bucket) => {
                let bucket = &bucket.logical_id;
                let en = format!("{bucket} cannot be read");
                let ja = format!("{bucket} を読み取れない");
                cases.push(Case::fault(bucket, Mode::Forbidden, en, ja));
            }
        }
    }
    for (bucket, key) in error_page_objects(scene, config) {
        let en = format!("{key} is missing in {bucket}");
        let ja = format!("{bucket} に {key} がない");
        cases.push(Case::fault(format!("{bucket}/{key}"), Mode::Missing, en, ja));
    }
}

/// What lies between the edge and a load balancer can be slow, lossy, or show an old certificate.
fn of_network(target: &str, name: &str, settings: &Value, cases: &mut Vec<Case>) {
    let en = format!("30 % packet loss on the way to origin {name}");
    let ja = format!("オリジン {name} との間でパケット損失 30 %");
    cases.push(Case::fault(target, Mode::Loss(LOSS_PERCENT), en, ja));
    let en = format!("3 s latency on the way to origin {name}");
    let ja = format!("オリジン {name} との間に 3 秒の遅延");
    cases.push(Case::fault(target, LATENCY, en, ja));
    let protocol = settings["CustomOriginConfig"]["OriginProtocolPolicy"].as_str();
    if protocol.is_some_and(|protocol| protocol != "http-only") {
        let en = format!("the certificate of origin {name} has expired");
        let ja = format!("オリジン {name} の証明書の期限切れ");
        cases.push(Case::fault(target, Mode::CertificateExpired, en, ja));
    }
}

/// The objects of buckets that are error pages: bucket and key.
fn error_page_objects(scene: &Scene, config: &Value) -> BTreeSet<(String, String)> {
    let entries = config["CustomErrorResponses"].as_array().into_iter().flatten();
    let paths = entries.filter_map(|entry| entry["ResponsePagePath"].as_str());
    let found = paths.filter_map(|path| {
        let all = behaviors(config);
        let matching = |one: &&(String, Option<&str>, &Value)| {
            one.1.is_some_and(|pattern| fits(pattern, path))
        };
        let (.., behavior) = all.iter().skip(1).find(matching).or(all.first())?;
        let target = behavior["TargetOriginId"].as_str()?;
        let item = behind(scene, config, target)?;
        let is_bucket = item.type_name == "AWS::S3::Bucket";
        let first = members(config, target).first().copied()?;
        let prefix = origin(config, first)?.1["OriginPath"].as_str().unwrap_or_default();
        let key = format!("{prefix}{path}").trim_start_matches('/').to_owned();
        is_bucket.then(|| (item.logical_id.clone(), key))
    });
    found.collect()
}

fn planned(service: &Item, cases: &mut Vec<Case>) {
    let id = &service.logical_id;
    let update = |members: Value| Operation::Service { logical_id: id.clone(), members };
    let title = |en: &str, ja: &str| Title { en: format!("{id}: {en}"), ja: format!("{id}: {ja}") };
    cases.push(Case {
        id: format!("{id}: deploy"),
        title: title("a new deployment", "新しいデプロイ"),
        act: Act::Once(update(json!({"forceNewDeployment": true}))),
        action: None,
    });
    let count = desired_count(service);
    cases.push(Case {
        id: format!("{id}: scale to zero"),
        title: title("scaled to zero and back", "タスク数 0 にして戻す"),
        act: Act::There {
            and: update(json!({"desiredCount": 0})),
            back: update(json!({"desiredCount": count})),
        },
        action: None,
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
