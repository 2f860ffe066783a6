//! What a change gives where no fault shows it: how soon an edited page is seen, what an address
//! that does not exist is answered with, and how far a broken release gets.

use standin_kernel::fault::Mode;
use standin_kernel::{Bytes, Duration, ServiceName, Value, json};

use crate::drill::Act;
use crate::play::Stage;
use crate::review::run::at_rest;
use crate::review::scene::Scene;
use crate::review::site;
use crate::world::World;

/// The host under which the simulator shows the first distribution.
const HERE: &str = "localhost";
/// A path that no site has.
pub(super) const NOWHERE: &str = "/no-such-page";

/// How long an edited page is waited for, and how often it is asked for.
const LOOKED_AT: Duration = Duration::from_secs(1800);
const EVERY: Duration = Duration::from_secs(10);
const ANSWERED: Duration = Duration::from_secs(5);

/// Seconds from the edit of the object behind a path until viewers see it.
pub(super) fn edit_seen_s(stage: &Stage, path: &str, seed: u64) -> Result<Option<f64>, String> {
    let key = path.trim_start_matches('/');
    let Some(object) = stage.objects.iter().find(|object| object.key == key) else {
        return Ok(None);
    };
    let mut world = at_rest(stage, seed)?;
    ask(&mut world, HERE, path);
    let resource = world.engine().services().cloudformation.resource(None, &object.bucket);
    let bucket = resource.map(|resource| resource.physical_id).unwrap_or_default();
    let edited = Bytes::from_static(b"edited");
    world
        .put_object(&bucket, key, &object.content_type, edited.clone())
        .map_err(|refused| refused.message)?;
    let begin = world.now();
    while world.now().since(begin) < LOOKED_AT {
        if ask(&mut world, HERE, path).is_some_and(|(_, body)| body == edited) {
            return Ok(Some(world.now().since(begin).as_secs_f64()));
        }
        world.run_until(world.now() + EVERY);
    }
    Ok(None)
}

/// The status of an address for which the site itself says 404.
pub(super) fn not_found(stage: &Stage, scene: &Scene, seed: u64) -> Result<Option<u16>, String> {
    let Some(stage) = with_nowhere(stage, scene) else { return Ok(None) };
    let mut world = at_rest(&stage, seed)?;
    Ok(ask(&mut world, HERE, NOWHERE).map(|(status, _)| status))
}

fn ask(world: &mut World, host: &str, path: &str) -> Option<(u16, Bytes)> {
    let exchange = world.ask(host, path, false);
    world.run_until(world.now() + ANSWERED);
    let (head, body) = world.seen(exchange)?.answer?;
    Some((head.status, body))
}

/// How long is looked at what comes of a broken release, or of a reboot.
const LOOKED_ON: Duration = Duration::from_secs(300);
/// The tag of its image.
const BROKEN: &str = "standin-broken";

/// Seconds of errors at `/` when a release goes out of which nothing works but the path of the
/// health check.
pub(super) fn release_errors_s(
    stage: &Stage,
    scene: &Scene,
    health_path: &str,
    seed: u64,
) -> Result<Option<f64>, String> {
    let paths = json!([
        {"Path": health_path, "Body": "ok"},
        {"Path": "*", "Status": 500, "Body": "broken"},
    ]);
    let images = json!({(format!("*:{BROKEN}")): {"Paths": paths}});
    let known = with_model(stage, scene, |model| {
        model["Images"] = images;
        Some(())
    });
    let Some((known, task, at)) = known else { return Ok(None) };
    let mut world = at_rest(&known, seed)?;
    let Some(host) = site::host(&world, scene) else { return Ok(None) };
    let usual = ask(&mut world, &host, "/").map(|(status, _)| status);
    let mut release = known.stack.clone();
    let text = release["TemplateBody"].as_str().unwrap_or_default();
    let mut written: Value = serde_json::from_str(text).map_err(|wrong| wrong.to_string())?;
    let containers = &mut written["Resources"][&task]["Properties"]["ContainerDefinitions"];
    containers[at]["Image"] = json!(format!("site:{BROKEN}"));
    release["TemplateBody"] = Value::String(written.to_string());
    let updated = world.call(ServiceName::CloudFormation, "UpdateStack", release);
    updated.map_err(|refused| refused.to_string())?;
    Ok(Some(errors_s(&mut world, &host, usual)))
}

/// Seconds of another status than the usual one at `/`, of those that are looked at.
fn errors_s(world: &mut World, host: &str, usual: Option<u16>) -> f64 {
    let mut errors_s = 0.0;
    let begin = world.now();
    while world.now().since(begin) < LOOKED_ON {
        if ask(world, host, "/").map(|(status, _)| status) != usual {
            errors_s += ANSWERED.as_secs_f64();
        }
    }
    errors_s
}

/// Seconds of errors at `/` after the databases were rebooted under tasks that do not reconnect.
pub(super) fn lost_sessions_s(
    stage: &Stage,
    scene: &Scene,
    seed: u64,
) -> Result<Option<f64>, String> {
    let known = with_model(stage, scene, |model| {
        model["Reconnects"] = json!(false);
        Some(())
    });
    let Some((known, ..)) = known else { return Ok(None) };
    let mut world = at_rest(&known, seed)?;
    let Some(host) = site::host(&world, scene) else { return Ok(None) };
    let usual = ask(&mut world, &host, "/").map(|(status, _)| status);
    for database in scene.all("AWS::RDS::DBInstance") {
        let target = database.logical_id.clone();
        let reboot = Act::Break { target, mode: Mode::Reboot, lasts: None };
        world.act(&reboot).map_err(|refused| refused.message)?;
    }
    Ok(Some(errors_s(&mut world, &host, usual)))
}

/// The stage whose containers answer 404 for that path.
fn with_nowhere(stage: &Stage, scene: &Scene) -> Option<Stage> {
    let nowhere = json!({"Path": NOWHERE, "Status": 404, "Body": "not found"});
    let changed = with_model(stage, scene, |model| {
        if model["Paths"].is_null() {
            model["Paths"] = json!([]);
        }
        model["Paths"].as_array_mut()?.insert(0, nowhere);
        Some(())
    });
    changed.map(|(stage, ..)| stage)
}

/// The stage with something changed in the model of the first service's container; its task
/// definition, and which of its containers it is.
fn with_model(
    stage: &Stage,
    scene: &Scene,
    change: impl FnOnce(&mut Value) -> Option<()>,
) -> Option<(Stage, String, usize)> {
    let service = scene.all("AWS::ECS::Service").next()?;
    let container = service.properties["LoadBalancers"][0]["ContainerName"].as_str()?;
    let task = service.properties["TaskDefinition"].as_str()?;
    let containers = scene.get(task)?.properties["ContainerDefinitions"].as_array()?;
    let at = containers.iter().position(|one| one["Name"] == container)?;
    let mut written = scene.written.clone();
    let resource = written["Resources"].get_mut(task)?;
    change(&mut resource["Metadata"]["Standin"]["Containers"][container]["Model"])?;
    let mut stage = stage.clone();
    stage.stack["TemplateBody"] = Value::String(written.to_string());
    Some((stage, task.to_owned(), at))
}
