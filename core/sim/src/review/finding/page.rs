//! Rules about a page that is there: how long an old copy of it stays, and who sees it that should
//! not.

use standin_kernel::{Value, json};

use super::error_page::{behavior_of, entries, page_of};
use super::{Draft, Kind, Proof, Row, View, policy, seconds, words};
use crate::review::case::number;
use crate::review::change::Edit;
use crate::review::cohort::Cohort;
use crate::review::measure::Class;

/// How soon an edited page should be seen.
const EDITED_S: u64 = 30;

/// An edited page is not seen for long.
pub(super) fn kept_long(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let Some(path) = entries(config).find_map(|(_, entry)| page_of(entry)) else {
        return Vec::new();
    };
    let (property, _, settings) = behavior_of(config, path);
    let Some(lifetimes) = policy::lifetimes(view, settings) else { return Vec::new() };
    let default_s = lifetimes.default_s;
    if default_s < 3600 {
        return Vec::new();
    }
    let hours = default_s / 3600;
    vec![Draft {
        rule: "page-kept-long",
        title: words(
            format!("an edited {path} is not seen for up to {default_s} s ({hours} h)"),
            format!("{path} を編集しても最大 {default_s} 秒 ({hours} 時間) 反映されない"),
        ),
        why: words(
            format!(
                "the edge keeps the page for DefaultTTL = {default_s} s of its behavior, unless \
                 the object says less with Cache-Control: an end time written into it comes too \
                 late"
            ),
            format!(
                "オブジェクトの Cache-Control がなければ、エッジは DefaultTTL = {default_s} 秒保持: \
                 終了時刻を書き込んでも間に合わない"
            ),
        ),
        advice: words(
            format!(
                "give that behavior a cache policy with DefaultTTL {EDITED_S}, or store the page \
                 with Cache-Control: max-age={EDITED_S}"
            ),
            format!(
                "そのビヘイビアに DefaultTTL {EDITED_S} のキャッシュポリシーを付けるか、ページを \
                 Cache-Control: max-age={EDITED_S} で保存する"
            ),
        ),
        at: (id.to_owned(), format!("DistributionConfig.{property}.CachePolicyId")),
        ledger: vec!["CF-CER-12", "MP-R04"],
        edits: policy::lasting(id, &property, (EDITED_S, 2 * EDITED_S)),
        proof: Proof::Edited { path: path.to_owned() },
        floor: 1.0,
    }]
}

/// The bucket is the only place the page comes from: when it cannot be read, there is no page for
/// the page.
pub(super) fn in_one_bucket(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    let Some(path) = entries(config).find_map(|(_, entry)| page_of(entry)) else {
        return Vec::new();
    };
    let (property, is_default, settings) = behavior_of(config, path);
    let target = settings["TargetOriginId"].as_str().unwrap_or_default();
    let Some((_, origin)) = crate::review::cohort::origin(config, target) else {
        return Vec::new();
    };
    let domain = origin["DomainName"].as_str().unwrap_or_default();
    let Some(bucket) = view.scene.bucket_of(domain).map(|one| one.logical_id.as_str()) else {
        return Vec::new();
    };
    let of_bucket = |row: &Row| {
        let behavior = view.cohort(row).and_then(|one| one.behavior.as_deref());
        row.reads_pages() && row.case.starts_with(bucket) && behavior == Some(&*property)
    };
    let row = view.largest(of_bucket, |worst| worst.raw_error_s);
    let Some(row) = row.filter(|_| !is_default) else { return Vec::new() };
    let raw = seconds(row.worst.raw_error_s);
    vec![Draft {
        rule: "page-in-one-bucket",
        title: words(
            format!("{path} comes from {bucket} alone"),
            format!("{path} は {bucket} だけにある"),
        ),
        why: words(
            format!(
                "CloudFront has no page for an error page that cannot be fetched, it shows the \
                 bucket's own error then: a policy gone wrong or an empty bucket is seen only \
                 when the page is needed; measured: {raw} of raw error for {} in {}",
                row.cohort, row.case
            ),
            format!(
                "エラーページを取得できないときの代わりはなく、バケットのエラーがそのまま出る: \
                 ポリシーの誤りや空のバケットは必要なときに初めて分かる; 実測: {} の {} で生エラー \
                 {raw}",
                row.case, row.cohort
            ),
        ),
        advice: words(
            format!(
                "let {property} ask an origin group of two buckets (the second best in another \
                 region), and fetch the page regularly"
            ),
            format!(
                "{property} を2つのバケット (2つ目は別リージョンが望ましい) のオリジングループに\
                 し、ページを定期的に取得して確かめる"
            ),
        ),
        at: (id.to_owned(), format!("DistributionConfig.{property}.TargetOriginId")),
        ledger: vec!["CF-CER-07", "CF-OG-02", "MP-R07"],
        edits: second_bucket(view, id, (&property, target), bucket),
        proof: row.proof(),
        floor: 1.1,
    }]
}

