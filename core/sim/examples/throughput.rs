//! How many simulated requests of viewers one processor does in a second, on the pattern of custom
//! error responses. Run it with `cargo run --release -p standin-sim --example throughput`.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement needs the clock of the machine, and may fail"
)]

use standin_kernel::{Bytes, Duration, Env, ServiceName, json};
use standin_sim::World;
use standin_sim::drill::Act;

const TEMPLATE: &str = include_str!("../../../stacks/patterns/error-page.yaml");
const REQUESTS: u32 = 1_000_000;
/// Virtual requests a second: a thousand viewers who ask once a second.
const RATE: u32 = 1000;

fn main() {
    let mut world = site();
    // How much one request takes is the same in any order; the outage comes last. A profile of one
    // case: its name as an argument.
    let only = std::env::args().nth(1);
    let wanted = |title: &str| only.as_deref().is_none_or(|only| title.contains(only));
    for (title, target) in [("cache hit", "/news"), ("page through the load balancer", "/")] {
        if wanted(title) {
            measure(&mut world, title, target, 200);
        }
    }
    let stop = "stop".parse().unwrap();
    world.act(&Act::Break { target: "SiteService".into(), mode: stop, lasts: None }).unwrap();
    pass(&mut world, 30);
    if wanted("sorry page in an outage") {
        measure(&mut world, "sorry page in an outage", "/", 503);
    }
}

fn measure(world: &mut World, title: &str, target: &str, status: u16) {
    let gap = Duration::from_secs(1) / RATE;
    let mut asked = std::collections::VecDeque::new();
    let (mut right, mut wrong) = (0_u32, 0_u32);
    let before = cpu();
    for _ in 0..REQUESTS {
        asked.push_back(world.ask("localhost", target, false));
        let next = world.now() + gap;
        world.run_until(next);
        while let Some(seen) = asked.front().and_then(|oldest| world.seen(*oldest)) {
            asked.pop_front();
            let is_right = seen.answer.is_some_and(|(head, _)| head.status == status);
            if is_right { right += 1 } else { wrong += 1 }
        }
    }
    let took = cpu() - before;
    let per_second = f64::from(right + wrong) / took.as_secs_f64();
    let each_ns = took.as_nanos() / u128::from(REQUESTS);
    println!("{title:32} {per_second:>10.0} a second, {each_ns:>5} ns each, {wrong} wrong");
}

/// Processor time of this process so far.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn site() -> World {
    let mut world = World::new(Env::default(), 1);
    let stack = json!({
        "StackName": "site", "TemplateBody": TEMPLATE, "Capabilities": ["CAPABILITY_IAM"],
    });
    world.call(ServiceName::CloudFormation, "CreateStack", stack).unwrap();
    let mut status = String::new();
    world.run_while(|world| {
        let name = json!({"StackName": "site"});
        let described = world.call(ServiceName::CloudFormation, "DescribeStacks", name).unwrap();
        described["Stacks"][0]["StackStatus"].as_str().unwrap_or("").clone_into(&mut status);
        status.ends_with("_IN_PROGRESS")
    });
    assert_eq!(status, "CREATE_COMPLETE");
    let pages = json!({"StackName": "site", "LogicalResourceId": "Pages"});
    let pages = world.call(ServiceName::CloudFormation, "DescribeStackResource", pages).unwrap();
    let bucket = pages["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap().to_owned();
    let page = Bytes::from(vec![b'x'; 4096]);
    world.put_object(&bucket, "sorry/index.html", "text/html", page).unwrap();
    pass(&mut world, 60);
    world
}

fn pass(world: &mut World, seconds: u64) {
    let until = world.now() + Duration::from_secs(seconds);
    world.run_until(until);
}
