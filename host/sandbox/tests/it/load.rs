//! Files that are no plugin of this host, and the cache of compiled ones.

use crate::common::{first, flow};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};
use strowger_sandbox::{Engine, LoadError};
use strowger_test_support::plugin_wasm;

fn refused(bytes: &[u8]) -> LoadError {
    Engine::new(None).unwrap().load("desk.wasm", bytes).err().unwrap()
}

fn refused_text(wat: &str) -> LoadError {
    refused(&wat::parse_str(wat).unwrap())
}

/// Asserts on the kind of the refusal and on what it says.
macro_rules! assert_refused {
    ($error:expr, $kind:pat, $($says:literal),+) => {
        let error = $error;
        let text = error.to_string();
        assert!(matches!(error, $kind), "{text}");
        for part in ["desk.wasm: ", $($says),+] {
            assert!(text.contains(part), "{text:?} does not say {part:?}");
        }
    };
}

#[test]
fn not_a_component() {
    assert_refused!(
        refused(b"#!/bin/sh\necho hello"),
        LoadError::NotAComponent { .. },
        "#!/bin/sh",
        "wasm32-wasip2"
    );
    assert_refused!(refused(b""), LoadError::NotAComponent { .. }, "the file is empty");
    assert_refused!(
        refused_text("(module)"),
        LoadError::CoreModule { .. },
        "a core WebAssembly module"
    );
}

#[test]
fn truncated_anywhere() {
    let wasm = plugin_wasm("hostile");
    for tenth in 1..10 {
        let length = wasm.len() * tenth / 10;
        assert_refused!(
            refused(&wasm[..length]),
            LoadError::Truncated { .. },
            "truncated",
            "copy the file again"
        );
    }
    // At the end of a part the rest is valid, and no plugin.
    assert_refused!(
        refused(&wasm[..8]),
        LoadError::MissingExport { export: "manifest", .. },
        "`manifest`"
    );
}

#[test]
fn damaged_inside() {
    let mut wasm = plugin_wasm("hostile");
    let middle = wasm.len() / 2;
    wasm[middle..middle + 64].fill(0xff);
    assert_refused!(refused(&wasm), LoadError::Invalid { .. }, "not a valid component");
}

#[test]
fn unknown_version_of_the_contract_is_named_beside_those_that_are_known() {
    for interface in ["reads", "types"] {
        let wat = format!("(component (import \"strowger:flow/{interface}@0.9.0\" (instance)))");
        assert_refused!(
            refused_text(&wat),
            LoadError::OtherVersion { .. },
            "built for strowger:flow@0.9.0",
            "speaks strowger:flow@0.1.0 and strowger:flow@0.2.0"
        );
    }
    assert_refused!(
        refused_text(
            "(component
                (import \"strowger:flow/types@0.1.0\" (instance))
                (import \"strowger:flow/reads@0.2.0\" (instance)))"
        ),
        LoadError::OtherVersion { .. },
        "built for strowger:flow@0.1.0 and 0.2.0"
    );
}

#[test]
fn unknown_imports_are_named() {
    for import in ["acme:bank/transfer@1.0.0", "wasi:io/poll@0.4.0", "strowger:flow/admin@0.1.0"] {
        let wat = format!("(component (import \"{import}\" (instance)))");
        let error = refused_text(&wat);
        assert!(error.to_string().contains(&format!("imports `{import}`")), "{error}");
        assert!(matches!(error, LoadError::UnknownImport { .. }));
    }
    assert_refused!(
        refused_text("(component (import \"dial\" (func)))"),
        LoadError::UnknownImport { .. },
        "imports `dial`"
    );
}

#[test]
fn async_is_refused_with_what_to_do() {
    let task = "(component (core func (canon task.return)))";
    let export = "(component
        (core module $m (func (export \"f\") (result i32) unreachable)
            (func (export \"cb\") (param i32 i32 i32) (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func $f async (canon lift (core func $i \"f\") async (callback (core func $i \"cb\"))))
        (export \"step\" (func $f)))";
    let wasi = "(component (import \"wasi:clocks/monotonic-clock@0.3.0\" (instance)))";
    for wat in [task, export, wasi] {
        assert_refused!(
            refused_text(wat),
            LoadError::Asynchronous { .. },
            "built for asynchronous calls",
            "WASI 0.2 and without async",
            "`--sync`"
        );
    }
}

/// The exports, none with a type of the contract, and what is to be imported.
fn with_exports(import: &str) -> String {
    let export = |name: &str| format!("(export \"{name}\" (func $f))");
    let exports: String = ["manifest", "configure", "step"].map(export).concat();
    format!(
        "(component {import}
            (core module $m (func (export \"f\")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i \"f\")))
            {exports})"
    )
}

#[test]
fn other_types_than_the_contracts_are_named() {
    assert_refused!(
        refused_text(&with_exports("")),
        LoadError::OtherType { .. },
        "strowger:flow@0.2.0",
        "configure"
    );
    let import = "(import \"strowger:flow/reads@0.2.0\" (instance (export \"password\" (func))))";
    assert_refused!(refused_text(&with_exports(import)), LoadError::OtherType { .. }, "password");
    let old = import.replace("0.2.0", "0.1.0");
    assert_refused!(
        refused_text(&with_exports(&old)),
        LoadError::MissingExport { .. },
        "`migrate`",
        "strowger:flow@0.1.0"
    );
}

#[test]
fn compiled_plugins_are_kept_and_mistrusted() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("compiled");
    let wasm = plugin_wasm("hostile");
    let works = || {
        let plugin = Engine::new(Some(cache.clone())).unwrap().load("hostile.wasm", &wasm).unwrap();
        first(&flow(&plugin, "good")).unwrap();
    };
    let entry = || -> PathBuf {
        let entries: Vec<_> =
            fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries.into_iter().next().unwrap()
    };
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    works();
    let (path, good) = (entry(), fs::read(entry()).unwrap());
    assert_eq!((mode(&cache), mode(&path)), (0o700, 0o600), "for its owner alone");
    let written = || fs::metadata(entry()).unwrap().modified().unwrap();
    let first_time = written();
    works();
    assert_eq!(written(), first_time, "taken from the cache");

    // Truncated, altered, empty, of another kind: compiled anew and replaced.
    let mut altered = good.clone();
    altered[good.len() / 2] ^= 1;
    for damaged in [&good[..good.len() / 2], &altered, &[], b"#!/bin/sh"] {
        fs::write(&path, damaged).unwrap();
        works();
        assert_eq!(fs::read(entry()).unwrap().len(), good.len());
        assert_ne!(fs::read(entry()).unwrap(), damaged);
    }

    // An entry that others could have written is not trusted, however whole it is.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    works();
    assert_eq!(mode(&entry()), 0o600, "replaced");

    // A cache that cannot be written costs time, not service.
    fs::remove_dir_all(&cache).unwrap();
    let engine = Engine::new(Some(cache.clone())).unwrap();
    fs::remove_dir_all(&cache).unwrap();
    engine.load("hostile.wasm", &wasm).unwrap();
}