/// A second bucket with the same pages, and a group of both.
fn second_bucket(
    view: &View<'_>,
    id: &str,
    (property, target): (&str, &str),
    bucket: &str,
) -> Vec<Edit> {
    const SECOND: &str = "ReviewedSecondBucket";
    let Some((_, config)) = view.distribution() else { return Vec::new() };
    let source =
        format!("arn:${{AWS::Partition}}:cloudfront::${{AWS::AccountId}}:distribution/${{{id}}}");
    let policy = json!({"Type": "AWS::S3::BucketPolicy", "Properties": {
        "Bucket": {"Ref": SECOND},
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": {"Fn::Sub": format!("${{{SECOND}.Arn}}/*")},
            "Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": source}}},
        }]},
    }});
    let access = json!({"Type": "AWS::CloudFront::OriginAccessControl", "Properties": {
        "OriginAccessControlConfig": {
            "Name": "reviewed-second", "OriginAccessControlOriginType": "s3",
            "SigningBehavior": "always", "SigningProtocol": "sigv4",
        },
    }});
    let origins = config["Origins"].as_array().map_or(0, Vec::len);
    let groups = config["OriginGroups"]["Items"].as_array().map_or(0, Vec::len);
    let origin = json!({
        "Id": "second", "DomainName": {"Fn::GetAtt": [SECOND, "RegionalDomainName"]},
        "OriginAccessControlId": {"Fn::GetAtt": ["ReviewedSecondAccess", "Id"]},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    });
    let group = json!({
        "Id": "either",
        "FailoverCriteria": {
            "StatusCodes": {"Quantity": 6, "Items": [403, 404, 500, 502, 503, 504]},
        },
        "Members": {"Quantity": 2, "Items": [{"OriginId": target}, {"OriginId": "second"}]},
    });
    let at = |path: String| format!("DistributionConfig.{path}");
    let mut edits = vec![
        Edit::new(SECOND, "", json!({"Type": "AWS::S3::Bucket"})),
        Edit::new("ReviewedSecondPolicy", "", policy),
        Edit::new("ReviewedSecondAccess", "", access),
        Edit::new(id, at(format!("Origins[{origins}]")), origin),
        Edit::new(id, at("OriginGroups.Quantity".to_owned()), groups + 1),
        Edit::new(id, at(format!("OriginGroups.Items[{groups}]")), group),
        Edit::new(id, at(format!("{property}.TargetOriginId")), "either"),
    ];
    let pages = view.stage.objects.iter().filter(|one| one.bucket == bucket);
    edits.extend(pages.filter_map(|page| {
        let text = std::str::from_utf8(&page.body).ok()?;
        Some(Edit::new(SECOND, format!("/{}", page.key), text))
    }));
    edits
}

/// A mistyped address shows the page that says the service is down.
pub(super) fn not_found(view: &View<'_>) -> Vec<Draft> {
    let Some((id, config)) = view.distribution() else { return Vec::new() };
    // A bucket that viewers reach answers 403 or 404 for all it does not have: there the page can
    // be meant.
    let target = config["DefaultCacheBehavior"]["TargetOriginId"].as_str().unwrap_or_default();
    let behind = crate::review::cohort::behind(view.scene, config, target);
    if behind.is_some_and(|one| one.type_name == "AWS::S3::Bucket") {
        return Vec::new();
    }
    let is_sorry = |path: &str| {
        let mut others = entries(config);
        others.any(|(_, entry)| {
            page_of(entry) == Some(path)
                && number(&entry["ErrorCode"]).is_some_and(|code| code >= 500)
        })
    };
    let found = entries(config).find(|(_, entry)| {
        number(&entry["ErrorCode"]) == Some(404) && page_of(entry).is_some_and(is_sorry)
    });
    let Some((index, entry)) = found else { return Vec::new() };
    let status = number(&entry["ResponseCode"]).unwrap_or(404);
    let path = page_of(entry).unwrap_or_default();
    vec![Draft {
        rule: "not-found-shows-the-page",
        title: words(
            format!("an address that does not exist shows {path}, with {status}"),
            format!("存在しないアドレスで {path} が {status} で表示される"),
        ),
        why: words(
            "CustomErrorResponses for 404 and for 5xx name the same page: whoever mistypes an \
             address, or a crawler with an old one, reads that the service is down",
            "404 と 5xx の CustomErrorResponses が同じページを指す: アドレスの誤りでも\
             サービス停止と読める",
        ),
        advice: words(
            "take the entry for 404 away, or give it a page of its own and ResponseCode 404",
            "404 の項目を削除するか、専用ページと ResponseCode 404 にする",
        ),
        at: (id.to_owned(), format!("DistributionConfig.CustomErrorResponses[{index}].ErrorCode")),
        ledger: vec!["CF-CER-01", "MP-S04"],
        edits: vec![Edit::new(
            id,
            format!("DistributionConfig.CustomErrorResponses[{index}]"),
            Value::Null,
        )],
        proof: Proof::NotFound,
        floor: 8.0,
    }]
}

/// Programs get the page instead of their own form of an error.
pub(super) fn for_programs(view: &View<'_>) -> Vec<Draft> {
    let Some((id, _)) = view.distribution() else { return Vec::new() };
    let cohorts = view.cohorts.iter().filter(|cohort| cohort.kind == Kind::Api);
    let mut apart = cohorts
        .filter(|cohort| cohort.behavior.as_deref().is_some_and(|it| it != "DefaultCacheBehavior"));
    let Some(cohort) = apart.next() else { return Vec::new() };
    let sorry_s = |row: &Row| -> f64 {
        let stretches = row.track.stretches.iter().filter(|one| one.class == Class::Sorry);
        stretches.map(|one| one.to_s - one.from_s).sum()
    };
    let rows = view.rows.iter().filter(|row| row.cohort == cohort.name && sorry_s(row) > 0.0);
    let worst = rows.max_by(|one, other| sorry_s(one).total_cmp(&sorry_s(other)));
    let Some(row) = worst else { return Vec::new() };
    let (path, html) = (&cohort.path, seconds(sorry_s(row)));
    let behavior = cohort.behavior.as_deref().unwrap_or_default();
    vec![Draft {
        rule: "programs-get-the-page",
        title: words(
            format!("programs at {path} get the HTML page"),
            format!("{path} のプログラムにも HTML ページが返る"),
        ),
        why: words(
            format!(
                "CustomErrorResponses hold for all behaviors alike, so a client that reads JSON \
                 fails on the page; measured: {html} of it in {}",
                row.case
            ),
            format!(
                "CustomErrorResponses は全ビヘイビア共通のため、JSON を読むクライアントはページで\
                 失敗する; 実測: {} で {html}",
                row.case
            ),
        ),
        advice: words(
            format!(
                "move {behavior} to a distribution of its own without CustomErrorResponses (and a \
                 host name of its own); or let programs look at the status first"
            ),
            format!(
                "{behavior} を CustomErrorResponses のない専用ディストリビューション (専用ホスト名) \
                 に移す; または先にステータスを判断させる"
            ),
        ),
        at: (id.to_owned(), format!("DistributionConfig.{behavior}.PathPattern")),
        ledger: vec!["CF-CER-04", "MP-R08"],
        edits: apart_edits(view, id, cohort).unwrap_or_default(),
        proof: Proof::ComesUp,
        floor: 5.0,
    }]
}

/// The behavior goes, and a second distribution has it as its default.
fn apart_edits(view: &View<'_>, id: &str, cohort: &Cohort) -> Option<Vec<Edit>> {
    let behavior = cohort.behavior.as_deref()?;
    let index: usize = behavior.strip_prefix("CacheBehaviors[")?.strip_suffix(']')?.parse().ok()?;
    let mut distribution = view.scene.written["Resources"][id].clone();
    let config = distribution["Properties"]["DistributionConfig"].as_object_mut()?;
    let mut settings = config.remove("CacheBehaviors")?.get(index)?.clone();
    settings.as_object_mut()?.remove("PathPattern")?;
    // Names and a certificate that fit come from whoever takes the advice.
    for name in ["CustomErrorResponses", "Aliases", "ViewerCertificate", "DefaultRootObject"] {
        config.remove(name);
    }
    config.insert("DefaultCacheBehavior".to_owned(), settings);
    Some(vec![
        Edit::new("ReviewedApiDistribution", "", distribution),
        Edit::new(id, format!("DistributionConfig.{behavior}"), Value::Null),
    ])
}
