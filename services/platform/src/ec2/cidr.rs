//! Blocks of IPv4 addresses: which are valid, which lie in each other, which overlap.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A block in its canonical form: no bit is set behind the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cidr {
    base: u32,
    /// 0 to 32.
    pub(crate) prefix: u8,
}

impl Cidr {
    /// `0.0.0.0/0`
    pub(crate) const EVERYTHING: Self = Self { base: 0, prefix: 0 };

    /// Reads `10.0.0.0/16`; bits behind the prefix are dropped, as EC2 does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u8 = digits.then(|| prefix.parse().ok()).flatten()?;
        (prefix <= 32).then(|| Self { base: u32::from(address) & mask(prefix), prefix })
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        other.prefix >= self.prefix && other.base & mask(self.prefix) == self.base
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// How many addresses there are.
    pub(crate) fn size(self) -> u64 {
        1 << (32 - u32::from(self.prefix))
    }

    /// The address `offset` from the first one; `None` behind the end.
    pub(crate) fn address(self, offset: u32) -> Option<Ipv4Addr> {
        (u64::from(offset) < self.size()).then(|| Ipv4Addr::from(self.base + offset))
    }
}

const fn mask(prefix: u8) -> u32 {
    if prefix == 0 { 0 } else { u32::MAX << (32 - prefix) }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.base), self.prefix)
    }
}

impl Serialize for Cidr {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'d> Deserialize<'d> for Cidr {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a block of addresses"))
    }
}

#[cfg(test)]
mod tests {
    use super::Cidr;

    fn cidr(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    #[test]
    fn a_block_is_brought_into_its_canonical_form() {
        assert_eq!(cidr("100.68.0.18/18").to_string(), "100.68.0.0/18");
        assert_eq!(cidr("1.2.3.4/0").to_string(), "0.0.0.0/0");
        for wrong in ["10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/", "::/0"] {
            assert_eq!(Cidr::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn blocks_contain_and_overlap() {
        let (vpc, subnet) = (cidr("10.20.0.0/16"), cidr("10.20.1.0/24"));
        assert!(vpc.contains(subnet) && !subnet.contains(vpc));
        assert!(subnet.overlaps(vpc) && !subnet.overlaps(cidr("10.20.2.0/24")));
        assert_eq!(
            (subnet.size(), subnet.address(4).unwrap().to_string()),
            (256, "10.20.1.4".into())
        );
        assert_eq!(subnet.address(256), None);
    }
}
