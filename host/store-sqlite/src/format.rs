//! The database's format: how it is made, upgraded, and refused when it is newer.
//!
//! The format is a number in the header (`user_version`). An older one is brought here by
//! `UPGRADES`, each a step of one, all in one transaction. A newer one is refused before anything
//! is written.

use crate::table::row::give_says;
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use std::{
    fs::OpenOptions,
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use strowger_journal::OpenError;

/// The format that this host writes.
pub(crate) const FORMAT: u32 = 1;

/// Marks the file as ours: `strg`.
const APPLICATION: u32 = 0x7374_7267;

/// The format as it is made.
const CREATE: &str = include_str!("format_1.sql");

/// From each format to the next; the first is from format 0.
const UPGRADES: [&str; FORMAT as usize] = [include_str!("upgrade_0.sql")];

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotOpen {
    /// The folder is not there.
    #[error("{}: there is no folder {}; make it, or set `state` to another", path.display(), path.parent().unwrap_or(Path::new("/")).display())]
    NoFolder {
        /// The database.
        path: PathBuf,
    },
    /// There is nothing to read.
    #[error("{}: there is no journal; it is made when `strowger serve` starts for the first time", path.display())]
    Missing {
        /// The database.
        path: PathBuf,
    },
    /// The file cannot be made, read or written.
    #[error("{}: {error}; the host must be able to write this file and its folder", path.display())]
    Io {
        /// The database, or the file beside it.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Another host has it.
    #[error("{}: another host uses this journal; stop it first, or give this one another `state` folder", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// A newer host wrote it.
    #[error(
        "{}: written by a newer Strowger (format {found}, this one knows up to {FORMAT}); it was not touched: start the newer one, or move the file away",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Nothing of ours.
    #[error("{}: not a journal of Strowger; it was not touched: move it away, or set `state` to another folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is of an older format, and only to be read.
    #[error("{}: written by an older Strowger (format {found}); it is upgraded when `strowger serve` starts", path.display())]
    Older {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// SQLite says no.
    #[error("{}: {error}; if it is damaged, move it away with the files beside it (`-wal`, `-shm`): the host makes a new one", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// Why.
        error: rusqlite::Error,
    },
}

impl CannotOpen {
    /// SQLite says no to something with a database.
    pub(crate) fn of(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        |error| Self::Database { path: path.to_owned(), error }
    }
}

impl From<CannotOpen> for OpenError {
    fn from(error: CannotOpen) -> Self {
        match error {
            CannotOpen::InUse { .. } => Self::InUse(error.into()),
            error => Self::Unusable(error.into()),
        }
    }
}

/// What is in a file that may be a database of ours.
enum Found {
    Nothing,
    Format(u32),
}

/// Opens a database for writing; makes it or upgrades it if need be.
pub(crate) fn open_to_write(path: &Path) -> Result<Connection, CannotOpen> {
    let io = |error| CannotOpen::Io { path: path.to_owned(), error };
    let database = CannotOpen::of(path);
    if !path.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir()) {
        return Err(CannotOpen::NoFolder { path: path.to_owned() });
    }
    // Ours alone from its first byte on; SQLite gives the files beside it the same mode.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(io(error)),
        _ => {}
    }
    let found = look(path)?;
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(&database)?;
    connection.busy_timeout(Duration::from_secs(2)).map_err(&database)?;
    give_says(&connection).map_err(&database)?;
    let from = match found {
        Found::Nothing => None,
        Found::Format(format) => Some(format),
    };
    prepare(&mut connection, from).map_err(database)?;
    Ok(connection)
}

/// Opens a database beside a host that may be writing it.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, CannotOpen> {
    if !path.is_file() {
        return Err(CannotOpen::Missing { path: path.to_owned() });
    }
    match look(path)? {
        Found::Format(FORMAT) => {}
        Found::Format(found) => return Err(CannotOpen::Older { path: path.to_owned(), found }),
        Found::Nothing => return Err(CannotOpen::Missing { path: path.to_owned() }),
    }
    reading(path).map_err(CannotOpen::of(path))
}

/// Opens a database to change something beside the host that writes it.
pub(crate) fn open_to_change(path: &Path) -> Result<Connection, CannotOpen> {
    drop(open_to_read(path)?);
    open_to_write(path)
}

/// A connection that only reads.
fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(2))?;
    give_says(&connection)?;
    Ok(connection)
}

/// Looks at a file without changing a byte of it.
fn look(path: &Path) -> Result<Found, CannotOpen> {
    let judge = |format: u32, application: u32, tables: bool| match (application, format) {
        // Format 0 bore no mark.
        (APPLICATION, format) | (0, format @ 0) if format <= FORMAT && tables => {
            Ok(Found::Format(format))
        }
        (0, 0) if !tables => Ok(Found::Nothing),
        (APPLICATION, found) if found > FORMAT => {
            Err(CannotOpen::Newer { path: path.to_owned(), found })
        }
        _ => Err(CannotOpen::Foreign { path: path.to_owned() }),
    };
    // The header first: a newer one is not opened as a database, which would make files beside it.
    let io = |error| CannotOpen::Io { path: path.to_owned(), error };
    let file = path.metadata().map_err(io)?;
    if file.is_dir() {
        return Err(io(ErrorKind::IsADirectory.into()));
    }
    if file.len() == 0 {
        return Ok(Found::Nothing);
    }
    match header(path) {
        Ok((APPLICATION, format)) if format > FORMAT => return judge(format, APPLICATION, true),
        Ok(_) => {}
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == ErrorCode::NotADatabase => {
            return Err(CannotOpen::Foreign { path: path.to_owned() });
        }
        Err(error) => return Err(CannotOpen::of(path)(error)),
    }
    // What a host that died has not moved into the file is in the log beside it.
    let asked = || -> rusqlite::Result<(u32, u32, bool)> {
        let connection = reading(path)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let tables: u32 = connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'record'",
            [],
            |row| row.get(0),
        )?;
        let any: u32 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let format = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let application =
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        // Something without a mark and without our tables is somebody else's.
        Ok((format, if any > 0 && tables == 0 { u32::MAX } else { application }, tables > 0))
    };
    let (format, application, tables) = asked().map_err(CannotOpen::of(path))?;
    judge(format, application, tables)
}

/// The application and the format that the file itself names, without the log beside it.
///
/// SQLite reads it, and not `std::fs`. When a process closes a file, the system takes from it all
/// its locks on that file, also those of other connections; SQLite takes care of that. Without
/// those locks, another program that closes the journal believes to be the last one, and deletes
/// the log of the running host.
fn header(path: &Path) -> rusqlite::Result<(u32, u32)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        uri += &format!("%{byte:02x}");
    }
    // Takes no lock, and makes no file.
    let connection = Connection::open_with_flags(uri + "?immutable=1", flags)?;
    let number = |name| {
        connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0).map(|n| n as u32))
    };
    Ok((number("application_id")?, number("user_version")?))
}

/// Makes or upgrades the tables; `from`: the format that is there.
fn prepare(connection: &mut Connection, from: Option<u32>) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    if from == Some(FORMAT) {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    match from {
        None => transaction.execute_batch(CREATE)?,
        Some(from) => {
            for upgrade in &UPGRADES[from as usize..] {
                transaction.execute_batch(upgrade)?;
            }
            tracing::info!(from, to = FORMAT, "the journal's format was upgraded");
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}
