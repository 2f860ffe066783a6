//! The rule of a composite alarm: what its text says, and what that is in some states of the
//! alarms it names (CW-CA-01, CW-CA-02).

use std::fmt::{self, Display, Formatter};
use std::iter::Peekable;
use std::str::CharIndices;

use super::evaluate::State;
use super::unsupported::UNSUPPORTED;

/// Most functions, constants, operators and groups of one rule.
const ELEMENTS_MAX: usize = 500;

/// Most alarms that one rule names.
const CHILDREN_MAX: usize = 100;

/// `AlarmRule`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AlarmRule {
    Constant(bool),
    /// Whether the alarm of that name or ARN is in that state.
    Is(State, String),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

impl AlarmRule {
    /// The text of a rule; what is wrong with it in AWS's words, as far as they are known.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { letters: text.char_indices().peekable(), text, elements: 0 };
        let rule = reader.any()?;
        match reader.next()? {
            None => {}
            Some((at, token)) => return Err(unsupported(&token.words(), at)),
        }
        match rule.children().len() {
            0..=CHILDREN_MAX => Ok(rule),
            _ => Err(format!("a rule names at most {CHILDREN_MAX} alarms")),
        }
    }

    /// `state` gives the state of an alarm by name or ARN.
    pub(super) fn holds(&self, state: &impl Fn(&str) -> Option<State>) -> bool {
        match self {
            Self::Constant(is) => *is,
            Self::Is(wanted, alarm) => state(alarm) == Some(*wanted),
            Self::Not(one) => !one.holds(state),
            Self::And(one, other) => one.holds(state) && other.holds(state),
            Self::Or(one, other) => one.holds(state) || other.holds(state),
        }
    }

    /// The alarms it names, each once, in the order of the text.
    pub(super) fn children(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather<'r>(&'r self, found: &mut Vec<&'r str>) {
        match self {
            Self::Constant(_) => {}
            Self::Is(_, alarm) if found.contains(&alarm.as_str()) => {}
            Self::Is(_, alarm) => found.push(alarm),
            Self::Not(one) => one.gather(found),
            Self::And(one, other) | Self::Or(one, other) => {
                one.gather(found);
                other.gather(found);
            }
        }
    }
}

/// With all parentheses and quotes, so that it is read as it is meant.
impl Display for AlarmRule {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(true) => out.write_str("TRUE"),
            Self::Constant(false) => out.write_str("FALSE"),
            Self::Is(state, alarm) => {
                let alarm = alarm.replace('\\', "\\\\").replace('"', "\\\"");
                write!(out, "{}(\"{alarm}\")", state.as_str())
            }
            Self::Not(one) => write!(out, "NOT ({one})"),
            Self::And(one, other) => write!(out, "({one}) AND ({other})"),
            Self::Or(one, other) => write!(out, "({one}) OR ({other})"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    /// A word without quotes: an operator, a function, a name, an ARN.
    Word(String),
    Quoted(String),
}

impl Token {
    fn words(&self) -> String {
        match self {
            Self::Open => "(".into(),
            Self::Close => ")".into(),
            Self::Word(word) => word.clone(),
            Self::Quoted(text) => format!("\"{text}\""),
        }
    }

    fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Word(word) if word == wanted)
    }
}

fn unsupported(token: &str, at: usize) -> String {
    format!("Unsupported token '{token}' at char {at}")
}

const ENDS: &str = "the rule ends too early";

struct Reader<'t> {
    letters: Peekable<CharIndices<'t>>,
    text: &'t str,
    elements: usize,
}

