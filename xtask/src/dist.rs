//! The package for Debian: command, plugins, flows to copy, manual pages, completions, unit.
//!
//! The command is the one that was tested: the profile of development is optimised here. `dpkg-deb`
//! makes the package, for it is on every Debian; tools that do more are for what is built by Debian.

use crate::{cargo, guests, run, say, target, workspace};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The shells for which completions are written, and where they look for them.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/strowger"),
    ("zsh", "usr/share/zsh/vendor-completions/_strowger"),
    ("fish", "usr/share/fish/vendor_completions.d/strowger.fish"),
];

/// Builds everything, and makes the package.
pub(crate) fn dist() -> Result<PathBuf> {
    let plugins = guests::build()?;
    say("building the host");
    run(cargo().args(["build", "--locked", "--package", "strowger"]))?;
    let folder = target().join("dist");
    package(&target().join("debug/strowger"), &plugins, env!("CARGO_PKG_VERSION"), &folder)
}

/// Makes a package of a command and of plugins, in a folder.
fn package(command: &Path, plugins: &Path, version: &str, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let work = tempfile::tempdir_in(folder)?;
    let root = work.path();
    lay_out(root, command, plugins)?;
    control(root, version)?;
    let file = folder.join(format!("strowger_{version}_{}.deb", architecture()?));
    // Everything belongs to root, whoever builds it.
    run(Command::new("dpkg-deb").args(["--root-owner-group", "--build"]).arg(root).arg(&file))?;
    Ok(file)
}

fn lay_out(root: &Path, command: &Path, plugins: &Path) -> Result<()> {
    let binary = put(root, "usr/bin/strowger", command)?;
    run(Command::new("strip").arg("--strip-unneeded").arg(&binary))?;
    for plugin in files(plugins, "wasm")? {
        let name = plugin.file_name().context("a plugin without a name")?.to_string_lossy();
        put(root, &format!("usr/lib/strowger/plugins/{name}"), &plugin)?;
    }
    let workspace = workspace();
    copy(&workspace.join("flows"), &root.join("usr/share/strowger/flows"))?;
    let doc = root.join("usr/share/doc/strowger");
    copy(&workspace.join("docs"), &doc)?;
    for file in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(workspace.join(file), doc.join(file)).context(file)?;
    }
    fs::copy(workspace.join("packaging/debian/copyright"), doc.join("copyright"))?;
    write(root, "usr/share/doc/strowger/sbom.cdx.json", &bill_of_materials()?)?;
    let unit = fs::read_to_string(workspace.join("packaging/strowger.service"))?;
    let unit = unit.replace("/usr/local/bin/", "/usr/bin/");
    write(root, "usr/lib/systemd/system/strowger.service", &unit)?;
    let manuals = root.join("usr/share/man/man1");
    run(Command::new(command).arg("man").arg(&manuals))?;
    for page in files(&manuals, "1")? {
        run(Command::new("gzip").arg("-9n").arg(page))?;
    }
    for (shell, at) in COMPLETIONS {
        write(root, at, &output(Command::new(command).args(["completions", shell]))?)?;
    }
    Ok(())
}

/// Every crate that the command is made of, with its licence, as CycloneDX.
fn bill_of_materials() -> Result<String> {
    let crates = ["tree", "--locked", "--package", "strowger", "--edges", "normal"];
    let lines = ["--prefix", "none", "--format", "{p}|{l}"];
    let tree = output(cargo().current_dir(workspace()).args(crates).args(lines))?;
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    let components = crates.into_iter().filter_map(|line| {
        let (package, licence) = line.split_once('|')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.trim_start_matches('v'));
        Some(json!({
            "type": "library",
            "name": name,
            "version": version,
            "purl": format!("pkg:cargo/{name}@{version}"),
            "licenses": [{ "expression": licence.replace('/', " OR ") }],
        }))
    });
    let components: Vec<Value> = components.collect();
    let bill = json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": components });
    Ok(serde_json::to_string_pretty(&bill)?)
}

/// What dpkg is told, and the scripts that it runs.
fn control(root: &Path, version: &str) -> Result<()> {
    let from = workspace().join("packaging/debian");
    let libc = output(Command::new("dpkg-query").args(["-W", "-f", "${Version}", "libc6"]))?;
    let text = fs::read_to_string(from.join("control"))?
        .replace("{version}", version)
        .replace("{architecture}", &architecture()?)
        // Of the machine that built it: an older one may lack something that was linked.
        .replace("{libc}", libc.split('-').next().unwrap_or(&libc));
    write(root, "DEBIAN/control", &text)?;
    for script in ["postinst", "prerm", "postrm"] {
        let file = put(root, &format!("DEBIAN/{script}"), &from.join(script))?;
        run(Command::new("chmod").arg("755").arg(file))?;
    }
    Ok(())
}

