//! The switch against an account in memory.

use std::collections::BTreeMap;

use diary_window::{Moment, Window};
use serde_json::{Value, json};

use crate::distribution::edit;
use crate::{Aws, Failure, Mode, Settings, apply, cookie, hmac_sha256};

const NOW: Moment = Moment(1_795_510_800);
const OWN: &str = "arn:aws:lambda:ap-northeast-1:123456789012:function:switch";
const PATH: &str = "/diary/maintenance/windows";

/// What the account holds, and the operations that fail.
#[derive(Debug, Default)]
struct Account {
    parameters: BTreeMap<String, String>,
    store: BTreeMap<String, String>,
    etag: u32,
    objects: BTreeMap<String, Value>,
    schedules: BTreeMap<String, Value>,
    config: String,
    broken: Vec<&'static str>,
    /// How often somebody else changes the store just before us.
    rivals: u32,
    written: Vec<String>,
}

impl Account {
    fn with(windows: &[(&str, i64, Option<i64>)]) -> Self {
        let mut account = Self::default();
        account.parameters.insert("/diary/maintenance/state".into(), "{}".into());
        for (id, from, until) in windows {
            account.window(id, *from, *until);
        }
        account
    }

    fn window(&mut self, id: &str, from: i64, until: Option<i64>) {
        let moment = |seconds: i64| Moment(NOW.0 + seconds).to_string();
        let mut document = json!({"from": moment(from)});
        if let Some(until) = until {
            document["until"] = json!(moment(until));
        }
        self.parameters.insert(format!("{PATH}/{id}"), document.to_string());
    }

    /// What the edge would do: the window that is open by what it was told.
    fn edge_open(&self, now: i64) -> Option<Value> {
        let list: Value = serde_json::from_str(self.store.get("windows")?).unwrap();
        let now = NOW.0 + now;
        let open = |entry: &&Value| {
            let until = entry["u"].as_i64();
            entry["f"].as_i64().unwrap() <= now && until.is_none_or(|until| now < until)
        };
        list.as_array().unwrap().iter().find(open).cloned()
    }

    fn page(&self, entry: &Value, language: &str) -> String {
        let count = entry[language].as_u64().unwrap();
        let name = entry["p"].as_str().unwrap();
        (0..count).map(|at| self.store[&format!("{name}.{language}.{at}")].as_str()).collect()
    }

    fn store_call(&mut self, operation: &str, input: &Value) -> Result<Value, Failure> {
        match operation {
            "DescribeKeyValueStore" => Ok(json!({"ETag": self.etag.to_string()})),
            "ListKeys" => {
                let line = |(key, value): (&String, &String)| json!({"Key": key, "Value": value});
                Ok(json!({"Items": self.store.iter().map(line).collect::<Vec<_>>()}))
            }
            "UpdateKeys" => {
                if self.rivals > 0 {
                    self.rivals -= 1;
                    self.etag += 1;
                }
                if input["IfMatch"].as_str() != Some(self.etag.to_string().as_str()) {
                    return Err(Failure::new(operation, "ConflictException", "stale"));
                }
                for put in input["Puts"].as_array().unwrap() {
                    let value = put["Value"].as_str().unwrap();
                    assert!(value.len() <= 1024, "CF-KVS-02");
                    self.store.insert(put["Key"].as_str().unwrap().into(), value.into());
                }
                for gone in input["Deletes"].as_array().unwrap() {
                    self.store.remove(gone["Key"].as_str().unwrap()).unwrap();
                }
                self.etag += 1;
                Ok(json!({}))
            }
            other => panic!("{other} is not asked for"),
        }
    }
}

