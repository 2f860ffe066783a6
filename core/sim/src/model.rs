//! Reads what an author wrote under `Model`, of a container or of a function: a table of its
//! members, each once, the unknown ones refused by name.

use serde_json::Map;
use standin_kernel::{Bytes, Duration, Value};

use crate::workload::{Model, PathModel};

/// A member of a model: its name, and what sets it; `None` when the value makes no sense.
pub(crate) type Member<M> = (&'static str, fn(&mut M, &Value) -> Option<()>);

/// The members of a container's model.
pub(crate) const OF_CONTAINERS: [Member<Model>; 13] = [
    ("StartSeconds", |model, value| set(&mut model.starts_after, seconds(value))),
    ("EndsAfterSeconds", |model, value| set(&mut model.ends_after, seconds(value).map(Some))),
    ("ExitCode", |model, value| {
        set(&mut model.exit_code, number(value).and_then(|code| whole(code, 0, 255)))
    }),
    ("ReadySeconds", |model, value| set(&mut model.ready_after, seconds(value).map(Some))),
    ("NeverReady", |model, value| {
        let never = truth(value)?;
        if never {
            model.ready_after = None;
        }
        Some(())
    }),
    ("StopSeconds", |model, value| set(&mut model.stops_after, seconds(value))),
    ("AnswerSeconds", |model, value| set(&mut model.answers_after, seconds(value))),
    ("ErrorPercent", |model, value| set(&mut model.error_percent, percent(value))),
    ("Capacity", |model, value| {
        let capacity = number(value).and_then(|number| whole::<usize>(number, 1, 1_000_000));
        set(&mut model.capacity, capacity.map(Some))
    }),
    ("Backlog", |model, value| {
        set(&mut model.backlog, number(value).and_then(|number| whole(number, 0, 1_000_000)))
    }),
    ("DatabaseTimeoutSeconds", |model, value| {
        set(&mut model.database_timeout, seconds(value).map(Some))
    }),
    ("Reconnects", |model, value| set(&mut model.reconnects, truth(value))),
    ("Paths", |model, value| {
        let paths = value.as_array()?.iter().map(path).collect::<Option<Vec<_>>>();
        set(&mut model.paths, paths)
    }),
];

/// The member that refines a container's model for some images.
pub(crate) const IMAGES: &str = "Images";

/// The members as they are written, all of them known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'a, M: 'static> {
    members: &'a Map<String, Value>,
    table: &'static [Member<M>],
}

impl<'a, M> Members<'a, M> {
    /// Reads what is written at `place`. `also`: a member that the table does not have.
    pub(crate) fn read(
        written: &'a Value,
        place: &str,
        table: &'static [Member<M>],
        also: Option<&str>,
    ) -> Result<Self, String> {
        let Some(members) = written.as_object() else {
            return Err(format!("{place} is not an object"));
        };
        let known: Vec<&str> = table.iter().map(|(name, _)| *name).chain(also).collect();
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let known = known.join(", ");
            return Err(format!("{place} has no member {unknown}; it has {known}"));
        }
        Ok(Self { members, table })
    }

    /// Sets what is written.
    pub(crate) fn apply(&self, model: &mut M) -> Result<(), String> {
        for (name, set) in self.table {
            let Some(value) = self.members.get(*name) else { continue };
            set(model, value).ok_or_else(|| format!("Model.{name}: {value} makes no sense"))?;
        }
        Ok(())
    }

    /// Refinements by pattern of the image's name.
    pub(crate) fn images(&self) -> Result<impl Iterator<Item = (&'a str, &'a Value)>, String> {
        let images = match self.members.get(IMAGES) {
            None => None,
            Some(images) => {
                Some(images.as_object().ok_or("Model.Images is not an object".to_owned())?)
            }
        };
        Ok(images.into_iter().flatten().map(|(name, value)| (name.as_str(), value)))
    }
}

const PATH_MEMBERS: [&str; 8] = [
    "Path",
    "Status",
    "ContentType",
    "CacheControl",
    "RetryAfter",
    "Body",
    "AnswerSeconds",
    "NeedsDatabase",
];

