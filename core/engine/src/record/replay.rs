//! A record read back: the same inputs at the same times, and whether the same came of them.

use standin_kernel::{Env, Pace, Record, ServiceName, Time, Value};

use super::digest::Digest;
use super::head::{Wrong, number, small, text};
use super::{FORM, input};
use crate::Engine;

/// A run that is repeated.
#[derive(Debug)]
pub struct Replay {
    engine: Engine,
    steps: u64,
    begun: Option<Time>,
    now: Time,
}

/// A step that did not come out as it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What happened, as the record has it.
    pub input: String,
    pub recorded: Digest,
    pub replayed: Digest,
}

impl Replay {
    /// An engine as the first line of a record says.
    pub fn new(head: &Value) -> Result<Self, Wrong> {
        if head["standin_record"].as_u64() != Some(FORM) {
            return Err(format!("this is no record of the form {FORM}"));
        }
        let written = &head["env"];
        let network = written["task_network"].clone();
        let env = Env {
            account: text(written, "account")?,
            region: text(written, "region")?,
            pace: if written["pace"] == "aws" { Pace::Aws } else { Pace::Fast },
            task_network: serde_json::from_value(network).map_err(|wrong| wrong.to_string())?,
        };
        let engine = Engine::new(env, number(head, "seed")?);
        Ok(Self { engine, steps: 0, begun: None, now: Time::default() })
    }

    /// Repeats one line; what came out differently, if anything did.
    pub fn line(&mut self, line: &Value) -> Result<Option<Difference>, Wrong> {
        self.steps += 1;
        if line.get("open").is_some() {
            let (recorded, replayed) = (number(line, "open")?, self.open(line)?);
            let digest = |id: u64| Digest { words: format!("exchange {id}"), sum: String::new() };
            let same = recorded == replayed;
            return Ok((!same).then(|| Difference {
                input: "open".into(),
                recorded: digest(recorded),
                replayed: digest(replayed),
            }));
        }
        let now = Time(number(line, "at")?);
        self.begun.get_or_insert(now);
        self.now = now;
        let replayed = if let Some(document) = line.get("input") {
            Digest::of(&self.engine.step(now, input::read(document)?))
        } else if line.get("malformed").is_some() {
            Digest::of_response(&self.engine.malformed(now, small(line, "malformed")?))
        } else if let Some(records) = line.get("restore") {
            let records: Vec<(ServiceName, Record)> =
                serde_json::from_value(records.clone()).map_err(|wrong| wrong.to_string())?;
            Digest::of(&self.engine.restore(now, &records)?)
        } else {
            return Err("it says nothing that happened".into());
        };
        let recorded: Digest =
            serde_json::from_value(line["does"].clone()).map_err(|wrong| wrong.to_string())?;
        let same = recorded == replayed;
        Ok((!same).then(|| Difference { input: happened(line), recorded, replayed }))
    }

    fn open(&mut self, line: &Value) -> Result<u64, Wrong> {
        let address = line["at"].as_str().map(str::parse).transpose();
        let address = address.map_err(|wrong| format!("at: {wrong}"))?;
        Ok(self.engine.open_to(0, address).0)
    }

    /// How many lines were repeated.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// How long the recorded run took.
    pub fn took(&self) -> standin_kernel::Duration {
        self.begun.map_or(standin_kernel::Duration::ZERO, |begun| self.now.since(begun))
    }
}

/// What happened, in a word or two: `call ecs:UpdateService`.
fn happened(line: &Value) -> String {
    let Some(members) = line["input"].as_object() else {
        return if line.get("restore").is_some() { "restore" } else { "malformed" }.to_owned();
    };
    let Some((what, of)) = members.iter().next() else { return String::new() };
    let part = |name: &str| of[name].as_str().unwrap_or("").to_owned();
    match what.as_str() {
        "call" => format!("call {}:{}", part("service"), part("operation")),
        "break" | "repair" => format!("{what} {}", part("target")),
        "request" => {
            let request = &of["request"];
            let text = |name: &str| request[name].as_str().unwrap_or("").to_owned();
            format!("request {} {}", text("method"), text("target"))
        }
        other => other.to_owned(),
    }
}
