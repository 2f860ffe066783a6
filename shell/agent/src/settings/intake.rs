//! Decides where what is kept is sent, if anywhere: nothing leaves the machine unless an address is
//! named for that.
//!
//! An address of the machine itself (127.0.0.1, localhost) is used as the Agent would use it. Any
//! other one is only used when `STANDIN_INTAKE_URL` names it: a template that is meant for AWS must
//! not send what a rehearsal makes up to the place where the real numbers are.

use std::collections::BTreeMap;
use std::fmt;

use super::{Wrong, wrong};

/// `http://HOST:PORT/PATH`, as far as an intake's address has them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Url {
    pub host: String,
    pub port: u16,
    /// Without a slash at its end; empty as a rule.
    pub path: String,
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.path)
    }
}

impl Url {
    /// Reads an address; fails in a few words.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let rest = match text.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => {
                return Err("must be http://: the stand-in speaks no TLS to an intake");
            }
            _ => return Err("must be http://HOST:PORT"),
        };
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                (host, port.parse().map_err(|_| "must be http://HOST:PORT")?)
            }
            _ => (place, 80),
        };
        if host.is_empty() || host.contains(['@', ' ']) {
            return Err("must be http://HOST:PORT");
        }
        let path = path.trim_end_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { host: host.to_owned(), port, path })
    }

    /// Whether it cannot be anywhere but on this machine.
    pub fn is_local(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// One place and the key it is told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Destination {
    pub url: Url,
    /// Never shown.
    pub key: String,
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with a key", self.url)
    }
}

/// Where things go; an empty list: nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    /// Series, sketches, events and service checks.
    pub metrics: Vec<Destination>,
    /// Traces and their statistics.
    pub traces: Vec<Destination>,
    /// Where metrics would go on AWS, for the log.
    pub would_be: String,
}

impl Intake {
    pub(super) fn read(
        value: &dyn Fn(&str) -> Option<String>,
        notes: &mut Vec<String>,
    ) -> Result<Self, Wrong> {
        let key = value("DD_API_KEY").unwrap_or_default().trim().to_owned();
        let site = value("DD_SITE").unwrap_or_else(|| "datadoghq.com".into());
        let everything = value("STANDIN_INTAKE_URL");
        let of = |names: [&'static str; 2]| {
            let found = names.into_iter().find_map(|name| Some((name, value(name)?)));
            found.or_else(|| Some(("STANDIN_INTAKE_URL", everything.clone()?)))
        };
        let mut intake = Self::default();
        // DD_DD_URL does not change where traces go (DD-IN-09).
        let metrics = of(["DD_DD_URL", "DD_URL"]);
        let traces = of(["DD_APM_DD_URL", "DD_APM_DD_URL"]);
        intake.would_be = match &metrics {
            Some((_, url)) => url.clone(),
            None => format!("https://app.{site}"),
        };
        for (place, all) in [(metrics, &mut intake.metrics), (traces, &mut intake.traces)] {
            let Some((name, text)) = place else { continue };
            if let Some(url) = allowed(name, &text, everything.as_deref(), notes)? {
                all.push(Destination { url, key: key.clone() });
            }
        }
        intake.add_additional(value, everything.as_deref(), notes)?;
        Ok(intake)
    }

    /// `DD_ADDITIONAL_ENDPOINTS`: every payload to every address and key (DD-RT-08).
    fn add_additional(
        &mut self,
        value: &dyn Fn(&str) -> Option<String>,
        everything: Option<&str>,
        notes: &mut Vec<String>,
    ) -> Result<(), Wrong> {
        const NAME: &str = "DD_ADDITIONAL_ENDPOINTS";
        let Some(text) = value(NAME) else { return Ok(()) };
        let read: BTreeMap<String, Vec<String>> = serde_json::from_str(&text)
            .map_err(|_| wrong(NAME, r#"must be {"http://HOST:PORT": ["KEY"]}"#))?;
        for (text, keys) in read {
            if let Some(url) = allowed(NAME, &text, everything, notes)? {
                let all = keys.into_iter().map(|key| Destination { url: url.clone(), key });
                self.metrics.extend(all);
            }
        }
        Ok(())
    }
}

/// The address, if something may be sent there; else a line says why not.
fn allowed(
    name: &str,
    text: &str,
    everything: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<Option<Url>, Wrong> {
    let named_here = everything == Some(text);
    match Url::read(text) {
        Ok(url) if url.is_local() || named_here => Ok(Some(url)),
        Err(why) if named_here => Err(wrong("STANDIN_INTAKE_URL", why)),
        Ok(_) | Err(_) => {
            notes.push(format!(
                "{name} is not an http:// address of this machine: nothing is sent there \
                 (STANDIN_INTAKE_URL names a place all the same)"
            ));
            Ok(None)
        }
    }
}
