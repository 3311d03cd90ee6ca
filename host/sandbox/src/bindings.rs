//! The contract, `wit/flow.wit`, as wasmtime sees it. Nothing outside this crate names these types.
#![expect(missing_docs, reason = "generated; the contract documents itself")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "flow",
    imports: { default: trappable },
    ownership: Borrowing { duplicate_if_necessary: false },
});
