//! Formulae of parameter values: `LEAST({DBInstanceClassMemory/9531392},5000)` (RDS-PG-12,
//! RDS-PG-13), parsed once and worked out for an instance.

use super::class::Class;

/// What the variables of a formula stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings {
    allocated_storage_bytes: i64,
    memory_bytes: i64,
    vcpus: i64,
    port: i64,
}

impl Surroundings {
    pub(crate) fn of(class: &Class, allocated_storage_gib: u32, port: u16) -> Self {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            allocated_storage_bytes: i64::from(allocated_storage_gib) << 30,
            memory_bytes: signed(class.memory_for_engine()),
            vcpus: signed(class.vcpus),
            port: i64::from(port),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Formula {
    Number(i64),
    Variable(Variable),
    Multiply(Box<Self>, Box<Self>),
    Divide(Box<Self>, Box<Self>),
    Function(Function, Vec<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    AllocatedStorage,
    Memory,
    Vcpu,
    Port,
    TrueIfReplica,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Greatest,
    Least,
    Sum,
    /// The second if the first is not 0, else the third.
    If,
    /// To the base of 2.
    Log,
}

impl Formula {
    /// Whole numbers throughout; what is left over at a division is dropped.
    pub(crate) fn value(&self, of: &Surroundings) -> i64 {
        match self {
            Self::Number(number) => *number,
            Self::Variable(Variable::AllocatedStorage) => of.allocated_storage_bytes,
            Self::Variable(Variable::Memory) => of.memory_bytes,
            Self::Variable(Variable::Vcpu) => of.vcpus,
            Self::Variable(Variable::Port) => of.port,
            // There are no replicas here.
            Self::Variable(Variable::TrueIfReplica) => 0,
            Self::Multiply(one, other) => one.value(of).saturating_mul(other.value(of)),
            Self::Divide(one, other) => one.value(of).checked_div(other.value(of)).unwrap_or(0),
            Self::Function(function, list) => {
                let mut values = list.iter().map(|one| one.value(of));
                match function {
                    Function::Greatest => values.max().unwrap_or(0),
                    Function::Least => values.min().unwrap_or(0),
                    Function::Sum => values.fold(0, i64::saturating_add),
                    Function::If => {
                        let all: Vec<i64> = values.collect();
                        if all[0] != 0 { all[1] } else { all[2] }
                    }
                    Function::Log => {
                        values.next().and_then(i64::checked_ilog2).map_or(0, i64::from)
                    }
                }
            }
        }
    }
}

/// Reads a value that is a formula. Fails saying what is wrong.
pub(crate) fn parse(text: &str) -> Result<Formula, String> {
    let mut reader = Reader { rest: text };
    let formula = reader.product(0)?;
    reader.skip();
    if reader.rest.is_empty() {
        Ok(formula)
    } else {
        Err(format!("{:?} is left over", reader.rest))
    }
}

struct Reader<'t> {
    rest: &'t str,
}

/// Formulae are not nested deeper than this.
const DEPTH_MAX: u32 = 16;

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, sign: char) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn needs(&mut self, sign: char) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(format!("{sign:?} is missing")) }
    }

    fn product(&mut self, depth: u32) -> Result<Formula, String> {
        let mut left = self.factor(depth)?;
        loop {
            if self.takes('*') {
                left = Formula::Multiply(Box::new(left), Box::new(self.factor(depth)?));
            } else if self.takes('/') {
                left = Formula::Divide(Box::new(left), Box::new(self.factor(depth)?));
            } else {
                return Ok(left);
            }
        }
    }

    fn factor(&mut self, depth: u32) -> Result<Formula, String> {
        if depth > DEPTH_MAX {
            return Err("it is nested too deeply".into());
        }
        for (open, close) in [('{', '}'), ('(', ')')] {
            if self.takes(open) {
                let inner = self.product(depth + 1)?;
                self.needs(close)?;
                return Ok(inner);
            }
        }
        self.skip();
        let word_end = self.rest.find(|c: char| !c.is_ascii_alphanumeric());
        let (word, rest) = self.rest.split_at(word_end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if let Ok(number) = word.parse() {
            return Ok(Formula::Number(number));
        }
        if let Some(variable) = variable(word) {
            return Ok(Formula::Variable(variable));
        }
        let (function, count) =
            function(word).ok_or_else(|| format!("{word:?} is neither variable nor function"))?;
        self.needs('(')?;
        let mut list = vec![self.product(depth + 1)?];
        while self.takes(',') {
            list.push(self.product(depth + 1)?);
        }
        self.needs(')')?;
        if count.is_some_and(|count| count != list.len()) {
            return Err(format!("{word} does not take {} values", list.len()));
        }
        Ok(Formula::Function(function, list))
    }
}

fn variable(word: &str) -> Option<Variable> {
    Some(match word {
        "AllocatedStorage" => Variable::AllocatedStorage,
        "DBInstanceClassMemory" => Variable::Memory,
        "DBInstanceVCPU" => Variable::Vcpu,
        "EndPointPort" => Variable::Port,
        "TrueIfReplica" => Variable::TrueIfReplica,
        _ => return None,
    })
}

/// The function, and how many values it takes if that is fixed.
fn function(word: &str) -> Option<(Function, Option<usize>)> {
    Some(match word.to_ascii_uppercase().as_str() {
        "GREATEST" => (Function::Greatest, None),
        "LEAST" => (Function::Least, None),
        "SUM" => (Function::Sum, None),
        "IF" => (Function::If, Some(3)),
        "LOG" => (Function::Log, Some(1)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, class: &str) -> i64 {
        let class = Class::parse(class).unwrap();
        parse(text).unwrap().value(&Surroundings::of(&class, 20, 5432))
    }

    #[test]
    fn rds_pg_12_variables_and_whole_numbers() {
        let number = value("{DBInstanceClassMemory/9531392}", "db.t3.micro");
        assert!((95..=112).contains(&number), "{number}");
        assert_eq!(value("{DBInstanceVCPU*3/4}", "db.m6i.large"), 1);
        assert_eq!(value("{EndPointPort}", "db.m6i.large"), 5432);
        assert_eq!(value("{AllocatedStorage/1073741824}", "db.m6i.large"), 20);
    }

    #[test]
    fn rds_pg_13_functions() {
        let large = "LEAST({DBInstanceClassMemory/9531392},5000)";
        assert_eq!(value(large, "db.r6g.16xlarge"), 5000);
        assert_eq!(value("GREATEST(3,{DBInstanceVCPU},2)", "db.r6g.2xlarge"), 8);
        assert_eq!(value("SUM(1,2,{DBInstanceVCPU})", "db.t3.micro"), 5);
        assert_eq!(value("IF({TrueIfReplica},1,2)", "db.t3.micro"), 2);
        assert_eq!(value("log({DBInstanceVCPU})", "db.r6g.2xlarge"), 3);
    }

    #[test]
    fn rds_pg_14_the_engine_does_not_get_all_of_the_memory() {
        let number = value("{DBInstanceClassMemory/12582880}", "db.m6i.large");
        assert!((600..683).contains(&number), "{number}");
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        assert!(parse("LEAST({Memory},1)").unwrap_err().contains("Memory"));
        assert!(parse("LEAST(1,2").unwrap_err().contains("')'"));
        assert!(parse("1 2").unwrap_err().contains("left over"));
        assert!(parse("IF(1,2)").unwrap_err().contains("IF"));
        assert!(parse(&"(".repeat(100)).unwrap_err().contains("deeply"));
        assert_eq!(value("{1/0}", "db.t3.micro"), 0);
    }
}
