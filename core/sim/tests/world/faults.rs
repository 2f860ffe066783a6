//! Every fault in virtual time, on a small site: what its viewers see.

use crate::stage::Site;
use standin_kernel::Duration;

const OK: Option<u16> = Some(200);
const SORRY: Option<u16> = Some(503);

#[test]
fn a_site_at_rest_answers() {
    let mut site = Site::new(&[]);
    assert_eq!(site.statuses("/", 5), [(OK, 5)]);
    // Three trips to the edge, one to the origin, one to the task, and the answer's 0.1 s.
    let took = site.ask("/").took;
    assert!(took > Duration::from_millis(120) && took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn a_cut_between_edge_and_balancer_shows_the_sorry_page() {
    let mut site = Site::new(&[]);
    site.broken("Distribution->LoadBalancer", "cut");
    let got = site.ask("/");
    assert!(got.sorry && got.status == SORRY, "{got:?}");
    // One attempt of 2 s.
    assert!(got.took >= Duration::from_secs(2) && got.took < Duration::from_secs(3), "{got:?}");
    // The load balancer itself is not cut off from its tasks: back at once.
    site.repair();
    site.pass(2);
    assert_eq!(site.ask("/").status, OK);
}

#[test]
fn a_cut_between_balancer_and_tasks_is_a_gateway_error_of_the_balancer() {
    let mut site = Site::new(&[]);
    site.broken("LoadBalancer->Service", "cut");
    let got = site.ask("/");
    assert!(got.sorry, "{got:?}");
    // Both targets fail their health checks too, so the way back needs them healthy again.
    site.pass(60);
    site.repair();
    site.pass(20);
    assert_eq!(site.statuses("/", 3), [(OK, 3)]);
}

#[test]
fn a_cut_between_edge_and_bucket_hurts_only_the_page() {
    let mut site = Site::new(&[]);
    site.broken("Distribution->Pages", "cut");
    assert_eq!(site.ask("/").status, OK);
    site.broken("Service", "stop");
    site.pass(1);
    let got = site.ask("/");
    assert!(!got.sorry && got.status.is_some_and(|status| status >= 500), "{got:?}");
}

#[test]
fn latency_and_loss_add_up_on_one_link() {
    let mut site = Site::new(&[]);
    site.broken("Distribution->LoadBalancer", "latency=500ms/10ms");
    let slow = site.ask("/").took;
    assert!(slow > Duration::from_millis(600) && slow < Duration::from_millis(750), "{slow:?}");
    site.broken("Distribution->LoadBalancer", "loss=50%");
    assert_eq!(site.world.engine().faults().len(), 2);
    let took: Vec<_> = (0..40).map(|at| site.ask(&format!("/{at}")).took).collect();
    assert!(took.iter().all(|took| *took > Duration::from_millis(590)));
    // A packet sent again costs a second; two in a row are too much for a timeout of 2 s.
    let again = took.iter().filter(|took| **took > Duration::from_millis(1590)).count();
    assert!((8..32).contains(&again), "{again} of 40");
}

#[test]
fn latency_beyond_the_connect_timeout_is_a_connect_timeout() {
    let mut site = Site::new(&[]);
    site.broken("Distribution->LoadBalancer", "latency=5s");
    let got = site.ask("/");
    assert!(got.sorry && got.took < Duration::from_secs(3), "{got:?}");
}

#[test]
fn a_lost_zone_takes_its_tasks_and_starts_none_there() {
    let mut site = Site::new(&[]);
    let before = site.tasks();
    site.broken("ap-northeast-1a", "stop");
    site.pass(120);
    let after = site.tasks();
    let kept: Vec<_> = before.iter().filter(|arn| after.contains(arn)).collect();
    assert_eq!(kept.len(), 1, "one of two tasks was in the zone");
    assert_eq!(site.statuses("/", 5), [(OK, 5)]);
    let ecs = &site.world.engine().services().ecs;
    let lost = site.physical("SubnetA");
    for arn in &after {
        let running = !ecs.running_workloads(arn).is_empty();
        assert!(!running || ecs.subnet_of(arn).as_deref() != Some(lost.as_str()), "{arn}");
    }
}

#[test]
fn a_subnet_without_network_answers_half_of_the_requests_until_checks_fail() {
    let mut site = Site::new(&[]);
    site.broken("SubnetA", "cut");
    assert_eq!(site.tasks().len(), 2, "nothing dies of a cut");
    site.pass(30);
    assert_eq!(site.statuses("/", 5), [(OK, 5)], "the balancer knows by now");
}

#[test]
fn one_task_of_a_service_is_broken_and_its_neighbour_is_not() {
    let mut site = Site::new(&[]);
    site.broken("Service/1", "status=500");
    let statuses = site.statuses("/", 4);
    assert!(statuses.contains(&(OK, 2)) || statuses.len() == 2, "{statuses:?}");
    let too_many = site.try_break("Service/3", "hang").unwrap_err();
    assert_eq!(too_many.message, "Service/3: the service has 2 tasks");
}

#[test]
fn a_task_stopped_by_fis_is_replaced() {
    let mut site = Site::new(&[]);
    let before = site.tasks();
    site.broken("Service/1", "stop-task");
    assert!(site.world.engine().faults().is_empty(), "nothing is left to mend");
    site.pass(90);
    let after = site.tasks();
    assert_eq!(after.len(), 2);
    assert!(!after.contains(&before[0]) && after.contains(&before[1]));
    assert_eq!(site.statuses("/", 3), [(OK, 3)]);
}

#[test]
fn a_killed_process_is_replaced() {
    let mut site = Site::new(&[]);
    let before = site.tasks();
    site.broken("Service", "kill");
    site.pass(120);
    assert_eq!(site.tasks().len(), 2);
    assert!(site.tasks().iter().all(|arn| !before.contains(arn)));
    assert_eq!(site.statuses("/", 3), [(OK, 3)]);
}

#[test]
fn a_stopped_task_cannot_be_broken() {
    let mut site = Site::new(&[]);
    let gone = site.tasks()[0].clone();
    let id = gone.rsplit('/').next().unwrap().to_owned();
    site.broken(&id, "kill");
    site.pass(90);
    let refused = site.try_break(&id, "hang").unwrap_err();
    assert_eq!(refused.message, format!("the task {id} has STOPPED; nothing is left of it"));
}

#[test]
fn a_black_hole_swallows_its_own_port_only() {
    let mut site = Site::new(&[]);
    site.broken("Service", "blackhole=9999");
    assert_eq!(site.ask("/").status, OK);
    site.broken("Service", "blackhole=8080");
    assert!(site.ask("/").sorry);
}

#[test]
fn s3_get_01_a_missing_page_is_forbidden_to_those_who_may_not_list() {
    let mut site = Site::new(&[]);
    site.broken("Pages/sorry/index.html", "missing");
    site.broken("Service", "stop");
    site.pass(1);
    let got = site.ask("/");
    assert!(!got.sorry, "{got:?}");
    assert_eq!(site.ask("/sorry/index.html").status, Some(403));
    site.repair();
    site.pass(120);
    assert_eq!(site.ask("/sorry/index.html").status, OK);
}

#[test]
fn a_forbidden_page_and_a_forbidden_bucket_are_the_same_to_a_reader() {
    for target in ["Pages/sorry/index.html", "Pages"] {
        let mut site = Site::new(&[]);
        site.broken(target, "forbidden");
        assert_eq!(site.ask("/sorry/index.html").status, Some(403), "{target}");
        assert_eq!(site.ask("/").status, OK);
    }
    let mut site = Site::new(&[]);
    site.broken("Pages", "missing");
    assert_eq!(site.ask("/sorry/index.html").status, Some(404));
}

#[test]
fn a_bad_deployment_never_gets_healthy_and_is_rolled_back() {
    let mut site = Site::new(&[]);
    let update = standin_kernel::json!({
        "StackName": "site", "UsePreviousTemplate": true,
        "Parameters": [
            {"ParameterKey": "Image", "ParameterValue": "app:bad"},
            {"ParameterKey": "Capacity", "UsePreviousValue": true},
            {"ParameterKey": "OriginProtocol", "UsePreviousValue": true},
            {"ParameterKey": "Breaker", "UsePreviousValue": true},
        ],
    });
    let service = standin_kernel::ServiceName::CloudFormation;
    site.world.call(service, "UpdateStack", update).unwrap();
    // The old tasks stay until new ones are healthy, which never happens.
    assert_eq!(site.statuses("/", 60), [(OK, 60)]);
    assert_eq!(site.settled(), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(site.statuses("/", 5), [(OK, 5)]);
}

#[test]
fn ecs_cb_01_a_deployment_bad_on_purpose_is_given_up_and_the_old_tasks_go_on() {
    let mut site = Site::new(&[]);
    let before = site.tasks();
    site.broken("Service", "bad-deployment");
    site.pass(5);
    assert!(site.tasks().len() > before.len(), "new tasks are tried");
    assert_eq!(site.statuses("/", 60), [(OK, 60)]);
    site.pass(600);
    assert_eq!(site.tasks(), before);
    assert!(site.try_break("Pages", "bad-deployment").is_err());
}

#[test]
fn without_a_circuit_breaker_a_bad_deployment_is_tried_until_it_is_mended() {
    let mut site = Site::new(&[("Breaker", "false")]);
    let before = site.tasks();
    site.broken("Service", "bad-deployment");
    site.pass(600);
    assert!(before.iter().all(|arn| site.tasks().contains(arn)), "the old tasks stay");
    assert!(site.tasks().len() > before.len());
    site.repair();
    site.pass(900);
    let after = site.tasks();
    assert!(after.len() == 2 && after.iter().all(|arn| !before.contains(arn)), "{after:?}");
    assert_eq!(site.statuses("/", 3), [(OK, 3)]);
}

#[test]
fn cf_org_06_an_expired_certificate_is_a_bad_gateway_where_tls_is_spoken() {
    let mut site = Site::new(&[("OriginProtocol", "https-only")]);
    assert_eq!(site.ask("/").status, OK);
    site.broken("LoadBalancer", "certificate-expired");
    // A path that nobody has a stale copy of.
    let got = site.ask("/new");
    assert!(got.sorry && got.took < Duration::from_secs(1), "{got:?}");
    site.repair();
    site.pass(2);
    assert_eq!(site.ask("/new").status, OK);
    let mut plain = Site::new(&[]);
    plain.broken("LoadBalancer", "certificate-expired");
    assert_eq!(plain.ask("/").status, OK);
    assert!(plain.try_break("Service", "certificate-expired").is_err());
}

#[test]
fn a_surge_beyond_the_capacity_is_slow_first() {
    let mut site = Site::new(&[("Capacity", "4")]);
    let asked: Vec<_> =
        (0..80).map(|at| site.world.ask("localhost", &format!("/{at}"), false)).collect();
    let begin = site.world.now();
    site.pass(20);
    let mut took: Vec<_> =
        asked.into_iter().map(|one| site.world.seen(one).unwrap().at.since(begin)).collect();
    took.sort();
    // 8 at once in two tasks, 0.1 s each: 80 need a second.
    assert!(took[0] < Duration::from_millis(200), "{took:?}");
    assert!(took[79] > Duration::from_millis(900) && took[79] < Duration::from_secs(3), "{took:?}");
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let mut site = Site::new(&[]);
    let mut why = |target: &str, mode: &str| site.try_break(target, mode).unwrap_err().message;
    assert!(why("LoadBalancer", "stop-task").contains("only tasks know it"));
    assert!(why("Service", "missing").contains("only buckets"));
    assert!(why("Pages/x", "hang").contains("an object knows only missing and forbidden"));
    assert!(why("LoadBalancer->Service", "status=500").contains("a network knows only"));
    assert!(why("Pages->Service", "cut").contains("which asks nobody"));
    assert!(why("ap-northeast-1x", "stop").contains("no zone with a subnet"));
    assert!(why("LoadBalancer/x", "stop").contains("has no part x"));
    assert!(why("Service/0", "stop").contains("numbered from 1"));
}

#[test]
fn the_same_seed_gives_the_same_story() {
    let story = || {
        let mut site = Site::new(&[]);
        site.broken("Distribution->LoadBalancer", "loss=40%");
        (0..30).map(|_| site.ask("/")).collect::<Vec<_>>()
    };
    assert_eq!(story(), story());
}
