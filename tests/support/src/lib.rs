//! What tests of several crates share: the plugins and test guests, built for wasm, reads with
//! fixed answers, and readers that are given spoilt examples.
//!
//! `cargo xtask test` builds all guests before it runs the tests, so that here a file need only be
//! read. Without it (one crate's tests, run by hand) the guest is built by the cargo that runs the
//! test.

mod fixed;
mod fuzz;

pub use fixed::FixedReads;
pub use fuzz::{fuzz, fuzz_text};

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// The text of a site file without its templates of campaigns: for a folder that has not their flows.
pub fn without_campaigns(site: &str) -> String {
    let mut is_in_one = false;
    let kept = site.lines().filter(|line| {
        if line.starts_with('[') {
            is_in_one = line.starts_with("[campaigns.");
        }
        !is_in_one
    });
    kept.flat_map(|line| [line, "\n"]).collect()
}

/// The wasm of a plugin or test guest by its package's name, such as `vaccination-helpdesk`.
/// Underscores do as well. It is built unless `cargo xtask` has just done so, which it says by
/// setting `STROWGER_GUESTS_BUILT`.
///
/// # Panics
/// When the guest cannot be built; the message is cargo's own.
pub fn plugin_wasm(package: &str) -> Vec<u8> {
    let path = plugin_path(package);
    fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// Where that wasm lies; it is there when this returns.
///
/// # Panics
/// As [`plugin_wasm`].
pub fn plugin_path(package: &str) -> PathBuf {
    let package = package.replace('_', "-");
    let path = target_directory()
        .join("wasm32-wasip2/plugin")
        .join(package.replace('-', "_"))
        .with_extension("wasm");
    if env::var_os("STROWGER_GUESTS_BUILT").is_none() || !path.exists() {
        build(&package);
    }
    path
}

/// Builds one guest; cargo does nothing when nothing changed.
fn build(package: &str) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(workspace())
        .args([
            "build",
            "--quiet",
            "--target",
            "wasm32-wasip2",
            "--profile",
            "plugin",
            "--package",
            package,
        ])
        .arg("--target-dir")
        .arg(target_directory())
        .output()
        .unwrap_or_else(|error| panic!("cannot run cargo to build {package}: {error}"));
    assert!(
        output.status.success(),
        "{package} does not build for wasm32-wasip2 (`rustup target add wasm32-wasip2` may help):\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The folder of the workspace's `Cargo.toml`. Asked for when the test runs: one folder of built
/// tests may serve two clones.
pub fn workspace() -> &'static Path {
    static WORKSPACE: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let is_workspace = |folder: &&Path| folder.join("Cargo.lock").exists();
        package.ancestors().find(is_workspace).unwrap_or(&package).to_owned()
    });
    &WORKSPACE
}

/// Where tests keep compiled plugins between runs.
pub fn compile_cache() -> PathBuf {
    target_directory().join("compiled-plugins")
}

fn target_directory() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}
