//! Prompts made by a stand-in for the speech command.

use super::*;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use strowger_model::Prompt;
use tempfile::TempDir;

/// Speaks by copying a second of sound at 22,050 Hz, notes the text, and refuses "boom".
const SPEAKER: &str = r#"#!/bin/sh
dir=$(dirname "$0")
text=$(cat)
printf '%s|%s\n' "$1" "$text" >> "$dir/spoken"
case "$text" in
  boom) echo "no such phoneme" >&2; exit 3;;
  slow) exec sleep 60;;
esac
cat "$dir/second"
"#;

struct Site {
    folder: TempDir,
    prompts: Arc<Prompts>,
}

fn tone(path: &Path, rate: u32, millis: u32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..rate * millis / 1000 {
        writer.write_sample(if n / 20 % 2 == 0 { 8000_i16 } else { -8000 }).unwrap();
    }
    writer.finalize().unwrap();
}

fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let speaker = folder.path().join("speak");
    fs::write(&speaker, SPEAKER).unwrap();
    fs::set_permissions(&speaker, fs::Permissions::from_mode(0o755)).unwrap();
    tone(&folder.path().join("second"), 22_050, 1000);
    let prompts = open(folder.path());
    Site { folder, prompts }
}

fn open(folder: &Path) -> Arc<Prompts> {
    let mut config = PromptsConfig::new(folder.join("cache"));
    config.language = "nl".to_owned();
    config.recordings = vec![folder.join("flows"), folder.join("prompts")];
    config.speech = Speech {
        program: folder.join("speak").to_string_lossy().into_owned(),
        args: vec!["{voice}".to_owned()],
        timeout_s: 1,
        ..Speech::default()
    };
    Arc::new(Prompts::open(config).unwrap())
}

impl Site {
    fn spoken(&self) -> String {
        fs::read_to_string(self.folder.path().join("spoken")).unwrap_or_default()
    }

    fn in_cache(&self, ending: &str) -> usize {
        let files = fs::read_dir(self.folder.path().join("cache")).unwrap();
        files
            .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().ends_with(ending))
            .count()
    }
}

fn text(text: &str) -> Prompt {
    Prompt::Text { text: text.to_owned(), language: None }
}

#[tokio::test]
async fn a_text_is_spoken_once_for_all_who_ask() {
    let site = site();
    let asked = (0..20).map(|_| {
        let prompts = site.prompts.clone();
        tokio::spawn(async move { prompts.render(&text("-w /etc/passwd; $(id)")).await.unwrap() })
    });
    let asked: Vec<_> = asked.collect();
    for asked in asked {
        assert_eq!(asked.await.unwrap().length, Duration::from_secs(1));
    }
    assert_eq!(site.spoken(), "nl|-w /etc/passwd; $(id)\n", "once, and as it is");
    let clip = open(site.folder.path()).render(&text("-w /etc/passwd; $(id)")).await.unwrap();
    assert_eq!(site.spoken().lines().count(), 1, "kept over a restart");
    assert_eq!(site.prompts.file(&clip.id).as_deref(), Some(&*clip.path));
    let spec = hound::WavReader::open(&clip.path).unwrap().spec();
    assert_eq!((spec.sample_rate, spec.channels, spec.bits_per_sample), (8000, 1, 16));
    assert_eq!((site.in_cache(""), site.in_cache(".wav")), (1, 1), "nothing else is left");
    for wrong in ["../speak", "", "0123456789abcdef0123456789abcdef", "x"] {
        assert_eq!(site.prompts.file(wrong), None, "{wrong}");
    }
}

#[tokio::test]
async fn what_cannot_be_spoken_says_why_and_is_tried_again() {
    let site = site();
    for _ in 0..2 {
        let error = site.prompts.render(&text("boom")).await.unwrap_err().to_string();
        assert!(
            error.contains("\"boom\"") && error.ends_with("exit status: 3: no such phoneme"),
            "{error}"
        );
    }
    assert_eq!(site.spoken().lines().count(), 2);
    let error = site.prompts.render(&text("slow")).await.unwrap_err().to_string();
    assert!(error.ends_with("not done after 1 s"), "{error}");
    assert_eq!(site.in_cache(""), 0);
    fs::remove_file(site.folder.path().join("speak")).unwrap();
    let error = site.prompts.render(&text("iets")).await.unwrap_err().to_string();
    assert!(error.contains("install it"), "{error}");
}

