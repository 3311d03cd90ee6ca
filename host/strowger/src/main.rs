//! The `strowger` command.
//!
//! # Layout
//! * `args`: the command line.
//! * `commands`: one file for each command.
//! * `demo`: a host, a PBX and callers in one process.
//!
//! `strowger serve` is `strowger-daemon`.

/// Calls are many small things on several threads: a sixth more events a second than with glibc's,
/// and 100 bytes less for a waiting call.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod args;
mod commands;
mod demo;

use anstream::{eprintln, println};
use anyhow::Result;
use args::{Cli, Command, SchemaKind};
use clap::{CommandFactory, Parser};
use commands::{
    account, adapter, call, calls, campaign, card, cases, check, dnc, doctor, drill, erase, floor,
    flows, hours, init, mails, pin, records, replay, report, sim, status, switch, test,
};
use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};
use strowger_model::strangers::Lines;
use strowger_remote::protocol;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        // Whoever reads the output has seen enough: `strowger records | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("strowger: {}", Lines(format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == ErrorKind::BrokenPipe)
}

/// 0: all is well. 1: something that was looked at is not good. 2: it could not be looked at.
fn run(cli: Cli) -> Result<ExitCode> {
    let good = match cli.command {
        Command::Serve(args) => strowger_daemon::serve(args.config.read()?)?,
        Command::Init(args) => init::init(&args)?,
        Command::Doctor(args) => doctor::doctor(&args)?,
        Command::Check(args) => check::check(&args)?,
        Command::Test(args) => test::test(&args)?,
        Command::Hours(args) => hours::hours(&args)?,
        Command::Status(args) => status::status(&args)?,
        Command::Flows(args) => flows::flows(&args)?,
        Command::Accept(args) => flows::accept(&args)?,
        Command::Queues(args) => floor::queues(&args)?,
        Command::Agents(args) => floor::agents(&args)?,
        Command::Calls(args) => calls::calls(&args)?,
        Command::Switch(args) => switch::switch(&args)?,
        Command::Campaign(args) => campaign::campaign(&args)?,
        Command::Dnc(args) => dnc::dnc(&args)?,
        Command::User(args) => account::user(&args)?,
        Command::Token(args) => account::token(&args)?,
        Command::Drill(args) => drill::drill(&args)?,
        Command::Card(args) => card::card(&args)?,
        Command::Pin => pin::pin()?,
        Command::Call(args) => call::call(&args)?,
        Command::Demo(args) => demo::demo(&args)?,
        Command::Records(args) => records::records(&args)?,
        Command::Report(args) => report::report(&args)?,
        Command::Mails(args) => mails::mails(&args)?,
        Command::Cases(args) => cases::cases(&args)?,
        Command::Replay(args) => replay::replay(&args)?,
        Command::Erase(args) => erase::erase(&args)?,
        Command::Sim(args) => sim::sim(&args)?,
        Command::Adapter(args) => adapter::adapter(&args)?,
        Command::Schema(args) => {
            let schema = match args.kind {
                SchemaKind::Flow => strowger_flows::schemas::flow(),
                SchemaKind::Site => strowger_site::schema::site(),
                SchemaKind::Scenario => strowger_scenario::file::schema(),
                SchemaKind::Config => strowger_daemon::schema(),
                SchemaKind::AdapterToHost => protocol::schema_to_host(),
                SchemaKind::AdapterToAdapter => protocol::schema_to_adapter(),
                SchemaKind::Api => strowger_api::v1::schema(),
            };
            println!("{}", serde_json::to_string_pretty(&schema)?);
            true
        }
        Command::Man { folder } => {
            std::fs::create_dir_all(&folder)?;
            clap_mangen::generate_to(Cli::command(), &folder)?;
            true
        }
        Command::Completions { shell } => {
            // It panics if it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "strowger", &mut script);
            io::stdout().write_all(&script)?;
            true
        }
    };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
