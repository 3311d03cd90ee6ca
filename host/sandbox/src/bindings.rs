//! The contract, `wit/flow.wit`, as wasmtime sees it. Nothing outside this crate names these types;
//! what the model has for each is said in [`crate::convert`].
#![allow(unreachable_pub, dead_code, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "flow",
    imports: { default: trappable },
    ownership: Borrowing { duplicate_if_necessary: false },
});

/// The version of the contract that this host speaks, as in the first line of `wit/flow.wit`.
pub(crate) const CONTRACT_VERSION: &str = "0.1.0";

#[cfg(test)]
mod tests {
    #[test]
    fn version_is_that_of_the_contract() {
        let contract = include_str!("../../../wit/flow.wit");
        let line = format!("package strowger:flow@{};", super::CONTRACT_VERSION);
        assert!(contract.lines().any(|l| l == line), "no line {line}");
    }
}
