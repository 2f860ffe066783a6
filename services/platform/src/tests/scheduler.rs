//! Schedules: which expressions are taken, and when their targets are called.

use standin_kernel::{ApiError, Duration, Service, Time, Value, json};

use super::{Bench, Resource};

const FUNCTION: &str = "arn:aws:lambda:ap-northeast-1:123456789012:function:switch";

/// 2027-01-15T08:00:00Z, where the bench begins.
const START: u64 = 1_800_000_000;

fn with_role() -> (Bench, String) {
    let mut bench = Bench::new();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    });
    let role = json!({"RoleName": "caller", "AssumeRolePolicyDocument": trust.to_string()});
    let made = bench.ok("CreateRole", role);
    let arn = made["Role"]["Arn"].as_str().unwrap().to_owned();
    (bench, arn)
}

fn schedule(role: &str, expression: &str) -> Value {
    json!({
        "Name": "tick",
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": FUNCTION, "RoleArn": role},
    })
}

/// Lets `seconds` pass; when the target was called, in seconds after the bench began. Every call
/// gets `reply`.
fn calls(bench: &mut Bench, seconds: u64, reply: &Result<Value, ApiError>) -> Vec<u64> {
    let end = bench.now + Duration::from_secs(seconds);
    let mut times = Vec::new();
    loop {
        let next = bench.platform.deadline().map(|due| due.at).filter(|at| *at <= end);
        bench.pass(next.unwrap_or(end));
        for (ticket, _) in std::mem::take(&mut bench.calls) {
            times.push(bench.now.seconds() - START);
            bench.with(|platform, cx| platform.reply(cx, ticket, reply.clone()));
        }
        if next.is_none() {
            return times;
        }
    }
}

fn fine() -> Result<Value, ApiError> {
    Ok(json!({"StatusCode": 202}))
}

fn moment(text: &str) -> Time {
    Time(u64::try_from(text.parse::<jiff::Timestamp>().unwrap().as_nanosecond()).unwrap())
}

#[test]
fn sch_ex_01_what_is_no_expression_is_refused_by_its_text() {
    let (mut bench, role) = with_role();
    let wrong = [
        "rate(10 seconds)",
        "rate(10)",
        "rate(-10 minutes)",
        "rate(0 minutes)",
        "at(2021-12-31)",
        "at(2031-12-31T10:00:00Z)",
        "at(2031-02-30T10:00:00)",
        "cron(0 18 ? * MON-FRI)",
        " rate(5 minutes)",
        "every(5 minutes)",
        // SCH-EX-02
        "cron(0 1 * * * *)",
        "cron(0 1 ? * ? *)",
        "cron(60 1 * * ? *)",
        "cron(0 1 32 * ? *)",
        "cron(0 1 ? * 8 *)",
        "cron(*/0 1 * * ? *)",
    ];
    for expression in wrong {
        let (code, message) = bench.refused("CreateSchedule", schedule(&role, expression));
        assert_eq!(code, "ValidationException", "{expression}");
        assert_eq!(message, format!("Invalid Schedule Expression {expression}."));
    }
}

#[test]
fn sch_ex_02_crons_of_every_form_are_taken() {
    let (mut bench, role) = with_role();
    let fine = [
        "cron(0 18 ? * MON-FRI *)",
        "cron(*/15 * * * ? *)",
        "cron(0-59/10 0-23/2 ? * * *)",
        "cron(0 10 L * ? *)",
        "cron(0 10 15W JAN-MAR ? 2027,2030)",
        "cron(0 10 ? * 6L *)",
        "cron(0 10 ? * TUE#2 2027-2199)",
        "rate(1 minutes)",
        "rate(5 day)",
    ];
    for (index, expression) in fine.into_iter().enumerate() {
        let mut input = schedule(&role, expression);
        input["Name"] = json!(format!("s{index}"));
        bench.ok("CreateSchedule", input);
    }
}

#[test]
fn sch_ex_06_a_rate_begins_at_once_and_repeats() {
    let (mut bench, role) = with_role();
    bench.ok("CreateSchedule", schedule(&role, "rate(5 minutes)"));
    assert_eq!(calls(&mut bench, 900, &fine()), [0, 300, 600, 900]);
}

#[test]
fn sch_ex_06_a_rate_with_a_start_begins_there_and_stops_before_its_end() {
    let (mut bench, role) = with_role();
    let mut input = schedule(&role, "rate(1 minute)");
    input["StartDate"] = json!(START + 90);
    input["EndDate"] = json!("2027-01-15T08:03:30Z");
    bench.ok("CreateSchedule", input);
    assert_eq!(calls(&mut bench, 900, &fine()), [90, 150]);
}

