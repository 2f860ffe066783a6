//! Brings a running server into trouble on purpose, and out of it again.

use std::process::Child;

use standin_kernel::database::Trouble;
use standin_kernel::workload::WorkloadId;

use super::super::trouble::freeze;
use super::client::Client;
use super::data::Data;
use crate::workloads::Site;

/// The fewest sessions that both engines can be limited to.
const LEAST: usize = 10;

/// Sessions that are held for nothing else; they end with it.
#[derive(Debug)]
struct Held(Vec<Child>);

impl Drop for Held {
    fn drop(&mut self) {
        for session in &mut self.0 {
            // It has ended with its server when this fails.
            let _ = session.kill();
            let _ = session.wait();
        }
    }
}

/// Gives the server `pid` of the workload `id` this trouble and no other.
pub(super) async fn suffer(
    site: &Site,
    id: WorkloadId,
    client: &Client,
    data: &Data,
    pid: i32,
    trouble: Option<Trouble>,
) -> Result<(), String> {
    site.hold_sessions(id, None);
    freeze(pid, trouble == Some(Trouble::Hangs))?;
    match trouble {
        Some(Trouble::Hangs) => Ok(()),
        // Each session takes a process here, so the limit comes down to meet them. Who has a
        // session keeps it.
        Some(Trouble::NoSessionLeft) => {
            client.told(format!("SET GLOBAL max_connections = {LEAST};\n")).await?;
            let held = (0..LEAST).map(|_| client.hold()).collect::<Result<Vec<Child>, String>>();
            let held = Held(held?);
            let holder = tokio::spawn(async move {
                let _held = held;
                std::future::pending::<()>().await;
            });
            site.hold_sessions(id, Some(holder.abort_handle()));
            Ok(())
        }
        None => {
            let settings = data.settings_now()?;
            let most = settings.get("max_connections").map_or("DEFAULT", String::as_str);
            client.told(format!("SET GLOBAL max_connections = {most};\n")).await
        }
    }
}
