//! Stories as they are written, and what is refused.

use standin_kernel::json;

use super::*;

fn written() -> Value {
    json!({
        "name": "n", "template": "t.yaml", "duration": "90s", "world": "virtual",
        "viewers": [{"name": "reader", "get": "/", "every": "1s"}],
        "faults": [
            {"at": "20s", "break": "Service", "mode": "hang", "for": "30s"},
            {"at": 80, "repair": "all"},
        ],
        "operations": [
            {"at": "5s", "call": {"service": "ecs", "operation": "UpdateService", "input": {
                "service": {"Ref": "Service"}, "forceNewDeployment": true}}},
            {"at": "6s", "update-stack": {"parameters": {"Count": 3}}},
        ],
        "expect": [{"after": "20s", "within": "10s", "never": "raw-error"}],
        "pages": {"sorry": {"path": "/sorry.html"}},
    })
}

#[test]
fn reads_a_story() {
    let drill = Drill::from_value(written()).unwrap();
    let lasts = Some(Duration::from_secs(30));
    let act = Act::Break { target: "Service".into(), mode: Mode::Hang, lasts };
    let turn = Turn { at: Duration::from_secs(20), act, action: None };
    assert_eq!(drill.faults[0], turn);
    assert_eq!(turn.words(), "break Service (hang) for 30s");
    assert_eq!(drill.faults[1].act, Act::Repair { target: None });
    assert_eq!(drill.world, Worlds::Virtual);
    assert_eq!(drill.patience, Duration::from_secs(10));
    assert_eq!(drill.expect[0].never, ["raw-error"]);
    let Operation::Call { service, operation, .. } = &drill.operations[0].operation else {
        panic!("{:?}", drill.operations[0]);
    };
    assert_eq!((*service, operation.as_str()), (ServiceName::Ecs, "UpdateService"));
    let parameters = BTreeMap::from([("Count".to_owned(), json!(3))]);
    assert_eq!(drill.operations[1].operation, Operation::UpdateStack { parameters });
}

#[test]
fn an_action_of_fis_is_a_mode_with_its_duration() {
    let mut story = written();
    story["faults"] = json!([{
        "at": 1, "break": "Service", "action": "aws:ecs:task-network-packet-loss",
        "parameters": {"lossPercent": 30, "duration": "PT1M"}}]);
    let drill = Drill::from_value(story.clone()).unwrap();
    let lasts = Some(Duration::from_secs(60));
    let act = Act::Break { target: "Service".into(), mode: Mode::Loss(30), lasts };
    assert_eq!(drill.faults[0].act, act);
    story["faults"][0]["parameters"] = json!({"percent": 1});
    let refusal = Drill::from_value(story).unwrap_err().to_string();
    assert!(
        refusal.starts_with("faults[0]: aws:ecs:task-network-packet-loss: percent"),
        "{refusal}"
    );
}

#[test]
fn refuses_nonsense_by_path() {
    let refusal = |path: &str, value: Value| {
        let mut story = written();
        *story.pointer_mut(path).unwrap() = value;
        Drill::from_value(story).unwrap_err().to_string()
    };
    let cases = [
        ("/duration", json!("soon"), "duration: 'soon' is not a length of time"),
        ("/viewers", json!([]), "viewers: a drill needs at least one viewer"),
        ("/viewers/0/every", json!("1ms"), "viewers[0].every: "),
        ("/viewers/0/get", json!("x"), "viewers[0].get: 'x' does not begin with /"),
        ("/viewers/0", json!({"nane": "x"}), "viewers[0].nane: unknown field `nane`"),
        (
            "/viewers/0",
            json!({"name": "x", "get": "/", "every": 1, "cohort": {"kind": "bot"}}),
            "viewers[0].cohort.kind: unknown variant `bot`",
        ),
        ("/faults/0/mode", json!("burn"), "faults[0].mode: 'burn' is not a mode"),
        ("/faults/0/at", json!("2h"), "faults[0].at: 7200s comes after the end"),
        ("/faults/1", json!({"at": 1}), "faults[1]: a fault says either break"),
        ("/operations/0/call/service", json!("sqs"), "operations[0].call.service: unknown variant"),
        ("/operations/0/call/input", json!({"Fn::Sub": "x"}), "operations[0].call.input.Fn::Sub: "),
        ("/operations/1/at", json!("2h"), "operations[1].at: "),
        ("/expect/0/never", json!("blank"), "expect[0].never: 'blank' is neither page, incomplete"),
        ("/expect/0/within", json!("70s"), "expect[0]: no time is left"),
        ("/expect/0", json!({"after": "1s"}), "expect[0]: an expectation needs every_answer"),
        ("/expect/0", json!({"after": 1, "status": 200, "viewer": "x"}), "expect[0].viewer: "),
        (
            "/expect/0",
            json!({"after": 1, "alarm": "A"}),
            "expect[0]: an expectation about an alarm",
        ),
        ("/expect/0", json!({"after": 1, "alarm": "A", "in": "RED"}), "expect[0].in: 'RED' is no"),
        (
            "/expect/0",
            json!({"after": 1, "alarm": "A", "in": "OK", "status": 200}),
            "expect[0]: an expectation is about answers or about an alarm",
        ),
        ("/pages", json!({"page": {"path": "/"}}), "pages.page: page is a class of its own"),
        ("/world", json!("moon"), "world: unknown variant `moon`"),
    ];
    for (path, value, expected) in cases {
        let refusal = refusal(path, value);
        assert!(refusal.starts_with(expected), "{path}: {refusal}");
    }
}

#[test]
fn an_outage_begins_with_the_first_fault_and_ends_with_the_last() {
    let mut story = written();
    story["faults"] = json!([
        {"at": "10s", "break": "A", "for": "20s"},
        {"at": "15s", "break": "B"},
        {"at": "25s", "break": "A", "mode": "hang", "for": "40s"},
        {"at": "50s", "repair": "B"},
    ]);
    let drill = Drill::from_value(story).unwrap();
    let began = |at_s| drill.outage_began(Duration::from_secs(at_s)).map(|at| at.as_secs());
    assert_eq!(began(9), None);
    assert_eq!(began(10), Some(10));
    assert_eq!(began(31), Some(10));
    assert_eq!(began(64), Some(10));
    assert_eq!(began(65), None);
}
