//! The application that is signed in to the Azure CLI, by way of `azure_identity`, which runs `az`. Only where it is
//! pinned: whoever is signed in to `az` on a machine is not thereby meant.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::apart;
use super::jwt::Claims;
use super::managed_identity::from_azure;
use super::source::TokenSource;
use crate::entra::scope::Scope;
use crate::entra::token::AccessToken;
use crate::error::{AuthError, ErrorKind, ErrorParts, printable};
use crate::settings::identity::TenantId;

const CODE: &str = "azure_cli_failed";

/// How much of az's own words is shown.
const EXCERPT: usize = 300;

const SIGN_IN: &str =
    "Sign an application in to it: az login --service-principal, or the action azure/login.";

pub(super) struct AzureCliSource {
    tenant: Option<TenantId>,
    name: &'static str,
}

impl AzureCliSource {
    pub(super) fn new(tenant: Option<TenantId>, name: &'static str) -> Self {
        Self { tenant, name }
    }

    async fn ask(
        &self,
        executor: Arc<dyn Executor>,
        scope: &Scope,
        deadline: Instant,
    ) -> Result<AccessToken, AuthError> {
        let options = AzureCliCredentialOptions {
            tenant_id: self.tenant.as_ref().map(ToString::to_string),
            executor: Some(executor),
            ..AzureCliCredentialOptions::default()
        };
        let credential =
            AzureCliCredential::new(Some(options)).map_err(|error| explain(&innermost(&error)))?;
        let scopes = [scope.as_str()];
        let token = match timeout_at(deadline, credential.get_token(&scopes, None)).await {
            Ok(outcome) => outcome.map_err(|error| explain(&innermost(&error)))?,
            Err(_) => return Err(timed_out()),
        };
        // az gives a person's token as readily as an application's.
        match Claims::read(token.token.secret()) {
            Ok(claims) if claims.is_delegated() => Err(a_person()),
            Ok(_) => from_azure(&token, SystemTime::now())
                .map_err(|why| failed(ErrorKind::Response, format!("The Azure CLI {why}."), SIGN_IN)),
            Err(why) => {
                let message = format!("The token of the Azure CLI {why}, so it was not used.");
                Err(failed(ErrorKind::Response, message, SIGN_IN))
            }
        }
    }
}

impl TokenSource for AzureCliSource {
    fn token<'a>(
        &'a self,
        scope: &'a Scope,
        _challenge: Option<&'a str>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<AccessToken, AuthError>> {
        self.ask(Arc::new(Runner), scope, deadline).boxed()
    }

    fn label(&self) -> String {
        format!("Azure CLI, from {}", self.name)
    }
}

fn failed(kind: ErrorKind, message: String, hint: &str) -> AuthError {
    AuthError::new(kind, CODE, message).with_hint(hint)
}

fn timed_out() -> AuthError {
    ErrorParts {
        kind: ErrorKind::Timeout,
        code: CODE.into(),
        message: "The Azure CLI did not answer in time.".into(),
        hint: Some(
            "Run az account get-access-token by hand to see what it waits for, or allow more time.".into(),
        ),
        ..ErrorParts::default()
    }
    .into()
}

fn a_person() -> AuthError {
    let message = "A person is signed in to the Azure CLI (its token carries scp), and in app-only mode an application \
                   signs in.";
    failed(ErrorKind::Credential, message.into(), SIGN_IN)
}

