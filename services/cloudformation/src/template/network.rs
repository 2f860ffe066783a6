//! `Fn::Cidr` and `Fn::GetAZs`: parts of networks (CFN-IN-19, CFN-IN-20).

use std::net::{Ipv4Addr, Ipv6Addr};

/// `count` blocks with `bits` host bits each, from the start of `block`.
pub(super) fn cidr(block: &str, count: u32, bits: u32) -> Result<Vec<String>, String> {
    if !(1..=256).contains(&count) {
        return Err(format!("Template error: Fn::Cidr makes 1 to 256 blocks, not {count}"));
    }
    let not_block = || format!("Template error: {block} is not a CIDR block, as Fn::Cidr needs");
    let (address, prefix) = block.split_once('/').ok_or_else(not_block)?;
    let prefix: u32 = prefix.parse().map_err(|_| not_block())?;
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        let starts = starts(u32::from(address).into(), 32, prefix, count, bits);
        let starts = starts.ok_or_else(|| does_not_fit(block, count, bits))?;
        let text =
            |start| u32::try_from(start).map(|ip| format!("{}/{}", Ipv4Addr::from(ip), 32 - bits));
        return starts.into_iter().map(text).collect::<Result<_, _>>().map_err(|_| not_block());
    }
    let address: Ipv6Addr = address.parse().map_err(|_| not_block())?;
    let starts = starts(u128::from(address), 128, prefix, count, bits);
    let starts = starts.ok_or_else(|| does_not_fit(block, count, bits))?;
    Ok(starts.into_iter().map(|ip| format!("{}/{}", Ipv6Addr::from(ip), 128 - bits)).collect())
}

fn does_not_fit(block: &str, count: u32, bits: u32) -> String {
    format!("Template error: {count} blocks of {bits} bits do not fit into {block} in Fn::Cidr")
}

/// The first addresses of the blocks, if they lie within the one of `width` minus `prefix` bits.
fn starts(address: u128, width: u32, prefix: u32, count: u32, bits: u32) -> Option<Vec<u128>> {
    let host_bits = width.checked_sub(prefix)?;
    let subnet_bits = host_bits.checked_sub(bits)?;
    if bits == 0 || subnet_bits < 32 && u64::from(count) > 1 << subnet_bits {
        return None;
    }
    let network = match host_bits {
        128 => 0,
        _ => address >> host_bits << host_bits,
    };
    (0..count).map(|index| network.checked_add(u128::from(index).checked_shl(bits)?)).collect()
}

/// The zones with a default subnet in a new account, in order.
pub(super) fn zones(region: &str) -> Vec<String> {
    let letters = match region {
        "us-east-1" => "abcdef",
        "us-west-2" => "abcd",
        "ap-northeast-1" => "acd",
        "ap-northeast-2" => "abcd",
        "us-west-1" => "ac",
        "ca-central-1" => "abd",
        _ => "abc",
    };
    letters.chars().map(|letter| format!("{region}{letter}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cfn_in_19_bits_are_host_bits() {
        let blocks = cidr("192.168.0.0/24", 6, 5).expect("they fit");
        assert_eq!(blocks.len(), 6);
        assert_eq!(blocks[0], "192.168.0.0/27");
        assert_eq!(blocks[5], "192.168.0.160/27");
        assert_eq!(cidr("10.0.0.0/16", 1, 8), Ok(vec!["10.0.0.0/24".to_owned()]));
        let six = cidr("2001:db8::/56", 2, 64).expect("they fit");
        assert_eq!(six, ["2001:db8::/64", "2001:db8:0:1::/64"]);
        assert_eq!(cidr("0.0.0.0/0", 2, 31).expect("they fit")[1], "128.0.0.0/1");
        for (block, count, bits) in [
            ("10.0.0.0/24", 9, 5),
            ("10.0.0.0/24", 0, 5),
            ("10.0.0.0/24", 257, 1),
            ("10.0.0.0/24", 1, 9),
            ("10.0.0.0/33", 1, 1),
            ("10.0.0.0", 1, 1),
            ("x/24", 1, 1),
            ("10.0.0.0/24", 1, 0),
            ("::/0", 2, 128),
        ] {
            assert!(cidr(block, count, bits).is_err(), "{block} {count} {bits}");
        }
    }
}
