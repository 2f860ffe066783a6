//! Metric math: an expression over metrics and other expressions, read and calculated (CW-MM-01).

use std::collections::{BTreeMap, BTreeSet};

use super::unsupported::UNSUPPORTED;

/// The values of a metric or an expression, period by period.
pub(super) type Series = Vec<Option<f64>>;

/// An expression as read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    Id(String),
    List(Vec<Self>),
    Not(Box<Self>),
    Minus(Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    /// Its name in capitals.
    Call(&'static str, Vec<Self>),
}

/// Functions, with how few and how many arguments they take.
const FUNCTIONS: [(&str, usize, usize); 14] = [
    ("ABS", 1, 1),
    ("AVG", 1, 1),
    ("CEIL", 1, 1),
    ("DIFF", 1, 1),
    ("FILL", 2, 2),
    ("FLOOR", 1, 1),
    ("IF", 2, 3),
    ("MAX", 1, 1),
    ("METRICS", 0, 1),
    ("MIN", 1, 1),
    ("PERIOD", 1, 1),
    ("RATE", 1, 1),
    ("RUNNING_SUM", 1, 1),
    ("SUM", 1, 1),
];

/// Binary operators, the loosest first; those of one row bind alike.
const OPERATORS: [&[&str]; 6] = [
    &["||", "OR"],
    &["&&", "AND"],
    &["==", "!=", "<=", ">=", "<", ">"],
    &["+", "-"],
    &["*", "/"],
    &["^"],
];

/// How deep an expression may be nested.
const DEPTH_MAX: usize = 50;

impl Expression {
    /// Reads an expression, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text.trim_start(), depth: 0 };
        let read = reader.binary(0)?;
        match reader.rest {
            "" => Ok(read),
            rest => Err(format!("Unexpected text in the expression: {rest}")),
        }
    }

    /// The ids it refers to by name.
    pub(super) fn ids(&self) -> BTreeSet<&str> {
        match self {
            Self::Number(_) => BTreeSet::new(),
            Self::Id(id) => BTreeSet::from([id.as_str()]),
            Self::Not(of) | Self::Minus(of) => of.ids(),
            Self::Binary(_, left, right) => left.ids().into_iter().chain(right.ids()).collect(),
            Self::List(all) | Self::Call(_, all) => all.iter().flat_map(Self::ids).collect(),
        }
    }
}

