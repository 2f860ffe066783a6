//! The moment between Standin and a container's program: the hidden subcommand `__launch` makes
//! the process die with Standin, gives it a session and a view of its own, and becomes the program.
//!
//! Its standard input is a pipe on which it says why the program could not be started; the program
//! itself reads from `/dev/null`. The pipe closes without a word when the program runs.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::{
    Pid, Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit,
    setsid,
};

use super::view;

/// The first argument of the hidden subcommand.
pub const SUBCOMMAND: &str = "__launch";
/// What a shell says of a program that could not be started.
const NOT_STARTED: i32 = 127;
/// Open files of a container on Fargate, soft and hard (ECS-TD-10).
const OPEN_FILES: u64 = 65_535;

/// Carries out `__launch PID VIEW PROGRAM ARGUMENT...`; `args` are what follows `__launch`. PID is
/// Standin's, VIEW the folder of files that the program sees in the place of the machine's, or
/// [`view::NONE`]. Does not return: the process becomes the program, or ends with 127.
pub fn launch_shim(args: impl IntoIterator<Item = impl Into<OsString>>) -> ! {
    let wrong = launch(args.into_iter().map(Into::into));
    eprintln!("standin {SUBCOMMAND}: {wrong}");
    std::process::exit(NOT_STARTED)
}

/// Comes back only with the reason why the program does not run.
fn launch(args: impl Iterator<Item = OsString>) -> String {
    let Some((parent, view, program, arguments)) = parse(args) else {
        return "for Standin's own use: PID VIEW PROGRAM ARGUMENT...".into();
    };
    // Closed by the kernel when the program takes over.
    let Ok(verdict) = rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), 3) else {
        return "no pipe on standard input".into();
    };
    let wrong = match detach(parent).and_then(|()| view::enter(&view)) {
        Ok(()) => Command::new(&program).args(arguments).stdin(Stdio::null()).exec().to_string(),
        Err(wrong) => wrong,
    };
    // Who reads this has ended when it cannot be written.
    let _ = File::from(verdict).write_all(wrong.as_bytes());
    wrong
}

fn parse(
    mut args: impl Iterator<Item = OsString>,
) -> Option<(Pid, OsString, OsString, impl Iterator<Item = OsString>)> {
    let parent = Pid::from_raw(args.next()?.to_str()?.parse().ok()?)?;
    Some((parent, args.next()?, args.next()?, args))
}

fn detach(parent: Pid) -> Result<(), String> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|wrong| format!("no signal at Standin's death: {wrong}"))?;
    // Standin may have died before the line above; then nothing would ever end this process.
    if getppid() != Some(parent) {
        return Err("Standin has ended".into());
    }
    setsid().map_err(|wrong| format!("no session of its own: {wrong}"))?;
    let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let limit = Some(OPEN_FILES.min(most));
    let files = Rlimit { current: limit, maximum: limit };
    setrlimit(Resource::Nofile, files).map_err(|wrong| format!("no limit of open files: {wrong}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<(i32, Vec<OsString>)> {
        let (parent, view, program, arguments) = parse(line.split(' ').map(OsString::from))?;
        let words = [view, program].into_iter().chain(arguments).collect();
        Some((parent.as_raw_nonzero().get(), words))
    }

    #[test]
    fn reads_its_own_arguments_and_leaves_the_programs_alone() {
        let words = ["/view", "sh", "-c", "--", "7"].map(OsString::from).to_vec();
        assert_eq!(parsed("12 /view sh -c -- 7"), Some((12, words)));
        for wrong in ["", "12", "12 sh", "x - sh", "0 - sh", "-- 12 - sh"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
