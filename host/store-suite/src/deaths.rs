//! Death in the middle of commits: a process that journals, and one that kills it again and again.

use crate::{
    SOON,
    life::{image, on, record, step},
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    process::Command,
};
use strowger_journal::{Backend, Change, Entry, Options, Release, Store, encode_step};
use strowger_model::CallId;

/// How many steps a call takes.
const STEPS: u32 = 8;

/// Journals calls without end, and says on standard output what was released: for the process that
/// is killed.
pub fn journals_without_end(backend: &dyn Backend) {
    // What is released is committed: a busy machine is no reason to release it before.
    let patient = Options { stuck_after: SOON, ..Options::default() };
    let store = Store::open(backend, patient).unwrap();
    let after = store.open_calls().unwrap().last().map(|open| open.call);
    let mut calls: Vec<CallId> = Vec::new();
    let mut last =
        after.max(store.records(&Default::default()).unwrap().last().map(|record| record.call));
    loop {
        calls.clear();
        for _ in 0..50 {
            last = Some(CallId::next(1_795_312_001_000, last));
            calls.extend(last);
        }
        for number in 0..STEPS {
            for &call in &calls {
                let mut changes = vec![
                    Change::Step { call, number, body: encode_step(&step(call, number)) },
                    Change::Call { call, on: on("v1"), image: image(number as u8) },
                ];
                if number == STEPS - 1 {
                    changes.push(Change::Closed(Box::new(record(call))));
                }
                let release: Release = Box::new(move || println!("released {call} {number}"));
                store.submit(Entry { changes, release: Some(release) });
            }
            assert!(store.flush(SOON) || number > 0);
        }
    }
}

/// Starts that process with `journals`, its standard output piped, and kills it, twelve times. What
/// it said that it had released must be there each time. `whole` looks at the database itself.
pub fn what_was_released_is_there_after_a_death(
    backend: &dyn Backend,
    journals: impl Fn() -> Command,
    whole: impl Fn(),
) {
    let mut released: BTreeMap<CallId, u32> = BTreeMap::new();
    // Uneven numbers of lines, so that the deaths fall anywhere within a commit.
    for death in 1..=12_usize {
        let mut child = journals().spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut read = |line: &[u8]| {
            let line = String::from_utf8_lossy(line).into_owned();
            if let [.., "released", call, number] = line.split_whitespace().collect::<Vec<_>>()[..]
            {
                released.insert(call.parse().unwrap(), number.parse().unwrap());
            }
        };
        for _ in 0..death * death * 37 {
            let mut line = Vec::new();
            assert!(lines.read_until(b'\n', &mut line).unwrap() > 0, "the child ended by itself");
            read(&line);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let mut rest = Vec::new();
        lines.read_to_end(&mut rest).unwrap();
        // A last line without its end was not said.
        rest.split_inclusive(|&byte| byte == b'\n')
            .filter(|line| line.ends_with(b"\n"))
            .for_each(&mut read);
        all_is_there(backend, &released, death);
        whole();
    }
    assert!(released.len() > 500, "{}", released.len());
}

fn all_is_there(backend: &dyn Backend, released: &BTreeMap<CallId, u32>, death: usize) {
    let store = Store::open(backend, Options::default()).unwrap();
    let open: BTreeMap<CallId, u8> =
        store.open_calls().unwrap().into_iter().map(|open| (open.call, open.image[0])).collect();
    for (&call, &number) in released {
        let steps = store.steps(call).unwrap();
        assert!(steps.len() as u32 > number, "death {death}: step {number} of call {call} is gone");
        assert!(steps.iter().all(|numbered| numbered.step == step(call, numbered.number)));
        match store.record(call).unwrap() {
            Some(record) => assert!(!open.contains_key(&call) && !record.unjournalled),
            None => assert_eq!(
                u32::from(open[&call]) + 1,
                steps.len() as u32,
                "steps and image of one entry are one"
            ),
        }
    }
}
