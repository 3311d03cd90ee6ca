//! `strowger switch`: where the switches stand, and who turned them.

use crate::{
    args,
    commands::{
        floor::{or_none, sheet, show},
        reach::reach,
        sheet::Sheet,
        when,
    },
};
use anyhow::Result;
use strowger_api::{
    Host,
    v1::{Means, Switch, SwitchTurn, TurnSwitch, WhichTurns},
};

pub(crate) fn switch(args: &args::Switch) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    match &args.action {
        None | Some(args::SwitchDo::List) => {
            show(&runtime.block_on(host.switches())?, args.json, switches)
        }
        Some(args::SwitchDo::Set(set)) => {
            let turned = runtime.block_on(host.turn_switch(&set.switch, turn(set)?))?;
            show(&[turned], args.json, turns)
        }
        Some(args::SwitchDo::History { switch, limit }) => {
            let which = WhichTurns { switch: switch.clone(), limit: Some(*limit) };
            show(&runtime.block_on(host.switch_turns(which))?, args.json, turns)
        }
    }
}

fn turn(set: &args::SetSwitch) -> Result<TurnSwitch> {
    let until = set.until.or(set.for_).map(when::known).transpose()?;
    Ok(TurnSwitch {
        position: set.position.clone(),
        until,
        by: set.by.clone().or_else(when::logged_in),
        reason: set.reason.clone(),
        means: Means::Command,
    })
}

const SWITCH: [&str; 8] =
    ["label", "switch", "code", "position", "since", "until", "by", "positions"];

fn switches(switches: &[Switch]) -> Sheet {
    let row = |switch: &Switch| {
        let until = switch.until.zip(switch.back_to.as_ref());
        let until = until.map(|(at, to)| format!("{}, then {to}", when::local(at)));
        [
            switch.label.clone(),
            switch.switch.clone(),
            or_none(switch.code.as_deref()),
            switch.position.clone(),
            or_none(switch.since.map(when::local).as_deref()),
            or_none(until.as_deref()),
            or_none(switch.by.as_deref()),
            switch.positions.join(", "),
        ]
        .to_vec()
    };
    sheet(&SWITCH, switches.iter().map(row))
}

const TURN: [&str; 8] = ["at", "switch", "from", "to", "until", "by", "means", "reason"];

fn turns(turns: &[SwitchTurn]) -> Sheet {
    let row = |turn: &SwitchTurn| {
        let means = match turn.means {
            Means::Api => "API",
            Means::Command => "command",
            Means::Console => "console",
            Means::Telephone => "telephone",
            Means::Time => "its time was over",
            Means::SiteFile => "site file",
        };
        let endpoint = turn.endpoint.as_ref().map_or(String::new(), |at| format!(" {at}"));
        [
            when::local(turn.at),
            turn.switch.clone(),
            turn.from.clone(),
            turn.to.clone(),
            or_none(turn.until.map(when::local).as_deref()),
            or_none(turn.by.as_deref()),
            format!("{means}{endpoint}"),
            or_none(turn.reason.as_deref()),
        ]
        .to_vec()
    };
    sheet(&TURN, turns.iter().map(row))
}
