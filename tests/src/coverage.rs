//! What of AWS is honoured here, as a page: found by asking the machine itself, so that nobody has
//! to keep a list. An operation is here when it is not refused as unsupported; a member of its
//! input is taken when it is not refused by name; resource types say of each property what
//! becomes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use standin_engine::{Effect, Engine, Input, resource_types};
use standin_kernel::resource::{Kind, Property, ResourceType, Support};
use standin_kernel::{ApiError, Env, Time, Value, json};
use standin_wire::model::{ENTRIES, Entry};

const INTRODUCTION: &str = "\
# What is honoured

`cargo xtask coverage` writes this page by asking the program; a test fails while it is not up to
date. Nothing is dropped in silence: an operation that is not here is refused as `InvalidAction`
(S3: `NotImplemented`), a member that is not honoured is refused by its name, and so is a property;
a property without effect on one machine says why, also in `standin validate`.

";

/// Properties within each other, at most.
const DEPTH_MAX: usize = 12;

/// AWS's operations by service, as `cargo xtask wire` lists them.
const ALL_OPERATIONS: &str = include_str!("../../core/wire/tables/all-operations.txt");

/// The whole page.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    operations(&mut page);
    types(&mut page);
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// Operations that are honoured but that no client can call, as `service:Operation`: their tables
/// lack them.
pub fn out_of_reach() -> Vec<String> {
    let mut found = Vec::new();
    for (service, all) in all_operations() {
        let Some(entry) = ENTRIES.iter().find(|entry| entry.name == service) else { continue };
        for operation in all {
            let listed = entry.model().operations.contains_key(operation);
            if !listed && honoured(entry, operation) {
                found.push(format!("{service}:{operation}"));
            }
        }
    }
    found
}

fn all_operations() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut all = BTreeMap::new();
    for line in ALL_OPERATIONS.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if let Some(service) = words.next() {
            all.insert(service, words.collect());
        }
    }
    all
}

fn operations(page: &mut String) {
    page.push_str("## Operations\n\n| service | honoured | of AWS's |\n|---|---|---|\n");
    let all = all_operations();
    let mut sections = String::new();
    for entry in &ENTRIES {
        let known = entry.model().operations.keys().map(String::as_str);
        let here: BTreeSet<&str> = known.filter(|name| honoured(entry, name)).collect();
        let on_aws = all.get(entry.name).map(Vec::as_slice).unwrap_or_default();
        let refused = on_aws.iter().copied().filter(|name| !here.contains(name));
        let refused: Vec<&str> = refused.collect();
        let _ = writeln!(page, "| {} | {} | {} |", entry.name, here.len(), on_aws.len());
        section(&mut sections, entry, &here, &refused);
    }
    page.push('\n');
    page.push_str(&sections);
}

