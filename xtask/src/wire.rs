//! Writes the wire tables of `core/wire/tables` out of botocore's models: names, types and places
//! of the operations listed in `operations.txt`, without a word of prose.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};

const ALL_HEAD: &str = "\
# All of AWS's operations of these services; `cargo xtask wire` writes this file.
";

/// Writes every table. `data`: botocore's folder `data`, its models unpacked (`service-2.json`).
pub(crate) fn run(root: &Path, data: &Path) -> Result<bool, String> {
    let tables = root.join("core/wire/tables");
    let list = read(&tables.join("operations.txt"))?;
    let mut all = String::from(ALL_HEAD);
    for line in list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let Some(service) = words.next() else { continue };
        let model = newest(&data.join(service))?;
        let names = model["operations"].as_object().into_iter().flatten();
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        all.push_str(&format!("{service} {}\n", names.join(" ")));
        let table = table(&model, words).map_err(|wrong| format!("{service}: {wrong}"))?;
        let path = tables.join(format!("{service}.json"));
        std::fs::write(&path, table).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
    }
    let path = tables.join("all-operations.txt");
    std::fs::write(&path, all).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
    println!("wire: tables written");
    Ok(true)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|wrong| format!("{}: {wrong}", path.display()))
}

/// The model of a service's newest version.
fn newest(folder: &Path) -> Result<Value, String> {
    let entries =
        std::fs::read_dir(folder).map_err(|wrong| format!("{}: {wrong}", folder.display()))?;
    let mut versions: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    versions.sort();
    let newest = versions.pop().ok_or_else(|| format!("{} is empty", folder.display()))?;
    let path = newest.join("service-2.json");
    serde_json::from_str(&read(&path)?).map_err(|wrong| format!("{}: {wrong}", path.display()))
}

