//! From what was refused, and what is known here, to what to do next.
//!
//! Codes and texts of Entra may change, so they make hints and never decide what the program does. Sources:
//! learn.microsoft.com/entra/identity-platform/reference-error-codes and
//! learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity.
//! `docs/errors.md` is the same for readers; a test holds the two together.

mod access;
mod assertion;
mod codes;
mod federated;
mod github;
mod oauth;
mod place;
mod secret;

use crate::error::{AuthError, ErrorKind, printable};
use crate::page::page;
pub(crate) use federated::{NO_MATCH, OTHER_AUDIENCE};
pub(crate) use place::exchange_audience;

/// What is known here about a request that was refused.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Tenant, as configured.
    pub tenant: String,
    /// Client id.
    pub client: String,
    /// Authority, as an origin.
    pub authority: String,
    /// The scope that was asked for.
    pub scope: String,
    /// The setting that the credential came from.
    pub credential_name: String,
    /// What is known of the proof that was presented.
    pub evidence: Evidence,
    /// The proxy in use, without its credentials.
    pub proxy: Option<String>,
    /// Seconds by which the server's clock is ahead of ours (negative: behind), where its answer said.
    pub skew: Option<i64>,
}

/// What may be said of the proof that was presented. Never the proof itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing is known.
    #[default]
    None,
    /// A client secret.
    Secret {
        /// It has the shape of a GUID, as the *id* of a secret has.
        looks_like_id: bool,
    },
    /// A certificate.
    Certificate {
        /// Subject, thumbprints and dates in one line.
        shown: String,
        /// The algorithm that signed the assertion: `PS256` or `RS256`.
        algorithm: &'static str,
        /// Whether `x5c` was sent.
        chain: bool,
    },
    /// A token of another identity provider. The claims are as they stand in it; one that had to be cut or changed to be
    /// printable ends with an ellipsis.
    Federated {
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
        /// `aud`, all of them joined with a comma.
        audience: String,
        /// Seconds until `exp` when it was presented; negative where it had passed.
        expires_in: Option<i64>,
    },
}

/// `error` with what to do next, where that is known: for a refusal of Entra by its `AADSTS` code or else its OAuth
/// error; for a request that did not get through, the proxy that it took.
#[must_use]
pub fn explain(error: AuthError, facts: &Facts) -> AuthError {
    match error.kind() {
        ErrorKind::Server if error.hint().is_none() => match for_refusal(&error, facts) {
            Some(hint) => error.with_hint(hint),
            None => error,
        },
        ErrorKind::Unreachable | ErrorKind::Tls | ErrorKind::Timeout | ErrorKind::Response => {
            with_proxy(error, facts)
        }
        _ => error,
    }
}

fn for_refusal(error: &AuthError, facts: &Facts) -> Option<String> {
    let code = error.parts().aadsts;
    let case = Case { code: code.unwrap_or_default(), facts, message: error.message() };
    let by_error = || oauth::hint(error.code(), &case);
    let with_page = |hint: String| format!("{hint}\nMore: {OAUTH_ERRORS}");
    match code {
        Some(code) => {
            let known = codes::hint(&case).map(|hint| format!("{hint}\nMore: {CODES}{code}"));
            known.or_else(|| {
                let page = format!(
                    "Microsoft explains the code at https://login.microsoftonline.com/error?code={code}"
                );
                Some(by_error().map_or_else(|| page.clone(), |hint| format!("{hint}\n{page}")))
            })
        }
        None => by_error().map(with_page),
    }
}

/// Where a code of Entra's is explained, followed by its number.
const CODES: &str = page!("docs/errors.md#aadsts");

/// Where the errors of OAuth are explained.
const OAUTH_ERRORS: &str = page!("docs/errors.md#oauth-errors");

fn with_proxy(error: AuthError, facts: &Facts) -> AuthError {
    // The same error may come by twice, and Entra's own "too many requests" is no proxy's doing.
    const BEGINNING: &str = "A proxy is in use: ";
    let hint = error.hint().unwrap_or_default();
    let Some(proxy) = &facts.proxy else { return error };
    if error.code() == "throttled" || hint.contains(BEGINNING) {
        return error;
    }
    let gap = if hint.is_empty() { "" } else { "\n" };
    let hint = format!(
        "{hint}{gap}{BEGINNING}{}. HTTPS_PROXY names it; hosts in NO_PROXY go around it.",
        without_user(proxy)
    );
    error.with_hint(hint)
}

/// A proxy without user and password, whatever the caller forgot.
fn without_user(proxy: &str) -> String {
    let (scheme, rest) = proxy.split_once("://").unwrap_or(("http", proxy));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{}", printable(host, 120))
}

/// One refusal, as the hints see it.
struct Case<'a> {
    /// The number of the `AADSTS` code; 0 where there is none.
    code: u32,
    facts: &'a Facts,
    message: &'a str,
}

impl Case<'_> {
    /// The application, in the middle of a sentence.
    fn application(&self) -> String {
        named("the application", &self.facts.client)
    }

    /// The tenant, in the middle of a sentence.
    fn tenant(&self) -> String {
        named("the tenant", &self.facts.tenant)
    }

    /// Where tokens come from.
    fn authority(&self) -> &str {
        if self.facts.authority.is_empty() { "the authority" } else { &self.facts.authority }
    }

    /// The setting that the credential came from; `usual` where it was not handed over.
    fn setting(&self, usual: &'static str) -> &str {
        if self.facts.credential_name.is_empty() { usual } else { &self.facts.credential_name }
    }

    /// The client id as an argument of a command.
    fn id(&self) -> &str {
        if is_plain(&self.facts.client) { &self.facts.client } else { "<client-id>" }
    }
}

