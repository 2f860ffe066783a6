//! Reads YAML as CloudFormation takes it: short forms become functions, aliases, merges and keys
//! written twice are refused, and everything keeps its place (CFN-TP-01, CFN-IN-01).

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};

use super::scalar;
use super::suggest::did_you_mean;
use super::tree::{DEEPEST, Entry, Fault, Mark, Node, NodeKind};

/// The functions with a short form (`!Sub` for `Fn::Sub`).
const SHORT_FORMS: [&str; 18] = [
    "Ref",
    "Condition",
    "GetAtt",
    "Sub",
    "Join",
    "Split",
    "Select",
    "FindInMap",
    "Base64",
    "Cidr",
    "GetAZs",
    "ImportValue",
    "If",
    "And",
    "Or",
    "Not",
    "Equals",
    "Transform",
];

const ALIAS: &str = "Template error: YAML aliases are not allowed in CloudFormation templates";

/// The tree of a YAML text, or all that is wrong with it.
pub(super) fn read(text: &str) -> Result<Node, Vec<Fault>> {
    let mut reader =
        Reader { parser: Parser::new_from_str(text), faults: Vec::new(), short_form: None };
    match reader.document() {
        Ok(node) if reader.faults.is_empty() => Ok(node),
        Ok(_) | Err(Stop) => Err(reader.faults),
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    faults: Vec<Fault>,
    /// The event before was an empty scalar with this short form.
    short_form: Option<String>,
}

/// The text cannot be read further; the reason is among the faults.
struct Stop;

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Node, Stop> {
        let mut root = None;
        loop {
            let (event, mark) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::Nothing
                | Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd => {}
                _ if root.is_some() => {
                    self.fault(mark, "a template is one document; a second one begins here");
                    return Err(Stop);
                }
                event => root = Some(self.node(event, mark, 0)?),
            }
        }
        let start = Mark { line: 1, column: 1 };
        Ok(root.unwrap_or_else(|| Node::new(start, NodeKind::Null)))
    }

    fn next(&mut self) -> Result<(Event<'t>, Mark), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.short_form = match &event {
                    Event::Scalar(text, ScalarStyle::Plain, _, Some(tag)) if text.is_empty() => {
                        Some(tag.suffix.clone())
                    }
                    _ => None,
                };
                Ok((event, mark_of(span.start)))
            }
            Some(Err(wrong)) => {
                let mark = mark_of(*wrong.marker());
                let hint = self.explain(wrong.info());
                if wrong.info().contains("unknown anchor") {
                    self.faults.push(Fault { mark, message: ALIAS.to_owned(), hint: None });
                } else {
                    self.fault(mark, &hint);
                }
                Err(Stop)
            }
            None => Ok((Event::StreamEnd, Mark { line: 1, column: 1 })),
        }
    }

    /// Why the parser stopped, in words for the author of a template.
    fn explain(&self, info: &str) -> String {
        match &self.short_form {
            Some(outer) if info.contains("did not find expected") => format!(
                "two short forms may not follow each other: write Fn::{outer}: and then the other"
            ),
            _ => info.to_owned(),
        }
    }

    fn node(&mut self, event: Event<'t>, mark: Mark, depth: usize) -> Result<Node, Stop> {
        if depth > DEEPEST {
            self.fault(mark, "nested too deep");
            return Err(Stop);
        }
        let (kind, tag) = match event {
            Event::Scalar(text, ScalarStyle::Plain, _, None) => (scalar::plain(&text), None),
            Event::Scalar(text, style, _, tag) => (scalar_kind(&text, style, tag.as_deref()), tag),
            Event::SequenceStart(_, tag) => (self.list(depth)?, tag),
            Event::MappingStart(_, tag) => (self.map(depth)?, tag),
            Event::Alias(_) => {
                let message = ALIAS.to_owned();
                let hint = Some("write the whole out again".to_owned());
                self.faults.push(Fault { mark, message, hint });
                (NodeKind::Null, None)
            }
            _ => {
                self.fault(mark, "a value was expected here");
                return Err(Stop);
            }
        };
        let node = Node::new(mark, kind);
        Ok(match tag {
            Some(tag) => self.tagged(&tag, node),
            None => node,
        })
    }

    fn list(&mut self, depth: usize) -> Result<NodeKind, Stop> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(NodeKind::List(items)),
                (event, mark) => items.push(self.node(event, mark, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<NodeKind, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, key_mark) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(NodeKind::Map(entries));
            }
            let key = self.key(event, key_mark, depth)?;
            let (event, mark) = self.next()?;
            let value = self.node(event, mark, depth + 1)?;
            let Some(key) = key else { continue };
            match entries.iter().find(|entry| entry.key == key) {
                Some(first) => {
                    let hint = format!("{key} is written on line {} already", first.key_mark.line);
                    self.fault(key_mark, &hint);
                }
                None => entries.push(Entry { key, key_mark, value }),
            }
        }
    }

    /// A key's text as written (`on:` is no truth value as a key), or `None` with a fault.
    fn key(&mut self, event: Event<'t>, mark: Mark, depth: usize) -> Result<Option<String>, Stop> {
        match event {
            Event::Scalar(text, style, _, None) => {
                if style == ScalarStyle::Plain && text == "<<" {
                    self.fault(mark, "CloudFormation does not merge maps: write the members out");
                    return Ok(None);
                }
                Ok(Some(text.into_owned()))
            }
            event => {
                let kind = match &event {
                    Event::SequenceStart(..) => "list",
                    _ => "map",
                };
                let message = format!(
                    "Template format error: map keys must be strings; received a {kind} instead"
                );
                self.node(event, mark, depth + 1)?;
                self.faults.push(Fault { mark, message, hint: None });
                Ok(None)
            }
        }
    }

    /// `!Sub x` becomes `Fn::Sub: x`; tags that CloudFormation does not know are refused.
    fn tagged(&mut self, tag: &Tag, node: Node) -> Node {
        let mark = node.mark;
        let name = tag.suffix.as_str();
        let core = tag.is_yaml_core_schema();
        if tag.handle == "!" && SHORT_FORMS.contains(&name) {
            let key = match name {
                "Ref" | "Condition" => name.to_owned(),
                _ => format!("Fn::{name}"),
            };
            let entry = Entry { key, key_mark: mark, value: node };
            return Node::new(mark, NodeKind::Map(vec![entry]));
        }
        let known = matches!(name, "str" | "int" | "float" | "bool" | "null" | "map" | "seq");
        if !(core && known || tag.handle.is_empty() && name == "!") {
            let hint = match name {
                "Length" | "ToJsonString" => format!("it has no short form: write Fn::{name}:"),
                _ if core => format!("CloudFormation does not take the tag !!{name}"),
                _ => did_you_mean(name, SHORT_FORMS)
                    .unwrap_or_else(|| format!("there is no short form !{name}")),
            };
            self.fault(mark, &hint);
        }
        node
    }

    fn fault(&mut self, mark: Mark, hint: &str) {
        let message = format!(
            "Template format error: YAML not well-formed. (line {}, column {})",
            mark.line, mark.column
        );
        self.faults.push(Fault { mark, message, hint: Some(hint.to_owned()) });
    }
}