impl Aws for Account {
    fn call(&mut self, _: &str, operation: &str, input: &Value) -> Result<Value, Failure> {
        let fail = |code: &str| Err(Failure::new(operation, code, "as the test wants it"));
        if self.broken.contains(&operation) {
            return fail("InternalFailure");
        }
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        let writes = ["Put", "Update", "Create", "Delete"];
        if writes.iter().any(|write| operation.starts_with(write)) {
            self.written.push(operation.to_owned());
        }
        match operation {
            "DescribeKeyValueStore" | "ListKeys" | "UpdateKeys" => {
                self.store_call(operation, input)
            }
            "GetParametersByPath" => {
                let all: Vec<Value> = self
                    .parameters
                    .iter()
                    .filter(|(name, _)| name.starts_with(PATH))
                    .map(|(name, value)| json!({"Name": name, "Value": value}))
                    .collect();
                // Two pages.
                let from = usize::from(input["NextToken"].is_string());
                let next = (from == 0 && all.len() > 1).then_some("more");
                let page: Vec<_> =
                    all.into_iter().enumerate().filter(|(at, _)| (*at > 0) == (from > 0)).collect();
                let page: Vec<Value> = page.into_iter().map(|(_, one)| one).collect();
                Ok(json!({"Parameters": page, "NextToken": next}))
            }
            "GetParameter" => Ok(json!({"Parameter": {"Value": self.parameters[&text("Name")]}})),
            "PutParameter" => {
                self.parameters.insert(text("Name"), text("Value"));
                Ok(json!({}))
            }
            "GetSecretValue" => Ok(json!({"SecretString": "sesame"})),
            "GetObject" => match self.objects.get(&text("Key")) {
                Some(object) => Ok(object.clone()),
                None => fail("AccessDenied"),
            },
            "PutObject" => {
                self.objects.insert(text("Key"), input.clone());
                Ok(json!({}))
            }
            "GetSchedule" => match self.schedules.get(&text("Name")) {
                Some(schedule) => Ok(schedule.clone()),
                None => fail("ResourceNotFoundException"),
            },
            "CreateSchedule" => {
                self.schedules.insert(text("Name"), input.clone());
                Ok(json!({}))
            }
            "GetDistributionConfig" => Ok(json!({"DistributionConfig": self.config, "ETag": "E"})),
            "UpdateDistribution" => {
                self.config = text("DistributionConfig");
                Ok(json!({}))
            }
            other => panic!("{other} is not asked for"),
        }
    }
}

fn settings(mode: &str) -> Settings {
    let variables = [
        ("WINDOWS_PATH", PATH),
        ("STATE_PARAMETER", "/diary/maintenance/state"),
        ("KEY_VALUE_STORE_ARN", "arn:aws:cloudfront::123456789012:key-value-store/k"),
        ("PASS_SECRET", "pass"),
        ("PAGES_BUCKET", "pages"),
        ("DISTRIBUTION_ID", "E1"),
        ("SCHEDULE_GROUP", "diary"),
        ("SCHEDULER_ROLE_ARN", "arn:aws:iam::123456789012:role/scheduler"),
        ("MODE", mode),
    ];
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
    Settings::read(|name| find(name).map(|(_, value)| (*value).to_owned())).unwrap()
}

fn run(account: &mut Account, mode: &str, seconds: i64) -> crate::Report {
    apply(account, &settings(mode), Moment(NOW.0 + seconds), OWN).unwrap()
}

#[test]
fn the_edge_knows_a_window_before_it_begins_and_needs_nobody_at_its_ends() {
    let mut account = Account::with(&[("night", 20, Some(60))]);
    let report = run(&mut account, "kvs", 0);
    assert_eq!((report.open, report.failed.len()), (None, 0));
    assert_eq!(report.next, Some(("night".into(), Moment(NOW.0 + 20))));
    // The function never runs again.
    let open: Vec<bool> =
        [0, 19, 20, 59, 60, 90].iter().map(|at| account.edge_open(*at).is_some()).collect();
    assert_eq!(open, [false, false, true, true, false, false]);
    let entry = account.edge_open(20).unwrap();
    assert!(account.page(&entry, "ja").contains("11月24日（火）18:01<span>（日本時間）"));
    assert!(account.page(&entry, "en").ends_with("</html>\n"));
    assert_eq!(account.store["pass"], "sesame");
}

#[test]
fn a_second_run_touches_nothing() {
    let mut account = Account::with(&[("night", 20, Some(60)), ("later", 600, None)]);
    run(&mut account, "kvs", 0);
    account.written.clear();
    let report = run(&mut account, "kvs", 1);
    assert_eq!((report.done.len(), account.written.len()), (0, 0), "{:?}", account.written);
}

