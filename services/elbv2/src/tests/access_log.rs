//! The access log: its lines, its files, and the bucket they go to.

use standin_kernel::{
    Answer, Body, Caller, Duration, ExchangeId, Finish, Heard, LinkFailure, Need, Out, Response,
    Service, Value, json,
};

use super::{Bench, request};

/// A load balancer with a log, a healthy target behind `/` and a fixed 404 under `/closed`.
fn site(prefix: &str) -> (Bench, String) {
    let mut bench = Bench::new();
    let (balancer, listener, group) = bench.site();
    bench.rule(&listener, 7, "/closed");
    let targets = json!([{"Id": "127.77.0.1"}]);
    bench.ok("RegisterTargets", json!({"TargetGroupArn": group, "Targets": targets}));
    bench.ok("ModifyLoadBalancerAttributes", on(&balancer, prefix));
    let host = bench.dns_name(&balancer);
    (bench, host)
}

fn on(balancer: &str, prefix: &str) -> Value {
    json!({
        "LoadBalancerArn": balancer,
        "Attributes": [
            {"Key": "access_logs.s3.enabled", "Value": "true"},
            {"Key": "access_logs.s3.bucket", "Value": "logs"},
            {"Key": "access_logs.s3.prefix", "Value": prefix},
        ],
    })
}

/// One request, what its target does after 250 ms if it is asked, and how the exchange ends.
fn ask(bench: &mut Bench, host: &str, target: &str, does: Result<u16, LinkFailure>, end: Finish) {
    let exchange = ExchangeId(1);
    let mut request = request(host, target, 80);
    request.head.headers.append("User-Agent", "a \"b\"");
    bench.outs.clear();
    bench.with(|elbv2, cx| elbv2.request_at(cx, exchange, host, request));
    if bench.outs.iter().any(|out| matches!(out, Out::Send { .. })) && end != Finish::ViewerGone {
        bench.now = bench.now + Duration::from_millis(250);
        let caller = Caller::Exchange(exchange);
        bench.with(|elbv2, cx| match does {
            Ok(status) => {
                let mut response = Response::text(status, "text/plain", "");
                response.body = Body::Relay { length: Some(5), keep: None };
                elbv2.response(cx, caller, response);
            }
            Err(failure) => elbv2.failed(cx, caller, failure),
        });
    }
    bench.with(|elbv2, cx| elbv2.finished(cx, exchange, end));
}

const WHOLE: Finish = Finish::Complete { body_bytes: 5 };

/// The fields of a line; what is in quotes is one.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => fields.push(std::mem::take(&mut field)),
            letter => field.push(letter),
        }
    }
    fields.push(field);
    fields
}

/// The lines of the file that was delivered.
fn lines(bench: &mut Bench) -> Vec<Vec<String>> {
    bench.pass(Duration::from_secs(5));
    let object = bench.objects.pop().expect("a file");
    let text = object["Standin"]["Delivery"]["Text"].as_str().unwrap().to_owned();
    text.lines().map(fields).collect()
}

#[test]
fn alb_lg_01_a_line_has_34_fields_and_the_request_in_quotes() {
    let (mut bench, host) = site("");
    ask(&mut bench, &host, "/a?b=c", Ok(200), WHOLE);
    let all = lines(&mut bench);
    let [line] = &all[..] else { panic!("{all:?}") };
    assert_eq!(line.len(), 34);
    assert_eq!(line[0], "http");
    assert_eq!(line[1], "2027-01-15T08:00:00.250000Z");
    assert!(line[2].starts_with("app/web/"), "{}", line[2]);
    assert_eq!(line[3..5], ["203.0.113.9:40000", "127.77.0.1:8080"]);
    assert_eq!(line[5..8], ["0.000", "0.250", "0.000"]);
    assert_eq!(line[8..10], ["200", "200"]);
    assert_eq!(line[12], format!("GET http://{host}:80/a?b=c HTTP/1.1"));
    assert_eq!(line[13], "a \\x22b\\x22");
    assert!(line[16].contains(":targetgroup/app/"));
    assert!(line[17].starts_with("Root=1-"), "{}", line[17]);
    assert_eq!(line[20..23], ["0", "2027-01-15T08:00:00.000000Z", "forward"]);
    assert_eq!(line[25..27], ["127.77.0.1:8080", "200"]);
    let sent: u64 = line[11].parse().unwrap();
    assert!(sent > 5, "{sent}");
}

