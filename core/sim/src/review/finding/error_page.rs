//! Rules about custom error pages: where they lie, with which status they are sent, for which
//! errors there is none.

use std::collections::BTreeSet;

use standin_kernel::{Value, json};

use super::{Draft, Proof, Row, View, measured, seconds, words};
use crate::review::case::number;
use crate::review::change::Edit;
use crate::review::cohort::{behaviors, fits, members, origin};
use crate::review::scene::Item;

/// Managed: CachingOptimized.
const OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

pub(super) fn entries(config: &Value) -> impl Iterator<Item = (usize, &Value)> {
    config["CustomErrorResponses"].as_array().into_iter().flatten().enumerate()
}

pub(super) fn page_of(entry: &Value) -> Option<&str> {
    entry["ResponsePagePath"].as_str().filter(|path| !path.is_empty())
}

/// The behavior that serves a path: its property, whether it is the default one, its settings.
pub(super) fn behavior_of<'c>(config: &'c Value, path: &str) -> (String, bool, &'c Value) {
    let mut all = behaviors(config);
    let at = all.iter().position(|(_, pattern, _)| pattern.is_some_and(|one| fits(one, path)));
    let (property, pattern, settings) = all.swap_remove(at.unwrap_or(0));
    (property, pattern.is_none(), settings)
}

/// An origin that is a bucket, by preference one that holds the object.
fn bucket_origin<'v>(view: &'v View<'_>, config: &'v Value, path: &str) -> Option<&'v str> {
    let origins = config["Origins"].as_array()?;
    let buckets: Vec<(&str, &Item)> = origins
        .iter()
        .filter_map(|origin| {
            let bucket = view.scene.bucket_of(origin["DomainName"].as_str()?)?;
            Some((origin["Id"].as_str()?, bucket))
        })
        .collect();
    let holds = |bucket: &Item| {
        let mut objects = view.stage.objects.iter();
        objects.any(|one| {
            one.bucket == bucket.logical_id && path.strip_prefix('/') == Some(one.key.as_str())
        })
    };
    let best = buckets.iter().find(|(_, bucket)| holds(bucket)).or_else(|| buckets.first());
    best.map(|(id, _)| *id)
}

/// The page is fetched from the origin whose failure it is for.
pub(super) fn on_failing_origin(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let failing = config["DefaultCacheBehavior"]["TargetOriginId"].as_str().unwrap_or_default();
    let failing = members(config, failing).first().copied().unwrap_or_default();
    let mut paths = BTreeSet::new();
    let mut drafts = Vec::new();
    for path in entries(config).filter_map(|(_, entry)| page_of(entry)) {
        let (property, is_default, settings) = behavior_of(config, path);
        let target = settings["TargetOriginId"].as_str().unwrap_or_default();
        let first = members(config, target).first().copied().unwrap_or_default();
        let bucket = origin(config, first)
            .and_then(|(_, one)| view.scene.bucket_of(one["DomainName"].as_str()?));
        if first != failing || bucket.is_some() || !paths.insert(path) {
            continue;
        }
        let row = view.largest(Row::reads_pages, |worst| worst.raw_error_s);
        let better = bucket_origin(view, config, path);
        let edit = better.map(|better| moved(id, config, path, (&property, is_default), better));
        let wanted = better.unwrap_or("another origin");
        let wanted_ja = better.unwrap_or("別のオリジン");
        let raw = row.map(|row| row.worst.raw_error_s);
        let (raw, raw_ja) = measured(raw, "of raw error", "生エラー");
        drafts.push(Draft {
            rule: "error-page-on-failing-origin",
            title: words(
                format!("the error page {path} lies on the origin that fails"),
                format!("エラーページ {path} が障害を起こすオリジン上にある"),
            ),
            why: words(
                format!(
                    "{path} goes through {property} to origin {first}, as all pages do; when \
                     {first} fails, the page cannot be fetched{raw}"
                ),
                format!(
                    "{path} は {property} 経由でオリジン {first} から取得される; {first} の障害時\
                     には取得できない{raw_ja}"
                ),
            ),
            advice: words(
                format!("let the behavior of {path} go to {wanted}"),
                format!("{path} のビヘイビアを {wanted_ja} に向ける"),
            ),
            at: (id.to_owned(), format!("DistributionConfig.{property}.TargetOriginId")),
            ledger: vec!["CF-CER-05", "CF-CER-06"],
            edits: edit.into_iter().collect(),
            proof: row.map_or(Proof::None, Row::proof),
            floor: 20.0,
        });
    }
    drafts
}

