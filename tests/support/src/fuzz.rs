//! Readers of files and streams, given examples that are spoilt: a reader may say that something is
//! wrong, but may not panic, and may not take for ever.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestError, TestRunner},
};
use std::{
    env,
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// Inputs for each reader; `STROWGER_FUZZ_MINUTES=10` goes on for so long.
const CASES: u32 = 300;
/// What one input may cost on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// What means something to some reader.
const PIECES: &[&str] = &[
    "",
    "\0",
    "\n",
    "\r\n",
    "\"",
    "'''",
    "\"\"\"",
    "\\",
    "\\u0000",
    "\u{feff}",
    "\u{202e}",
    "é",
    "{",
    "}",
    "[",
    "]",
    "[[",
    "(",
    ")",
    "<",
    ">",
    "=",
    ",",
    ";",
    ":",
    ".",
    "-",
    "+",
    "*",
    "#",
    "%",
    "{x}",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "nan",
    "0x",
    "65536",
    "4294967296",
    "18446744073709551616",
    "9223372036854775807",
    "1970-01-01",
    "9999-12-31",
    "2026-02-30 25:61",
    "24:00",
    "48:00",
    "00:00-00:00",
    "PH",
    "SH",
    "easter",
    "week 1-53/2",
    "Mo-Su",
    "Mo[-1]",
    "sunrise-sunset",
    "off",
    "||",
    "2020-2099/4",
    "Feb 29",
    "+999999999999999999",
    "agent:",
    "PJSIP/",
];

/// How an example is spoilt.
#[derive(Clone, Debug)]
enum Edit {
    /// So many bytes are gone.
    Cut(Index, usize),
    /// A piece is put in, so many times.
    Put(Index, &'static str, usize),
    /// A byte is another.
    Replace(Index, u8),
    /// So many bytes come again, from one place at another.
    Copy(Index, Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let often = prop_oneof![9 => Just(1_usize), 1 => 2..2_000_usize];
    prop_oneof![
        2 => (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Edit::Cut(at, length)),
        4 => (any::<Index>(), select(PIECES), often).prop_map(|(at, what, often)| Edit::Put(at, what, often)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        2 => (any::<Index>(), any::<Index>(), 1..200_usize).prop_map(|(from, to, length)| Edit::Copy(from, to, length)),
    ]
}

fn spoilt(example: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = example.to_vec();
    for edit in edits {
        let place = |at: &Index| at.index(bytes.len() + 1);
        let to = |from: usize, length: usize| (from + length).min(bytes.len());
        match edit {
            Edit::Cut(at, length) => {
                let from = place(at);
                drop(bytes.drain(from..to(from, *length)));
            }
            Edit::Put(at, what, often) => {
                let at = place(at);
                drop(bytes.splice(at..at, what.repeat(*often).into_bytes()));
            }
            Edit::Replace(at, byte) => {
                let at = place(at);
                if let Some(there) = bytes.get_mut(at) {
                    *there = *byte;
                }
            }
            Edit::Copy(from, at, length) => {
                let (from, at) = (place(from), place(at));
                let copy = bytes[from..to(from, *length)].to_vec();
                drop(bytes.splice(at..at, copy));
            }
        }
    }
    bytes
}

/// Has a reader read spoilt examples.
///
/// # Panics
/// The reader panics, or takes too long; the message shows the input.
pub fn fuzz(examples: &[&[u8]], read: impl Fn(&[u8])) {
    let minutes = env::var("STROWGER_FUZZ_MINUTES").map_or(0, |text| {
        text.parse().unwrap_or_else(|_| panic!("STROWGER_FUZZ_MINUTES={text}: not a number"))
    });
    let until = Instant::now() + Duration::from_secs(60 * minutes);
    let reading: Mutex<Option<(Instant, Vec<u8>)>> = Mutex::default();
    let set = |now: Option<(Instant, Vec<u8>)>| {
        *reading.lock().unwrap_or_else(PoisonError::into_inner) = now;
    };
    let strategy = (any::<Index>(), vec(edit(), 1..6));
    thread::scope(|scope| {
        let (_done, is_done) = mpsc::channel::<()>();
        scope.spawn(|| watch(&reading, is_done));
        loop {
            let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
            let result = TestRunner::new(config).run(&strategy, |(example, edits)| {
                let input = spoilt(examples[example.index(examples.len())], &edits);
                set(Some((Instant::now(), input.clone())));
                read(&input);
                set(None);
                Ok(())
            });
            match result {
                Err(TestError::Fail(why, (example, edits))) => {
                    let input = spoilt(examples[example.index(examples.len())], &edits);
                    panic!("{why}; read: {:?}", String::from_utf8_lossy(&input));
                }
                Err(TestError::Abort(why)) => panic!("{why}"),
                Ok(()) if Instant::now() < until => {}
                Ok(()) => return,
            }
        }
    });
}

/// The same for text.
///
/// # Panics
/// As [`fuzz`].
pub fn fuzz_text(examples: &[&str], read: impl Fn(&str)) {
    let examples: Vec<&[u8]> = examples.iter().map(|example| example.as_bytes()).collect();
    fuzz(&examples, |input| read(&String::from_utf8_lossy(input)));
}

/// Ends the process if an input takes too long: nothing else ends a reader that goes on for ever.
fn watch(reading: &Mutex<Option<(Instant, Vec<u8>)>>, done: mpsc::Receiver<()>) {
    while done.recv_timeout(Duration::from_secs(1)) == Err(mpsc::RecvTimeoutError::Timeout) {
        let reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, input)) = &*reading
            && since.elapsed() > LIMIT
        {
            eprintln!("not read within {LIMIT:?}: {:?}", String::from_utf8_lossy(input));
            std::process::exit(101);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_panics_is_found() {
        let read = |text: &str| assert!(!text.contains("easter"), "at Easter");
        let found = std::panic::catch_unwind(|| {
            fuzz_text(&["Mo-Fr 09:00-16:00"], |text| {
                (0..100).for_each(|_| read(text));
            })
        });
        let why = *found.unwrap_err().downcast::<String>().unwrap();
        assert!(why.contains("at Easter; read: ") && why.contains("easter"), "{why}");
    }
}
