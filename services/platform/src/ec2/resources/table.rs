//! The properties of the EC2 types, all that AWS documents, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

pub(crate) const VPC: &[Property] = &[
    Property::new("CidrBlock", Kind::Text).replaces(),
    Property::new("EnableDnsHostnames", Kind::Bool)
        .no_effect("names of instances are not served here"),
    Property::new("EnableDnsSupport", Kind::Bool)
        .no_effect("names are resolved the same way with it and without it here"),
    Property::new("InstanceTenancy", Kind::Choice(&["dedicated", "default", "host"]))
        .no_effect("one machine has no dedicated hardware"),
    Property::new("Ipv4IpamPoolId", Kind::Text)
        .replaces()
        .refused("IP address manager pools are not built"),
    Property::new("Ipv4NetmaskLength", Kind::Integer(i64::MIN, i64::MAX))
        .replaces()
        .refused("IP address manager pools are not built"),
    Property::new("Tags", TAGS),
    Property::new("VpcEncryptionControl", Kind::Object(VPC_ENCRYPTION_CONTROL))
        .replaces()
        .no_effect("traffic inside one machine does not leave it"),
];

const VPC_ENCRYPTION_CONTROL: &[Property] = &[
    Property::new("EgressOnlyInternetGatewayExclusion", Kind::Choice(&["enable", "disable"])),
    Property::new("ElasticFileSystemExclusion", Kind::Choice(&["enable", "disable"])),
    Property::new("InternetGatewayExclusion", Kind::Choice(&["enable", "disable"])),
    Property::new("LambdaExclusion", Kind::Choice(&["enable", "disable"])),
    Property::new("Mode", Kind::Choice(&["monitor", "enforce"])),
    Property::new("NatGatewayExclusion", Kind::Choice(&["enable", "disable"])),
    Property::new("VirtualPrivateGatewayExclusion", Kind::Choice(&["enable", "disable"])),
    Property::new("VpcLatticeExclusion", Kind::Choice(&["enable", "disable"])),
    Property::new("VpcPeeringExclusion", Kind::Choice(&["enable", "disable"])),
];

pub(crate) const SUBNET: &[Property] = &[
    Property::new("AssignIpv6AddressOnCreation", Kind::Bool).refused("IPv6 networks are not built"),
    Property::new("AvailabilityZone", Kind::Text).replaces(),
    Property::new("AvailabilityZoneId", Kind::Text).replaces(),
    Property::new("CidrBlock", Kind::Text).replaces(),
    Property::new("EnableDns64", Kind::Bool).refused("IPv6 networks are not built"),
    Property::new("EnableLniAtDeviceIndex", Kind::Integer(i64::MIN, i64::MAX))
        .refused("Outposts are not built"),
    Property::new("Ipv4IpamPoolId", Kind::Text)
        .replaces()
        .refused("IP address manager pools are not built"),
    Property::new("Ipv4NetmaskLength", Kind::Integer(i64::MIN, i64::MAX))
        .replaces()
        .refused("IP address manager pools are not built"),
    Property::new("Ipv6CidrBlock", Kind::Text).refused("IPv6 networks are not built"),
    Property::new("Ipv6IpamPoolId", Kind::Text).replaces().refused("IPv6 networks are not built"),
    Property::new("Ipv6Native", Kind::Bool).replaces().refused("IPv6 networks are not built"),
    Property::new("Ipv6NetmaskLength", Kind::Integer(i64::MIN, i64::MAX))
        .replaces()
        .refused("IPv6 networks are not built"),
    Property::new("MapPublicIpOnLaunch", Kind::Bool).no_effect("no instances are launched here"),
    Property::new("OutpostArn", Kind::Text).replaces().refused("Outposts are not built"),
    Property::new(
        "PrivateDnsNameOptionsOnLaunch",
        Kind::Object(PRIVATE_DNS_NAME_OPTIONS_ON_LAUNCH),
    )
    .no_effect("no instances are launched here"),
    Property::new("Tags", TAGS),
    Property::new("VpcId", Kind::Text).required().replaces(),
];

