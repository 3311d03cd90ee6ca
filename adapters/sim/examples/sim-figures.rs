//! Figures of the sim alone: memory of a waiting leg, and events a second on one core.
//!
//! `cargo run -p strowger-sim --example sim-figures`
#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use strowger_model::{Prompt, event::Cause};
use strowger_pbx::port::{Pbx, PbxCommand, PbxEvent, PbxSink, PlayId};
use strowger_sim::{Caller, Sim, SimConfig};

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn caller(n: u64) -> Caller {
    Caller {
        from: Some(format!("+32470{n:06}")),
        to: "+3227138700".to_owned(),
        patience: Some(Duration::from_secs(3600)),
        ..Caller::default()
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        waiting().await;
        events().await;
    });
}

/// 100,000 answered callers who hear music, and a play besides.
async fn waiting() {
    let told = Arc::new(AtomicU64::new(0));
    let counter = told.clone();
    let sim = Sim::new(
        SimConfig::default(),
        Arc::new(move |_| _ = counter.fetch_add(1, Ordering::Relaxed)),
    );
    let mut legs = Vec::with_capacity(100_000);
    let before = resident();
    const LEGS: u64 = 100_000;
    let prompts: Arc<[Prompt]> = [Prompt::Silence(Duration::from_secs(1000))].into();
    for n in 0..LEGS {
        let leg = sim.call(caller(n));
        sim.send(PbxCommand::Answer { leg: leg.clone() });
        sim.send(PbxCommand::Music { leg: leg.clone(), class: Some("default".to_owned()) });
        legs.push(leg);
        if n % 1000 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    println!("waiting, with music: {} B a leg", (resident() - before) / LEGS as usize);
    for (n, conversation) in legs.into_iter().enumerate() {
        let play = PlayId(format!("p{n}").into());
        sim.send(PbxCommand::Play { play, conversation, prompts: prompts.clone() });
        if n % 1000 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    println!("waiting, while a play is heard: {} B a leg", (resident() - before) / LEGS as usize);
}

/// Calls that are answered, hear a prompt to its end, and are hung up: 4 events a call; the sink
/// commands at once.
async fn events() {
    let told = Arc::new(AtomicU64::new(0));
    let slot: Arc<std::sync::OnceLock<std::sync::Weak<Sim>>> = Arc::default();
    let (counter, own) = (told.clone(), slot.clone());
    let prompts: Arc<[Prompt]> = [Prompt::Silence(Duration::from_secs(1))].into();
    let sink: PbxSink = Arc::new(move |event| {
        counter.fetch_add(1, Ordering::Relaxed);
        let Some(sim) = own.get().and_then(std::sync::Weak::upgrade) else { return };
        match event {
            PbxEvent::Arrived(arrived) => sim.send(PbxCommand::Answer { leg: arrived.leg }),
            PbxEvent::Answered { leg } => sim.send(PbxCommand::Play {
                play: PlayId(leg.0.clone()),
                conversation: leg,
                prompts: prompts.clone(),
            }),
            PbxEvent::Played { leg, .. } => sim.send(PbxCommand::hang_up(leg, Cause::Normal)),
            _ => (),
        }
    });
    let sim = Arc::new(Sim::new(SimConfig::default(), sink));
    let _ = slot.set(Arc::downgrade(&sim));
    let began = Instant::now();
    const CALLS: u64 = 500_000;
    for n in 0..CALLS {
        sim.call(caller(n));
        if n % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let told = told.load(Ordering::Relaxed);
    assert_eq!(told, CALLS * 4);
    let took = began.elapsed();
    println!("{told} events in {took:.2?}: {:.0}/s", told as f64 / took.as_secs_f64());
}
