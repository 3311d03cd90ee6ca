//! The journal in a file of SQLite: a database with no set-up.
//!
//! # Layout
//! * `sqlite`: where the file is, and how it is opened: [`Sqlite`].
//! * `format`: the tables as a whole, how an older file is upgraded and a newer one refused; `lock`:
//!   one host at a time.
//! * `table`: one module a table: how its rows are written, read and deleted.
//! * `writer`: groups of changes; `checkpoint`: the log moves into the file.
//! * `reader`, `edit`, `eraser`: what commands and people do, also beside a host.
//!
//! **Architecture invariants:** a commit is not synced to the disk; only when a log has become long
//! does the writer sync its last pages between two commits. The file is looked at before a byte of
//! it is changed: what is not ours, or newer, stays as it is. Once it is there, nothing but SQLite
//! opens it: see `header` in `format`. Nothing but [`Sqlite::at`] takes a path.

mod checkpoint;
mod edit;
mod eraser;
mod format;
mod lock;
mod reader;
mod sqlite;
mod table;
mod writer;

pub use sqlite::Sqlite;
