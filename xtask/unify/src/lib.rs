//! One set of features for what the whole workspace shares: see `Cargo.toml`.
