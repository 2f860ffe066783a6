//! Gives out numbers that never come twice, not even after a restart: they are reserved in blocks,
//! and only the end of the block is remembered.

use standin_kernel::{Cx, Value, json};

const KIND: &str = "numbers";
const BLOCK: u64 = 100;

/// One sequence, beginning at 1.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequence {
    last: u64,
    reserved: u64,
}

/// The sequences of the service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    workloads: Sequence,
    tasks: Sequence,
}

impl Sequence {
    /// The next number, and whether a new block was begun.
    fn next(&mut self) -> (u64, bool) {
        self.last += 1;
        let begun = self.last > self.reserved;
        if begun {
            self.reserved = self.last + BLOCK - 1;
        }
        (self.last, begun)
    }

    fn resume(&mut self, reserved: u64) {
        (self.last, self.reserved) = (reserved, reserved);
    }
}

impl Numbers {
    pub(crate) fn workload(&mut self, cx: &mut Cx<'_>) -> u64 {
        let (number, begun) = self.workloads.next();
        self.store_if(begun, cx);
        number
    }

    pub(crate) fn task(&mut self, cx: &mut Cx<'_>) -> u64 {
        let (number, begun) = self.tasks.next();
        self.store_if(begun, cx);
        number
    }

    fn store_if(&self, begun: bool, cx: &mut Cx<'_>) {
        if begun {
            let document =
                json!({"workloads": self.workloads.reserved, "tasks": self.tasks.reserved});
            cx.store(KIND, "ecs", Some(document));
        }
    }

    pub(crate) fn restore(&mut self, document: &Value) -> Result<(), String> {
        let read = |name: &str| document[name].as_u64().ok_or_else(|| format!("numbers: {name}"));
        self.workloads.resume(read("workloads")?);
        self.tasks.resume(read("tasks")?);
        Ok(())
    }

    pub(crate) const KIND: &'static str = KIND;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_restart_no_number_comes_again() {
        let mut before = Sequence::default();
        let mut stored = 0;
        for _ in 0..250 {
            if before.next().1 {
                stored = before.reserved;
            }
        }
        let mut after = Sequence::default();
        after.resume(stored);
        assert!(after.next().0 > before.last);
    }
}
