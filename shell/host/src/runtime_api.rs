//! A function's environment on this machine: its Runtime API, on an address of its own, and its
//! output, which reaches the engine before what the process says next.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use standin_engine::Input;
use standin_kernel::function::RUNTIME_API_PORT;
use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadSpec};
use tokio::net::TcpListener;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::oneshot;
use tokio::task::spawn_local;

use crate::driver::Driver;
use crate::http::viewer;
use crate::workloads::Output;

/// How much output is read at once, in bytes.
const READ_BYTES: usize = 64 << 10;
/// A line of this length is passed on before its end has come.
const LINE_BYTES_MAX: usize = 64 << 10;

/// What a process writes.
#[derive(Debug)]
pub(crate) struct Written {
    id: WorkloadId,
    pipe: Receiver,
    /// The beginning of a line whose end has not come yet.
    begun: RefCell<Vec<u8>>,
}

/// Starts an environment. What happens to it is reported as it is for containers.
pub(crate) fn launch(driver: &Rc<Driver>, mut spec: WorkloadSpec) {
    let id = spec.id;
    driver.lead_to_endpoint(&mut spec);
    let opened = listen(&spec).and_then(|listener| Ok((listener, pipe()?)));
    let (listener, (reader, stdout, stderr)) = match opened {
        Ok(opened) => opened,
        Err(wrong) => {
            let address = format!("{}:{RUNTIME_API_PORT}", spec.address);
            let reason = format!("Runtime.Unknown: no Runtime API at {address}: {wrong}");
            let event = WorkloadEvent::FailedToStart { reason };
            let driver = driver.clone();
            // Not within the step that asks for it.
            spawn_local(async move { driver.step(Input::Workload { workload: id, event }) });
            return;
        }
    };
    let (is_read, read) = oneshot::channel();
    let (alive, is_over) = oneshot::channel();
    let output = Output { stdout, stderr, read, alive };
    driver.workloads.borrow_mut().launch_function(spec, output);
    let written = Rc::new(Written { id, pipe: reader, begun: RefCell::default() });
    spawn_local(accept(driver.clone(), listener, written.clone(), is_over));
    spawn_local(follow(driver.clone(), written, is_read));
}

fn listen(spec: &WorkloadSpec) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind((spec.address, RUNTIME_API_PORT))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn pipe() -> io::Result<(Receiver, io::PipeWriter, io::PipeWriter)> {
    // One pipe for both, so that lines stay in the order they were written.
    let (reader, stdout) = io::pipe()?;
    let stderr = stdout.try_clone()?;
    Ok((Receiver::from_owned_fd(reader.into())?, stdout, stderr))
}

/// Serves the process until it is over.
async fn accept(
    driver: Rc<Driver>,
    listener: TcpListener,
    written: Rc<Written>,
    mut is_over: oneshot::Receiver<()>,
) {
    loop {
        tokio::select! {
            _ = &mut is_over => return,
            accepted = listener.accept() => {
                let Ok((stream, peer)) = accepted else { continue };
                let written = written.clone();
                spawn_local(viewer::serve_process(driver.clone(), stream, peer, written));
            }
        }
    }
}

/// Passes on what a process writes while it says nothing.
async fn follow(driver: Rc<Driver>, written: Rc<Written>, is_read: oneshot::Sender<()>) {
    while written.pipe.readable().await.is_ok() {
        if !written.pass_on(&driver, false) {
            break;
        }
    }
    written.pass_on(&driver, true);
    let _ = is_read.send(());
}

impl Written {
    pub(crate) const fn id(&self) -> WorkloadId {
        self.id
    }

    /// Passes on all that has been written; `whole`: a line without end, too. `false` when the last
    /// writer has gone.
    pub(crate) fn pass_on(&self, driver: &Driver, whole: bool) -> bool {
        let mut text = self.begun.take();
        let mut piece = vec![0; READ_BYTES];
        let more = loop {
            match self.pipe.try_read(&mut piece) {
                Ok(0) => break false,
                Ok(count) => text.extend_from_slice(&piece[..count]),
                Err(wrong) if wrong.kind() == io::ErrorKind::Interrupted => {}
                Err(wrong) => break wrong.kind() == io::ErrorKind::WouldBlock,
            }
        };
        let mut end = memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1);
        if whole || !more || text.len() - end > LINE_BYTES_MAX {
            end = text.len();
        }
        *self.begun.borrow_mut() = text.split_off(end);
        if !text.is_empty() {
            let text = String::from_utf8_lossy(&text).into_owned();
            let event = WorkloadEvent::Output { text };
            driver.step(Input::Workload { workload: self.id, event });
        }
        more
    }
}
