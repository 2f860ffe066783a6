//! What EC2 says about the place of a load balancer: it is asked for the subnets first, then for
//! the security groups, and only then the load balancer stands there. AWS refuses an operation that
//! names a wrong one; here the answers come a moment later, so the state tells.

use standin_kernel::{ApiError, Cx, ServiceName, Value, json};

use crate::Elbv2;
use crate::api::load_balancer::TWO_ZONES;
use crate::state::{LoadBalancer, SubnetOfZone};

/// A question under way.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    load_balancer_arn: String,
    /// The subnets it is to stand in.
    wanted: Vec<String>,
    /// What the first answer said; `None` while it is awaited.
    place: Option<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    vpc_id: String,
    subnets: Vec<SubnetOfZone>,
}

impl Elbv2 {
    /// Asks EC2 where the wanted subnets of a load balancer lie.
    pub(crate) fn ask_for_zones(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let known = self.state.load_balancers.get(arn);
        let Some(wanted) = known.and_then(|one| one.placement.wanted.clone()) else { return };
        let input = json!({"SubnetIds": wanted});
        let asked = Asked { load_balancer_arn: arn.to_owned(), wanted, place: None };
        self.ask(cx, asked, "DescribeSubnets", input);
    }

    fn ask(&mut self, cx: &mut Cx<'_>, asked: Asked, operation: &str, input: Value) {
        self.last_ticket += 1;
        self.asked.insert(self.last_ticket, asked);
        cx.call(self.last_ticket, ServiceName::Platform, operation, input);
    }

    /// What EC2 answered.
    pub(crate) fn told(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        let Some(mut asked) = self.asked.remove(&ticket) else { return };
        let Some(one) = self.state.load_balancers.get_mut(&asked.load_balancer_arn) else { return };
        if one.placement.wanted.as_ref() != Some(&asked.wanted) {
            // Other subnets are wanted by now.
            return;
        }
        let outcome = match asked.place.take() {
            None => match place(&asked.wanted, reply) {
                Ok(place) => {
                    let input = about_groups(one, &place);
                    asked.place = Some(place);
                    return self.ask(cx, asked, "DescribeSecurityGroups", input);
                }
                Err(reason) => Err(reason),
            },
            Some(place) => groups(reply).map(|groups| (place, groups)),
        };
        one.placement.wanted = None;
        match outcome {
            Ok((place, groups)) => {
                (one.placement.vpc_id, one.placement.subnets) = (place.vpc_id, place.subnets);
                one.placement.refused = None;
                if one.security_groups.is_empty() {
                    one.security_groups = groups;
                }
            }
            Err(reason) => {
                cx.log("elbv2", format!("load balancer {}: {reason}", one.name));
                one.placement.refused = Some(reason);
            }
        }
        one.store(cx);
        self.await_active(cx, &asked.load_balancer_arn);
    }
}

/// The subnets with their zones, or why a load balancer cannot stand there (ALB-LS-14).
fn place(wanted: &[String], reply: Result<Value, ApiError>) -> Result<Place, String> {
    let described = reply.map_err(|error| error.to_string())?;
    let known: Vec<&Value> = described["Subnets"].as_array().into_iter().flatten().collect();
    let text = |subnet: &Value, name: &str| subnet[name].as_str().unwrap_or_default().to_owned();
    let mut vpc_id = String::new();
    let mut subnets: Vec<SubnetOfZone> = Vec::new();
    for id in wanted {
        let subnet = known.iter().find(|subnet| subnet["SubnetId"] == id.as_str());
        let subnet = subnet.ok_or_else(|| format!("The subnet ID '{id}' is not valid"))?;
        let (vpc, zone) = (text(subnet, "VpcId"), text(subnet, "AvailabilityZone"));
        if !vpc_id.is_empty() && vpc != vpc_id {
            return Err("All subnets must belong to the same VPC".into());
        }
        vpc_id = vpc;
        if subnets.iter().any(|other| other.zone == zone) {
            return Err("A load balancer cannot be attached to multiple subnets in the same \
                        Availability Zone"
                .into());
        }
        subnets.push(SubnetOfZone { subnet_id: id.clone(), zone });
    }
    if subnets.len() < 2 {
        return Err(TWO_ZONES.into());
    }
    Ok(Place { vpc_id, subnets })
}

/// Asks for its groups, or for the default one of its network when it has none.
fn about_groups(one: &LoadBalancer, place: &Place) -> Value {
    if one.security_groups.is_empty() {
        json!({"Filters": [
            {"Name": "vpc-id", "Values": [place.vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ]})
    } else {
        json!({"GroupIds": one.security_groups})
    }
}

/// The ids of the groups.
fn groups(reply: Result<Value, ApiError>) -> Result<Vec<String>, String> {
    let described = reply
        .map_err(|error| format!("One or more security groups are invalid: {}", error.message))?;
    let groups = described["SecurityGroups"].as_array().into_iter().flatten();
    Ok(groups.filter_map(|group| group["GroupId"].as_str()).map(str::to_owned).collect())
}
