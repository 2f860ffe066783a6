//! Copies of a database's data: of a server that runs, of one that has stopped, and back again.

use std::ffi::OsString;
use std::path::Path;

use super::account::Account;
use super::cluster::Cluster;
use super::{blocking, run_program, session};

/// What belongs to a running server and not to its data.
const LIVE_ONLY: [&str; 6] = [
    "postmaster.pid",
    "postmaster.opts",
    "backup_label",
    "mysql.pid",
    "mysql.sock",
    // The number that a MySQL server has to itself.
    "auto.cnf",
];

/// Copies the data of a running server: between the server's own start and end of a backup, so
/// that the copy, once started, recovers to one moment.
pub(super) async fn of_running(
    account: &Account,
    cluster: &Cluster,
    name: &str,
) -> Result<(), String> {
    let client = session::open(cluster).await?;
    let version = client
        .query_one("SELECT current_setting('server_version_num')::int", &[])
        .await
        .map_err(|wrong| wrong.to_string())?
        .get::<_, i32>(0);
    const RENAMED_IN: i32 = 150_000;
    let (start, end) = if version >= RENAMED_IN {
        ("SELECT pg_backup_start('standin', true)", "SELECT labelfile FROM pg_backup_stop(false)")
    } else {
        (
            "SELECT pg_start_backup('standin', true, false)",
            "SELECT labelfile FROM pg_stop_backup(false, false)",
        )
    };
    session::run(&client, start).await?;
    copied(account, &cluster.data, name).await?;
    let label = client.query_one(end, &[]).await.map_err(|wrong| wrong.to_string())?;
    // The log written meanwhile is what brings the copy to one moment.
    let (account, data, name) = (account.clone(), cluster.data.clone(), name.to_owned());
    let label: String = label.get(0);
    blocking(move || {
        let folder = account.snapshot(&name);
        account.remove(&folder.join("pg_wal"))?;
        copy(&account, &data.join("pg_wal"), &folder.join("pg_wal"))?;
        account.write(&folder.join("backup_label"), &label)
    })
    .await
}

async fn copied(account: &Account, data: &Path, name: &str) -> Result<(), String> {
    let (account, data, name) = (account.clone(), data.to_owned(), name.to_owned());
    blocking(move || of_stopped(&account, &data, &name)).await
}

/// Copies the data as it is.
pub(super) fn of_stopped(account: &Account, data: &Path, name: &str) -> Result<(), String> {
    let folder = account.snapshot(name);
    account.remove(&folder)?;
    copy(account, data, &folder)?;
    for file in LIVE_ONLY {
        // Most of them are not there.
        let _ = std::fs::remove_file(folder.join(file));
    }
    Ok(())
}

/// Puts a snapshot's data where a new instance's is to be.
pub(super) fn restore(account: &Account, name: &str, data: &Path) -> Result<(), String> {
    let folder = account.snapshot(name);
    if !folder.is_dir() {
        return Err(format!("the snapshot {name} has no data on this machine"));
    }
    copy(account, &folder, data)
}

pub(super) fn delete(account: &Account, name: &str) -> Result<(), String> {
    account.remove(&account.snapshot(name))
}

/// `cp` with owners, links and, where the file system can, without copying a byte. Files that the
/// server removes meanwhile are no failure: the log that is copied last makes up for them.
fn copy(account: &Account, from: &Path, to: &Path) -> Result<(), String> {
    account.make_folder(to)?;
    let mut source = OsString::from(from);
    source.push("/.");
    let arguments = ["-a".into(), "--reflink=auto".into(), source, to.into()];
    match run_program(account.short_command(Path::new("/bin/cp"), &arguments), None) {
        Err(wrong) if !wrong.contains("No such file") => Err(wrong),
        _ => Ok(()),
    }
}
