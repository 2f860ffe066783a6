//! What a DB instance class has: memory and processors, worked out from its name.

use crate::error::{Result, invalid};

/// A class as far as parameters depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) memory_bytes: u64,
    pub(crate) vcpus: u64,
}

const GIB: u64 = 1 << 30;

impl Class {
    /// Reads `db.r6g.large`: the letter says how much memory there is for a processor, the size how
    /// many processors.
    pub(crate) fn parse(name: &str) -> Result<Self> {
        let wrong = || invalid(format!("Invalid DB Instance class: {name}"));
        let mut parts = name.split('.');
        let (Some("db"), Some(family), Some(size), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let letter: String = family.chars().take_while(char::is_ascii_alphabetic).collect();
        if letter == "t" {
            return Self::burstable(size).ok_or_else(wrong);
        }
        let vcpus = vcpus(size).ok_or_else(wrong)?;
        let gib_for_each = match letter.as_str() {
            "c" => 2,
            "m" => 4,
            "r" => 8,
            "x" | "z" => 16,
            _ => return Err(wrong()),
        };
        Ok(Self { memory_bytes: vcpus * gib_for_each * GIB, vcpus })
    }

    fn burstable(size: &str) -> Option<Self> {
        let (gib, vcpus) = match size {
            "micro" => (1, 2),
            "small" => (2, 2),
            "medium" => (4, 2),
            "large" => (8, 2),
            "xlarge" => (16, 4),
            "2xlarge" => (32, 8),
            _ => return None,
        };
        Some(Self { memory_bytes: gib * GIB, vcpus })
    }

    /// What is left for the engine (RDS-PG-14): of 8 GiB the guide's example leaves some 92 %.
    pub(crate) const fn memory_for_engine(&self) -> u64 {
        self.memory_bytes / 64 * 59
    }
}

fn vcpus(size: &str) -> Option<u64> {
    match size {
        "medium" => Some(1),
        "large" => Some(2),
        "xlarge" => Some(4),
        _ => size.strip_suffix("xlarge")?.parse::<u64>().ok().map(|times| times * 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_what_their_names_say() {
        let gib = |name| {
            let class = Class::parse(name).unwrap();
            (class.memory_bytes / GIB, class.vcpus)
        };
        assert_eq!(gib("db.t3.micro"), (1, 2));
        assert_eq!(gib("db.t4g.medium"), (4, 2));
        assert_eq!(gib("db.m6i.large"), (8, 2));
        assert_eq!(gib("db.r6g.2xlarge"), (64, 8));
        for wrong in ["db.t3.huge", "t3.micro", "db.q1.large", "db.r6g", "db.serverless"] {
            assert!(Class::parse(wrong).unwrap_err().message.contains(wrong));
        }
    }
}
