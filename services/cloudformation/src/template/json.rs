//! Reads JSON with positions. JSON is read as JSON, not as YAML: commas too many, comments and
//! single quotes are refused (CFN-TP-05).

use std::str::Chars;

use super::tree::{DEEPEST, Entry, Fault, Mark, Node, NodeKind};

/// The tree of a JSON text, or what is wrong with it.
pub(super) fn read(text: &str) -> Result<Node, Vec<Fault>> {
    let mut reader =
        Reader { rest: text.chars(), mark: Mark { line: 1, column: 1 }, faults: Vec::new() };
    let node = reader.document();
    match node {
        Ok(node) if reader.faults.is_empty() => Ok(node),
        Ok(_) => Err(reader.faults),
        Err(Stop) => Err(reader.faults),
    }
}

#[derive(Debug)]
struct Reader<'t> {
    rest: Chars<'t>,
    /// Of the next character.
    mark: Mark,
    faults: Vec<Fault>,
}

/// The text cannot be read further; the reason is among the faults.
#[derive(Debug)]
struct Stop;

impl Reader<'_> {
    fn document(&mut self) -> Result<Node, Stop> {
        let node = self.value(0)?;
        self.space();
        match self.peek() {
            None => Ok(node),
            Some(_) => Err(self.stop("the template ends before this")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Stop> {
        self.space();
        let mark = self.mark;
        if depth > DEEPEST {
            return Err(self.stop("nested too deep"));
        }
        let kind = match self.peek() {
            Some('{') => self.map(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => NodeKind::Text(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            Some('a'..='z' | 'A'..='Z') => self.word()?,
            Some(_) => return Err(self.stop("a value was expected here")),
            None => return Err(self.stop("the template ends where a value was expected")),
        };
        Ok(Node::new(mark, kind))
    }

    fn map(&mut self, depth: usize) -> Result<NodeKind, Stop> {
        self.take();
        let mut entries: Vec<Entry> = Vec::new();
        self.space();
        if self.skip('}') {
            return Ok(NodeKind::Map(entries));
        }
        loop {
            self.space();
            let key_mark = self.mark;
            if self.peek() != Some('"') {
                return Err(self.stop("a name in double quotes was expected here"));
            }
            let key = self.string()?;
            self.space();
            if !self.skip(':') {
                return Err(self.stop("a colon was expected here"));
            }
            let value = self.value(depth + 1)?;
            match entries.iter().find(|entry| entry.key == key) {
                Some(first) => {
                    let hint = format!("{key} is written on line {} already", first.key_mark.line);
                    self.fault(key_mark, hint);
                }
                None => entries.push(Entry { key, key_mark, value }),
            }
            self.space();
            if self.skip('}') {
                return Ok(NodeKind::Map(entries));
            }
            if !self.skip(',') {
                return Err(self.stop("a comma or } was expected here"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<NodeKind, Stop> {
        self.take();
        let mut items = Vec::new();
        self.space();
        if self.skip(']') {
            return Ok(NodeKind::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.skip(']') {
                return Ok(NodeKind::List(items));
            }
            if !self.skip(',') {
                return Err(self.stop("a comma or ] was expected here"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Stop> {
        self.take();
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('"') => {
                    self.take();
                    return Ok(text);
                }
                Some('\\') => {
                    self.take();
                    text.push(self.escape()?);
                }
                Some('\0'..='\x1f') => {
                    return Err(self.stop("tabs and line ends are written \\t and \\n in a string"));
                }
                Some(letter) => {
                    self.take();
                    text.push(letter);
                }
                None => return Err(self.stop("the string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Stop> {
        let escaped = match self.peek() {
            Some(letter @ ('"' | '\\' | '/')) => letter,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.take();
                return self.unicode();
            }
            _ => return Err(self.stop("JSON knows no such escape")),
        };
        self.take();
        Ok(escaped)
    }

    /// Four hexadecimal digits, or two times four for what needs a surrogate pair.
    fn unicode(&mut self) -> Result<char, Stop> {
        let first = self.hex()?;
        let code = if (0xd800..0xdc00).contains(&first) && self.skip('\\') && self.skip('u') {
            let second = self.hex()?;
            0x10000 + ((first - 0xd800) << 10) + (second.wrapping_sub(0xdc00) & 0x3ff)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.stop("half of a surrogate pair"))
    }

    fn hex(&mut self) -> Result<u32, Stop> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|letter| letter.to_digit(16)) else {
                return Err(self.stop("four hexadecimal digits were expected here"));
            };
            self.take();
            code = code * 16 + digit;
        }
        Ok(code)
    }

    fn number(&mut self) -> Result<NodeKind, Stop> {
        let mut text = String::new();
        while let Some(letter @ ('0'..='9' | '+' | '-' | '.' | 'e' | 'E')) = self.peek() {
            text.push(letter);
            self.take();
        }
        match serde_json::from_str::<serde_json::Number>(&text) {
            Ok(number) => Ok(match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => NodeKind::Integer(whole),
                (None, Some(float)) => NodeKind::Float(float),
                (None, None) => NodeKind::Text(text),
            }),
            Err(_) => Err(self.stop("this is not a number as JSON writes them")),
        }
    }

    fn word(&mut self) -> Result<NodeKind, Stop> {
        let start = self.mark;
        let mut word = String::new();
        while let Some(letter) = self.peek().filter(char::is_ascii_alphanumeric) {
            word.push(letter);
            self.take();
        }
        match word.as_str() {
            "true" => Ok(NodeKind::Bool(true)),
            "false" => Ok(NodeKind::Bool(false)),
            "null" => Ok(NodeKind::Null),
            _ => {
                self.mark = start;
                Err(self.stop("strings are in double quotes"))
            }
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r' | '\n')) {
            self.take();
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn skip(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.take();
        }
        there
    }

    fn take(&mut self) {
        match self.rest.next() {
            Some('\n') => self.mark = Mark { line: self.mark.line + 1, column: 1 },
            Some(_) => self.mark.column += 1,
            None => {}
        }
    }

    fn stop(&mut self, hint: &str) -> Stop {
        self.fault(self.mark, hint.to_owned());
        Stop
    }

    fn fault(&mut self, mark: Mark, hint: String) {
        let message = format!(
            "Template format error: JSON not well-formed. (line {}, column {})",
            mark.line, mark.column
        );
        self.faults.push(Fault { mark, message, hint: Some(hint) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_fault(text: &str) -> (usize, usize, String) {
        let fault = read(text).expect_err(text).remove(0);
        (fault.mark.line, fault.mark.column, fault.message)
    }

    #[test]
    fn cfn_tp_05_json_that_is_not_well_formed_is_refused_with_line_and_column() {
        let text = "Template format error: JSON not well-formed. (line 1, column 14)";
        assert_eq!(first_fault("{\"Resources\":"), (1, 14, text.to_owned()));
        for (text, line, column) in [
            ("{\"A\": 1,}", 1, 9),
            ("{\n  \"A\": 'x'}", 2, 8),
            ("{\"A\": [1 2]}", 1, 10),
            ("{\"A\": \"a\tb\"}", 1, 9),
            ("{\"A\": \"\\x\"}", 1, 9),
            ("{\"A\": 01}", 1, 9),
            ("{} x", 1, 4),
            ("{\"A\": \"\\ud83d\"}", 1, 14),
            ("{\"A\": yes}", 1, 7),
        ] {
            let (at_line, at_column, _) = first_fault(text);
            assert_eq!((at_line, at_column), (line, column), "{text}");
        }
    }

    #[test]
    fn tabs_escapes_and_surrogate_pairs_are_read() {
        let node = read("{\t\"a\\/\\u0041\": \"\\ud83d\\ude00\\n\", \"b\": -1.5e2}").expect("JSON");
        let entries = node.entries().expect("a map");
        assert_eq!(entries[0].key, "a/A");
        assert_eq!(entries[0].value.text(), Some("\u{1f600}\n"));
        assert_eq!(entries[1].value.kind, NodeKind::Float(-150.0));
        assert_eq!(entries[1].key_mark, Mark { line: 1, column: 34 });
    }

    #[test]
    fn a_key_written_twice_is_refused_at_the_second() {
        let fault = read("{\"A\": 1,\n \"A\": 2}").expect_err("twice").remove(0);
        assert_eq!(fault.mark, Mark { line: 2, column: 2 });
        assert_eq!(fault.hint.as_deref(), Some("A is written on line 1 already"));
    }

    #[test]
    fn what_is_nested_too_deep_is_refused_and_not_walked() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(read(&deep).is_err());
    }
}
