//! Rules about tasks and the load balancer's view of them: how many there are, where, how soon a
//! dead one is noticed.

use std::collections::BTreeSet;

use standin_kernel::{Value, json};

use super::{Draft, Proof, Row, View, measured, origin, seconds, words};
use crate::review::case::{desired_count, number};
use crate::review::change::Edit;
use crate::review::scene::{Item, zone};

/// Health checks when nothing is said (ALB-HC-01, ALB-HC-03).
const INTERVAL_S: u64 = 30;
const TIMEOUT_S: u64 = 5;
const THRESHOLD: u64 = 2;
/// What finds a dead target soon enough: every 5 s, twice.
const SOON_S: u64 = 15;

/// HEALTHY of a container that has no health check: the task definition is refused.
pub(super) fn dependency_without_health_check(view: &View<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for definition in view.scene.all("AWS::ECS::TaskDefinition") {
        let containers = definition.properties["ContainerDefinitions"].as_array();
        let containers = containers.map_or(&[][..], Vec::as_slice);
        let checked = |name: &Value| {
            containers.iter().any(|one| one["Name"] == *name && one["HealthCheck"].is_object())
        };
        for (at, container) in containers.iter().enumerate() {
            let needs = container["DependsOn"].as_array().into_iter().flatten().enumerate();
            for (number, need) in needs {
                if need["Condition"] == "HEALTHY" && !checked(&need["ContainerName"]) {
                    let who = container["Name"].as_str().unwrap_or_default();
                    let whom = need["ContainerName"].as_str().unwrap_or_default();
                    drafts.push(dependency(definition, (at, number), who, whom));
                }
            }
        }
    }
    drafts
}

fn dependency(definition: &Item, (at, number): (usize, usize), who: &str, whom: &str) -> Draft {
    let id = &definition.logical_id;
    let property = format!("ContainerDefinitions[{at}].DependsOn[{number}].Condition");
    Draft {
        rule: "healthy-without-health-check",
        title: words(
            format!("{who} waits for {whom} to be HEALTHY, which has no health check"),
            format!("{who} は {whom} の HEALTHY を待つが、{whom} にヘルスチェックがない"),
        ),
        why: words(
            "ECS refuses such a task definition: nobody could ever say that it is healthy",
            "ECS はこのタスク定義を拒否する: 健全と判定する手段がない",
        ),
        advice: words(
            format!("give {whom} a HealthCheck, or wait for START"),
            format!("{whom} に HealthCheck を付けるか、START を待つ"),
        ),
        at: (id.clone(), property.clone()),
        ledger: vec!["ECS-DP-02"],
        edits: vec![Edit::new(id, property, "START")],
        proof: Proof::ComesUp,
        floor: super::NOTHING_WORKS,
    }
}

/// The target groups of a service.
fn groups<'v>(view: &'v View<'_>, service: &'v Item) -> impl Iterator<Item = &'v Item> {
    let balancers = service.properties["LoadBalancers"].as_array().into_iter().flatten();
    balancers.filter_map(|one| view.scene.get(one["TargetGroupArn"].as_str()?))
}

