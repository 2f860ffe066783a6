//! Bad input and bad luck at the start: a clear message, and nothing left behind.

use crate::world::{Scratch, here, processes_of, standin, text};

/// Runs `up` to its end, which must be a failure; gives what it said.
fn refused(scratch: &Scratch, template: &str, more: &[&str]) -> String {
    let state = scratch.0.join("state").display().to_string();
    let mut arguments = vec!["up", template, "--state-dir", &state];
    if !more.contains(&"--edge-port") {
        arguments.extend(["--edge-port", "0"]);
    }
    arguments.extend(["--api-port", "0"]);
    arguments.extend(more);
    let output = standin(&arguments);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert_eq!(processes_of(scratch), [0_u32; 0], "{said}");
    said
}

fn refused_text(template: &str) -> String {
    let scratch = Scratch::new();
    let path = scratch.write("shop.yaml", template);
    refused(&scratch, path.to_str().unwrap(), &[])
}

#[test]
fn a_broken_template_is_shown_with_its_line() {
    let said = refused_text("Resources:\n  A:\n    Type: AWS::S3::Bucket\n   Properties: {}\n");
    assert!(said.contains("shop.yaml:4:"), "{said}");
    let said = refused_text(
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketNam: x\n",
    );
    assert!(said.contains("shop.yaml:5:7") && said.contains("BucketName"), "{said}");
    let said = refused_text("Resources:\n  A: {Type: AWS::SQS::Queue}\n");
    assert!(said.contains("shop.yaml:2:") && said.contains("AWS::SQS::Queue"), "{said}");
    let circle = "Resources:\n  A: {Type: AWS::ECS::Cluster, DependsOn: B}\n  \
                  B: {Type: AWS::ECS::Cluster, DependsOn: A}\n";
    assert!(refused_text(circle).contains("Circular dependency between resources"));
}

#[test]
fn a_wrong_parameter_is_named() {
    let scratch = Scratch::new();
    let template = "Parameters:\n  Many: {Type: Number, Default: 1, MaxValue: 3}\n\
                    Resources:\n  A: {Type: AWS::ECS::Cluster}\n";
    let path = scratch.write("shop.yaml", template);
    let path = path.to_str().unwrap();
    let said = refused(&scratch, path, &["--parameters", "Many=9"]);
    assert!(said.contains("Many"), "{said}");
    let said = refused(&scratch, path, &["--parameters", "Few=9"]);
    assert!(said.contains("Few"), "{said}");
    let said = refused(&scratch, path, &["--parameters", "nonsense"]);
    assert!(said.contains("Key=Value"), "{said}");
}

#[test]
fn a_port_in_use_is_said_before_anything_starts() {
    let scratch = Scratch::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let path = scratch.write("shop.yaml", "Resources:\n  A: {Type: AWS::ECS::Cluster}\n");
    let said = refused(&scratch, path.to_str().unwrap(), &["--edge-port", &port]);
    assert!(said.contains(&port) && said.contains("--edge-port"), "{said}");
}

#[test]
fn a_template_that_is_not_there_is_named() {
    let said = refused(&Scratch::new(), "no/such/template.yaml", &[]);
    assert!(said.contains("no/such/template.yaml"), "{said}");
}

#[test]
fn an_image_that_cannot_run_here_is_never_running() {
    let shop = std::fs::read_to_string(here().join("shop.yaml")).unwrap();
    // Without a hint there is nothing that stands for the image.
    let hint = shop.find("    Metadata:\n      Standin:\n        Containers:").unwrap();
    let rest = shop[hint..].find("    Properties:").unwrap();
    let circuit = "      DeploymentConfiguration: {DeploymentCircuitBreaker: {Enable: true, \
                   Rollback: true}}\n      NetworkConfiguration:";
    let template = format!("{}{}", &shop[..hint], &shop[hint + rest..])
        .replace("      NetworkConfiguration:", circuit)
        .replace("      Standin: {Folder: errors}", "      Note: none");
    let scratch = Scratch::new();
    let path = scratch.write("shop.yaml", &template);
    let said = refused(&scratch, path.to_str().unwrap(), &["--parameters", "Program=none"]);
    assert!(said.contains("ROLLBACK_COMPLETE"), "{said}");
    assert!(said.contains("ECS Deployment Circuit Breaker was triggered"), "{said}");
    assert!(said.contains("shop/clerk:3 has no local command"), "{said}");
}