#[tokio::test]
async fn recordings_win_over_speech_and_a_flows_own_over_the_sites() {
    let site = site();
    let at = |path: &str| site.folder.path().join(path);
    tone(&at("flows/helpdesk/welcome.wav"), 16_000, 300);
    tone(&at("prompts/welcome.wav"), 8_000, 400);
    tone(&at("prompts/een-moment.wav"), 8_000, 500);
    tone(&at(&format!("prompts/{}.wav", text_hash("Nog even!"))), 8_000, 600);
    tone(&at("prompts/nummer-3.wav"), 8_000, 700);
    fs::write(at("prompts/broken.wav"), "RIFF").unwrap();
    let missing = site.prompts.render(&Prompt::Recording("welcome".to_owned())).await.unwrap_err();
    assert!(
        missing
            .to_string()
            .starts_with("there is no recording \"welcome\"; put welcome.wav into one of:")
    );
    let problems = site.prompts.refresh();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().contains("broken.wav"), "{}", problems[0]);
    let recording = |name: &str| Prompt::Recording(name.to_owned());
    for (prompt, millis) in [
        (recording("helpdesk/welcome"), 300),
        (recording("welcome"), 400),
        (recording("other/welcome.wav"), 400),
        (text("Eén moment").clone(), 1000),
        (text("Een moment…"), 500),
        (text("Nog even!"), 600),
        (Prompt::Position(3), 700),
        (Prompt::Silence(Duration::from_millis(250)), 250),
    ] {
        let clip = site.prompts.render(&prompt).await.unwrap();
        assert_eq!(clip.length, Duration::from_millis(millis), "{prompt:?}");
        if millis < 1000 {
            assert_eq!(site.prompts.length(&prompt), Some(clip.length), "{prompt:?}");
        }
    }
    assert_eq!(site.spoken(), "nl|Eén moment\n");
    assert_eq!(site.prompts.length(&text("Hallo")), Some(spoken_length("Hallo")));
    assert_eq!(site.prompts.length(&recording("no")), None);
    let error = site.prompts.render(&recording("broken")).await.unwrap_err().to_string();
    assert!(error.contains("broken.wav"), "{error}");

    let before = site.prompts.render(&recording("welcome")).await.unwrap();
    tone(&at("prompts/welcome.wav"), 8_000, 900);
    site.prompts.refresh();
    let after = site.prompts.render(&recording("welcome")).await.unwrap();
    assert_eq!(after.length, Duration::from_millis(900));
    assert_ne!(before.id, after.id);
    assert!(before.path.is_file(), "whoever hears it still, hears it to the end");
}

#[tokio::test]
async fn voices_are_chosen_by_language() {
    let site = site();
    for language in ["fr-BE", "-w", "nl_NL", "../x"] {
        let prompt =
            Prompt::Text { text: language.to_owned(), language: Some(language.to_owned()) };
        site.prompts.render(&prompt).await.unwrap();
    }
    assert_eq!(site.spoken(), "fr|fr-BE\n|-w\nnl|nl_NL\nx|../x\n");
}

#[tokio::test]
async fn the_command_may_read_and_write_files() {
    let site = site();
    let like_espeak = site.folder.path().join("like-espeak");
    let script = "#!/bin/sh\n[ \"$1 $2 $3 $5\" = '-v en -f -w' ] && grep -q '^Hallo \\[ \\[a]]$' \"$4\" && \
                  cp \"$(dirname \"$0\")/second\" \"$6\"";
    fs::write(&like_espeak, script).unwrap();
    fs::set_permissions(&like_espeak, fs::Permissions::from_mode(0o755)).unwrap();
    let mut config = PromptsConfig::new(site.folder.path().join("cache"));
    config.speech.program = like_espeak.to_string_lossy().into_owned();
    let clip = Prompts::open(config).unwrap().render(&text("Hallo\n[[a]]")).await.unwrap();
    assert_eq!(clip.length, Duration::from_secs(1));
    assert_eq!((site.in_cache(""), site.in_cache(".wav")), (1, 1));
}

#[test]
fn the_cache_is_cleared_of_what_is_old() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    fs::create_dir(&cache).unwrap();
    for (name, hours) in [("old.wav", 24 * 91), ("new.wav", 24), ("x.1.part", 2), ("y.1.part", 0)] {
        let file = fs::File::create(cache.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
    }
    Prompts::open(PromptsConfig::new(&cache)).unwrap();
    let mut left: Vec<_> =
        fs::read_dir(&cache).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["new.wav", "y.1.part"]);
}
