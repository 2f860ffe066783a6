//! Hands metrics over to Prometheus instead: what `GET /metrics` says, counters since the start and
//! the last value of everything else.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::aggregate::{Context, Flush, Kind, Sketch};

/// So many series are told; further ones are left out.
const MOST_SERIES: usize = 20_000;
const QUANTILES: [(f64, &str); 4] = [(0.5, "0.5"), (0.9, "0.9"), (0.95, "0.95"), (0.99, "0.99")];

#[derive(Clone, Debug)]
enum Told {
    Counter(f64),
    Gauge(f64),
    Summary(Sketch),
}

/// What is told, by name and then by tags.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    all: BTreeMap<Context, Told>,
}

impl Exposition {
    /// Adds what became ripe.
    pub fn add(&mut self, flush: &Flush) {
        for series in &flush.series {
            let mut points = series.points.iter().map(|(_, value)| value);
            match series.kind {
                Kind::Gauge => {
                    if let Some(last) = points.next_back() {
                        self.put(&series.context, Told::Gauge(*last));
                    }
                }
                Kind::Rate => {
                    let more = points.sum::<f64>() * series.interval_s as f64;
                    self.put(&series.context, Told::Counter(more));
                }
                Kind::Count => self.put(&series.context, Told::Counter(points.sum())),
            }
        }
        for series in &flush.sketches {
            for (_, sketch) in &series.points {
                self.put(&series.context, Told::Summary(sketch.clone()));
            }
        }
    }

    fn put(&mut self, context: &Context, more: Told) {
        if self.all.len() >= MOST_SERIES && !self.all.contains_key(context) {
            return;
        }
        let told = self.all.entry(context.clone()).or_insert_with(|| match more {
            Told::Counter(_) => Told::Counter(0.0),
            Told::Gauge(_) => Told::Gauge(0.0),
            Told::Summary(_) => Told::Summary(Sketch::default()),
        });
        match (told, more) {
            (Told::Counter(sum), Told::Counter(more)) => *sum += more,
            (Told::Summary(all), Told::Summary(more)) => all.merge(&more),
            // The same name as another type: the last word counts.
            (told, more) => *told = more,
        }
    }

    /// The text format, version 0.0.4.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut last = String::new();
        for (context, told) in &self.all {
            let name = safe(&context.name, true);
            let kind = match told {
                Told::Counter(_) => "counter",
                Told::Gauge(_) => "gauge",
                Told::Summary(_) => "summary",
            };
            if name != last {
                let _ = writeln!(text, "# TYPE {name} {kind}");
                last.clone_from(&name);
            }
            let labels = labels(context);
            match told {
                Told::Counter(value) | Told::Gauge(value) => {
                    let _ = writeln!(text, "{name}{} {value}", braced(&labels, None));
                }
                Told::Summary(sketch) => {
                    for (share, word) in QUANTILES {
                        let labels = braced(&labels, Some(word));
                        let _ = writeln!(text, "{name}{labels} {}", sketch.quantile(share));
                    }
                    let labels = braced(&labels, None);
                    let _ = writeln!(text, "{name}_sum{labels} {}", sketch.sum);
                    let _ = writeln!(text, "{name}_count{labels} {}", sketch.count);
                }
            }
        }
        text
    }
}

/// Tags as labels; those of one name side by side.
fn labels(context: &Context) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    if !context.host.is_empty() {
        labels.insert("host".into(), context.host.clone());
    }
    for tag in &context.tags {
        let (name, value) = tag.split_once(':').unwrap_or((tag, "true"));
        let label = labels.entry(safe(name, false)).or_default();
        if !label.is_empty() {
            label.push(',');
        }
        label.push_str(value);
    }
    labels
}

fn braced(labels: &BTreeMap<String, String>, quantile: Option<&str>) -> String {
    let escaped =
        |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let own = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    let quantile = quantile.map(|share| format!("quantile=\"{share}\""));
    let all: Vec<String> = own.chain(quantile).collect();
    if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
}

/// A name as Prometheus takes it.
fn safe(name: &str, colons: bool) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colons && c == ':');
    let mut safe: String = name.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if safe.starts_with(|c: char| c.is_ascii_digit()) || safe.is_empty() {
        safe.insert(0, '_');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Series, SketchSeries};

    fn context(name: &str, tags: &[&str]) -> Context {
        let tags = tags.iter().map(ToString::to_string).collect();
        Context { name: name.into(), host: String::new(), tags }
    }

    fn series(name: &str, kind: Kind, interval_s: u64, value: f64) -> Series {
        let context = context(name, &["env:prod", "path:/a\"b", "odd tag"]);
        Series { context, kind, interval_s, points: vec![(10, value)] }
    }

    #[test]
    fn counters_add_up_and_gauges_tell_the_last_value() {
        let mut exposition = Exposition::default();
        for value in [0.5, 1.0] {
            exposition.add(&Flush {
                series: vec![
                    series("diary.requests", Kind::Rate, 10, value),
                    series("diary.entries", Kind::Gauge, 0, value),
                ],
                sketches: Vec::new(),
            });
        }
        let labels = r#"{env="prod",odd_tag="true",path="/a\"b"}"#;
        let expected = format!(
            "# TYPE diary_entries gauge\ndiary_entries{labels} 1\n\
             # TYPE diary_requests counter\ndiary_requests{labels} 15\n"
        );
        assert_eq!(exposition.text(), expected);
    }

    #[test]
    fn a_distribution_is_a_summary() {
        let mut sketch = Sketch::default();
        (1..=100).for_each(|value| sketch.add(f64::from(value), 1.0));
        let mut exposition = Exposition::default();
        let point = SketchSeries { context: context("d", &[]), points: vec![(0, sketch)] };
        exposition.add(&Flush { series: Vec::new(), sketches: vec![point] });
        let text = exposition.text();
        assert!(text.starts_with("# TYPE d summary\nd{quantile=\"0.5\"} "), "{text}");
        assert!(text.ends_with("d_sum 5050\nd_count 100\n"), "{text}");
    }
}
