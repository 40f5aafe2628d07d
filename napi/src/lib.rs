//! The binding to Node-API: converts, and nothing else. What fails comes back as data, and the facade throws.

#![allow(missing_docs, reason = "the documentation that users read is in index.d.ts")]

mod assertion;
mod broker;
mod call;
mod credential;
mod diagnose;
mod error;

use std::collections::HashMap;

use napi_derive::{module_init, napi};
use workiq_auth::cli::{self, Outcome, Surroundings};
use workiq_auth::settings::environment::Environment;
use workiq_auth::settings::options::Options;

use broker::NativeBroker;
use call::Cancellation;
use error::ErrorData;

/// One worker: the work is waiting, and what takes long leaves it. A second one would be handed each piece of a large
/// answer, and cost start-up time and memory.
const WORKERS: usize = 1;

#[module_init]
fn init() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("workiq-auth")
        .enable_all()
        .build();
    // Without one, napi makes its own.
    if let Ok(runtime) = runtime {
        napi::bindgen_prelude::create_custom_tokio_runtime(runtime);
    }
}

#[napi(object)]
pub struct SpawnCommand {
    pub program: String,
    pub args: Vec<String>,
    pub env: HashMap<String, String>,
}

#[napi(object, object_from_js = false)]
pub struct CliOutcome {
    pub exit_code: Option<u32>,
    pub spawn: Option<SpawnCommand>,
    pub broker: Option<NativeBroker>,
}

impl From<Outcome> for CliOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Exit(code) => Self { exit_code: Some(code.into()), spawn: None, broker: None },
            Outcome::Spawn { program, args, env, broker } => Self {
                exit_code: None,
                spawn: Some(SpawnCommand { program, args, env }),
                broker: broker.map(Into::into),
            },
        }
    }
}

/// A command line that is running.
#[napi]
pub struct CliCall {
    work: Option<(Vec<String>, Surroundings)>,
    cancellation: Cancellation,
}

#[napi]
impl CliCall {
    /// Runs it; may be awaited once.
    ///
    /// # Errors
    /// It was awaited before.
    ///
    /// # Safety
    /// napi asks for it: nothing else may use this object while the future is made, and JavaScript has one thread.
    #[napi]
    pub fn result<'env>(
        &mut self,
        env: &'env napi::Env,
    ) -> napi::Result<napi::bindgen_prelude::PromiseRaw<'env, CliOutcome>> {
        let (args, surroundings) =
            self.work.take().ok_or_else(|| napi::Error::from_reason("result() was called before"))?;
        let token = self.cancellation.token();
        env.spawn_future(async move { Ok(Box::pin(cli::run(args, surroundings, token)).await.into()) })
    }

    /// Asks it to end.
    #[napi]
    pub fn cancel(&self) {
        self.cancellation.cancel();
    }
}

/// Prepares the command line `args`. `fallback_ca`: see `has_system_anchors`.
#[napi]
#[must_use]
pub fn run_cli(
    args: Vec<String>,
    env: HashMap<String, String>,
    package_root: String,
    fallback_ca: Option<String>,
) -> CliCall {
    let surroundings = Surroundings { variables: env, package: package_root.into(), fallback_ca };
    CliCall { work: Some((args, surroundings)), cancellation: Cancellation::default() }
}

/// Whether the system has trust anchors. Where it has none, those that Node was built with (PEM) can be given.
#[napi]
#[must_use]
pub fn has_system_anchors() -> bool {
    workiq_auth::http::has_system_anchors()
}

/// What a person should hear although nothing failed, and was not logged.
#[napi]
#[must_use]
pub fn take_notices() -> Vec<String> {
    workiq_auth::notice::take()
}

#[napi(object)]
pub struct ModeResult {
    pub mode: Option<String>,
    pub error: Option<ErrorData>,
}

/// The auth mode in `env`.
#[napi]
#[must_use]
pub fn resolve_auth_mode(env: HashMap<String, String>) -> ModeResult {
    let environment: Environment = env.into_iter().collect();
    match workiq_auth::settings::resolve_mode(&Options::default(), &environment) {
        Ok(mode) => ModeResult { mode: Some(mode.to_string()), error: None },
        Err(error) => ModeResult { mode: None, error: Some((&error).into()) },
    }
}
