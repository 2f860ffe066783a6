//! The runtimes there are, those that are retired, and those that run here (LAM-FN-02).

use standin_kernel::ApiError;

use crate::error::{invalid, validation};

/// The ones Lambda takes for new functions.
const KNOWN: [&str; 24] = [
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "nodejs26.x",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.15",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "ruby4.0",
    "provided.al2",
    "provided.al2023",
    "nodejs18.x",
];

const RETIRED: [&str; 24] = [
    "nodejs",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "dotnet6",
    "java8",
    "ruby2.5",
    "ruby2.7",
    "go1.x",
    "provided",
];

pub(super) fn check(runtime: &str) -> Result<(), ApiError> {
    if RETIRED.contains(&runtime) {
        return Err(invalid(format!(
            "The runtime parameter of {runtime} is no longer supported for creating or updating \
             AWS Lambda functions. We recommend you use a supported runtime while creating or \
             updating functions."
        )));
    }
    if !KNOWN.contains(&runtime) {
        let set = format!("Member must satisfy enum value set: [{}]", KNOWN.join(", "));
        let error = validation(runtime, "runtime", &set);
        let message = error.message.replacen("1 validation error detected: ", "", 1);
        return Err(invalid(message));
    }
    let runs = ["nodejs", "python", "provided"].iter().any(|kind| runtime.starts_with(kind));
    if runs {
        return Ok(());
    }
    Err(invalid(format!(
        "Standin runs functions on provided.al2023, provided.al2, Node.js and Python, not on \
         {runtime}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lam_fn_02_runtimes_are_known_or_refused() {
        let why = |runtime| check(runtime).unwrap_err().message;
        assert!(check("provided.al2023").is_ok() && check("python3.13").is_ok());
        assert!(why("provided").contains("no longer supported"));
        let unknown = why("cobol85");
        assert!(unknown.starts_with("Value 'cobol85' at 'runtime' failed to satisfy constraint"));
        assert!(why("java21").contains("Standin runs functions on"));
    }
}
