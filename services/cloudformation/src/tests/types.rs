//! Resource types of the small service: `Test::Thing` can change, wait and fail; `Test::Fixed` can
//! only be replaced.

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, Tagging};
use standin_kernel::{Duration, ServiceName, Value, json};

pub(super) fn all() -> Vec<&'static dyn ResourceType> {
    let mut all: Vec<&'static dyn ResourceType> = vec![&Thing, &Fixed];
    all.extend(crate::resources::ALL.iter().copied());
    all
}

#[derive(Debug)]
struct Thing;

#[derive(Debug)]
struct Fixed;

const INNER: [Property; 2] =
    [Property::new("Key", Kind::Text).replaces(), Property::new("Weight", Kind::Integer(0, 9))];

const TAG: [Property; 2] = [Property::new("Key", Kind::Text), Property::new("Value", Kind::Text)];

static PROPERTIES: [Property; 8] = [
    Property::new("Name", Kind::Text).replaces(),
    Property::new("Size", Kind::Integer(0, 100)),
    // In seconds, until a thing is ready.
    Property::new("Delay", Kind::Integer(0, 100)),
    Property::new("Uses", Kind::List(&Kind::Text)),
    Property::new("Inner", Kind::Object(&INNER)),
    Property::new("Text", Kind::Text),
    Property::new("Tags", Kind::List(&Kind::Object(&TAG))),
    Property::new("Never", Kind::Text).refused("it is only here to be refused"),
];

static FIXED: [Property; 2] =
    [Property::new("Name", Kind::Text).required().replaces(), Property::new("Tags", Kind::Json)];

impl ResourceType for Thing {
    fn type_name(&self) -> &'static str {
        "Test::Thing"
    }

    fn properties(&self) -> &'static [Property] {
        &PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "Size"]
    }

    fn tagging(&self) -> Tagging {
        Tagging::without_system_tags("Tags")
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        create(job)
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        assert!(job.previous.is_some(), "an update knows what was");
        let id = job.physical_id.unwrap();
        match job.step {
            0 => call("Change", id, job, 1),
            1 => answered(job, id),
            _ => wait(job, id),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        delete(job)
    }
}

impl ResourceType for Fixed {
    fn type_name(&self) -> &'static str {
        "Test::Fixed"
    }

    fn properties(&self) -> &'static [Property] {
        &FIXED
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        create(job)
    }

    fn update(&self, _job: &Job<'_>) -> Progress {
        Progress::Failed { message: "it cannot change".into() }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        delete(job)
    }
}

fn create(job: &Job<'_>) -> Progress {
    let name = job.properties["Name"].as_str().unwrap_or(job.generated_name);
    let name = match job.hint["Suffix"].as_str() {
        Some(suffix) => format!("{name}-{suffix}"),
        None => name.to_owned(),
    };
    match job.step {
        0 => call("Make", &name, job, 1),
        1 => answered(job, &name),
        _ => wait(job, &name),
    }
}

fn delete(job: &Job<'_>) -> Progress {
    let id = job.physical_id.unwrap();
    match job.reply {
        None if job.keeps_snapshot => call("Keep", id, job, 1),
        None => call("Drop", id, job, 1),
        Some(Ok(_)) => done(job, id),
        Some(Err(refused)) => Progress::refused(refused, "Test"),
    }
}

fn call(operation: &'static str, name: &str, job: &Job<'_>, step: u32) -> Progress {
    let input = json!({"Name": name, "Token": job.generated_name, "Properties": job.properties});
    Progress::Call {
        service: ServiceName::Platform,
        operation,
        input,
        step,
        context: job.context.clone(),
    }
}

/// The service has taken the order; it may take its time to carry it out.
fn answered(job: &Job<'_>, id: &str) -> Progress {
    match job.reply {
        Some(Err(refused)) => Progress::refused(refused, "Test"),
        _ if job.properties["Delay"].as_u64().unwrap_or(0) == 0 => done(job, id),
        _ => pause(id, 1),
    }
}

/// Looks until the thing is ready.
fn wait(job: &Job<'_>, id: &str) -> Progress {
    match job.reply {
        None => call("Look", id, job, 3),
        Some(Ok(seen)) if seen["Ready"] == true => done(job, id),
        Some(Ok(_)) => pause(id, job.context["Round"].as_u64().unwrap_or(0) + 1),
        Some(Err(refused)) => Progress::refused(refused, "Test"),
    }
}

fn pause(id: &str, round: u64) -> Progress {
    Progress::Wait {
        after: Duration::from_secs(1),
        step: 2,
        context: json!({"Round": round}),
        physical_id: Some(id.to_owned()),
    }
}

fn done(job: &Job<'_>, id: &str) -> Progress {
    let attributes: BTreeMap<String, Value> = [
        ("Arn".to_owned(), json!(format!("arn:{id}"))),
        ("Size".to_owned(), json!(job.properties["Size"].to_string())),
    ]
    .into();
    Progress::Done { physical_id: id.to_owned(), attributes }
}
