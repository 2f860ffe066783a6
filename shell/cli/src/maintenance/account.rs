//! The account that is asked: a running Standin, or AWS by way of the aws command, which knows the
//! user's profiles, roles and second factors.

use standin_kernel::{ApiError, ServiceName, Value};
use tokio::process::Command;

use super::{Place, Target};
use crate::Failure;
use crate::link::{Link, refused};

#[derive(Debug)]
pub(super) enum Account {
    Standin(Link),
    Aws {
        /// Of the aws command, before the service: `--profile night`.
        options: Vec<String>,
    },
}

impl Account {
    pub(super) async fn open(place: &Place) -> Result<Self, Failure> {
        match place.target {
            Target::Standin if place.profile.is_some() || place.region.is_some() => {
                Err("--profile and --region are for --target aws".into())
            }
            Target::Standin => {
                let link = Link::required(&place.state().state_dir).await?;
                Ok(Self::Standin(link))
            }
            Target::Aws => {
                let mut options = Vec::new();
                for (name, value) in [("--profile", &place.profile), ("--region", &place.region)] {
                    if let Some(value) = value {
                        options.extend([name.to_owned(), value.clone()]);
                    }
                }
                Ok(Self::Aws { options })
            }
        }
    }

    /// Carries out an operation. `service` is the SDK's name: `ssm`.
    pub(super) async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, Failure> {
        match self {
            Self::Standin(link) => match service {
                "cloudformation" => link.call(ServiceName::CloudFormation, operation, input).await,
                "lambda" => link.call(ServiceName::Lambda, operation, input).await,
                _ => {
                    let operation = format!("{service}:{operation}");
                    link.call(ServiceName::Platform, &operation, input).await
                }
            },
            Self::Aws { options } => {
                let arguments = arguments(options, service, operation, &input);
                let output = Command::new("aws").args(&arguments).output().await;
                let output = output.map_err(|error| {
                    format!("the aws command, which --target aws needs, does not start: {error}")
                })?;
                if !output.status.success() {
                    return Err(refusal(&String::from_utf8_lossy(&output.stderr)));
                }
                Ok(serde_json::from_slice(&output.stdout).unwrap_or_default())
            }
        }
    }
}

/// The arguments of the aws command for an operation.
fn arguments(options: &[String], service: &str, operation: &str, input: &Value) -> Vec<String> {
    let mut all = options.to_vec();
    let words = [service.to_owned(), in_words(operation)];
    all.extend(["--output".to_owned(), "json".to_owned()].into_iter().chain(words));
    if operation == "Invoke" {
        // An operation whose answer goes to a file takes no document.
        for (name, value) in input.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all.extend([format!("--{}", in_words(name)), value]);
        }
        all.push("/dev/null".to_owned());
    } else {
        all.extend(["--cli-input-json".to_owned(), input.to_string()]);
    }
    all
}

/// `GetParametersByPath` as the aws command has it: `get-parameters-by-path`.
fn in_words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

/// `An error occurred (ParameterNotFound) when calling the GetParameter operation: ...`
fn refusal(said: &str) -> Failure {
    let said = said.trim();
    let parts = said.split_once("An error occurred (").and_then(|(_, rest)| {
        let (code, rest) = rest.split_once(')')?;
        let (_, message) = rest.split_once(": ").unwrap_or(("", rest));
        Some(ApiError::new(code, 400, message))
    });
    match parts {
        Some(error) => error.into(),
        None => format!("aws: {said}").into(),
    }
}

/// Whether an operation was refused with this code.
pub(super) fn is(failure: &Failure, code: &str) -> bool {
    refused(failure).is_some_and(|error| error.code == code)
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::*;

    #[test]
    fn an_operation_becomes_a_line_of_the_aws_command() {
        let options = ["--profile".to_owned(), "night".to_owned()];
        let all = arguments(&options, "ssm", "GetParametersByPath", &json!({"Path": "/a"}));
        assert_eq!(
            all.join(" "),
            "--profile night --output json ssm get-parameters-by-path --cli-input-json \
             {\"Path\":\"/a\"}"
        );
        let input = json!({"FunctionName": "f", "InvocationType": "Event"});
        let all = arguments(&[], "lambda", "Invoke", &input);
        assert_eq!(
            all[3..].join(" "),
            "invoke --function-name f --invocation-type Event /dev/null"
        );
    }

    #[test]
    fn what_the_aws_command_refuses_keeps_its_code() {
        let said = "\nAn error occurred (ParameterNotFound) when calling the DeleteParameter \
                    operation: Parameter /a not found.\n";
        let failure = refusal(said);
        assert!(is(&failure, "ParameterNotFound"));
        assert!(failure.to_string().contains("Parameter /a not found."), "{failure}");
        let failure = refusal("Unable to locate credentials.");
        assert_eq!(failure.to_string(), "aws: Unable to locate credentials.");
    }
}
