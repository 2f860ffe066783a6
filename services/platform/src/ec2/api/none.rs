//! What an account without instances answers: `Describe` operations of things that nobody can make
//! here, so that there are none, and each id is unknown.

use standin_kernel::{ApiError, Cx, Value};

use super::describe::Asked;
use super::error::refused;
use crate::ec2::Ec2;

/// A kind of thing of which there is none.
struct Kind {
    operation: &'static str,
    /// The member with the ids that are asked for.
    ids: &'static str,
    /// The member of the answer.
    list: &'static str,
    /// The code when an id is asked for, and what the text calls the thing.
    unknown: (&'static str, &'static str),
}

impl Kind {
    fn answer(&self, value: &Value) -> Result<Value, ApiError> {
        let asked = Asked::read(self.operation, value, self.ids)?;
        let (code, what) = self.unknown;
        match asked.ids.first() {
            Some(id) => Err(refused(code, format!("The {what} '{id}' does not exist"))),
            None => asked.answer_none(self.list),
        }
    }
}

pub(super) fn instances(_: &mut Ec2, _: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let kind = Kind {
        operation: "DescribeInstances",
        ids: "InstanceIds",
        list: "Reservations",
        unknown: ("InvalidInstanceID.NotFound", "instance ID"),
    };
    kind.answer(value)
}

pub(super) fn volumes(_: &mut Ec2, _: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let kind = Kind {
        operation: "DescribeVolumes",
        ids: "VolumeIds",
        list: "Volumes",
        unknown: ("InvalidVolume.NotFound", "volume"),
    };
    kind.answer(value)
}

pub(super) fn key_pairs(_: &mut Ec2, _: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let kind = Kind {
        operation: "DescribeKeyPairs",
        ids: "KeyNames",
        list: "KeyPairs",
        unknown: ("InvalidKeyPair.NotFound", "key pair"),
    };
    kind.answer(value)
}

pub(super) fn peerings(_: &mut Ec2, _: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let kind = Kind {
        operation: "DescribeVpcPeeringConnections",
        ids: "VpcPeeringConnectionIds",
        list: "VpcPeeringConnections",
        unknown: ("InvalidVpcPeeringConnectionID.NotFound", "vpcPeeringConnection ID"),
    };
    kind.answer(value)
}

pub(super) fn egress_gateways(
    _: &mut Ec2,
    _: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let kind = Kind {
        operation: "DescribeEgressOnlyInternetGateways",
        ids: "EgressOnlyInternetGatewayIds",
        list: "EgressOnlyInternetGateways",
        unknown: ("InvalidGatewayID.NotFound", "eigw ID"),
    };
    kind.answer(value)
}
