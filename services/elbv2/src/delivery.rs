//! How access logs get into their bucket: the objects' names, whether the bucket lets them in, what
//! happens when it does not (S3-LOG-04, S3-LOG-05).

use standin_kernel::{Answer, ApiError, Cx, Heard, Need, ServiceName, Time, Value, ids, json};

use crate::Elbv2;
use crate::api::load_balancer_attribute::{Placed, access_logs, wanted_access_logs};
use crate::error::conflicting;
use crate::state::full_name;

/// The operation that can switch a log on.
pub(crate) const LOGS_ON: &str = "ModifyLoadBalancerAttributes";

/// The service that writes, as bucket policies name it.
const PRINCIPAL: &str = "logdelivery.elasticloadbalancing.amazonaws.com";

/// The accounts of AWS's that older bucket policies name in its place, by region (S3-LOG-05).
const ACCOUNTS: [(&str, &str); 17] = [
    ("ap-northeast-1", "582318560864"),
    ("ap-northeast-2", "600734575887"),
    ("ap-northeast-3", "383597477331"),
    ("ap-south-1", "718504428378"),
    ("ap-southeast-1", "114774131450"),
    ("ap-southeast-2", "783225319266"),
    ("ca-central-1", "985666609251"),
    ("eu-central-1", "054676820928"),
    ("eu-north-1", "897822967062"),
    ("eu-west-1", "156460612806"),
    ("eu-west-2", "652711504416"),
    ("eu-west-3", "009996457667"),
    ("sa-east-1", "507241528517"),
    ("us-east-1", "127311923021"),
    ("us-east-2", "033677994240"),
    ("us-west-1", "027434742980"),
    ("us-west-2", "797873946194"),
];

impl Elbv2 {
    /// Writes the files that are due.
    pub(crate) fn deliver_logs(&mut self, cx: &mut Cx<'_>) {
        while let Some((arn, lines)) = self.balancer.log.take(cx.now) {
            let known = self.state.load_balancers.get(&*arn);
            let Some((bucket, prefix)) = known.and_then(|one| access_logs(&one.attributes)) else {
                continue;
            };
            let key = log_key(cx, prefix, &arn);
            let input = put_object(bucket, &key, &arn, &lines);
            self.last_ticket += 1;
            self.deliveries.insert(self.last_ticket, format!("{bucket}/{key}"));
            cx.call(self.last_ticket, ServiceName::S3, "PutObject", input);
        }
    }

    /// What S3 said to a file; `false` when the ticket is of no file.
    pub(crate) fn delivered(
        &mut self,
        cx: &mut Cx<'_>,
        ticket: u64,
        reply: &Result<Value, ApiError>,
    ) -> bool {
        let Some(place) = self.deliveries.remove(&ticket) else { return false };
        if let Err(error) = reply {
            cx.log("elbv2", format!("the access log {place} cannot be written: {error}"));
        }
        true
    }

    /// The test object that [`LOGS_ON`] writes before a log is switched on.
    pub(crate) fn test_object(&self, input: &Value) -> Option<Need> {
        let (arn, Placed { bucket, prefix }) = wanted_access_logs(self, input)?;
        let (account, _) = place_of(&arn);
        let key = format!("{}AWSLogs/{account}/ELBAccessLogTestFile", directory(&prefix));
        let name = full_name(&arn).split('/').nth(1).unwrap_or_default();
        let text = format!("Enable AccessLog for ELB: {name}\n");
        let input = put_object(&bucket, &key, &arn, &text);
        Some(Need::Reply { service: ServiceName::S3, operation: "PutObject".into(), input })
    }
}

/// Whether the test object could be written.
pub(crate) fn check_test_object(heard: &[Heard]) -> Result<(), ApiError> {
    for one in heard {
        if let (Answer::Reply(Err(error)), Need::Reply { input, .. }) = (&one.answer, &one.need) {
            let bucket = input["Bucket"].as_str().unwrap_or_default();
            return Err(conflicting(match error.code.as_str() {
                "AccessDenied" => {
                    format!("Access Denied for bucket: {bucket}. Please check S3bucket permission")
                }
                _ => format!("S3Bucket: {bucket}: {}", error.message),
            }));
        }
    }
    Ok(())
}

fn put_object(bucket: &str, key: &str, arn: &str, text: &str) -> Value {
    let (_, region) = place_of(arn);
    let account = ACCOUNTS.iter().find(|(known, _)| *known == region).map(|(_, account)| account);
    json!({
        "Bucket": bucket,
        "Key": key,
        "ContentType": "application/octet-stream",
        "Standin": {"Delivery": {
            "Principal": PRINCIPAL, "SourceArn": arn, "Account": account, "Text": text,
        }},
    })
}

/// Account and region of an ARN.
fn place_of(arn: &str) -> (&str, &str) {
    let mut parts = arn.split(':').skip(3);
    let region = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), region)
}

/// A prefix with a slash behind it, if there is one at all.
fn directory(prefix: &str) -> String {
    match prefix.trim_matches('/') {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    }
}

/// The name of a file whose interval ends now.
fn log_key(cx: &mut Cx<'_>, prefix: &str, arn: &str) -> String {
    let (account, region) = place_of(arn);
    let (day, minute) = (day(cx.now), stamp(cx.now));
    let id = full_name(arn).replace('/', ".");
    let random = ids::lower(cx.rng, 8);
    format!(
        "{}AWSLogs/{account}/elasticloadbalancing/{region}/{day}/\
         {account}_elasticloadbalancing_{region}_{id}_{minute}_127.0.0.1_{random}.log.gz",
        directory(prefix)
    )
}

/// `2026/11/24`
fn day(now: Time) -> String {
    now.iso8601().split('T').next().unwrap_or_default().replace('-', "/")
}

/// `20261124T0830Z`
fn stamp(now: Time) -> String {
    let text: String =
        now.iso8601().chars().filter(|letter| *letter != '-' && *letter != ':').collect();
    format!("{}Z", text.get(..13).unwrap_or_default())
}
