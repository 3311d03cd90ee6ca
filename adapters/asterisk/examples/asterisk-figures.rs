//! How much later than by the dialplan itself a call is answered through the adapter: INVITE to
//! 200, by SIPp's clock.
//!
//! Both are offered in turn to one Asterisk. `cargo xtask asterisk` fetches it.

use std::{sync::Arc, time::Duration};
use strowger_asterisk::{Asterisk, AsteriskConfig};
use strowger_model::{Prompt, event::Cause};
use strowger_pbx::port::{Pbx, PbxCommand, PbxEvent, PlayId};
use strowger_speech::{Prompts, PromptsConfig};
use strowger_testbed::{
    AsteriskServer, Caller,
    asterisk::{BASELINES, PASSWORD, USER},
};
use tokio::sync::mpsc::unbounded_channel;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let pbx = AsteriskServer::logging(1)?;
    let (sender, mut events) = unbounded_channel();
    let config = AsteriskConfig::new(&pbx.url(), USER, PASSWORD);
    let prompts = Arc::new(Prompts::open(PromptsConfig::new(pbx.folder().join("prompts")))?);
    let adapter =
        Asterisk::start(config, prompts, Arc::new(move |event| drop(sender.send(event)))).await?;
    // Answer, a second of sound, hang up.
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            match event {
                PbxEvent::Arrived(arrived) => adapter.send(PbxCommand::Answer { leg: arrived.leg }),
                PbxEvent::Answered { leg } => {
                    let (play, prompts) = (
                        PlayId(format!("p-{leg}").as_str().into()),
                        [Prompt::Silence(Duration::from_secs(1))].into(),
                    );
                    adapter.send(PbxCommand::Play { play, conversation: leg, prompts });
                }
                PbxEvent::Played { leg, .. } => {
                    adapter.send(PbxCommand::hang_up(leg, Cause::Normal))
                }
                _ => {}
            }
        }
    });
    println!("calls/s  native ms (p50, p95)  adapter ms (p50, p95)  added p50");
    for rate in [50, 100, 50, 100] {
        let mut figures = Vec::new();
        for number in [BASELINES[0], "0900"] {
            let call = Caller::to(&pbx, number).calls(rate * 5, rate).call()?;
            call.finished(Duration::from_secs(60))?;
            let mut times: Vec<_> =
                call.answer_times().iter().map(|time| time.as_secs_f64() * 1e3).collect();
            times.sort_by(f64::total_cmp);
            let at = |part: usize| times[(times.len() - 1) * part / 100];
            figures.push((at(50), at(95)));
        }
        let [(native, native_95), (adapter, adapter_95)] = figures[..] else { continue };
        println!(
            "{rate:7}  {native:9.2} {native_95:9.2}  {adapter:11.2} {adapter_95:9.2}  {:10.2}",
            adapter - native
        );
    }
    Ok(())
}
