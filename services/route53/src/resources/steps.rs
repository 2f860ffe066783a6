//! What the types have in common: calls, waiting until name servers know, tags, record sets as the
//! API takes them.

use standin_kernel::resource::{Job, Kind, Progress, Property};
use standin_kernel::{ApiError, Duration, ServiceName, Value, json};

pub(super) const TAG: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

const CIDR_ROUTING: &[Property] = &[
    Property::new("CollectionId", Kind::Text).required(),
    Property::new("LocationName", Kind::Text).required(),
];

const ALIAS_TARGET: &[Property] = &[
    Property::new("DNSName", Kind::Text).required(),
    Property::new("EvaluateTargetHealth", Kind::Bool),
    Property::new("HostedZoneId", Kind::Text).required(),
];

const GEO_LOCATION: &[Property] = &[
    Property::new("ContinentCode", Kind::Text),
    Property::new("CountryCode", Kind::Text),
    Property::new("SubdivisionCode", Kind::Text),
];

const COORDINATES: &[Property] = &[
    Property::new("Latitude", Kind::Text).required(),
    Property::new("Longitude", Kind::Text).required(),
];

const GEO_PROXIMITY: &[Property] = &[
    Property::new("AWSRegion", Kind::Text),
    Property::new("Bias", Kind::Integer(-99, 99)),
    Property::new("Coordinates", Kind::Object(COORDINATES)),
    Property::new("LocalZoneGroup", Kind::Text).refused("Local Zones are not built"),
];

const TYPES: &[&str] = &[
    "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV",
    "SSHFP", "SVCB", "TLSA", "TXT",
];

/// The properties of a record set, in a group or by itself.
pub(super) const RECORD_SET: [Property; 14] = [
    Property::new("AliasTarget", Kind::Object(ALIAS_TARGET)),
    Property::new("CidrRoutingConfig", Kind::Object(CIDR_ROUTING))
        .refused("IP-based routing is not built"),
    Property::new("Failover", Kind::Choice(&["PRIMARY", "SECONDARY"])),
    Property::new("GeoLocation", Kind::Object(GEO_LOCATION)),
    Property::new("GeoProximityLocation", Kind::Object(GEO_PROXIMITY)),
    Property::new("HealthCheckId", Kind::Text),
    Property::new("MultiValueAnswer", Kind::Bool),
    Property::new("Name", Kind::Text).required().replaces(),
    Property::new("Region", Kind::Text),
    Property::new("ResourceRecords", Kind::List(&Kind::Text)),
    Property::new("SetIdentifier", Kind::Text),
    Property::new("TTL", Kind::Text),
    Property::new("Type", Kind::Choice(TYPES)).required(),
    Property::new("Weight", Kind::Integer(0, 255)),
];

/// As resource handlers name the service.
const SERVICE: &str = "Route53";
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_millis(60);

pub(super) fn call(operation: &'static str, input: Value, step: u32, context: Value) -> Progress {
    Progress::Call { service: ServiceName::Route53, operation, input, step, context }
}

pub(super) fn refused(error: &ApiError) -> Progress {
    Progress::refused(error, SERVICE)
}

/// Comes back at `step` later; `physical_id` is known from here on.
pub(super) fn wait(first: bool, step: u32, context: Value, physical_id: &str) -> Progress {
    let after = if first { SOON } else { LOOK_AGAIN };
    Progress::Wait { after, step, context, physical_id: Some(physical_id.to_owned()) }
}

/// The change of tags; `None` when there is none.
pub(super) fn tags(job: &Job<'_>, property: &str, kind: &str, id: &str) -> Option<Value> {
    if job.previous.is_some_and(|previous| previous[property] == job.properties[property]) {
        return None;
    }
    let (tags, gone) = (job.tags(property), job.tag_keys_gone(property));
    if tags.is_empty() && gone.is_empty() {
        return None;
    }
    let mut input = json!({"ResourceType": kind, "ResourceId": id, "AddTags": tags});
    if !gone.is_empty() {
        input["RemoveTagKeys"] = gone.into();
    }
    Some(input)
}

