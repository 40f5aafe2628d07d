//! The id token of a service connection of Azure Pipelines
//! (learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create).

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, StatusCode, header};
use tokio::time::Instant;

use super::ci::{self, Issuer};
use super::federated_source::TokenSupply;
use crate::error::{AuthError, printable};
use crate::http::{HttpClient, Response};
use crate::secret::Secret;
use crate::settings::federation::{Audience, PipelinesSetting};

const PIPELINES: Issuer =
    Issuer { name: "Azure Pipelines", code: "pipelines_token_failed", member: "oidcToken" };

pub(super) struct PipelinesSupply {
    http: HttpClient,
    setting: PipelinesSetting,
    audience: Audience,
    name: &'static str,
}

impl PipelinesSupply {
    pub(super) fn new(
        http: HttpClient,
        setting: PipelinesSetting,
        audience: Audience,
        name: &'static str,
    ) -> Self {
        Self { http, setting, audience, name }
    }
}

impl TokenSupply for PipelinesSupply {
    fn fetch(&self, deadline: Instant) -> BoxFuture<'_, Result<Secret, AuthError>> {
        async move {
            let request = request(&self.setting, &self.audience)?;
            read(&PIPELINES.ask(&self.http, request, deadline).await?, &self.setting)
        }
        .boxed()
    }

    fn label(&self) -> String {
        format!("Azure Pipelines ({}, service connection {})", self.name, self.setting.connection)
    }
}

fn request(setting: &PipelinesSetting, audience: &Audience) -> Result<Request<Bytes>, AuthError> {
    let url = ci::with_parameter(setting.endpoint.as_str(), "api-version", "7.1");
    let mut url = ci::with_parameter(&url, "serviceConnectionId", &setting.connection.to_string());
    // By itself the service takes the audience of the service connection, which need not be a cloud's usual one.
    if audience.is_explicit() {
        url = ci::with_parameter(&url, "audience", audience.as_str());
    }
    let request = Request::post(url)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, "0")
        // Otherwise a token that is not allowed is answered with a redirect to a page for signing in.
        .header("x-tfs-fedauthredirect", "Suppress");
    ci::build(ci::authorize(request, "Bearer", &setting.token))
}

fn read(answer: &Response, setting: &PipelinesSetting) -> Result<Secret, AuthError> {
    if answer.status.is_success() {
        return PIPELINES.token(answer);
    }
    let connection = setting.connection;
    let hint = match answer.status {
        StatusCode::FOUND | StatusCode::UNAUTHORIZED => {
            "SYSTEM_ACCESSTOKEN is not allowed: map `SYSTEM_ACCESSTOKEN: \
            $(System.AccessToken)` under `env:` of the step, in the job that is running now."
                .to_owned()
        }
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => format!(
            "Check that AZURESUBSCRIPTION_SERVICE_CONNECTION_ID ({connection}) is the id of a service connection of \
             this project, and that the pipeline is allowed to use it."
        ),
        _ => format!(
            "Check that the service connection {connection} is of the kind Azure Resource Manager with workload \
             identity federation."
        ),
    };
    let error = PIPELINES.refusal(answer, &hint);
    // The id by which support finds the request.
    let Some(trace) = answer.header("x-vss-e2eid") else { return Err(error) };
    let mut parts = error.parts().clone();
    parts.message = format!("{} (x-vss-e2eid {})", parts.message, printable(trace, 80));
    Err(parts.into())
}

#[cfg(test)]
mod tests {
    use super::super::ci::test_support::answer;
    use super::*;
    use crate::settings::cloud::Cloud;
    use crate::settings::federation::OidcEndpoint;
    use uuid::Uuid;

    fn setting() -> PipelinesSetting {
        PipelinesSetting {
            endpoint: OidcEndpoint::parse("https://vstoken/x/oidctoken").unwrap(),
            token: Secret::new("hush"),
            connection: Uuid::from_u128(0x11),
        }
    }

    #[test]
    fn the_request_is_the_documented_one() {
        let base = "https://vstoken/x/oidctoken?api-version=7.1&serviceConnectionId=00000000-0000-0000-0000-000000000011";
        let by_itself = request(&setting(), &Audience::of(Cloud::Public)).unwrap();
        assert_eq!(by_itself.uri(), base);
        let named = request(&setting(), &Audience::parse("api://contoso").unwrap()).unwrap();
        assert_eq!(named.uri(), &*format!("{base}&audience=api%3A%2F%2Fcontoso"));
        let header = |name| named.headers()[name].to_str().unwrap();
        assert_eq!(named.method(), http::Method::POST);
        assert_eq!(header("authorization"), "Bearer hush");
        assert_eq!(header("x-tfs-fedauthredirect"), "Suppress");
        assert_eq!((header("content-type"), header("content-length")), ("application/json", "0"));
    }

    #[test]
    fn a_refusal_says_what_to_do_and_how_support_finds_it() {
        assert_eq!(read(&answer(200, &[], r#"{"oidcToken":"t"}"#), &setting()).unwrap().expose(), "t");
        for status in [302, 401] {
            let error = read(&answer(status, &[("x-vss-e2eid", "e2e")], ""), &setting()).unwrap_err();
            assert_eq!(error.code(), "pipelines_token_failed");
            assert!(error.message().ends_with("(x-vss-e2eid e2e)"), "{error}");
            assert!(error.hint().unwrap().contains("`SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"));
        }
        let error = read(&answer(404, &[], r#"{"message":"no"}"#), &setting()).unwrap_err();
        assert!(error.hint().unwrap().contains("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"));
        assert!(read(&answer(503, &[], ""), &setting()).unwrap_err().parts().retryable);
    }
}
