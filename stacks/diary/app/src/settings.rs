//! What the environment says: where to listen and where the entries are kept.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) place: Place,
    /// Where metrics go; `None`: nowhere.
    pub(crate) agent: Option<SocketAddr>,
}

/// Where the entries are kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Folder(PathBuf),
    Database(DatabaseAddress),
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) password: String,
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:***@{}:{}/{}", self.user, self.host, self.port, self.name)
    }
}

impl Settings {
    /// Reads the variables through `variable`; fails with the one that makes no sense.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let or = |name: &str, default: &str| {
            variable(name).filter(|value| !value.is_empty()).unwrap_or_else(|| default.into())
        };
        let address = or("BIND_ADDRESS", "0.0.0.0");
        let address: IpAddr = address
            .parse()
            .map_err(|_| format!("BIND_ADDRESS is '{address}', which is no IP address"))?;
        let port = |name: &str, default: &str| {
            let port = or(name, default);
            port.parse::<u16>().map_err(|_| format!("{name} is '{port}', which is no port number"))
        };
        let host = or("DATABASE_HOST", "");
        let place = if host.is_empty() {
            Place::Folder(PathBuf::from(or("DATA_DIR", "data")))
        } else {
            Place::Database(DatabaseAddress {
                host,
                port: port("DATABASE_PORT", "5432")?,
                name: or("DATABASE_NAME", "diary"),
                user: or("DATABASE_USER", "diary"),
                password: or("DATABASE_PASSWORD", ""),
            })
        };
        let agent = match or("DD_AGENT_HOST", "").as_str() {
            "" => None,
            "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
            host => Some(
                host.parse()
                    .map_err(|_| format!("DD_AGENT_HOST is '{host}', which is no IP address"))?,
            ),
        };
        let agent_port = port("DD_DOGSTATSD_PORT", "8125")?;
        Ok(Self {
            listen: SocketAddr::new(address, port("PORT", "8080")?),
            place,
            agent: agent.map(|address| SocketAddr::new(address, agent_port)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn listens_everywhere_on_8080_unless_told_otherwise() {
        let listen = "0.0.0.0:8080".parse().unwrap();
        assert_eq!(
            read(&[("PORT", "")]),
            Ok(Settings { listen, place: Place::Folder("data".into()), agent: None })
        );
        let told = [("BIND_ADDRESS", "127.1.2.3"), ("PORT", "81"), ("DATA_DIR", "/d")];
        let listen = "127.1.2.3:81".parse().unwrap();
        let place = Place::Folder("/d".into());
        assert_eq!(read(&told), Ok(Settings { listen, place, agent: None }));
    }

    #[test]
    fn a_database_goes_before_a_folder_and_its_password_is_not_shown() {
        let told = [("DATABASE_HOST", "db"), ("DATABASE_PASSWORD", "secret"), ("DATA_DIR", "/d")];
        let place = read(&told).unwrap().place;
        assert_eq!(format!("{place:?}"), "Database(diary:***@db:5432/diary)");
        assert!(read(&[("DATABASE_HOST", "db"), ("DATABASE_PORT", "x")]).is_err());
    }

    #[test]
    fn metrics_go_to_the_agent_that_is_named() {
        let agent = |told: &[(&str, &str)]| read(told).unwrap().agent.map(|at| at.to_string());
        assert_eq!(agent(&[("DD_AGENT_HOST", "")]), None);
        assert_eq!(agent(&[("DD_AGENT_HOST", "localhost")]).as_deref(), Some("127.0.0.1:8125"));
        let told = [("DD_AGENT_HOST", "127.7.0.1"), ("DD_DOGSTATSD_PORT", "9")];
        assert_eq!(agent(&told).as_deref(), Some("127.7.0.1:9"));
        assert!(read(&[("DD_AGENT_HOST", "no such host")]).is_err());
    }

    #[test]
    fn names_the_variable_that_makes_no_sense() {
        assert!(read(&[("BIND_ADDRESS", "here")]).unwrap_err().contains("BIND_ADDRESS is 'here'"));
        assert!(read(&[("PORT", "65536")]).unwrap_err().contains("PORT is '65536'"));
    }
}
