//! Adding rules to security groups, taking them away, and describing them.

use serde::Deserialize;
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::Asked;
use super::error::{self, CODES, not_built, refused};
use super::security_group::meant;
use crate::ec2::Ec2;
use crate::ec2::rule::{
    GroupPair, IpPermission, IpRange, Peer, Permission, Rule, block, block6, check_description,
    prefix_list, reach, show,
};
use crate::operation::read;

/// Input of the four operations. One rule may be written without `IpPermissions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asking {
    group_id: Option<String>,
    group_name: Option<String>,
    #[serde(default)]
    ip_permissions: Vec<IpPermission>,
    /// For revoking.
    #[serde(default)]
    security_group_rule_ids: Vec<String>,
    ip_protocol: Option<String>,
    from_port: Option<i64>,
    to_port: Option<i64>,
    cidr_ip: Option<String>,
    source_security_group_name: Option<String>,
    source_security_group_owner_id: Option<String>,
}

/// What is asked for, and its description.
type Wanted = (Permission, Option<String>);

impl Asking {
    /// Each peer on its own.
    fn permissions(&mut self, ec2: &Ec2, account: &str) -> Result<Vec<Wanted>, ApiError> {
        if let Some(protocol) = self.ip_protocol.take() {
            let range = |cidr_ip| IpRange { cidr_ip, description: None };
            let pair = |name| GroupPair {
                group_id: None,
                group_name: Some(name),
                user_id: self.source_security_group_owner_id.take(),
                vpc_id: None,
                description: None,
            };
            self.ip_permissions.push(IpPermission {
                ip_protocol: protocol,
                from_port: self.from_port,
                to_port: self.to_port,
                ip_ranges: self.cidr_ip.take().into_iter().map(range).collect(),
                ipv6_ranges: Vec::new(),
                prefix_list_ids: Vec::new(),
                user_id_group_pairs: self
                    .source_security_group_name
                    .take()
                    .into_iter()
                    .map(pair)
                    .collect(),
            });
        }
        let mut wanted = Vec::new();
        for one in &self.ip_permissions {
            wanted.extend(apart(ec2, account, one)?);
        }
        Ok(wanted)
    }
}

fn apart(ec2: &Ec2, account: &str, one: &IpPermission) -> Result<Vec<Wanted>, ApiError> {
    let (protocol, ports) = reach(&one.ip_protocol, one.from_port, one.to_port)?;
    let mut peers: Vec<(Peer, Option<String>)> = Vec::new();
    for range in &one.ip_ranges {
        peers.push((block(&range.cidr_ip)?, range.description.clone()));
    }
    for range in &one.ipv6_ranges {
        peers.push((block6(&range.cidr_ipv6)?, range.description.clone()));
    }
    for list in &one.prefix_list_ids {
        peers.push((prefix_list(&list.prefix_list_id)?, list.description.clone()));
    }
    for pair in &one.user_id_group_pairs {
        if pair.user_id.as_deref().is_some_and(|owner| owner != account) {
            return Err(not_built("A security group of another account"));
        }
        let id = meant(ec2, pair.group_id.as_deref(), pair.group_name.as_deref())?;
        if let Some(vpc) = &pair.vpc_id {
            ec2.vpc(vpc)?;
        }
        peers.push((Peer::Group(id), pair.description.clone()));
    }
    if peers.is_empty() {
        return Err(error::missing("cidrIp"));
    }
    let mut wanted = Vec::new();
    for (peer, description) in peers {
        if let Some(text) = &description {
            check_description(text, "rule")?;
        }
        wanted.push((Permission { protocol: protocol.clone(), ports, peer }, description));
    }
    Ok(wanted)
}

pub(super) fn authorize_ingress(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    authorize(ec2, cx, read("AuthorizeSecurityGroupIngress", value, CODES)?, false)
}

pub(super) fn authorize_egress(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    authorize(ec2, cx, read("AuthorizeSecurityGroupEgress", value, CODES)?, true)
}

/// All rules or none.
fn authorize(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    mut asked: Asking,
    egress: bool,
) -> Result<Value, ApiError> {
    let id = meant(ec2, asked.group_id.as_deref(), asked.group_name.as_deref())?;
    let wanted = asked.permissions(ec2, &cx.env.account)?;
    if wanted.is_empty() {
        return Err(error::missing("ipPermissions"));
    }
    let there = &ec2.group(&id)?.rules;
    let mut added: Vec<Rule> = Vec::new();
    for (what, description) in wanted {
        let same = |rule: &Rule| rule.egress == egress && rule.what == what;
        if there.iter().chain(&added).any(same) {
            let message = format!("the specified rule \"{}\" already exists", what.words());
            return Err(refused("InvalidPermission.Duplicate", message));
        }
        added.push(Rule { id: ec2_id(cx.rng, "sgr"), egress, what, description });
    }
    let account = cx.env.account.clone();
    let shown: Vec<Value> = added.iter().map(|rule| show(rule, &id, &account)).collect();
    ec2.groups.change(cx, &id, |group| group.rules.extend(added));
    Ok(json!({"Return": true, "SecurityGroupRules": shown}))
}

