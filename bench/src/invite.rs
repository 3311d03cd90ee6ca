//! What the host adds to a call on the real Asterisk: from INVITE to 200, against Asterisk's own
//! dialplan, and for comparison what FastAGI and an ARI client in Python add. All answer, play
//! about a second of sound and hang up; they are called in turn, on one Asterisk, at the same rate.

use crate::{
    figure::{Figure, Measured, NotHere, Target},
    measure::millis,
};
use anyhow::{Context, Result, ensure};
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
    time::Duration,
};
use strowger_testbed::{
    AsteriskServer, Caller,
    asterisk::{BASELINES, PASSWORD, USER},
    process::Process,
    tools::Tools,
};
use strowger_tests::{Bed, Folder, HELPDESK, helpdesk_site};

const AGAINST: &str = "native dialplan on the same Asterisk in the same run";

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "invite_added_ms_50",
        what: "INVITE to 200 above native dialplan, median, 50 calls/s",
        unit: "ms",
        target: Target::AtMost(1.0),
        against: AGAINST,
        alone: true,
        measure: || added(50),
    },
    &Figure {
        key: "invite_added_ms_100",
        what: "INVITE to 200 above native dialplan, median, 100 calls/s",
        unit: "ms",
        target: Target::AtMost(1.0),
        against: AGAINST,
        alone: true,
        measure: || added(100),
    },
];

/// How often each is called in turn, and for how many seconds.
const ROUNDS: u32 = 3;
const SECONDS: u32 = 3;

fn added(rate: u32) -> Result<Measured> {
    Tools::find().map_err(|why| NotHere(format!("no Asterisk: {why:#}")))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // A helpdesk that is closed, and the central too: it answers, says so, and hangs up.
    let folder =
        Folder::new(&helpdesk_site(1, true, false, false))?.plugin("vaccination-helpdesk")?;
    let bed = runtime.block_on(Bed::start(folder.flow("vaccination-helpdesk", HELPDESK)?))?;
    fast_agi(&bed.pbx)?;
    let python = python(&bed.pbx);
    let [native, agi, ari] = BASELINES;
    let mut numbers = vec![native, "0900", agi];
    numbers.extend(python.is_ok().then_some(ari));

    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); numbers.len()];
    for _ in 0..ROUNDS {
        for (number, times) in numbers.iter().zip(&mut times) {
            let call = Caller::to(&bed.pbx, number).calls(rate * SECONDS, rate).call()?;
            call.finished(Duration::from_secs(60))
                .with_context(|| format!("calling {number} {rate} times a second"))?;
            times.extend(call.answer_times());
        }
    }
    let mut medians = Vec::new();
    for (number, mut times) in numbers.iter().zip(times) {
        ensure!(
            times.len() as u32 == rate * SECONDS * ROUNDS,
            "{number} answered {} of {} calls",
            times.len(),
            rate * SECONDS * ROUNDS
        );
        times.sort();
        medians.push(millis(times[times.len() / 2]));
    }
    let mut how = format!(
        "{:.2} ms against {:.2} ms; added by FastAGI in Rust {:.2} ms",
        medians[1],
        medians[0],
        medians[2] - medians[0]
    );
    match (python, medians.get(3)) {
        (Ok(_), Some(python)) => {
            how += &format!(", by an ARI client in Python {:.2} ms", python - medians[0])
        }
        (Err(why), _) => how += &format!("; no ARI client in Python: {why:#}"),
        _ => {}
    }
    Ok(Measured { value: medians[1] - medians[0], how })
}

/// Serves FastAGI until this process ends.
fn fast_agi(pbx: &AsteriskServer) -> Result<()> {
    let listener = TcpListener::bind((pbx.host(2), 4573)).context("listening for FastAGI")?;
    let sound = sound(pbx);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sound = sound.clone();
            // A caller who is gone closes the connection; that ends it.
            thread::spawn(move || drop(agi_call(stream, &sound)));
        }
    });
    Ok(())
}

fn agi_call(mut stream: TcpStream, sound: &str) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while !lines.next().context("no blank line")??.is_empty() {}
    for command in ["ANSWER", &format!("STREAM FILE {sound} \"\""), "HANGUP"] {
        stream.write_all(format!("{command}\n").as_bytes())?;
        let reply = lines.next().context("no reply")??;
        ensure!(reply.starts_with("200"), "{command}: {reply}");
    }
    Ok(())
}

/// Starts the ARI client in Python.
fn python(pbx: &AsteriskServer) -> Result<Process> {
    let mut command = Command::new("python3");
    command.args([
        "-c",
        include_str!("../baseline/ari.py"),
        &pbx.host(1).to_string(),
        USER,
        PASSWORD,
        "baseline",
        &sound(pbx),
    ]);
    let process = Process::start("python3", command)?;
    process
        .output()
        .until("ready", Duration::from_secs(20), |said| said.contains("ready").then_some(()))?;
    Ok(process)
}

/// The second of sound, as Asterisk names it.
fn sound(pbx: &AsteriskServer) -> String {
    pbx.folder().join("sounds/second").display().to_string()
}
