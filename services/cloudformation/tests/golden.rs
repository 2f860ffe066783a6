//! The cases of `tests/golden/template`: a template, a line of dashes, and what comes of it.
//!
//! Lines at the top that begin with `#>` are not part of the template: `#> parameter Port=80`,
//! `#> previous Port=80`, `#> export Name=value`, and `#> show support` to see what becomes of
//! every property. Every resource `X` has the physical id `X-id` and attributes like `X.Arn`. The
//! types known here are small ones of `types.rs`, not those of Standin's services.
//!
//! `UPDATE_GOLDEN=1 cargo test -p standin-cloudformation --test golden` writes what comes out into
//! the cases; read the difference before you commit it.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the runner reads and writes the files of the cases"
)]

mod types;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use standin_cloudformation::template::{
    DeletionPolicy, PseudoParameters, Resources, Scope, Template, TemplateError,
    UpdateReplacePolicy, Verdict, api_message, coerce, status_reason,
};
use standin_kernel::Value;

#[test]
fn every_case_gives_what_it_expects() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 40, "only {} cases were found", cases.len());
    for path in cases {
        let case = std::fs::read_to_string(&path).unwrap();
        let (input, expected) = split(&case);
        let got = run(input);
        if update {
            std::fs::write(&path, format!("{input}{DASHES}\n{got}")).unwrap();
        } else if got != expected {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            wrong.push(format!("=== {name}\n--- expected\n{expected}--- got\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const DASHES: &str = "--------------------";

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/template");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    cases.sort();
    cases
}

/// The template with its `#>` lines, and what is expected.
fn split(case: &str) -> (&str, &str) {
    let mut at = 0;
    for line in case.split_inclusive('\n') {
        let text = line.trim_end();
        if text.len() >= 10 && text.chars().all(|letter| letter == '-') {
            return (&case[..at], &case[at + line.len()..]);
        }
        at += line.len();
    }
    (case, "")
}

#[derive(Default)]
struct Setup {
    given: Vec<(String, String)>,
    previous: Option<BTreeMap<String, String>>,
    exports: BTreeMap<String, Value>,
    show_support: bool,
}

fn run(input: &str) -> String {
    let mut setup = Setup::default();
    let mut text = input;
    while let Some(rest) = text.strip_prefix("#>") {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        text = after;
        let (what, value) = line.trim().split_once(' ').unwrap();
        let pair = value.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        match what {
            "parameter" => setup.given.push(pair.unwrap()),
            "previous" => {
                let (name, value) = pair.unwrap();
                setup.previous.get_or_insert_default().insert(name, value);
            }
            "export" => {
                let (name, value) = pair.unwrap();
                setup.exports.insert(name, value.into());
            }
            "show" if value == "support" => setup.show_support = true,
            other => panic!("a case has the unknown line #> {other}"),
        }
    }
    match outcome(text, &setup) {
        Ok(shown) => shown,
        Err(errors) => refusal(&errors),
    }
}

fn refusal(errors: &[TemplateError]) -> String {
    let mut shown = format!("api: {}\n", api_message(errors));
    for error in errors {
        writeln!(shown, "\n{:?}: {error}", error.stage).unwrap();
    }
    shown
}

fn outcome(text: &str, setup: &Setup) -> Result<String, Vec<TemplateError>> {
    let template = Template::parse("case", text)?;
    if setup.show_support {
        return Ok(support(&template));
    }
    let found = template.check(types::ALL);
    if !found.is_empty() {
        return Err(found);
    }
    let env = PseudoParameters {
        account_id: "123456789012".to_owned(),
        region: "ap-northeast-1".to_owned(),
        stack_id: "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/case/1".to_owned(),
        stack_name: "case".to_owned(),
        notification_arns: vec!["arn:one".to_owned(), "arn:two".to_owned()],
    };
    let scope = template.bind(&setup.given, setup.previous.as_ref(), &env)?;
    let plan = template.plan(&scope)?;
    let world = World::new(&template, setup);
    let mut shown = String::new();
    for planned in &plan.resources {
        write!(shown, "{} ({})", planned.logical_id, planned.type_name).unwrap();
        if !planned.depends_on.is_empty() {
            write!(shown, " after {}", planned.depends_on.join(", ")).unwrap();
        }
        if planned.deletion_policy != DeletionPolicy::Delete {
            write!(shown, ", deletion: {:?}", planned.deletion_policy).unwrap();
        }
        if planned.update_replace_policy != UpdateReplacePolicy::Delete {
            write!(shown, ", replacement: {:?}", planned.update_replace_policy).unwrap();
        }
        if !planned.hint.is_null() {
            write!(shown, ", hint: {}", planned.hint).unwrap();
        }
        shown.push('\n');
        shown.push_str(&properties(&template, &scope, &world, planned)?);
    }
    for output in template.outputs(&scope, &world).map_err(|error| vec![error])? {
        write!(shown, "output {} = {}", output.name, output.value).unwrap();
        if let Some(export) = output.export_name {
            write!(shown, ", exported as {export}").unwrap();
        }
        shown.push('\n');
    }
    Ok(shown)
}

fn properties(
    template: &Template,
    scope: &Scope,
    world: &World,
    planned: &standin_cloudformation::template::PlannedResource,
) -> Result<String, Vec<TemplateError>> {
    let id = &planned.logical_id;
    let value = template.resolve(id, scope, world).map_err(|error| vec![error])?;
    let table = types::ALL.iter().find(|known| known.type_name() == planned.type_name).unwrap();
    let mut shown = String::new();
    match coerce(&value, table.properties()) {
        Ok(value) => writeln!(shown, "{value:#}").unwrap(),
        Err(problems) => {
            writeln!(shown, "CREATE_FAILED {}", status_reason(&problems)).unwrap();
            for problem in problems {
                let place = template.locate_in(scope, id, &problem.path).unwrap();
                let hint = problem.hint.unwrap_or_default();
                writeln!(shown, "  line {}: {} ({hint})", place.line, problem.path).unwrap();
            }
        }
    }
    Ok(shown)
}

fn support(template: &Template) -> String {
    let mut shown = String::new();
    for report in template.support(types::ALL, None) {
        let verdict = match report.verdict {
            Verdict::Honoured => "honoured".to_owned(),
            Verdict::NoEffect(why) => format!("no effect: {why}"),
            Verdict::Refused(why) => format!("refused: {why}"),
        };
        let (line, column) = (report.place.line, report.place.column);
        writeln!(shown, "{line}:{column} {} {}: {verdict}", report.logical_id, report.path)
            .unwrap();
    }
    shown
}

/// A world in which every resource exists.
struct World {
    ids: BTreeMap<String, String>,
    attributes: BTreeMap<(String, String), Value>,
    exports: BTreeMap<String, Value>,
}

impl World {
    fn new(template: &Template, setup: &Setup) -> Self {
        let mut attributes = BTreeMap::new();
        let mut ids = BTreeMap::new();
        for (id, type_name) in template.resources() {
            ids.insert(id.to_owned(), format!("{id}-id"));
            let known = types::ALL.iter().find(|known| known.type_name() == type_name).unwrap();
            for name in known.attributes() {
                let value = match *name {
                    "SecurityGroups" => Value::from_iter(["sg-1", "sg-2"]),
                    name => Value::from(format!("{id}.{name}")),
                };
                attributes.insert((id.to_owned(), (*name).to_owned()), value);
            }
        }
        Self { ids, attributes, exports: setup.exports.clone() }
    }
}

impl Resources for World {
    fn physical_id(&self, logical: &str) -> Option<&str> {
        self.ids.get(logical).map(String::as_str)
    }

    fn attribute(&self, logical: &str, name: &str) -> Option<&Value> {
        self.attributes.get(&(logical.to_owned(), name.to_owned()))
    }

    fn export(&self, name: &str) -> Option<&Value> {
        self.exports.get(name)
    }
}
