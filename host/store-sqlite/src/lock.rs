//! One host at a time: a lock of the system on a file beside the database, which ends with the
//! process.

use crate::format::CannotOpen;
use std::{
    fs::{File, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Held until the file is dropped.
pub(crate) fn lock(path: &Path) -> Result<File, CannotOpen> {
    let mut beside = path.as_os_str().to_owned();
    beside.push("-host");
    let beside = PathBuf::from(beside);
    if !path.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir()) {
        return Err(CannotOpen::NoFolder { path: path.to_owned() });
    }
    let io = |error| CannotOpen::Io { path: beside.clone(), error };
    // Who can open the file can lock it, and keep the host from starting.
    let mut mine = File::options();
    mine.create(true).truncate(false).write(true).mode(0o600);
    let file = mine.open(&beside).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CannotOpen::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_lock_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = lock(&folder.path().join("strowger.db")).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
