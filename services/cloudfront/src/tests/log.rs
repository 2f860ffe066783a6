//! What is told of requests afterwards: metrics, and the standard log.

use standin_kernel::{
    Answer, ApiError, Caller, Duration, ExchangeId, Finish, Heard, LinkFailure, Need, Out,
    Response, Service, Value, json,
};

use super::{Bench, Outcome, document};

/// A distribution with a log; gives its id and its domain name.
fn site(bench: &mut Bench) -> (String, String) {
    let mut document = document("1");
    document["Logging"] = logging("logs.s3.amazonaws.com", "web");
    let id = bench.create(document);
    let domain = bench.get(&id)["Distribution"]["DomainName"].as_str().unwrap().to_owned();
    (id, domain)
}

fn logging(bucket: &str, prefix: &str) -> Value {
    json!({"Enabled": true, "IncludeCookies": false, "Bucket": bucket, "Prefix": prefix})
}

/// One request, what its origin does if it is asked, and the end of the exchange.
fn ask(bench: &mut Bench, host: &str, target: &str, does: Result<u16, LinkFailure>) {
    let asked = bench.ask(host, target);
    let exchange = ExchangeId(bench.last_exchange());
    if let Outcome::Asked(exchange, _) = asked {
        bench.now = bench.now + Duration::from_millis(20);
        let caller = Caller::Exchange(exchange);
        // It tries to connect more than once.
        let mut asks = true;
        while asks {
            let ((), out) = bench.with(|service, cx| match does {
                Ok(status) => {
                    let response = Response::text(status, "text/html", "hello");
                    service.response(cx, caller, response);
                }
                Err(failure) => service.failed(cx, caller, failure),
            });
            asks = out.iter().any(|one| matches!(one, Out::Send { .. }));
        }
    }
    finish(bench, exchange, Finish::Complete { body_bytes: 5 });
}

fn finish(bench: &mut Bench, exchange: ExchangeId, finish: Finish) {
    let ((), out) = bench.with(|service, cx| service.finished(cx, exchange, finish));
    assert!(out.iter().all(|one| !matches!(one, Out::Respond { .. })));
}

/// The lines of the files delivered so far, field by field.
fn lines(bench: &mut Bench) -> Vec<Vec<String>> {
    bench.pass(Duration::from_secs(5));
    let delivered = bench.calls.iter().filter_map(|input| {
        let text = input["Standin"]["Delivery"]["Text"].as_str()?;
        assert!(text.starts_with("#Version: 1.0\n#Fields: date time x-edge-location "));
        let lines = text.lines().skip(2);
        Some(lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect::<Vec<_>>())
    });
    delivered.flatten().collect()
}

#[test]
fn cf_log_01_cf_log_03_a_line_has_33_fields() {
    let mut bench = Bench::new();
    let (_, domain) = site(&mut bench);
    ask(&mut bench, &domain, "/a%20b?c=d", Ok(200));
    let all = lines(&mut bench);
    let [line] = &all[..] else { panic!("{all:?}") };
    assert_eq!(line.len(), 33);
    assert_eq!(line[..2], ["2027-01-15", "08:00:00"]);
    assert_eq!(line[2], "NRT57-P1");
    assert_eq!(line[4..9], ["203.0.113.9", "GET", &domain, "/a%20b", "200"]);
    assert_eq!(line[11..14], ["c=d", "-", "Miss"]);
    assert_eq!((line[14].len(), &line[15], &*line[16]), (56, &domain, "https"));
    assert_eq!(line[18], "0.020");
    assert_eq!(line[22..24], ["Miss", "HTTP/1.1"]);
    assert_eq!(line[26..32], ["40000", "0.020", "Miss", "text/html", "5", "-"]);
    assert!(line[3].parse::<u64>().unwrap() > 5);
}

#[test]
fn cf_log_04_cf_log_05_cf_log_09_results_say_where_an_error_comes_from() {
    let mut bench = Bench::new();
    let (_, domain) = site(&mut bench);
    ask(&mut bench, &domain, "/", Err(LinkFailure::Refused));
    ask(&mut bench, &domain, "/", Ok(200));
    ask(&mut bench, &domain, "/late", Err(LinkFailure::ResponseTimeout));
    ask(&mut bench, &domain, "/ill", Ok(500));
    ask(&mut bench, &domain, "/gone", Ok(404));
    let all = lines(&mut bench);
    let of = |at: usize| (&*all[at][8], &*all[at][13], &*all[at][28]);
    assert_eq!(of(0), ("502", "Error", "OriginConnectError"));
    assert_eq!(of(1), ("502", "Error", "Error"), "remembered");
    assert_eq!(of(2), ("504", "Error", "OriginCommError"));
    assert_eq!(of(3), ("500", "Error", "OriginError"));
    assert_eq!(of(4), ("404", "Error", "Error"));
}