/// What `said`, which is az's own words or those of the SDK about it, comes to.
fn explain(said: &str) -> AuthError {
    let words = printable(said, EXCERPT);
    if said.contains("not found on PATH") || said.contains("wasn't found on PATH") {
        let hint = "Install it (learn.microsoft.com/cli/azure/install-azure-cli), or put az on PATH.";
        return failed(
            ErrorKind::Credential,
            "The Azure CLI was not found: there is no az on PATH.".into(),
            hint,
        );
    }
    if said.contains("AADSTS") {
        return failed(ErrorKind::Credential, format!("Entra refused the Azure CLI: {words}"), SIGN_IN);
    }
    if said.contains("az login") {
        return failed(
            ErrorKind::Credential,
            format!("Nobody is signed in to the Azure CLI: {words}"),
            SIGN_IN,
        );
    }
    if said.contains("expires_on") {
        let hint = "Update it to 2.54.0 or newer: az upgrade.";
        return failed(ErrorKind::Credential, "This Azure CLI is too old.".into(), hint);
    }
    let hint = "Run az account get-access-token by hand to see what is wrong.";
    if words.is_empty() || said.contains("column") {
        // Words about what az printed could repeat it.
        return failed(ErrorKind::Response, "The Azure CLI printed something that is no token.".into(), hint);
    }
    failed(ErrorKind::Credential, format!("The Azure CLI failed: {words}"), hint)
}

/// The words at the bottom: without the name of the SDK's credential around them.
fn innermost(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => innermost(source),
        None => error.to_string(),
    }
}

/// Runs a command on a thread of its own.
///
/// Not by tokio's means: where those rest on SIGCHLD, they share it with Node, which does not share. The command gets no
/// standard input, which belongs to the protocol, and none of our own settings, which hold secrets.
#[derive(Debug)]
struct Runner;

#[async_trait]
impl Executor for Runner {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().to_ascii_uppercase().starts_with("WORKIQ_") {
                command.env_remove(name);
            }
        }
        let running = Running(Arc::new(Mutex::new(Some(command.spawn()?))));
        let child = Arc::clone(&running.0);
        apart::run(move || finish(&child)).await
    }
}

type Shared = Arc<Mutex<Option<Child>>>;

/// A command that is ended when nobody waits for it any more.
struct Running(Shared);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            // It may have ended by itself.
            let _ = child.kill();
        }
    }
}

/// Reads what the command prints, then waits for its end. The lock is held only where neither can block, so that the
/// command can be ended meanwhile.
fn finish(child: &Shared) -> io::Result<Output> {
    let lock = || child.lock().unwrap_or_else(PoisonError::into_inner);
    let (out, err) = match lock().as_mut() {
        Some(child) => (child.stdout.take(), child.stderr.take()),
        None => (None, None),
    };
    let stderr = std::thread::spawn(move || read(err));
    let stdout = read(out)?;
    let stderr = stderr.join().map_err(|_| io::Error::other("reading was given up"))??;
    let ended = lock().take();
    let status = ended.ok_or_else(|| io::Error::other("it was waited for twice"))?.wait()?;
    Ok(Output { status, stdout, stderr })
}

