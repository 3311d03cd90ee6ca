//! Recordings that are spoilt.

use crate::wav;
use hound::{SampleFormat, WavSpec, WavWriter};
use std::{fs, io::Cursor};
use strowger_test_support::fuzz;

/// Some silence.
fn recording(channels: u16, sample_rate: u32, bits_per_sample: u16, float: bool) -> Vec<u8> {
    let sample_format = if float { SampleFormat::Float } else { SampleFormat::Int };
    let spec = WavSpec { channels, sample_rate, bits_per_sample, sample_format };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    for _ in 0..200 * channels {
        match float {
            true => writer.write_sample(0.25_f32).unwrap(),
            false => writer.write_sample(1_i32).unwrap(),
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spoilt.wav");
    let examples = [
        recording(1, 8_000, 16, false),
        recording(2, 44_100, 24, false),
        recording(1, 11_025, 8, false),
        recording(2, 48_000, 32, true),
    ];
    let examples: Vec<&[u8]> = examples.iter().map(Vec::as_slice).collect();
    fuzz(&examples, |bytes| {
        fs::write(&file, bytes).unwrap();
        let (length, samples) = (wav::length(&file), wav::read(&file));
        if let (Ok(length), Ok(samples)) = (length, samples) {
            assert!(length.as_secs() < 3_600, "{length:?}");
            // No sample takes more room than it had, at the lowest rate that is read.
            assert!(samples.len() <= 4 * bytes.len(), "{} of {}", samples.len(), bytes.len());
        }
    });
}
