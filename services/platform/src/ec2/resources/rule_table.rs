//! The properties of the security group types, all that AWS documents, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

pub(crate) const SECURITY_GROUP: &[Property] = &[
    Property::new("GroupDescription", Kind::Text).required().replaces(),
    Property::new("GroupName", Kind::Text).replaces(),
    Property::new("SecurityGroupEgress", Kind::List(&Kind::Object(EGRESS)))
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("SecurityGroupIngress", Kind::List(&Kind::Object(INGRESS)))
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("Tags", TAGS),
    Property::new("VpcId", Kind::Text).replaces(),
];

const EGRESS: &[Property] = &[
    Property::new("CidrIp", Kind::Text),
    Property::new("CidrIpv6", Kind::Text),
    Property::new("Description", Kind::Text),
    Property::new("DestinationPrefixListId", Kind::Text),
    Property::new("DestinationSecurityGroupId", Kind::Text),
    Property::new("FromPort", Kind::Integer(-1, i64::MAX)),
    Property::new("IpProtocol", Kind::Text).required(),
    Property::new("ToPort", Kind::Integer(-1, i64::MAX)),
];

const INGRESS: &[Property] = &[
    Property::new("CidrIp", Kind::Text),
    Property::new("CidrIpv6", Kind::Text),
    Property::new("Description", Kind::Text),
    Property::new("FromPort", Kind::Integer(-1, i64::MAX)),
    Property::new("IpProtocol", Kind::Text).required(),
    Property::new("SourcePrefixListId", Kind::Text),
    Property::new("SourceSecurityGroupId", Kind::Text),
    Property::new("SourceSecurityGroupName", Kind::Text),
    Property::new("SourceSecurityGroupOwnerId", Kind::Text),
    Property::new("ToPort", Kind::Integer(-1, i64::MAX)),
];

pub(crate) const SECURITY_GROUP_INGRESS: &[Property] = &[
    Property::new("CidrIp", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("CidrIpv6", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("Description", Kind::Text),
    Property::new("FromPort", Kind::Integer(-1, i64::MAX))
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("GroupId", Kind::Text).replaces(),
    Property::new("GroupName", Kind::Text).replaces(),
    Property::new("IpProtocol", Kind::Text)
        .required()
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("SourcePrefixListId", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("SourceSecurityGroupId", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("SourceSecurityGroupName", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("SourceSecurityGroupOwnerId", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("ToPort", Kind::Integer(-1, i64::MAX))
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
];

pub(crate) const SECURITY_GROUP_EGRESS: &[Property] = &[
    Property::new("CidrIp", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("CidrIpv6", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("Description", Kind::Text),
    Property::new("DestinationPrefixListId", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("DestinationSecurityGroupId", Kind::Text)
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("FromPort", Kind::Integer(-1, i64::MAX))
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("GroupId", Kind::Text).required().replaces(),
    Property::new("IpProtocol", Kind::Text)
        .required()
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("ToPort", Kind::Integer(-1, i64::MAX))
        .replaces()
        .no_effect("one machine's loopback has no packet filter"),
];
