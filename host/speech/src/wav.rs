//! WAV files: any that a studio delivers in, one that a telephone plays out.

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use std::{fs, path::Path, time::Duration};

/// Of everything that is played, in Hz.
pub(super) const RATE: u32 = 8_000;

const SPEC: WavSpec = WavSpec {
    channels: 1,
    sample_rate: RATE,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

/// Reads a WAV file of any rate, width and number of channels. One that promises more than it holds
/// (a header written into a pipe) is read as far as it goes.
pub(super) fn read(path: &Path) -> Result<Vec<i16>, String> {
    let mut reader = WavReader::open(path).map_err(|error| explain(&error))?;
    let spec = reader.spec();
    check(spec)?;
    if spec == SPEC {
        return Ok(reader.samples::<i16>().map_while(Result::ok).collect());
    }
    let samples: Vec<f32> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().map_while(Result::ok).collect(),
        SampleFormat::Int => {
            let full = (1_u32 << (spec.bits_per_sample - 1)) as f32;
            reader
                .samples::<i32>()
                .map_while(Result::ok)
                .map(|sample| sample as f32 / full)
                .collect()
        }
    };
    let channels = usize::from(spec.channels);
    let mono: Vec<f32> = samples
        .chunks_exact(channels)
        .map(|frame| frame.iter().sum::<f32>() / channels as f32)
        .collect();
    let resampled = resample(&mono, spec.sample_rate);
    Ok(resampled
        .into_iter()
        .map(|sample| (sample * 32_767.0).round().clamp(-32_768.0, 32_767.0) as i16)
        .collect())
}

/// Refuses what no studio delivers: at 1 Hz a small file would last for hours.
fn check(spec: WavSpec) -> Result<(), String> {
    let WavSpec { channels, sample_rate, bits_per_sample, .. } = spec;
    if !(1..=8).contains(&channels) {
        return Err(format!("it has {channels} channels; 1 to 8 can be read"));
    }
    if !(4_000..=384_000).contains(&sample_rate) {
        return Err(format!("its rate is {sample_rate} Hz; 4,000 to 384,000 can be read"));
    }
    if !(8..=32).contains(&bits_per_sample) {
        return Err(format!("it has {bits_per_sample} bits a sample; 8 to 32 can be read"));
    }
    Ok(())
}

/// Writes samples at [`RATE`] whole or not at all, and says how long they last.
pub(super) fn write(path: &Path, samples: &[i16]) -> Result<Duration, String> {
    // Another process may be making the same sound.
    let half_made = path.with_extension(format!("{}.part", std::process::id()));
    let written = || -> Result<(), hound::Error> {
        let mut writer = WavWriter::create(&half_made, SPEC)?;
        let mut all = writer.get_i16_writer(samples.len() as u32);
        for &sample in samples {
            all.write_sample(sample);
        }
        all.flush()?;
        writer.finalize()?;
        fs::rename(&half_made, path)?;
        Ok(())
    };
    written().map_err(|error| error.to_string())?;
    Ok(lasting(samples.len() as u64, RATE))
}

/// How long a WAV file lasts, from its header and its size.
pub(super) fn length(path: &Path) -> Result<Duration, String> {
    let reader = WavReader::open(path).map_err(|error| explain(&error))?;
    let spec = reader.spec();
    check(spec)?;
    let frame = u64::from(spec.channels) * u64::from(spec.bits_per_sample.div_ceil(8));
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    let there = size.checked_div(frame).unwrap_or(0);
    Ok(lasting(u64::from(reader.duration()).min(there), spec.sample_rate))
}

/// Samples of silence. At most an hour.
pub(super) fn silence(length: Duration) -> Vec<i16> {
    let millis = length.min(Duration::from_secs(3600)).as_millis() as usize;
    vec![0; millis * RATE as usize / 1000]
}

fn lasting(frames: u64, rate: u32) -> Duration {
    Duration::from_millis((frames * 1000).div_ceil(u64::from(rate)))
}

fn explain(error: &hound::Error) -> String {
    match error {
        hound::Error::Unsupported => {
            "a kind of WAV that is not supported; save it as PCM, 16 bit".to_owned()
        }
        hound::Error::FormatError(what) => format!("not a WAV file: {what}"),
        other => other.to_string(),
    }
}

/// Brings samples to [`RATE`]: a windowed sinc, cut off below half the lower rate so that nothing
/// folds back.
fn resample(samples: &[f32], from: u32) -> Vec<f32> {
    if from == RATE {
        return samples.to_vec();
    }
    /// Zero crossings of the sinc on each side.
    const CROSSINGS: f64 = 24.0;
    let step = f64::from(from) / f64::from(RATE);
    let cut_off = 0.95 / step.max(1.0);
    let reach = CROSSINGS / cut_off;
    let count = (samples.len() as f64 / step) as usize;
    let sinc = |x: f64| match x.abs() < 1e-9 {
        true => 1.0,
        false => (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x),
    };
    (0..count)
        .map(|n| {
            let centre = n as f64 * step;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach).floor() as usize).min(samples.len() - 1);
            let sum: f64 = (first..=last)
                .map(|at| {
                    let x = at as f64 - centre;
                    let window = 0.5 + 0.5 * (std::f64::consts::PI * x / reach).cos();
                    f64::from(samples[at]) * cut_off * sinc(cut_off * x) * window
                })
                .sum();
            sum as f32
        })
        .collect()
}

/// Does something with files where it may take its time.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, rate: u32) -> Vec<f32> {
        (0..rate)
            .map(|n| 0.5 * (std::f32::consts::TAU * hertz * n as f32 / rate as f32).sin())
            .collect()
    }

    fn loudness(samples: &[f32]) -> f32 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        (middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32).sqrt()
    }

    #[test]
    fn speech_passes_and_what_is_above_the_telephone_does_not_fold_back() {
        for rate in [16_000, 22_050, 44_100, 48_000] {
            let heard = resample(&tone(1_000.0, rate), rate);
            assert!(heard.len().abs_diff(8_000) <= 1, "{} at {rate}", heard.len());
            assert!((loudness(&heard) - 0.3536).abs() < 0.005, "{} at {rate}", loudness(&heard));
            let folded = resample(&tone(6_000.0, rate), rate);
            assert!(loudness(&folded) < 0.002, "{} at {rate}", loudness(&folded));
        }
        assert!(resample(&[], 16_000).is_empty());
    }

    #[test]
    fn studio_files_become_telephone_files() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.wav"), folder.path().join("to.wav"));
        let spec = WavSpec {
            channels: 2,
            sample_rate: 44_100,
            bits_per_sample: 24,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(&from, spec).unwrap();
        for sample in tone(440.0, 44_100) {
            writer.write_sample((sample * 8_388_607.0) as i32).unwrap();
            writer.write_sample(0).unwrap();
        }
        writer.finalize().unwrap();
        assert_eq!(length(&from), Ok(Duration::from_secs(1)));
        let length_written = write(&to, &read(&from).unwrap()).unwrap();
        assert_eq!(length_written, Duration::from_secs(1));
        assert_eq!(length(&to), Ok(length_written));
        assert_eq!(WavReader::open(&to).unwrap().spec(), SPEC);
        fs::write(&from, "no sound").unwrap();
        assert!(read(&from).unwrap_err().contains("not a WAV file"));
    }
}
