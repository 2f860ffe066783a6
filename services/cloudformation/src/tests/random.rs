//! Random graphs of resources with random failures and restarts: whatever happens, dependencies
//! hold, a rollback leaves what was there before, and a deletion leaves nothing.

use proptest::prelude::*;

use super::*;

const MOST: usize = 7;

/// One resource, the bits of `uses` naming earlier ones.
#[derive(Clone, Debug)]
struct Node {
    uses: u8,
    delay_s: u8,
    size: u8,
    version: u8,
    present: bool,
}

fn node() -> impl Strategy<Value = Node> {
    (any::<u8>(), any::<u8>(), 0..3_u8, 0..4_u8, 0..3_u8, prop::bool::weighted(0.8)).prop_map(
        |(one, other, delay_s, size, version, present)| Node {
            uses: one & other,
            delay_s,
            size,
            version,
            present,
        },
    )
}

fn graph() -> impl Strategy<Value = Vec<Node>> {
    prop::collection::vec(node(), 1..=MOST)
}

/// `order` turns the template around: the order of text is not the order of dependencies.
fn template(nodes: &[Node], reversed: bool) -> String {
    let mut lines = Vec::new();
    for (number, node) in nodes.iter().enumerate().filter(|(_, node)| node.present) {
        let Node { uses, delay_s, size, version, .. } = node;
        let mut line = format!("R{number}: Name=r{number}v{version} Size={size} Delay={delay_s}");
        let used: Vec<String> = nodes[..number]
            .iter()
            .enumerate()
            .filter(|(at, used)| used.present && uses & (1 << at) != 0)
            .map(|(at, _)| format!("R{at}"))
            .collect();
        if !used.is_empty() {
            line.push_str(&format!(" Uses={}", used.join(",")));
        }
        lines.push(line);
    }
    if reversed {
        lines.reverse();
    }
    // A template needs a resource.
    lines.push("Always: Name=always".into());
    things(&lines.join("\n"))
}

fn broken(acts: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let one = (0..acts.len(), 0..MOST, 0..3_u8)
        .prop_map(|(act, number, version)| format!("{} r{number}v{version}", acts[act]));
    prop::collection::vec(one, 0..5)
}

/// What every thing is, whatever its name's token and times.
fn properties(world: &World) -> BTreeMap<String, Value> {
    world.things.iter().map(|(name, thing)| (name.clone(), thing.properties.clone())).collect()
}

/// Lets everything happen, with a restart after each of these numbers of ticks.
fn settle(world: &mut World, restarts: &[usize]) {
    for &ticks in restarts {
        for _ in 0..ticks {
            world.tick();
        }
        world.restart();
    }
    world.settle();
}

fn no_violation(world: &World) -> Result<(), TestCaseError> {
    prop_assert!(world.violations.is_empty(), "{:?}\n{:#?}", world.violations, world.log);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn cfn_at_01_whatever_fails_order_holds_and_rollback_leaves_nothing(
        nodes in graph(),
        reversed in any::<bool>(),
        failing in broken(&["Make", "Look"]),
        restarts in prop::collection::vec(0..4_usize, 0..3),
        seed in any::<u64>(),
    ) {
        let mut world = World::seeded(seed);
        world.broken.extend(failing);
        world.create("shop", &template(&nodes, reversed));
        settle(&mut world, &restarts);
        no_violation(&world)?;
        match world.status("shop").as_str() {
            "CREATE_COMPLETE" => {
                let wanted = nodes.iter().filter(|node| node.present).count() + 1;
                prop_assert_eq!(world.things.len(), wanted);
            }
            "ROLLBACK_COMPLETE" => prop_assert!(world.things.is_empty(), "{:?}", world.names()),
            other => prop_assert!(false, "it ended as {}", other),
        }
        world.broken.clear();
        world.delete("shop");
        settle(&mut world, &restarts);
        no_violation(&world)?;
        prop_assert!(world.things.is_empty(), "{:?}", world.names());
    }

    #[test]
    fn cfn_up_03_an_update_ends_as_the_new_template_or_as_the_old_one(
        old in graph(),
        new in graph(),
        reversed in any::<bool>(),
        failing in broken(&["Make", "Look", "Change"]),
        restarts in prop::collection::vec(0..4_usize, 0..3),
        seed in any::<u64>(),
    ) {
        let mut world = World::seeded(seed);
        world.create("shop", &template(&old, reversed));
        world.settle();
        let before = properties(&world);
        let mut fresh = World::seeded(seed);
        fresh.create("shop", &template(&new, reversed));
        fresh.settle();
        let wanted = properties(&fresh);

        // What is put back must not be broken: only new versions of a property fail.
        world.broken.extend(failing.into_iter().filter(|act| {
            let name = act.split(' ').nth(1).unwrap_or_default();
            act.starts_with("Make") || !before.contains_key(name)
        }));
        let input = json!({"StackName": "shop", "TemplateBody": template(&new, reversed)});
        if world.call("UpdateStack", input).is_err() {
            prop_assert_eq!(&before, &wanted);
            return Ok(());
        }
        settle(&mut world, &restarts);
        no_violation(&world)?;
        match world.status("shop").as_str() {
            "UPDATE_COMPLETE" => prop_assert_eq!(properties(&world), wanted),
            "UPDATE_ROLLBACK_COMPLETE" => prop_assert_eq!(properties(&world), before),
            other => prop_assert!(false, "it ended as {}", other),
        }
        world.broken.clear();
        world.delete("shop");
        world.settle();
        no_violation(&world)?;
        prop_assert!(world.things.is_empty(), "{:?}", world.names());
    }
}
