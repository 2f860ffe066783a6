//! `AWS::Lambda::Function`: made and changed by several calls, each of which has to settle before
//! the next.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Duration, Value, json};

use super::{call, refused, some, table};

#[derive(Debug)]
pub(super) struct Function;

/// Steps: the calls of `plan` begin at `CALLS`; each is followed by looks until it has settled.
const CREATED: u32 = 1;
const CALLS: u32 = 10;
const LOOK: u32 = 1000;
const LOOKED: u32 = 2000;

const SETTLES: Duration = Duration::from_millis(250);

/// What `UpdateFunctionConfiguration` takes, by the same names, with what stands for nothing.
const SETTINGS: [&str; 16] = [
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "VpcConfig",
    "DeadLetterConfig",
    "TracingConfig",
    "Layers",
    "FileSystemConfigs",
    "ImageConfig",
    "EphemeralStorage",
    "SnapStart",
    "LoggingConfig",
];

impl ResourceType for Function {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Function"
    }

    fn properties(&self) -> &'static [Property] {
        table::FUNCTION
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "SnapStartResponse.ApplyOn", "SnapStartResponse.OptimizationStatus"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (_, Some(Err(error))) => refused(error),
            (0, _) => match creation(job) {
                Ok(input) => call("CreateFunction", input, CREATED),
                Err(message) => Progress::Failed { message },
            },
            (CREATED, _) => Progress::Wait {
                after: Duration::ZERO,
                step: LOOK + CALLS,
                context: Value::Null,
                physical_id: Some(name(job)),
            },
            (step, _) => go_on(job, step, &after_creation(job)),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return refused(error);
        }
        match changes(job) {
            Ok(calls) => go_on(job, job.step.max(CALLS), &calls),
            Err(message) => Progress::Failed { message },
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let name = job.physical_id.unwrap_or_default();
        super::delete(job, "DeleteFunction", json!({"FunctionName": name}))
    }
}

/// A call, a look, another look, until all calls are made and have settled.
fn go_on(job: &Job<'_>, step: u32, calls: &[(&'static str, Value)]) -> Progress {
    let function = job.physical_id.unwrap_or_default();
    if step >= LOOKED {
        let at = step - LOOKED;
        let shown = job.reply.and_then(|reply| reply.as_ref().ok()).unwrap_or(&Value::Null);
        let settled = shown["State"] == "Active" && shown["LastUpdateStatus"] == "Successful";
        return match settled {
            true => go_on(job, at, calls),
            false => Progress::Wait {
                after: SETTLES,
                step: LOOK + at,
                context: Value::Null,
                physical_id: None,
            },
        };
    }
    if step >= LOOK {
        let input = json!({"FunctionName": function});
        return call("GetFunctionConfiguration", input, LOOKED + step - LOOK);
    }
    let at = usize::try_from(step.saturating_sub(CALLS)).unwrap_or(usize::MAX);
    match calls.get(at) {
        Some((operation, input)) => call(operation, input.clone(), LOOK + step + 1),
        None => finished(job),
    }
}

fn finished(job: &Job<'_>) -> Progress {
    let name = job.physical_id.map_or_else(|| name(job), str::to_owned);
    let arn = format!("arn:aws:lambda:{}:{}:function:{name}", job.region, job.account);
    Progress::done(
        &name,
        [
            ("Arn", json!(arn)),
            ("SnapStartResponse.ApplyOn", json!("None")),
            ("SnapStartResponse.OptimizationStatus", json!("Off")),
        ],
    )
}

/// The function's name, or one made from the stack's and the resource's, at most 64 letters.
fn name(job: &Job<'_>) -> String {
    const LENGTH_MAX: usize = 64;
    if let Some(name) = job.properties["FunctionName"].as_str() {
        return name.rsplit(':').next().unwrap_or(name).to_owned();
    }
    let name = job.generated_name;
    if name.len() <= LENGTH_MAX {
        return name.to_owned();
    }
    let (front, end) = name.rsplit_once('-').unwrap_or((name, ""));
    let kept = LENGTH_MAX.saturating_sub(end.len() + 1).min(front.len());
    format!("{}-{end}", front[..kept].trim_end_matches('-'))
}

/// The settings as the API takes them: numbers may be texts in a template, and texts numbers.
fn settings(properties: &Value) -> Value {
    let mut input = some(properties, &SETTINGS);
    for place in ["/Timeout", "/MemorySize", "/EphemeralStorage/Size"] {
        let Some(value) = input.pointer_mut(place) else { continue };
        if let Some(number) = value.as_str().and_then(|text| text.parse::<i64>().ok()) {
            *value = json!(number);
        }
    }
    let variables = input.pointer_mut("/Environment/Variables").and_then(Value::as_object_mut);
    for value in variables.into_iter().flat_map(serde_json::Map::values_mut) {
        if value.is_number() || value.is_boolean() {
            *value = json!(value.to_string());
        }
    }
    input
}

