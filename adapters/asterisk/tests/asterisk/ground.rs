//! An Asterisk, the adapter on it, and what its sink got.

use std::{sync::Arc, time::Duration};
use strowger_asterisk::{Asterisk, AsteriskConfig};
use strowger_conformance::{Far, Ground, Near, Shown};
use strowger_model::Prompt;
use strowger_pbx::port::{Address, ArrivedLeg, Pbx, PbxCommand, PbxEvent};
use strowger_speech::{Prompts, PromptsConfig};
use strowger_testbed::{
    AsteriskServer, Call, Caller, Gate, Phone, Shut,
    asterisk::{APP, PASSWORD, TRANSFER, USER},
    sipp::Answer,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{sleep, timeout},
};

/// Ample on a busy machine; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Bed {
    // Fields drop in this order: the host goes before its Asterisk.
    pub(crate) host: Option<Arc<Asterisk>>,
    pub(crate) events: UnboundedReceiver<PbxEvent>,
    lost: bool,
    pub(crate) calls: Vec<Call>,
    pub(crate) phones: Vec<Phone>,
    /// Whom the phones call by themselves.
    pub(crate) others: Vec<Phone>,
    pub(crate) gate: Gate,
    pub(crate) pbx: AsteriskServer,
}

impl Bed {
    /// A bed whose adapter is connected.
    pub(crate) async fn new() -> Self {
        let pbx = AsteriskServer::start().unwrap();
        let gate = Gate::open(&pbx).unwrap();
        let (adapter, events) = adapter(&pbx, &gate.url()).await;
        let (calls, phones, others) = Default::default();
        let mut bed =
            Self { host: Some(adapter), events, lost: false, calls, phones, others, gate, pbx };
        assert_eq!(bed.next().await, PbxEvent::Synced { alive: Vec::new() });
        bed
    }

    pub(crate) fn adapter(&self) -> Arc<Asterisk> {
        self.host.clone().unwrap()
    }

    /// Ends the host, and starts another when Asterisk has seen that.
    pub(crate) async fn restart_host(&mut self) {
        self.host = None;
        self.pbx.logged("Deactivating Stasis app", PATIENCE).unwrap();
        let (host, events) = adapter(&self.pbx, &self.gate.url()).await;
        (self.host, self.events) = (Some(host), events);
    }

    pub(crate) fn send(&self, command: PbxCommand) {
        self.adapter().send(command);
    }

    /// Which of its phones is dialled so.
    fn number_of(&self, phone: &Address) -> Option<u8> {
        let dialled = |number: &u8| *phone == Address::Endpoint(format!("PJSIP/a{number}"));
        (1..=self.phones.len() as u8).find(dialled)
    }

    fn phone_at(&self, address: &Address) -> anyhow::Result<&Phone> {
        match self.number_of(address) {
            Some(number) => Ok(&self.phones[usize::from(number) - 1]),
            None => anyhow::bail!("no phone at {address:?}"),
        }
    }

    /// The next event. That the PBX is lost is told again whenever the cause is another, and counts
    /// once.
    pub(crate) async fn next(&mut self) -> PbxEvent {
        loop {
            let event = match timeout(PATIENCE, self.events.recv()).await {
                Ok(Some(event)) => event,
                _ => panic!("no event within {PATIENCE:?}"),
            };
            match event {
                PbxEvent::Lost { .. } if self.lost => continue,
                PbxEvent::Lost { .. } => self.lost = true,
                PbxEvent::Synced { .. } => self.lost = false,
                _ => {}
            }
            return event;
        }
    }

    /// The next event is an arrival.
    pub(crate) async fn arrived(&mut self) -> ArrivedLeg {
        match self.next().await {
            PbxEvent::Arrived(arrived) => *arrived,
            other => panic!("expected an arrival, came {other:?}"),
        }
    }

    /// A caller who arrived and was answered.
    pub(crate) async fn answered(&mut self) -> ArrivedLeg {
        let call = Caller::to(&self.pbx, "0900").number(self.calls.len() as u8).call().unwrap();
        self.calls.push(call);
        let arrived = self.arrived().await;
        self.send(PbxCommand::Answer { leg: arrived.leg.clone() });
        assert_eq!(self.next().await, PbxEvent::Answered { leg: arrived.leg.clone() });
        arrived
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Asterisk's log:\n{}", self.pbx.log());
        }
    }
}

/// A host's adapter.
pub(crate) async fn adapter(
    pbx: &AsteriskServer,
    url: &str,
) -> (Arc<Asterisk>, UnboundedReceiver<PbxEvent>) {
    adapter_with(pbx, url, |_| ()).await.unwrap()
}

/// A host's adapter, configured otherwise.
pub(crate) async fn adapter_with(
    pbx: &AsteriskServer,
    url: &str,
    change: impl FnOnce(&mut AsteriskConfig),
) -> anyhow::Result<(Arc<Asterisk>, UnboundedReceiver<PbxEvent>)> {
    let (sender, events) = unbounded_channel();
    let mut config = AsteriskConfig::new(url, USER, PASSWORD);
    config.app = APP.into();
    config.transfer_context = TRANSFER.into();
    config.do_not_disturb = Some("Custom:DND-{extension}".into());
    config.number_endpoint = Some(format!("PJSIP/central/sip:{{number}}@{}:5060", pbx.host(200)));
    config.prompts_bind = (pbx.host(2), 0).into();
    change(&mut config);
    let sink = Arc::new(move |event| {
        let _ = sender.send(event);
    });
    let adapter = Asterisk::start(config, prompts(pbx), sink).await?;
    Ok((Arc::new(adapter), events))
}