#[test]
fn the_switch_wakes_itself_at_every_change() {
    let mut account = Account::with(&[("night", 20, Some(60))]);
    run(&mut account, "kvs", 0);
    let alarm = &account.schedules["change-20261124T090020"];
    assert_eq!(alarm["ScheduleExpression"], "at(2026-11-24T09:00:20)");
    assert_eq!(
        (&alarm["Target"]["Arn"], &alarm["ActionAfterCompletion"]),
        (&json!(OWN), &json!("DELETE"))
    );
    run(&mut account, "kvs", 20);
    assert!(account.schedules.contains_key("change-20261124T090100"));
    let report = run(&mut account, "kvs", 60);
    assert_eq!((report.open, report.next), (None, None));
    assert_eq!(account.store["windows"], "[]");
    assert_eq!(account.store.len(), 2, "the pages are gone: {:?}", account.store.keys());
}

#[test]
fn a_window_extended_while_open_stays_closed_to_its_new_end() {
    let mut account = Account::with(&[("night", -10, Some(60))]);
    run(&mut account, "kvs", 0);
    account.window("night", -10, Some(120));
    run(&mut account, "kvs", 30);
    assert!(account.edge_open(60).is_some() && account.edge_open(119).is_some());
    assert!(account.edge_open(120).is_none());
}

#[test]
fn an_emergency_without_end_holds_until_somebody_opens() {
    let mut account = Account::with(&[("work", -10, Some(60))]);
    let id = format!("{PATH}/fire");
    let document = json!({"kind": "emergency", "from": Moment(NOW.0 - 1)}).to_string();
    account.parameters.insert(id.clone(), document);
    let report = run(&mut account, "kvs", 0);
    assert_eq!((report.open.as_deref(), report.until), (Some("fire"), None));
    assert!(account.edge_open(100_000).is_some());
    account.parameters.remove(&id);
    run(&mut account, "kvs", 10);
    assert_eq!(account.edge_open(11).unwrap()["u"], NOW.0 + 60);
}