/// A dead task keeps getting requests.
pub(super) fn health_check_is_slow(view: &View<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for service in view.scene.all("AWS::ECS::Service") {
        let one = format!("{}/1: hang", service.logical_id);
        for group in groups(view, service) {
            let said = |name: &str, default| number(&group.properties[name]).unwrap_or(default);
            let interval = said("HealthCheckIntervalSeconds", INTERVAL_S);
            let timeout = said("HealthCheckTimeoutSeconds", TIMEOUT_S);
            let threshold = said("UnhealthyThresholdCount", THRESHOLD);
            let all = interval * threshold + timeout;
            if interval * threshold <= SOON_S {
                continue;
            }
            let fits = |row: &Row| row.case == one && row.reads_pages();
            let row = view.largest(fits, |worst| worst.hang_s + worst.raw_error_s);
            let Some(row) = row else { continue };
            let id = &group.logical_id;
            let (hang, raw) = (seconds(row.worst.hang_s), seconds(row.worst.raw_error_s));
            drafts.push(Draft {
                rule: "health-check-too-slow",
                title: words(
                    format!("a dead task gets requests for up to {all} s"),
                    format!("停止したタスクに最大 {all} 秒リクエストが届く"),
                ),
                why: words(
                    format!(
                        "HealthCheckIntervalSeconds {interval} x UnhealthyThresholdCount \
                         {threshold} + HealthCheckTimeoutSeconds {timeout} = {all} s; measured: \
                         {hang} of hang, {raw} of raw error"
                    ),
                    format!(
                        "HealthCheckIntervalSeconds {interval} x UnhealthyThresholdCount \
                         {threshold} + HealthCheckTimeoutSeconds {timeout} = {all} 秒; 実測: ハング \
                         {hang}、生エラー {raw}"
                    ),
                ),
                advice: words(
                    "set HealthCheckIntervalSeconds = 5, HealthCheckTimeoutSeconds = 3",
                    "HealthCheckIntervalSeconds = 5, HealthCheckTimeoutSeconds = 3 にする",
                ),
                at: (id.clone(), "HealthCheckIntervalSeconds".to_owned()),
                ledger: vec!["ALB-HC-01", "ALB-HC-03", "ALB-HC-16"],
                edits: vec![
                    Edit::new(id, "HealthCheckIntervalSeconds", 5),
                    Edit::new(id, "HealthCheckTimeoutSeconds", 3),
                    Edit::new(id, "UnhealthyThresholdCount", 2),
                ],
                proof: row.proof(),
                floor: 0.0,
            });
        }
    }
    drafts
}

/// A health check that is answered without what pages need says that all is well when nothing is.
pub(super) fn check_sees_no_pages(view: &View<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for service in view.scene.all("AWS::ECS::Service") {
        for group in groups(view, service) {
            let path = group.properties["HealthCheckPath"].as_str().unwrap_or("/");
            if view.cohorts.iter().any(|cohort| cohort.path == path) {
                continue;
            }
            let (id, service) = (&group.logical_id, &service.logical_id);
            drafts.push(Draft {
                rule: "health-check-sees-no-pages",
                title: words(
                    format!("{path} can answer well while the pages of {service} fail"),
                    format!("{service} のページが失敗していても {path} は正常に見えうる"),
                ),
                why: words(
                    format!(
                        "the load balancer asks {path}, viewers never do: if it is answered \
                         without what pages need (a database, say), a task that has lost it keeps \
                         its share of the requests, and a release that cannot reach it replaces \
                         all tasks that can"
                    ),
                    format!(
                        "ロードバランサーは {path} だけを見る: ページの依存先 (DB など) なしに応答する\
                         なら、依存先を失ったタスクにもリクエストが届き、壊れたリリースが全タスクを\
                         置き換える"
                    ),
                ),
                advice: words(
                    format!(
                        "let {path} fail when what pages need is gone, or set HealthCheckPath to \
                         a page"
                    ),
                    format!(
                        "依存先がないときは {path} も失敗させるか、HealthCheckPath をページにする"
                    ),
                ),
                at: (id.clone(), "HealthCheckPath".to_owned()),
                ledger: vec!["ALB-HC-05", "ECS-CB-01"],
                edits: vec![Edit::new(id, "HealthCheckPath", "/")],
                proof: Proof::Release { health_path: path.to_owned() },
                floor: 1.2,
            });
        }
    }
    drafts
}

/// When no target is healthy, all of them are asked: only a timeout ends the wait then.
pub(super) fn fail_open(view: &View<'_>) -> Vec<Draft> {
    let open = |row: &Row| row.reads_pages() && row.fails_open;
    let Some(row) = view.largest(open, |worst| worst.hang_s) else { return Vec::new() };
    let Some(limit) = origin::wait_limit(view, row) else { return Vec::new() };
    let hang = seconds(row.worst.hang_s);
    vec![Draft {
        rule: "fail-open",
        title: words(
            "with no healthy target left, the load balancer asks all of them",
            "健全なターゲットがなくなると、ロードバランサーは全ターゲットに送る",
        ),
        why: words(
            format!(
                "health checks cannot shorten an outage of all tasks ({}): requests still go to \
                 them, and only {} ends the wait; measured: {hang} of hang",
                row.case, limit.arithmetic
            ),
            format!(
                "全タスクの障害 ({}) はヘルスチェックでは短縮されない: リクエストは届き続け、\
                 待ちを終わらせるのは {} だけ; 実測: ハング {hang}",
                row.case, limit.arithmetic
            ),
        ),
        advice: words(
            format!("count on that timeout and the error page: {}", limit.advice),
            format!("このタイムアウトとエラーページで備える: {}", limit.advice),
        ),
        at: limit.at,
        ledger: vec!["ALB-FO-01", "CF-OG-13"],
        edits: limit.edits,
        proof: row.proof(),
        floor: 1.5,
    }]
}

