//! Unpacks a function's code where processes find it: once for each content.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

/// Largest code, unpacked, in bytes (LAM-FN-01).
const UNPACKED_BYTES_MAX: u64 = 262_144_000;

/// The folder of the code in `zip`, which `id` names. Blocks.
pub(super) fn unpacked(folder: &Path, id: &str, zip: &Path) -> io::Result<PathBuf> {
    let whole = folder.join(id);
    if whole.is_dir() {
        return Ok(whole);
    }
    let part = folder.join(format!("{id}.part"));
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    std::fs::create_dir_all(&part)?;
    extract(zip, &part)?;
    std::fs::rename(&part, &whole)?;
    Ok(whole)
}

fn extract(zip: &Path, to: &Path) -> io::Result<()> {
    let mut archive = ZipArchive::new(io::BufReader::new(std::fs::File::open(zip)?))?;
    let mut bytes = 0;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at)?;
        // Names that would lie elsewhere are left out, as unzip does.
        let Some(name) = entry.enclosed_name() else { continue };
        let path = to.join(name);
        if entry.is_dir() {
            std::fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        bytes += entry.size();
        if bytes > UNPACKED_BYTES_MAX {
            let message = format!("Unzipped size must be smaller than {UNPACKED_BYTES_MAX} bytes");
            return Err(io::Error::other(message));
        }
        let mut file = std::fs::File::create(&path)?;
        io::copy(&mut entry, &mut file)?;
        if let Some(mode) = entry.unix_mode() {
            std::fs::set_permissions(&path, Permissions::from_mode(mode & 0o777 | 0o600))?;
        }
    }
    Ok(())
}

/// The folder of one source file, which its content names. Blocks.
pub(super) fn source(folder: &Path, id: &str, file: &str, text: &str) -> io::Result<PathBuf> {
    let whole = folder.join(id);
    std::fs::create_dir_all(&whole)?;
    let path = whole.join(file);
    if !path.exists() {
        let part = whole.join(format!("{file}.part"));
        std::fs::write(&part, text)?;
        std::fs::rename(part, &path)?;
    }
    Ok(whole)
}
