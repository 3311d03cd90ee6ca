//! Makes cargo unify the features of build dependencies too.

fn main() {}
