//! A request to ask the boundary about, where somebody only names a path and what would be done there.

use serde_json::{Value, json};

use crate::graph::path::GraphPath;
use crate::graph::request::GraphRequest;
use crate::settings::boundary::Deed;
use crate::settings::writes::WriteClass;

/// A request that does `deed` at `path`. A search reads by `POST`, and is asked about with words that any search may have.
#[must_use]
pub fn example(deed: Deed, path: GraphPath) -> GraphRequest {
    if deed == Deed::Read && path.segments() == ["search", "query"] {
        let one = json!({"entityTypes": ["driveItem"], "query": {"queryString": "words"}});
        return GraphRequest::post(path, Some(json!({"requests": [one]})));
    }
    match deed {
        Deed::Read => GraphRequest::get(path),
        Deed::Write(WriteClass::Create | WriteClass::Action) => GraphRequest::post(path, None),
        Deed::Write(WriteClass::Update) => GraphRequest::patch(path, Value::Object(serde_json::Map::new())),
        Deed::Write(WriteClass::Delete) => GraphRequest::delete(path),
    }
}