fn creation(job: &Job<'_>) -> Result<Value, String> {
    let mut input = settings(job.properties);
    input["FunctionName"] = json!(name(job));
    input["Code"] = code(job)?;
    if !job.hint.is_null() {
        // A local build needs neither, as it says itself what runs.
        for (member, value) in [("Handler", "bootstrap"), ("Runtime", "provided.al2023")] {
            if input[member].is_null() {
                input[member] = json!(value);
            }
        }
    }
    for (from, to) in [("KmsKeyArn", "KMSKeyArn"), ("Architectures", "Architectures")] {
        if !job.properties[from].is_null() {
            input[to] = job.properties[from].clone();
        }
    }
    let tags = tags(job.properties);
    if tags.as_object().is_some_and(|tags| !tags.is_empty()) {
        input["Tags"] = tags;
    }
    Ok(input)
}

fn after_creation(job: &Job<'_>) -> Vec<(&'static str, Value)> {
    let reserved = &job.properties["ReservedConcurrentExecutions"];
    if reserved.is_null() {
        return Vec::new();
    }
    vec![("PutFunctionConcurrency", concurrency(job, reserved))]
}

fn concurrency(job: &Job<'_>, reserved: &Value) -> Value {
    let number = reserved.as_str().and_then(|text| text.parse::<i64>().ok());
    let reserved = number.map_or_else(|| reserved.clone(), |number| json!(number));
    json!({
        "FunctionName": job.physical_id.unwrap_or_default(),
        "ReservedConcurrentExecutions": reserved,
    })
}

/// The code; a template's own source, and a hint, travel as the member `Standin`.
fn code(job: &Job<'_>) -> Result<Value, String> {
    let code = &job.properties["Code"];
    let mut input = match code["ZipFile"].as_str() {
        Some(source) => json!({"Standin": {"Source": source}}),
        None => {
            some(code, &["S3Bucket", "S3Key", "S3ObjectVersion", "S3ObjectStorageMode", "ImageUri"])
        }
    };
    if job.hint.is_null() {
        return Ok(input);
    }
    let Some(members) = job.hint.as_object() else {
        return Err("Metadata: Standin: must be an object with Command, Cargo or Folder".into());
    };
    let known = ["Command", "Cargo", "Folder", "WorkingDirectory", "Environment", "Model"];
    if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
        let known = known.join(", ");
        return Err(format!("Metadata: Standin: {other} is not known; there are {known}"));
    }
    let mut hint = job.hint.clone();
    hint["BaseDirectory"] = json!(job.base_directory);
    if known[..3].iter().any(|name| members.contains_key(*name)) {
        return Ok(json!({"Standin": {"Local": hint}}));
    }
    input["Standin"]["Hint"] = hint;
    Ok(input)
}

fn tags(properties: &Value) -> Value {
    let list = properties["Tags"].as_array().into_iter().flatten();
    let pairs = list.filter_map(|tag| Some((tag["Key"].as_str()?, tag["Value"].clone())));
    Value::Object(pairs.map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The calls of an update.
fn changes(job: &Job<'_>) -> Result<Vec<(&'static str, Value)>, String> {
    let previous = job.previous.unwrap_or(&Value::Null);
    let function = job.physical_id.unwrap_or_default();
    let changed = |name: &str| job.properties[name] != previous[name];
    let mut calls = Vec::new();
    if changed("Code") || !job.hint.is_null() {
        let mut input = code(job)?;
        input["FunctionName"] = json!(function);
        calls.push(("UpdateFunctionCode", input));
    }
    if SETTINGS.iter().any(|name| changed(name)) || changed("KmsKeyArn") {
        calls.push(("UpdateFunctionConfiguration", configuration(job, function)));
    }
    if changed("ReservedConcurrentExecutions") {
        calls.push(match &job.properties["ReservedConcurrentExecutions"] {
            Value::Null => ("DeleteFunctionConcurrency", json!({"FunctionName": function})),
            reserved => ("PutFunctionConcurrency", concurrency(job, reserved)),
        });
    }
    if changed("Tags") {
        let arn = format!("arn:aws:lambda:{}:{}:function:{function}", job.region, job.account);
        let (new, old) = (tags(job.properties), tags(previous));
        let old = old.as_object().into_iter().flat_map(|tags| tags.keys());
        let gone: Vec<&String> = old.filter(|key| new[key.as_str()].is_null()).collect();
        if !gone.is_empty() {
            calls.push(("UntagResource", json!({"Resource": arn, "TagKeys": gone})));
        }
        calls.push(("TagResource", json!({"Resource": arn, "Tags": new})));
    }
    Ok(calls)
}

/// All settings; one that is left out goes back to its default.
fn configuration(job: &Job<'_>, function: &str) -> Value {
    let mut input = settings(job.properties);
    let defaults = [
        ("Description", json!("")),
        ("Timeout", json!(3)),
        ("MemorySize", json!(128)),
        ("Environment", json!({"Variables": {}})),
        ("TracingConfig", json!({"Mode": "PassThrough"})),
        ("EphemeralStorage", json!({"Size": 512})),
        ("LoggingConfig", json!({"LogGroup": format!("/aws/lambda/{function}")})),
    ];
    for (name, value) in defaults {
        if input[name].is_null() {
            input[name] = value;
        }
    }
    if let Some(members) = input.as_object_mut() {
        // A look at what is not there leaves nothing behind.
        members.retain(|_, member| !member.is_null());
    }
    input["FunctionName"] = json!(function);
    input["KMSKeyArn"] = job.properties["KmsKeyArn"].clone();
    input
}
