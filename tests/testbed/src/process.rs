//! A program that runs beside a test: killed with it, and its output read as it comes.

use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, mpsc},
    time::{Duration, Instant},
};

/// What both the reader's and the waiter's thread tell.
#[derive(Default)]
struct Told {
    output: Vec<u8>,
    exit: Option<ExitStatus>,
}

/// What is shared with the threads of a process.
#[derive(Default)]
struct Board {
    told: Mutex<Told>,
    news: Condvar,
}

impl Board {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What a program writes, and its end. It may outlive the program's [`Process`].
#[derive(Clone)]
pub struct Output {
    name: String,
    board: Arc<Board>,
}

/// A program that runs beside a test. Dropping it kills it, by its id.
///
/// It dies with the test's process too, whatever becomes of that: it is started by `setpriv
/// --pdeathsig`, in a thread that lives as long as the program.
pub struct Process {
    pid: u32,
    output: Output,
}

impl Process {
    /// Starts a program; what it writes to standard error (and to nothing else) is kept.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(name: &str, command: Command) -> Result<Self> {
        let board = Arc::new(Board::default());
        let (tell, started) = mpsc::channel();
        let mut parented = Command::new("setpriv");
        parented
            .args(["--pdeathsig", "KILL", "--"])
            .arg(command.get_program())
            .args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => parented.env(key, value),
                None => parented.env_remove(key),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            parented.current_dir(folder);
        }
        parented.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let shared = Arc::clone(&board);
        std::thread::spawn(move || match parented.spawn() {
            Ok(child) => {
                let _ = tell.send(Ok(child.id()));
                watch(child, &shared);
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        });
        let pid = started
            .recv()
            .context("the starting thread died")?
            .with_context(|| format!("cannot start {name} (by setpriv of util-linux)"))?;
        Ok(Self { pid, output: Output { name: name.into(), board } })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.pid
    }

    /// What it writes.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Sends it a signal, such as `TERM` or `USR1`.
    pub fn signal(&self, signal: &str) {
        if self.output.board.told().exit.is_none() {
            let _ = Command::new("kill")
                .args([&format!("-{signal}"), &self.pid.to_string()])
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Output {
    /// What it has written so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.board.told().output).into_owned()
    }

    /// Waits until something can be found in what it has written.
    ///
    /// # Errors
    /// It ended before, or time is up; the error shows what it wrote.
    pub fn until<T>(
        &self,
        what: &str,
        within: Duration,
        find: impl Fn(&str) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + within;
        let mut told = self.board.told();
        loop {
            let output = String::from_utf8_lossy(&told.output).into_owned();
            if let Some(found) = find(&output) {
                return Ok(found);
            }
            if let Some(exit) = told.exit {
                bail!("{} ended ({exit}) before {what}; it wrote:\n{output}", self.name);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{}: no {what} within {within:?}; it wrote:\n{output}", self.name);
            }
            told = self
                .board
                .news
                .wait_timeout(told, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Time is up.
    pub fn ended(&self, within: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + within;
        let mut told = self.board.told();
        loop {
            if let Some(exit) = told.exit {
                return Ok(exit);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!(
                    "{} has not ended within {within:?}; it wrote:\n{}",
                    self.name,
                    String::from_utf8_lossy(&told.output)
                );
            }
            told = self
                .board
                .news
                .wait_timeout(told, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal("KILL");
        let _ = self.output.ended(Duration::from_secs(5));
    }
}

/// Reads what a program writes until it closes its standard error, then waits for its end.
fn watch(mut child: Child, board: &Arc<Board>) {
    let reader = child.stderr.take().map(|stderr| {
        let board = Arc::clone(board);
        std::thread::spawn(move || read(BufReader::new(stderr), &board))
    });
    let exit = child.wait();
    if let Some(reader) = reader {
        let _ = reader.join();
    }
    if let Ok(exit) = exit {
        board.told().exit = Some(exit);
    }
    board.news.notify_all();
}

fn read(mut from: BufReader<impl Read>, board: &Board) {
    loop {
        let read = match from.fill_buf() {
            Ok(bytes) if !bytes.is_empty() => {
                board.told().output.extend_from_slice(bytes);
                bytes.len()
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => 0,
            _ => return,
        };
        from.consume(read);
        board.news.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_read_as_it_comes_and_the_end_is_seen() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo ready >&2; exec cat /dev/zero > /dev/null"]);
        let process = Process::start("sh", command).unwrap();
        process
            .output()
            .until("ready", Duration::from_secs(5), |output| output.contains("ready").then_some(()))
            .unwrap();
        process.signal("TERM");
        assert!(!process.output().ended(Duration::from_secs(5)).unwrap().success());
        let late = process
            .output()
            .until("more", Duration::from_secs(5), |output| output.contains("more").then_some(()))
            .unwrap_err();
        assert!(late.to_string().contains("ended"), "{late}");
    }
}