pub(super) fn revoke_ingress(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    revoke(ec2, cx, read("RevokeSecurityGroupIngress", value, CODES)?, false)
}

pub(super) fn revoke_egress(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    revoke(ec2, cx, read("RevokeSecurityGroupEgress", value, CODES)?, true)
}

fn revoke(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    mut asked: Asking,
    egress: bool,
) -> Result<Value, ApiError> {
    let id = meant(ec2, asked.group_id.as_deref(), asked.group_name.as_deref())?;
    let wanted = asked.permissions(ec2, &cx.env.account)?;
    let rules = &ec2.group(&id)?.rules;
    for rule in &asked.security_group_rule_ids {
        if !rules.iter().any(|one| one.id == *rule && one.egress == egress) {
            return Err(no_rule(rule));
        }
    }
    for (what, _) in &wanted {
        if !rules.iter().any(|one| one.egress == egress && one.what == *what) {
            let message = "The specified rule does not exist in this security group.";
            return Err(refused("InvalidPermission.NotFound", message));
        }
    }
    let goes = |rule: &Rule| {
        asked.security_group_rule_ids.contains(&rule.id)
            || (rule.egress == egress && wanted.iter().any(|(what, _)| *what == rule.what))
    };
    let revoked: Vec<Value> = rules
        .iter()
        .filter(|rule| goes(rule))
        .map(|rule| json!({"SecurityGroupRuleId": rule.id, "GroupId": id, "IsEgress": egress}))
        .collect();
    ec2.groups.change(cx, &id, |group| group.rules.retain(|rule| !goes(rule)));
    Ok(json!({"Return": true, "RevokedSecurityGroupRules": revoked}))
}

fn no_rule(id: &str) -> ApiError {
    let message = format!("The security group rule ID '{id}' does not exist");
    refused("InvalidSecurityGroupRuleId.NotFound", message)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Anew {
    group_id: Option<String>,
    group_name: Option<String>,
    #[serde(default)]
    ip_permissions: Vec<IpPermission>,
    #[serde(default)]
    security_group_rule_descriptions: Vec<RuleDescription>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RuleDescription {
    security_group_rule_id: String,
    description: Option<String>,
}

pub(super) fn describe_anew_ingress(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked = read("UpdateSecurityGroupRuleDescriptionsIngress", value, CODES)?;
    describe_anew(ec2, cx, &asked, false)
}

pub(super) fn describe_anew_egress(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked = read("UpdateSecurityGroupRuleDescriptionsEgress", value, CODES)?;
    describe_anew(ec2, cx, &asked, true)
}

fn describe_anew(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    asked: &Anew,
    egress: bool,
) -> Result<Value, ApiError> {
    let id = meant(ec2, asked.group_id.as_deref(), asked.group_name.as_deref())?;
    let mut rules = ec2.group(&id)?.rules.clone();
    for one in &asked.security_group_rule_descriptions {
        let rule = rules.iter_mut().find(|rule| rule.id == one.security_group_rule_id);
        let rule = rule.ok_or_else(|| no_rule(&one.security_group_rule_id))?;
        check_description(one.description.as_deref().unwrap_or_default(), "rule")?;
        rule.description.clone_from(&one.description);
    }
    for one in &asked.ip_permissions {
        for (what, description) in apart(ec2, &cx.env.account, one)? {
            let rule = rules.iter_mut().find(|rule| rule.egress == egress && rule.what == what);
            let rule = rule.ok_or_else(|| {
                let message = "The specified rule does not exist in this security group.";
                refused("InvalidPermission.NotFound", message)
            })?;
            rule.description = description;
        }
    }
    ec2.groups.change(cx, &id, |group| group.rules = rules);
    Ok(json!({"Return": true}))
}

pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeSecurityGroupRules", value, "SecurityGroupRuleIds")?;
    let rules = || {
        let of = |group: &'_ crate::ec2::state::SecurityGroup| {
            let shown = |rule: &Rule| show(rule, &group.id, &cx.env.account);
            group.rules.iter().map(shown).collect::<Vec<_>>()
        };
        ec2.groups.values().flat_map(of)
    };
    for id in &asked.ids {
        if !rules().any(|rule| rule["SecurityGroupRuleId"] == json!(id)) {
            return Err(no_rule(id));
        }
    }
    let wanted = |rule: &Value| {
        asked.ids.is_empty() || asked.ids.iter().any(|id| rule["SecurityGroupRuleId"] == json!(id))
    };
    let shown = rules().filter(wanted).collect();
    let paths = [("security-group-rule-id", "SecurityGroupRuleId"), ("group-id", "GroupId")];
    asked.answer("SecurityGroupRules", shown, &paths)
}
