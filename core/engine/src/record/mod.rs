//! A run on record: every input of the engine with its time, and what came of it, so that the run
//! can be repeated under virtual time and compared step by step.
//!
//! A record is a text of JSON lines: first the engine's environment and seed, then a line each time
//! the engine was asked. It holds heads, not bodies (of those only length and a sum), and of the
//! values of cookies and credentials only that they are the same ones again: see [`redact`]. Bodies
//! that decide what is answered, a function's events and results, are held whole.
//! Operations are held with their whole input, for that decides what is built.
//!
//! Reading order: this file (lines), [`input`] (inputs as documents and back), [`digest`] (effects
//! as a number), [`redact`] (what is kept out), [`replay`].

pub mod digest;
mod head;
mod input;
mod redact;
mod replay;
#[cfg(test)]
mod tests;

use standin_kernel::{Env, Pace, Record, ServiceName, Time, Value, json};

pub use digest::Digest;
pub use redact::Redactor;
pub use replay::{Difference, Replay};

use crate::io::{Effect, Input};

/// The number of the form of records; another number is another form.
const FORM: u64 = 1;

/// Writes a record, line by line; where the lines go is the driver's.
#[derive(Debug, Default)]
pub struct Recorder {
    redactor: Redactor,
}

impl Recorder {
    /// The first line.
    pub fn head(env: &Env, seed: u64, version: &str) -> Value {
        let pace = match env.pace {
            Pace::Fast => "fast",
            Pace::Aws => "aws",
        };
        json!({
            "standin_record": FORM, "version": version, "seed": seed,
            "env": {
                "account": env.account, "region": env.region, "pace": pace,
                "task_network": env.task_network,
            },
        })
    }

    /// What was taken back from an earlier run.
    pub fn restored(now: Time, records: &[(ServiceName, Record)], effects: &[Effect]) -> Value {
        json!({"at": now.0, "restore": records, "does": Digest::of(effects)})
    }

    /// A place reserved for a viewer's request, at an address that name servers gave out.
    pub fn opened(
        exchange: standin_kernel::ExchangeId,
        address: Option<std::net::IpAddr>,
    ) -> Value {
        match address {
            None => json!({"open": exchange.0}),
            Some(address) => json!({"open": exchange.0, "at": address}),
        }
    }

    /// A request whose head could not be read.
    pub fn malformed(now: Time, status: u16, response: &standin_kernel::Response) -> Value {
        json!({"at": now.0, "malformed": status, "does": Digest::of_response(response)})
    }

    /// An input as a document, to be taken before the engine consumes it.
    pub fn input(&mut self, input: &Input) -> Value {
        input::document(input, &mut self.redactor)
    }

    /// The line of an input whose document is `input`.
    pub fn stepped(now: Time, input: &Value, effects: &[Effect]) -> Value {
        json!({"at": now.0, "input": input, "does": Digest::of(effects)})
    }
}
