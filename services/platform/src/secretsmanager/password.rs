//! Random passwords, as `GetRandomPassword` and templates ask for them.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx};

/// What a password is made of.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Recipe {
    /// 32 by default.
    pub(super) password_length: Option<usize>,
    #[serde(default)]
    pub(super) exclude_characters: String,
    #[serde(default)]
    pub(super) exclude_numbers: bool,
    #[serde(default)]
    pub(super) exclude_punctuation: bool,
    #[serde(default)]
    pub(super) exclude_uppercase: bool,
    #[serde(default)]
    pub(super) exclude_lowercase: bool,
    #[serde(default)]
    pub(super) include_space: bool,
    /// On by default: at least one character of each kind.
    pub(super) require_each_included_type: Option<bool>,
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

const LENGTH_MAX: usize = 4096;

impl Recipe {
    pub(super) fn password(&self, cx: &mut Cx<'_>) -> Result<String, ApiError> {
        let length = self.password_length.unwrap_or(32);
        if !(1..=LENGTH_MAX).contains(&length) {
            return Err(invalid(&format!("PasswordLength must be between 1 and {LENGTH_MAX}.")));
        }
        let kinds = [
            (LOWER, !self.exclude_lowercase),
            (UPPER, !self.exclude_uppercase),
            (DIGITS, !self.exclude_numbers),
            (PUNCTUATION, !self.exclude_punctuation),
            (" ", self.include_space),
        ];
        let kinds: Vec<Vec<u8>> = kinds
            .into_iter()
            .filter(|(_, wanted)| *wanted)
            .map(|(kind, _)| kind.bytes().filter(|byte| self.takes(*byte)).collect::<Vec<u8>>())
            .filter(|kind| !kind.is_empty())
            .collect();
        let all = kinds.concat();
        if all.is_empty() {
            return Err(invalid("The password would have no characters to be made of."));
        }
        let each = self.require_each_included_type.unwrap_or(true);
        if each && kinds.len() > length {
            return Err(invalid("The password is too short for one character of each kind."));
        }
        let mut password: Vec<u8> = Vec::with_capacity(length);
        if each {
            for kind in &kinds {
                password.extend(cx.rng.text(1, kind).bytes());
            }
        }
        let rest = length - password.len();
        password.extend(cx.rng.text(rest, &all).bytes());
        shuffle(cx, &mut password);
        Ok(password.into_iter().map(char::from).collect())
    }

    fn takes(&self, byte: u8) -> bool {
        !self.exclude_characters.contains(char::from(byte))
    }
}

fn shuffle(cx: &mut Cx<'_>, bytes: &mut [u8]) {
    for at in (1..bytes.len()).rev() {
        let other = cx.rng.below(at as u64 + 1);
        bytes.swap(at, usize::try_from(other).unwrap_or(at));
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterException", 400, message)
}
