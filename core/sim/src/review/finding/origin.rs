//! Rules about origins: how long they may fail before somebody says so, what they can speak, what
//! stands in for them.

use standin_kernel::fault::Mode;
use standin_kernel::{Value, json};

use super::{Draft, Proof, Row, View, policy, seconds, words};
use crate::review::case::{READ_TIMEOUT_S, number};
use crate::review::change::Edit;
use crate::review::cohort::{behaviors, members, origin};

/// Attempts and timeouts when nothing is said (CF-OG-11).
const ATTEMPTS: u64 = 3;
const CONNECT_TIMEOUT_S: u64 = 10;
/// How long a reader waits without doubt.
const PATIENCE_S: u64 = 10;

/// A behavior on an origin group that allows methods which cannot fail over.
pub(super) fn group_with_post(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let groups = config["OriginGroups"]["Items"].as_array();
    let is_group =
        |target: &str| groups.is_some_and(|all| all.iter().any(|one| one["Id"] == target));
    let mut drafts = Vec::new();
    for (property, _, settings) in behaviors(config) {
        let target = settings["TargetOriginId"].as_str().unwrap_or_default();
        let methods = settings["AllowedMethods"].as_array();
        let posts = methods.is_some_and(|all| all.iter().any(|one| one == "POST"));
        if !is_group(target) || !posts {
            continue;
        }
        let at = format!("DistributionConfig.{property}.AllowedMethods");
        drafts.push(Draft {
            rule: "origin-group-with-post",
            title: words(
                format!("{property} allows POST on origin group {target}"),
                format!("{property} がオリジングループ {target} で POST を許可している"),
            ),
            why: words(
                "CloudFront refuses it: only GET, HEAD and OPTIONS fail over",
                "CloudFront は拒否する: フェイルオーバーは GET, HEAD, OPTIONS のみ",
            ),
            advice: words(
                "allow GET, HEAD and OPTIONS only; forms need a behavior on a single origin",
                "GET, HEAD, OPTIONS だけにする; フォームは単一オリジンのビヘイビアへ",
            ),
            at: (id.to_owned(), at.clone()),
            ledger: vec!["CF-OG-03", "CF-OG-04"],
            edits: vec![Edit::new(id, at, json!(["GET", "HEAD", "OPTIONS"]))],
            proof: Proof::ComesUp,
            floor: super::NOTHING_WORKS,
        });
    }
    drafts
}

/// TLS to a website endpoint, which has none.
pub(super) fn website_without_tls(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let origins = config["Origins"].as_array();
    let mut drafts = Vec::new();
    for (index, settings) in origins.into_iter().flatten().enumerate() {
        let domain = settings["DomainName"].as_str().unwrap_or_default();
        let policy = settings["CustomOriginConfig"]["OriginProtocolPolicy"].as_str();
        if !domain.contains(".s3-website") || policy.is_none_or(|policy| policy == "http-only") {
            continue;
        }
        let name = settings["Id"].as_str().unwrap_or_default();
        let policy = policy.unwrap_or_default();
        let cohort = view.cohorts.iter().find(|one| one.origin.as_deref() == Some(name));
        let property =
            format!("DistributionConfig.Origins[{index}].CustomOriginConfig.OriginProtocolPolicy");
        drafts.push(Draft {
            rule: "s3-website-without-tls",
            title: words(
                format!("origin {name} is an S3 website, which has no TLS"),
                format!("オリジン {name} は S3 ウェブサイトで TLS がない"),
            ),
            why: words(
                format!(
                    "OriginProtocolPolicy {policy} asks it over HTTPS, which it does not speak"
                ),
                format!("OriginProtocolPolicy {policy} では HTTPS で接続して失敗する"),
            ),
            advice: words(
                "set OriginProtocolPolicy to http-only, or use the bucket itself with an origin \
                 access control",
                "OriginProtocolPolicy を http-only にするか、OAC 付きのバケットを使う",
            ),
            at: (id.to_owned(), property.clone()),
            ledger: vec!["S3-EP-03", "CF-ORG-08"],
            edits: vec![Edit::new(id, property, "http-only")],
            proof: cohort
                .map_or(Proof::None, |cohort| Proof::Works { cohort: cohort.name.clone() }),
            floor: 50.0,
        });
    }
    drafts
}

/// The first custom origin of the default behavior, by its place.
fn default_origin(config: &Value) -> Option<(usize, &Value)> {
    let target = config["DefaultCacheBehavior"]["TargetOriginId"].as_str()?;
    let first = members(config, target).first().copied()?;
    origin(config, first).filter(|(_, origin)| origin["CustomOriginConfig"].is_object())
}

/// A timeout of which all attempts together fit into a reader's patience, and the attempts.
fn tuned(attempts: u64) -> (u64, u64) {
    let attempts = attempts.clamp(1, 2);
    ((PATIENCE_S - 1) / attempts, attempts)
}

