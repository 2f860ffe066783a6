//! Values of key value stores, written as a runbook writes them: the store's version is asked for,
//! then changed.

use std::collections::BTreeMap;

use standin_kernel::{ServiceName, Value, json};

use crate::world::World;

/// Keys and values, by the logical id of their store.
pub type Keys = BTreeMap<String, BTreeMap<String, String>>;

/// Writes all of them.
pub(crate) fn put(world: &mut World, keys: &Keys) -> Result<(), String> {
    for (store, values) in keys {
        let puts: Vec<Value> =
            values.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        update(world, store, "Puts", puts)?;
    }
    Ok(())
}

/// Takes all of them away.
pub(crate) fn delete(world: &mut World, keys: &Keys) -> Result<(), String> {
    for (store, values) in keys {
        let deletes: Vec<Value> = values.keys().map(|key| json!({"Key": key})).collect();
        update(world, store, "Deletes", deletes)?;
    }
    Ok(())
}

fn update(world: &mut World, store: &str, how: &str, what: Vec<Value>) -> Result<(), String> {
    let stack = &world.engine().services().cloudformation;
    let resource = stack.resource(None, store);
    let resource = resource.ok_or_else(|| format!("the stack has no resource {store}"))?;
    let arn = resource.attributes.get("Arn").cloned().unwrap_or_default();
    let mut call = |operation: &str, input: Value| {
        let operation = format!("cloudfront-keyvaluestore:{operation}");
        let reply = world.call(ServiceName::CloudFront, &operation, input);
        reply.map_err(|refused| format!("{store}: {}", refused.message))
    };
    let described = call("DescribeKeyValueStore", json!({"KvsARN": arn}))?;
    let mut input = json!({"KvsARN": arn, "IfMatch": described["ETag"]});
    input[how] = Value::Array(what);
    call("UpdateKeys", input).map(drop)
}
