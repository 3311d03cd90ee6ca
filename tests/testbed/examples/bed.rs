//! A bed to look around in: starts an Asterisk, says where it is, and ends it with the end of
//! standard input.

use std::io::Read;
use strowger_testbed::{
    AsteriskServer,
    asterisk::{APP, PASSWORD, USER},
};

fn main() -> anyhow::Result<()> {
    let pbx = AsteriskServer::start()?;
    println!(
        "SIP at {}, ARI at {} for user {USER:?} with {PASSWORD:?}, application {APP:?}",
        pbx.sip(),
        pbx.url()
    );
    println!(
        "console: {} -C {}/etc/asterisk.conf -r",
        pbx.tools().root().join("bin/asterisk").display(),
        pbx.folder().display()
    );
    std::io::stdin().read_to_end(&mut Vec::new())?;
    print!("{}", pbx.log());
    Ok(())
}
