//! First light: the reference stack shows the diary, the sorry page when its tasks die, and the
//! diary again.

use crate::world::{Standin, processes_of, root};

#[test]
fn the_sorry_page_comes_when_the_tasks_die_and_leaves_when_they_are_back() {
    let run = Standin::up(&root().join("stacks/diary/template.yaml"), &[]);
    assert!(run.said().contains("CREATE_COMPLETE"), "{}", run.said());
    let page = run.get("/");
    assert_eq!((page.status, page.header("X-Cache")), (200, "Miss from cloudfront"));
    assert!(page.header("Via").ends_with(".cloudfront.net (CloudFront)"), "{page:?}");
    assert!(!page.header("X-Amz-Cf-Id").is_empty() && !page.header("X-Amz-Cf-Pop").is_empty());
    let running = run.status()["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|task| task["lastStatus"] == "RUNNING")
        .count();
    assert_eq!(running, 2);

    // The style is kept at the edge.
    assert_eq!(run.get("/static/diary.css").status, 200);
    assert_eq!(run.get("/static/diary.css").header("X-Cache"), "Hit from cloudfront");

    run.ok(&["break", "Service"]);
    let sorry = run.until("/", "the sorry page", |answer| answer.status == 503);
    assert!(sorry.body.contains("lang=\"ja\"") && sorry.body.contains("lang=\"en\""), "{sorry:?}");
    assert_eq!(sorry.header("X-Cache"), "Error from cloudfront");
    for path in ["/entries/2026-11-24", "/new", "/no/such/path?x=1"] {
        let answer = run.get(path);
        assert_eq!((answer.status, &answer.body), (503, &sorry.body), "{path}");
    }
    for asset in sorry.body.split(['"', '\'']).filter(|text| text.starts_with("/maintenance/")) {
        assert_eq!(run.get(asset).status, 200, "{asset}");
    }
    let explained = run.ok(&["explain", "/"]);
    assert!(explained.contains("CustomErrorResponses"), "{explained}");
    assert!(explained.contains("template.yaml:"), "{explained}");
    run.until("/", "a task that says why it cannot start", |_| {
        run.status()["tasks"].to_string().contains("Service is broken on purpose")
    });

    run.ok(&["repair", "Service"]);
    let back = run.until("/", "the diary", |answer| answer.status == 200);
    assert_ne!(back.body, sorry.body);

    let containers = run.containers();
    assert!(!containers.is_empty());
    let (_, scratch) = run.interrupt();
    assert_eq!(processes_of(&scratch), [0_u32; 0], "nothing is left behind");
}

#[test]
fn viewers_reach_what_they_name() {
    let on_files = ["--parameters", "Store=file"];
    let run = Standin::up(&root().join("stacks/diary/template.yaml"), &on_files);
    let status = run.status();
    let output = |name: &str| {
        let outputs = status["stacks"][0]["outputs"].as_array().unwrap().clone();
        let found = outputs.iter().find(|output| output["OutputKey"] == name).unwrap();
        found["OutputValue"].as_str().unwrap().to_owned()
    };
    let (cdn, balancer) = (output("DistributionDomainName"), output("LoadBalancerDNSName"));
    for host in [cdn.clone(), format!("{cdn}.localhost:8080"), cdn.to_uppercase()] {
        assert_eq!(run.get_at(&host, "/").header("X-Cache"), "Miss from cloudfront", "{host}");
    }
    for host in [balancer.clone(), format!("{balancer}.localhost:8080")] {
        let answer = run.get_at(&host, "/");
        assert_eq!((answer.status, answer.header("X-Cache")), (200, ""), "{host}");
        assert_eq!(run.get_at(&host, "/internal/x").status, 403, "a rule of the listener");
    }
    // CF-REQ-04
    let nobody = run.get_at("www.example.org", "/");
    assert_eq!((nobody.status, nobody.header("Server")), (403, "CloudFront"));
    assert_eq!(nobody.header("X-Cache"), "Error from cloudfront");
    // The bucket itself lets nobody in but the distribution.
    let bucket = output("PagesBucketName");
    let host = format!("{bucket}.s3.ap-northeast-1.amazonaws.com");
    assert_eq!(run.get_at(&host, "/maintenance/sorry/index.html").status, 403);
    let logs = run.ok(&["logs"]);
    assert!(logs.contains("app"), "{logs}");
}

#[test]
fn entries_are_written_through_the_whole_way() {
    let run = Standin::up(&root().join("stacks/diary/template.yaml"), &[]);
    let body = "date=2026-11-24&title=First+light&text=It+runs.";
    let request = format!(
        "POST /entries HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let written = run.ask(&request);
    assert!((300..400).contains(&written.status), "{written:?}");
    let read = run.get(written.header("Location"));
    assert!(read.status == 200 && read.body.contains("First light"), "{read:?}");
    assert!(!run.scratch.0.join("state/diary").exists(), "the entries are in the database");
}