/// No recordings; texts are spoken by the bed's espeak-ng.
fn prompts(pbx: &AsteriskServer) -> Arc<Prompts> {
    let mut config = PromptsConfig::new(pbx.folder().join("prompts"));
    config.language = "nl".to_owned();
    config.speech.program = pbx.tools().espeak().get_program().to_string_lossy().into_owned();
    Arc::new(Prompts::open(config).unwrap())
}

/// Silence of a length.
pub(crate) fn silence(millis: u64) -> Arc<[Prompt]> {
    [Prompt::Silence(Duration::from_millis(millis))].into()
}

impl Ground for Bed {
    fn pbx(&self) -> Arc<dyn Pbx> {
        self.adapter()
    }

    fn events(&mut self) -> &mut UnboundedReceiver<PbxEvent> {
        &mut self.events
    }

    async fn phone(&mut self, far: Far) -> anyhow::Result<Address> {
        let answer = match far {
            Far::Answers { after } => Answer::after(after),
            Far::AnswersAndLeaves { after, then: talk } => Answer::after(after).hang_up_after(talk),
            Far::Rings => Answer::never(),
            Far::EarlyMedia { after } => Answer::early_media(after),
            Far::Busy => Answer::busy(),
            Far::Declines => Answer::decline(),
            Far::DeclinesAfter { after } => Answer::decline_after(after),
            Far::Silent => return Ok(Address::Endpoint("PJSIP/a29".into())),
            Far::Unknown => return Ok(Address::Endpoint("PJSIP/nobody".into())),
        };
        let number = self.phones.len() as u8 + 1;
        self.phones.push(Phone::start(&self.pbx, number, &answer)?);
        Ok(Address::Endpoint(format!("PJSIP/a{number}")))
    }

    async fn call(&mut self, near: Near, from: &str, to: &str) -> anyhow::Result<()> {
        let mut caller = Caller::to(&self.pbx, to).from(&format!("<sip:{from}@[local_ip]>"));
        if let Some(after) = near.keys_after_answer {
            caller = caller.keys(after, "12#");
        }
        if let Some(after) = near.leaves {
            caller = caller.cancel_after(after).hang_up_after(after);
        }
        let call = caller.call()?;
        self.calls.push(call);
        Ok(())
    }

    async fn cut(&mut self, length: Duration) -> anyhow::Result<()> {
        self.gate.shut(Shut::Events);
        sleep(length).await;
        self.gate.shut(Shut::Nothing);
        Ok(())
    }

    fn tells_phones(&self) -> bool {
        true
    }

    /// It calls a phone that nothing else uses.
    async fn own_call(&mut self, phone: &Address, length: Duration) -> anyhow::Result<()> {
        let Some(number) = self.number_of(phone) else { anyhow::bail!("no phone at {phone:?}") };
        let other = Phone::start(&self.pbx, 9, &Answer::after(Duration::ZERO))?;
        let call = Caller::to(&self.pbx, "889").by_phone(number).hang_up_after(length).call()?;
        self.calls.push(call);
        self.others.push(other);
        Ok(())
    }

    fn tells_transfers(&self) -> bool {
        true
    }

    async fn ask_transfer(&mut self, phone: &Address, to: &str) -> anyhow::Result<()> {
        self.phone_at(phone)?.transfer(to)
    }

    async fn transfers(&mut self, phone: &Address, count: usize) -> anyhow::Result<Vec<bool>> {
        let phone = self.phone_at(phone)?;
        while phone.transfers().len() < count {
            phone.expect("NOTIFY")?;
        }
        Ok(phone.transfers().iter().map(|status| status.starts_with("200")).collect())
    }

    /// As its INVITE says.
    async fn shows(&mut self, phone: &Address) -> anyhow::Result<Option<Shown>> {
        let Some(number) = self.number_of(phone) else { return Ok(None) };
        let invite = self.phones[usize::from(number) - 1].expect("INVITE")?;
        Ok(invite.header("From").map(shown))
    }

    /// The phones of the bed that understand it are rung in a test of the whole host.
    fn shows_anew(&self) -> bool {
        false
    }

    fn slack(&self) -> Duration {
        Duration::from_secs(2)
    }
}

/// Of a header such as `"Jan \"de\" Man" <sip:+3227138700@127.0.0.1>;tag=1`.
fn shown(from: &str) -> Shown {
    if from.contains("anonymous.invalid") {
        return Shown::default();
    }
    let (name, rest) = from.rsplit_once("<sip:").unwrap_or(("", from));
    let name = name.trim().trim_matches('"').replace("\\\"", "\"");
    Shown {
        caller_id: rest.split('@').next().map(str::to_owned),
        display_name: (!name.is_empty()).then_some(name),
    }
}
