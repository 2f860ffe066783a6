//! One run of the switch.

use std::collections::BTreeMap;

use diary_window::{Judgement, Moment, Window, judge, render};
use serde_json::{Value, json};

use crate::distribution;
use crate::edge::{PASS, edge};
use crate::{Aws, Failure, Mode, Settings};

/// What a run found and did; the state parameter has the same document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The window that is open.
    pub open: Option<String>,
    /// When readers see the diary again.
    pub until: Option<Moment>,
    /// The window that begins next, and when.
    pub next: Option<(String, Moment)>,
    /// Parameters that are no windows, and why.
    pub ignored: Vec<String>,
    /// What was changed, in words.
    pub done: Vec<String>,
    /// What did not work; the run then fails, after everything else was tried.
    pub failed: Vec<String>,
}

impl Report {
    /// As a document; what was done is not part of the state.
    pub fn state(&self) -> Value {
        json!({
            "open": self.open,
            "until": self.until,
            "next": self.next.as_ref().map(|(id, from)| json!({"window": id, "from": from})),
            "ignored": self.ignored,
        })
    }

    /// What the function gives: the state and what was done, or what did not work.
    pub fn result(&self) -> Result<Value, String> {
        if !self.failed.is_empty() {
            return Err(self.failed.join("; "));
        }
        let mut document = self.state();
        document["done"] = json!(self.done);
        Ok(document)
    }
}

/// Reads the windows and brings everything in line with them. An error means that nothing could be
/// judged; whatever cannot be brought in line stands in `Report::failed`, for one broken way must
/// not hold up the others.
pub fn apply(
    aws: &mut dyn Aws,
    settings: &Settings,
    now: Moment,
    own_arn: &str,
) -> Result<Report, Failure> {
    let (windows, ignored) = windows(aws, &settings.windows_path)?;
    let Judgement { open, next, changes } = judge(now, &windows);
    let closed = open.is_some();
    let mut report = Report {
        open: open.as_ref().map(|open| open.window.id.clone()),
        until: open.as_ref().and_then(|open| open.until),
        next: next.map(|next| (next.id.clone(), next.from)),
        ignored,
        done: Vec::new(),
        failed: Vec::new(),
    };
    // The page is there before anything points to it.
    let shown = open.or_else(|| next.and_then(|next| judge(next.from, &windows).open));
    if let Some(shown) = shown {
        let page = render(&shown, &settings.zone).both;
        report.note(put_page(aws, settings, &page));
    }
    report.note(tell_edge(aws, settings, now, &windows));
    if settings.mode != Mode::Kvs {
        report.note(change_distribution(aws, settings, closed));
    }
    report.note(set_alarm(aws, settings, changes, own_arn));
    report.note(put_state(aws, settings, &report.state()));
    Ok(report)
}

impl Report {
    fn note(&mut self, outcome: Result<Option<String>, Failure>) {
        match outcome {
            Ok(done) => self.done.extend(done),
            Err(failure) => self.failed.push(failure.to_string()),
        }
    }
}

/// All windows, and what lies among them without being one.
fn windows(aws: &mut dyn Aws, path: &str) -> Result<(Vec<Window>, Vec<String>), Failure> {
    let (mut windows, mut ignored) = (Vec::new(), Vec::new());
    let mut token = Value::Null;
    loop {
        let mut input = json!({"Path": path});
        if token.is_string() {
            input["NextToken"] = token;
        }
        let mut page = aws.call("ssm", "GetParametersByPath", &input)?;
        for parameter in page["Parameters"].as_array().into_iter().flatten() {
            let text = |name: &str| parameter[name].as_str().unwrap_or_default();
            let id = text("Name").rsplit('/').next().unwrap_or_default();
            match Window::parse(id, text("Value")) {
                Ok(window) => windows.push(window),
                Err(wrong) => ignored.push(wrong.to_string()),
            }
        }
        token = page["NextToken"].take();
        if !token.is_string() {
            return Ok((windows, ignored));
        }
    }
}

/// Puts the page into the bucket, unless it is there.
fn put_page(aws: &mut dyn Aws, settings: &Settings, page: &str) -> Result<Option<String>, Failure> {
    let object = json!({"Bucket": settings.bucket, "Key": settings.page_key});
    match aws.call("s3", "GetObject", &object) {
        Ok(there) if there["Body"] == page => return Ok(None),
        Ok(_) => {}
        Err(failure) if failure.is(&["NoSuchKey", "AccessDenied"]) => {}
        Err(failure) => return Err(failure),
    }
    let mut input = object;
    input["Body"] = json!(page);
    input["ContentType"] = json!("text/html; charset=utf-8");
    // A browser that kept it would show it after the window.
    input["CacheControl"] = json!("no-store");
    aws.call("s3", "PutObject", &input)?;
    Ok(Some(format!("put s3://{}/{}", settings.bucket, settings.page_key)))
}

