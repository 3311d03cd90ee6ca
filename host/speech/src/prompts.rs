//! The sounds of a site: found, made once, and kept in the cache.

use super::{
    error::PromptError,
    names::id_of,
    recordings::Recordings,
    speech::{Speaker, Speech},
    wav::{self, blocking},
    words::{self, Lengths, TimeOfDay, spoken_length},
};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, SystemTime},
};
use strowger_model::Prompt;
use tokio::sync::{OnceCell, Semaphore};

/// What [`Prompts`] needs to know.
#[derive(Clone)]
pub struct PromptsConfig {
    /// Folders of recordings, the first goes first. One that does not exist is empty.
    pub recordings: Vec<PathBuf>,
    /// Where sounds are kept. Made if need be.
    pub cache: PathBuf,
    /// The command that speaks.
    pub speech: Speech,
    /// Of texts without one, of digits, numbers, times and positions. BCP 47, such as `nl-BE`.
    pub language: String,
    /// For [`Prompt::Time`].
    pub time_of_day: TimeOfDay,
    /// How old a sound in the cache may become.
    pub keep: Duration,
}

impl PromptsConfig {
    /// English, spoken by espeak-ng, times in UTC, sounds kept 90 days, no recordings.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            recordings: Vec::new(),
            cache: cache.into(),
            speech: Speech::default(),
            language: "en".to_owned(),
            time_of_day: Arc::new(|at| {
                let minutes = at.0 / 60_000;
                ((minutes / 60 % 24) as u8, (minutes % 60) as u8)
            }),
            keep: Duration::from_secs(90 * 24 * 3600),
        }
    }
}

/// A sound that can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Its name, 32 hexadecimal digits: the same sound has the same name, and a name always means
    /// the same sound.
    pub id: Arc<str>,
    /// The WAV file: 8 kHz, mono, 16 bit.
    pub path: Arc<Path>,
    /// To the millisecond.
    pub length: Duration,
}

/// The sounds of a site. Cheap to ask: what is known already is answered from memory.
pub struct Prompts {
    cache: PathBuf,
    language: String,
    time_of_day: TimeOfDay,
    folders: Vec<PathBuf>,
    recordings: RwLock<Arc<Recordings>>,
    speaker: Speaker,
    /// Conversions of recordings that run at once.
    converting: Semaphore,
    /// What was made, is being made or has just failed, by id. Whoever asks for the same waits for
    /// the same.
    clips: Mutex<HashMap<Arc<str>, Arc<Making>>>,
}

/// A clip that is made once, or why it could not be.
type Making = OnceCell<Result<Clip, PromptError>>;

/// Known clips beyond which all are forgotten (their files stay).
const MOST_CLIPS: usize = 10_000;

/// What a sound is made of.
enum Source {
    Recording(PathBuf),
    Speech { text: String, voice: String },
    Silence(Duration),
}

impl Prompts {
    /// Makes the cache folder, clears it of what is too old, and reads what recordings there are.
    ///
    /// # Errors
    /// The cache folder cannot be made or listed.
    pub fn open(config: PromptsConfig) -> Result<Self, PromptError> {
        let unusable = |why: io::Error| PromptError::Cache {
            path: config.cache.clone(),
            why: why.to_string(),
        };
        fs::create_dir_all(&config.cache).map_err(unusable)?;
        drop_old(&config.cache, config.keep).map_err(unusable)?;
        let recordings = Recordings::read(&config.recordings, &Recordings::default());
        Ok(Self {
            cache: config.cache,
            language: config.language,
            time_of_day: config.time_of_day,
            folders: config.recordings,
            recordings: RwLock::new(Arc::new(recordings)),
            speaker: Speaker::new(config.speech),
            converting: Semaphore::new(2),
            clips: Mutex::default(),
        })
    }

    /// Reads again what recordings there are, and lists those that cannot be played. Files that did
    /// not change are not opened. Without it, new and changed recordings are not seen.
    pub fn refresh(&self) -> Vec<PromptError> {
        let recordings = Arc::new(Recordings::read(&self.folders, &self.recordings()));
        let problems = recordings.problems();
        *self.recordings.write().unwrap_or_else(PoisonError::into_inner) = recordings;
        problems
    }

    /// Whether a recording of this name would be found.
    pub fn has_recording(&self, name: &str) -> bool {
        self.recordings().find(name).is_some()
    }

    /// Makes a prompt's sound, or finds it made.
    ///
    /// # Errors
    /// There is no such recording, it cannot be read, or the text cannot be spoken. The next call
    /// tries again.
    pub async fn render(&self, prompt: &Prompt) -> Result<Clip, PromptError> {
        let (id, source) = self.source(prompt)?;
        let cell = {
            let mut clips = self.clips.lock().unwrap_or_else(PoisonError::into_inner);
            if clips.len() >= MOST_CLIPS {
                clips.clear();
            }
            clips.entry(id.clone()).or_default().clone()
        };
        let result = cell.get_or_init(|| self.make(&id, source)).await.clone();
        if result.is_err() {
            let mut clips = self.clips.lock().unwrap_or_else(PoisonError::into_inner);
            if clips.get(&id).is_some_and(|known| Arc::ptr_eq(known, &cell)) {
                clips.remove(&id);
            }
        }
        result
    }

