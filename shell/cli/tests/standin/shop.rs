//! A stack with other names, ports and rules: nothing of the reference stack is wired in.

use standin_kernel::json;

use crate::world::{Standin, here, standin, text};

#[test]
fn another_template_works_as_well() {
    let run = Standin::shop();
    let page = run.get_at("shop.example.com", "/");
    assert_eq!((page.status, page.body.as_str()), (200, "hello\n"));
    assert_eq!(run.get_at("shop.example.com.localhost:8080", "/").status, 200);

    // Rules by priority, conditions, fixed responses and redirects.
    let tea = "GET /old/x?go=1 HTTP/1.1\r\nHost: localhost\r\nX-Tea: a green one\r\n\
               Connection: close\r\n\r\n";
    let tea = run.ask(tea);
    assert_eq!((tea.status, tea.body.as_str()), (418, "a teapot"));
    let moved = run.get("/old/shoes?go=1");
    assert_eq!(moved.status, 302);
    let location = moved.header("Location");
    assert!(location.ends_with(":8000/new/old/shoes?go=1"), "{location}");
    assert_eq!(run.get("/old/shoes").body, "hello\n");

    // What the task sees.
    let seen = run.get("/echo?a=b");
    assert!(seen.body.starts_with("GET /echo?a=b HTTP/1.1\r\n"), "{}", seen.body);
    for line in ["X-From: cdn", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Port: 8000"] {
        let wanted = line.to_ascii_lowercase();
        assert!(seen.body.to_ascii_lowercase().contains(&wanted), "{line}: {}", seen.body);
    }
    assert!(seen.body.contains("Root="), "X-Amzn-Trace-Id: {}", seen.body);
    let post = run.ask(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\n\r\n\
         shoes",
    );
    assert!(post.body.ends_with("\r\n\r\nshoes"), "{}", post.body);

    // The cache.
    let first = run.get("/cached/count");
    let second = run.get("/cached/count");
    assert_eq!((first.header("X-Cache"), first.header("Age")), ("Miss from cloudfront", ""));
    assert_eq!(second.header("X-Cache"), "Hit from cloudfront");
    assert_eq!(first.body, second.body);
    assert_eq!(run.get("/chunked").body, "hello, world");
    assert_eq!(run.get("/big/300000").body.len(), 300_000);
}

#[test]
fn an_origin_that_misbehaves_ends_in_the_documented_answer() {
    let run = Standin::shop();
    let sorry = "The shop is closed for a moment.";
    // 502 from the balancer, which the distribution turns into its page.
    for path in ["/garbage", "/close"] {
        let answer = run.get(path);
        assert!(answer.status == 503 && answer.body.contains(sorry), "{path}: {answer:?}");
    }
    // The read timeout of the origin is 2 s, and a GET is tried once more only when there are
    // attempts left for the connection, which there are not for an answer.
    let late = run.get("/hang");
    assert!(late.status == 503 && late.body.contains(sorry), "{late:?}");
    // A page that is missing: viewers get the status of the page's own origin.
    let missing = run.get("/status/500");
    assert_eq!(missing.status, 403, "the bucket does not tell the missing from the forbidden");
    // What is not mapped passes.
    assert_eq!(run.get("/status/404").status, 404);
    // Meanwhile nothing else suffered.
    assert_eq!(run.get("/").status, 200);
}

#[test]
fn everything_that_can_be_broken_breaks_and_mends() {
    let run = Standin::shop();
    let sorry = |path: &str| {
        let answer = run.get(path);
        answer.status == 503 && answer.body.contains("closed for a moment")
    };
    // The sorry page is not at the edge yet: while its bucket is broken, or the way to every
    // origin, viewers see the raw error.
    run.ok(&["break", "Errors", "--mode", "status=503"]);
    run.ok(&["break", "Shop", "--for", "2s"]);
    run.until("/?", "a raw error", |answer| answer.status >= 500 && !sorry("/?"));
    run.ok(&["repair"]);
    run.until("/?", "the shop", |answer| answer.status == 200);
    let cases = [
        (&["break", "Cdn", "--mode", "status=502"][..], 502, "the page cannot be had either"),
        (&["break", "Shop", "--mode", "status=500"], 403, "the page for 500 is missing"),
        (&["break", "Balancer", "--mode", "refuse"], 503, "no connection to the origin"),
        (&["break", "Cdn/shop", "--mode", "stop"], 503, "no connection within a second"),
        (&["break", "Cdn", "--mode", "status=502"], 503, "the page is at the edge by now"),
    ];
    for (command, status, why) in cases {
        run.ok(command);
        let answer = run.until("/?", why, |answer| answer.status != 200);
        assert_eq!(answer.status, status, "{command:?}, {why}: {answer:?}");
        run.ok(&["repair"]);
        run.until("/?", "the shop", |answer| answer.status == 200);
    }
    let wrong = run.cli(&["break", "Nothing"]);
    assert!(!wrong.status.success());
    let said = text(&wrong.stderr);
    assert!(said.contains("Nothing") && said.contains("Shop") && said.contains("Cdn"), "{said}");
    let wrong = run.cli(&["break", "Shop", "--mode", "burn"]);
    assert!(text(&wrong.stderr).contains("stop, hang, slow=2s"), "{}", text(&wrong.stderr));
}

#[test]
fn status_and_explain_are_for_programs_too() {
    let run = Standin::shop();
    let status = run.status();
    assert_eq!(status["stacks"][0]["name"], "shop");
    assert_eq!(status["stacks"][0]["status"], "CREATE_COMPLETE");
    assert_eq!(status["targets"][0]["target"]["Port"], json!(9000));
    let explained = run.ok(&["explain", "/old/x?go=1", "--json"]);
    let explained: standin_kernel::Value = serde_json::from_str(&explained).unwrap();
    assert_eq!(explained["status"], json!(302));
    let decisions = explained["decisions"].as_array().unwrap();
    let rule = decisions.iter().find(|decision| decision["step"] == "rule").unwrap();
    assert_eq!(rule["setting"]["logical_id"], "OldAddress", "{rule}");
    assert!(rule["setting"]["line"].as_u64().is_some_and(|line| line > 0), "{rule}");
    let table = run.ok(&["status"]);
    assert!(table.contains("AWS::ECS::Service") && table.contains("healthy"), "{table}");
}

#[test]
fn a_template_is_validated_property_by_property() {
    let path = here().join("shop.yaml");
    let path = path.to_str().unwrap();
    let output = standin(&["validate", path]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains("no effect"), "{said}");
    let all = text(&standin(&["validate", path, "--all"]).stdout);
    assert!(all.contains("Clerks.HealthCheckPath"), "{all}");
}
