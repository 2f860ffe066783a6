//! Where a thing lies that somebody names to break it: a logical id, a task, a zone, the network
//! between two places.

use standin_kernel::fault::Place;
use standin_kernel::{ApiError, ServiceName, Value, json};

use crate::Engine;

impl Engine {
    /// Where `Service`, `Service/1`, `Service/agent`, `Service/1/agent`, a task's id, `Bucket/key`,
    /// `Distribution/origin`, a subnet, a zone's name, or `LoadBalancer->Service` lies.
    pub(crate) fn place(&mut self, target: &str) -> Result<Place, ApiError> {
        match target.split_once("->") {
            Some((from, to)) => {
                let from = self.sender(from.trim())?;
                Ok(Place::Link { from, to: Box::new(self.thing(to.trim())?) })
            }
            None => self.thing(target),
        }
    }

    fn thing(&mut self, target: &str) -> Result<Place, ApiError> {
        let (logical_id, part) = match target.split_once('/') {
            Some((logical_id, part)) => (logical_id, Some(part.to_owned())),
            None => (target, None),
        };
        if let Some(arn) = self.services.ecs.task_arn(target) {
            return match self.services.ecs.task_address(&arn) {
                Some(_) => Ok(Place::EcsTask(arn)),
                None => {
                    Err(invalid(format!("the task {target} has STOPPED; nothing is left of it")))
                }
            };
        }
        if target == self.env().region {
            return Ok(Place::Region(target.to_owned()));
        }
        let Some(resource) = self.services.cloudformation.resource(None, logical_id) else {
            return match self.subnets_of_zone(target) {
                Some(subnets) => Ok(Place::Subnets(subnets)),
                None => Err(self.no_such_target(target)),
            };
        };
        let physical = resource.physical_id.clone();
        match (resource.resource_type.as_str(), part) {
            ("AWS::ECS::Service", None) => Ok(Place::EcsService(physical)),
            ("AWS::ECS::Service", Some(part)) => self.of_service(target, &physical, &part),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", None) => {
                let name = resource.attributes.get("DNSName").and_then(Value::as_str);
                let name = name.unwrap_or_default().to_ascii_lowercase();
                Ok(Place::LoadBalancer(name))
            }
            ("AWS::S3::Bucket", key) => Ok(Place::Bucket { bucket: physical, key }),
            ("AWS::CloudFront::Distribution", origin) => {
                Ok(Place::OriginLink { distribution: physical, origin })
            }
            ("AWS::Route53::HealthCheck", None)
                if !self.services.route53.has_checkers(&physical) =>
            {
                Err(invalid(format!(
                    "{target} has no checkers that could be kept from an endpoint"
                )))
            }
            ("AWS::Route53::HealthCheck", None) => Ok(Place::HealthCheck(physical)),
            ("AWS::Lambda::Function", None) => Ok(Place::Function(physical)),
            ("AWS::RDS::DBInstance", None) => match self.services.rds.zone_of(&physical) {
                Some(zone) => {
                    let zone = zone.to_owned();
                    Ok(Place::Database { instance: physical, zone })
                }
                None => Err(self.no_such_target(target)),
            },
            ("AWS::EC2::Subnet", None) => Ok(Place::Subnets(vec![physical])),
            (kind, Some(part)) if BREAKABLE.contains(&kind) => {
                Err(invalid(format!("{logical_id}, an {kind}, has no part {part} to break")))
            }
            (other, _) => Err(invalid(format!(
                "{target} is an {other}, which cannot be broken; services, tasks, load balancers, \
                 buckets, distributions (Distribution/origin-id), functions, databases, health \
                 checks, subnets, zones and the Region can"
            ))),
        }
    }

    /// `1`, a task by its number; `agent`, a container of all tasks; `1/agent`, of one.
    fn of_service(&self, target: &str, service: &str, part: &str) -> Result<Place, ApiError> {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.numbered(target, service, part);
        }
        let (tasks, container) = match part.split_once('/') {
            Some((number, container)) => (self.numbered(target, service, number)?, container),
            None => (Place::EcsService(service.to_owned()), part),
        };
        let known = self.services.ecs.containers_of(service);
        if known.contains(&container) {
            let container = container.to_owned();
            return Ok(Place::Containers { tasks: Box::new(tasks), container });
        }
        Err(invalid(format!(
            "{target}: no task of the service has a container {container}; tasks are numbered from \
             1, and their containers are: {}",
            known.join(", ")
        )))
    }

    /// The task of a service that is number `number`, the oldest being 1.
    fn numbered(&self, target: &str, service: &str, number: &str) -> Result<Place, ApiError> {
        let tasks = self.services.ecs.tasks_of(service);
        let at = number.parse::<usize>().ok().filter(|number| *number > 0);
        let Some(at) = at else {
            return Err(invalid(format!("{target}: tasks of a service are numbered from 1")));
        };
        match tasks.get(at - 1) {
            Some((arn, _)) => Ok(Place::EcsTask(arn.clone())),
            None => Err(invalid(format!("{target}: the service has {} tasks", tasks.len()))),
        }
    }

    /// What the requests of a thing say about where they come from.
    fn sender(&mut self, target: &str) -> Result<String, ApiError> {
        let Some(resource) = self.services.cloudformation.resource(None, target) else {
            return Err(self.no_such_target(target));
        };
        let physical = resource.physical_id.clone();
        match resource.resource_type.as_str() {
            "AWS::CloudFront::Distribution" => Ok(physical),
            // arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
                Ok(physical.split('/').nth(2).unwrap_or_default().to_owned())
            }
            other => Err(invalid(format!(
                "{target} is an {other}, which asks nobody; distributions and load balancers do"
            ))),
        }
    }

    /// The VPC in which a living task has its network interface.
    pub(crate) fn vpc_of_task(&mut self, task_arn: &str) -> Option<String> {
        let subnet = self.services.ecs.subnet_of(task_arn)?;
        let input = json!({"SubnetIds": [subnet]});
        let reply = self.with(ServiceName::Platform, None, |service, cx| {
            service.call(cx, "DescribeSubnets", &input)
        });
        Some(reply.ok()?["Subnets"][0]["VpcId"].as_str()?.to_owned())
    }

    /// The subnets of an Availability Zone; `None` when there is no such zone.
    fn subnets_of_zone(&mut self, zone: &str) -> Option<Vec<String>> {
        if !zone.starts_with(&self.env().region) {
            return None;
        }
        let filter = json!([{"Name": "availability-zone", "Values": [zone]}]);
        let input = json!({"Filters": filter});
        let reply = self.with(ServiceName::Platform, None, |service, cx| {
            service.call(cx, "DescribeSubnets", &input)
        });
        let reply = reply.ok()?;
        let subnets = reply["Subnets"].as_array()?;
        let ids = subnets.iter().filter_map(|subnet| subnet["SubnetId"].as_str());
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        (!ids.is_empty()).then_some(ids)
    }

    fn no_such_target(&self, target: &str) -> ApiError {
        let names = self.breakable().join(", ");
        let message = format!(
            "no resource, no task and no zone with a subnet is called {target}; there are: {names}"
        );
        ApiError::new("NoSuchTarget", 404, message)
    }
}

/// Types that a fault can be put on.
pub(crate) const BREAKABLE: [&str; 8] = [
    "AWS::Lambda::Function",
    "AWS::ECS::Service",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::S3::Bucket",
    "AWS::CloudFront::Distribution",
    "AWS::EC2::Subnet",
    "AWS::Route53::HealthCheck",
    "AWS::RDS::DBInstance",
];

fn invalid(message: String) -> ApiError {
    ApiError::new("InvalidTarget", 400, message)
}
