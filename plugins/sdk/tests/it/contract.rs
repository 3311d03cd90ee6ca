//! The contract as it is checked in, and what plugins ask of their host.

use std::{env, fs, path::PathBuf};
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{Resolve, WorldItem};

fn repository() -> PathBuf {
    PathBuf::from("../..")
}

fn contract() -> (Resolve, wit_parser::PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(repository().join("wit")).unwrap();
    (resolve, package)
}

/// The contract with every name resolved, for people to compare and for tools that read one file.
#[test]
fn the_resolved_contract_is_checked_in() {
    let (resolve, package) = contract();
    let mut printer = WitPrinter::default();
    printer.print(&resolve, package, &[]).unwrap();
    let text = printer.output.to_string();
    let file = repository().join("wit/resolved/flow.wit");
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    } else {
        let checked_in = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            checked_in == text,
            "wit/resolved/flow.wit is not wit/flow.wit any more: run this test with UPDATE=1 and commit the file"
        );
    }
}

/// Imports of WASI that come with Rust's standard library and that the host answers with a stub.
/// None reaches a file, the network or a clock.
const STUBBED: [&str; 13] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
];

/// Whatever plugins have been built (`cargo build -p vaccination-helpdesk --target wasm32-wasip2
/// --profile plugin`) ask for nothing but the contract's reads, and export what it demands.
#[test]
fn plugins_stay_within_the_contract() {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    let (resolve, package) = contract();
    let world = &resolve.worlds[resolve.packages[package].worlds["flow"]];
    let demanded: Vec<_> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    for plugin in ["vaccination_helpdesk", "reception"] {
        let file = target.join(format!("wasm32-wasip2/plugin/{plugin}.wasm"));
        let Ok(bytes) = fs::read(&file) else {
            assert!(env::var_os("CI").is_none(), "{} is not built", file.display());
            eprintln!("{} is not built: not looked at", file.display());
            continue;
        };
        assert!(bytes.len() <= 576 * 1024, "{plugin} has grown to {} bytes", bytes.len());
        let DecodedWasm::Component(resolve, world) = wit_component::decode(&bytes).unwrap() else {
            panic!("{} is not a component", file.display());
        };
        let world = &resolve.worlds[world];
        for (key, item) in &world.imports {
            if matches!(item, WorldItem::Type { .. }) {
                continue;
            }
            let name = resolve.name_world_key(key);
            let unversioned = name.split('@').next().unwrap();
            let types_only = matches!(item, WorldItem::Interface { id, .. } if resolve.interfaces[*id].functions.is_empty());
            let known = unversioned.starts_with("strowger:flow/")
                || STUBBED.contains(&unversioned)
                || types_only;
            assert!(known, "{plugin} imports {name}, which no host gives it");
        }
        let exports: Vec<_> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
        for export in &demanded {
            assert!(exports.contains(export), "{plugin} does not export {export}");
        }
    }
}
