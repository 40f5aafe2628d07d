//! `/search/query` asks an application for the region in which to look. The tenant's own is not told anywhere, but the
//! refusal of a wrong one names it (github.com/microsoftgraph/microsoft-graph-docs-contrib issue 1345).

use http::Method;
use serde_json::{Value, json};

use super::request::GraphRequest;

/// What is tried first.
pub(super) const GUESS: &str = "NAM";

/// Whether `request` is a search whose region the caller left open.
pub(super) fn wants_region(request: &GraphRequest) -> bool {
    request.method == Method::POST
        && request.path.segments() == ["search", "query"]
        && request
            .body
            .as_ref()
            .and_then(|body| body["requests"].as_array())
            .is_some_and(|requests| requests.iter().any(|one| one.is_object() && one.get("region").is_none()))
}

/// The same search, in `region`.
pub(super) fn in_region(request: &GraphRequest, region: &str) -> GraphRequest {
    let mut request = request.clone();
    let requests = request.body.as_mut().and_then(|body| body["requests"].as_array_mut());
    for one in requests.into_iter().flatten() {
        if let Some(one) = one.as_object_mut() {
            one.entry("region").or_insert_with(|| json!(region));
        }
    }
    request
}

/// The region that the refusal of another one names: the first, where a tenant lives in several.
pub(super) fn named_by(body: &Value) -> Option<String> {
    let message = body["error"]["message"].as_str()?;
    let names = message.split_once("valid regions are")?.1;
    let name = names.split([',', '.']).next()?.trim();
    let is_name = (2..=8).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric());
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::path::GraphPath;
    use super::*;

    fn search(body: Value) -> GraphRequest {
        GraphRequest::post(GraphPath::parse("/search/query").unwrap(), Some(body))
    }

    #[test]
    fn a_region_is_set_only_where_none_was() {
        let open = search(json!({"requests": [{"entityTypes": ["driveItem"]}]}));
        assert!(wants_region(&open));
        assert_eq!(in_region(&open, "EMEA").body.unwrap()["requests"][0]["region"], "EMEA");
        assert!(!wants_region(&search(json!({"requests": [{"region": "NAM"}]}))));
        assert!(!wants_region(&search(json!({"requests": []}))));
        assert!(!wants_region(&search(json!({"requests": [7]}))));
        // Where some have one, theirs stays.
        let mixed = in_region(&search(json!({"requests": [{"region": "APC"}, {}]})), "EMEA").body.unwrap();
        assert_eq!(mixed, json!({"requests": [{"region": "APC"}, {"region": "EMEA"}]}));
    }

    #[test]
    fn the_refusal_names_the_right_one() {
        let error = |message: &str| json!({"error": {"message": message}});
        let real = "Requested region not found. Only valid regions are EMEA.";
        assert_eq!(named_by(&error(real)).as_deref(), Some("EMEA"));
        assert_eq!(named_by(&error("Only valid regions are NAM, EUR.")).as_deref(), Some("NAM"));
        for other in ["", "valid regions are ", "valid regions are \u{202e}evil", "valid regions are a b."] {
            assert_eq!(named_by(&error(other)), None, "{other}");
        }
    }
}
