//! The shape of the workspace: every service looks the same, and depends on the kernel only.

use super::Finding;
use crate::tree::File;

/// What reaches the real machine: nothing under `core/` and `services/` is built from it.
const REAL: [&str; 6] = ["tokio", "hyper", "redb", "socket2", "rustix", "mio"];

/// Looks at the folders of the services and at what the crates are built from.
pub(crate) fn look(files: &[File], findings: &mut Vec<Finding>) {
    for service in services(files) {
        folders(files, service, findings);
    }
    for file in files {
        let Some((place, rest)) = file.path.split_once('/') else { continue };
        if rest.ends_with("/Cargo.toml") && matches!(place, "services" | "core") {
            dependencies(file, place, findings);
        }
    }
}

/// The names of the folders in `services/`.
fn services(files: &[File]) -> Vec<&str> {
    let mut names: Vec<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix("services/")?.split_once('/'))
        .map(|(name, _)| name)
        .collect();
    names.dedup();
    names
}

/// The files a service must have. What carries no viewer is a module for each AWS service, of a
/// small shape of its own; CloudFormation creates other services' types and has none.
fn folders(files: &[File], service: &str, findings: &mut Vec<Finding>) {
    let source = format!("services/{service}/src");
    let find = |path: &str| files.iter().find(|file| file.path == format!("{source}/{path}"));
    let mut required = vec![("lib.rs", "what the crate decides and what is where")];
    if service == "platform" {
        modules(files, &source, findings);
    } else {
        required.push(("state.rs", "what is stored, apart from what is live"));
        required.push(("error.rs", "AWS's codes and texts"));
        required.push(("api/mod.rs", "a file for each group of operations"));
        if service != "cloudformation" {
            required.push(("resources/mod.rs", "a file for each CloudFormation type"));
        }
        if find("lib.rs").is_some_and(|lib| lib.text.contains("fn request(")) {
            required.push(("data/mod.rs", "a file for each decision about a request"));
        }
    }
    for (path, what) in required {
        if find(path).is_none() {
            let right = format!("every service has {path}: {what}");
            findings.push(Finding::new(&source, 0, format!("no {path}"), right));
        }
    }
}

/// Every folder of the platform is a service with the same two files.
fn modules(files: &[File], source: &str, findings: &mut Vec<Finding>) {
    let below = format!("{source}/");
    let mut names: Vec<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix(below.as_str())?.split_once('/'))
        .map(|(name, _)| name)
        .filter(|name| *name != "tests")
        .collect();
    names.dedup();
    for name in names {
        for part in ["api", "resources"] {
            let is_there = |path: String| files.iter().any(|file| file.path == path);
            if !is_there(format!("{source}/{name}/{part}.rs"))
                && !is_there(format!("{source}/{name}/{part}/mod.rs"))
            {
                let right = "every module of the platform has api and resources";
                findings.push(Finding::new(
                    &format!("{source}/{name}"),
                    0,
                    format!("no {part}.rs"),
                    right,
                ));
            }
        }
    }
}

fn dependencies(file: &File, place: &str, findings: &mut Vec<Finding>) {
    let mut section = "";
    for (number, line) in (1..).zip(file.text.lines()) {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            continue;
        }
        if !section.ends_with("dependencies") {
            continue;
        }
        let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
        let name = &line[..end];
        let path = &file.path;
        if place == "services" && name.starts_with("standin-") && name != "standin-kernel" {
            let right = "services use standin-kernel only and call each other by operation name";
            findings.push(Finding::new(path, number, format!("depends on {name}"), right));
        }
        if REAL.contains(&name) {
            let right = "emit an Out and let the driver in shell/host do it";
            findings.push(Finding::new(path, number, format!("depends on {name}"), right));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<File> = files
            .iter()
            .map(|(path, text)| File { path: (*path).into(), text: (*text).into() })
            .collect();
        let mut findings = Vec::new();
        look(&files, &mut findings);
        findings.iter().map(|finding| format!("{} {}", finding.path, finding.wrong)).collect()
    }

    #[test]
    fn a_service_that_carries_viewers_has_five_parts() {
        let lib = "impl Service for S3 { fn request(&mut self) {} }";
        assert_eq!(
            wrong(&[
                ("services/s3/src/api/mod.rs", ""),
                ("services/s3/src/lib.rs", lib),
                ("services/s3/src/state.rs", ""),
            ]),
            [
                "services/s3/src no error.rs",
                "services/s3/src no resources/mod.rs",
                "services/s3/src no data/mod.rs",
            ]
        );
    }

    #[test]
    fn a_module_of_the_platform_has_two() {
        assert_eq!(
            wrong(&[
                ("services/platform/src/ec2/api/mod.rs", ""),
                ("services/platform/src/ec2/resources.rs", ""),
                ("services/platform/src/iam/api.rs", ""),
                ("services/platform/src/lib.rs", ""),
                ("services/platform/src/tests/ec2.rs", ""),
            ]),
            ["services/platform/src/iam no resources.rs"]
        );
    }

    #[test]
    fn pure_crates_depend_on_nothing_real_and_services_on_the_kernel_only() {
        let manifest = "[dependencies]\nstandin-kernel.workspace = true\nserde = \"1\"\n\
                        standin-s3.workspace = true\n[dev-dependencies]\ntokio = \"1\"\n";
        let core = "[dependencies]\nstandin-s3.workspace = true\n[package]\ntokio = \"1\"\n";
        let mut said = wrong(&[
            ("core/engine/Cargo.toml", core),
            ("shell/host/Cargo.toml", manifest),
            ("services/x/Cargo.toml", manifest),
        ]);
        said.retain(|said| said.contains("depends"));
        assert_eq!(
            said,
            [
                "services/x/Cargo.toml depends on standin-s3",
                "services/x/Cargo.toml depends on tokio",
            ]
        );
    }
}