#[test]
fn sch_ex_12_a_one_time_schedule_runs_once_and_goes_if_it_says_so() {
    let (mut bench, role) = with_role();
    bench.ok("CreateSchedule", schedule(&role, "at(2027-01-15T08:01:00)"));
    let mut gone = schedule(&role, "at(2027-01-15T17:02:00)");
    gone["Name"] = json!("once");
    gone["ScheduleExpressionTimezone"] = json!("Asia/Tokyo");
    gone["ActionAfterCompletion"] = json!("DELETE");
    bench.ok("CreateSchedule", gone);
    assert_eq!(calls(&mut bench, 3600, &fine()), [60, 120]);
    bench.ok("GetSchedule", json!({"Name": "tick"}));
    let code = bench.code("GetSchedule", json!({"Name": "once"}));
    assert_eq!(code, "ResourceNotFoundException");
}

#[test]
fn sch_ex_03_a_cron_is_read_in_its_time_zone() {
    let (mut bench, role) = with_role();
    bench.now = moment("2027-07-01T00:00:00Z");
    let mut input = schedule(&role, "cron(0 8 * * ? *)");
    input["ScheduleExpressionTimezone"] = json!("Europe/Paris");
    bench.ok("CreateSchedule", input.clone());
    let next = bench.platform.deadline().unwrap().at;
    assert_eq!(next, moment("2027-07-01T06:00:00Z"));
    input["Name"] = json!("nowhere");
    input["ScheduleExpressionTimezone"] = json!("Europe/Atlantis");
    assert_eq!(bench.code("CreateSchedule", input), "ValidationException");
}

#[test]
fn sch_ex_05_at_awss_pace_the_call_is_within_the_minute() {
    let (mut bench, role) = with_role();
    bench.env.pace = standin_kernel::Pace::Aws;
    bench.ok("CreateSchedule", schedule(&role, "at(2027-01-15T08:05:00)"));
    let times = calls(&mut bench, 3600, &fine());
    assert!(matches!(times.as_slice(), [one] if (300..360).contains(one)), "{times:?}");
}

#[test]
fn sch_ex_07_a_flexible_window_is_kept_and_needs_its_minutes() {
    let (mut bench, role) = with_role();
    let mut input = schedule(&role, "at(2027-01-15T08:05:00)");
    input["FlexibleTimeWindow"] = json!({"Mode": "FLEXIBLE"});
    assert_eq!(bench.code("CreateSchedule", input.clone()), "ValidationException");
    input["FlexibleTimeWindow"] = json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15});
    bench.ok("CreateSchedule", input);
    let times = calls(&mut bench, 3600, &fine());
    assert!(matches!(times.as_slice(), [one] if (300..1200).contains(one)), "{times:?}");
}

#[test]
fn sch_ex_08_a_failing_call_is_tried_again_until_the_policy_ends() {
    let (mut bench, role) = with_role();
    let mut input = schedule(&role, "at(2027-01-15T08:01:00)");
    input["Target"]["RetryPolicy"] = json!({"MaximumRetryAttempts": 3});
    bench.ok("CreateSchedule", input.clone());
    let down = Err(ApiError::new("ServiceException", 500, "no luck"));
    assert_eq!(calls(&mut bench, 3600, &down), [60, 61, 63, 67]);
    assert!(bench.log.iter().any(|line| line.contains("given up")), "{:?}", bench.log);

    input["Name"] = json!("aged");
    input["ScheduleExpression"] = json!("at(2027-01-15T10:00:00)");
    input["Target"]["RetryPolicy"] = json!({"MaximumEventAgeInSeconds": 60});
    bench.ok("CreateSchedule", input);
    let times = calls(&mut bench, 7200, &down);
    assert_eq!(times, [7200, 7201, 7203, 7207, 7215, 7231]);
}

#[test]
fn sch_ex_08_a_function_that_is_not_there_is_not_tried_again() {
    let (mut bench, role) = with_role();
    bench.ok("CreateSchedule", schedule(&role, "at(2027-01-15T08:01:00)"));
    let none = Err(ApiError::new("ResourceNotFoundException", 404, "no such function"));
    assert_eq!(calls(&mut bench, 3600, &none), [60]);
}

