//! What is shown while a drill runs for real: what is done as it is done, and on a terminal one
//! line with the time and each viewer's last answer.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use standin_sim::Drill;

use super::real::Raw;

/// The progress of one drill.
pub(super) struct Progress<'a> {
    drill: &'a Drill,
    begin: Instant,
    quiet: bool,
    terminal: bool,
    /// Each viewer's last status; `-`: no answer.
    last: RefCell<Vec<Option<String>>>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(drill: &'a Drill, begin: Instant, quiet: bool) -> Self {
        let terminal = !quiet && std::io::stdout().is_terminal();
        let last = RefCell::new(vec![None; drill.viewers.len()]);
        Self { drill, begin, quiet, terminal, last }
    }

    pub(super) fn saw(&self, answer: &Raw) {
        let status = answer.head.as_ref().map_or("-".to_owned(), |head| head.status.to_string());
        self.last.borrow_mut()[answer.viewer] = Some(status);
    }

    /// Prints a line that stays.
    pub(super) fn say(&self, line: &str) {
        if !self.quiet {
            self.clear();
            println!("{line}");
        }
    }

    /// Takes the moving line away.
    pub(super) fn clear(&self) {
        if self.terminal {
            print!("\r\x1b[K");
            let _ = std::io::stdout().flush();
        }
    }

    /// Shows the moving line, for ever.
    pub(super) async fn show(&self) {
        let mut every = tokio::time::interval(Duration::from_secs(1));
        loop {
            every.tick().await;
            if self.terminal {
                self.clear();
                print!("{}", self.line());
                let _ = std::io::stdout().flush();
            }
        }
    }

    fn line(&self) -> String {
        let (now, end) = (self.begin.elapsed().as_secs(), self.drill.duration.as_secs());
        let mut line = format!("{now:>5}s of {end}s");
        for (viewer, last) in self.drill.viewers.iter().zip(self.last.borrow().iter()) {
            line.push_str(&format!("  {}: {}", viewer.name, last.as_deref().unwrap_or("...")));
        }
        // A line that wraps could not be taken away.
        line.chars().take(78).collect()
    }
}
