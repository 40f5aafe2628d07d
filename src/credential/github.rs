//! The id token of a GitHub Actions job
//! (docs.github.com/actions/reference/security/oidc). It is good for five minutes, so each request has its own.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, header};
use tokio::time::Instant;

use super::ci::{self, Issuer};
use super::federated_source::TokenSupply;
use crate::error::AuthError;
use crate::http::{HttpClient, Response};
use crate::secret::Secret;
use crate::settings::federation::{Audience, GitHubSetting};

const GITHUB: Issuer = Issuer { name: "GitHub", code: "github_token_failed", member: "value" };

pub(super) struct GitHubSupply {
    http: HttpClient,
    setting: GitHubSetting,
    audience: Audience,
    name: &'static str,
}

impl GitHubSupply {
    pub(super) fn new(
        http: HttpClient,
        setting: GitHubSetting,
        audience: Audience,
        name: &'static str,
    ) -> Self {
        Self { http, setting, audience, name }
    }
}

impl TokenSupply for GitHubSupply {
    fn fetch(&self, deadline: Instant) -> BoxFuture<'_, Result<Secret, AuthError>> {
        async move {
            let request = request(&self.setting, &self.audience)?;
            read(&GITHUB.ask(&self.http, request, deadline).await?)
        }
        .boxed()
    }

    fn label(&self) -> String {
        format!("GitHub Actions ({})", self.name)
    }
}

fn request(setting: &GitHubSetting, audience: &Audience) -> Result<Request<Bytes>, AuthError> {
    let url = ci::with_parameter(setting.endpoint.as_str(), "audience", audience.as_str());
    let request = Request::get(url).header(header::ACCEPT, "application/json");
    ci::build(ci::authorize(request, "bearer", &setting.token))
}

fn read(answer: &Response) -> Result<Secret, AuthError> {
    if answer.status.is_success() {
        return GITHUB.token(answer);
    }
    let hint = "Check that the job has `permissions: id-token: write` and is still running: its token for asking ends \
                with it. For pull requests from forks, GitHub gives no token.";
    Err(GITHUB.refusal(answer, hint))
}

#[cfg(test)]
mod tests {
    use super::super::ci::test_support::answer;
    use super::*;
    use crate::settings::federation::OidcEndpoint;

    fn setting(url: &str) -> GitHubSetting {
        GitHubSetting { endpoint: OidcEndpoint::parse(url).unwrap(), token: Secret::new("hush") }
    }

    #[test]
    fn the_request_is_the_documented_one() {
        let audience = Audience::parse("api://AzureADTokenExchange").unwrap();
        for (url, expected) in [
            (
                "https://x/y?api-version=2.0",
                "https://x/y?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange",
            ),
            ("https://x/y", "https://x/y?audience=api%3A%2F%2FAzureADTokenExchange"),
        ] {
            let request = request(&setting(url), &audience).unwrap();
            assert_eq!(request.uri(), expected);
            assert_eq!(request.headers()[header::AUTHORIZATION], "bearer hush");
            assert_eq!(request.headers()[header::ACCEPT], "application/json");
        }
    }

    #[test]
    fn a_refusal_names_the_permission() {
        assert_eq!(read(&answer(200, &[], r#"{"count":1,"value":"t"}"#)).unwrap().expose(), "t");
        for status in [302, 401, 403, 404] {
            let error = read(&answer(status, &[], r#"{"message":"Unauthorized"}"#)).unwrap_err();
            assert_eq!(error.code(), "github_token_failed");
            assert!(error.hint().unwrap().contains("`permissions: id-token: write`"));
        }
        assert!(read(&answer(500, &[], "")).unwrap_err().parts().retryable);
    }
}
