//! What the tests of the whole share: the repository's drills and the stage each is played on.

pub mod coverage;
pub mod schema;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use standin_cloudformation::template::{PseudoParameters, Template, read_value};
use standin_kernel::{Bytes, Env, Value, json};
use standin_sim::{Drill, Object, Stage};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_owned).unwrap_or_default()
}

/// Every drill of the repository: the YAML files of all folders named `drills` below `stacks/` and
/// of `tests/drills/`, in order.
pub fn drill_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [root().join("stacks"), root().join("tests/drills")] {
        collect(&folder, &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let among_drills = folder.file_name().is_some_and(|name| name == "drills");
        if path.is_dir() {
            collect(&path, found);
        } else if among_drills && path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
}

/// The value a YAML file stands for.
pub fn yaml(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|wrong| wrong.to_string())?;
    read_value(&path.display().to_string(), &text).map_err(|wrong| format!("{wrong:?}"))
}

/// A drill with its stage: the input of `CreateStack` and the objects that fill the buckets.
pub fn drill(path: &Path) -> Result<(Drill, Stage), String> {
    let drill = Drill::from_value(yaml(path)?).map_err(|wrong| wrong.to_string())?;
    let file = path.parent().unwrap_or(Path::new(".")).join(&drill.template);
    let text = std::fs::read_to_string(&file).map_err(|wrong| wrong.to_string())?;
    let stage = stage(&file, &text, &drill.parameter_texts())?;
    Ok((drill, stage))
}

/// What a template at `file` sets.
pub fn stage(file: &Path, text: &str, parameters: &[(String, String)]) -> Result<Stage, String> {
    let objects = objects(file, text, parameters)?;
    let written: Vec<Value> = parameters
        .iter()
        .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": value}))
        .collect();
    let stack = json!({
        "StackName": stack_name(file),
        "TemplateBody": text,
        "Parameters": written,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "Standin": {"File": "template.yaml", "BaseDirectory": file.parent()},
    });
    let evaluator = Some(Arc::new(standin_functions::QuickJs::default()) as _);
    let handlers = diary_rehearsal::handlers();
    Ok(Stage { stack, objects, keys: standin_sim::Keys::new(), evaluator, handlers })
}

/// `diary` for `stacks/diary/template.yaml`, as the CLI calls it.
fn stack_name(file: &Path) -> String {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let stem = file.file_stem().filter(|stem| *stem != "template");
    let folder = file.parent().and_then(Path::file_name);
    let name = stem.or(folder).unwrap_or_default();
    name.to_string_lossy().replace(['_', '.'], "-")
}

/// What `Metadata: Standin: Folder` puts into the buckets of a template.
fn objects(
    file: &Path,
    text: &str,
    parameters: &[(String, String)],
) -> Result<Vec<Object>, String> {
    let template = Template::parse("template.yaml", text).map_err(|wrong| format!("{wrong:?}"))?;
    let (env, name) = (Env::default(), stack_name(file));
    let pseudo = PseudoParameters {
        stack_id: format!("arn:aws:cloudformation:{}:{}:stack/{name}/0", env.region, env.account),
        account_id: env.account,
        region: env.region,
        stack_name: name,
        notification_arns: Vec::new(),
    };
    let scope = template.bind(parameters, None, &pseudo).map_err(|wrong| format!("{wrong:?}"))?;
    let plan = template.plan(&scope).map_err(|wrong| format!("{wrong:?}"))?;
    let mut objects = Vec::new();
    for resource in &plan.resources {
        let Some(folder) = resource.hint["Folder"].as_str() else { continue };
        let folder = file.parent().unwrap_or(Path::new(".")).join(folder);
        let files = standin_host::fill::keys_below(&folder).map_err(|wrong| wrong.to_string())?;
        for (key, file) in files {
            let body = std::fs::read(&file).map_err(|wrong| wrong.to_string())?;
            objects.push(Object {
                bucket: resource.logical_id.clone(),
                key,
                content_type: standin_host::fill::content_type(&file).to_owned(),
                body: Bytes::from(body),
            });
        }
    }
    Ok(objects)
}
