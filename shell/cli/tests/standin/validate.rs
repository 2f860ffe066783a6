//! `standin validate`: hints and sizes, templates that others nest, and nothing said twice.

use crate::world::{Scratch, standin, text};

/// A service of one container `app` with these lines for its task definition.
fn service(hint: &str, cpu: &str) -> String {
    format!(
        "Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n{hint}    Properties:\n      \
         RequiresCompatibilities: [FARGATE]\n      NetworkMode: awsvpc\n      Cpu: '{cpu}'\n      \
         Memory: '512'\n      ContainerDefinitions:\n        - {{Name: app, Image: 'app:1'}}\n"
    )
}

fn hint(lines: &str) -> String {
    format!("    Metadata:\n      Standin:\n        Containers:\n          {lines}\n")
}

/// Standard output, standard error, and whether it was good.
fn validate(template: &str) -> (String, String, bool) {
    let scratch = Scratch::new();
    let path = scratch.write("shop.yaml", template);
    let output = standin(&["validate", path.to_str().unwrap()]);
    (text(&output.stdout), text(&output.stderr), output.status.success())
}

#[test]
fn a_good_hint_is_good_and_none_is_warned_of() {
    let (out, err, good) = validate(&service(&hint("app: {Command: [app]}"), "256"));
    assert!(good && !out.contains("warning") && !out.contains("standin validate"), "{out}{err}");
    let (out, err, good) = validate(&service("", "256"));
    assert!(good && out.contains("warning: Task:") && out.contains("container app"), "{out}{err}");
}

#[test]
fn wrong_hints_and_sizes_are_found() {
    for (template, wanted) in [
        (service(&hint("web: {Command: [app]}"), "256"), "web"),
        (service(&hint("app: {Comand: [app]}"), "256"), "Comand"),
        (service(&hint("app: {Command: [app]}"), "300"), "300"),
    ] {
        let (out, err, good) = validate(&template);
        assert!(!good && err.contains("Task:") && err.contains(wanted), "{wanted}: {out}{err}");
    }
}

#[test]
fn what_is_refused_is_said_once() {
    let template = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: {BucketNam: x}\n";
    let (out, err, good) = validate(template);
    assert!(!good);
    assert_eq!((out + &err).matches("did you mean").count(), 1, "{err}");
}

#[test]
fn a_template_nested_by_its_path_is_checked_where_it_is() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.0.join("parts")).unwrap();
    let nest = "Resources:\n  Part:\n    Type: AWS::CloudFormation::Stack\n    Properties: \
                {TemplateURL: parts/part.yaml}\n";
    let path = scratch.write("shop.yaml", nest);
    let path = path.to_str().unwrap();
    let run = || {
        let output = standin(&["validate", path]);
        (text(&output.stdout) + &text(&output.stderr), output.status.success())
    };
    let (said, good) = run();
    assert!(!good && said.contains("shop.yaml:4: the template of Part"), "{said}");
    scratch.write("parts/part.yaml", "Resources:\n  A: {Type: AWS::S3::Bucke}\n");
    let (said, good) = run();
    assert!(!good && said.contains("part.yaml:2:"), "{said}");
    scratch.write("parts/part.yaml", "Resources:\n  A: {Type: AWS::S3::Bucket}\n");
    let (said, good) = run();
    assert!(good, "{said}");
}