#[test]
fn alb_lg_02_alb_lg_03_s3_log_07_who_reached_no_target_has_no_times() {
    let (mut bench, host) = site("");
    ask(&mut bench, &host, "/closed", Ok(200), WHOLE);
    ask(&mut bench, &host, "/", Err(LinkFailure::Refused), WHOLE);
    ask(&mut bench, &host, "/", Err(LinkFailure::ResponseTimeout), WHOLE);
    let all = lines(&mut bench);
    assert_eq!(all.len(), 3);
    assert_eq!(all[0][4..10], ["-", "-1", "-1", "-1", "404", "-"]);
    assert_eq!((&*all[0][20], &*all[0][22]), ("7", "fixed-response"));
    assert_eq!(all[1][4..10], ["127.77.0.1:8080", "-1", "-1", "-1", "502", "-"]);
    assert_eq!(all[2][5..10], ["0.000", "-1", "-1", "504", "-"]);
}

#[test]
fn alb_er_09_who_left_before_the_answer_is_logged_as_460() {
    let (mut bench, host) = site("");
    ask(&mut bench, &host, "/", Ok(200), Finish::ViewerGone);
    assert_eq!(lines(&mut bench)[0][8], "460");
}

#[test]
fn alb_lg_04_s3_log_04_a_file_is_named_by_account_region_load_balancer_and_time() {
    let (mut bench, host) = site("web/");
    ask(&mut bench, &host, "/", Ok(200), WHOLE);
    bench.pass(Duration::from_secs(5));
    let object = bench.objects.pop().unwrap();
    assert_eq!(object["Bucket"], "logs");
    let key = object["Key"].as_str().unwrap();
    let beginning = "web/AWSLogs/123456789012/elasticloadbalancing/ap-northeast-1/2027/01/15/\
                     123456789012_elasticloadbalancing_ap-northeast-1_app.web.";
    assert!(key.starts_with(beginning), "{key}");
    assert!(key.contains("_20270115T0800Z_") && key.ends_with(".log.gz"), "{key}");
    let delivery = &object["Standin"]["Delivery"];
    assert_eq!(delivery["Principal"], "logdelivery.elasticloadbalancing.amazonaws.com");
    assert_eq!(delivery["Account"], "582318560864");
    bench.pass(Duration::from_secs(600));
    assert!(bench.objects.is_empty(), "nothing to log");
    // At AWS's pace a file comes at the end of five minutes.
    bench.env.pace = standin_kernel::Pace::Aws;
    ask(&mut bench, &host, "/", Ok(200), WHOLE);
    bench.pass(Duration::from_secs(200));
    assert!(bench.objects.is_empty());
    bench.pass(Duration::from_secs(100));
    let key = bench.objects.pop().unwrap()["Key"].as_str().unwrap().to_owned();
    assert!(key.contains("_20270115T0815Z_"), "{key}");
}

#[test]
fn a_file_that_the_bucket_refuses_is_spoken_of() {
    let (mut bench, host) = site("");
    bench.bucket_closed = true;
    ask(&mut bench, &host, "/", Ok(200), WHOLE);
    bench.pass(Duration::from_secs(5));
    assert!(bench.logs.iter().any(|line| line.contains("cannot be written")), "{:?}", bench.logs);
}

#[test]
fn s3_log_05_a_log_begins_with_a_test_object_in_a_bucket_that_lets_it_in() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let operation = "ModifyLoadBalancerAttributes";
    let input = on(&balancer, "web");
    let need = bench.elbv2.needs(operation, &input, &[]).expect("a test object");
    let Need::Reply { input: object, .. } = &need else { panic!("{need:?}") };
    assert_eq!(object["Key"], "web/AWSLogs/123456789012/ELBAccessLogTestFile");
    let refused = standin_kernel::ApiError::new("AccessDenied", 403, "Access Denied");
    let heard = [Heard { need, answer: Answer::Reply(Err(refused)) }];
    let refused = bench.with(|elbv2, cx| elbv2.call_knowing(cx, operation, &input, &heard));
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, "InvalidConfigurationRequest");
    assert!(refused.message.starts_with("Access Denied for bucket: logs."), "{refused}");
    bench.ok(operation, input.clone());
    assert_eq!(bench.elbv2.needs(operation, &input, &[]), None, "the same bucket again");
    let imitates = bench.err(operation, on(&balancer, "AWSLogs/x"));
    assert_eq!(imitates.code, "InvalidConfigurationRequest");
    let mut nowhere = on(&balancer, "");
    nowhere["Attributes"][1]["Value"] = json!("");
    assert_eq!(bench.refusal(operation, nowhere), "InvalidConfigurationRequest");
}
