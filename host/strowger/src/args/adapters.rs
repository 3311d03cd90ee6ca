//! Arguments of the sim as an adapter, and of the scenarios of all adapters.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// Where the host listens
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7077/adapter/v1")]
    pub(crate) connect: String,
    /// The file that holds the host's token
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: PathBuf,
    /// The adapter's name, for the host's log
    #[arg(long, default_value = "sim")]
    pub(crate) name: String,
    /// How many callers call, as soon as the host is connected
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) callers: u64,
    /// How many of them call in a second
    #[arg(long, value_name = "PER_S", default_value_t = 10.0)]
    pub(crate) rate: f64,
    /// The number that the callers call
    #[arg(long, value_name = "NUMBER", default_value = "+3292000300")]
    pub(crate) to: String,
    /// A caller hangs up after so many seconds if nobody has talked to them
    #[arg(long, value_name = "SECONDS")]
    pub(crate) patience: Option<f64>,
    /// Seconds that a phone rings before it answers
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    pub(crate) answer_after: f64,
    /// Seconds that a phone talks before it hangs up
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0)]
    pub(crate) talk: f64,
    /// Phones ring and nobody answers
    #[arg(long, conflicts_with_all = ["answer_after", "talk"])]
    pub(crate) nobody_answers: bool,
    /// A TOML file that says how outside numbers behave: a table `outside`, as in scenarios
    #[arg(long, value_name = "FILE")]
    pub(crate) phones: Option<PathBuf>,
    /// Milliseconds between two lines of output, at least
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub(crate) status: u64,
    /// End when all callers have hung up
    #[arg(long)]
    pub(crate) exit: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Adapter {
    #[command(subcommand)]
    pub(crate) action: AdapterAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdapterAction {
    /// Test an adapter: play the scenarios that every adapter has to pass
    ///
    /// Listens at URL, waits until the adapter connects, and plays the scenarios. The adapter must
    /// offer `stage`: simulated callers and phones. If a scenario fails, the command shows what was
    /// expected, what came instead, and everything that came before.
    ///
    /// The exit code is 0 if all scenarios passed, else 1.
    #[command(
        after_help = "Example:\n  strowger adapter test ws://127.0.0.1:7078 --token-file token"
    )]
    Test(AdapterTest),
}

#[derive(Debug, Args)]
pub(crate) struct AdapterTest {
    /// Where to listen; with port 0 the system chooses a free port
    #[arg(value_name = "URL", default_value = "ws://127.0.0.1:7078")]
    pub(crate) listen: String,
    /// The file that holds the token which the adapter shows
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: PathBuf,
    /// Only scenarios whose name contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Seconds to wait for the adapter
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
    /// Milliseconds by which an event may come later than expected
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    pub(crate) slack: u64,
}
