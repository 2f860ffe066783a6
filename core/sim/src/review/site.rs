//! Under which name viewers find the site of a template.

use standin_kernel::Value;

use super::scene::Scene;
use crate::world::World;

/// The first distribution is at hand as `localhost`; without one, the first load balancer is asked
/// by its own name.
pub(super) fn host(world: &World, scene: &Scene) -> Option<String> {
    if scene.distribution().is_some() {
        return Some("localhost".to_owned());
    }
    let balancer = scene.all("AWS::ElasticLoadBalancingV2::LoadBalancer").next()?;
    let resource = world.engine().services().cloudformation.resource(None, &balancer.logical_id)?;
    resource.attributes.get("DNSName").and_then(Value::as_str).map(str::to_owned)
}