fn edits(id: &str, index: usize, timeout: (&str, u64), attempts: (u64, u64)) -> Vec<Edit> {
    let at = |property: &str| format!("DistributionConfig.Origins[{index}].{property}");
    let mut edits = vec![Edit::new(id, at(timeout.0), timeout.1)];
    if attempts.0 != attempts.1 {
        edits.push(Edit::new(id, at("ConnectionAttempts"), attempts.1));
    }
    edits
}

fn advice(setting: &str, timeout: u64, attempts: (u64, u64), but: (&str, &str)) -> super::Words {
    let also = if attempts.0 == attempts.1 {
        String::new()
    } else {
        format!(", ConnectionAttempts = {}", attempts.1)
    };
    words(
        format!("set {setting} = {timeout}{also}{}", but.0),
        format!("{setting} = {timeout}{also} にする{}", but.1),
    )
}

/// An origin that does not take connections makes viewers wait.
pub(super) fn connect_timeout(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let Some((index, settings)) = default_origin(config) else { return Vec::new() };
    let attempts = number(&settings["ConnectionAttempts"]).unwrap_or(ATTEMPTS);
    let timeout = number(&settings["ConnectionTimeout"]).unwrap_or(CONNECT_TIMEOUT_S);
    if attempts * timeout <= PATIENCE_S {
        return Vec::new();
    }
    let stopped = |row: &Row| row.reads_pages() && row.case.ends_with(": stop");
    let Some(row) = view.largest(stopped, |worst| worst.hang_s) else { return Vec::new() };
    let (better, fewer) = tuned(attempts);
    let all = attempts * timeout;
    let wait = seconds(row.worst.wait_max_s);
    vec![Draft {
        rule: "connect-timeout-too-long",
        title: words(
            format!("viewers wait {all} s for an origin that does not take connections"),
            format!("接続できないオリジンを閲覧者が {all} 秒待つ"),
        ),
        why: words(
            format!(
                "ConnectionAttempts {attempts} x ConnectionTimeout {timeout} s = {all} s; \
                 measured: {wait}"
            ),
            format!(
                "ConnectionAttempts {attempts} x ConnectionTimeout {timeout} 秒 = {all} 秒; 実測: \
                 {wait}"
            ),
        ),
        advice: advice("ConnectionTimeout", better, (attempts, fewer), ("", "")),
        at: (id.to_owned(), format!("DistributionConfig.Origins[{index}].ConnectionTimeout")),
        ledger: vec!["CF-OG-11", "CF-OG-14", "MP-R02"],
        edits: edits(id, index, ("ConnectionTimeout", better), (attempts, fewer)),
        proof: row.proof(),
        floor: 0.0,
    }]
}

/// An origin that takes a request and is silent makes viewers wait.
pub(super) fn read_timeout(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let Some((index, settings)) = default_origin(config) else { return Vec::new() };
    let attempts = number(&settings["ConnectionAttempts"]).unwrap_or(ATTEMPTS);
    let written = &settings["CustomOriginConfig"]["OriginReadTimeout"];
    let timeout = number(written).unwrap_or(READ_TIMEOUT_S);
    if attempts * timeout <= PATIENCE_S {
        return Vec::new();
    }
    let silent = |row: &Row| row.reads_pages() && row.case.ends_with(&format!(": {}", Mode::Hang));
    let Some(row) = view.largest(silent, |worst| worst.hang_s) else { return Vec::new() };
    let (better, fewer) = tuned(attempts);
    let all = attempts * timeout;
    let wait = seconds(row.worst.wait_max_s);
    let setting = "CustomOriginConfig.OriginReadTimeout";
    let but = (
        format!("; whatever takes longer than {better} s becomes an error then"),
        format!("; {better} 秒を超える応答はエラーになる"),
    );
    vec![Draft {
        rule: "read-timeout-too-long",
        title: words(
            format!("viewers wait {all} s for an origin that is silent"),
            format!("無応答のオリジンを閲覧者が {all} 秒待つ"),
        ),
        why: words(
            format!(
                "ConnectionAttempts {attempts} x OriginReadTimeout {timeout} s = {all} s for GET; \
                 measured: {wait}"
            ),
            format!(
                "GET では ConnectionAttempts {attempts} x OriginReadTimeout {timeout} 秒 = {all} \
                 秒; 実測: {wait}"
            ),
        ),
        advice: advice("OriginReadTimeout", better, (attempts, fewer), (&but.0, &but.1)),
        at: (id.to_owned(), format!("DistributionConfig.Origins[{index}].{setting}")),
        ledger: vec!["CF-OG-12", "CF-OG-13", "MP-R03"],
        edits: edits(id, index, (setting, better), (attempts, fewer)),
        proof: row.proof(),
        floor: 0.0,
    }]
}

