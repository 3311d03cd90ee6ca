//! What kind of file it is that claims to be a plugin, told from its outline alone, before anything
//! is compiled.

use crate::refused::LoadError;

/// `\0asm`.
const MAGIC: &[u8] = b"\0asm";

/// Refuses what is not the outline of a whole component. What is inside is the compiler's to judge.
pub(crate) fn check(name: &str, bytes: &[u8]) -> Result<(), LoadError> {
    let name = || name.to_owned();
    if !bytes.starts_with(MAGIC) {
        let begins = match bytes {
            [] => "the file is empty".to_owned(),
            [0x7f, b'E', b'L', b'F', ..] => "a native program or library".to_owned(),
            _ if bytes.starts_with(b"(") => "WebAssembly as text".to_owned(),
            _ => format!(
                "the file begins with {:?}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(16)])
            ),
        };
        return Err(LoadError::NotAComponent { name: name(), begins });
    }
    let truncated = || LoadError::Truncated { name: name(), length: bytes.len() };
    match bytes.get(4..8) {
        None => Err(truncated()),
        // The upper half of the version says the layer: 0 is a core module, 1 a component.
        Some([_, _, 0, 0]) => Err(LoadError::CoreModule { name: name() }),
        Some(_) => match sections_are_whole(&bytes[8..]) {
            true => Ok(()),
            false => Err(truncated()),
        },
    }
}

/// Sections are a byte of kind, a length in LEB128, and so many bytes.
fn sections_are_whole(mut rest: &[u8]) -> bool {
    while let Some((_kind, after)) = rest.split_first() {
        let mut length = 0usize;
        let mut lengths = after.iter().take(5).enumerate();
        let used = loop {
            let Some((place, byte)) = lengths.next() else {
                return false;
            };
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break place + 1;
            }
        };
        match after.get(used + length..) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        check("x.wasm", bytes).map_or_else(|error| error.to_string(), |()| "fine".into())
    }

    #[test]
    fn outlines_are_told_apart() {
        let component = b"\0asm\x0d\0\x01\0";
        assert_eq!(said(component), "fine");
        assert_eq!(said(&[component.as_slice(), &[0, 2, 1, 1]].concat()), "fine");
        assert!(said(&[component.as_slice(), &[0, 2, 1]].concat()).contains("truncated: 11 bytes"));
        assert!(said(&[component.as_slice(), &[0, 0x82]].concat()).contains("truncated"));
        assert!(said(b"\0asm\x0d").contains("truncated"));
        assert!(said(b"\0asm\x01\0\0\0").contains("a core WebAssembly module"));
        assert!(said(b"").contains("empty"));
        assert!(said(b"#!/bin/sh").contains("begins with \"#!/bin/sh\""));
        assert!(said(b"(component)").contains("WebAssembly as text"));
    }
}