fn section(page: &mut String, entry: &Entry, here: &BTreeSet<&str>, refused: &[&str]) {
    /// A longer list of what is not here tells nobody anything.
    const LISTED_MAX: usize = 160;
    let _ = writeln!(page, "### {}\n", entry.name);
    let _ = writeln!(page, "Honoured: {}.\n", names(here.iter().copied()));
    let text = match refused.len() {
        0 => String::new(),
        count if count > LISTED_MAX => format!("Refused: the other {count}.\n\n"),
        _ => format!("Refused: {}.\n\n", names(refused.iter().copied())),
    };
    page.push_str(&text);
    let rows: Vec<String> = here
        .iter()
        .filter_map(|operation| {
            let members = refused_members(entry, operation);
            let members = names(members.iter().map(String::as_str));
            (!members.is_empty()).then(|| format!("| `{operation}` | {members} |\n"))
        })
        .collect();
    if !rows.is_empty() {
        let _ = write!(page, "| operation | members it refuses |\n|---|---|\n{}\n", rows.concat());
    }
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Calls an operation of an account that has nothing yet; `None` when the reply comes later.
fn call(entry: &Entry, operation: &str, input: Value) -> Option<Result<Value, ApiError>> {
    let mut engine = Engine::new(Env::default(), 1);
    let operation = entry.name_of(operation);
    let service = entry.service;
    let call = Input::Call { ticket: 1, service, operation, input };
    let effects = engine.step(Time::from_seconds(1_800_000_000), call);
    effects.into_iter().find_map(|effect| match effect {
        Effect::Reply { ticket: 1, reply } => Some(reply),
        _ => None,
    })
}

fn honoured(entry: &Entry, operation: &str) -> bool {
    let unsupported = format!(":{operation} is not supported by Standin");
    !matches!(
        call(entry, operation, json!({})),
        Some(Err(error)) if error.code == "InvalidAction" && error.message.ends_with(&unsupported)
    )
}

/// The members of an operation's input that are refused by name.
fn refused_members(entry: &Entry, operation: &str) -> Vec<String> {
    let model = entry.model();
    let shape = model.operations.get(operation).and_then(|known| known.input.as_deref());
    let members = shape.map(|shape| model.members(shape)).unwrap_or_default();
    let refused = |name: &str| {
        // `null` is wrong for many members, but only an unknown one is called unknown.
        let said = match call(entry, operation, json!({name: null})) {
            Some(Err(error)) => error.message,
            _ => return false,
        };
        said.contains(&format!("unknown field `{name}`"))
            || said.contains(&format!("parameter {name} is not supported by Standin"))
    };
    let names = members.iter().map(|member| member.name.as_str());
    names.filter(|name| !of_the_transfer(name) && refused(name)).map(str::to_owned).collect()
}

/// What the endpoint looks at itself: bodies and the checksums over them.
fn of_the_transfer(name: &str) -> bool {
    name == "Body" || name == "ContentLength" || name.starts_with("Checksum")
}

fn types(page: &mut String) {
    let mut types = resource_types();
    types.sort_by_key(|one| one.type_name());
    let _ = writeln!(page, "## Resource types\n\n{} types.\n", types.len());
    for one in types {
        resource_type(page, one);
    }
}

fn resource_type(page: &mut String, one: &dyn ResourceType) {
    let mut found = Found::default();
    found.walk("", one.properties(), 0);
    let _ = writeln!(page, "### {}\n", one.type_name());
    let honoured = found.honoured.iter().map(String::as_str);
    if found.honoured.is_empty() {
        page.push_str("Honoured: no property.\n\n");
    } else {
        let _ = writeln!(page, "Honoured: {}.\n", names(honoured));
    }
    if !one.attributes().is_empty() {
        let attributes = one.attributes().iter().copied();
        let _ = writeln!(page, "`Fn::GetAtt`: {}.\n", names(attributes));
    }
    if !found.rows.is_empty() {
        let rows = found.rows.concat();
        let _ = write!(page, "| property | here | why |\n|---|---|---|\n{rows}\n");
    }
}

/// What became of a type's properties.
#[derive(Default)]
struct Found {
    honoured: Vec<String>,
    rows: Vec<String>,
}

impl Found {
    fn walk(&mut self, above: &str, properties: &[Property], depth: usize) {
        for property in properties {
            let path = format!("{above}{}", property.name);
            let (here, why) = match property.support {
                Support::Honoured => {
                    match inner(&property.kind) {
                        Some((below, marks)) if depth < DEPTH_MAX => {
                            self.walk(&format!("{path}{marks}."), below, depth + 1);
                        }
                        _ => self.honoured.push(path),
                    }
                    continue;
                }
                Support::NoEffect(why) => ("no effect", why),
                Support::Refused(why) => ("refused", why),
            };
            self.rows.push(format!("| `{path}` | {here} | {} |\n", why.replace('|', "\\|")));
        }
    }
}

/// The properties of the objects in a value, and how one goes down to them.
fn inner(kind: &Kind) -> Option<(&'static [Property], String)> {
    match kind {
        Kind::Object(properties) if !properties.is_empty() => Some((*properties, String::new())),
        Kind::List(of) => inner(of).map(|(properties, marks)| (properties, format!("[]{marks}"))),
        Kind::Map(of) => inner(of).map(|(properties, marks)| (properties, format!(".*{marks}"))),
        _ => None,
    }
}