#[test]
fn cf_log_06_blanks_are_escaped_and_nothing_is_a_dash() {
    let mut bench = Bench::new();
    let (_, domain) = site(&mut bench);
    let exchange = ExchangeId(bench.next_exchange());
    let mut request = bench.request_of(&domain, "/");
    request.head.headers.append("User-Agent", "a b");
    request.head.headers.append("Cookie", "k=v");
    bench.with(|service, cx| service.request(cx, exchange, request));
    finish(&mut bench, exchange, Finish::ViewerGone);
    let all = lines(&mut bench);
    let line = &all[0];
    assert_eq!(line[8..13], ["000", "-", "a%20b", "-", "-"], "cookies are not wanted");
    assert_eq!((&*line[13], &*line[28]), ("Error", "ClientCommError"));
}

#[test]
fn cf_log_07_s3_log_03_files_are_named_by_distribution_and_hour() {
    let mut bench = Bench::new();
    let (id, domain) = site(&mut bench);
    ask(&mut bench, &domain, "/", Ok(200));
    bench.pass(Duration::from_secs(60 * 60));
    ask(&mut bench, &domain, "/", Ok(200));
    bench.pass(Duration::from_secs(5));
    let keys: Vec<&str> = bench.calls.iter().filter_map(|input| input["Key"].as_str()).collect();
    assert_eq!(keys.len(), 2);
    assert!(keys[0].starts_with(&format!("web/{id}.2027-01-15-08.")), "{}", keys[0]);
    assert!(keys[1].starts_with(&format!("web/{id}.2027-01-15-09.")), "{}", keys[1]);
    assert!(keys.iter().all(|key| key.ends_with(".gz")));
    let delivery = bench.calls.iter().find(|input| input["Bucket"] == "logs").unwrap();
    assert_eq!(delivery["Standin"]["Delivery"]["ByAcl"], true);
}

#[test]
fn s3_log_01_a_bucket_without_acls_takes_no_log() {
    let mut bench = Bench::new();
    let mut document = document("1");
    document["Logging"] = logging("logs.s3.ap-northeast-1.amazonaws.com", "");
    let input = json!({"DistributionConfig": document});
    let operation = "CreateDistribution";
    let need = bench.service.needs(operation, &input, &[]).expect("the bucket is looked at");
    let Need::Reply { input: asked, .. } = &need else { panic!("{need:?}") };
    assert_eq!(asked["Bucket"], "logs");
    let mut create = |reply: Result<Value, ApiError>| {
        let heard = [Heard { need: need.clone(), answer: Answer::Reply(reply) }];
        assert_eq!(bench.service.needs(operation, &input, &heard), None);
        let made = bench.with(|service, cx| service.call_knowing(cx, operation, &input, &heard)).0;
        made.map(drop).map_err(|error| error.code)
    };
    let ownership =
        |word: &str| Ok(json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": word}]}}));
    let refused = Err("InvalidArgument".to_owned());
    assert_eq!(create(ownership("BucketOwnerEnforced")), refused);
    assert_eq!(create(Err(ApiError::new("NoSuchBucket", 404, "gone"))), refused);
    assert_eq!(create(ownership("BucketOwnerPreferred")), Ok(()));
    assert_eq!(bench.service.needs("GetDistribution", &input, &[]), None);
}

#[test]
fn cw_mt_08_requests_bytes_and_error_rates_are_told_every_minute() {
    let mut bench = Bench::new();
    let (id, domain) = site(&mut bench);
    ask(&mut bench, &domain, "/a", Ok(200));
    ask(&mut bench, &domain, "/b", Ok(404));
    ask(&mut bench, &domain, "/c", Err(LinkFailure::Refused));
    ask(&mut bench, &domain, "/a", Ok(200));
    bench.pass(Duration::from_secs(60));
    let told = bench.calls.iter().find(|input| input["Namespace"] == "AWS/CloudFront").unwrap();
    let of = |name: &str| {
        let data = told["MetricData"].as_array().unwrap();
        data.iter().find(|datum| datum["MetricName"] == name).unwrap().clone()
    };
    let requests = of("Requests");
    assert_eq!(requests["StatisticValues"]["Sum"], 4.0);
    assert_eq!(requests["Dimensions"][0], json!({"Name": "DistributionId", "Value": id}));
    assert_eq!(requests["Dimensions"][1], json!({"Name": "Region", "Value": "Global"}));
    let rate = |name: &str| {
        let statistics = &of(name)["StatisticValues"];
        statistics["Sum"].as_f64().unwrap() / statistics["SampleCount"].as_f64().unwrap()
    };
    let rates = ["4xxErrorRate", "5xxErrorRate", "TotalErrorRate"].map(rate);
    assert_eq!(rates, [25.0, 25.0, 50.0]);
    assert!(of("BytesDownloaded")["StatisticValues"]["Sum"].as_f64().unwrap() > 20.0);
    bench.calls.clear();
    bench.pass(Duration::from_secs(120));
    assert!(bench.calls.is_empty(), "no requests, no data");
}