impl Reader<'_> {
    /// `one OR other`: binds less than `AND`.
    fn any(&mut self) -> Result<AlarmRule, String> {
        let mut rule = self.all()?;
        while self.skip("OR")? {
            rule = AlarmRule::Or(Box::new(rule), Box::new(self.all()?));
        }
        Ok(rule)
    }

    fn all(&mut self) -> Result<AlarmRule, String> {
        let mut rule = self.one()?;
        while self.skip("AND")? {
            rule = AlarmRule::And(Box::new(rule), Box::new(self.one()?));
        }
        Ok(rule)
    }

    fn one(&mut self) -> Result<AlarmRule, String> {
        self.count()?;
        let (at, token) = self.next()?.ok_or(ENDS)?;
        let Token::Word(word) = &token else {
            if token != Token::Open {
                return Err(unsupported(&token.words(), at));
            }
            let rule = self.any()?;
            self.expect(&Token::Close)?;
            return Ok(rule);
        };
        match word.as_str() {
            "TRUE" => Ok(AlarmRule::Constant(true)),
            "FALSE" => Ok(AlarmRule::Constant(false)),
            "NOT" => Ok(AlarmRule::Not(Box::new(self.one()?))),
            "AT_LEAST" => Err(format!("AT_LEAST {UNSUPPORTED}")),
            word => match State::parse(word) {
                Some(state) => self.function(state),
                None => Err(unsupported(word, at)),
            },
        }
    }

    /// What follows `ALARM`, `OK` or `INSUFFICIENT_DATA`.
    fn function(&mut self, state: State) -> Result<AlarmRule, String> {
        self.expect(&Token::Open)?;
        let alarm = match self.next()?.ok_or(ENDS)? {
            (_, Token::Word(name) | Token::Quoted(name)) if !name.is_empty() => name,
            (at, other) => return Err(unsupported(&other.words(), at)),
        };
        self.expect(&Token::Close)?;
        Ok(AlarmRule::Is(state, alarm))
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), String> {
        match self.next()?.ok_or(ENDS)? {
            (_, token) if token == *wanted => Ok(()),
            (at, token) => Err(unsupported(&token.words(), at)),
        }
    }

    /// Takes the word if it is the next one.
    fn skip(&mut self, word: &str) -> Result<bool, String> {
        let before = self.letters.clone();
        let is = self.next()?.is_some_and(|(_, token)| token.is(word));
        match is {
            true => self.count()?,
            false => self.letters = before,
        }
        Ok(is)
    }

    fn count(&mut self) -> Result<(), String> {
        self.elements += 1;
        match self.elements {
            0..=ELEMENTS_MAX => Ok(()),
            _ => Err(format!("a rule has at most {ELEMENTS_MAX} elements")),
        }
    }

    /// The next token with its place.
    fn next(&mut self) -> Result<Option<(usize, Token)>, String> {
        while self.letters.next_if(|(_, letter)| letter.is_whitespace()).is_some() {}
        let Some((at, letter)) = self.letters.next() else { return Ok(None) };
        let token = match letter {
            '(' => Token::Open,
            ')' => Token::Close,
            '"' => Token::Quoted(self.quoted()?),
            _ => Token::Word(self.word(at).to_owned()),
        };
        Ok(Some((at, token)))
    }

    fn word(&mut self, from: usize) -> &str {
        let ends = |letter: char| letter.is_whitespace() || "()\"".contains(letter);
        while self.letters.next_if(|(_, letter)| !ends(*letter)).is_some() {}
        let to = self.letters.peek().map_or(self.text.len(), |(at, _)| *at);
        self.text.get(from..to).unwrap_or_default()
    }

    /// A backslash stands before a quotation mark or another backslash that belongs to the name.
    fn quoted(&mut self) -> Result<String, String> {
        let mut name = String::new();
        loop {
            match self.letters.next().ok_or(ENDS)?.1 {
                '"' => return Ok(name),
                '\\' => name.push(self.letters.next().ok_or(ENDS)?.1),
                letter => name.push(letter),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(text: &str) -> bool {
        let state = |name: &str| match name {
            "red" | "a (red) one" | "arn:aws:cloudwatch:r:1:alarm:red" => Some(State::Alarm),
            "green" => Some(State::Ok),
            "grey" => Some(State::InsufficientData),
            _ => None,
        };
        AlarmRule::parse(text).unwrap().holds(&state)
    }

    #[test]
    fn cw_ca_01_words_of_a_rule() {
        for is_so in [
            "TRUE",
            "NOT FALSE",
            "ALARM(red)",
            "ALARM(\"red\")",
            " ALARM ( \"a (red) one\" ) ",
            "ALARM(arn:aws:cloudwatch:r:1:alarm:red)",
            "OK(green)",
            "INSUFFICIENT_DATA(grey)",
            "NOT ALARM(green)",
            "ALARM(red) AND OK(green)",
            "ALARM(green) OR OK(green)",
            "(ALARM(red) AND (NOT OK(red) OR FALSE))",
        ] {
            assert!(holds(is_so), "{is_so}");
        }
        for is_not in ["FALSE", "NOT TRUE", "ALARM(green)", "OK(grey)", "ALARM(red) AND FALSE"] {
            assert!(!holds(is_not), "{is_not}");
        }
    }

    #[test]
    fn cw_ca_02_not_binds_most_and_or_least() {
        assert!(holds("TRUE OR FALSE AND FALSE"));
        assert!(!holds("(TRUE OR FALSE) AND FALSE"));
        assert!(holds("NOT FALSE OR TRUE"));
        assert!(!holds("NOT (FALSE OR TRUE)"));
    }

    #[test]
    fn cw_ca_01_what_is_no_rule_is_refused() {
        let wrong = |text: &str| AlarmRule::parse(text).unwrap_err();
        assert_eq!(wrong("()"), "Unsupported token ')' at char 1");
        assert_eq!(wrong("ALARM(a) XOR ALARM(b)"), "Unsupported token 'XOR' at char 9");
        assert_eq!(wrong("alarm(a)"), "Unsupported token 'alarm' at char 0");
        assert_eq!(wrong("ALARM(a b)"), "Unsupported token 'b' at char 8");
        assert_eq!(wrong("ALARM()"), "Unsupported token ')' at char 6");
        for early in ["", "(", "ALARM", "ALARM(a", "NOT", "TRUE AND", "ALARM(\"a", "(TRUE"] {
            assert_eq!(wrong(early), ENDS, "{early}");
        }
        assert!(wrong("AT_LEAST(1, ALARM, (a))").ends_with(UNSUPPORTED));
        assert!(wrong(&"NOT ".repeat(501)).contains("500 elements"));
        let names: Vec<String> = (0..101).map(|number| format!("ALARM(a{number})")).collect();
        assert!(wrong(&names.join(" OR ")).contains("100 alarms"));
    }

    #[test]
    fn cw_ca_01_a_rule_at_the_limits_is_read() {
        let names: Vec<String> = (0..100).map(|number| format!("ALARM(a{number})")).collect();
        assert_eq!(AlarmRule::parse(&names.join(" OR ")).unwrap().children().len(), 100);
    }

    fn rules() -> impl Strategy<Value = AlarmRule> {
        let state = prop_oneof![Just(State::Ok), Just(State::Alarm), Just(State::InsufficientData)];
        let leaf = prop_oneof![
            any::<bool>().prop_map(AlarmRule::Constant),
            (state, "[ -~é]{1,6}").prop_map(|(state, name)| AlarmRule::Is(state, name)),
        ];
        leaf.prop_recursive(5, 24, 2, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                inner.prop_map(|one| AlarmRule::Not(Box::new(one))),
                two.clone().prop_map(|(a, b)| AlarmRule::And(Box::new(a), Box::new(b))),
                two.prop_map(|(a, b)| AlarmRule::Or(Box::new(a), Box::new(b))),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_rule_that_is_written_is_read_as_the_same(rule in rules()) {
            prop_assert_eq!(AlarmRule::parse(&rule.to_string()), Ok(rule));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(ALARM|OK|NOT|AND|OR|TRUE|[()\"\\\\ aé]){0,40}") {
            let _ = AlarmRule::parse(&text);
        }

        #[test]
        fn not_turns_every_rule_round(rule in rules()) {
            let state = |name: &str| (name.len() > 3).then_some(State::Alarm);
            let not = AlarmRule::parse(&format!("NOT ({rule})")).unwrap();
            prop_assert_ne!(not.holds(&state), rule.holds(&state));
        }
    }
}
