//! Documents as XML, by their shapes: what REST-XML services read, and what all XML services
//! answer.

use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use standin_kernel::{ApiError, Value, json};

use crate::model::{Member, Model, Protocol, Shape};
use crate::text;

/// Elements within each other, at most.
const DEPTH_MAX: usize = 64;

/// An element as it was read.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    below: Vec<Self>,
}

/// Reads a document whose root is a value of `shape`.
pub fn read(model: &Model, shape: &str, bytes: &[u8]) -> Result<Value, ApiError> {
    let root = parse(bytes)?;
    value_of(model, shape, &root)
}

fn malformed() -> ApiError {
    let message = "The XML you provided was not well-formed or did not validate against our \
        published schema";
    ApiError::new("MalformedXML", 400, message)
}

fn parse(bytes: &[u8]) -> Result<Element, ApiError> {
    let mut reader = Reader::from_reader(bytes);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|_| malformed())? {
            Event::Start(start) => {
                if open.len() > DEPTH_MAX {
                    return Err(malformed());
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                let element = element(&start)?;
                open.last_mut().ok_or_else(malformed)?.below.push(element);
            }
            Event::End(_) => {
                let done = open.pop().ok_or_else(malformed)?;
                open.last_mut().ok_or_else(malformed)?.below.push(done);
            }
            Event::Text(found) => {
                open.last_mut().ok_or_else(malformed)?.text.push_str(&found);
            }
            Event::CData(found) => {
                open.last_mut().ok_or_else(malformed)?.text.push_str(&found);
            }
            Event::GeneralRef(reference) => {
                let escaped = format!("&{};", &*reference);
                let plain = quick_xml::escape::unescape(&escaped).map_err(|_| malformed())?;
                open.last_mut().ok_or_else(malformed)?.text.push_str(&plain);
            }
            // Nothing that AWS takes needs a document type, and entities are how parsers are
            // harmed.
            Event::DocType(_) => return Err(malformed()),
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(mut document), true) => document.below.pop().ok_or_else(malformed),
        _ => Err(malformed()),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, ApiError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| malformed())?;
        let plain =
            quick_xml::escape::unescape(&attribute.value).map_err(|_| malformed())?.into_owned();
        attributes.push((attribute.key.as_ref().to_owned(), plain));
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Element { name, attributes, ..Element::default() })
}

fn value_of(model: &Model, shape: &str, element: &Element) -> Result<Value, ApiError> {
    match model.shape(shape) {
        Shape::Structure { members, .. } => {
            let mut map = serde_json::Map::new();
            for member in members.iter().filter(|member| member.at.is_none()) {
                if let Some(value) = member_of(model, member, element)? {
                    map.insert(member.name.clone(), value);
                }
            }
            let known = |below: &&Element| {
                members.iter().all(|member| wire_element(model, member) != below.name)
            };
            match element.below.iter().find(known) {
                Some(_) => Err(malformed()),
                None => Ok(Value::Object(map)),
            }
        }
        Shape::List { of, element: item, .. } => {
            let item = item.as_deref().unwrap_or("member");
            let items = element.below.iter().filter(|below| below.name == item);
            items
                .map(|below| value_of(model, of, below))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array)
        }
        Shape::Map { value, .. } => {
            let mut map = serde_json::Map::new();
            for entry in &element.below {
                let part = |name: &str| entry.below.iter().find(|below| below.name == name);
                if let (Some(key), Some(below)) = (part("key"), part("value")) {
                    map.insert(key.text.clone(), value_of(model, value, below)?);
                }
            }
            Ok(Value::Object(map))
        }
        scalar => text::scalar(scalar, &element.text, &element.name),
    }
}

/// The name of the elements a member stands in.
fn wire_element<'m>(model: &'m Model, member: &'m Member) -> &'m str {
    match model.shape(&member.shape) {
        Shape::List { element: Some(item), flat, .. }
            if (member.flat || *flat) && member.wire.is_none() =>
        {
            item
        }
        _ => member.wire_name(),
    }
}

fn member_of(model: &Model, member: &Member, element: &Element) -> Result<Option<Value>, ApiError> {
    if member.attribute {
        let wanted = member.wire_name();
        let found = element.attributes.iter().find(|(name, _)| name == wanted);
        return Ok(found.map(|(_, value)| json!(value)));
    }
    let name = wire_element(model, member);
    let mut found = element.below.iter().filter(|below| below.name == name);
    if let Shape::List { of, flat, .. } = model.shape(&member.shape)
        && (member.flat || *flat)
    {
        let items = found.map(|below| value_of(model, of, below));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        return Ok((!items.is_empty()).then_some(Value::Array(items)));
    }
    found.next().map(|below| value_of(model, &member.shape, below)).transpose()
}

/// Writes XML by shapes.
pub struct Document<'m> {
    model: &'m Model,
    writer: Writer<Vec<u8>>,
}

