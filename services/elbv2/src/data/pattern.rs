//! Whether a value fits a wildcard pattern: `*` is any run of characters, `?` exactly one
//! (ALB-RU-07).

/// A pattern, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    tokens: Box<[Token]>,
    ignore_case: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// In lower case when the pattern ignores case.
    Byte(u8),
    One,
    Any,
}

impl Pattern {
    /// For paths: letters of different case differ.
    pub(crate) fn with_case(text: &str) -> Self {
        Self::compile(text, false, false)
    }

    /// For host names and header values.
    pub(crate) fn ignoring_case(text: &str) -> Self {
        Self::compile(text, true, false)
    }

    /// For keys and values of query strings: a backslash makes the character after it literal
    /// (ALB-RU-11); case does not count.
    pub(crate) fn with_escapes(text: &str) -> Self {
        Self::compile(text, true, true)
    }

    fn compile(text: &str, ignore_case: bool, escapes: bool) -> Self {
        let mut tokens = Vec::with_capacity(text.len());
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let literal =
                |byte: u8| Token::Byte(if ignore_case { byte.to_ascii_lowercase() } else { byte });
            match byte {
                b'*' if tokens.last() == Some(&Token::Any) => {}
                b'*' => tokens.push(Token::Any),
                b'?' => tokens.push(Token::One),
                b'\\' if escapes => tokens.push(literal(bytes.next().unwrap_or(b'\\'))),
                _ => tokens.push(literal(byte)),
            }
        }
        Self { tokens: tokens.into(), ignore_case }
    }

    /// Greedy with one point to fall back to: linear in practice, no recursion.
    pub(crate) fn matches(&self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref();
        let (mut p, mut t) = (0, 0);
        let mut fall_back: Option<(usize, usize)> = None;
        while let Some(&byte) = text.get(t) {
            match self.tokens.get(p) {
                Some(Token::Any) => {
                    p += 1;
                    if p == self.tokens.len() {
                        return true;
                    }
                    fall_back = Some((p, t));
                }
                Some(token) if self.fits(*token, byte) => {
                    p += 1;
                    t += 1;
                }
                _ => {
                    let Some((after_star, from)) = fall_back else { return false };
                    fall_back = Some((after_star, from + 1));
                    p = after_star;
                    t = from + 1;
                }
            }
        }
        self.tokens[p..].iter().all(|token| *token == Token::Any)
    }

    const fn fits(&self, token: Token, byte: u8) -> bool {
        match token {
            Token::One => true,
            Token::Byte(wanted) if self.ignore_case => wanted == byte.to_ascii_lowercase(),
            Token::Byte(wanted) => wanted == byte,
            Token::Any => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn alb_ru_07_star_is_any_run_and_question_mark_is_one_character() {
        let image = Pattern::with_case("/img/*.p?g");
        assert!(image.matches("/img/x.png"));
        assert!(image.matches("/img/a/b/x.png"));
        assert!(!image.matches("/IMG/x.png"));
        assert!(!image.matches("/img/x.pg"));
        assert!(Pattern::with_case("*").matches(""));
        assert!(!Pattern::with_case("?").matches(""));
        assert!(Pattern::ignoring_case("*.example.com").matches("WWW.Example.COM"));
    }

    #[test]
    fn alb_ru_11_a_backslash_makes_a_wildcard_literal() {
        let literal = Pattern::with_escapes(r"a\*\?\\*");
        assert!(literal.matches(r"A*?\tail"));
        assert!(!literal.matches(r"axx\"));
        assert!(Pattern::ignoring_case(r"a\*").matches(r"a\rest"));
    }

    proptest! {
        #[test]
        fn agrees_with_the_kernels_matcher(pattern in "[ab*?]{0,8}", text in "[abAB]{0,10}") {
            let with_case = Pattern::with_case(&pattern).matches(&text);
            prop_assert_eq!(with_case, standin_kernel::pattern::matches(&pattern, &text));
            let ignoring = Pattern::ignoring_case(&pattern).matches(&text);
            let expected = standin_kernel::pattern::matches_ignore_case(&pattern, &text);
            prop_assert_eq!(ignoring, expected);
        }
    }
}
