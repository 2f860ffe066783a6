//! What state an alarm is in, from the values of its last periods (CW-AL-03 to CW-AL-07).

use serde::{Deserialize, Serialize};

/// `StateValue`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    #[serde(rename = "OK")]
    Ok,
    #[serde(rename = "ALARM")]
    Alarm,
    #[default]
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|one| one.as_str() == text)
    }
}

/// `ComparisonOperator`, without those of anomaly detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
}

impl Operator {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GreaterThanOrEqualToThreshold" => Self::GreaterOrEqual,
            "GreaterThanThreshold" => Self::Greater,
            "LessThanThreshold" => Self::Less,
            "LessThanOrEqualToThreshold" => Self::LessOrEqual,
            _ => return None,
        })
    }

    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterOrEqual => value >= threshold,
            Self::Greater => value > threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    /// As reasons say it.
    const fn words(self) -> &'static str {
        match self {
            Self::GreaterOrEqual => "greater than or equal to",
            Self::Greater => "greater than",
            Self::Less => "less than",
            Self::LessOrEqual => "less than or equal to",
        }
    }
}

/// `TreatMissingData`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treat {
    Missing,
    Ignore,
    Breaching,
    NotBreaching,
}

impl Treat {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "missing" => Self::Missing,
            "ignore" => Self::Ignore,
            "breaching" => Self::Breaching,
            "notBreaching" => Self::NotBreaching,
            _ => return None,
        })
    }
}

/// What an alarm compares, and how often it must be so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) operator: Operator,
    pub(super) threshold: f64,
    pub(super) evaluation_periods: usize,
    pub(super) datapoints_to_alarm: usize,
    pub(super) missing: Treat,
}

/// Further periods that are looked at, beyond the evaluation periods, for data that stand in for
/// missing ones (CW-AL-04).
pub(super) const FURTHER_PERIODS: usize = 2;

/// The outcome of one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    /// `None`: it stays in the state it has.
    pub(super) state: Option<State>,
    /// How many periods that count have no data.
    missing: usize,
    /// The positions of the values that count, from the oldest.
    pub(super) counted: Vec<usize>,
    breaching: usize,
}

/// Judges the values of `evaluation_periods` and `FURTHER_PERIODS` periods, the oldest first.
pub(super) fn evaluate(values: &[Option<f64>], rule: Rule) -> Verdict {
    let Rule { evaluation_periods: periods, datapoints_to_alarm: to_alarm, .. } = rule;
    let breaches = |value: f64| rule.operator.holds(value, rule.threshold);
    let there = values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?)));
    let there: Vec<(usize, f64)> = there.collect();
    let counted = &there[there.len().saturating_sub(periods)..];
    let missing = periods - counted.len();
    let breaching = counted.iter().filter(|(_, value)| breaches(*value)).count();
    let state = match (missing, rule.missing) {
        (0, _) | (_, Treat::NotBreaching) => Some(alarm_if(breaching >= to_alarm)),
        (_, Treat::Breaching) => Some(alarm_if(breaching + missing >= to_alarm)),
        _ if breaching >= to_alarm => Some(State::Alarm),
        _ if breaching < counted.len() => Some(State::Ok),
        (_, Treat::Ignore) => None,
        (_, Treat::Missing) => match counted.first() {
            None => Some(State::InsufficientData),
            // CW-AL-06: none but breaching ones, and the oldest of them is old enough.
            Some((oldest, _)) => (values.len() - oldest >= to_alarm).then_some(State::Alarm),
        },
    };
    let counted = counted.iter().map(|(at, _)| *at).collect();
    Verdict { state, missing, counted, breaching }
}

const fn alarm_if(is_so: bool) -> State {
    if is_so { State::Alarm } else { State::Ok }
}

impl Verdict {
    /// `StateReason`; `shown` are the values that count with their times.
    pub(super) fn reason(&self, rule: Rule, from: State, to: State, shown: &[String]) -> String {
        let threshold = decimal(rule.threshold);
        let points = |count: usize| if count == 1 { "datapoint" } else { "datapoints" };
        let was = |count: usize| if count == 1 { "was" } else { "were" };
        let Rule { evaluation_periods: periods, datapoints_to_alarm: to_alarm, .. } = rule;
        if to == State::InsufficientData {
            let (points, was) = (points(periods), was(periods));
            return format!("Insufficient Data: {periods} {points} {was} unknown.");
        }
        if self.counted.is_empty() {
            let word = if to == State::Alarm { "Breaching" } else { "NonBreaching" };
            let period = if periods == 1 { "period" } else { "periods" };
            let (points, was) = (points(periods), was(periods));
            return format!(
                "Threshold Crossed: no datapoints were received for {periods} {period} and \
                 {periods} missing {points} {was} treated as [{word}]."
            );
        }
        let count = if to == State::Alarm {
            self.breaching.max(1)
        } else {
            self.counted.len() - self.breaching
        };
        let not = if to == State::Alarm { "" } else { "not " };
        let among = match self.counted.len() {
            all if all == count => String::new(),
            all => format!(" out of the last {all}"),
        };
        let (from, to_name) = (from.as_str(), to.as_str());
        let needed = if to == State::Alarm { to_alarm } else { periods - to_alarm + 1 };
        let listed = shown.join(", ");
        format!(
            "Threshold Crossed: {count}{among} {} [{listed}] {} {not}{} the threshold \
             ({threshold}) (minimum {needed} {} for {from} -> {to_name} transition).",
            points(self.counted.len()),
            was(count),
            rule.operator.words(),
            points(needed),
        )
    }
}

