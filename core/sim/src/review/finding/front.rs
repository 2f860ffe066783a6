//! A load balancer that viewers reach itself: nothing in front of it can show a page, so the change
//! is a distribution with a bucket for the page.

use standin_kernel::{Value, json};

use super::{Draft, Row, View, policy, seconds, words};
use crate::review::case::number;
use crate::review::change::Edit;

const PAGES: &str = "ReviewedPages";
const DISTRIBUTION: &str = "ReviewedDistribution";
const PAGE: &str = "/sorry/index.html";
/// Managed: AllViewer.
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
const OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/// There is nothing in front of the load balancer that could show a page.
pub(super) fn none_at_all(view: &View<'_>) -> Vec<Draft> {
    if view.scene.distribution().is_some() {
        return Vec::new();
    }
    let Some(row) = view.largest(Row::reads_pages, |worst| worst.raw_error_s) else {
        return Vec::new();
    };
    let balancer = view.cohort(row).and_then(|cohort| cohort.behind.clone()).unwrap_or_default();
    let raw = seconds(row.worst.raw_error_s);
    vec![Draft {
        rule: "no-page-at-all",
        title: words(
            format!("nothing in front of {balancer} shows a page when its targets fail"),
            format!("{balancer} の前段にエラーページを出すものがない"),
        ),
        why: words(
            format!(
                "a load balancer answers for failing targets with an error of its own; measured: \
                 {raw} of raw error in {}",
                row.case
            ),
            format!(
                "ロードバランサーは障害時に独自のエラーを返すだけ; 実測: {} で生エラー {raw}",
                row.case
            ),
        ),
        advice: words(
            "put a distribution with CustomErrorResponses and a bucket for the page in front \
             (stacks/patterns/error-page.yaml is one)",
            "CustomErrorResponses とページ用バケットを持つディストリビューションを前段に置く \
             (例: stacks/patterns/error-page.yaml)",
        ),
        edits: in_front(view, &balancer),
        at: (balancer, String::new()),
        ledger: vec!["ALB-ER-01", "CF-CER-22"],
        proof: row.proof(),
        floor: 20.0,
    }]
}

/// Bucket, page and distribution.
fn in_front(view: &View<'_>, balancer: &str) -> Vec<Edit> {
    let mut listeners = view.scene.all("AWS::ElasticLoadBalancingV2::Listener");
    let listener = listeners.find(|one| one.properties["LoadBalancerArn"] == balancer);
    let port = listener.and_then(|one| number(&one.properties["Port"])).unwrap_or(80);
    let source = format!(
        "arn:${{AWS::Partition}}:cloudfront::${{AWS::AccountId}}:distribution/${{{DISTRIBUTION}}}"
    );
    let policy = json!({"Type": "AWS::S3::BucketPolicy", "Properties": {
        "Bucket": {"Ref": PAGES},
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": {"Fn::Sub": format!("${{{PAGES}.Arn}}/*")},
            "Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": source}}},
        }]},
    }});
    let access = json!({"Type": "AWS::CloudFront::OriginAccessControl", "Properties": {
        "OriginAccessControlConfig": {
            "Name": "reviewed-pages", "OriginAccessControlOriginType": "s3",
            "SigningBehavior": "always", "SigningProtocol": "sigv4",
        },
    }});
    let mut edits = vec![
        Edit::new(PAGES, "", json!({"Type": "AWS::S3::Bucket"})),
        Edit::new(PAGES, PAGE, "<!doctype html><title>Sorry</title><p>It opens again soon."),
        Edit::new("ReviewedPagesPolicy", "", policy),
        Edit::new("ReviewedPagesAccess", "", access),
        Edit::new(DISTRIBUTION, "", distribution(balancer, port)),
    ];
    // The policy itself; the distribution names it already.
    edits.extend(policy::short_lived(DISTRIBUTION, "DefaultCacheBehavior"));
    edits
}

fn distribution(balancer: &str, port: u64) -> Value {
    let errors: Vec<Value> = [500, 502, 503, 504]
        .iter()
        .map(|code| {
            json!({
                "ErrorCode": code, "ResponseCode": 503, "ResponsePagePath": PAGE,
                "ErrorCachingMinTTL": 5,
            })
        })
        .collect();
    let config = json!({
        "Enabled": true,
        "Origins": [
            {
                "Id": "site", "DomainName": {"Fn::GetAtt": [balancer, "DNSName"]},
                "ConnectionAttempts": 2, "ConnectionTimeout": 2,
                "CustomOriginConfig": {
                    "OriginProtocolPolicy": "http-only", "HTTPPort": port, "OriginReadTimeout": 4,
                },
            },
            {
                "Id": "pages", "DomainName": {"Fn::GetAtt": [PAGES, "RegionalDomainName"]},
                "OriginAccessControlId": {"Fn::GetAtt": ["ReviewedPagesAccess", "Id"]},
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            },
        ],
        "DefaultCacheBehavior": {
            "TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
            "OriginRequestPolicyId": ALL_VIEWER,
        },
        "CacheBehaviors": [{
            "PathPattern": "/sorry/*", "TargetOriginId": "pages",
            "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": OPTIMIZED,
        }],
        "CustomErrorResponses": errors,
    });
    json!({
        "Type": "AWS::CloudFront::Distribution",
        "Metadata": {"Standin": {"ViewerProtocol": "assume-https"}},
        "Properties": {"DistributionConfig": config},
    })
}
