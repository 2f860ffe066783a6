//! What the viewers of one cohort saw in one run, in seconds, and whether that is good, slow or
//! bad.

use serde::Serialize;
use standin_kernel::Duration;

use crate::reason::Reason;

/// The class of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// What the viewer asked for.
    Right,
    /// An old copy, because the origin fails (CF-STALE-*).
    Stale,
    /// A page somebody designed: a custom error response, a fixed response, a stand-in object.
    Sorry,
    /// A page of which something did not come that it names: it stands there without its styles.
    Incomplete,
    /// The answer, whatever it was, came after [`HANG`].
    Hang,
    /// An error nobody designed a page for.
    Raw,
    /// The connection was closed or refused.
    NoAnswer,
}

/// A viewer who waits longer is counted as hanging.
pub const HANG: Duration = Duration::from_secs(10);

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) asked: Duration,
    pub(crate) took: Duration,
    /// What it was, however long it took: never [`Class::Hang`].
    pub(crate) class: Class,
    pub(crate) status: Option<u16>,
    pub(crate) because: Vec<Reason>,
}

impl Sample {
    /// The class with the wait in it.
    pub(crate) fn shown(&self) -> Class {
        if self.took > HANG && self.class < Class::Raw { Class::Hang } else { self.class }
    }

    fn is_bad(&self) -> bool {
        self.class >= Class::Raw
    }
}

/// The times of a run, from the moment it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The fault begins.
    pub(crate) begins: Duration,
    /// It is mended; the end of time for what happens once.
    pub(crate) mended: Duration,
    /// The service could answer again.
    pub(crate) able: Duration,
    /// The distance of two questions of a cohort.
    pub(crate) every: Duration,
}

/// Seconds, as one cohort lived through one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
pub struct Measures {
    /// From the beginning of the fault until nobody saw anything but the right or a designed page;
    /// `None`: never while it lasted.
    pub until_page_s: Option<f64>,
    /// Seconds in which viewers got an error nobody designed a page for, or no answer.
    pub raw_error_s: f64,
    /// Seconds in which viewers waited longer than 10 s.
    pub hang_s: f64,
    /// The longest wait.
    pub wait_max_s: f64,
    /// From when the service could answer again until the last sorry page.
    pub sorry_after_s: f64,
    /// Seconds in which an old copy was shown because the origin failed.
    pub stale_s: f64,
    /// Seconds in which a sorry page was sent as if nothing were wrong, with a status below 400.
    pub sorry_as_ok_s: f64,
    /// Seconds in which a page stood there without something it names: styles, scripts, images.
    pub incomplete_s: f64,
    /// Seconds without the right page, of whatever kind.
    pub not_right_s: f64,
}

/// How a row came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    #[default]
    Good,
    Slow,
    Bad,
}

/// Up to this a row is good, and up to that slow, in seconds.
const UNTIL_PAGE_S: (f64, f64) = (10.0, 60.0);
const RAW_ERROR_S: (f64, f64) = (0.0, 5.0);
const WAIT_MAX_S: (f64, f64) = (10.0, 30.0);
const SORRY_AFTER_S: (f64, f64) = (15.0, 60.0);
const INCOMPLETE_S: (f64, f64) = (0.0, 10.0);

impl Measures {
    pub(crate) fn of(samples: &[Sample], times: Times) -> Self {
        let after: Vec<&Sample> =
            samples.iter().filter(|sample| sample.asked >= times.begins).collect();
        let span = |fits: &dyn Fn(&Sample) -> bool| {
            let count = after.iter().filter(|sample| fits(sample)).count();
            count as f64 * times.every.as_secs_f64()
        };
        let last_sorry = after
            .iter()
            .filter(|sample| sample.class == Class::Sorry && sample.asked > times.able)
            .map(|sample| sample.asked)
            .next_back();
        let slowest = after.iter().map(|sample| sample.took).max().unwrap_or_default();
        Self {
            until_page_s: until_page_s(&after, times),
            raw_error_s: span(&Sample::is_bad),
            hang_s: span(&|sample| sample.took > HANG),
            wait_max_s: slowest.as_secs_f64(),
            sorry_after_s: last_sorry.map_or(0.0, |at| (at - times.able).as_secs_f64()),
            stale_s: span(&|sample| sample.class == Class::Stale),
            sorry_as_ok_s: span(&|sample| {
                sample.class == Class::Sorry && sample.status.is_some_and(|status| status < 400)
            }),
            incomplete_s: span(&|sample| sample.class == Class::Incomplete),
            not_right_s: span(&|sample| sample.class != Class::Right),
        }
    }

