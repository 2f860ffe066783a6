//! What an operation has to hear before it is carried out: the template and the policies its input
//! names by address, the values of the template's parameters of the parameter store.

use standin_kernel::{Need, Value};

use crate::CloudFormation;
use crate::api::intake::{parent_template, stored_values};
use crate::library::{Lack, Library};
use crate::template::Template;

/// The next thing to hear. What is going to be refused needs nothing.
pub(crate) fn needs(
    all: &CloudFormation,
    operation: &str,
    input: &Value,
    library: Library<'_>,
) -> Option<Need> {
    let lack = match operation {
        "SetStackPolicy" => policies(input, library),
        "ValidateTemplate" | "GetTemplateSummary" => template(all, input, library).map(drop),
        "CreateStack" | "UpdateStack" | "CreateChangeSet" => policies(input, library)
            .and_then(|()| template(all, input, library))
            .and_then(|text| parameters(all, input, text.as_deref(), library)),
        _ => Ok(()),
    };
    match lack {
        Err(Lack::Unheard(need)) => Some(need),
        Err(Lack::Refused(_)) | Ok(()) => None,
    }
}

fn policies(input: &Value, library: Library<'_>) -> Result<(), Lack> {
    for (url, body) in [
        ("StackPolicyURL", "StackPolicyBody"),
        ("StackPolicyDuringUpdateURL", "StackPolicyDuringUpdateBody"),
    ] {
        if let (Some(url), true) = (input[url].as_str(), input[body].is_null()) {
            library.text(url)?;
        }
    }
    Ok(())
}

/// The text of the template the operation is about.
fn template(
    all: &CloudFormation,
    input: &Value,
    library: Library<'_>,
) -> Result<Option<String>, Lack> {
    if input["UsePreviousTemplate"] == true {
        return Ok(previous(all, input).map(|stack| stack.revision.source.text.clone()));
    }
    if let Some(body) = input["TemplateBody"].as_str() {
        return Ok(Some(body.to_owned()));
    }
    if all.puts_back(input) {
        return Ok(None);
    }
    let named = &input["Standin"];
    let parent = named["Parent"].as_str().and_then(|id| all.stacks.get(id));
    if let Some(text) = parent_template(parent, named["File"].as_str()) {
        return Ok(Some(text.to_owned()));
    }
    input["TemplateURL"].as_str().map(|url| library.text(url)).transpose()
}

/// CFN-PA-09
fn parameters(
    all: &CloudFormation,
    input: &Value,
    text: Option<&str>,
    library: Library<'_>,
) -> Result<(), Lack> {
    let Some(text) = text.filter(|text| text.contains("AWS::SSM::Parameter::Value<")) else {
        return Ok(());
    };
    let Ok(template) = Template::parse("template", text) else { return Ok(()) };
    let previous = previous(all, input).map(|stack| &stack.revision.source.parameters);
    let given = input["Parameters"].as_array().cloned().unwrap_or_default();
    let value = |name: &str| {
        let one = given.iter().find(|one| one["ParameterKey"] == name);
        let kept = one.is_some_and(|one| one["UsePreviousValue"] == true);
        let previous = || previous.filter(|_| kept)?.get(name).map(String::as_str);
        one.and_then(|one| one["ParameterValue"].as_str()).or_else(previous)
    };
    stored_values(&template, value, library).map(drop)
}

fn previous<'a>(all: &'a CloudFormation, input: &Value) -> Option<&'a crate::state::Stack> {
    all.find(input["StackName"].as_str()?)
}
