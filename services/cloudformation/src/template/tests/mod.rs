//! The ledger's rows about templates, parameters, functions and outputs; and that no text makes the
//! language panic. The cases of `tests/golden/template` show more of each.

mod form;
mod function;
mod robust;
mod stack;

use standin_kernel::Value;
use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};

use super::*;

#[derive(Debug)]
struct Topic;

const TOPIC: &[Property] = &[
    Property::new("Name", Kind::Text).required(),
    Property::new("Size", Kind::Integer(1, 9)),
    Property::new("List", Kind::List(&Kind::Text)),
    Property::new("Any", Kind::Json),
    Property::new("Idle", Kind::Bool).no_effect("nothing to do"),
    Property::new("Never", Kind::Bool).refused("not built"),
];

impl ResourceType for Topic {
    fn type_name(&self) -> &'static str {
        "AWS::SNS::Topic"
    }
    fn properties(&self) -> &'static [Property] {
        TOPIC
    }
    fn attributes(&self) -> &'static [&'static str] {
        &["TopicArn"]
    }
    fn create(&self, _job: &Job<'_>) -> Progress {
        unreachable!()
    }
    fn update(&self, _job: &Job<'_>) -> Progress {
        unreachable!()
    }
    fn delete(&self, _job: &Job<'_>) -> Progress {
        unreachable!()
    }
}

const TYPES: &[&'static dyn ResourceType] = &[&Topic];

/// Everything there is has the same id, attribute and export.
struct Same(Value);

impl Resources for Same {
    fn physical_id(&self, _logical: &str) -> Option<&str> {
        self.0.as_str()
    }
    fn attribute(&self, _logical: &str, name: &str) -> Option<&Value> {
        (name == "TopicArn").then_some(&self.0)
    }
    fn export(&self, name: &str) -> Option<&Value> {
        (name == "known").then_some(&self.0)
    }
}

fn same() -> Same {
    Same(Value::from("id"))
}

fn env() -> PseudoParameters {
    PseudoParameters {
        account_id: "123456789012".into(),
        region: "us-east-1".into(),
        stack_id: "arn:stack".into(),
        stack_name: "mystack".into(),
        notification_arns: vec!["arn:n".into()],
    }
}

fn parsed(text: &str) -> Template {
    Template::parse("t.yaml", text).unwrap_or_else(|errors| panic!("{}", errors[0]))
}

fn bound(template: &Template, given: &[(&str, &str)]) -> Result<Scope, String> {
    let given: Vec<(String, String)> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    template.bind(&given, None, &env()).map_err(|errors| api_message(&errors))
}

/// What the API says against a template that is wrong.
fn refusal(text: &str) -> String {
    match Template::parse("t.yaml", text) {
        Err(errors) => api_message(&errors),
        Ok(template) => {
            let found = template.check(TYPES);
            if found.is_empty() {
                let scope = bound(&template, &[]).expect("values for all parameters");
                return api_message(&template.plan(&scope).expect_err("something is wrong"));
            }
            api_message(&found)
        }
    }
}

/// A template with one topic whose property `Any` is `value`, and more sections before.
fn with(sections: &str, value: &str) -> String {
    format!(
        "{sections}\nResources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: {{Name: n, \
            Any: {value}}}\n  U: {{Type: AWS::SNS::Topic, Properties: {{Name: u}}}}\n"
    )
}

fn value_of(sections: &str, value: &str) -> Result<Value, String> {
    let template = parsed(&with(sections, value));
    let scope = bound(&template, &[])?;
    let resolved = template.resolve("T", &scope, &same()).map_err(|error| error.message)?;
    Ok(resolved["Any"].clone())
}