/// What lies in the store, and the tag that a change of it must name.
fn store(aws: &mut dyn Aws, arn: &str) -> Result<(BTreeMap<String, String>, String), Failure> {
    const SERVICE: &str = "cloudfront-keyvaluestore";
    let described = aws.call(SERVICE, "DescribeKeyValueStore", &json!({"KvsARN": arn}))?;
    let etag = described["ETag"].as_str().unwrap_or_default().to_owned();
    let (mut there, mut token) = (BTreeMap::new(), Value::Null);
    loop {
        let mut input = json!({"KvsARN": arn, "MaxResults": 50});
        if token.is_string() {
            input["NextToken"] = token;
        }
        let mut page = aws.call(SERVICE, "ListKeys", &input)?;
        for item in page["Items"].as_array().into_iter().flatten() {
            let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
            there.insert(text("Key"), text("Value"));
        }
        token = page["NextToken"].take();
        if !token.is_string() {
            return Ok((there, etag));
        }
    }
}

fn tell_edge(
    aws: &mut dyn Aws,
    settings: &Settings,
    now: Moment,
    windows: &[Window],
) -> Result<Option<String>, Failure> {
    // In the other modes the edge lets everybody through.
    let told = if settings.mode == Mode::Kvs { windows } else { &[] };
    let edge = edge(now, told, &settings.zone);
    let arn = settings.key_value_store_arn.as_str();
    // Somebody may change the store between our reading and our writing; then look again.
    for last in [false, false, true] {
        let (there, etag) = store(aws, arn)?;
        let (mut put, delete) = edge.changes(&there);
        if !there.contains_key(PASS) {
            let secret = aws.call(
                "secretsmanager",
                "GetSecretValue",
                &json!({"SecretId": settings.pass_secret}),
            )?;
            put.push(json!({"Key": PASS, "Value": secret["SecretString"]}));
        }
        if put.is_empty() && delete.is_empty() {
            return Ok(None);
        }
        let said = format!("told the edge: {} values new, {} gone", put.len(), delete.len());
        let input = json!({"KvsARN": arn, "IfMatch": etag, "Puts": put, "Deletes": delete});
        match aws.call("cloudfront-keyvaluestore", "UpdateKeys", &input) {
            Ok(_) => return Ok(Some(said)),
            Err(failure) if !last && failure.is(&["ConflictException", "ValidationException"]) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(None)
}

fn change_distribution(
    aws: &mut dyn Aws,
    settings: &Settings,
    closed: bool,
) -> Result<Option<String>, Failure> {
    let operation = "UpdateDistribution";
    let id = json!({"Id": settings.distribution_id});
    let config = aws.call("cloudfront", "GetDistributionConfig", &id)?;
    let there = config["DistributionConfig"].as_str().unwrap_or_default();
    let wrong = |why: String| Failure::new(operation, "Configuration", why);
    let wanted = distribution::edit(there, settings.mode, closed).map_err(wrong)?;
    if wanted == there {
        return Ok(None);
    }
    let mut input = id;
    input["IfMatch"] = config["ETag"].clone();
    input["DistributionConfig"] = json!(wanted);
    aws.call("cloudfront", operation, &input)?;
    let state = if closed { "closed" } else { "open" };
    Ok(Some(format!("the distribution is {state} by {}", settings.mode.as_str())))
}

/// Has the switch run again at the next change. The alarm's name is its time, so there is nothing
/// to update and no race with an alarm that is just going off; one that is not needed any more
/// goes off in vain, and every alarm is deleted once it did.
fn set_alarm(
    aws: &mut dyn Aws,
    settings: &Settings,
    changes: Option<Moment>,
    own_arn: &str,
) -> Result<Option<String>, Failure> {
    let Some(at) = changes else { return Ok(None) };
    let time = at.at();
    let digits: String = time.chars().filter(char::is_ascii_alphanumeric).collect();
    let named = json!({"Name": format!("change-{digits}"), "GroupName": settings.schedule_group});
    match aws.call("scheduler", "GetSchedule", &named) {
        Ok(_) => return Ok(None),
        Err(failure) if failure.is(&["ResourceNotFoundException"]) => {}
        Err(failure) => return Err(failure),
    }
    let mut input = named;
    input["ScheduleExpression"] = json!(format!("at({time})"));
    input["FlexibleTimeWindow"] = json!({"Mode": "OFF"});
    input["ActionAfterCompletion"] = json!("DELETE");
    input["Target"] = json!({
        "Arn": own_arn,
        "RoleArn": settings.scheduler_role_arn,
        "Input": json!({"alarm": at}).to_string(),
        "RetryPolicy": {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 300},
    });
    match aws.call("scheduler", "CreateSchedule", &input) {
        // Another run was faster.
        Err(failure) if failure.is(&["ConflictException"]) => Ok(None),
        Err(failure) => Err(failure),
        Ok(_) => Ok(Some(format!("the next run is at {at}"))),
    }
}

/// Writes down what holds, unless it is written already.
fn put_state(
    aws: &mut dyn Aws,
    settings: &Settings,
    state: &Value,
) -> Result<Option<String>, Failure> {
    let name = &settings.state_parameter;
    let there = aws.call("ssm", "GetParameter", &json!({"Name": name}))?;
    let there = there["Parameter"]["Value"].as_str().unwrap_or_default();
    if serde_json::from_str::<Value>(there).is_ok_and(|there| there == *state) {
        return Ok(None);
    }
    let input = json!({"Name": name, "Value": state.to_string(), "Overwrite": true});
    aws.call("ssm", "PutParameter", &input)?;
    Ok(None)
}
