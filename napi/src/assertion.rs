//! The caller's `clientAssertion`, called from the core.

#![allow(unreachable_pub, reason = "napi's macro exports it")]

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use napi::Status;
use napi::bindgen_prelude::{Function, Promise};
use napi::threadsafe_function::ThreadsafeFunction;
use napi_derive::napi;
use workiq_auth::secret::Secret;
use workiq_auth::settings::federation::AssertionCallback;

/// What the facade's wrapping of the caller's function gives: it never throws and never rejects.
#[napi(object)]
pub struct AssertionData {
    pub assertion: Option<String>,
    /// In words, why there is none.
    pub error: Option<String>,
}

/// The function as JavaScript hands it over.
pub(crate) type AssertionFunction<'env> = Function<'env, (), Promise<AssertionData>>;

/// Weak: a function that could be called some time keeps no process alive.
type Handle = ThreadsafeFunction<(), Promise<AssertionData>, (), Status, false, true>;

pub(crate) struct Callback(Arc<Handle>);

impl Callback {
    pub(crate) fn new(function: &AssertionFunction<'_>) -> napi::Result<Self> {
        let handle =
            function.build_threadsafe_function::<()>().callee_handled::<false>().weak::<true>().build()?;
        Ok(Self(Arc::new(handle)))
    }
}

impl AssertionCallback for Callback {
    fn assertion(&self) -> BoxFuture<'static, Result<Secret, String>> {
        let handle = Arc::clone(&self.0);
        async move {
            let words = |error: napi::Error| error.reason.clone();
            let AssertionData { assertion, error } =
                handle.call_async_catch(()).await.map_err(words)?.await.map_err(words)?;
            assertion.map(Secret::new).ok_or_else(|| error.unwrap_or_default())
        }
        .boxed()
    }
}
