//! Every version is whole: what `wit/` says of it is what the host links and checks.
#![allow(clippy::unwrap_used)]

use super::Version;
use crate::{Engine, LoadError};
use std::{fs, path::PathBuf};
use wit_component::{ComponentEncoder, StringEncoding, WitPrinter, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, PackageId, Resolve};

fn contract(version: Version) -> (Resolve, PackageId) {
    let folder = match version {
        Version::V0_1 => "v0_1",
        Version::Current => "",
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(PathBuf::from("../../wit").join(folder)).unwrap();
    (resolve, package)
}

/// A component of a version that imports and exports all that there is, and traps when called.
fn dummy(version: Version) -> Vec<u8> {
    let (resolve, package) = contract(version);
    let world = resolve.packages[package].worlds["flow"];
    let mut module =
        wit_component::dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

#[test]
fn names_are_those_of_the_files() {
    for version in Version::ALL {
        let (resolve, package) = contract(version);
        let name = resolve.packages[package].name.to_string();
        assert_eq!(name, format!("strowger:flow@{version}"));
    }
}

/// That far it comes only if every import and every export has the type that the file says.
#[test]
fn every_type_is_the_one_that_the_file_says() {
    let engine = Engine::new(None).unwrap();
    for version in Version::ALL {
        let error = engine.load("dummy.wasm", &dummy(version)).err().unwrap();
        assert!(matches!(error, LoadError::Fault(_)), "{version}: {error}");
        assert!(error.to_string().contains("in `manifest`"), "{version}: {error}");
    }
}

/// A version that was published stays as it is, but for its comments: plugins were built on it.
#[test]
fn published_versions_do_not_change() {
    let published =
        [(Version::V0_1, "bf5fb1f3fc013bd10724e77998398913a49a2b7992a5426f46380a0763a8e7ca")];
    for (version, hash) in published {
        let (resolve, package) = contract(version);
        let mut printer = WitPrinter::default();
        printer.emit_docs(false).print(&resolve, package, &[]).unwrap();
        let now = blake3::hash(printer.output.to_string().as_bytes()).to_hex().to_string();
        assert_eq!(now, hash, "{version} was published and has changed");
    }
    let folders = fs::read_dir("../../wit").unwrap();
    let folders = folders
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('v'));
    assert_eq!(folders.count(), published.len(), "a published version is not listed here");
}
