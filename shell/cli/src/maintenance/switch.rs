//! A stack's switch: its windows in the parameter store, and what it says about them.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use diary_window::{Window, judge};
use standin_kernel::{Value, json};

use super::account::{Account, is};
use super::time;
use crate::Failure;

/// How long the switch may take to tell the edge before the user is told to wait.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Switch {
    account: Account,
    /// `/diary/maintenance/windows`
    path: String,
    state_parameter: String,
    function: String,
    secret: String,
}

impl Switch {
    /// The switch of a stack, by the stack's outputs.
    pub(super) async fn find(account: Account, stack: Option<&str>) -> Result<Self, Failure> {
        const PATH: &str = "MaintenanceWindowsPath";
        let input = stack.map_or(json!({}), |name| json!({"StackName": name}));
        let described = account.call("cloudformation", "DescribeStacks", input).await?;
        let stacks = described["Stacks"].as_array().cloned().unwrap_or_default();
        let mut fitting = stacks.iter().filter(|stack| output(stack, PATH).is_some());
        let found = match (fitting.next(), fitting.next()) {
            (Some(found), None) => found,
            (None, _) => {
                let which =
                    stack.map_or("no stack".to_owned(), |name| format!("stack {name}, not"));
                return Err(format!(
                    "there is {which} with a switch: a switch's stack has the outputs {PATH}, \
                     MaintenanceStateParameter and MaintenanceSwitchFunction"
                )
                .into());
            }
            (Some(one), Some(other)) => {
                let names = [one, other].map(|stack| stack["StackName"].as_str().unwrap_or("?"));
                return Err(format!("which stack? --stack {}", names.join(" or --stack ")).into());
            }
        };
        let needed = |name: &str| -> Result<String, Failure> {
            output(found, name).ok_or_else(|| format!("the stack has no output {name}").into())
        };
        Ok(Self {
            path: needed(PATH)?,
            state_parameter: needed("MaintenanceStateParameter")?,
            function: needed("MaintenanceSwitchFunction")?,
            secret: output(found, "MaintenanceOperatorSecret").unwrap_or_default(),
            account,
        })
    }

    /// All windows. One that cannot be read is an error: who looks at windows must see all.
    pub(super) async fn windows(&self) -> Result<Vec<Window>, Failure> {
        let (mut windows, mut token) = (Vec::new(), Value::Null);
        loop {
            let mut input = json!({"Path": self.path});
            if token.is_string() {
                input["NextToken"] = token;
            }
            let mut page = self.account.call("ssm", "GetParametersByPath", input).await?;
            for parameter in page["Parameters"].as_array().into_iter().flatten() {
                let text = |name: &str| parameter[name].as_str().unwrap_or_default();
                let name = text("Name");
                let id = name.rsplit('/').next().unwrap_or_default();
                let window = Window::parse(id, text("Value"));
                windows.push(window.map_err(|wrong| format!("the parameter {name}: {wrong}"))?);
            }
            token = page["NextToken"].take();
            if !token.is_string() {
                windows.sort_by_key(|window| window.from);
                return Ok(windows);
            }
        }
    }

    pub(super) async fn put(&self, window: &Window) -> Result<(), Failure> {
        let input = json!({
            "Name": format!("{}/{}", self.path, window.id),
            "Type": "String",
            "Value": window.document(),
            "Overwrite": true,
        });
        self.account.call("ssm", "PutParameter", input).await.map(|_| ())
    }

    /// Takes a window away; one that is gone already is fine.
    pub(super) async fn delete(&self, id: &str) -> Result<(), Failure> {
        let input = json!({"Name": format!("{}/{id}", self.path)});
        match self.account.call("ssm", "DeleteParameter", input).await {
            Err(failure) if !is(&failure, "ParameterNotFound") => Err(failure),
            _ => Ok(()),
        }
    }

    /// What the switch said last.
    pub(super) async fn state(&self) -> Result<Value, Failure> {
        let input = json!({"Name": self.state_parameter});
        let read = self.account.call("ssm", "GetParameter", input).await?;
        let text = read["Parameter"]["Value"].as_str().unwrap_or_default();
        Ok(serde_json::from_str(text).unwrap_or_default())
    }

    /// Has the switch run, and waits until it says what the windows say.
    pub(super) async fn take_note(&self) -> Result<ExitCode, Failure> {
        let input = json!({"FunctionName": self.function, "InvocationType": "Event"});
        self.account.call("lambda", "Invoke", input).await?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let (windows, state) = (self.windows().await?, self.state().await?);
            if agrees(&windows, &state) {
                println!("the edge was told");
                return Ok(ExitCode::SUCCESS);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        eprintln!(
            "the switch has not told the edge yet; it tries again every minute, and its log says \
             why: function {}",
            self.function
        );
        Ok(ExitCode::FAILURE)
    }

    pub(super) async fn secret(&self) -> Result<String, Failure> {
        if self.secret.is_empty() {
            return Err("the stack has no output MaintenanceOperatorSecret".into());
        }
        let input = json!({"SecretId": self.secret});
        let read = self.account.call("secretsmanager", "GetSecretValue", input).await?;
        let secret = read["SecretString"].as_str().filter(|secret| !secret.is_empty());
        secret.map(str::to_owned).ok_or_else(|| "the operators' secret is empty".into())
    }
}

fn output(stack: &Value, name: &str) -> Option<String> {
    let outputs = stack["Outputs"].as_array()?;
    let found = outputs.iter().find(|output| output["OutputKey"] == name)?;
    found["OutputValue"].as_str().map(str::to_owned)
}

/// Whether the switch knows what holds now and what comes next.
pub(super) fn agrees(windows: &[Window], state: &Value) -> bool {
    let judgement = judge(time::now(), windows);
    let open = judgement.open.as_ref();
    let next = judgement.next.map(|next| json!({"window": next.id, "from": next.from}));
    state["open"] == json!(open.map(|open| &open.window.id))
        && state["until"] == json!(open.and_then(|open| open.until))
        && state["next"] == json!(next)
}
