//! What EC2 keeps. All of it survives a restart; what passes with time is told from moments.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{ApiError, Time};

use super::api::error;
use super::cidr::Cidr;
use super::rule::Rule;
use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct Ec2 {
    pub(super) vpcs: Shelf<Vpc>,
    pub(super) subnets: Shelf<Subnet>,
    pub(super) internet_gateways: Shelf<InternetGateway>,
    pub(super) route_tables: Shelf<RouteTable>,
    pub(super) groups: Shelf<SecurityGroup>,
    pub(super) addresses: Shelf<Address>,
    pub(super) nat_gateways: Shelf<NatGateway>,
    pub(super) endpoints: Shelf<VpcEndpoint>,
}

impl Default for Ec2 {
    fn default() -> Self {
        Self {
            vpcs: Shelf::new("ec2.vpc"),
            subnets: Shelf::new("ec2.subnet"),
            internet_gateways: Shelf::new("ec2.internet-gateway"),
            route_tables: Shelf::new("ec2.route-table"),
            groups: Shelf::new("ec2.security-group"),
            addresses: Shelf::new("ec2.elastic-ip"),
            nat_gateways: Shelf::new("ec2.natgateway"),
            endpoints: Shelf::new("ec2.vpc-endpoint"),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Vpc {
    pub(super) id: String,
    pub(super) cidr: Cidr,
    pub(super) cidr_association_id: String,
    pub(super) tenancy: String,
    pub(super) dns_support: bool,
    pub(super) dns_hostnames: bool,
    pub(super) default_acl: String,
    pub(super) default_group: String,
    pub(super) main_route_table: String,
    pub(super) dhcp_options: String,
    pub(super) is_default: bool,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) vpc: String,
    pub(super) cidr: Cidr,
    pub(super) zone: String,
    pub(super) zone_id: String,
    pub(super) map_public_ip: bool,
    pub(super) hostname_type: String,
    pub(super) resource_name_a: bool,
    pub(super) resource_name_aaaa: bool,
    pub(super) default_for_zone: bool,
    /// Of the network ACL of its VPC.
    pub(super) acl_association_id: String,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct InternetGateway {
    pub(super) id: String,
    /// Attached to.
    pub(super) vpc: Option<String>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RouteTable {
    pub(super) id: String,
    pub(super) vpc: String,
    /// Besides the local one.
    pub(super) routes: Vec<Route>,
    pub(super) associations: Vec<Association>,
    /// Of the request that made it: the same request again gives the same table.
    pub(super) client_token: Option<String>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Association {
    pub(super) id: String,
    /// `None`: the main one, of all subnets without one of their own.
    pub(super) subnet: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Route {
    pub(super) destination: Destination,
    pub(super) target: Target,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Destination {
    Block(Cidr),
    PrefixList(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    InternetGateway(String),
    NatGateway(String),
    /// A gateway endpoint, which puts its own routes.
    Endpoint(String),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SecurityGroup {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) vpc: String,
    pub(super) rules: Vec<Rule>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) allocation_id: String,
    pub(super) ip: Ipv4Addr,
    pub(super) association: Option<AddressAssociation>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AddressAssociation {
    pub(super) id: String,
    pub(super) interface: String,
    pub(super) private_ip: Ipv4Addr,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NatGateway {
    pub(super) id: String,
    pub(super) subnet: String,
    pub(super) vpc: String,
    pub(super) interface: String,
    pub(super) private_ip: Ipv4Addr,
    /// Allocation and its address; `None` for private connectivity.
    pub(super) public: Option<(String, Ipv4Addr)>,
    pub(super) created: Time,
    /// Available from here on.
    pub(super) available: Time,
    pub(super) deletion: Option<Deletion>,
    /// Of the request that made it: the same request again gives the same gateway.
    pub(super) client_token: Option<String>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Deletion {
    pub(super) asked: Time,
    pub(super) done: Time,
}

impl NatGateway {
    pub(super) fn is_deleted(&self, now: Time) -> bool {
        self.deletion.as_ref().is_some_and(|deletion| deletion.done <= now)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct VpcEndpoint {
    pub(super) id: String,
    pub(super) vpc: String,
    pub(super) service: String,
    pub(super) kind: EndpointKind,
    pub(super) route_tables: Vec<String>,
    pub(super) subnets: Vec<String>,
    pub(super) groups: Vec<String>,
    /// One for each subnet.
    pub(super) interfaces: Vec<String>,
    /// The document as text.
    pub(super) policy: String,
    pub(super) private_dns: bool,
    pub(super) created: Time,
    pub(super) tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EndpointKind {
    Gateway,
    Interface,
}

impl Ec2 {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "vpc" => self.vpcs.restore(record),
            "subnet" => self.subnets.restore(record),
            "internet-gateway" => self.internet_gateways.restore(record),
            "route-table" => self.route_tables.restore(record),
            "security-group" => self.groups.restore(record),
            "elastic-ip" => self.addresses.restore(record),
            "natgateway" => self.nat_gateways.restore(record),
            "vpc-endpoint" => self.endpoints.restore(record),
            _ => Ok(false),
        }
    }

    pub(super) fn vpc(&self, id: &str) -> Result<&Vpc, ApiError> {
        self.vpcs.get(id).ok_or_else(|| error::no_vpc(id))
    }

    pub(super) fn subnet(&self, id: &str) -> Result<&Subnet, ApiError> {
        self.subnets.get(id).ok_or_else(|| error::no_subnet(id))
    }

    pub(super) fn route_table(&self, id: &str) -> Result<&RouteTable, ApiError> {
        self.route_tables.get(id).ok_or_else(|| error::no_route_table(id))
    }

    pub(super) fn internet_gateway(&self, id: &str) -> Result<&InternetGateway, ApiError> {
        self.internet_gateways.get(id).ok_or_else(|| error::no_internet_gateway(id))
    }

    pub(super) fn group(&self, id: &str) -> Result<&SecurityGroup, ApiError> {
        self.groups.get(id).ok_or_else(|| error::no_group(id))
    }

    pub(super) fn default_vpc(&self) -> Option<&Vpc> {
        self.vpcs.values().find(|vpc| vpc.is_default)
    }

    /// Changes the tags of whatever has that id; `None` when nothing has.
    pub(super) fn retag<R>(
        &mut self,
        cx: &mut standin_kernel::Cx<'_>,
        id: &str,
        change: impl FnOnce(&mut Tags) -> R,
    ) -> Option<R> {
        match id.rsplit_once('-').map(|(prefix, _)| prefix)? {
            "vpc" => self.vpcs.change(cx, id, |one| change(&mut one.tags)),
            "subnet" => self.subnets.change(cx, id, |one| change(&mut one.tags)),
            "igw" => self.internet_gateways.change(cx, id, |one| change(&mut one.tags)),
            "rtb" => self.route_tables.change(cx, id, |one| change(&mut one.tags)),
            "sg" => self.groups.change(cx, id, |one| change(&mut one.tags)),
            "eipalloc" => self.addresses.change(cx, id, |one| change(&mut one.tags)),
            "nat" => self.nat_gateways.change(cx, id, |one| change(&mut one.tags)),
            "vpce" => self.endpoints.change(cx, id, |one| change(&mut one.tags)),
            _ => None,
        }
    }
}
