//! What the environment says: where to listen and where the entries are kept.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
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
        let port = or("PORT", "8080");
        let port: u16 =
            port.parse().map_err(|_| format!("PORT is '{port}', which is no port number"))?;
        let data_dir = PathBuf::from(or("DATA_DIR", "data"));
        Ok(Self { listen: SocketAddr::new(address, port), data_dir })
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
        assert_eq!(read(&[("PORT", "")]), Ok(Settings { listen, data_dir: "data".into() }));
        let told = [("BIND_ADDRESS", "127.1.2.3"), ("PORT", "81"), ("DATA_DIR", "/d")];
        let listen = "127.1.2.3:81".parse().unwrap();
        assert_eq!(read(&told), Ok(Settings { listen, data_dir: "/d".into() }));
    }

    #[test]
    fn names_the_variable_that_makes_no_sense() {
        assert!(read(&[("BIND_ADDRESS", "here")]).unwrap_err().contains("BIND_ADDRESS is 'here'"));
        assert!(read(&[("PORT", "65536")]).unwrap_err().contains("PORT is '65536'"));
    }
}
