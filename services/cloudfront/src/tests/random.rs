//! Whatever is done in whatever order: names belong to one distribution, and a restart changes
//! nothing.

use proptest::prelude::*;
use standin_kernel::{Duration, Service, Value, json};

use super::{Bench, list, named, text};

#[derive(Clone, Copy, Debug)]
enum Act {
    Create {
        alias: usize,
    },
    /// `nth` distribution, as far as there are so many.
    Rename {
        nth: usize,
        alias: usize,
    },
    Disable {
        nth: usize,
    },
    Delete {
        nth: usize,
    },
    Move {
        nth: usize,
        alias: usize,
    },
    Invalidate {
        nth: usize,
    },
    Pass {
        seconds: u64,
    },
    Restart,
}

const NAMES: [&str; 5] =
    ["a.example.com", "b.example.com", "*.example.com", "*.b.example.com", "x.b.example.com"];

fn act() -> impl Strategy<Value = Act> {
    let (nth, alias) = (0..4_usize, 0..NAMES.len());
    prop_oneof![
        alias.clone().prop_map(|alias| Act::Create { alias }),
        (nth.clone(), alias.clone()).prop_map(|(nth, alias)| Act::Rename { nth, alias }),
        nth.clone().prop_map(|nth| Act::Disable { nth }),
        nth.clone().prop_map(|nth| Act::Delete { nth }),
        (nth.clone(), alias).prop_map(|(nth, alias)| Act::Move { nth, alias }),
        nth.prop_map(|nth| Act::Invalidate { nth }),
        (0..400_u64).prop_map(|seconds| Act::Pass { seconds }),
        Just(Act::Restart),
    ]
}

/// What the control plane says: id, document and version of each distribution.
fn all(bench: &mut Bench) -> Vec<Value> {
    let all = bench.ok("ListDistributions", json!({}))["DistributionList"]["Items"].clone();
    all.as_array().cloned().unwrap_or_default()
}

/// Carries an act out; AWS may well refuse it.
fn carry_out(bench: &mut Bench, act: Act, number: usize) {
    let known = all(bench);
    let nth = |nth: usize| known.get(nth).map(|one| text(&one["Id"]));
    let change = |bench: &mut Bench, id: &str, change: &dyn Fn(&mut Value)| {
        let mut input = bench.ok("GetDistributionConfig", json!({"Id": id}));
        change(&mut input["DistributionConfig"]);
        let etag = input["ETag"].take();
        let config = &input["DistributionConfig"];
        let input = json!({"Id": id, "IfMatch": etag, "DistributionConfig": config});
        let _ = bench.call("UpdateDistribution", &input);
    };
    match act {
        Act::Create { alias } => {
            let document = named(&number.to_string(), &[NAMES[alias]]);
            let _ = bench.call("CreateDistribution", &json!({"DistributionConfig": document}));
        }
        Act::Rename { nth: at, alias } => {
            if let Some(id) = nth(at) {
                let names = list(&[json!(NAMES[alias])]);
                change(bench, &id, &|config| config["Aliases"] = names.clone());
            }
        }
        Act::Disable { nth: at } => {
            if let Some(id) = nth(at) {
                change(bench, &id, &|config| config["Enabled"] = json!(false));
            }
        }
        Act::Delete { nth: at } => {
            if let Some(one) = known.get(at) {
                let input = json!({"Id": one["Id"], "IfMatch": one["ETag"]});
                let _ = bench.call("DeleteDistribution", &input);
            }
        }
        Act::Move { nth: at, alias } => {
            if let Some(id) = nth(at) {
                let input = json!({"TargetDistributionId": id, "Alias": NAMES[alias]});
                let _ = bench.call("AssociateAlias", &input);
            }
        }
        Act::Invalidate { nth: at } => {
            if let Some(id) = nth(at) {
                let paths = list(&[json!("/*")]);
                let batch = json!({"CallerReference": number.to_string(), "Paths": paths});
                let input = json!({"DistributionId": id, "InvalidationBatch": batch});
                let _ = bench.call("CreateInvalidation", &input);
            }
        }
        Act::Pass { seconds } => bench.pass(Duration::from_secs(seconds)),
        Act::Restart => bench.restart(),
    }
}

/// Which distribution each name means at the edge, and the machine's own.
fn edge(bench: &Bench) -> Vec<Option<String>> {
    let hosts = ["a.example.com", "b.example.com", "c.example.com", "x.b.example.com", "localhost"];
    let names = &bench.service.state.names;
    hosts.iter().map(|host| names.of_viewer(host).map(|found| found.id.to_string())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cf_alt_01_a_name_is_never_on_two_and_a_restart_changes_nothing(
        acts in prop::collection::vec(act(), 1..40),
        slow in any::<bool>(),
    ) {
        let mut bench = if slow { Bench::slow() } else { Bench::new() };
        for (number, act) in acts.into_iter().enumerate() {
            carry_out(&mut bench, act, number);
            let listed = all(&mut bench);
            let mut names: Vec<String> = listed
                .iter()
                .flat_map(|one| one["Aliases"]["Items"].as_array().cloned().unwrap_or_default())
                .map(|alias| text(&alias))
                .collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(names.len(), count);
        }
        bench.pass(Duration::from_secs(1_000));
        prop_assert!(bench.service.deadline().is_none());
        let (control, data) = (all(&mut bench), edge(&bench));
        bench.restart();
        prop_assert_eq!(all(&mut bench), control);
        prop_assert_eq!(edge(&bench), data);
    }
}
