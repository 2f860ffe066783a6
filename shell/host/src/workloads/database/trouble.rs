//! Brings a running server into trouble on purpose, and out of it again.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use standin_kernel::database::Trouble;
use standin_kernel::workload::WorkloadId;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::cluster::Cluster;
use super::session;
use crate::workloads::{Site, procfs};

/// How soon a session that somebody else has closed is taken.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Gives the server `pid` of the workload `id` this trouble and no other. `user` has no right to
/// the sessions that are kept back for superusers.
pub(super) async fn suffer(
    site: &Site,
    id: WorkloadId,
    cluster: &Cluster,
    user: &str,
    pid: i32,
    trouble: Option<Trouble>,
) -> Result<(), String> {
    site.hold_sessions(id, None);
    freeze(pid, trouble == Some(Trouble::Hangs))?;
    if trouble == Some(Trouble::NoSessionLeft) {
        let mut held = Vec::new();
        take_all(cluster, user, &mut held).await?;
        let (cluster, user) = (cluster.clone(), user.to_owned());
        let holder = tokio::spawn(async move {
            // It ends when the server does.
            while take_all(&cluster, &user, &mut held).await.is_ok() {
                tokio::time::sleep(BETWEEN_TRIES).await;
                held.retain(|session| !session.is_closed());
            }
        });
        site.hold_sessions(id, Some(holder.abort_handle()));
    }
    Ok(())
}

/// Opens sessions until the server has none left.
async fn take_all(cluster: &Cluster, user: &str, held: &mut Vec<Client>) -> Result<(), String> {
    loop {
        match session::connect(cluster, user).await {
            Ok(session) => held.push(session),
            Err(refused) if refused.code() == Some(&SqlState::TOO_MANY_CONNECTIONS) => {
                return Ok(());
            }
            Err(wrong) => return Err(wrong.to_string()),
        }
    }
}

/// Holds up all processes of a server, or lets them go on.
pub(super) fn freeze(pid: i32, frozen: bool) -> Result<(), String> {
    let signal = if frozen { Signal::STOP } else { Signal::CONT };
    let send = |pid: i32| Pid::from_raw(pid).map_or(Ok(()), |pid| kill_process(pid, signal));
    // The first of them starts the others: held up before it is asked for them.
    send(pid).map_err(|wrong| format!("the server cannot be held up: {wrong}"))?;
    for child in procfs::children(pid) {
        // It has ended meanwhile when this fails.
        let _ = send(child);
    }
    Ok(())
}