/// One task: whatever happens to it happens to all viewers.
pub(super) fn single_task(view: &View<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for service in view.scene.all("AWS::ECS::Service") {
        if desired_count(service) != 1 {
            continue;
        }
        let id = &service.logical_id;
        let one = format!("{id}/1: kill");
        let fits = |row: &Row| row.case == one && row.reads_pages();
        let row = view.largest(fits, |worst| worst.not_right_s);
        let out = row.map(|row| row.worst.not_right_s);
        let (out, out_ja) = measured(out, "without the right page", "正しいページなし");
        drafts.push(Draft {
            rule: "single-task",
            title: words(format!("{id} runs a single task"), format!("{id} はタスクが1つだけ")),
            why: words(
                format!(
                    "when it dies, nobody answers until its successor has started and passed a \
                     health check{out}"
                ),
                format!("停止すると後継の起動とヘルスチェックまで誰も応答しない{out_ja}"),
            ),
            advice: words("set DesiredCount to 2", "DesiredCount を 2 にする"),
            at: (id.clone(), "DesiredCount".to_owned()),
            ledger: vec!["ECS-SV-01", "ALB-ER-01"],
            edits: vec![Edit::new(id, "DesiredCount", 2)],
            proof: row.map_or(Proof::None, Row::proof),
            floor: 3.0,
        });
    }
    drafts
}

/// All tasks in one zone.
pub(super) fn single_zone(view: &View<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for service in view.scene.all("AWS::ECS::Service") {
        let network = &service.properties["NetworkConfiguration"]["AwsvpcConfiguration"];
        let subnets = network["Subnets"].as_array();
        let subnets: Vec<&str> = subnets.into_iter().flatten().filter_map(Value::as_str).collect();
        let zones: BTreeSet<&str> =
            subnets.iter().filter_map(|id| view.scene.get(id).and_then(zone)).collect();
        let [only] = zones.iter().copied().collect::<Vec<_>>()[..] else { continue };
        let mut others = view.scene.all("AWS::EC2::Subnet");
        let other = others.find(|subnet| zone(subnet).is_some_and(|zone| zone != only));
        let id = &service.logical_id;
        let lost = format!("{only}: stop");
        let fits = |row: &Row| row.case == lost && row.reads_pages();
        let row = view.largest(fits, |worst| worst.not_right_s);
        let property = "NetworkConfiguration.AwsvpcConfiguration.Subnets";
        let at = format!("{property}[{}]", subnets.len());
        let edit = other.map(|other| Edit::new(id, at, json!({"Ref": other.logical_id})));
        let out = row.map(|row| row.worst.not_right_s);
        let (out, out_ja) = measured(out, "without it", "正しいページなし");
        drafts.push(Draft {
            rule: "single-zone",
            title: words(
                format!("all tasks of {id} are in {only}"),
                format!("{id} の全タスクが {only} にある"),
            ),
            why: words(
                format!("when the zone is lost, so is the service{out}"),
                format!("ゾーン喪失でサービスも失われる{out_ja}"),
            ),
            advice: words(
                "name subnets of two zones, and run two tasks or more",
                "2つのゾーンのサブネットを指定し、タスクを2つ以上にする",
            ),
            at: (id.clone(), property.to_owned()),
            ledger: vec!["ECS-SV-01"],
            edits: edit.into_iter().collect(),
            proof: row.map_or(Proof::None, Row::proof),
            floor: 3.0,
        });
    }
    drafts
}