fn read(pipe: Option<impl Read>) -> io::Result<Vec<u8>> {
    /// Far more than az prints.
    const LIMIT: u64 = 1 << 20;
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(LIMIT).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::jwt::test_support::token;
    use super::*;
    use std::process::ExitStatus;
    use std::time::Duration;

    #[test]
    fn what_az_says_comes_to_what_to_do() {
        for (said, message, hint) in [
            ("az not found on PATH", "no az on PATH", "Install it"),
            (
                "ERROR: Please run 'az login' to setup account.\n",
                "Nobody is signed in",
                "--service-principal",
            ),
            (
                "AADSTS70043: The refresh token has expired",
                "Entra refused the Azure CLI: AADSTS70043",
                "--service-principal",
            ),
            ("expires_on field not found. Please use Azure CLI 2.54.0 or newer.", "too old", "az upgrade"),
            ("ERROR: something \u{1b}[31melse", "failed: ERROR: something [31melse", "by hand"),
            ("invalid type: string \"hush\" at line 1 column 5", "no token", "by hand"),
        ] {
            let error = explain(said);
            assert_eq!(error.code(), "azure_cli_failed");
            assert!(error.message().contains(message), "{error}");
            assert!(
                error.hint().unwrap().contains(hint) && !format!("{error:?}").contains("hush"),
                "{error:?}"
            );
        }
    }

    /// An az, and what it was asked.
    #[derive(Debug)]
    struct Az {
        output: Output,
        asked: Mutex<String>,
    }

    #[async_trait]
    impl Executor for Az {
        async fn run(&self, _program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
            *self.asked.lock().unwrap() = args.join(OsStr::new(" ")).to_string_lossy().into_owned();
            Ok(self.output.clone())
        }
    }

    async fn ask(status: ExitStatus, stdout: &str, stderr: &str) -> (Result<AccessToken, AuthError>, String) {
        let output = Output { status, stdout: stdout.into(), stderr: stderr.into() };
        let az = Arc::new(Az { output, asked: Mutex::default() });
        let source = AzureCliSource::new(TenantId::parse("contoso.com").ok(), "WORKIQ_CREDENTIAL");
        let scope = Scope::parse("https://graph.microsoft.com/.default").unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let outcome = source.ask(az.clone(), &scope, deadline).await;
        let asked = az.asked.lock().unwrap().clone();
        (outcome, asked)
    }

    fn printed(token: &str, seconds: i64) -> String {
        let now = SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let expires = i64::try_from(now).unwrap() + seconds;
        format!(r#"{{"accessToken":"{token}","expires_on":{expires},"tokenType":"Bearer"}}"#)
    }

    #[tokio::test]
    async fn az_is_asked_for_the_scope_and_a_persons_token_is_refused() {
        let ok = ExitStatus::default();
        let of_app = token(r#"{"idtyp":"app"}"#);
        let (outcome, asked) = ask(ok, &printed(&of_app, 3600), "").await;
        assert_eq!(outcome.unwrap().secret().expose(), of_app);
        assert!(
            asked.ends_with("--scope https://graph.microsoft.com/.default --tenant contoso.com"),
            "{asked}"
        );
        for (printed, message) in [
            (printed(&token(r#"{"scp":"Mail.Read"}"#), 3600), "A person is signed in"),
            (printed("hush", 3600), "three parts"),
            (printed(&of_app, -5), "has expired"),
            (format!(r#"{{"accessToken":"{of_app}","tokenType":"Bearer"}}"#), "too old"),
            ("hush".to_owned(), "no token"),
        ] {
            let error = ask(ok, &printed, "").await.0.unwrap_err();
            assert_eq!(error.code(), "azure_cli_failed");
            assert!(error.message().contains(message) && !format!("{error:?}").contains("hush"), "{error:?}");
        }
    }

    /// An az that waits for something.
    #[derive(Debug)]
    struct Waiting;

    #[async_trait]
    impl Executor for Waiting {
        async fn run(&self, _program: &OsStr, _args: &[&OsStr]) -> io::Result<Output> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_az_that_waits_is_left() {
        let source = AzureCliSource::new(None, "WORKIQ_CREDENTIAL");
        let scope = Scope::parse("https://graph.microsoft.com/.default").unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let error = source.ask(Arc::new(Waiting), &scope, deadline).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), ("azure_cli_failed", ErrorKind::Timeout));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_az_complains_of_comes_through() {
        use std::os::unix::process::ExitStatusExt;
        let (missing, failed) = (ExitStatus::from_raw(127 << 8), ExitStatus::from_raw(1 << 8));
        let error = ask(missing, "", "/bin/sh: 1: az: not found").await.0.unwrap_err();
        assert!(error.message().contains("no az on PATH"), "{error}");
        let error = ask(failed, "", "ERROR: Please run 'az login' to setup account.").await.0.unwrap_err();
        assert_eq!(
            error.message(),
            "Nobody is signed in to the Azure CLI: ERROR: Please run 'az login' to setup account."
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_is_run_whole_and_gets_no_input() {
        let args = ["-c", "cat; echo out; echo err >&2; exit 3"].map(OsStr::new);
        let output = Runner.run(OsStr::new("/bin/sh"), &args).await.unwrap();
        assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(output.status.code(), Some(3));
        let error = Runner.run(OsStr::new("/no/such/program"), &[]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_nobody_waits_for_is_ended() {
        let child = Command::new("/bin/sleep").arg("600").stdout(Stdio::piped()).spawn().unwrap();
        let running = Running(Arc::new(Mutex::new(Some(child))));
        let shared = Arc::clone(&running.0);
        drop(running);
        assert!(!finish(&shared).unwrap().status.success());
    }
}