/// What ends the wait for a target that takes requests and is silent, and how to make it less.
pub(super) struct WaitLimit {
    pub(super) arithmetic: String,
    pub(super) advice: String,
    pub(super) at: (String, String),
    pub(super) edits: Vec<Edit>,
}

/// When nothing is said: `idle_timeout.timeout_seconds` of a load balancer (ALB-AT-01).
const IDLE_TIMEOUT_S: u64 = 60;

/// The edge's timeout, or that of a load balancer that viewers ask themselves.
pub(super) fn wait_limit(view: &View<'_>, row: &Row) -> Option<WaitLimit> {
    if let Some((id, config)) = view.distribution() {
        let (index, settings) = default_origin(config)?;
        let attempts = number(&settings["ConnectionAttempts"]).unwrap_or(ATTEMPTS);
        let setting = "CustomOriginConfig.OriginReadTimeout";
        let timeout = number(&settings["CustomOriginConfig"]["OriginReadTimeout"]);
        let timeout = timeout.unwrap_or(READ_TIMEOUT_S);
        let (better, fewer) = tuned(attempts);
        let all = attempts * timeout;
        return Some(WaitLimit {
            arithmetic: format!(
                "ConnectionAttempts {attempts} x OriginReadTimeout {timeout} s = {all} s"
            ),
            advice: format!("ConnectionAttempts {fewer} x OriginReadTimeout {better} s"),
            at: (id.to_owned(), format!("DistributionConfig.Origins[{index}].{setting}")),
            edits: edits(id, index, (setting, better), (attempts, fewer)),
        });
    }
    let balancer = view.cohort(row)?.behind.as_deref()?;
    let attributes = view.scene.get(balancer)?.properties["LoadBalancerAttributes"].as_array();
    let attributes = attributes.map_or(&[][..], Vec::as_slice);
    let key = "idle_timeout.timeout_seconds";
    let at = attributes.iter().position(|one| one["Key"] == key);
    let timeout = at.and_then(|at| number(&attributes[at]["Value"])).unwrap_or(IDLE_TIMEOUT_S);
    let better = PATIENCE_S - 2;
    let property = format!("LoadBalancerAttributes[{}]", at.unwrap_or(attributes.len()));
    let value = json!({"Key": key, "Value": better.to_string()});
    Some(WaitLimit {
        arithmetic: format!("{key} = {timeout} s"),
        advice: format!("{key} = {better} s"),
        at: (balancer.to_owned(), "LoadBalancerAttributes".to_owned()),
        edits: vec![Edit::new(balancer, property, value)],
    })
}

/// What the second origin of a group answers stays in the cache under every page's own key.
pub(super) fn stand_in_is_cached(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let on_group = |row: &Row| {
        let cohort = view.cohort(row);
        let target = cohort.and_then(|cohort| cohort.origin.as_deref());
        row.reads_pages() && target.is_some_and(|target| members(config, target).len() > 1)
    };
    let Some(row) = view.largest(on_group, |worst| worst.sorry_after_s) else { return Vec::new() };
    let Some(behavior) = view.cohort(row).and_then(|cohort| cohort.behavior.as_deref()) else {
        return Vec::new();
    };
    let all = behaviors(config);
    let settings = all.iter().find(|(property, ..)| property == behavior).map(|found| found.2);
    let lifetimes = settings.and_then(|settings| policy::lifetimes(view, settings));
    let Some(lifetimes) = lifetimes.filter(|one| one.default_s > 10) else { return Vec::new() };
    let (default_s, after) = (lifetimes.default_s, seconds(row.worst.sorry_after_s));
    vec![Draft {
        rule: "stand-in-is-cached",
        title: words(
            "the stand-in page of the origin group stays in the cache after recovery",
            "オリジングループの代替ページが復旧後もキャッシュに残る",
        ),
        why: words(
            format!(
                "the second origin's answer is kept under the page's own key for DefaultTTL = \
                 {default_s} s; measured: {after} of it after recovery (looked at for 1800 s at \
                 most)"
            ),
            format!(
                "セカンダリの応答が元ページのキーで DefaultTTL = {default_s} 秒保持される; 実測: \
                 復旧後 {after} (観測上限 1800 秒)"
            ),
        ),
        advice: words(
            "use a cache policy with a small MaxTTL, or store the page with Cache-Control: \
             no-store",
            "MaxTTL の短いポリシーにするか、ページを Cache-Control: no-store で保存する",
        ),
        at: (id.to_owned(), format!("DistributionConfig.{behavior}.CachePolicyId")),
        ledger: vec!["CF-OG-10", "CF-TTL-13"],
        edits: policy::short_lived(id, behavior),
        proof: row.proof(),
        floor: 0.0,
    }]
}