impl std::fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

impl<'m> Document<'m> {
    pub fn new(model: &'m Model) -> Self {
        let mut writer = Writer::new(Vec::new());
        put(&mut writer, Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        Self { model, writer }
    }

    pub fn open(&mut self, name: &str, namespace: Option<&str>) {
        let mut start = BytesStart::new(name);
        if let Some(namespace) = namespace {
            start.push_attribute(("xmlns", namespace));
        }
        put(&mut self.writer, Event::Start(start));
    }

    pub fn close(&mut self, name: &str) {
        put(&mut self.writer, Event::End(BytesEnd::new(name)));
    }

    pub fn text(&mut self, text: &str) {
        put(&mut self.writer, Event::Text(BytesText::new(text)));
    }

    pub fn leaf(&mut self, name: &str, text: &str) {
        self.open(name, None);
        self.text(text);
        self.close(name);
    }

    /// The members of a structure that belong in the body.
    pub fn members(&mut self, shape: &str, value: &Value) {
        let model = self.model;
        for member in model.members(shape).iter().filter(|m| m.at.is_none() && !m.attribute) {
            let given = &value[&member.name];
            if !given.is_null() {
                self.member(member, given);
            }
        }
    }

    fn member(&mut self, member: &Member, value: &Value) {
        let model = self.model;
        let name = wire_element(model, member);
        match model.shape(&member.shape) {
            Shape::List { of, flat, .. }
                if (member.flat || *flat) && model.protocol != Protocol::Ec2 =>
            {
                for item in value.as_array().into_iter().flatten() {
                    self.value(name, of, item);
                }
            }
            _ => self.value(name, &member.shape, value),
        }
    }

    /// An element with a value of this shape.
    pub fn value(&mut self, name: &str, shape: &str, value: &Value) {
        let model = self.model;
        match model.shape(shape) {
            Shape::Structure { members, .. } => {
                let mut start = BytesStart::new(name);
                for member in members.iter().filter(|member| member.attribute) {
                    if let Some(text) = value[&member.name].as_str() {
                        if member.wire_name().starts_with("xsi:") {
                            let namespace = "http://www.w3.org/2001/XMLSchema-instance";
                            start.push_attribute(("xmlns:xsi", namespace));
                        }
                        start.push_attribute((member.wire_name(), text));
                    }
                }
                put(&mut self.writer, Event::Start(start));
                self.members(shape, value);
                self.close(name);
            }
            Shape::List { of, element, .. } => {
                let default = if model.protocol == Protocol::Ec2 { "item" } else { "member" };
                let item = element.as_deref().unwrap_or(default);
                self.open(name, None);
                for one in value.as_array().into_iter().flatten() {
                    self.value(item, of, one);
                }
                self.close(name);
            }
            Shape::Map { key, value: of, .. } => {
                self.open(name, None);
                for (name, one) in value.as_object().into_iter().flatten() {
                    self.open("entry", None);
                    self.value("key", key, &json!(name));
                    self.value("value", of, one);
                    self.close("entry");
                }
                self.close(name);
            }
            scalar => {
                if let Some(text) = text::written(scalar, value) {
                    self.leaf(name, &text);
                }
            }
        }
    }

    pub fn finish(self) -> Vec<u8> {
        self.writer.into_inner()
    }
}

fn put(writer: &mut Writer<Vec<u8>>, event: Event<'_>) {
    // Writing to memory does not fail.
    let _ = writer.write_event(event);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry;

    #[test]
    fn a_document_reads_back_as_it_was_written() {
        let model = entry("cloudfront").unwrap().model();
        let value = json!({
            "CallerReference": "a<b>&\"c\"",
            "Aliases": {"Quantity": 2, "Items": ["a.example.com", "b.example.com"]},
            "Enabled": true,
            "Origins": {"Quantity": 1, "Items": [
                {"Id": "one", "DomainName": "x", "ConnectionAttempts": 3},
            ]},
        });
        let mut document = Document::new(model);
        document.value("DistributionConfig", "DistributionConfig", &value);
        let bytes = document.finish();
        assert_eq!(read(model, "DistributionConfig", &bytes).unwrap(), value);
    }

    #[test]
    fn what_is_not_well_formed_or_not_known_is_refused() {
        let model = entry("cloudfront").unwrap().model();
        for text in [
            "",
            "<a>",
            "<DistributionConfig><Nonsense>1</Nonsense></DistributionConfig>",
            "<!DOCTYPE x [<!ENTITY e \"e\">]><DistributionConfig/>",
            "<DistributionConfig><Comment>&e;</Comment></DistributionConfig>",
        ] {
            let read = read(model, "DistributionConfig", text.as_bytes());
            assert_eq!(read.unwrap_err().code, "MalformedXML", "{text}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(read(model, "DistributionConfig", deep.as_bytes()).is_err());
    }
}