const PRIVATE_DNS_NAME_OPTIONS_ON_LAUNCH: &[Property] = &[
    Property::new("EnableResourceNameDnsAAAARecord", Kind::Bool),
    Property::new("EnableResourceNameDnsARecord", Kind::Bool),
    Property::new("HostnameType", Kind::Text),
];

pub(crate) const INTERNET_GATEWAY: &[Property] = &[Property::new("Tags", TAGS)];

pub(crate) const VPC_GATEWAY_ATTACHMENT: &[Property] = &[
    Property::new("InternetGatewayId", Kind::Text),
    Property::new("VpcId", Kind::Text).required().replaces(),
    Property::new("VpnGatewayId", Kind::Text).refused("VPN gateways are not built"),
];

pub(crate) const ROUTE_TABLE: &[Property] =
    &[Property::new("Tags", TAGS), Property::new("VpcId", Kind::Text).required().replaces()];

pub(crate) const ROUTE: &[Property] = &[
    Property::new("CarrierGatewayId", Kind::Text).refused("carrier gateways are not built"),
    Property::new("CoreNetworkArn", Kind::Text).refused("core networks are not built"),
    Property::new("DestinationCidrBlock", Kind::Text)
        .replaces()
        .no_effect("one machine has no packet routing"),
    Property::new("DestinationIpv6CidrBlock", Kind::Text)
        .replaces()
        .refused("IPv6 networks are not built"),
    Property::new("DestinationPrefixListId", Kind::Text)
        .replaces()
        .no_effect("one machine has no packet routing"),
    Property::new("EgressOnlyInternetGatewayId", Kind::Text).refused("IPv6 networks are not built"),
    Property::new("GatewayId", Kind::Text).no_effect("one machine has no packet routing"),
    Property::new("InstanceId", Kind::Text).refused("instances are not built"),
    Property::new("LocalGatewayId", Kind::Text).refused("Outposts are not built"),
    Property::new("NatGatewayId", Kind::Text).no_effect("one machine has no packet routing"),
    Property::new("NetworkInterfaceId", Kind::Text).refused("network interfaces are not built"),
    Property::new("OdbNetworkArn", Kind::Text).refused("ODB networks are not built"),
    Property::new("RouteTableId", Kind::Text).required().replaces(),
    Property::new("TransitGatewayId", Kind::Text).refused("transit gateways are not built"),
    Property::new("VpcEndpointId", Kind::Text)
        .refused("gateway load balancer endpoints are not built"),
    Property::new("VpcPeeringConnectionId", Kind::Text)
        .refused("peering connections are not built"),
];

pub(crate) const SUBNET_ROUTE_TABLE_ASSOCIATION: &[Property] = &[
    Property::new("RouteTableId", Kind::Text)
        .required()
        .replaces()
        .no_effect("one machine has no packet routing"),
    Property::new("SubnetId", Kind::Text).required().replaces(),
];

pub(crate) const EIP: &[Property] = &[
    Property::new("Address", Kind::Text).replaces().refused("addresses are not recovered here"),
    Property::new("Domain", Kind::Text),
    Property::new("InstanceId", Kind::Text).refused("instances are not built"),
    Property::new("IpamPoolId", Kind::Text)
        .replaces()
        .refused("IP address manager pools are not built"),
    Property::new("NetworkBorderGroup", Kind::Text)
        .replaces()
        .no_effect("one machine has one place to announce addresses from"),
    Property::new("PublicIpv4Pool", Kind::Text)
        .refused("pools of one's own addresses are not built"),
    Property::new("Tags", TAGS),
    Property::new("TransferAddress", Kind::Text)
        .replaces()
        .refused("addresses are not transferred here"),
];

