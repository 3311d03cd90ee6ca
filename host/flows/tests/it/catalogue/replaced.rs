//! A folder of flows that is replaced, in the ways in which people and tools do it, while calls
//! come.

use super::*;
use std::{
    os::unix::fs::symlink,
    path::Path,
    process::Command,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Longer than the watcher waits for a file to come back.
const AWAY: Duration = Duration::from_secs(4);

/// One way to replace a folder of flows.
struct Way {
    name: &'static str,
    /// Makes a folder `flows`, whose flows greet with "one".
    prepare: fn(&Path),
    /// Replaces it by one whose flows greet with "two".
    replace: fn(&Path),
    /// The file of flow `a` after that.
    edit: &'static str,
}

/// The whole folder, which greets so.
fn release(folder: &Path, greets: &str) {
    fs::create_dir_all(folder.join("a")).unwrap();
    fs::write(folder.join("site.toml"), SITE).unwrap();
    fs::write(folder.join("a/flow.toml"), flow("1", "desk", greets)).unwrap();
    fs::write(folder.join("b.toml"), flow("2", "back", greets)).unwrap();
}

fn run(at: &Path, command: &str) {
    let done = Command::new("sh").args(["-ec", command]).current_dir(at).status().unwrap();
    assert!(done.success(), "{command}");
}

/// The release that serves, and the next one beside it.
fn two_releases(at: &Path) {
    release(&at.join("flows"), "one");
    release(&at.join("next"), "two");
}

/// `flows` is a symbolic link to a release.
fn linked(at: &Path) {
    release(&at.join("one"), "one");
    release(&at.join("two"), "two");
    symlink("one", at.join("flows")).unwrap();
}

/// As Kubernetes mounts a volume: each file is a link by way of `..data`, which is turned.
fn mounted(at: &Path) {
    release(&at.join("flows/..one"), "one");
    release(&at.join("flows/..two"), "two");
    symlink("..one", at.join("flows/..data")).unwrap();
    for name in ["site.toml", "a", "b.toml"] {
        symlink(format!("..data/{name}"), at.join("flows").join(name)).unwrap();
    }
}

/// Each flow's folder is a link to a release.
fn each_linked(at: &Path) {
    release(&at.join("one"), "one");
    release(&at.join("two"), "two");
    fs::create_dir(at.join("flows")).unwrap();
    fs::write(at.join("flows/site.toml"), SITE).unwrap();
    symlink("../one/a", at.join("flows/a")).unwrap();
    symlink("../one/b.toml", at.join("flows/b.toml")).unwrap();
}

const WAYS: &[Way] = &[
    Way {
        name: "another folder in its place",
        prepare: two_releases,
        replace: |at| run(at, "mv flows old; mv next flows"),
        edit: "flows/a/flow.toml",
    },
    Way {
        name: "removed, and copied file by file",
        prepare: two_releases,
        replace: |at| {
            run(at, "rm -r flows");
            for file in ["site.toml", "b.toml", "a/flow.toml"] {
                thread::sleep(Duration::from_millis(400));
                run(at, &format!("mkdir -p flows/a; cp next/{file} flows/{file}"));
            }
        },
        edit: "flows/a/flow.toml",
    },
    Way {
        name: "a link to another release",
        prepare: linked,
        replace: |at| run(at, "ln -s two new; mv -T new flows"),
        edit: "two/a/flow.toml",
    },
    Way {
        name: "a link that is removed and made anew",
        prepare: linked,
        replace: |at| run(at, "rm flows; ln -s two flows"),
        edit: "two/a/flow.toml",
    },
    Way {
        name: "a volume of Kubernetes",
        prepare: mounted,
        replace: |at| run(at, "cd flows; ln -s ..two ..new; mv -T ..new ..data"),
        edit: "flows/..two/a/flow.toml",
    },
    Way {
        name: "each flow's link",
        prepare: each_linked,
        replace: |at| run(at, "cd flows; ln -sfn ../two/a a; ln -sfn ../two/b.toml b.toml"),
        edit: "two/a/flow.toml",
    },
    Way {
        name: "away for longer than files may be",
        prepare: two_releases,
        replace: |at| {
            run(at, "mv flows old");
            thread::sleep(AWAY);
            run(at, "mv next flows");
        },
        edit: "flows/a/flow.toml",
    },
    Way {
        name: "the folder above it",
        prepare: two_releases,
        replace: |at| run(at, "mkdir sub; mv next sub/flows; mv flows old; mv sub/flows flows"),
        edit: "flows/a/flow.toml",
    },
    Way {
        name: "as vim saves, and sed -i",
        prepare: two_releases,
        replace: |at| {
            run(at, "mv flows/b.toml flows/b.toml~; cp next/b.toml flows; rm flows/b.toml~");
            run(at, "sed -i s/one/two/ flows/a/flow.toml");
        },
        edit: "flows/a/flow.toml",
    },
    Way {
        name: "as rsync copies, hidden files first",
        prepare: two_releases,
        replace: |at| {
            for file in ["a/flow.toml", "b.toml"] {
                let hidden = file.replace("flow.toml", ".flow.toml.x").replace("b.toml", ".b.x");
                run(at, &format!("cp next/{file} flows/{hidden}; mv flows/{hidden} flows/{file}"));
            }
        },
        edit: "flows/a/flow.toml",
    },
    Way {
        name: "written slowly",
        prepare: two_releases,
        replace: |at| {
            for file in ["a/flow.toml", "b.toml"] {
                let new = fs::read(at.join("next").join(file)).unwrap();
                let file = at.join("flows").join(file);
                fs::write(&file, &new[..new.len() / 2]).unwrap();
                thread::sleep(Duration::from_millis(300));
                fs::write(&file, &new).unwrap();
            }
        },
        edit: "flows/a/flow.toml",
    },
];

#[test]
fn a_folder_is_replaced_while_calls_come() {
    let all: Vec<_> = WAYS.iter().map(|way| thread::spawn(|| replace(way))).collect();
    for (way, done) in WAYS.iter().zip(all) {
        done.join().unwrap_or_else(|_| panic!("{}", way.name));
    }
}

fn replace(way: &Way) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("plugins")).unwrap();
    fs::write(root.path().join("plugins/reception.wasm"), RECEPTION.as_slice()).unwrap();
    (way.prepare)(root.path());
    let folders = Folders { root };
    let (at, catalogue) = (folders.root.path(), folders.open());
    let (tell, told) = mpsc::channel();
    let _watching = catalogue
        .watch(Duration::from_millis(20), move |report| drop(tell.send(report.clone())))
        .unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let calls = thread::spawn({
        let (catalogue, over) = (catalogue.clone(), over.clone());
        move || {
            while !over.load(Ordering::Relaxed) {
                begin(&catalogue, "1");
                begin(&catalogue, "2");
                thread::yield_now();
            }
        }
    });
    let until = |what: &dyn Fn() -> bool, why: &str| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !what() {
            let left = deadline.saturating_duration_since(Instant::now());
            told.recv_timeout(left).unwrap_or_else(|_| panic!("{}: {why}", way.name));
        }
    };
    (way.replace)(at);
    let greets = |number, greeting_: &str| greeting(&catalogue, number).unwrap() == greeting_;
    until(&|| greets("1", "two") && greets("2", "two"), "what replaced it was not seen");
    until(&|| catalogue.report().is_good(), "its files are good now");
    fs::write(at.join(way.edit), flow("1", "desk", "three")).unwrap();
    until(&|| greets("1", "three"), "a later change was not seen");
    over.store(true, Ordering::Relaxed);
    calls.join().unwrap_or_else(|_| panic!("{}: a call found no flow", way.name));
}
