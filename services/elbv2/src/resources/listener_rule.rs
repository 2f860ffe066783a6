//! `AWS::ElasticLoadBalancingV2::ListenerRule` (CFN-RS-12).

use standin_kernel::resource::{Call, Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::action::ACTION;
use super::steps::{self, TAG};

#[derive(Debug)]
pub(super) struct ListenerRule;

const NO_REGEX: &str = "conditions with regular expressions are not built";
const NO_TRANSFORMS: &str = "transforms are not built";

const PROPERTIES: &[Property] = &[
    Property::new("Actions", Kind::List(&Kind::Object(ACTION))).required(),
    Property::new("Conditions", Kind::List(&Kind::Object(CONDITION))).required(),
    Property::new("ListenerArn", Kind::Text).replaces(),
    Property::new("Priority", Kind::Integer(1, 50_000)).required(),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
    Property::new("Transforms", Kind::List(&Kind::Object(TRANSFORM))).refused(NO_TRANSFORMS),
];

const TEXTS: Kind = Kind::List(&Kind::Text);

const CONDITION: &[Property] = &[
    Property::new("Field", Kind::Text),
    Property::new("HostHeaderConfig", Kind::Object(VALUES)),
    Property::new("HttpHeaderConfig", Kind::Object(HTTP_HEADER)),
    Property::new("HttpRequestMethodConfig", Kind::Object(METHODS)),
    Property::new("PathPatternConfig", Kind::Object(VALUES)),
    Property::new("QueryStringConfig", Kind::Object(QUERY_STRING)),
    Property::new("RegexValues", TEXTS).refused(NO_REGEX),
    Property::new("SourceIpConfig", Kind::Object(SOURCE_IP)),
    Property::new("Values", TEXTS),
];

const VALUES: &[Property] =
    &[Property::new("RegexValues", TEXTS).refused(NO_REGEX), Property::new("Values", TEXTS)];

const HTTP_HEADER: &[Property] = &[
    Property::new("HttpHeaderName", Kind::Text),
    Property::new("RegexValues", TEXTS).refused(NO_REGEX),
    Property::new("Values", TEXTS),
];

const METHODS: &[Property] = &[Property::new("Values", TEXTS)];

const QUERY_STRING: &[Property] =
    &[Property::new("Values", Kind::List(&Kind::Object(QUERY_STRING_KEY_VALUE)))];

const QUERY_STRING_KEY_VALUE: &[Property] =
    &[Property::new("Key", Kind::Text), Property::new("Value", Kind::Text)];

const SOURCE_IP: &[Property] = &[
    Property::new("IpAddressType", Kind::Choice(&["ipv4", "ipv6"]))
        .refused("source-ip conditions compare with both families"),
    Property::new("Values", TEXTS),
];

const TRANSFORM: &[Property] = &[
    Property::new("HostHeaderRewriteConfig", Kind::Object(REWRITES)),
    Property::new("Type", Kind::Choice(&["host-header-rewrite", "url-rewrite"])).required(),
    Property::new("UrlRewriteConfig", Kind::Object(REWRITES)),
];

const REWRITES: &[Property] =
    &[Property::new("Rewrites", Kind::List(&Kind::Object(REWRITE))).required()];

const REWRITE: &[Property] = &[
    Property::new("Regex", Kind::Text).required(),
    Property::new("Replace", Kind::Text).required(),
];

impl ResourceType for ListenerRule {
    fn type_name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::ListenerRule"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["IsDefault", "RuleArn"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (0, _) => {
                let names = ["Actions", "Conditions", "ListenerArn", "Priority"];
                let mut input = steps::members(job.properties, &names);
                input["Tags"] = job.tags("Tags").into();
                steps::call("CreateRule", input, 1)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (_, Some(Ok(made))) => done(made["Rules"][0]["RuleArn"].as_str().unwrap_or_default()),
            (_, None) => done(job.physical_id.unwrap_or_default()),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            Some(Err(error)) => steps::refused(error),
            _ => steps::go_on(job, 0, changes(job), || done(job.physical_id.unwrap_or_default())),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        steps::delete(job, "DeleteRule", "RuleArn")
    }
}

fn changes(job: &Job<'_>) -> Vec<Call> {
    let arn = job.physical_id.unwrap_or_default();
    let (had, has) = (job.previous.unwrap_or(&Value::Null), job.properties);
    let settable = ["Actions", "Conditions"];
    let mut calls = Vec::new();
    if settable.iter().any(|name| had[*name] != has[*name]) {
        let mut input = steps::members(has, &settable);
        input["RuleArn"] = arn.into();
        calls.push(("ModifyRule", input));
    }
    if had["Priority"] != has["Priority"] {
        let priority = json!({"RuleArn": arn, "Priority": has["Priority"]});
        calls.push(("SetRulePriorities", json!({"RulePriorities": [priority]})));
    }
    calls.extend(steps::tag_calls(job, arn));
    calls
}

fn done(arn: &str) -> Progress {
    Progress::done(arn, [("IsDefault", false.into()), ("RuleArn", arn.into())])
}
