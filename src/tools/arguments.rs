//! The arguments of a call, in every form that Work IQ's clients write them.

use serde_json::{Map, Value};

use crate::error::printable;

/// The arguments of one call.
pub(super) struct Arguments {
    tool: &'static str,
    given: Map<String, Value>,
}

/// Why arguments were not taken, in words for the caller.
pub(super) type Wrong = String;

impl Arguments {
    pub(super) fn new(tool: &'static str, given: Map<String, Value>) -> Self {
        Self { tool, given }
    }

    /// The first of `names` that is there; the first is the one that is listed.
    fn find(&mut self, names: &[&str]) -> Option<Value> {
        names.iter().find_map(|name| self.given.remove(*name)).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, what: &str) -> Wrong {
        format!("{}: {name} {what}.", self.tool)
    }

    /// A text that is needed.
    pub(super) fn text(&mut self, names: &[&'static str]) -> Result<String, Wrong> {
        self.optional_text(names)?.ok_or_else(|| {
            let given: Vec<_> = self.given.keys().map(|name| printable(name, 40)).take(8).collect();
            let given = if given.is_empty() { "none".to_owned() } else { given.join(", ") };
            self.wrong(names[0], &format!("is missing (arguments given: {given})"))
        })
    }

    /// A text that may be left out.
    pub(super) fn optional_text(&mut self, names: &[&'static str]) -> Result<Option<String>, Wrong> {
        match self.find(names) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(names[0], "is not a text")),
        }
    }

    /// One text or several.
    pub(super) fn texts(&mut self, names: &[&'static str], most: usize) -> Result<Vec<String>, Wrong> {
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            _ => None,
        };
        let all = match self.find(names) {
            Some(Value::Array(items)) => items.into_iter().map(text).collect::<Option<Vec<_>>>(),
            Some(one @ Value::String(_)) => text(one).map(|one| vec![one]),
            Some(_) => None,
            None => Some(Vec::new()),
        };
        let all = all.ok_or_else(|| self.wrong(names[0], "is not an array of paths"))?;
        if all.is_empty() || all.len() > most {
            return Err(self.wrong(names[0], &format!("has {} paths; it takes 1 to {most}", all.len())));
        }
        Ok(all)
    }

    /// `jsonBody`, as an object or as text that holds one.
    pub(super) fn body(&mut self) -> Result<Option<Value>, Wrong> {
        const NAME: &str = "jsonBody";
        let body = match self.find(&[NAME]) {
            None => return Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::String(text)) => serde_json::from_str(&text)
                .map_err(|error| self.wrong(NAME, &format!("is no JSON: {error}")))?,
            Some(other) => other,
        };
        match body {
            Value::Object(_) | Value::Array(_) => Ok(Some(body)),
            _ => Err(self.wrong(NAME, "is not an object")),
        }
    }

    /// `jsonBody`, which is needed.
    pub(super) fn needed_body(&mut self) -> Result<Value, Wrong> {
        self.body()?.ok_or_else(|| self.wrong("jsonBody", "is missing; it is the entity as JSON"))
    }

    /// `headers`, which may be left out.
    pub(super) fn headers(&mut self) -> Result<Map<String, Value>, Wrong> {
        let headers = match self.find(&["headers"]) {
            None => return Ok(Map::new()),
            Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::Null),
            Some(other) => other,
        };
        match headers {
            Value::Object(headers) => Ok(headers),
            _ => Err(self.wrong("headers", "is not an object such as {\"If-Match\": \"…\"}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(value: Value) -> Arguments {
        let Value::Object(given) = value else { panic!("not an object") };
        Arguments::new("fetch", given)
    }

    #[test]
    fn a_body_is_an_object_or_text_that_holds_one() {
        let body = |value: Value| arguments(json!({"jsonBody": value})).body();
        assert_eq!(body(json!({"a": 1})), Ok(Some(json!({"a": 1}))));
        assert_eq!(body(json!("{\"a\": 1}")), Ok(Some(json!({"a": 1}))));
        assert_eq!(body(json!("")), Ok(None));
        for bad in [json!("{oops"), json!("7"), json!(7), json!(true)] {
            assert!(body(bad.clone()).is_err(), "{bad}");
        }
        assert!(arguments(json!({})).needed_body().is_err());
    }

    #[test]
    fn one_path_is_taken_for_several() {
        let texts = |value: Value| arguments(json!({"entityUrls": value})).texts(&["entityUrls"], 2);
        assert_eq!(texts(json!("/users")), Ok(vec!["/users".to_owned()]));
        assert_eq!(texts(json!(["/users", "/sites"])).map(|all| all.len()), Ok(2));
        for bad in [json!([]), json!([1]), json!({}), json!(["a", "b", "c"]), json!(null)] {
            assert!(texts(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_missing_is_named_beside_what_was_given() {
        let error = arguments(json!({"url": "/users"})).text(&["path", "blobUrl"]).unwrap_err();
        assert_eq!(error, "fetch: path is missing (arguments given: url).");
        assert_eq!(arguments(json!({"blobUrl": "/x"})).text(&["path", "blobUrl"]).as_deref(), Ok("/x"));
    }
}
