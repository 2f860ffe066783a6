//! Starts a process through the shim, and holds it: whoever lets go of it ends it.
//!
//! The process is not reaped before [`Running::reap`], so that its id names nobody else while
//! signals are sent, even after it has died.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use super::plan::Plan;
use super::{Site, shim};

#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    pid: Pid,
    reaped: bool,
    /// SIGCHLD: some process of ours has died.
    deaths: Signals,
}

impl Running {
    /// Starts `plan` with a view, and waits until its program has taken over from the shim; else
    /// says why it does not run. The process dies with the thread that calls this, which therefore
    /// has to be one that lives as long as Standin.
    pub(super) async fn start(
        site: &Site,
        view: &OsStr,
        plan: &Plan,
        stdout: impl Into<Stdio>,
        stderr: impl Into<Stdio>,
    ) -> Result<Self, String> {
        let (verdict, verdict_end) = io::pipe().map_err(|wrong| wrong.to_string())?;
        // Listening begins before there is anything to hear of.
        let deaths = signal(SignalKind::child()).map_err(|wrong| wrong.to_string())?;
        let child = Command::new(&site.self_exe)
            .arg(shim::SUBCOMMAND)
            .arg(std::process::id().to_string())
            .arg(view)
            .arg(&plan.program)
            .args(&plan.arguments)
            .current_dir(&plan.directory)
            .env_clear()
            .envs(&plan.environment)
            .stdin(verdict_end)
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .map_err(|wrong| format!("{}: {wrong}", site.self_exe.display()))?;
        let running = Self { pid: Pid::from_child(&child), child, reaped: false, deaths };
        match failure(verdict).await {
            Ok(text) if text.is_empty() => Ok(running),
            Ok(text) => Err(format!("{}: {text}", plan.program.display())),
            Err(wrong) => Err(wrong.to_string()),
        }
    }

    pub(super) const fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Waits until the process has died; it stays to be reaped.
    pub(super) async fn exited(&mut self) {
        while !self.is_dead() {
            // It ends only when the runtime is being taken down: the process ends with it.
            if self.deaths.recv().await.is_none() {
                return;
            }
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(waitid(WaitId::Pid(self.pid), look), Ok(None))
    }

    /// SIGTERM to the process alone.
    pub(super) fn terminate(&self) {
        self.signal(|pid| kill_process(pid, Signal::TERM));
    }

    /// SIGKILL to the process and its group.
    pub(super) fn kill(&self) {
        self.signal(|pid| {
            // The group is there from when the shim has made its session.
            kill_process_group(pid, Signal::KILL).or_else(|_| kill_process(pid, Signal::KILL))
        });
    }

    fn signal(&self, send: impl Fn(Pid) -> rustix::io::Result<()>) {
        if !self.reaped {
            // An error means it has died already.
            let _ = send(self.pid);
        }
    }

    /// Takes the exit code of a process that has died: 128 and the signal's number when a signal
    /// ended it.
    pub(super) fn reap(&mut self) -> i32 {
        let Ok(status) = self.child.wait() else {
            return -1;
        };
        self.reaped = true;
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
    }
}

/// What the shim says of a program that it could not start; empty when the program runs.
async fn failure(verdict: io::PipeReader) -> io::Result<String> {
    let mut text = Vec::new();
    let mut verdict = pipe::Receiver::from_owned_fd(verdict.into())?;
    verdict.read_to_end(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
            self.reap();
        }
    }
}