fn path(written: &Value) -> Option<PathModel> {
    let members = written.as_object()?;
    if members.keys().any(|name| !PATH_MEMBERS.contains(&name.as_str())) {
        return None;
    }
    let text = |name: &str| match members.get(name) {
        None => Some(None),
        Some(value) => value.as_str().map(Some),
    };
    let answers_after = match members.get("AnswerSeconds") {
        None => None,
        Some(value) => Some(seconds(value)?),
    };
    let retry_after_s = match members.get("RetryAfter") {
        None => None,
        Some(value) => Some(whole(number(value)?, 0, 86_400)?),
    };
    let status = match members.get("Status") {
        None => 200,
        Some(value) => whole(number(value)?, 200, 599)?,
    };
    let needs_database = match members.get("NeedsDatabase") {
        None => true,
        Some(value) => truth(value)?,
    };
    Some(PathModel {
        path: text("Path")??.to_owned(),
        status,
        content_type: text("ContentType")?.unwrap_or("text/html").to_owned(),
        cache_control: text("CacheControl")?.map(str::to_owned),
        retry_after_s,
        body: Bytes::copy_from_slice(text("Body")?.unwrap_or_default().as_bytes()),
        answers_after,
        needs_database,
    })
}

pub(crate) fn set<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

/// Parameters of a template are texts, also the numbers among them.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_bool(),
    }
}

pub(crate) fn seconds(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(number(value)?).ok()
}

/// 0 to 100.
pub(crate) fn percent(value: &Value) -> Option<f64> {
    number(value).filter(|percent| (0.0..=100.0).contains(percent))
}

/// A whole number within bounds, both included.
fn whole<T: TryFrom<u64>>(number: f64, least: u32, most: u32) -> Option<T> {
    if number.fract() != 0.0 || number < f64::from(least) || number > f64::from(most) {
        return None;
    }
    let exact = Duration::try_from_secs_f64(number).ok()?.as_secs();
    T::try_from(exact).ok()
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;
    use standin_kernel::workload::{WorkloadId, WorkloadKind, WorkloadLabels, WorkloadSpec};

    use super::*;

    fn model(image: &str, written: &Value) -> Result<Model, String> {
        let spec = WorkloadSpec {
            id: WorkloadId(1),
            kind: WorkloadKind::Container,
            image: image.into(),
            command: Vec::new(),
            environment: Vec::new(),
            address: [127, 77, 0, 1].into(),
            ports: vec![80],
            labels: WorkloadLabels::default(),
            local: json!({"Model": written}),
        };
        Model::of(&spec, false)
    }

    #[test]
    fn numbers_may_be_texts_as_parameters_are() {
        let read = model("app:1", &json!({"StartSeconds": "1.5", "Capacity": "8", "Backlog": 4}));
        let read = read.unwrap();
        assert_eq!(read.starts_after, Duration::from_millis(1500));
        assert_eq!((read.capacity, read.backlog), (Some(8), 4));
    }

    #[test]
    fn a_bad_image_is_one_that_is_never_ready() {
        let written = json!({"ReadySeconds": 2, "Images": {"*:bad*": {"NeverReady": true}}});
        assert_eq!(model("app:1", &written).unwrap().ready_after, Some(Duration::from_secs(2)));
        assert_eq!(model("app:bad-2", &written).unwrap().ready_after, None);
    }

    #[test]
    fn what_is_unknown_or_senseless_is_refused_by_name() {
        let why = |written: Value| model("app:1", &written).unwrap_err();
        assert!(why(json!({"Speed": 1})).contains("has no member Speed"));
        assert!(why(json!({"ErrorPercent": 101})).contains("Model.ErrorPercent: 101"));
        assert!(why(json!({"Capacity": 0})).contains("Model.Capacity: 0"));
        assert!(why(json!({"StartSeconds": -1})).contains("Model.StartSeconds: -1"));
        assert!(why(json!({"Paths": [{"Pth": "/"}]})).contains("Model.Paths"));
        let nested = json!({"Images": {"x": {"Speed": 1}}});
        assert!(why(nested).contains("Model.Images.x has no member Speed"));
        assert!(why(json!(7)).contains("not an object"));
    }

    #[test]
    fn paths_say_what_is_answered() {
        let read = model(
            "app:1",
            &json!({"Paths": [
                {"Path": "/static/*", "ContentType": "text/css", "CacheControl": "max-age=60",
                 "Body": "p {}", "AnswerSeconds": 0.5},
                {"Path": "/broken", "Status": 500},
            ]}),
        );
        let paths = read.unwrap().paths;
        assert_eq!((paths[0].status, &paths[0].body[..]), (200, &b"p {}"[..]));
        assert_eq!(paths[0].answers_after, Some(Duration::from_millis(500)));
        assert_eq!(paths[1].status, 500);
    }
}