fn architecture() -> Result<String> {
    Ok(output(Command::new("dpkg").arg("--print-architecture"))?.trim().to_owned())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "failed ({}): {command:?}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

fn write(root: &Path, at: &str, text: &str) -> Result<()> {
    fs::write(made(root, at)?, text).with_context(|| format!("cannot write {at}"))
}

fn put(root: &Path, at: &str, file: &Path) -> Result<PathBuf> {
    let to = made(root, at)?;
    fs::copy(file, &to).with_context(|| format!("cannot copy {} to {at}", file.display()))?;
    Ok(to)
}

/// A path in the package, whose folder is there.
fn made(root: &Path, at: &str) -> Result<PathBuf> {
    let to = root.join(at);
    fs::create_dir_all(to.parent().unwrap_or(root))?;
    Ok(to)
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|it| it == extension));
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    run(Command::new("cp").arg("-r").arg(from.join(".")).arg(to))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};
    use strowger_testbed::{debian::Root, process::Process};

    const CONFIG: &str = "/etc/strowger/strowger.toml";
    const PATIENCE: Duration = Duration::from_secs(60);

    fn installed(root: &Root, version: &str) -> String {
        let (command, plugins) = (target().join("debug/strowger"), target().join("plugins"));
        let folder = tempfile::tempdir().unwrap();
        let package = package(&command, &plugins, version, folder.path()).unwrap();
        fs::copy(package, root.path().join("strowger.deb")).unwrap();
        root.run(&["dpkg", "--install", "/strowger.deb"]).unwrap()
    }

    fn serving(root: &Root) -> Process {
        let host = root.start("strowger", &["strowger", "serve", "--config", CONFIG]).unwrap();
        // It serves as soon as the PBX comes.
        let started = |log: &str| log.contains("started, and serves").then_some(());
        host.output().until("it has started", PATIENCE, started).unwrap();
        host
    }

    /// The id of the call in which the first agent talks.
    fn talking(root: &Root) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let calls = root
                .command("strowger", &["strowger", "calls", "--json", "--config", CONFIG])
                .output()
                .unwrap();
            let calls = String::from_utf8(calls.stdout).unwrap();
            let id = calls.split("\"call\": \"").nth(1).and_then(|rest| rest.split('"').next());
            match id.filter(|_| calls.contains("\"first\"")) {
                Some(id) => return id.to_owned(),
                None => assert!(Instant::now() < deadline, "nobody talks: {calls}"),
            }
        }
    }

    #[test]
    fn the_package_serves_is_upgraded_with_calls_up_and_is_purged_in_a_fresh_debian() {
        let root = Root::fresh().unwrap();
        assert!(installed(&root, "0.1.0").contains("strowger init /etc/strowger"));
        for file in
            ["usr/share/man/man1/strowger-serve.1.gz", "usr/lib/systemd/system/strowger.service"]
        {
            assert!(root.path().join(file).is_file(), "{file}");
        }
        let bill = root.path().join("usr/share/doc/strowger/sbom.cdx.json");
        let bill = fs::read_to_string(bill).unwrap();
        assert!(bill.contains("pkg:cargo/wasmtime@") && bill.contains("pkg:cargo/strowger@0.1.0"));
        root.run(&["strowger", "init", "/etc/strowger", "--yes"]).unwrap();
        // The simulated PBX is a process of its own: its calls are up while the host is replaced.
        let (config, token) =
            (root.path().join("etc/strowger/strowger.toml"), "/etc/strowger/token");
        fs::write(root.path().join("etc/strowger/token"), "t".repeat(40)).unwrap();
        root.run(&["chmod", "640", token]).unwrap();
        let text = fs::read_to_string(&config).unwrap();
        let text = text.replace("adapter = \"sim\"", "adapter = \"remote\"");
        fs::write(&config, format!("{text}\n[remote]\ntoken_file = \"token\"\n")).unwrap();
        let doctor = root.command("strowger", &["strowger", "doctor", "--config", CONFIG]).output();
        let said = String::from_utf8(doctor.unwrap().stdout).unwrap();
        assert!(said.contains("no program `espeak-ng`") && said.contains("1 of "), "{said}");

        let host = serving(&root);
        let to = ["--to", "+3292000100", "--patience", "3600", "--talk", "3600"];
        let sim = ["strowger", "sim", "--token-file", token, "--callers", "1"];
        let _sim = root.start("strowger", &[&sim[..], &to].concat()).unwrap();
        let before = talking(&root);
        drop(host);
        installed(&root, "0.1.1");
        let host = serving(&root);
        assert_eq!(talking(&root), before);
        drop(host);

        root.run(&["dpkg", "--remove", "strowger"]).unwrap();
        assert!(!root.path().join("usr/bin/strowger").exists());
        assert!(root.path().join("var/lib/strowger/strowger.db").is_file(), "records are kept");
        root.run(&["dpkg", "--purge", "strowger"]).unwrap();
        for gone in ["etc/strowger", "var/lib/strowger", "var/cache/strowger"] {
            assert!(!root.path().join(gone).exists(), "{gone}");
        }
    }
}