/// A record set of a template as the API takes it.
pub(super) fn record_set(from: &Value) -> Value {
    let mut set = json!({});
    for property in &RECORD_SET {
        let value = &from[property.name];
        if value.is_null() {
            continue;
        }
        set[property.name] = match property.name {
            "ResourceRecords" => {
                let values = value.as_array().into_iter().flatten();
                values.map(|value| json!({"Value": value})).collect::<Vec<Value>>().into()
            }
            "TTL" | "Weight" => value.as_str().map_or(value.clone(), |text| {
                text.trim().parse::<i64>().map_or(value.clone(), Value::from)
            }),
            "AliasTarget" => {
                let mut alias = value.clone();
                if alias["EvaluateTargetHealth"].is_null() {
                    alias["EvaluateTargetHealth"] = json!(false);
                }
                alias
            }
            _ => value.clone(),
        };
    }
    set
}

/// Where the walk over a batch of changes stands.
pub(super) const ZONE: u32 = 0;
const ZONES_LISTED: u32 = 1;
const CHANGED: u32 = 2;
const LOOK: u32 = 3;
const LOOKED: u32 = 4;

/// Makes changes in the zone that the properties name, then waits until name servers know.
/// `changes`: `Changes` of the batch; none is done at once.
pub(super) fn walk(job: &Job<'_>, of: &Value, id: &str, changes: &[Value]) -> Progress {
    if changes.is_empty() {
        return Progress::done(id, []);
    }
    let batch = |zone: &str| {
        let mut batch = json!({"Changes": changes});
        if let Some(comment) = of["Comment"].as_str() {
            batch["Comment"] = comment.into();
        }
        let input = json!({"HostedZoneId": zone, "ChangeBatch": batch});
        call("ChangeResourceRecordSets", input, CHANGED, Value::Null)
    };
    match (job.step, job.reply) {
        (ZONE, _) => match (of["HostedZoneId"].as_str(), of["HostedZoneName"].as_str()) {
            (Some(_), Some(_)) => Progress::Failed {
                message: "Only one of HostedZoneId and HostedZoneName may be specified".into(),
            },
            (Some(zone), None) => batch(zone),
            (None, Some(name)) => {
                let input = json!({"DNSName": name});
                call("ListHostedZonesByName", input, ZONES_LISTED, Value::Null)
            }
            (None, None) => Progress::Failed {
                message: "One of HostedZoneId and HostedZoneName must be specified".into(),
            },
        },
        (_, Some(Err(error))) => refused(error),
        (ZONES_LISTED, Some(Ok(listed))) => by_name(of, listed)
            .map_or_else(|message| Progress::Failed { message }, |zone| batch(&zone)),
        (CHANGED, Some(Ok(answer))) => wait(true, LOOK, answer["ChangeInfo"]["Id"].clone(), id),
        (LOOKED, Some(Ok(answer))) if answer["ChangeInfo"]["Status"] != "INSYNC" => {
            wait(false, LOOK, answer["ChangeInfo"]["Id"].clone(), id)
        }
        (LOOK, _) => call("GetChange", json!({"Id": job.context}), LOOKED, Value::Null),
        (_, Some(Ok(answer))) => Progress::done(id, [("Id", change_id(answer))]),
        _ => Progress::done(id, []),
    }
}

/// `C0123456789ABC`
fn change_id(answer: &Value) -> Value {
    let id = answer["ChangeInfo"]["Id"].as_str().unwrap_or_default();
    id.strip_prefix("/change/").unwrap_or(id).into()
}

/// The id of the one zone of a name.
fn by_name(of: &Value, listed: &Value) -> Result<String, String> {
    let name = of["HostedZoneName"].as_str().unwrap_or_default();
    if !name.ends_with('.') {
        return Err(format!("HostedZoneName {name} must end with a dot"));
    }
    let zones = listed["HostedZones"].as_array().into_iter().flatten();
    let same: Vec<&Value> = zones
        .filter(|zone| zone["Name"].as_str().is_some_and(|have| have.eq_ignore_ascii_case(name)))
        .collect();
    match same[..] {
        [zone] => Ok(zone["Id"].as_str().unwrap_or_default().to_owned()),
        [] => Err(format!("No hosted zones named {name} found")),
        _ => Err(format!("Multiple hosted zones named {name} found")),
    }
}
