//! `strowger init` and `strowger doctor`: a first configuration, and what is wrong with one.

use crate::common::run;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use strowger_test_support::plugin_path;
use strowger_testbed::{
    AsteriskServer,
    asterisk::{PASSWORD, USER},
};

/// A folder with the plugin of the first flow.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("plugins")).unwrap();
    fs::copy(plugin_path("reception"), folder.path().join("plugins/reception.wasm")).unwrap();
    folder
}

fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn a_first_configuration_is_good_and_never_written_over() {
    let folder = folder();
    let number = ["init", "--yes", "--number", "+31201234567", "--language", "en-GB"];
    let (code, said) = run(folder.path(), &number);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("nothing is wrong") && said.contains("strowger call +31201234567"),
        "{said}"
    );
    let (code, said) = run(folder.path(), &["test", "flows"]);
    assert!(code == 0 && said.contains("1 passed"), "{said}");
    let before = fs::read_to_string(folder.path().join("strowger.toml")).unwrap();
    let (code, said) = run(folder.path(), &number);
    assert!(code == 2 && said.contains("nothing was written"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("strowger.toml")).unwrap(), before);
    let elsewhere = folder.path().join("elsewhere");
    let (code, said) = run(
        folder.path(),
        &["init", "elsewhere", "--yes", "--plugins", "plugins", "--number", "112x"],
    );
    assert!(code == 2 && said.contains("write + and country code") && !elsewhere.exists(), "{said}");
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let folder = folder();
    let (code, said) = run(folder.path(), &["doctor"]);
    assert!(code == 1 && said.contains("strowger init"), "no configuration: {said}");
    assert_eq!(run(folder.path(), &["init", "--yes"]).0, 0);
    let (config, site) =
        (folder.path().join("strowger.toml"), folder.path().join("flows/site.toml"));
    change(&site, "ring_time", "ringtime");
    change(
        &config,
        "adapter = \"sim\"",
        "adapter = \"asterisk\"\n[asterisk]\nurl = \"http://127.0.0.1:9\"\nuser = \"u\"\npassword = \"a secret\"\n[mail]\nserver = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\nfrom = \"desk@stad.be\"",
    );
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, said) = run(folder.path(), &["doctor"]);
    assert_eq!(code, 1, "{said}");
    for wrong in
        ["would not take all", "chmod o=", "start Asterisk", "127.0.0.1 does not take mail"]
    {
        assert!(said.contains(wrong), "{wrong}: {said}");
    }
    assert!(said.contains("4 of 9 are WRONG"), "{said}");
    assert!(!said.contains("a secret"), "{said}");
}

#[test]
fn a_first_configuration_is_made_for_a_real_one_on_asterisk() {
    let (folder, pbx) = (folder(), AsteriskServer::start().unwrap());
    fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
    let url = pbx.url();
    let asterisk = ["init", "--yes", "--adapter", "asterisk", "--url", &url, "--user", USER];
    let (_, said) = run(
        folder.path(),
        &[&asterisk[..], &["--password-file", "password", "--trunk", "nobody"]].concat(),
    );
    assert!(said.contains("PJSIP/nobody, and there is no such endpoint"), "{said}");
    change(
        &folder.path().join("strowger.toml"),
        "number_endpoint = \"PJSIP/{number}@nobody\"\n",
        "",
    );
    let (_, said) = run(folder.path(), &["doctor"]);
    assert!(said.contains("ok     PBX             Asterisk 22"), "{said}");
}