/// The behavior of a page with another origin, or a new one when the default behavior serves it.
fn moved(
    id: &str,
    config: &Value,
    path: &str,
    (property, is_default): (&str, bool),
    better: &str,
) -> Edit {
    if !is_default {
        return Edit::new(id, format!("DistributionConfig.{property}.TargetOriginId"), better);
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let pattern = if folder.is_empty() { path.to_owned() } else { format!("{folder}/*") };
    let behavior = json!({
        "PathPattern": pattern,
        "TargetOriginId": better,
        "ViewerProtocolPolicy": config["DefaultCacheBehavior"]["ViewerProtocolPolicy"],
        "CachePolicyId": OPTIMIZED,
    });
    let count = config["CacheBehaviors"].as_array().map_or(0, Vec::len);
    Edit::new(id, format!("DistributionConfig.CacheBehaviors[{count}]"), behavior)
}

/// The page itself cannot be read, which nobody notices before the outage.
pub(super) fn not_readable(view: &View<'_>) -> Vec<Draft> {
    let (Some((id, config)), Some(rest)) = (view.distribution(), view.rest) else {
        return Vec::new();
    };
    let mut drafts = Vec::new();
    for (path, status) in rest.unreadable_pages() {
        let (property, _, settings) = behavior_of(config, path);
        let target = settings["TargetOriginId"].as_str().unwrap_or_default();
        let bucket = origin(config, target)
            .and_then(|(_, one)| view.scene.bucket_of(one["DomainName"].as_str()?));
        let row = view.largest(Row::reads_pages, |worst| worst.raw_error_s);
        let (at, edits, advice) = match bucket {
            Some(bucket) if status == 403 => readable(view, id, bucket),
            _ => (
                (id.to_owned(), format!("DistributionConfig.{property}.TargetOriginId")),
                Vec::new(),
                words(
                    format!("put the page where {path} leads"),
                    format!("{path} の場所にページを置く"),
                ),
            ),
        };
        drafts.push(Draft {
            rule: "error-page-not-readable",
            title: words(
                format!("the error page {path} cannot be read ({status})"),
                format!("エラーページ {path} を取得できない ({status})"),
            ),
            why: words(
                format!(
                    "viewers asking for {path} get {status} even now; in an outage they get \
                     {status} in place of the page"
                ),
                format!("{path} は平常時でも {status}; 障害時はページの代わりに {status} になる"),
            ),
            advice,
            at,
            ledger: vec!["CF-CER-07", "CF-CER-08", "CF-CER-29"],
            edits,
            proof: row.map_or(Proof::None, Row::proof),
            floor: 30.0,
        });
    }
    drafts
}

type Readable = ((String, String), Vec<Edit>, super::Words);

/// A policy that lets the distribution read the bucket.
fn readable(view: &View<'_>, distribution: &str, bucket: &Item) -> Readable {
    let bucket = &bucket.logical_id;
    let source = format!(
        "arn:${{AWS::Partition}}:cloudfront::${{AWS::AccountId}}:distribution/${{{distribution}}}"
    );
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": format!("${{{bucket}.Arn}}/*")},
        "Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": source}}},
    });
    let mut policies = view.scene.all("AWS::S3::BucketPolicy");
    let policy = policies.find(|policy| policy.properties["Bucket"] == bucket.as_str());
    let advice = words(
        format!("allow cloudfront.amazonaws.com s3:GetObject on {bucket} for this distribution"),
        format!("{bucket} の s3:GetObject をこのディストリビューションに許可する"),
    );
    match policy {
        Some(policy) => {
            let statements = &policy.properties["PolicyDocument"]["Statement"];
            let count = statements.as_array().map_or(0, Vec::len);
            let property = format!("PolicyDocument.Statement[{count}]");
            let edit = Edit::new(&policy.logical_id, property, statement);
            ((policy.logical_id.clone(), "PolicyDocument".to_owned()), vec![edit], advice)
        }
        None => {
            let document = json!({"Version": "2012-10-17", "Statement": [statement]});
            let resource = json!({
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": bucket}, "PolicyDocument": document},
            });
            let edit = Edit::new("ReviewedBucketPolicy", "", resource);
            ((bucket.clone(), String::new()), vec![edit], advice)
        }
    }
}

/// An error reaches viewers for which there is no page.
pub(super) fn none_for_status(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let has_page = |status: u64| {
        entries(config).any(|(_, entry)| {
            number(&entry["ErrorCode"]) == Some(status) && page_of(entry).is_some()
        })
    };
    let through_edge = |row: &Row| {
        let cohort = view.cohort(row);
        row.reads_pages() && cohort.is_some_and(|cohort| cohort.behavior.is_some())
    };
    let missing = |row: &Row| {
        through_edge(row)
            && row.raw_statuses().any(|status| {
                matches!(status, 500 | 502 | 503 | 504) && !has_page(u64::from(status))
            })
    };
    let Some(row) = view.largest(missing, |worst| worst.raw_error_s) else { return Vec::new() };
    let statuses: BTreeSet<u16> = view
        .rows
        .iter()
        .filter(|row| through_edge(row))
        .flat_map(Row::raw_statuses)
        .filter(|status| matches!(status, 500 | 502 | 503 | 504))
        .filter(|status| !has_page(u64::from(*status)))
        .collect();
    let page = known_page(view, config);
    let edits = page.as_ref().map_or_else(Vec::new, |page| added(id, config, &statuses, page));
    let list: Vec<String> = statuses.iter().map(u16::to_string).collect();
    let list = list.join(", ");
    let raw = seconds(row.worst.raw_error_s);
    let advice = match &page {
        Some(page) => words(
            format!("add CustomErrorResponses for {list} with {page}"),
            format!("{list} の CustomErrorResponses を {page} で追加する"),
        ),
        None => words(
            format!("add CustomErrorResponses for {list}, with a page in a bucket of its own"),
            format!("{list} の CustomErrorResponses を専用バケットのページで追加する"),
        ),
    };
    vec![Draft {
        rule: "no-page-for-status",
        title: words(
            format!("viewers see CloudFront's own error for {list}"),
            format!("{list} で CloudFront 既定のエラーが見える"),
        ),
        why: words(
            format!(
                "no CustomErrorResponses entry with a page for {list}; measured: {raw} of raw \
                 error in {}",
                row.case
            ),
            format!("{list} のページ設定がない; 実測: {} で生エラー {raw}", row.case),
        ),
        advice,
        at: (id.to_owned(), "DistributionConfig.CustomErrorResponses".to_owned()),
        ledger: vec!["CF-CER-22", "CF-ERR-02"],
        edits,
        proof: row.proof(),
        floor: 20.0,
    }]
}

/// A page that is there already: of another status, or any page of a bucket that viewers reach.
fn known_page(view: &View<'_>, config: &Value) -> Option<String> {
    if let Some(path) = entries(config).find_map(|(_, entry)| page_of(entry)) {
        return Some(path.to_owned());
    }
    view.stage.objects.iter().filter(|one| one.content_type.starts_with("text/html")).find_map(
        |object| {
            let path = format!("/{}", object.key);
            let target = behavior_of(config, &path).2["TargetOriginId"].as_str()?;
            let domain = origin(config, target)?.1["DomainName"].as_str()?;
            let bucket = view.scene.bucket_of(domain)?;
            (bucket.logical_id == object.bucket).then_some(path)
        },
    )
}

fn added(id: &str, config: &Value, statuses: &BTreeSet<u16>, page: &str) -> Vec<Edit> {
    let mut count = entries(config).count();
    statuses
        .iter()
        .map(|status| {
            let old = entries(config)
                .find(|(_, entry)| number(&entry["ErrorCode"]) == Some(u64::from(*status)));
            let index = old.map_or(count, |(index, _)| index);
            count += usize::from(old.is_none());
            let entry = json!({
                "ErrorCode": status, "ResponseCode": 503, "ResponsePagePath": page,
                "ErrorCachingMinTTL": 5,
            });
            Edit::new(id, format!("DistributionConfig.CustomErrorResponses[{index}]"), entry)
        })
        .collect()
}

/// The page pretends that all is well.
pub(super) fn sent_with_200(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let wrong: Vec<usize> = entries(config)
        .filter(|(_, entry)| {
            number(&entry["ErrorCode"]).is_some_and(|code| code >= 500)
                && number(&entry["ResponseCode"]) == Some(200)
        })
        .map(|(index, _)| index)
        .collect();
    let Some(first) = wrong.first() else { return Vec::new() };
    let row = view.largest(Row::reads_pages, |worst| worst.sorry_as_ok_s);
    let property =
        |index: usize| format!("DistributionConfig.CustomErrorResponses[{index}].ResponseCode");
    let with_200 = row.map(|row| row.worst.sorry_as_ok_s);
    let (with_200, with_200_ja) = measured(with_200, "of page with 200", "200 のページ");
    vec![Draft {
        rule: "error-page-with-200",
        title: words(
            "the error page is sent with status 200",
            "エラーページがステータス 200 で返る",
        ),
        why: words(
            format!(
                "search engines index the page, monitors stay green and browsers keep it{with_200}"
            ),
            format!("検索エンジンに登録され、監視は正常のまま、ブラウザにも残る{with_200_ja}"),
        ),
        advice: words("set ResponseCode to 503", "ResponseCode を 503 にする"),
        at: (id.to_owned(), property(*first)),
        ledger: vec!["CF-CER-10", "MP-S04", "MP-S11"],
        edits: wrong.iter().map(|index| Edit::new(id, property(*index), 503)).collect(),
        proof: row.map_or(Proof::None, Row::proof),
        floor: 10.0,
    }]
}