pub(crate) const NAT_GATEWAY: &[Property] = &[
    Property::new("AllocationId", Kind::Text).replaces(),
    Property::new("AvailabilityMode", Kind::Choice(&["regional", "zonal"]))
        .replaces()
        .refused("regional NAT gateways are not built"),
    Property::new(
        "AvailabilityZoneAddresses",
        Kind::List(&Kind::Object(AVAILABILITY_ZONE_ADDRESS)),
    )
    .refused("regional NAT gateways are not built"),
    Property::new("ConnectivityType", Kind::Choice(&["private", "public"])).replaces(),
    Property::new("MaxDrainDurationSeconds", Kind::Integer(i64::MIN, i64::MAX))
        .no_effect("no connections pass a NAT gateway here"),
    Property::new("PrivateIpAddress", Kind::Text).replaces(),
    Property::new("SecondaryAllocationIds", Kind::List(&Kind::Text))
        .refused("secondary addresses are not built"),
    Property::new("SecondaryPrivateIpAddressCount", Kind::Integer(1, 31))
        .refused("secondary addresses are not built"),
    Property::new("SecondaryPrivateIpAddresses", Kind::List(&Kind::Text))
        .refused("secondary addresses are not built"),
    Property::new("SubnetId", Kind::Text).replaces(),
    Property::new("Tags", TAGS),
    Property::new("VpcId", Kind::Text).replaces().refused("regional NAT gateways are not built"),
];

const AVAILABILITY_ZONE_ADDRESS: &[Property] = &[
    Property::new("AllocationIds", Kind::List(&Kind::Text)).required(),
    Property::new("AvailabilityZone", Kind::Text),
    Property::new("AvailabilityZoneId", Kind::Text),
];

pub(crate) const VPC_ENDPOINT: &[Property] = &[
    Property::new("DnsOptions", Kind::Object(DNS_OPTIONS_SPECIFICATION))
        .no_effect("names are resolved the same way with an endpoint and without it here"),
    Property::new("IpAddressType", Kind::Choice(&["ipv4", "ipv6", "dualstack", "not-specified"]))
        .no_effect("one machine reaches its services without endpoints"),
    Property::new("PolicyDocument", Kind::Json)
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("PrivateDnsEnabled", Kind::Bool)
        .no_effect("names are resolved the same way with an endpoint and without it here"),
    Property::new("ResourceConfigurationArn", Kind::Text)
        .replaces()
        .refused("VPC Lattice is not built"),
    Property::new("RouteTableIds", Kind::List(&Kind::Text))
        .no_effect("one machine has no packet routing"),
    Property::new("SecurityGroupIds", Kind::List(&Kind::Text))
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("ServiceName", Kind::Text).replaces(),
    Property::new("ServiceNetworkArn", Kind::Text).replaces().refused("VPC Lattice is not built"),
    Property::new("ServiceRegion", Kind::Text)
        .replaces()
        .refused("endpoints in other regions are not built"),
    Property::new("SubnetIds", Kind::List(&Kind::Text))
        .no_effect("one machine reaches its services without endpoints"),
    Property::new("Tags", TAGS),
    Property::new(
        "VpcEndpointType",
        Kind::Choice(&[
            "Interface",
            "Gateway",
            "GatewayLoadBalancer",
            "ServiceNetwork",
            "Resource",
            "Tunnel",
        ]),
    )
    .replaces(),
    Property::new("VpcId", Kind::Text).required().replaces(),
];

const DNS_OPTIONS_SPECIFICATION: &[Property] = &[
    Property::new(
        "DnsRecordIpType",
        Kind::Choice(&["ipv4", "ipv6", "dualstack", "service-defined", "not-specified"]),
    ),
    Property::new(
        "PrivateDnsOnlyForInboundResolverEndpoint",
        Kind::Choice(&["OnlyInboundResolver", "AllResolvers", "NotSpecified"]),
    ),
    Property::new(
        "PrivateDnsPreference",
        Kind::Choice(&[
            "VERIFIED_DOMAINS_ONLY",
            "ALL_DOMAINS",
            "VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS",
            "SPECIFIED_DOMAINS_ONLY",
        ]),
    )
    .replaces(),
    Property::new("PrivateDnsSpecifiedDomains", Kind::List(&Kind::Text)).replaces(),
];
