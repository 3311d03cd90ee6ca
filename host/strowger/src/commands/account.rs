//! `strowger user` and `strowger token`: who may use the console and the API.

use crate::{
    args::{self, TokenAction, UserAction},
    commands::{
        floor::{sheet, show},
        reach::reach,
        sheet::Sheet,
        when,
    },
};
use anstream::{eprint, eprintln, println};
use anyhow::{Context, Result};
use std::io::{BufRead, IsTerminal, stdin};
use strowger_api::{
    Host,
    v1::{IssuedToken, NewToken, NewUser, Token, User, UserDo},
};

pub(crate) fn user(args: &args::User) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    let change = |name: &str, what| runtime.block_on(host.change_user(name, what));
    match args.action.as_ref().unwrap_or(&UserAction::List) {
        UserAction::List => return show(&runtime.block_on(host.users())?, args.json, users),
        UserAction::Add { name, role } => {
            let new = NewUser { name: name.clone(), role: *role, password: password()? };
            return show(&[runtime.block_on(host.add_user(new))?], args.json, users);
        }
        UserAction::Role { name, role } => {
            change(name, UserDo::Role { role: *role })?;
            println!("{name} is {role} from now on");
        }
        UserAction::Password { name } => {
            change(name, UserDo::Password { password: password()? })?;
            println!("{name} has another password, and is logged out everywhere");
        }
        UserAction::Remove { name } => {
            change(name, UserDo::Remove)?;
            println!("{name} may log in no more, and is logged out everywhere");
        }
    }
    Ok(true)
}

pub(crate) fn token(args: &args::Token) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    match args.action.as_ref().unwrap_or(&TokenAction::List) {
        TokenAction::List => show(&runtime.block_on(host.tokens())?, args.json, tokens),
        TokenAction::Add { label, role, days } => {
            let new = NewToken { label: label.clone(), role: *role, days: *days };
            let issued = runtime.block_on(host.issue_token(new))?;
            print_secret(&issued, args.json)?;
            Ok(true)
        }
        TokenAction::Revoke { id } => {
            runtime.block_on(host.revoke_token(id))?;
            println!("the token {id} is good for nothing from now on");
            Ok(true)
        }
    }
}

/// The secret alone is on standard output, so that it can go to a file.
fn print_secret(issued: &IssuedToken, json: bool) -> Result<()> {
    match json {
        true => println!("{}", serde_json::to_string_pretty(issued)?),
        false => {
            let Token { id, until, .. } = &issued.token;
            let until = when::local(*until);
            eprintln!("token {id}, good until {until}; its secret is not shown again:");
            println!("{}", issued.secret);
        }
    }
    Ok(())
}

/// A password is no argument: those stand in the shell's history and in the list of processes.
fn password() -> Result<String> {
    if stdin().is_terminal() {
        eprint!("password (at least 10 characters; it is shown as you type): ");
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line).context("no password can be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn users(users: &[User]) -> Sheet {
    let row =
        |user: &User| [user.name.clone(), user.role.to_string(), when::local(user.since)].to_vec();
    sheet(&["user", "role", "since"], users.iter().map(row))
}

fn tokens(tokens: &[Token]) -> Sheet {
    let row = |token: &Token| {
        let Token { id, label, role, made, until } = token;
        let (made, until) = (when::local(*made), when::local(*until));
        [id.clone(), label.clone(), role.to_string(), made, until].to_vec()
    };
    sheet(&["id", "label", "role", "made", "until"], tokens.iter().map(row))
}
