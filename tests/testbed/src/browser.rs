//! A real browser, Chromium with its driver, and promtool, which checks figures for Prometheus: of
//! the Debian that the machine runs, unpacked into the user's cache.
//!
//! They run with the C library of the machine and with the other libraries beside them, so they must
//! be of the machine's own suite. `cargo xtask browser` fetches them, or the first test that needs
//! them.

use crate::packages::{cache, download, own_sources, run, unpack};
use anyhow::{Context, Result};
use std::{fs, path::PathBuf, process::Command};

/// Changes when the recipe itself does.
const RECIPE: &str = "1";

const PACKAGES: &[&str] = &["chromium", "chromium-driver", "fonts-dejavu-core", "prometheus"];

/// The C library: that of the machine has to be used, with the machine's own loader.
const OF_THE_MACHINE: &[&str] = &["libc6_", "libc-bin_", "libc6-dev_"];

/// Folders that nobody needs here.
const NEEDLESS: &[&str] =
    &["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/icons"];

/// How the driver and the browser are started so that they ask nobody else for anything.
pub const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// The unpacked programs.
#[derive(Clone, Debug)]
pub struct Browser {
    root: PathBuf,
}

impl Browser {
    /// Those that are in the cache, fetched if they are not there. `say` is told what is going on.
    ///
    /// # Errors
    /// The machine has no apt-get or dpkg-deb, it is no Debian, the mirror cannot be reached, or what
    /// came does not run.
    pub fn fetch(say: impl Fn(&str)) -> Result<Self> {
        let root = folder()?;
        let parent = root.parent().context("the cache has no parent folder")?;
        fs::create_dir_all(parent)?;
        let lock = fs::File::create(parent.join(".browser.lock"))
            .context("cannot create the lock of the cache")?;
        lock.lock().context("cannot lock the cache")?;
        if root.join("complete").is_file() {
            return Ok(Self { root });
        }
        say("fetching Chromium, its driver and promtool");
        let work = tempfile::tempdir_in(parent).context("cannot create a folder in the cache")?;
        let packages = download(&work.path().join("apt"), &own_sources()?, PACKAGES)?;
        say(&format!("unpacking {} packages", packages.len()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root)?;
        for package in &packages {
            let name = package.file_name().unwrap_or_default().to_string_lossy();
            if !OF_THE_MACHINE.iter().any(|other| name.starts_with(other)) {
                unpack(package, &root)?;
            }
        }
        for needless in NEEDLESS {
            let _ = fs::remove_dir_all(root.join(needless));
        }
        let browser = Self { root };
        browser.write_fonts()?;
        let mut chromium = Command::new(browser.chromium());
        let version = run(browser.with_libraries(&mut chromium).arg("--version"))?;
        run(browser.driver().arg("--version"))?;
        run(browser.promtool().arg("--version"))?;
        fs::write(browser.root.join("complete"), &version)?;
        say(&format!("{} is in {}", version.trim(), browser.root.display()));
        Ok(browser)
    }

    /// The browser's program; the driver starts it.
    pub fn chromium(&self) -> PathBuf {
        self.root.join("usr/lib/chromium/chromium")
    }

    /// A command that runs the driver.
    pub fn driver(&self) -> Command {
        let mut driver = Command::new(self.root.join("usr/bin/chromedriver"));
        self.with_libraries(&mut driver);
        driver
    }

    /// A command that runs promtool.
    pub fn promtool(&self) -> Command {
        Command::new(self.root.join("usr/bin/promtool"))
    }

    /// Lets a program, and those that it starts, have what is unpacked beside it.
    fn with_libraries<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let architecture = format!("{}-linux-gnu", std::env::consts::ARCH);
        let own = self.root.join("usr/lib").join(&architecture);
        let folders =
            [own.clone(), self.root.join("lib").join(architecture), own.join("pulseaudio")];
        let folders: Vec<String> = folders.iter().map(|it| it.display().to_string()).collect();
        command
            .env("LD_LIBRARY_PATH", folders.join(":"))
            .env("FONTCONFIG_FILE", self.root.join("fonts.conf"))
    }

    fn write_fonts(&self) -> Result<()> {
        let root = self.root.display();
        let text = format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\
             <dir>{root}/usr/share/fonts</dir><cachedir>{root}/fonts-cache</cachedir></fontconfig>\n"
        );
        Ok(fs::write(self.root.join("fonts.conf"), text)?)
    }
}

/// Where they are, or would be.
fn folder() -> Result<PathBuf> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name =
        |line: &str| Some(line.strip_prefix("VERSION_CODENAME=")?.trim_matches('"').to_owned());
    let suite =
        release.lines().find_map(name).context("the machine is no Debian that has a name")?;
    Ok(cache()?.join(format!("browser-{suite}-{RECIPE}-{}", PACKAGES.join("-"))))
}
