//! Writes what the engine is asked and says into a file, a line each; the file is its owner's
//! alone.

use std::cell::{Cell, RefCell};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use standin_engine::record::Recorder;
use standin_engine::{Effect, Engine, Input};
use standin_kernel::{ExchangeId, Record, Response, ServiceName, Time, Value};

/// A record that is being written.
#[derive(Debug)]
pub(crate) struct RecordFile {
    recorder: RefCell<Recorder>,
    file: RefCell<BufWriter<File>>,
    /// The disk refused a line: a record with a hole proves nothing, so nothing more is written.
    failed: Cell<bool>,
}

impl RecordFile {
    /// Begins a record; a file that is there is replaced.
    pub(crate) fn create(path: &Path, engine: &Engine, seed: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        let record = Self {
            recorder: RefCell::default(),
            file: RefCell::new(BufWriter::new(file)),
            failed: Cell::new(false),
        };
        record.write(&Recorder::head(engine.env(), seed, env!("CARGO_PKG_VERSION")));
        if record.failed.get() {
            Err(io::Error::other("nothing can be written"))
        } else {
            Ok(record)
        }
    }

    /// An input as a document, to be taken before the engine consumes it.
    pub(crate) fn input(&self, input: &Input) -> Value {
        self.recorder.borrow_mut().input(input)
    }

    pub(crate) fn stepped(&self, now: Time, input: &Value, effects: &[Effect]) {
        self.write(&Recorder::stepped(now, input, effects));
    }

    pub(crate) fn restored(
        &self,
        now: Time,
        records: &[(ServiceName, Record)],
        effects: &[Effect],
    ) {
        self.write(&Recorder::restored(now, records, effects));
    }

    pub(crate) fn opened(&self, exchange: ExchangeId, address: Option<std::net::IpAddr>) {
        self.write(&Recorder::opened(exchange, address));
    }

    pub(crate) fn malformed(&self, now: Time, status: u16, response: &Response) {
        self.write(&Recorder::malformed(now, status, response));
    }

    /// Lets the disk have what was written so far.
    pub(crate) fn flush(&self) {
        let outcome = self.file.borrow_mut().flush();
        self.note(&outcome);
    }

    fn write(&self, line: &Value) {
        if !self.failed.get() {
            let outcome = writeln!(self.file.borrow_mut(), "{line}");
            self.note(&outcome);
        }
    }

    fn note(&self, outcome: &io::Result<()>) {
        if let Err(wrong) = outcome
            && !self.failed.replace(true)
        {
            eprintln!("standin: the record ends here: {wrong}");
        }
    }
}
