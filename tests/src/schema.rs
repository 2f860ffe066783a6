//! Checks a value against a JSON schema: the keywords that the schema of drills uses, and a panic
//! for any other, so that none is overlooked.

use standin_kernel::Value;

/// Everything that is wrong with `value`, a line each: the path and the keyword that fails.
pub fn check(root: &Value, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    Checker { root, wrong: &mut wrong }.check(root, value, "");
    wrong
}

struct Checker<'a> {
    root: &'a Value,
    wrong: &'a mut Vec<String>,
}

impl Checker<'_> {
    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let mut wrong = Vec::new();
        Checker { root: self.root, wrong: &mut wrong }.check(schema, value, "");
        wrong.is_empty()
    }

    fn check(&mut self, schema: &Value, value: &Value, path: &str) {
        for (keyword, wanted) in schema.as_object().into_iter().flatten() {
            let fine = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "additionalProperties" => true,
                "$ref" => {
                    let pointer = wanted.as_str().and_then(|text| text.strip_prefix('#'));
                    let target = pointer.and_then(|pointer| self.root.pointer(pointer));
                    let Some(target) = target else { panic!("{wanted} leads nowhere") };
                    self.check(target, value, path);
                    true
                }
                "type" => is_of_type(wanted, value),
                "enum" => wanted.as_array().is_some_and(|all| all.contains(value)),
                "pattern" => value.as_str().is_none_or(|text| matches_pattern(wanted, text)),
                "minimum" => value.as_f64() >= wanted.as_f64() || !value.is_number(),
                "maximum" => value.as_f64() <= wanted.as_f64() || !value.is_number(),
                "minLength" => {
                    let least = usize::try_from(wanted.as_u64().unwrap_or(0)).unwrap_or(0);
                    value.as_str().is_none_or(|text| text.chars().count() >= least)
                }
                "minItems" => {
                    let least = wanted.as_u64().unwrap_or(0);
                    value.as_array().is_none_or(|items| items.len() as u64 >= least)
                }
                "required" => {
                    let mut names = wanted.as_array().into_iter().flatten();
                    names.all(|name| name.as_str().is_some_and(|name| value.get(name).is_some()))
                }
                "anyOf" => self.count(wanted, value) > 0,
                "oneOf" => self.count(wanted, value) == 1,
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{path}[{index}]"));
                    }
                    true
                }
                "properties" => {
                    self.members(schema, wanted, value, path);
                    true
                }
                other => panic!("the keyword {other} is not known here"),
            };
            if !fine {
                self.wrong.push(format!("{path}: {keyword} {wanted}"));
            }
        }
        if schema.get("properties").is_none() && schema.get("additionalProperties").is_some() {
            self.members(schema, &Value::Null, value, path);
        }
    }

    fn count(&self, schemas: &Value, value: &Value) -> usize {
        let schemas = schemas.as_array().into_iter().flatten();
        schemas.filter(|schema| self.fits(schema, value)).count()
    }

    fn members(&mut self, schema: &Value, known: &Value, value: &Value, path: &str) {
        for (name, member) in value.as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            match (known.get(name), schema.get("additionalProperties")) {
                (Some(schema), _) => self.check(schema, member, &path),
                (None, Some(Value::Bool(false))) => self.wrong.push(format!("{path}: unknown")),
                (None, Some(schema)) => self.check(schema, member, &path),
                (None, None) => {}
            }
        }
    }
}

fn is_of_type(wanted: &Value, value: &Value) -> bool {
    if let Some(several) = wanted.as_array() {
        return several.iter().any(|one| is_of_type(one, value));
    }
    match wanted.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_u64() || value.is_i64(),
        _ => panic!("the type {wanted} is not known here"),
    }
}

/// The patterns that the schema of drills uses.
fn matches_pattern(pattern: &Value, text: &str) -> bool {
    match pattern.as_str() {
        Some("^/") => text.starts_with('/'),
        Some("^aws:") => text.starts_with("aws:"),
        Some("^[0-9]+([.][0-9]+)?(ms|s|m|h)?$") => {
            let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = &text[number.len()..];
            let digits =
                |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
            digits(whole) && digits(rest) && matches!(unit, "" | "ms" | "s" | "m" | "h")
        }
        _ => panic!("the pattern {pattern} is not known here"),
    }
}