/// A scalar that is quoted, in a block, or tagged.
fn scalar_kind(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> NodeKind {
    let forced = tag.is_some_and(|tag| {
        tag.is_yaml_core_schema() && tag.suffix == "str"
            || tag.handle.is_empty() && tag.suffix == "!"
    });
    match style {
        ScalarStyle::Plain if !forced => scalar::plain(text),
        _ => NodeKind::Text(text.to_owned()),
    }
}

fn mark_of(marker: Marker) -> Mark {
    Mark { line: marker.line().max(1), column: marker.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use standin_kernel::json;

    fn hint_of(text: &str) -> (usize, usize, String) {
        let fault = read(text).expect_err(text).remove(0);
        (fault.mark.line, fault.mark.column, fault.hint.unwrap_or(fault.message))
    }

    #[test]
    fn cfn_in_01_short_forms_are_the_full_forms() {
        let node = read(concat!(
            "a: !Ref X\nb: !GetAtt A.B\nc: !Select\n  - 0\n  - !GetAZs ''\n",
            "d: !If [C, !Ref 'AWS::NoValue', \"q\"]\ne: !Condition D\n",
        ))
        .expect("YAML");
        assert_eq!(
            node.to_value(),
            json!({
                "a": {"Ref": "X"},
                "b": {"Fn::GetAtt": "A.B"},
                "c": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
                "d": {"Fn::If": ["C", {"Ref": "AWS::NoValue"}, "q"]},
                "e": {"Condition": "D"},
            })
        );
    }

    #[test]
    fn cfn_in_01_two_short_forms_in_a_row_are_refused_with_the_way_out() {
        let (line, _, hint) = hint_of("a: 1\nb: !Base64 !Sub x\n");
        assert_eq!(line, 2);
        assert!(hint.contains("write Fn::Base64:"), "{hint}");
        assert!(read("b:\n  Fn::Base64: !Sub x\n").is_ok());
    }

    #[test]
    fn cfn_tp_01_aliases_merges_and_foreign_tags_are_refused_anchors_are_not() {
        assert!(read("a: &x 1\nb: 2\n").is_ok());
        let fault = read("a: &x 1\nb: *x\n").expect_err("an alias").remove(0);
        assert_eq!((fault.mark.line, fault.mark.column), (2, 4));
        assert_eq!(fault.message, ALIAS);
        assert_eq!(hint_of("a:\n  <<: {b: 1}\n").0, 2);
        for tag in ["!!binary", "!!set", "!!omap", "!!pairs", "!!timestamp", "!Length"] {
            assert!(read(&format!("a: {tag} x\n")).is_err(), "{tag}");
        }
        assert_eq!(hint_of("a: !Reff X\n").2, "did you mean Ref?");
    }

    #[test]
    fn all_keys_written_twice_are_found() {
        let faults = read("a: 1\nb: {c: 1, c: 2}\na: 2\n").expect_err("twice");
        let places: Vec<_> = faults.iter().map(|f| (f.mark.line, f.mark.column)).collect();
        assert_eq!(places, [(2, 11), (3, 1)]);
    }

    #[test]
    fn blocks_are_folded_and_keep_the_place_of_the_text() {
        let node = read("a: >-\n  x\n  y\nb: |\n  p\n   q\nc: !!str 1\nd: ! 2\n").expect("YAML");
        let entries = node.entries().expect("a map");
        assert_eq!(entries[0].value.text(), Some("x y"));
        assert_eq!(entries[1].value.text(), Some("p\n q\n"));
        assert_eq!(entries[1].value.mark, Mark { line: 5, column: 3 });
        assert_eq!(entries[2].value.text(), Some("1"));
        assert_eq!(entries[3].value.text(), Some("2"));
    }

    #[test]
    fn a_second_document_and_bad_indentation_are_refused() {
        assert_eq!(hint_of("a: 1\n---\nb: 2\n").0, 3);
        assert_eq!(hint_of("a:\n\t- b\n").0, 2);
        assert_eq!(read("").map(|node| node.kind), Ok(NodeKind::Null));
    }
}