    pub fn verdict(&self) -> Verdict {
        let graded = |value: f64, (good, slow): (f64, f64)| {
            if value <= good {
                Verdict::Good
            } else if value <= slow {
                Verdict::Slow
            } else {
                Verdict::Bad
            }
        };
        let grades = [
            self.until_page_s.map_or(Verdict::Bad, |until| graded(until, UNTIL_PAGE_S)),
            graded(self.raw_error_s, RAW_ERROR_S),
            graded(self.wait_max_s, WAIT_MAX_S),
            graded(self.sorry_after_s, SORRY_AFTER_S),
            graded(self.incomplete_s, INCOMPLETE_S),
        ];
        grades.into_iter().max().unwrap_or_default()
    }

    /// What a reader suffers, in one number: the worse it is, the larger.
    pub(crate) fn harm(&self) -> f64 {
        3.0 * self.raw_error_s
            + self.hang_s
            + self.sorry_after_s
            + self.incomplete_s
            + 0.5 * self.sorry_as_ok_s
            + 0.1 * self.not_right_s
    }

    /// Each measure on its own, over several runs, by `choose`.
    pub(crate) fn each(runs: &[Self], choose: fn(&[f64]) -> f64) -> Self {
        let by = |measure: &dyn Fn(&Self) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(measure).collect();
            values.sort_by(f64::total_cmp);
            choose(&values)
        };
        let until = by(&|run| run.until_page_s.unwrap_or(f64::INFINITY));
        Self {
            until_page_s: until.is_finite().then_some(until),
            raw_error_s: by(&|run| run.raw_error_s),
            hang_s: by(&|run| run.hang_s),
            wait_max_s: by(&|run| run.wait_max_s),
            sorry_after_s: by(&|run| run.sorry_after_s),
            stale_s: by(&|run| run.stale_s),
            sorry_as_ok_s: by(&|run| run.sorry_as_ok_s),
            incomplete_s: by(&|run| run.incomplete_s),
            not_right_s: by(&|run| run.not_right_s),
        }
    }
}

pub(crate) fn worst(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or_default()
}

pub(crate) fn median(values: &[f64]) -> f64 {
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Errors that come once the fault is mended do not count here, but among the raw errors.
fn until_page_s(after: &[&Sample], times: Times) -> Option<f64> {
    let during = after.partition_point(|sample| sample.asked < times.mended);
    let during = &after[..during];
    match during.iter().rposition(|sample| sample.is_bad()) {
        Some(last) if last + 1 == during.len() => None,
        Some(last) => {
            let sample = during[last];
            Some((sample.asked + sample.took - times.begins).as_secs_f64())
        }
        None => during.first().map(|first| first.took.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(asked_s: u64, took_s: u64, class: Class) -> Sample {
        Sample {
            asked: Duration::from_secs(asked_s),
            took: Duration::from_secs(took_s),
            class,
            status: Some(503),
            because: Vec::new(),
        }
    }

    const TIMES: Times = Times {
        begins: Duration::from_secs(10),
        mended: Duration::from_secs(20),
        able: Duration::from_secs(25),
        every: Duration::from_secs(1),
    };

    #[test]
    fn counts_from_the_beginning_of_the_fault() {
        let samples = [
            sample(9, 0, Class::Raw),
            sample(10, 0, Class::Raw),
            sample(12, 1, Class::Raw),
            sample(14, 20, Class::Sorry),
            sample(30, 0, Class::Sorry),
            sample(31, 0, Class::Right),
        ];
        let measures = Measures::of(&samples, TIMES);
        assert_eq!(measures.until_page_s, Some(3.0));
        assert_eq!((measures.raw_error_s, measures.hang_s), (2.0, 1.0));
        assert_eq!((measures.wait_max_s, measures.sorry_after_s), (20.0, 5.0));
        assert_eq!(measures.verdict(), Verdict::Slow);
    }

    #[test]
    fn errors_up_to_the_end_of_the_fault_mean_that_no_page_ever_came() {
        let samples = [sample(10, 0, Class::Sorry), sample(19, 0, Class::NoAnswer)];
        let measures = Measures::of(&samples, TIMES);
        assert_eq!((measures.until_page_s, measures.verdict()), (None, Verdict::Bad));
        let runs = [measures, Measures { until_page_s: Some(2.0), ..measures }];
        assert_eq!(Measures::each(&runs, worst).until_page_s, None);
        assert_eq!(sample(1, 11, Class::Right).shown(), Class::Hang);
        assert_eq!(sample(1, 11, Class::Raw).shown(), Class::Raw);
    }
}
