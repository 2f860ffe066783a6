//! Creates a template's stack in the simulator, for `standin validate`: what services refuse
//! (hints, sizes, names, references to nothing) is found before anything is started.

use std::collections::BTreeSet;

use standin_kernel::datadog::is_agent_image;
use standin_kernel::{Env, ServiceName, Value, json};
use standin_sim::World;

use crate::status::items;
use crate::template::TemplateFile;

/// What a creation came to.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    /// Why the stack cannot be created; none when it can.
    pub(crate) failures: Vec<String>,
    /// What would not run here though AWS takes it.
    pub(crate) warnings: Vec<String>,
    /// Parameters without a value: without them nothing was tried.
    pub(crate) missing: Vec<String>,
}

pub(crate) fn rehearse(file: &TemplateFile, given: &[(String, String)]) -> Rehearsal {
    let mut done = Rehearsal::default();
    let has = |name: &str| given.iter().any(|(key, _)| key == name);
    let declared = file.template.parameters().iter();
    let missing = declared.filter(|one| one.default.is_none() && !has(&one.name));
    done.missing = missing.map(|one| one.name.clone()).collect();
    if !done.missing.is_empty() {
        return done;
    }
    let mut world = World::new(Env::default(), 1);
    world.set_evaluator(crate::evaluator());
    let stack = file.stack_name();
    let mut input = file.stack_input(&stack, given);
    // What failed stays, and the rest goes on: all of it is worth telling.
    input["DisableRollback"] = json!(true);
    let service = ServiceName::CloudFormation;
    if let Err(refused) = world.call(service, "CreateStack", input) {
        done.failures.push(refused.message);
        return done;
    }
    let name = json!({"StackName": stack});
    let mut status = String::new();
    let rested = world.run_while(|world| {
        let described = world.call(service, "DescribeStacks", name.clone()).unwrap_or_default();
        status = described["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned();
        status.ends_with("_IN_PROGRESS")
    });
    for stack in world.engine().services().cloudformation.stacks() {
        done.failures.extend(failures(&mut world, &stack.name, rested));
    }
    done.warnings = without_command(&mut world);
    done
}

/// What failed in a stack, or never came to an end.
fn failures(world: &mut World, stack: &str, rested: bool) -> Vec<String> {
    let name = json!({"StackName": stack});
    let service = ServiceName::CloudFormation;
    let shown = world.call(service, "DescribeStackResources", name).unwrap_or_default();
    let mut failures = Vec::new();
    for resource in items(&shown, "StackResources") {
        let text = |member: &str| resource[member].as_str().unwrap_or_default();
        let (id, status) = (text("LogicalResourceId"), text("ResourceStatus"));
        let reason = text("ResourceStatusReason");
        if status.ends_with("_FAILED") {
            failures.push(format!("{id}: {reason}"));
        } else if !rested && status.ends_with("_IN_PROGRESS") {
            failures.push(format!("{id}: it is still {status} after four hours"));
        }
    }
    failures
}

/// Containers of which nobody says what runs in their place on this machine: `up` would wait for
/// them for a long time.
fn without_command(world: &mut World) -> Vec<String> {
    let definitions: Vec<_> = world
        .engine()
        .services()
        .cloudformation
        .resources()
        .filter(|one| one.resource_type == "AWS::ECS::TaskDefinition")
        .collect();
    let mut seen = BTreeSet::new();
    let mut warnings = Vec::new();
    for definition in definitions {
        let input = json!({"taskDefinition": definition.physical_id});
        let shown = world.call(ServiceName::Ecs, "DescribeTaskDefinition", input);
        let shown = shown.unwrap_or_default();
        for container in items(&shown["taskDefinition"], "containerDefinitions") {
            let name = container["name"].as_str().unwrap_or_default();
            let hint = &definition.hint["Containers"][name];
            let filled = |list: &Value| list.as_array().is_some_and(|words| !words.is_empty());
            let image = container["image"].as_str().unwrap_or_default();
            let runs = is_agent_image(image)
                || hint.is_object() && (filled(&hint["Command"]) || filled(&container["command"]));
            let id = &definition.logical_id;
            if !runs && seen.insert((id.clone(), name.to_owned())) {
                warnings.push(format!(
                    "{id}: nothing says what runs here in the place of the container {name}: \
                     `Metadata: Standin: Containers: {name}: Command: [...]`; without it `up` \
                     waits for a service that never gets steady"
                ));
            }
        }
    }
    warnings
}
