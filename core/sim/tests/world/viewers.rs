//! Viewers of all kinds in virtual time, on a small site.

use crate::stage::Site;
use standin_kernel::Duration;
use standin_sim::cohort::{Cohort, Connection, Kind};
use standin_sim::{Visited, World};

fn visit(world: &mut World, cohort: &Cohort, target: &str) -> Visited {
    let id = world.visit(("readers", 0), cohort, ("localhost", target), false);
    let until = world.now() + Duration::from_secs(30);
    world.run_until(until);
    world.visited(id).unwrap()
}

fn status(seen: Option<&standin_sim::world::Seen>) -> Option<u16> {
    seen?.answer.as_ref().map(|(head, _)| head.status)
}

#[test]
fn a_browser_loads_what_the_page_names() {
    let mut site = Site::new(&[]);
    let cohort = Cohort { kind: Kind::Page, ..Cohort::default() };
    let seen = visit(&mut site.world, &cohort, "/page");
    let assets: Vec<_> = seen
        .assets
        .iter()
        .map(|asset| (asset.target.as_str(), status(asset.seen.as_ref())))
        .collect();
    assert_eq!(assets, [("/static/a.css", Some(200)), ("/static/b.png", Some(200))]);
    let page = seen.page.unwrap().at;
    assert!(seen.assets.iter().all(|asset| asset.seen.as_ref().unwrap().at > page));
    let program = Cohort { kind: Kind::Api, ..Cohort::default() };
    assert!(visit(&mut site.world, &program, "/page").assets.is_empty());
}

#[test]
fn a_kept_connection_saves_two_trips() {
    let mut site = Site::new(&[]);
    let cohort = Cohort { connection: Connection::KeepAlive, ..Cohort::default() };
    let mut took = || {
        let begin = site.world.now();
        visit(&mut site.world, &cohort, "/").page.unwrap().at.since(begin)
    };
    let (first, second) = (took(), took());
    let saved = first - second;
    assert!(saved > Duration::from_millis(10) && saved < Duration::from_millis(40), "{saved:?}");
}

#[test]
fn each_point_of_presence_has_a_cache_of_its_own() {
    let mut site = Site::new(&[]);
    let mut x_cache = |edge: u8| {
        let cohort = Cohort { edge, ..Cohort::default() };
        let seen = visit(&mut site.world, &cohort, "/static/a.css");
        let (head, _) = seen.page.unwrap().answer.unwrap();
        let header = |name: &str| head.headers.get(name).unwrap().to_owned();
        (header("X-Cache"), header("X-Amz-Cf-Pop"))
    };
    let (miss, hit) = ("Miss from cloudfront".to_owned(), "Hit from cloudfront".to_owned());
    assert_eq!(x_cache(0), (miss.clone(), "NRT57-P1".to_owned()));
    assert_eq!(x_cache(1), (miss, "NRT57-P2".to_owned()));
    assert_eq!(x_cache(0).0, hit);
    assert_eq!(x_cache(1), (hit, "NRT57-P2".to_owned()));
}

#[test]
fn a_form_posted_in_an_outage_gets_the_page_too() {
    let mut site = Site::new(&[]);
    let form = Cohort { kind: Kind::Form, ..Cohort::default() };
    assert_eq!(status(visit(&mut site.world, &form, "/").page.as_ref()), Some(200));
    site.broken("Service", "stop");
    site.pass(2);
    let (head, body) = visit(&mut site.world, &form, "/").page.unwrap().answer.unwrap();
    assert_eq!((head.status, &body[..]), (503, crate::stage::SORRY));
}

#[test]
fn the_page_of_an_outage_names_nothing_that_is_broken_with_it() {
    let mut site = Site::new(&[]);
    let cohort = Cohort { kind: Kind::Page, ..Cohort::default() };
    site.broken("Service", "stop");
    site.pass(2);
    let seen = visit(&mut site.world, &cohort, "/page");
    assert_eq!((status(seen.page.as_ref()), seen.assets.len()), (Some(503), 0));
}