fn named(what: &str, name: &str) -> String {
    if name.is_empty() { what.to_owned() } else { format!("{what} {}", printable(name, 80)) }
}

/// Whether `text` may stand between single quotes in a shell and between double quotes in JSON as it is. What comes
/// out of a token may be anything, and a command is there to be copied.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" :/._-@+=,~#".contains(&b))
}

/// A number of seconds as a person would say it.
pub(crate) fn span(seconds: u64) -> String {
    let in_units = |unit: u64| (seconds + unit / 2) / unit;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", in_units(60)),
        7_200..172_800 => format!("{} h", in_units(3_600)),
        _ => format!("{} days", in_units(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorParts;

    fn explained(parts: ErrorParts, facts: &Facts) -> Option<String> {
        explain(parts.into(), facts).hint().map(str::to_owned)
    }

    fn proxied() -> Facts {
        Facts { proxy: Some("http://proxy.contoso.com:3128".into()), ..Facts::default() }
    }

    #[test]
    fn a_request_that_did_not_get_through_tells_its_proxy_once() {
        for kind in [ErrorKind::Unreachable, ErrorKind::Tls, ErrorKind::Timeout, ErrorKind::Response] {
            let error = AuthError::new(kind, "network_error", "No.").with_hint("Check the host.");
            let once = explain(error.clone(), &proxied());
            let text = once.hint().unwrap().to_owned();
            assert!(
                text.starts_with("Check the host.\nA proxy is in use: http://proxy.contoso.com:3128."),
                "{text}"
            );
            assert!(text.contains("HTTPS_PROXY") && text.contains("NO_PROXY"), "{text}");
            assert_eq!(explain(once, &proxied()).hint(), Some(text.as_str()));
            assert_eq!(explain(error, &Facts::default()).hint(), Some("Check the host."));
        }
        let throttled =
            ErrorParts { kind: ErrorKind::Response, code: "throttled".into(), ..ErrorParts::default() };
        assert_eq!(explained(throttled, &proxied()), None);
    }

    #[test]
    fn the_password_of_a_proxy_is_shown_to_nobody() {
        let facts = Facts { proxy: Some("http://ada:hush@p@proxy:1\u{1b}[2J".into()), ..Facts::default() };
        let text = explained(ErrorParts { kind: ErrorKind::Tls, ..ErrorParts::default() }, &facts).unwrap();
        assert!(
            text.contains("http://proxy:1 [2J.") && !text.contains("hush") && !text.contains("ada"),
            "{text}"
        );
    }

    #[test]
    fn settings_and_hints_that_are_there_are_left_alone() {
        for kind in [ErrorKind::Settings, ErrorKind::Mode, ErrorKind::Certificate, ErrorKind::Canceled] {
            let parts = ErrorParts { kind, code: "invalid_client".into(), ..ErrorParts::default() };
            assert_eq!(explained(parts, &proxied()), None);
        }
        let parts = ErrorParts {
            kind: ErrorKind::Server,
            aadsts: Some(7_000_215),
            hint: Some("Own.".into()),
            ..ErrorParts::default()
        };
        assert_eq!(explained(parts, &Facts::default()).as_deref(), Some("Own."));
    }

    #[test]
    fn a_code_that_we_do_not_know_leads_to_microsofts_page() {
        let unknown = |code: &'static str| {
            let parts = ErrorParts {
                kind: ErrorKind::Server,
                aadsts: Some(1_234_567),
                code: code.into(),
                ..ErrorParts::default()
            };
            explained(parts, &Facts::default()).unwrap()
        };
        assert!(unknown("odd").ends_with("https://login.microsoftonline.com/error?code=1234567"));
        let text = unknown("invalid_client");
        assert!(text.contains("WORKIQ_CLIENT_ID") && text.ends_with("error?code=1234567"), "{text}");
    }

    #[test]
    fn an_error_of_oauth_alone_leads_to_our_page() {
        let parts =
            ErrorParts { kind: ErrorKind::Server, code: "invalid_client".into(), ..ErrorParts::default() };
        let text = explained(parts, &Facts::default()).unwrap();
        assert!(text.ends_with(
            "\nMore: https://github.com/workiq-auth/workiq-auth/blob/main/docs/errors.md#oauth-errors"
        ));
    }

    #[test]
    fn only_what_no_shell_reads_is_plain() {
        assert!(is_plain("repo:contoso@1/decisions@2:environment:Prod Europe"));
        for odd in ["", "a'b", "a\"b", "$(x)", "a`b", "a\\b", "a;b", "a\nb", "é"] {
            assert!(!is_plain(odd), "{odd:?}");
        }
    }

    #[test]
    fn spans_are_said_in_one_unit() {
        for (seconds, words) in
            [(90, "90 s"), (420, "7 min"), (10_800, "3 h"), (899, "15 min"), (1_000_000, "12 days")]
        {
            assert_eq!(span(seconds), words);
        }
    }
}
