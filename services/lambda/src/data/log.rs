//! The lines about each run, and what the function itself writes, in the function's log group
//! (LAM-LC-07).

use standin_kernel::{Cx, Duration, ServiceName, json};

use super::environment::ms;
use super::outcome::Outcome;
use crate::Lambda;

/// The ticket of calls whose reply decides nothing.
pub(crate) const UNATTENDED: u64 = 0;
/// What is kept of a run's lines for whoever asks for their end.
const KEPT_BYTES: usize = 16 * 1024;

/// Where an environment's lines go.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) group: String,
    pub(crate) name: String,
}

impl Lambda {
    /// Makes the log group, if it is not there, and a stream of its own for an environment.
    pub(crate) fn new_stream(&mut self, cx: &mut Cx<'_>, group: &str, version: &str) -> Stream {
        let day = cx.now.iso8601()[..10].replace('-', "/");
        let name = format!("{day}/[{version}]{}", cx.rng.hex(32));
        let logs = ServiceName::Platform;
        cx.call(UNATTENDED, logs, "logs:CreateLogGroup", json!({"logGroupName": group}));
        let input = json!({"logGroupName": group, "logStreamName": name});
        cx.call(UNATTENDED, logs, "logs:CreateLogStream", input);
        Stream { group: group.to_owned(), name }
    }

    /// Adds what a process wrote, or a line of Lambda's own.
    pub(crate) fn log_line(&mut self, cx: &mut Cx<'_>, number: u64, text: &str) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        if let Some(run) = &mut environment.run {
            run.log.push_str(text);
            if !text.ends_with('\n') {
                run.log.push('\n');
            }
            if run.log.len() > 2 * KEPT_BYTES {
                let mut from = run.log.len() - KEPT_BYTES;
                while !run.log.is_char_boundary(from) {
                    from += 1;
                }
                run.log.drain(..from);
            }
        }
        let timestamp = cx.now.millis();
        let lines = text.lines().filter(|line| !line.is_empty());
        let events: Vec<_> = lines
            .map(|line| json!({"timestamp": timestamp, "message": format!("{line}\n")}))
            .collect();
        if events.is_empty() {
            return;
        }
        let stream = &environment.stream;
        let input = json!({
            "logGroupName": stream.group, "logStreamName": stream.name, "logEvents": events,
        });
        cx.call(UNATTENDED, ServiceName::Platform, "logs:PutLogEvents", input);
    }

    /// `END` and `REPORT`.
    pub(crate) fn report(&mut self, cx: &mut Cx<'_>, number: u64, outcome: &Outcome) {
        let Some(environment) = self.live.environments.get(&number) else { return };
        let Some(run) = &environment.run else { return };
        let took = cx.now.since(run.began.unwrap_or(cx.now));
        let init = environment.init_took;
        let id = run.invocation.id.clone();
        let billed = took.as_secs_f64() + init.unwrap_or(Duration::ZERO).as_secs_f64();
        let mut line = format!(
            "REPORT RequestId: {id}\tDuration: {} ms\tBilled Duration: {:.0} ms\t\
             Memory Size: {} MB",
            ms(took),
            (billed * 1000.0).ceil(),
            environment.memory_mb
        );
        if let Some(init) = init {
            line = format!("{line}\tInit Duration: {} ms", ms(init));
        }
        match &outcome.status {
            Some((status, Some(kind))) => {
                line = format!("{line}\tStatus: {status}\tError Type: {kind}");
            }
            Some((status, None)) => line = format!("{line}\tStatus: {status}"),
            None => {}
        }
        self.log_line(cx, number, &format!("END RequestId: {id}"));
        self.log_line(cx, number, &line);
    }
}
