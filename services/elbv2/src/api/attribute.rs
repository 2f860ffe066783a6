//! Attributes: keys with text values, of load balancers, listeners and target groups. Each table
//! lists every key AWS documents for its kind and what becomes of it here.

use serde::{Deserialize, Serialize};
use standin_kernel::{Cx, Value, json};

use crate::error::{Result, invalid, within};
use crate::state::Attributes;

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) key: &'static str,
    /// What AWS shows when nobody set it.
    pub(crate) default: &'static str,
    pub(crate) form: Form,
    pub(crate) effect: Effect,
}

/// Which values a key takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    Bool,
    Word(&'static [&'static str]),
    /// A whole number within bounds, both included.
    Number(i64, i64),
    /// Zero, or a number within bounds.
    ZeroOr(i64, i64),
    /// `off`, or a number within bounds.
    OffOr(i64, i64),
    /// Text of at most this many characters.
    Text(usize),
}

/// What becomes of a value other than the default.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    Honoured,
    /// Kept and shown, and said in the log to have no effect: why.
    None(&'static str),
}

impl Attribute {
    pub(crate) const fn honoured(key: &'static str, default: &'static str, form: Form) -> Self {
        Self { key, default, form, effect: Effect::Honoured }
    }

    pub(crate) const fn no_effect(
        key: &'static str,
        default: &'static str,
        form: Form,
        why: &'static str,
    ) -> Self {
        Self { key, default, form, effect: Effect::None(why) }
    }
}

/// A key and its value, as the API writes them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Pair {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// The attributes after a change, all of which is possible. `what`: `Load balancer`.
pub(crate) fn changed(
    cx: &mut Cx<'_>,
    what: &str,
    table: &[Attribute],
    have: &Attributes,
    pairs: Vec<Pair>,
) -> Result<Attributes> {
    let mut attributes = have.clone();
    let mut seen: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for Pair { key, value } in pairs {
        let known = table.iter().find(|known| known.key == key);
        let known = known
            .ok_or_else(|| invalid(format!("{what} attribute key '{key}' is not recognized")))?;
        if seen.contains(&key) {
            return Err(invalid(format!("{what} attribute key '{key}' is specified twice")));
        }
        fits(what, known, &value)?;
        if value != known.default {
            match known.effect {
                Effect::Honoured => {}
                Effect::None(why) => lines.push(format!("{key}={value} has no effect: {why}")),
            }
        }
        if value == known.default {
            attributes.remove(&key);
        } else {
            attributes.insert(key.clone(), value);
        }
        seen.push(key);
    }
    for line in lines {
        cx.log("elbv2", line);
    }
    Ok(attributes)
}

fn fits(what: &str, known: &Attribute, value: &str) -> Result<()> {
    let number = || value.parse::<i64>().ok();
    let good = match known.form {
        Form::Bool => matches!(value, "true" | "false"),
        Form::Word(words) => words.contains(&value),
        Form::Number(least, most) => number().is_some_and(|n| (least..=most).contains(&n)),
        Form::ZeroOr(least, most) => {
            number().is_some_and(|n| n == 0 || (least..=most).contains(&n))
        }
        Form::OffOr(least, most) => {
            value == "off" || number().is_some_and(|n| (least..=most).contains(&n))
        }
        Form::Text(most) => value.chars().count() <= most,
    };
    if good {
        return Ok(());
    }
    let wanted = match known.form {
        Form::Bool => "'true' or 'false'".to_owned(),
        Form::Word(words) => format!("one of {}", words.join(", ")),
        Form::Number(least, most) => format!("between {least} and {most}"),
        Form::ZeroOr(least, most) => format!("0, or between {least} and {most}"),
        Form::OffOr(least, most) => format!("'off', or between {least} and {most}"),
        Form::Text(most) => format!("at most {most} characters long"),
    };
    Err(invalid(format!("{what} attribute '{}' has value '{value}': must be {wanted}", known.key)))
}

/// All attributes with their values, as Describe operations show them.
pub(crate) fn shown(table: &[Attribute], have: &Attributes) -> Value {
    table
        .iter()
        .map(|known| json!({"Key": known.key, "Value": value(table, have, known.key)}))
        .collect()
}

/// The value of a key: what was set, else its default.
pub(crate) fn value<'a>(table: &[Attribute], have: &'a Attributes, key: &str) -> &'a str {
    let default = table.iter().find(|known| known.key == key).map_or("", |known| known.default);
    have.get(key).map_or(default, String::as_str)
}

/// The value of a key that is a number.
pub(crate) fn number(table: &[Attribute], have: &Attributes, key: &str) -> u64 {
    value(table, have, key).parse().unwrap_or(0)
}

/// The value of a key that is true or false.
pub(crate) fn is_true(table: &[Attribute], have: &Attributes, key: &str) -> bool {
    value(table, have, key) == "true"
}

/// Most attributes of one call.
pub(crate) fn few(count: usize) -> Result<()> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    within("attributes", count, 1, 50).map(drop)
}

/// What AWS takes for a key that is not set.
pub(crate) fn default_of(table: &[Attribute], key: &str) -> Option<&'static str> {
    table.iter().find(|known| known.key == key).map(|known| known.default)
}
