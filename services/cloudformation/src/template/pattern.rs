//! `AllowedPattern`: a regular expression as Java writes it, which must match a whole value
//! (CFN-PA-04).

use fancy_regex::{Regex, RegexBuilder};

/// More steps back than any sensible pattern needs: a pattern must not hang a stack.
const STEPS: usize = 100_000;

/// Compiles a pattern for whole values; the error says what cannot be read.
pub(super) fn compile(java: &str) -> Result<Regex, String> {
    RegexBuilder::new(&format!("\\A(?:{})\\z", translate(java)))
        .backtrack_limit(STEPS)
        .build()
        .map_err(|wrong| wrong.to_string())
}

/// Whether the whole of `value` fits. A pattern that gives up does not fit.
pub(super) fn fits(pattern: &Regex, value: &str) -> bool {
    pattern.is_match(value).unwrap_or(false)
}

/// Java's `\d`, `\w`, `\s` and `\p{Alpha}` know ASCII only, a hyphen after one of them in a class
/// is a hyphen, and `\Q...\E` quotes.
fn translate(java: &str) -> String {
    let mut out = String::new();
    let mut rest = java.chars().peekable();
    let mut depth = 0_usize;
    let mut after_class = false;
    while let Some(letter) = rest.next() {
        let mut is_class = false;
        match letter {
            '\\' => match rest.next() {
                Some('Q') => {
                    let quoted = quoted(&mut rest);
                    out.push_str(&fancy_regex::escape(&quoted));
                }
                Some(name @ ('p' | 'P')) if rest.peek() == Some(&'{') => {
                    rest.next();
                    let property: String = rest.by_ref().take_while(|c| *c != '}').collect();
                    out.push_str(&property_class(name, &property));
                    is_class = true;
                }
                Some(name) => {
                    is_class = shorthand(name).is_some();
                    match shorthand(name) {
                        Some(class) => out.push_str(class),
                        None => out.extend(['\\', name]),
                    }
                }
                None => out.push('\\'),
            },
            '[' => {
                depth += 1;
                out.push('[');
            }
            ']' => {
                depth = depth.saturating_sub(1);
                out.push(']');
            }
            '-' if depth > 0 && after_class => out.push_str("\\-"),
            other => out.push(other),
        }
        after_class = is_class;
    }
    out
}

fn quoted(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(letter) = rest.next() {
        if letter == '\\' && rest.peek() == Some(&'E') {
            rest.next();
            break;
        }
        text.push(letter);
    }
    text
}

const fn shorthand(name: char) -> Option<&'static str> {
    match name {
        'd' => Some("[0-9]"),
        'D' => Some("[^0-9]"),
        'w' => Some("[a-zA-Z0-9_]"),
        'W' => Some("[^a-zA-Z0-9_]"),
        's' => Some("[ \\t\\n\\x0B\\f\\r]"),
        'S' => Some("[^ \\t\\n\\x0B\\f\\r]"),
        _ => None,
    }
}

fn property_class(name: char, property: &str) -> String {
    let posix = match property {
        "Lower" | "Upper" | "Alpha" | "Digit" | "Alnum" | "Punct" | "Graph" | "Print" | "Blank"
        | "Cntrl" | "XDigit" | "Space" | "ASCII" => property.to_ascii_lowercase(),
        _ => return format!("\\{name}{{{property}}}"),
    };
    let not = if name == 'P' { "^" } else { "" };
    format!("[[:{not}{posix}:]]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cfn_pa_04_a_pattern_matches_the_whole_value_as_java_does() {
        for (java, good, bad) in [
            ("[a-z]+", "abc", "abc1"),
            ("[\\w-_]*", "a-b_c", "a b"),
            ("(?=.*[0-9])(?=.*[a-z]).{8,}", "abcdefg1", "abcdefgh"),
            ("a|b", "b", "ab"),
            ("\\d+", "12", "\u{0661}"),
            ("\\p{Alnum}+", "a1", "a-1"),
            ("\\Qa.b\\E+", "a.bb", "axb"),
            ("(\\d{1,3})\\.(\\d{1,3})", "10.0", "10x0"),
            ("^[^\\s-]$", "a", "-"),
            ("", "", "a"),
        ] {
            let pattern = compile(java).expect(java);
            assert!(fits(&pattern, good), "{java} fits {good}");
            assert!(!fits(&pattern, bad), "{java} does not fit {bad}");
        }
        assert!(compile("(").is_err());
    }

    #[test]
    fn a_pattern_that_would_take_for_ever_gives_up() {
        let pattern = compile("(?=(a+)+b)(a+)+c\\1").expect("a pattern");
        assert!(!fits(&pattern, &"a".repeat(5000)));
    }
}