#[test]
fn sch_ex_10_context_attributes_are_replaced_in_the_input() {
    let (mut bench, role) = with_role();
    let mut input = schedule(&role, "at(2027-01-15T08:01:00)");
    let wanted = r#"{"t":"<aws.scheduler.scheduled-time>","n":<aws.scheduler.attempt-number>}"#;
    input["Target"]["Input"] = json!(wanted);
    let invalid = bench.code("CreateSchedule", input.clone());
    assert_eq!(invalid, "ValidationException", "the number is no JSON before it is replaced");
    input["Target"]["Input"] =
        json!(r#"{"t":"<aws.scheduler.scheduled-time>","n":"<aws.scheduler.attempt-number>"}"#);
    bench.ok("CreateSchedule", input);
    bench.pass(Time::from_seconds(START + 60));
    let sent = &bench.calls[0].1;
    assert_eq!(sent["FunctionName"], FUNCTION);
    // SCH-EX-14
    assert_eq!(sent["InvocationType"], "Event");
    assert_eq!(sent["Payload"], r#"{"t":"2027-01-15T08:01:00Z","n":"1"}"#);
}

#[test]
fn sch_ex_11_without_input_the_detail_is_a_text() {
    let (mut bench, role) = with_role();
    bench.ok("CreateSchedule", schedule(&role, "at(2027-01-15T08:01:00)"));
    bench.pass(Time::from_seconds(START + 60));
    let event: Value = serde_json::from_str(bench.calls[0].1["Payload"].as_str().unwrap()).unwrap();
    assert_eq!(event["detail"], "{}");
    assert_eq!(event["source"], "aws.scheduler");
    assert_eq!(event["time"], "2027-01-15T08:01:00Z");
    let arn = "arn:aws:scheduler:ap-northeast-1:123456789012:schedule/default/tick";
    assert_eq!(event["resources"], json!([arn]));
}

#[test]
fn sch_ex_13_a_role_that_the_scheduler_may_not_assume_is_refused() {
    let (mut bench, _) = with_role();
    let nobody = "arn:aws:iam::123456789012:role/nobody";
    let (code, message) = bench.refused("CreateSchedule", schedule(nobody, "rate(1 minute)"));
    assert_eq!(code, "ValidationException");
    assert!(message.contains("must allow AWS EventBridge Scheduler to assume"), "{message}");
}

#[test]
fn sch_ex_15_an_update_puts_back_to_default_what_it_leaves_out() {
    let (mut bench, role) = with_role();
    let mut input = schedule(&role, "rate(1 hour)");
    input["Description"] = json!("hourly");
    input["State"] = json!("DISABLED");
    bench.ok("CreateSchedule", input);
    assert_eq!(calls(&mut bench, 7200, &fine()), [0; 0]);
    bench.ok("UpdateSchedule", schedule(&role, "rate(1 hour)"));
    let now = bench.ok("GetSchedule", json!({"Name": "tick"}));
    assert_eq!((&now["Description"], &now["State"]), (&Value::Null, &json!("ENABLED")));
    assert_eq!(calls(&mut bench, 3600, &fine()), [7200, 10_800]);
}

#[test]
fn other_targets_and_queues_are_refused_by_name() {
    let (mut bench, role) = with_role();
    let mut input = schedule(&role, "rate(1 hour)");
    input["Target"]["DeadLetterConfig"] = json!({"Arn": "arn:aws:sqs:r:123456789012:q"});
    let (code, message) = bench.refused("CreateSchedule", input);
    assert_eq!(code, "ValidationException");
    assert!(message.contains("DeadLetterConfig is not supported"), "{message}");
    let mut input = schedule(&role, "rate(1 hour)");
    input["Target"]["Arn"] = json!("arn:aws:sqs:ap-northeast-1:123456789012:q");
    let (_, message) = bench.refused("CreateSchedule", input);
    assert!(message.contains("calls Lambda functions"), "{message}");
}

#[test]
fn schedules_go_on_after_a_restart_and_a_missed_one_is_made_up_for() {
    let (mut bench, role) = with_role();
    bench.ok("CreateSchedule", schedule(&role, "rate(5 minutes)"));
    let mut once = schedule(&role, "at(2027-01-15T08:12:00)");
    once["Name"] = json!("once");
    bench.ok("CreateSchedule", once);
    assert_eq!(calls(&mut bench, 310, &fine()), [0, 300]);
    bench.later(600);
    bench.restart();
    assert_eq!(calls(&mut bench, 400, &fine()), [910, 1200]);
}

#[test]
fn a_group_takes_its_schedules_with_it() {
    let (mut bench, role) = with_role();
    let mut input = schedule(&role, "rate(5 minutes)");
    input["GroupName"] = json!("windows");
    assert_eq!(bench.code("CreateSchedule", input.clone()), "ResourceNotFoundException");
    let kind = "AWS::Scheduler::ScheduleGroup";
    let mut group = Resource::new(kind, "Windows", json!({"Name": "windows"})).create(&mut bench);
    let kind = "AWS::Scheduler::Schedule";
    let made = Resource::new(kind, "Tick", input.clone()).create(&mut bench);
    let arn = "arn:aws:scheduler:ap-northeast-1:123456789012:schedule/windows/tick";
    assert_eq!((made.id(), made.attribute("Arn")), ("tick", &json!(arn)));
    assert_eq!(bench.code("CreateSchedule", input), "ConflictException");
    let listed = bench.ok("ListSchedules", json!({"GroupName": "windows"}));
    assert_eq!(listed["Schedules"][0]["Target"], json!({"Arn": FUNCTION}));
    group.delete(&mut bench);
    assert_eq!(calls(&mut bench, 900, &fine()), [0; 0]);
    assert_eq!(bench.ok("ListSchedules", json!({}))["Schedules"], json!([]));
}