#[derive(Debug)]
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        let word = token.bytes().all(|byte| byte.is_ascii_alphabetic());
        if word && rest.starts_with(is_of_word) {
            return false;
        }
        self.rest = rest.trim_start();
        true
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        match self.take(token) {
            true => Ok(()),
            false => Err(format!("{token} is expected before: {}", self.rest)),
        }
    }

    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = OPERATORS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("The expression is nested too deeply".into());
        }
        let read = if self.take("-") {
            Expression::Minus(Box::new(self.unary()?))
        } else if self.take("!") || self.take("NOT") {
            Expression::Not(Box::new(self.unary()?))
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(read)
    }

    fn primary(&mut self) -> Result<Expression, String> {
        if self.take("(") {
            let inner = self.binary(0)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.take("[") {
            return Ok(Expression::List(self.list("]")?));
        }
        if self.rest.starts_with('"') {
            let end = self.rest[1..].find('"').ok_or("A quotation mark is not closed")?;
            let text = self.rest[1..=end].to_owned();
            self.rest = self.rest[end + 2..].trim_start();
            return Ok(Expression::Id(text));
        }
        let end = self.rest.find(|letter| !is_of_word(letter) && letter != '.');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if word.is_empty() {
            return Err(format!("A value is expected before: {}", self.rest));
        }
        self.rest = rest.trim_start();
        if let Ok(number) = word.parse() {
            return Ok(Expression::Number(number));
        }
        if !self.take("(") {
            return Ok(Expression::Id(word.to_owned()));
        }
        let known = FUNCTIONS.iter().find(|(name, ..)| *name == word);
        let (name, least, most) =
            known.ok_or_else(|| format!("The function {word} {UNSUPPORTED}"))?;
        let arguments = self.list(")")?;
        if !(*least..=*most).contains(&arguments.len()) {
            return Err(format!("{name} does not take {} arguments", arguments.len()));
        }
        Ok(Expression::Call(name, arguments))
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expression>, String> {
        let mut all = Vec::new();
        if self.take(end) {
            return Ok(all);
        }
        loop {
            all.push(self.binary(0)?);
            if self.take(end) {
                return Ok(all);
            }
            self.expect(",")?;
        }
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// What an expression is calculated from.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    /// The values of each id.
    pub(super) known: &'a BTreeMap<String, Series>,
    /// Which of them are metrics, for `METRICS()`.
    pub(super) metrics: &'a BTreeSet<String>,
    /// How many periods there are, and how long one is.
    pub(super) periods: usize,
    pub(super) period_s: u32,
}

#[derive(Clone, Debug)]
enum Value {
    Number(f64),
    Series(Series),
    Many(Vec<Series>),
}

impl Scope<'_> {
    /// The values of an expression; a number is the same in every period.
    pub(super) fn calculate(&self, expression: &Expression) -> Result<Series, String> {
        match self.value(expression)? {
            Value::Number(number) => Ok(vec![Some(number); self.periods]),
            Value::Series(series) => Ok(series),
            Value::Many(_) => Err("The expression gives more than one time series".into()),
        }
    }

    fn value(&self, expression: &Expression) -> Result<Value, String> {
        match expression {
            Expression::Number(number) => Ok(Value::Number(*number)),
            Expression::Id(id) => {
                let known = self.known.get(id).cloned().map(Value::Series);
                known.ok_or_else(|| format!("Undefined id in the expression: {id}"))
            }
            Expression::List(all) => {
                all.iter().map(|one| self.calculate(one)).collect::<Result<_, _>>().map(Value::Many)
            }
            Expression::Minus(of) => each(self.value(of)?, |value| Some(-value)),
            Expression::Not(of) => each(self.value(of)?, |value| Some(truth(value == 0.0))),
            Expression::Binary(operator, left, right) => {
                both(&self.value(left)?, &self.value(right)?, |left, right| {
                    binary(operator, left, right)
                })
            }
            Expression::Call(name, arguments) => self.call(name, arguments),
        }
    }

    fn call(&self, name: &str, arguments: &[Expression]) -> Result<Value, String> {
        let first = |at: usize| self.value(&arguments[at]);
        match name {
            "ABS" => each(first(0)?, |value| Some(value.abs())),
            "CEIL" => each(first(0)?, |value| Some(value.ceil())),
            "FLOOR" => each(first(0)?, |value| Some(value.floor())),
            "SUM" | "AVG" | "MIN" | "MAX" => Ok(self.gathered(name, first(0)?)),
            "METRICS" => self.metrics(arguments.first()),
            "PERIOD" => Ok(Value::Number(self.period_s.into())),
            "FILL" => self.fill(first(0)?, &arguments[1]),
            "IF" => self.choose(arguments),
            "DIFF" => Ok(Value::Series(differences(&self.calculate(&arguments[0])?, 1.0))),
            "RATE" => {
                let period_s = self.period_s.into();
                Ok(Value::Series(differences(&self.calculate(&arguments[0])?, period_s)))
            }
            _ => {
                let mut sum = 0.0;
                let mut add = |value: Option<f64>| {
                    sum += value?;
                    Some(sum)
                };
                Ok(Value::Series(
                    self.calculate(&arguments[0])?.into_iter().map(&mut add).collect(),
                ))
            }
        }
    }

    /// All metrics, or those whose id has a text in it.
    fn metrics(&self, part: Option<&Expression>) -> Result<Value, String> {
        let part = match part {
            None => "",
            Some(Expression::Id(part)) => part,
            Some(_) => return Err("METRICS takes a text".into()),
        };
        let named = self.metrics.iter().filter(|id| id.contains(part));
        Ok(Value::Many(named.filter_map(|id| self.known.get(id).cloned()).collect()))
    }

    /// Of several series one, period by period; of one series a number.
    fn gathered(&self, name: &str, value: Value) -> Value {
        let of = |values: Vec<f64>| -> Option<f64> {
            let count = values.len() as f64;
            match name {
                _ if values.is_empty() => None,
                "SUM" => Some(values.iter().sum()),
                "AVG" => Some(values.iter().sum::<f64>() / count),
                "MIN" => values.into_iter().reduce(f64::min),
                _ => values.into_iter().reduce(f64::max),
            }
        };
        match value {
            Value::Number(number) => Value::Number(number),
            Value::Series(series) => {
                let whole = of(series.iter().flatten().copied().collect());
                whole.map_or_else(|| Value::Series(vec![None; self.periods]), Value::Number)
            }
            Value::Many(all) => {
                let at = |at: usize| of(all.iter().filter_map(|series| series[at]).collect());
                Value::Series((0..self.periods).map(at).collect())
            }
        }
    }

    fn fill(&self, value: Value, with: &Expression) -> Result<Value, String> {
        let repeats = matches!(with, Expression::Id(word) if word == "REPEAT");
        let with = match with {
            Expression::Id(word) if word == "REPEAT" => vec![None; self.periods],
            Expression::Id(word) if word == "LINEAR" => {
                return Err(format!("FILL with LINEAR {UNSUPPORTED}"));
            }
            with => self.calculate(with)?,
        };
        let fill = |series: Series| -> Series {
            let mut last = None;
            let filled = series.into_iter().zip(&with).map(|(value, with)| {
                last = value.or(if repeats { last } else { *with });
                last
            });
            filled.collect()
        };
        Ok(match value {
            Value::Many(all) => Value::Many(all.into_iter().map(fill).collect()),
            Value::Series(series) => Value::Series(fill(series)),
            number @ Value::Number(_) => number,
        })
    }

    fn choose(&self, arguments: &[Expression]) -> Result<Value, String> {
        let condition = self.calculate(&arguments[0])?;
        let then = self.calculate(&arguments[1])?;
        let otherwise = match arguments.get(2) {
            Some(otherwise) => self.calculate(otherwise)?,
            None => vec![None; self.periods],
        };
        let chosen = condition.into_iter().enumerate().map(|(at, holds)| match holds {
            Some(value) if value != 0.0 => then[at],
            Some(_) => otherwise[at],
            None => None,
        });
        Ok(Value::Series(chosen.collect()))
    }
}

const fn truth(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

/// What follows from two values; nothing from a division by zero.
fn binary(operator: &str, left: f64, right: f64) -> Option<f64> {
    let result = match operator {
        "||" | "OR" => truth(left != 0.0 || right != 0.0),
        "&&" | "AND" => truth(left != 0.0 && right != 0.0),
        "==" => truth(left.total_cmp(&right).is_eq()),
        "!=" => truth(left.total_cmp(&right).is_ne()),
        "<=" => truth(left <= right),
        ">=" => truth(left >= right),
        "<" => truth(left < right),
        ">" => truth(left > right),
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        _ => left.powf(right),
    };
    result.is_finite().then_some(result)
}

fn each(value: Value, of: impl Fn(f64) -> Option<f64>) -> Result<Value, String> {
    let series = |series: Series| series.into_iter().map(|value| value.and_then(&of)).collect();
    Ok(match value {
        Value::Number(number) => Value::Number(of(number).ok_or("The result is not finite")?),
        Value::Series(one) => Value::Series(series(one)),
        Value::Many(all) => Value::Many(all.into_iter().map(series).collect()),
    })
}

fn both(
    left: &Value,
    right: &Value,
    of: impl Fn(f64, f64) -> Option<f64>,
) -> Result<Value, String> {
    let of_series = |left: &Series, right: &Series| -> Series {
        left.iter().zip(right).map(|(left, right)| of((*left)?, (*right)?)).collect()
    };
    let spread = |number: f64, like: &Series| vec![Some(number); like.len()];
    Ok(match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            Value::Number(of(*left, *right).ok_or("The result is not finite")?)
        }
        (Value::Series(left), Value::Series(right)) => Value::Series(of_series(left, right)),
        (Value::Series(left), Value::Number(right)) => {
            Value::Series(of_series(left, &spread(*right, left)))
        }
        (Value::Number(left), Value::Series(right)) => {
            Value::Series(of_series(&spread(*left, right), right))
        }
        (Value::Many(all), Value::Number(right)) => {
            let one = |left: &Series| of_series(left, &spread(*right, left));
            Value::Many(all.iter().map(one).collect())
        }
        (Value::Many(all), Value::Series(right)) => {
            Value::Many(all.iter().map(|left| of_series(left, right)).collect())
        }
        _ => return Err("These values cannot be joined by an operator".into()),
    })
}

