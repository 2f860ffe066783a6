//! The diary's Lambda functions as handlers of the simulator: the very code that runs on the
//! machine and on AWS, over the account of a virtual world.

mod account;

use std::sync::Arc;

use diary_switch::{Settings, apply};
use diary_window::Moment;
use standin_kernel::{Value, json};
use standin_sim::{FunctionEvent, Handler, Handlers, World};

use crate::account::Account;

/// The handlers by the names of the programs whose work they do.
pub fn handlers() -> Handlers {
    Handlers::from([("diary-switch".to_owned(), Arc::new(Switch) as Arc<dyn Handler>)])
}

/// Opens and closes the diary.
#[derive(Clone, Copy, Debug)]
struct Switch;

impl Handler for Switch {
    fn handle(&self, world: &mut World, event: &FunctionEvent) -> Result<Value, Value> {
        let error = |kind: &str, why: String| json!({"errorType": kind, "errorMessage": why});
        let settings = Settings::read(|name| event.variables.get(name).cloned());
        let settings = settings.map_err(|why| error("Settings", why))?;
        let now = Moment(i64::try_from(event.now.seconds()).unwrap_or(i64::MAX));
        let arn = &event.invoked_function_arn;
        let report = apply(&mut Account(world), &settings, now, arn);
        let result = report.map_err(|failure| failure.to_string());
        result.and_then(|report| report.result()).map_err(|why| error("Switch", why))
    }
}
