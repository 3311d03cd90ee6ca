//! Runs plugins: wasmtime, its compile cache, instances and their limits, and the imports of the contract.
