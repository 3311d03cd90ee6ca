//! `strowger adapter test`: the scenarios of all adapters, played on one that connects.

use crate::args::{self, AdapterAction};
use anstream::println;
use anyhow::{Context, Result, bail};
use std::{net::SocketAddr, time::Duration};
use strowger_conformance::{run, scenarios};
use strowger_model::strangers::{Lines, Shown};
use strowger_remote::{RemoteGround, Token, protocol::PATH};

pub(crate) fn adapter(args: &args::Adapter) -> Result<bool> {
    let AdapterAction::Test(args) = &args.action;
    let token = Token::read(&args.token_file)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(test(args, token))
}

async fn test(args: &args::AdapterTest, token: Token) -> Result<bool> {
    let mut ground =
        RemoteGround::listen(address(&args.listen)?, token, Duration::from_millis(args.slack))
            .await?;
    println!("waiting for an adapter at ws://{}{PATH}", ground.host().address());
    let name = ground.adapter(Duration::from_secs(args.wait)).await?;
    println!("{} has connected", Shown(&name));
    let (mut passed, mut failed) = (0, 0);
    for scenario in scenarios()
        .iter()
        .filter(|scenario| args.only.as_ref().is_none_or(|only| scenario.name.contains(only)))
    {
        ground.clear().await.with_context(|| format!("before {}", scenario.name))?;
        match run(scenario, &mut ground).await {
            Ok(_) => {
                passed += 1;
                println!("ok      {}", scenario.name);
            }
            Err(error) => {
                failed += 1;
                println!("FAILED  {}", Lines(format!("{error:#}")));
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if passed + failed == 0 {
        bail!("there is no such scenario");
    }
    Ok(failed == 0)
}

/// Where to listen, from a URL as adapters are given one.
fn address(url: &str) -> Result<SocketAddr> {
    let address = url.strip_prefix("ws://").unwrap_or(url);
    let address = address.strip_suffix(PATH).unwrap_or(address).trim_end_matches('/');
    address
        .parse()
        .with_context(|| format!("{url:?} is no address to listen at, such as ws://127.0.0.1:7078"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_said_as_to_adapters() {
        for url in [
            "ws://127.0.0.1:7078",
            "ws://127.0.0.1:7078/",
            "ws://127.0.0.1:7078/adapter/v1",
            "127.0.0.1:7078",
        ] {
            assert_eq!(address(url).unwrap(), SocketAddr::from(([127, 0, 0, 1], 7078)));
        }
        assert!(address("ws://nowhere").is_err());
    }
}