/// With at least one digit after the point, as AWS writes numbers in reasons.
pub(super) fn decimal(value: f64) -> String {
    let text = value.to_string();
    if text.contains('.') || !value.is_finite() { text } else { text + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(periods: usize, to_alarm: usize, missing: Treat) -> Rule {
        Rule {
            operator: Operator::GreaterOrEqual,
            threshold: 1.0,
            evaluation_periods: periods,
            datapoints_to_alarm: to_alarm,
            missing,
        }
    }

    /// `0` is fine, `X` is breaching, `-` is missing.
    fn values(text: &str) -> Vec<Option<f64>> {
        let value = |letter: char| match letter {
            '0' => Some(0.0),
            'X' => Some(1.0),
            _ => None,
        };
        text.chars().map(value).collect()
    }

    #[track_caller]
    fn holds(periods: usize, to_alarm: usize, cases: &[(&str, [&str; 4])]) {
        let ways = [Treat::Missing, Treat::Ignore, Treat::Breaching, Treat::NotBreaching];
        for (text, wanted) in cases {
            for (way, wanted) in ways.into_iter().zip(wanted) {
                let verdict = evaluate(&values(text), rule(periods, to_alarm, way));
                let state = verdict.state.map_or("stays", State::as_str);
                assert_eq!(state, *wanted, "{text} {way:?}");
            }
        }
    }

    #[test]
    fn cw_al_05_cw_al_06_three_of_three_with_missing_data() {
        holds(
            3,
            3,
            &[
                ("0-X-X", ["OK"; 4]),
                ("0----", ["OK"; 4]),
                ("-----", ["INSUFFICIENT_DATA", "stays", "ALARM", "OK"]),
                ("0XX-X", ["ALARM"; 4]),
                ("--X--", ["ALARM", "stays", "ALARM", "OK"]),
                ("----X", ["stays", "stays", "ALARM", "OK"]),
            ],
        );
    }

    #[test]
    fn cw_al_05_cw_al_06_two_of_three_with_missing_data() {
        holds(
            3,
            2,
            &[
                ("0-X-X", ["ALARM"; 4]),
                ("00X0X", ["ALARM"; 4]),
                ("0-X--", ["OK", "OK", "ALARM", "OK"]),
                ("----0", ["OK", "OK", "ALARM", "OK"]),
                ("---X-", ["ALARM", "stays", "ALARM", "OK"]),
            ],
        );
    }

    #[test]
    fn cw_al_03_the_four_operators() {
        let at = |operator: Operator, value: f64| {
            let rule = Rule { operator, ..rule(1, 1, Treat::Missing) };
            evaluate(&[None, None, Some(value)], rule).state == Some(State::Alarm)
        };
        for (name, wanted) in [
            ("GreaterThanOrEqualToThreshold", [false, true, true]),
            ("GreaterThanThreshold", [false, false, true]),
            ("LessThanThreshold", [true, false, false]),
            ("LessThanOrEqualToThreshold", [true, true, false]),
        ] {
            let operator = Operator::parse(name).unwrap();
            assert_eq!([0.0, 1.0, 2.0].map(|value| at(operator, value)), wanted, "{name}");
        }
        assert_eq!(Operator::parse("GreaterThanUpperThreshold"), None);
    }

    #[test]
    fn cw_al_08_reasons_say_what_was_compared() {
        let one = rule(1, 1, Treat::NotBreaching);
        let verdict = evaluate(&values("--X"), one);
        let shown = ["1.0 (24/11/26 08:30:00)".to_owned()];
        assert_eq!(
            verdict.reason(one, State::Ok, State::Alarm, &shown),
            "Threshold Crossed: 1 datapoint [1.0 (24/11/26 08:30:00)] was greater than or equal \
             to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
        );
        let verdict = evaluate(&values("---"), one);
        assert_eq!(
            verdict.reason(one, State::Alarm, State::Ok, &[]),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint \
             was treated as [NonBreaching]."
        );
        let three = rule(3, 2, Treat::Missing);
        let verdict = evaluate(&values("00X0X"), three);
        let shown = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            verdict.reason(three, State::Ok, State::Alarm, &shown),
            "Threshold Crossed: 2 out of the last 3 datapoints [a, b, c] were greater than or \
             equal to the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition)."
        );
        let verdict = evaluate(&values("-----"), three);
        assert_eq!(
            verdict.reason(three, State::Ok, State::InsufficientData, &[]),
            "Insufficient Data: 3 datapoints were unknown."
        );
    }
}
