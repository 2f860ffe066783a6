//! What the runtimes of CloudFront do not read though QuickJS does (CF-FN-12): a program that uses
//! it would fail at the edge, and must fail here.
//!
//! This looks at words and signs, not at a whole grammar: classes, generators, `for ... of`,
//! destructuring, spread, optional chaining, `??`, and for runtime 1.0 also `let`, `const`, `async`
//! and `await`. What the language itself refuses is found when the program is read.

use standin_kernel::evaluation::{Failure, FailureKind, Language, Program};

/// Why a program is not read, if it is not.
pub(crate) fn refused(program: &Program) -> Option<Failure> {
    let tokens = tokens(&program.code);
    let found = (0..tokens.len()).find_map(|at| {
        let what = unknown(&tokens, at, program.language)?;
        Some((what, tokens[at].line))
    });
    let (what, line) = found?;
    let message = format!("SyntaxError: {what} is not known to the runtime, in line {line}");
    Some(Failure { kind: FailureKind::Syntax, message })
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token<'c> {
    text: &'c str,
    line: usize,
    /// A name or a keyword.
    word: bool,
}

/// What the token at `at` begins that the runtime does not know.
fn unknown(tokens: &[Token<'_>], at: usize, language: Language) -> Option<&'static str> {
    let token = &tokens[at];
    let text = |offset: isize| {
        let index = at.checked_add_signed(offset);
        index.and_then(|index| tokens.get(index)).map_or("", |token| token.text)
    };
    // A member's name may be any word: `object.class`, `{class: 1}`.
    let member = token.word && (text(-1) == "." || text(1) == ":");
    if member {
        return None;
    }
    match token.text {
        "class" => Some("class"),
        "yield" => Some("yield"),
        "function" if text(1) == "*" => Some("a generator function"),
        "?." => Some("optional chaining"),
        "??" => Some("the operator ??"),
        "of" if token.word && in_for(tokens, at) => Some("for-of"),
        "let" | "const" | "var" if matches!(text(1), "{" | "[") => Some("destructuring"),
        // A rest parameter is the last one: `...names)`, then a body.
        "..." if !(text(2) == ")" && matches!(text(3), "{" | "=>")) => Some("spread"),
        "let" | "const" if language == Language::Js10 => Some("let and const"),
        "async" if language == Language::Js10 && matches!(text(1), "function" | "(") => {
            Some("async")
        }
        "await" if language == Language::Js10 => Some("await"),
        _ => None,
    }
}

/// Whether `of` stands in the head of a `for`: `for (const a of`, `for (a of`.
fn in_for(tokens: &[Token<'_>], of: usize) -> bool {
    let before = &tokens[..of];
    let open = before.iter().rposition(|token| token.text == "(");
    open.is_some_and(|open| {
        let head = of - open;
        (2..=3).contains(&head) && open > 0 && before[open - 1].text == "for"
    })
}

const SIGNS: [&str; 5] = ["...", "?.", "??", "=>", "=="];

/// Words and signs, without comments, texts and regular expressions; of templates what stands in
/// `${}`.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut reader = Reader { code, at: 0, line: 1, tokens: Vec::new(), templates: Vec::new() };
    while reader.at < code.len() {
        reader.step();
    }
    reader.tokens
}

struct Reader<'c> {
    code: &'c str,
    at: usize,
    line: usize,
    tokens: Vec<Token<'c>>,
    /// How many braces are open inside of each `${` of a template.
    templates: Vec<usize>,
}

impl<'c> Reader<'c> {
    fn rest(&self) -> &'c str {
        &self.code[self.at..]
    }

    /// Goes over `count` bytes and counts their lines.
    fn skip(&mut self, count: usize) {
        let end = (self.at + count).min(self.code.len());
        self.line += self.code[self.at..end].bytes().filter(|byte| *byte == b'\n').count();
        self.at = end;
    }

    fn take(&mut self, count: usize, word: bool) {
        let text = &self.rest()[..count];
        self.tokens.push(Token { text, line: self.line, word });
        self.skip(count);
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        let name = |one: char| one.is_alphanumeric() || one == '_' || one == '$';
        if first.is_whitespace() {
            return self.skip(first.len_utf8());
        }
        if name(first) {
            let count = rest.find(|one: char| !name(one)).unwrap_or(rest.len());
            return self.take(count, !first.is_ascii_digit());
        }
        match first {
            '/' if rest.starts_with("//") => self.skip(rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                self.skip(rest.find("*/").map_or(rest.len(), |end| end + 2));
            }
            '/' if self.expects_value() => self.regular_expression(),
            '"' | '\'' => self.text(first),
            '`' => {
                self.skip(1);
                self.template();
            }
            '{' => {
                if let Some(open) = self.templates.last_mut() {
                    *open += 1;
                }
                self.take(1, false);
            }
            '}' => match self.templates.last_mut() {
                Some(0) => {
                    self.templates.pop();
                    self.skip(1);
                    self.template();
                }
                Some(open) => {
                    *open -= 1;
                    self.take(1, false);
                }
                None => self.take(1, false),
            },
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                // `a ?.5 : b` is no chain.
                let digit = rest.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
                match sign {
                    Some(&"?.") if digit => self.take(1, false),
                    Some(sign) => self.take(sign.len(), false),
                    None => self.take(first.len_utf8(), false),
                }
            }
        }
    }

    /// Whether a slash begins a regular expression: after a value it divides.
    fn expects_value(&self) -> bool {
        const BEFORE: [&str; 9] =
            ["return", "typeof", "case", "in", "of", "delete", "void", "throw", "else"];
        match self.tokens.last() {
            None => true,
            Some(token) if token.word => BEFORE.contains(&token.text),
            Some(token) => {
                let end = token.text.chars().next().unwrap_or(' ');
                !(end.is_ascii_digit() || matches!(end, ')' | ']' | '}' | '"'))
            }
        }
    }

    fn regular_expression(&mut self) {
        let (mut set, mut escaped, mut end) = (false, false, self.rest().len());
        for (at, one) in self.rest().char_indices().skip(1) {
            match one {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => set = true,
                ']' => set = false,
                '/' if !set => {
                    end = at + 1;
                    break;
                }
                '\n' => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        self.skip(end);
        self.value();
    }

    fn text(&mut self, quote: char) {
        let mut escaped = false;
        let end = self.rest().char_indices().skip(1).find(|(_, one)| {
            let ends = !escaped && *one == quote;
            escaped = !escaped && *one == '\\';
            ends
        });
        let length = self.rest().len();
        self.skip(end.map_or(length, |(at, _)| at + 1));
        self.value();
    }

    /// To the end of a template, or to the next `${` in it.
    fn template(&mut self) {
        let mut escaped = false;
        let rest = self.rest();
        for (at, one) in rest.char_indices() {
            match one {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '`' => {
                    self.skip(at + 1);
                    return self.value();
                }
                '$' if rest[at..].starts_with("${") => {
                    self.skip(at + 2);
                    self.templates.push(0);
                    let line = self.line;
                    return self.tokens.push(Token { text: "(", line, word: false });
                }
                _ => {}
            }
        }
        self.skip(rest.len());
    }

    /// A value whose text does not matter.
    fn value(&mut self) {
        self.tokens.push(Token { text: "\"", line: self.line, word: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::program;

    fn message(code: &str, language: Language) -> Option<String> {
        refused(&program(code, language)).map(|failure| failure.message)
    }

    #[test]
    fn cf_fn_12_what_the_edge_would_not_read_is_not_read_here() {
        for (code, what) in [
            ("\n\nclass A {}", "class is not known to the runtime, in line 3"),
            ("function* f() {}", "generator"),
            ("var a = b?.c;", "optional chaining"),
            ("var a = b ?? c;", "??"),
            ("for (const a of b) {}", "for-of"),
            ("const { a } = b;", "destructuring"),
            ("let [a] = b;", "destructuring"),
            ("f(...a);", "spread"),
            ("var a = [...b];", "spread"),
            ("var a = `x ${ b?.c } y`;", "optional chaining"),
        ] {
            let message = message(code, Language::Js20).unwrap_or_default();
            assert!(message.contains(what), "{code}: {message}");
        }
    }

    #[test]
    fn cf_fn_12_what_the_edge_reads_is_read() {
        for code in [
            "const f = (a, ...rest) => rest; function g(...all) { return all; }",
            "var o = {class: 1, of: 2}; o.class = 'class'; // class A {}",
            "for (let k in o) {} const of = 1; async function h() { await f(); }",
            "var t = `a ${ {b: 1}.b } ?? ${'x'} ?.`; var r = /[/]class ?? .../g;",
            "var d = 4 / 2 / 1; var e = (1) / 2;",
            "var q = a ?.5 : 1; /* b?.c */ var s = \"it's ?? \\\" class\";",
            "const x = a ? (b) : c; try { x(); } catch (e) {} return_(2 ** 3);",
        ] {
            assert_eq!(message(code, Language::Js20), None, "{code}");
        }
    }

    #[test]
    fn cf_fn_12_runtime_1_has_no_let_const_and_await() {
        for code in ["let a = 1;", "const a = 1;", "async function f() {}", "await f();"] {
            assert!(message(code, Language::Js10).is_some(), "{code}");
            assert_eq!(message(code, Language::Js20), None, "{code}");
        }
        assert_eq!(message("var f = (a) => `x ${a}`;", Language::Js10), None);
    }
}
