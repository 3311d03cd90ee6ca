//! Flows tested as plain Rust: a call without a host, a PBX or WebAssembly.
//!
//! [`TestCall`] feeds events to a flow, keeps its state as the host would, and holds the flow to
//! the contract: two runs of a step must be equal, numbers must be new, and at the end nothing may
//! be left that somebody would have to take back. [`Site`] answers its questions.
//!
//! ```
//! # use strowger_sdk::{prelude::*, testing::{Site, TestCall}};
//! # #[derive(serde::Deserialize, schemars::JsonSchema)]
//! # struct Settings { queue: String }
//! # struct Simple;
//! # impl Script for Simple {
//! #     type Settings = Settings;
//! #     async fn run(call: Call, settings: &'static Settings) -> Result<Ending, Failure> {
//! #         call.answer().await?;
//! #         match call.wait_in(&settings.queue).music("default").await {
//! #             Ok(_agent) => Ok("answered".into()),
//! #             Err(_nobody) => Ok("unserved".into()),
//! #         }
//! #     }
//! # }
//! let mut call = TestCall::<Simple>::new(Settings { queue: "helpdesk".into() }, Site::default());
//! call.arrives().settles().agent_answers("an");
//! assert_eq!(call.ending(), Some("answered"));
//! ```

mod call;
mod schema;
mod site;

pub use crate::script::Continuous;
pub use call::TestCall;
pub use schema::settings_schema;
pub use site::{Site, campaign, contact, listed, moment};
