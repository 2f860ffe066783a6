//! Which sizes a Fargate task may have (ECS-TD-02).

use standin_kernel::ApiError;

use crate::error::client;

/// Size of a task: CPU units, MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
}

const GIB: u32 = 1024;

/// CPU units, least and most memory, step between two sizes, in MiB.
const SIZES: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2 * GIB, 512),
    (512, GIB, 4 * GIB, GIB),
    (1024, 2 * GIB, 8 * GIB, GIB),
    (2048, 4 * GIB, 16 * GIB, GIB),
    (4096, 8 * GIB, 30 * GIB, GIB),
    (8192, 16 * GIB, 60 * GIB, 4 * GIB),
    (16384, 32 * GIB, 120 * GIB, 8 * GIB),
];

impl Size {
    /// A size that exists on Fargate.
    pub(crate) fn fargate(cpu: Option<&str>, memory: Option<&str>) -> Result<Self, ApiError> {
        let required = |name: &str| {
            client(format!("Fargate requires that '{name}' be defined at the task level."))
        };
        let cpu = cpu.ok_or_else(|| required("cpu"))?;
        let memory = memory.ok_or_else(|| required("memory"))?;
        let size = Self { cpu: units(cpu, "cpu")?, memory: units(memory, "memory")? };
        // 1.5 GB is no size of a quarter processor, though its step would allow it.
        let fits = |&(cpu, least, most, step): &(u32, u32, u32, u32)| {
            cpu == size.cpu
                && (least..=most).contains(&size.memory)
                && (size.memory - least).is_multiple_of(step)
                && !(cpu == 256 && size.memory == 1536)
        };
        if SIZES.iter().any(fits) {
            return Ok(size);
        }
        Err(client(format!(
            "No Fargate configuration exists for given values: {} CPU, {} memory. See the Amazon \
             ECS documentation for the valid values.",
            size.cpu, size.memory
        )))
    }
}

/// CPU units of `256` or `.25 vCPU`, MiB of `512` or `0.5 GB`. `of` is `cpu` or `memory`.
pub(super) fn units(text: &str, of: &str) -> Result<u32, ApiError> {
    let lower = text.trim().to_ascii_lowercase();
    let unit = if of == "cpu" { "vcpu" } else { "gb" };
    let thousandths = match lower.strip_suffix(unit) {
        None => return lower.parse().map_err(|_| invalid(text, of)),
        Some(number) => decimal(number.trim()),
    };
    let units = thousandths.and_then(|number| number.checked_mul(GIB.into())).map(|n| n / 1000);
    units.and_then(|units| u32::try_from(units).ok()).ok_or_else(|| invalid(text, of))
}

fn invalid(text: &str, of: &str) -> ApiError {
    client(format!("Invalid '{of}' setting for task: {text}"))
}

/// Thousandths of a decimal number: 250 for `.25`.
fn decimal(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    whole.checked_mul(1000)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecs_td_02_only_pairs_that_fargate_has() {
        let is = |cpu, memory| Size::fargate(Some(cpu), Some(memory)).is_ok();
        for (cpu, memory) in [("256", "512"), ("256", "2048"), ("512", "1024"), ("1024", "8192")] {
            assert!(is(cpu, memory), "{cpu} {memory}");
        }
        for (cpu, memory) in [("4096", "30720"), ("8192", "20480"), ("16384", "122880")] {
            assert!(is(cpu, memory), "{cpu} {memory}");
        }
        for (cpu, memory) in [("256", "1536"), ("256", "4096"), ("300", "512"), ("8192", "17408")] {
            assert!(!is(cpu, memory), "{cpu} {memory}");
        }
        let refused = Size::fargate(Some("256"), Some("4096")).unwrap_err();
        assert_eq!(refused.code, "ClientException");
        assert!(refused.message.starts_with("No Fargate configuration exists for given values"));
    }

    #[test]
    fn ecs_td_01_both_are_required_at_the_task_level() {
        let refused = Size::fargate(None, Some("512")).unwrap_err();
        assert_eq!(refused.message, "Fargate requires that 'cpu' be defined at the task level.");
        assert!(Size::fargate(Some("256"), None).is_err());
    }

    #[test]
    fn sizes_may_be_written_with_units() {
        let size = Size::fargate(Some(".25 vCPU"), Some("0.5GB")).unwrap();
        assert_eq!(size, Size { cpu: 256, memory: 512 });
        assert_eq!(units("1 vcpu", "cpu").unwrap(), 1024);
        assert_eq!(units("4 GB", "memory").unwrap(), 4096);
        for wrong in ["", "x", "-1", ". GB", "1.2345 GB", "99999999999999999999 GB"] {
            assert!(units(wrong, "memory").is_err(), "{wrong}");
        }
    }
}