#[test]
fn what_is_no_window_is_told_and_holds_nothing_up() {
    let mut account = Account::with(&[("night", -10, Some(60))]);
    account.parameters.insert(format!("{PATH}/typo"), r#"{"form":"now"}"#.into());
    let report = run(&mut account, "kvs", 0);
    assert_eq!(report.open.as_deref(), Some("night"));
    assert!(report.ignored[0].contains("typo"), "{:?}", report.ignored);
    let state: Value =
        serde_json::from_str(&account.parameters["/diary/maintenance/state"]).unwrap();
    assert_eq!(state["open"], "night");
    assert_eq!(state["ignored"].as_array().unwrap().len(), 1);
}

#[test]
fn one_way_that_fails_does_not_hold_up_the_others() {
    let mut account = Account::with(&[("night", -10, Some(60))]);
    account.broken = vec!["PutObject", "CreateSchedule"];
    let report = run(&mut account, "kvs", 0);
    assert_eq!(report.failed.len(), 2, "{:?}", report.failed);
    assert!(account.edge_open(0).is_some());
    // The next run does the rest.
    account.broken.clear();
    assert!(run(&mut account, "kvs", 1).failed.is_empty());
    assert_eq!(account.objects["maintenance/planned/index.html"]["CacheControl"], "no-store");
    let broken = vec!["GetParametersByPath"];
    account.broken = broken;
    apply(&mut account, &settings("kvs"), NOW, OWN).unwrap_err();
}

#[test]
fn a_rival_change_of_the_store_is_looked_at_again() {
    let mut account = Account::with(&[("night", -10, Some(60))]);
    account.rivals = 2;
    assert!(run(&mut account, "kvs", 0).failed.is_empty());
    account.window("night", -10, Some(90));
    account.rivals = 3;
    assert_eq!(run(&mut account, "kvs", 0).failed.len(), 1);
}

#[test]
fn as_many_operators_as_a_window_may_have_fit_to_the_edge() {
    let operators: Vec<String> =
        (0..8).map(|at| format!("2001:0db8:1111:2222:3333:4444:5555:{at:04x}")).collect();
    let mut account = Account::with(&[]);
    for (id, from) in [("one", -10), ("two", 100)] {
        let (from, until) = (Moment(NOW.0 + from), Moment(NOW.0 + from + 60));
        let document = json!({"from": from, "until": until, "operators": operators}).to_string();
        Window::parse(id, &document).unwrap();
        account.parameters.insert(format!("{PATH}/{id}"), document);
    }
    assert!(run(&mut account, "kvs", 0).failed.is_empty());
    assert_eq!(account.edge_open(0).unwrap()["a"].as_array().unwrap().len(), 8);
}

const CONFIG: &str = "<DistributionConfig><Origins><Quantity>2</Quantity><Items><Origin>\
    <Id>diary</Id><DomainName>lb</DomainName><OriginPath></OriginPath></Origin><Origin>\
    <Id>pages</Id><DomainName>b</DomainName><OriginPath/></Origin></Items></Origins>\
    <DefaultCacheBehavior><TargetOriginId>diary</TargetOriginId><OriginRequestPolicyId>\
    216adef6-5c7f-47e4-b989-5492eafa07d3</OriginRequestPolicyId></DefaultCacheBehavior>\
    <CacheBehaviors><Items><CacheBehavior><TargetOriginId>diary</TargetOriginId></CacheBehavior>\
    </Items></CacheBehaviors><CustomErrorResponses><Quantity>1</Quantity><Items>\
    <CustomErrorResponse><ErrorCode>503</ErrorCode><ResponsePagePath>\
    /maintenance/sorry/index.html</ResponsePagePath><ResponseCode>503</ResponseCode>\
    <ErrorCachingMinTTL>5</ErrorCachingMinTTL></CustomErrorResponse></Items>\
    </CustomErrorResponses></DistributionConfig>";

#[test]
fn the_other_modes_change_the_distribution_and_change_it_back() {
    for (mode, name) in [(Mode::Origin, "origin"), (Mode::OriginPath, "origin-path")] {
        assert_eq!(edit(CONFIG, mode, false).unwrap(), CONFIG, "{name}");
        let closed = edit(CONFIG, mode, true).unwrap();
        assert_ne!(closed, CONFIG);
        assert_eq!(edit(&closed, mode, true).unwrap(), closed);
        assert_eq!(edit(&closed, mode, false).unwrap(), CONFIG);

        let mut account = Account::with(&[("night", -10, Some(60))]);
        account.config = CONFIG.into();
        assert!(run(&mut account, name, 0).failed.is_empty());
        assert_eq!(account.config, closed);
        assert!(account.edge_open(0).is_none(), "the edge lets everybody through");
        run(&mut account, name, 60);
        assert_eq!(account.config, CONFIG);
    }
    let origin = edit(CONFIG, Mode::Origin, true).unwrap();
    assert!(origin.contains("<TargetOriginId>pages</TargetOriginId>"));
    // CF-OG-18: a bucket takes the viewer's Host for a wrong signature.
    assert!(!origin.contains("OriginRequestPolicyId"));
    assert!(origin.contains("<Quantity>2</Quantity><Items><CustomErrorResponse>"));
    let path = edit(CONFIG, Mode::OriginPath, true).unwrap();
    assert!(path.contains("<OriginPath>/closed</OriginPath>"));
    assert!(edit("<DistributionConfig/>", Mode::Origin, true).is_err());
}

#[test]
fn a_cookie_is_signed_as_rfc_4231_says() {
    let hex = |bytes: [u8; 32]| crate::edge::hex(&bytes);
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(hex(hmac_sha256(b"Jefe", b"what do ya want for nothing?")), expected);
    let long = [0xaa; 131];
    let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
    let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
    assert_eq!(hex(hmac_sha256(&long, message)), expected);
    assert!(cookie("sesame", NOW).starts_with("1795510800."));
}

#[test]
fn settings_that_are_missing_or_wrong_are_named() {
    let wrong = Settings::read(|_| None).unwrap_err();
    assert!(wrong.contains("MODE") || wrong.contains("WINDOWS_PATH"), "{wrong}");
    let wrong = Settings::read(|name| Some(if name == "MODE" { "x" } else { "UTC" }.to_owned()));
    assert!(wrong.unwrap_err().contains("kvs, origin or origin-path"));
}
