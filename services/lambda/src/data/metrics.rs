//! What is counted of runs, for CloudWatch, in namespace `AWS/Lambda` (CW-MT-09).

use standin_kernel::metric::{self, Datum, Meter, Minute, Spread, Statistics, Values};
use standin_kernel::{Cx, Deadline, Duration};

/// How long after its end AWS shows the values of a minute: about another one.
const LAG: Duration = Duration::from_secs(60);

/// The counters of one function and minute.
#[derive(Clone, Debug, Default)]
struct Counts {
    invocations: u64,
    errors: u64,
    throttles: u64,
    durations: Spread,
}

/// The counters of all functions, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meters(Meter<String, Counts>);

impl Meters {
    /// A run is over.
    pub(crate) fn ran(&mut self, cx: &Cx<'_>, function: &str, failed: bool) {
        let counts = self.0.count(cx, LAG, function.to_owned());
        counts.invocations += 1;
        counts.errors += u64::from(failed);
    }

    /// How long the function's code took.
    pub(crate) fn took(&mut self, cx: &Cx<'_>, function: &str, took: Duration) {
        self.0.count(cx, LAG, function.to_owned()).durations.add(took);
    }

    /// A run was not begun: there was no room for it.
    pub(crate) fn throttled(&mut self, cx: &Cx<'_>, function: &str) {
        self.0.count(cx, LAG, function.to_owned()).throttles += 1;
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.0.deadline()
    }

    /// Tells CloudWatch of the minutes that are over.
    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>) {
        while let Some(Minute { began, counts, .. }) = self.0.take(cx.now) {
            let data = counts.into_iter().flat_map(|(function, counts)| data(&function, counts));
            metric::put(cx, "AWS/Lambda", began, data);
        }
    }
}

fn data(function: &str, counts: Counts) -> Vec<Datum> {
    let dimensions = || vec![("FunctionName", function.to_owned())];
    let mut data = Vec::new();
    if counts.invocations > 0 {
        data.push(Datum::count("Invocations", dimensions(), counts.invocations));
        // A value for every run: 1 for an error, else 0.
        let part = Statistics::part(counts.errors, counts.invocations, 1.0);
        let values = Values::Statistics(part);
        data.push(Datum { name: "Errors", dimensions: dimensions(), unit: "Count", values });
    }
    if counts.throttles > 0 {
        data.push(Datum::count("Throttles", dimensions(), counts.throttles));
    }
    if !counts.durations.is_empty() {
        let values = Values::Spread { spread: counts.durations, unit_micros: 1000 };
        let unit = "Milliseconds";
        data.push(Datum { name: "Duration", dimensions: dimensions(), unit, values });
    }
    data
}