    /// The file of a clip that was made; none: there is no such clip.
    pub fn file(&self, id: &str) -> Option<PathBuf> {
        let path = self.path(id);
        let is_id = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        (is_id && path.is_file()).then_some(path)
    }

    /// How long a prompt lasts: of a recording from its file, of a text a guess ([`spoken_length`])
    /// that is the same on every machine. None: there is no such recording.
    pub fn length(&self, prompt: &Prompt) -> Option<Duration> {
        let recordings = self.recordings();
        match prompt {
            Prompt::Recording(name) => recordings.find(name)?.length.clone().ok(),
            Prompt::Silence(length) => Some(*length),
            _ => {
                let (text, _) = self.text(prompt);
                match recordings.of_text(&text) {
                    Some(recording) => recording.length.clone().ok(),
                    None => Some(spoken_length(&text)),
                }
            }
        }
    }

    /// [`Prompts::length`], for the sim.
    pub fn lengths(self: &Arc<Self>) -> Lengths {
        let prompts = self.clone();
        Arc::new(move |prompt| prompts.length(prompt))
    }

    fn recordings(&self) -> Arc<Recordings> {
        self.recordings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn path(&self, id: &str) -> PathBuf {
        self.cache.join(format!("{id}.wav"))
    }

    fn text(&self, prompt: &Prompt) -> (String, String) {
        words::text(prompt, &self.language, &self.time_of_day)
    }

    fn source(&self, prompt: &Prompt) -> Result<(Arc<str>, Source), PromptError> {
        let recordings = self.recordings();
        let recording = match prompt {
            Prompt::Silence(length) => {
                let source = Source::Silence(*length);
                return Ok((id_of(&["silence", &length.as_millis().to_string()]), source));
            }
            Prompt::Recording(name) => {
                let found = recordings.find(name).ok_or_else(|| PromptError::NoRecording {
                    name: name.clone(),
                    folders: folders_as_text(&self.folders),
                })?;
                Some(found)
            }
            _ => recordings.of_text(&self.text(prompt).0),
        };
        if let Some(recording) = recording {
            let stamp = recording.stamp();
            let id = id_of(&["recording", &recording.path.to_string_lossy(), &stamp]);
            return Ok((id, Source::Recording(recording.path.clone())));
        }
        let (text, language) = self.text(prompt);
        let voice = self.speaker.voice(&language);
        let id = id_of(&["speech", &self.speaker.key(), &voice, &text]);
        Ok((id, Source::Speech { text, voice }))
    }

    async fn make(&self, id: &Arc<str>, source: Source) -> Result<Clip, PromptError> {
        let path: Arc<Path> = self.path(id).into();
        let clip = |length| Clip { id: id.clone(), path: path.clone(), length };
        let made = path.clone();
        if let Ok(Some(length)) = blocking(move || wav::length(&made).ok()).await {
            return Ok(clip(length));
        }
        let to = path.clone();
        let length = match source {
            Source::Silence(length) => {
                blocking(move || wav::write(&to, &wav::silence(length))).await
            }
            Source::Recording(from) => {
                let _permit = self.converting.acquire().await;
                let path = from.clone();
                let wrong = |why| PromptError::BadRecording { path, why };
                match blocking(move || wav::read(&from)).await {
                    Ok(samples) => {
                        let samples = samples.map_err(wrong)?;
                        blocking(move || wav::write(&to, &samples)).await
                    }
                    Err(why) => return Err(wrong(why)),
                }
            }
            Source::Speech { text, voice } => {
                let samples = self.speaker.speak(&text, &voice, &self.cache, id).await?;
                blocking(move || wav::write(&to, &samples)).await
            }
        };
        match length {
            Ok(Ok(length)) => Ok(clip(length)),
            Ok(Err(why)) | Err(why) => Err(PromptError::Cache { path: path.to_path_buf(), why }),
        }
    }
}

fn folders_as_text(folders: &[PathBuf]) -> String {
    let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    match folders.is_empty() {
        true => "(the site names no folder of recordings)".to_owned(),
        false => folders.join(", "),
    }
}

/// Removes sounds older than `keep` and whatever a stopped process left half made.
fn drop_old(cache: &Path, keep: Duration) -> io::Result<()> {
    let now = SystemTime::now();
    for entry in fs::read_dir(cache)? {
        let entry = entry?;
        let age =
            entry.metadata().and_then(|data| data.modified()).map(|made| now.duration_since(made));
        let limit = match entry.path().extension().is_some_and(|end| end == "wav") {
            true => keep,
            false => Duration::from_secs(3600),
        };
        if matches!(age, Ok(Ok(age)) if age > limit) {
            // Somebody else may have removed it.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}