fn table<'l>(model: &Value, operations: impl Iterator<Item = &'l str>) -> Result<String, String> {
    let metadata = &model["metadata"];
    let protocol = match metadata["protocol"].as_str() {
        Some("smithy-rpc-v2-cbor") => "query",
        Some(protocol) => protocol,
        None => return Err("no protocol".into()),
    };
    let signing = metadata["signingName"].as_str().or_else(|| metadata["endpointPrefix"].as_str());
    let mut head = Map::new();
    head.insert("protocol".into(), json!(protocol));
    head.insert("version".into(), metadata["apiVersion"].clone());
    head.insert("signing".into(), json!(signing));
    for (name, from) in [("target", "targetPrefix"), ("namespace", "xmlNamespace")] {
        if metadata[from].is_string() {
            head.insert(name.into(), metadata[from].clone());
        }
    }
    let mut listed = BTreeMap::new();
    let mut wanted = BTreeSet::new();
    for name in operations {
        let operation = &model["operations"][name];
        if operation.is_null() {
            return Err(format!("there is no operation {name}"));
        }
        listed.insert(name, self::operation(operation, &mut wanted));
    }
    let mut shapes = BTreeMap::new();
    while let Some(name) = wanted.pop_first() {
        if shapes.contains_key(&name) {
            continue;
        }
        let shape = shape(&model["shapes"][&name], &mut wanted);
        shapes.insert(name, shape);
    }
    let lines = |map: Vec<(String, Value)>| {
        let lines: Vec<String> =
            map.into_iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        lines.join(",\n")
    };
    let head = Value::Object(head).to_string();
    let listed = lines(listed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let shapes = lines(shapes.into_iter().collect());
    let head = head.trim_end_matches('}');
    Ok(format!("{head},\n\"operations\":{{\n{listed}\n}},\n\"shapes\":{{\n{shapes}\n}}}}\n"))
}

fn operation(from: &Value, wanted: &mut BTreeSet<String>) -> Value {
    let http = &from["http"];
    let mut to = Map::new();
    to.insert("method".into(), http["method"].clone());
    to.insert("uri".into(), http["requestUri"].clone());
    if http["responseCode"].as_u64().is_some_and(|status| status != 200) {
        to.insert("status".into(), http["responseCode"].clone());
    }
    for name in ["input", "output"] {
        if let Some(shape) = from[name]["shape"].as_str() {
            wanted.insert(shape.to_owned());
            to.insert(name.into(), json!(shape));
        }
    }
    if let Some(wrapper) = from["output"]["resultWrapper"].as_str() {
        to.insert("wrapper".into(), json!(wrapper));
    }
    Value::Object(to)
}

fn shape(from: &Value, wanted: &mut BTreeSet<String>) -> Value {
    let mut refer = |shape: &Value| {
        let name = shape["shape"].as_str().unwrap_or_default().to_owned();
        wanted.insert(name.clone());
        json!(name)
    };
    let flat = from["flattened"] == true;
    match from["type"].as_str().unwrap_or_default() {
        "structure" => {
            let required = from["required"].as_array();
            let empty = Map::new();
            let members = from["members"].as_object().unwrap_or(&empty);
            let members: Vec<Value> = members
                .iter()
                .map(|(name, member)| {
                    let must = required.is_some_and(|all| all.contains(&json!(name)));
                    self::member(name, member, must, &refer(member))
                })
                .collect();
            let mut to = json!({"type": "structure", "members": members});
            if from["payload"].is_string() {
                to["payload"] = from["payload"].clone();
            }
            to
        }
        "list" => {
            let mut to = json!({"type": "list", "of": refer(&from["member"])});
            if from["member"]["locationName"].is_string() {
                to["element"] = from["member"]["locationName"].clone();
            }
            if flat {
                to["flat"] = json!(true);
            }
            to
        }
        "map" => {
            let (key, value) = (refer(&from["key"]), refer(&from["value"]));
            let mut to = json!({"type": "map", "key": key, "value": value});
            if flat {
                to["flat"] = json!(true);
            }
            to
        }
        "integer" | "long" => json!({"type": "integer"}),
        "float" | "double" => json!({"type": "number"}),
        "boolean" => json!({"type": "bool"}),
        "timestamp" => json!({"type": "time"}),
        "blob" => json!({"type": "blob"}),
        _ => json!({"type": "text"}),
    }
}

fn member(name: &str, from: &Value, required: bool, shape: &Value) -> Value {
    let mut to = json!({"name": name, "shape": shape});
    let wire = from["queryName"].as_str().or_else(|| from["locationName"].as_str());
    if let Some(wire) = wire.filter(|wire| *wire != name) {
        to["wire"] = json!(wire);
    }
    let at = match from["location"].as_str() {
        Some("querystring") => Some("query"),
        Some("statusCode") => Some("status"),
        other => other,
    };
    if let Some(at) = at {
        to["at"] = json!(at);
        if required {
            to["required"] = json!(true);
        }
    }
    for (flag, from_flag) in [("flat", "flattened"), ("attribute", "xmlAttribute")] {
        if from[from_flag] == true {
            to[flag] = json!(true);
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_what_its_operations_need_and_no_prose() {
        let model = json!({
            "metadata": {"protocol": "query", "apiVersion": "2015-12-01", "endpointPrefix": "elb"},
            "operations": {
                "Look": {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"},
                    "documentation": "prose"},
                "Other": {"http": {}, "input": {"shape": "Unused"}},
            },
            "shapes": {
                "In": {"type": "structure", "required": ["Name"], "members": {
                    "Name": {"shape": "Text", "location": "uri", "documentation": "prose"},
                    "Many": {"shape": "Texts"},
                }},
                "Texts": {"type": "list", "member": {"shape": "Text", "locationName": "item"}},
                "Text": {"type": "string", "documentation": "prose"},
                "Unused": {"type": "string"},
            },
        });
        let text = table(&model, ["Look"].into_iter()).unwrap();
        assert!(!text.contains("prose") && !text.contains("Unused"), "{text}");
        let table: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(table["signing"], "elb");
        assert_eq!(
            table["shapes"]["Texts"],
            json!({"type": "list", "of": "Text", "element": "item"})
        );
        let name = &table["shapes"]["In"]["members"][1];
        assert_eq!(*name, json!({"name": "Name", "shape": "Text", "at": "uri", "required": true}));
        assert!(self::table(&model, ["None"].into_iter()).is_err());
    }
}
