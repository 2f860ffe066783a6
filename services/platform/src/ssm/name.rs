//! Names of parameters: which are valid, and what `name:3` means.

use standin_kernel::ApiError;

const LEVELS_MAX: usize = 15;
/// Characters of the whole ARN.
const LENGTH_MAX: usize = 1011;

fn invalid(message: &str) -> ApiError {
    ApiError::new("ValidationException", 400, message)
}

pub(super) fn check(name: &str) -> Result<(), ApiError> {
    let fine = |character: char| character.is_ascii_alphanumeric() || "_.-/".contains(character);
    if name.is_empty() || name.len() > LENGTH_MAX || !name.chars().all(fine) {
        return Err(invalid(
            "Invalid parameter name. Please use correct syntax for referencing a version/label \
             <name>:<version/label>",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(invalid("Parameter name must be a fully qualified name."));
    }
    let first = name.trim_start_matches('/').split('/').next().unwrap_or_default();
    let lower = first.to_ascii_lowercase();
    if lower.starts_with("aws") || lower.starts_with("ssm") {
        let message = "Parameter name: can't be prefixed with \"aws\" or \"ssm\" \
                       (case-insensitive).";
        return Err(invalid(message));
    }
    if name.split('/').skip(1).count() > LEVELS_MAX {
        let message = "A hierarchy can have a maximum of 15 levels.";
        return Err(ApiError::new("HierarchyLevelLimitExceededException", 400, message));
    }
    Ok(())
}

/// Name and version of `name`, `name:3` or an ARN with either. A label is no version: labels are
/// not built.
pub(super) fn selected(text: &str) -> Result<(&str, Option<u64>), ApiError> {
    let path = match text.split_once(":parameter/") {
        Some((front, _)) => &text[front.len() + ":parameter".len()..],
        None => text,
    };
    match path.split_once(':') {
        None => Ok((path, None)),
        Some((name, version)) => match version.parse() {
            Ok(number) => Ok((name, Some(number))),
            Err(_) => Err(invalid("Labels of parameter versions are not supported by Standin.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{check, selected};

    #[test]
    fn names_are_paths_or_plain() {
        for fine in ["a", "/a/b.c-d_e", "a.b"] {
            assert!(check(fine).is_ok(), "{fine}");
        }
        let deep = "/a".repeat(16);
        for wrong in ["", "a/b", "a b", "/aws/x", "SSMx", deep.as_str()] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_version_stands_behind_the_name() {
        assert_eq!(selected("/a/b:3").unwrap(), ("/a/b", Some(3)));
        let arn = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/a/b";
        assert_eq!(selected(arn).unwrap(), ("/a/b", None));
        assert!(selected("a:label").is_err());
    }
}
