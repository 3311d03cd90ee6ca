//! A private Asterisk on a slice of loopback.
//!
//! # The bed
//! | address | who |
//! |---|---|
//! | `.1` | Asterisk: SIP on 5060, ARI on 8088 |
//! | `.2` | the host under test, should it want an address of its own |
//! | `.3` | a [`crate::Gate`] before ARI, if the test has one |
//! | `.11` to `.39` | the phones of the endpoints `a1` to `a29`; those of `a1` and `a2` are `pair` too |
//! | `.41` to `.69` | the same phones when they call, so that they can be called meanwhile |
//! | `.97` to `.126` | callers; they arrive at the endpoint `caller` |
//! | `.200` | the central, behind the trunk endpoint `central` |
//!
//! # The dialplan
//! Every number and key code goes to the host's application. What the host does not take, or sends
//! on, takes the PBX's own route: a call to `own-route` at the central. `881` to `889` are the
//! phones `a1` to `a9`, called without the host. [`BASELINES`] and [`QUEUE`]
//! are measured against.

use crate::{net::Slice, process::Process, tools::Tools};
use anyhow::{Context, Result, ensure};
use std::{
    f64::consts::TAU,
    fmt::Write as _,
    fs,
    io::{Read, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The ARI user.
pub const USER: &str = "strowger";
/// Its password.
pub const PASSWORD: &str = "secret of the test bed";
/// The application that every number goes to.
pub const APP: &str = "strowger";
/// Where the host's transfers continue: the target is in the variable `STROWGER_TARGET`.
pub const TRANSFER: &str = "strowger-transfer";
/// A class of music.
pub const MUSIC: &str = "default";

/// Extensions that answer, play one second of sound and hang up: by the dialplan, by FastAGI on
/// `.2` port 4573, and by an ARI application `baseline`.
pub const BASELINES: [&str; 3] = ["baseline-native", "baseline-agi", "baseline-ari"];

/// An extension that puts callers into a queue of Asterisk's own, whose members are the phones of
/// `a1` to `a4`.
pub const QUEUE: &str = "baseline-queue";

/// A boot takes less than a second; a busy machine may need more.
const BOOT: Duration = Duration::from_secs(30);

/// A private Asterisk; dropped, it is killed and all that it wrote is removed.
pub struct AsteriskServer {
    // Fields drop in this order: the process ends before its folder goes.
    process: Process,
    folder: TempDir,
    slice: Slice,
    tools: Tools,
}

impl AsteriskServer {
    /// Starts one and waits until its ARI answers.
    ///
    /// # Errors
    /// There is no Asterisk in the cache (`cargo xtask asterisk` gets it), or it does not start;
    /// the error shows its log.
    pub fn start() -> Result<Self> {
        Self::logging(3)
    }

    /// Starts one that logs so much: 1 for measurements, 3 to see music start and stop.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn logging(verbosity: u8) -> Result<Self> {
        let (tools, slice) = (Tools::find()?, Slice::take()?);
        let folder = TempDir::with_prefix("strowger-asterisk-")
            .context("cannot create a folder for Asterisk")?;
        configure(&tools, &slice, folder.path(), verbosity)?;
        let process = launch(&tools, folder.path())?;
        let server = Self { process, folder, slice, tools };
        server.ready()?;
        Ok(server)
    }

    /// Kills it and starts it again, with everything that it knew of calls gone.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn restart(&mut self) -> Result<()> {
        self.process.signal("KILL");
        self.process.output().ended(Duration::from_secs(5))?;
        self.process = launch(&self.tools, self.folder.path())?;
        self.ready()
    }

    fn ready(&self) -> Result<()> {
        self.process
            .output()
            .until("Asterisk Ready", BOOT, |log| log.contains("Asterisk Ready").then_some(()))?;
        let (status, body) = self.get("/ari/asterisk/ping")?;
        ensure!(status == 200, "Asterisk's ARI answers a ping with {status}: {body}");
        Ok(())
    }

    /// An address of the bed.
    pub fn host(&self, last: u8) -> Ipv4Addr {
        self.slice.host(last)
    }

    /// Where SIP goes: `127.77.1.1:5060`.
    pub fn sip(&self) -> String {
        format!("{}:5060", self.host(1))
    }

    /// Where ARI is, without `/ari`.
    pub fn url(&self) -> String {
        format!("http://{}:8088", self.host(1))
    }

    /// Its process id, for measurements.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The programs that it was started from.
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// A folder that goes with the bed.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.process.output().text()
    }

    /// Waits until a line is in its log.
    ///
    /// # Errors
    /// It ended, or time is up.
    pub fn logged(&self, text: &str, within: Duration) -> Result<()> {
        self.process.output().until(text, within, |log| log.contains(text).then_some(()))
    }

    /// What a command of its console prints, such as `core show channels`.
    ///
    /// # Errors
    /// The console cannot be reached.
    pub fn console(&self, command: &str) -> Result<String> {
        let mut remote = self.tools.command("asterisk");
        remote.arg("-C").arg(self.folder.path().join("etc/asterisk.conf")).args(["-rx", command]);
        let output = remote.output().context("cannot run asterisk")?;
        ensure!(
            output.status.success(),
            "the console does not take {command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Asks ARI until a list is empty.
    ///
    /// # Errors
    /// Time is up; the error shows the list.
    pub fn until_empty(&self, path: &str, within: Duration) -> Result<()> {
        let deadline = Instant::now() + within;
        loop {
            let (_, list) = self.get(path)?;
            if list.trim() == "[]" {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{path} is still not empty: {list}");
        }
    }

    /// Asks ARI something and gives status and body, without the code under test.
    ///
    /// # Errors
    /// It cannot be reached.
    pub fn get(&self, path: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect((self.host(1), 8088))
            .context("cannot reach Asterisk's HTTP server")?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let key = format!("{USER}:{PASSWORD}").replace(' ', "%20");
        let join = if path.contains('?') { '&' } else { '?' };
        write!(
            stream,
            "GET {path}{join}api_key={key} HTTP/1.1\r\nHost: bed\r\nConnection: close\r\n\r\n"
        )?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        let status = reply
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .context("no HTTP status")?;
        Ok((
            status,
            reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default(),
        ))
    }
}

fn launch(tools: &Tools, folder: &Path) -> Result<Process> {
    let mut command: Command = tools.command("asterisk");
    command.arg("-f").arg("-C").arg(folder.join("etc/asterisk.conf")).current_dir(folder);
    Process::start("asterisk", command)
}

/// Configurations that Asterisk warns of when they are not there.
const EMPTY: &[&str] = &[
    "pjproject",
    "websocket_client",
    "cel",
    "features",
    "udptl",
    "stasis",
    "acl",
    "codecs",
    "indications",
    "ccss",
    "queuerules",
    "res_http_media_cache",
];

/// Writes everything that Asterisk needs.
fn configure(tools: &Tools, slice: &Slice, folder: &Path, verbosity: u8) -> Result<()> {
    for part in ["etc", "run", "spool", "log", "lib/keys", "cache", "moh", "sounds"] {
        fs::create_dir_all(folder.join(part))?;
    }
    let here = folder.display();
    let write = |name: &str, text: &str| {
        fs::write(folder.join("etc").join(name), text)
            .with_context(|| format!("cannot write {name}"))
    };
    write("asterisk.conf", &asterisk_conf(tools, folder, verbosity)?)?;
    let mut load = String::from("[modules]\nautoload = no\n");
    for module in crate::tools::MODULES {
        writeln!(load, "load = {module}.so")?;
    }
    write("modules.conf", &load)?;
    write(
        "logger.conf",
        "[general]\ndateformat = %T.%3q\n[logfiles]\n/dev/stderr => notice,warning,error,verbose\n",
    )?;
    write(
        "http.conf",
        &format!("[general]\nenabled = yes\nbindaddr = {}\nbindport = 8088\n", slice.host(1)),
    )?;
    write(
        "ari.conf",
        &format!(
            "[general]\nenabled = yes\n[{USER}]\ntype = user\nread_only = no\npassword_format = plain\npassword = {PASSWORD}\n"
        ),
    )?;
    write(
        "rtp.conf",
        "[general]\nrtpstart = 20000\nrtpend = 29999\nstrictrtp = no\nicesupport = no\n",
    )?;
    write("musiconhold.conf", &format!("[{MUSIC}]\nmode = files\ndirectory = {here}/moh\n"))?;
    write("cdr.conf", "[general]\nenable = no\n")?;
    let members = (1..=4).map(|number| format!("member => PJSIP/a{number}\n")).collect::<String>();
    let queue = "strategy = rrmemory\ntimeout = 60\nretry = 1\nwrapuptime = 0\nringinuse = no\n";
    write(
        "queues.conf",
        &format!("[general]\nautofill = yes\nshared_lastcall = yes\n[{QUEUE}]\n{queue}{members}"),
    )?;
    write("pjsip.conf", &pjsip(slice)?)?;
    write("extensions.conf", &dialplan(slice, folder))?;
    for empty in EMPTY {
        write(&format!("{empty}.conf"), "")?;
    }
    fs::write(folder.join("sounds/second.sln"), tone(1.0, 440.0))?;
    fs::write(folder.join("moh/music.sln"), tone(20.0, 300.0))?;
    Ok(())
}

fn asterisk_conf(tools: &Tools, folder: &Path, verbosity: u8) -> Result<String> {
    let here = folder.display();
    Ok(format!(
        "[directories]\nastcachedir => {here}/cache\nastetcdir => {here}/etc\nastmoddir => {}\nastvarlibdir => {here}/lib\n\
             astdbdir => {here}/lib\nastkeydir => {here}/lib\nastdatadir => {}\nastagidir => {here}/lib\nastspooldir => {here}/spool\n\
             astrundir => {here}/run\nastlogdir => {here}/log\nastsbindir => {}\n[options]\nnocolor = yes\nverbose = {verbosity}\nmaxfiles = 20000\n\
             live_dangerously = no\nhideconnect = yes\nsystemname = bed\n",
        tools.modules()?.display(),
        tools.file("usr/share/asterisk").display(),
        tools.file("usr/sbin").display(),
    ))
}

fn pjsip(slice: &Slice) -> Result<String> {
    let me = slice.host(1);
    let mut text = format!(
        "[global]\ntype = global\nuser_agent = bed\nkeep_alive_interval = 0\n[system]\ntype = system\nthreadpool_initial_size = 4\n\
         [udp]\ntype = transport\nprotocol = udp\nbind = {me}:5060\n\
         [endpoint](!)\ntype = endpoint\ncontext = inbound\ntransport = udp\ndisallow = all\nallow = ulaw,alaw\ndirect_media = no\n\
         media_address = {me}\nbind_rtp_to_media_address = yes\nrtp_symmetric = yes\ndtmf_mode = auto\ntrust_id_inbound = no\nsend_pai = no\n\
         [caller](endpoint)\nallow_transfer = no\n[caller-address]\ntype = identify\nendpoint = caller\nmatch = {}\n",
        slice.part(96, 27),
    );
    let mut phone = |name: &str, last: u8, may: &str| {
        // Those that are told who calls when that changes.
        let more = if (36..40).contains(&last) { "send_pai = yes\n" } else { "" };
        writeln!(
            text,
            "[{name}](endpoint)\naors = {name}\nallow_transfer = {may}\n{more}[{name}]\ntype = aor\ncontact = sip:{name}@{}:5060",
            slice.host(last)
        )
    };
    for number in 1..=29 {
        phone(&format!("a{number}"), 10 + number, "yes")?;
    }
    phone("central", 200, "no")?;
    writeln!(
        text,
        "[pair](endpoint)\naors = pair\n[pair]\ntype = aor\ncontact = sip:pair@{}:5060\ncontact = sip:pair@{}:5060",
        slice.host(11),
        slice.host(12)
    )?;
    for number in 1..=29 {
        writeln!(
            text,
            "[a{number}-address]\ntype = identify\nendpoint = a{number}\nmatch = {}",
            slice.host(40 + number)
        )?;
    }
    Ok(text)
}

fn dialplan(slice: &Slice, folder: &Path) -> String {
    let (host, here) = (slice.host(2), folder.display());
    let [native, agi, ari] = BASELINES;
    format!(
        "[general]\nstatic = yes\nwriteprotect = yes\n\
         [inbound]\n\
         exten => _[0-9+]!,1,Stasis({APP},line=provincial,some data)\n\
         \x20same => n,Verbose(1,own route after ${{STASISSTATUS}})\n\
         \x20same => n,Dial(PJSIP/central/sip:own-route@{central}:5060,60)\n\
         \x20same => n,Hangup()\n\
         exten => _88X,1,Dial(PJSIP/a${{EXTEN:2}},60)\n same => n,Hangup()\n\
         exten => _*X!,1,Stasis({APP},line=inside)\n same => n,Hangup()\n\
         exten => {native},1,Answer()\n same => n,Playback({here}/sounds/second)\n same => n,Hangup()\n\
         exten => {agi},1,AGI(agi://{host}:4573/call)\n same => n,Hangup()\n\
         exten => {ari},1,Stasis(baseline)\n same => n,Hangup()\n\
         exten => {QUEUE},1,Answer()\n same => n,Queue({QUEUE})\n same => n,Hangup()\n\
         [{TRANSFER}]\n\
         exten => s,1,Dial(${{STROWGER_TARGET}},60,${{STROWGER_OPTIONS}})\n same => n,Hangup()\n\
         exten => phone,1,Set(PJSIP_TRANSFER_HANDLING()=ari-only)\n same => n,Return()\n\
         exten => bridge,1,Bridge(${{STROWGER_TARGET}})\n same => n,Hangup()\n",
        central = slice.host(200),
    )
}

/// A tone in 16-bit samples at 8 kHz.
fn tone(seconds: f64, hertz: f64) -> Vec<u8> {
    let samples = (8000.0 * seconds) as u32;
    (0..samples)
        .flat_map(|n| (((TAU * hertz * f64::from(n) / 8000.0).sin() * 8000.0) as i16).to_le_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_boots_answers_and_leaves_nothing_behind() {
        let pbx = AsteriskServer::start().unwrap();
        let (pid, folder) = (pbx.id(), pbx.folder().to_owned());
        assert!(!pbx.log().contains("ERROR["), "{}", pbx.log());
        assert!(pbx.console("core show version").unwrap().contains("Asterisk 22"));
        drop(pbx);
        assert!(!folder.exists() && !Path::new(&format!("/proc/{pid}")).exists());
    }
}