/// How values differ from the one before, for each of `over`.
fn differences(series: &Series, over: f64) -> Series {
    let before = std::iter::once(&None).chain(series);
    let step =
        |(before, value): (&Option<f64>, &Option<f64>)| Some(((*value)? - (*before)?) / over);
    before.zip(series).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calculate(text: &str) -> Result<Series, String> {
        let known = BTreeMap::from([
            ("m1".to_owned(), vec![Some(1.0), None, Some(3.0)]),
            ("m2".to_owned(), vec![Some(10.0), Some(20.0), Some(0.0)]),
        ]);
        let metrics = known.keys().cloned().collect();
        let scope = Scope { known: &known, metrics: &metrics, periods: 3, period_s: 60 };
        scope.calculate(&Expression::parse(text)?)
    }

    #[track_caller]
    fn gives(text: &str, wanted: [Option<f64>; 3]) {
        assert_eq!(calculate(text), Ok(wanted.to_vec()), "{text}");
    }

    #[test]
    fn cw_mm_01_operators_and_functions() {
        let all = |value: f64| [Some(value); 3];
        gives("1 + 2 * 3 ^ 2 - -1", all(20.0));
        gives("(1 + 2) * 3", all(9.0));
        gives("100 * m1 / m2", [Some(10.0), None, None]);
        gives("FILL(m1, 0) + m2", [Some(11.0), Some(20.0), Some(3.0)]);
        gives("FILL(m1, REPEAT)", [Some(1.0), Some(1.0), Some(3.0)]);
        gives("SUM([m1, m2])", [Some(11.0), Some(20.0), Some(3.0)]);
        gives("SUM(METRICS())", [Some(11.0), Some(20.0), Some(3.0)]);
        gives("SUM(METRICS(\"m1\"))", [Some(1.0), None, Some(3.0)]);
        gives("MAX(m2)", all(20.0));
        gives("AVG(m1)", all(2.0));
        gives("IF(m2 > 5 AND m2 < 15, m2, 0)", [Some(10.0), Some(0.0), Some(0.0)]);
        gives("IF(NOT m2, 1)", [None, None, Some(1.0)]);
        gives("m1 / PERIOD(m1)", [Some(1.0 / 60.0), None, Some(0.05)]);
        gives("DIFF(m2)", [None, Some(10.0), Some(-20.0)]);
        gives("RUNNING_SUM(m2)", [Some(10.0), Some(30.0), Some(30.0)]);
        gives("ABS(-m2) || 0", [Some(1.0), Some(1.0), Some(0.0)]);
    }

    #[test]
    fn cw_mm_02_what_cannot_be_calculated_is_refused_by_name() {
        let wrong = |text: &str| calculate(text).unwrap_err();
        assert!(wrong("ANOMALY_DETECTION_BAND(m1)").contains("ANOMALY_DETECTION_BAND"));
        assert!(wrong("SEARCH('x', 'Sum')").contains("SEARCH is not supported"));
        assert!(wrong("m3 + 1").contains("m3"));
        assert!(wrong("METRICS()").contains("more than one"));
        assert!(wrong("FILL(m1, LINEAR)").contains("LINEAR"));
        for text in ["", "1 +", "(1", "m1 m2", "IF(1)", "[m1", "\"m1"] {
            assert!(calculate(text).is_err(), "{text}");
        }
        assert!(wrong(&"(".repeat(100_000)).contains("too deeply"));
        assert_eq!(Expression::parse("m1 + AVG([m2, m1])").unwrap().ids().len(), 2);
    }
}
