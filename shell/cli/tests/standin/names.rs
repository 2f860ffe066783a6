//! Names of the stack resolve in its tasks, and lead to the ports that AWS has; where a machine
//! does not let Standin do that, `status` says why.

use std::time::Instant;

use crate::world::{PATIENCE, Standin, here};

#[test]
fn tasks_reach_others_of_the_stack_by_name() {
    let program = format!("Program={}", env!("CARGO_BIN_EXE_cli-test-asker"));
    let run = Standin::up(&here().join("names.yaml"), &["--parameters", &program]);
    let status = run.status();
    let Some(resolver) = status["resolver"].as_str() else {
        let why = status["no_resolver"].as_str().unwrap();
        assert!(!why.is_empty() && run.ok(&["status"]).contains(why));
        eprintln!("not tried, for this machine does not allow it: {why}");
        return;
    };
    assert!(run.ok(&["status"]).contains(&format!("ask {resolver} for names")));

    let inner = status["stacks"][0]["outputs"][0]["OutputValue"].as_str().unwrap();
    let since = Instant::now();
    let mut logs = String::new();
    while !logs.contains("asked all") {
        assert!(since.elapsed() < PATIENCE, "{logs}");
        logs = run.ok(&["logs", "asker"]);
    }
    let said = |place: &str| {
        let place = format!(" {place}: ");
        let line = logs.lines().find(|line| line.contains(&place));
        line.unwrap_or_else(|| panic!("{place}\n{logs}")).to_owned()
    };
    let by_record = ["stock.shop.example", "old.shop.example", "stock.inside.example"];
    for host in [inner].into_iter().chain(by_record) {
        let line = said(&format!("{host}:80/"));
        assert!(line.contains("port eighty from 127.240."), "{line}");
    }
    let line = said(&format!("{inner}:9000/"));
    assert!(line.contains("port nine thousand from 127.240."), "{line}");
    // Nobody listens there, and there is no such name.
    let line = said(&format!("{inner}:81/"));
    assert!(line.contains("Connection refused"), "{line}");
    // The last is a name of a private zone that answers in another VPC.
    for place in ["nobody.shop.example:80/", "stock.elsewhere.example:80/"] {
        let line = said(place);
        assert!(line.contains("failed to lookup address"), "{line}");
    }
}
