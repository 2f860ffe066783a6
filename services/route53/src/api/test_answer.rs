//! `TestDNSAnswer`: what a name server would answer now, without asking it over the network.

use std::net::IpAddr;

use serde::Deserialize;
use standin_kernel::dns::{Name, Question, RecordType};
use standin_kernel::{ApiError, Cx, Value, json};

use super::read;
use crate::Route53;
use crate::data::health::Endpoints;
use crate::data::rdata;
use crate::error::invalid_input;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    hosted_zone_id: String,
    record_name: String,
    record_type: String,
    #[serde(rename = "ResolverIP")]
    resolver_ip: Option<IpAddr>,
    #[serde(rename = "EDNS0ClientSubnetIP")]
    subnet_ip: Option<IpAddr>,
    #[serde(rename = "EDNS0ClientSubnetMask")]
    subnet_mask: Option<String>,
}

/// What the control plane believes of the world: everything is there and fit.
#[derive(Debug)]
struct AllFit;

impl Endpoints for AllFit {
    fn exists(&self, _host: &str) -> bool {
        true
    }

    fn is_healthy(&self, _host: &str) -> bool {
        true
    }
}

pub(super) fn test(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: Input = read("TestDNSAnswer", input)?;
    let settings = &route53.state.zone(&input.hosted_zone_id)?.settings;
    let server = settings.name_servers[0].clone();
    let id = settings.id.clone();
    let name = Name::parse(&input.record_name);
    let name = name.map_err(|wrong| invalid_input(format!("RecordName: {wrong}")))?;
    let kind = RecordType::parse(&input.record_type)
        .ok_or_else(|| invalid_input(format!("{} is no record type", input.record_type)))?;
    let mut question = Question::own(name.clone(), kind);
    if let Some(resolver) = input.resolver_ip {
        question.asker = resolver;
    }
    let usual = if input.subnet_ip.is_some_and(|ip| ip.is_ipv6()) { 48 } else { 24 };
    let bits = input.subnet_mask.and_then(|text| text.parse().ok()).unwrap_or(usual);
    question.subnet = input.subnet_ip.map(|ip| (ip, bits));
    let answer = route53.answer_from(cx, &id, &question, &AllFit);
    // Values are told as they were written.
    let values = &route53.state.zone(&id)?.records;
    let data: Vec<String> = answer
        .answers
        .iter()
        .filter_map(|record| {
            let mut written = values.values().flat_map(|set| &set.resource_records);
            let same = written.find(|value| {
                rdata::parse(record.kind, &value.value).is_ok_and(|octets| octets == record.data)
            });
            let written = same.map(|value| value.value.clone());
            written.or_else(|| record.address().map(|address| address.to_string()))
        })
        .collect();
    Ok(json!({
        "Nameserver": server,
        "RecordName": name.host(),
        "RecordType": input.record_type,
        "RecordData": data,
        "ResponseCode": answer.code.name(),
        "Protocol": "UDP",
    }))
}
