//! `/search/query` looks over the whole tenant. It is narrowed to the sites and drives inside, and what it finds is
//! filtered once more.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Boundary;
use super::resolve::refused;
use crate::graph::request::GraphRequest;
use crate::graph::response::GraphFailure;
use crate::settings::boundary::{Deed, Methods};

/// What an application can search.
const TYPES: [&str; 5] = ["site", "list", "listItem", "drive", "driveItem"];

/// What a request of a search may hold. Others change the query that we narrow, or show what was not filtered.
const MEMBERS: [&str; 8] =
    ["entityTypes", "query", "from", "size", "fields", "sortProperties", "trimDuplicates", "region"];

/// The longest query text that `SharePoint` takes by default
/// (learn.microsoft.com/sharepoint/dev/general-development/keyword-query-language-kql-syntax-reference).
const LONGEST: usize = 4_096;

/// More sites and drives than this are never short enough.
const MOST: usize = 100;

const TOO_LONG: &str =
    "the search together with all sites and drives inside is too long for Graph; read them by their paths";

impl Boundary {
    /// The body of a search, narrowed to what is inside.
    pub(super) fn narrow(&self, body: Option<&Value>) -> Result<Value, String> {
        let only_requests = |body: &&Value| body.as_object().is_some_and(|members| members.len() == 1);
        let requests = body.filter(only_requests).and_then(|body| body["requests"].as_array());
        let requests =
            requests.ok_or("the body of a search is {\"requests\": […]} here, and nothing else")?;
        let restriction = self.restriction()?;
        let narrowed: Result<Vec<_>, _> = requests.iter().map(|one| narrow_one(one, &restriction)).collect();
        Ok(json!({"requests": narrowed?}))
    }

    /// The sites and drives that may be read, in KQL.
    fn restriction(&self) -> Result<String, String> {
        let reads = |methods: &Methods| methods.allow(Deed::Read);
        if self.rules.sites.len() + self.rules.drives.len() > MOST {
            return Err(TOO_LONG.into());
        }
        let mut terms = Vec::new();
        for (id, _) in self.rules.sites.iter().filter(|(_, methods)| reads(methods)) {
            let mut parts = id.split(',').skip(1);
            if let (Some(site), Some(web)) = (parts.next(), parts.next()) {
                terms.push(format!("(SiteId:{site} AND WebId:{web})"));
            }
        }
        for (id, _) in self.rules.drives.iter().filter(|(_, methods)| reads(methods)) {
            if let Some([site, web, list]) = parts_of_drive(id) {
                terms.push(format!("(SiteId:{site} AND WebId:{web} AND ListId:{list})"));
            }
        }
        terms.sort_unstable();
        if terms.is_empty() {
            return Err(
                "a search looks over sites and drives, and none is listed that it could be narrowed to"
                    .into(),
            );
        }
        Ok(terms.join(" OR "))
    }

    /// The same request, narrowed, where it is a search.
    ///
    /// # Errors
    /// [`GraphFailure::OutsideBoundary`]: it cannot be narrowed.
    pub(in crate::graph) fn narrowed(
        &self,
        request: &GraphRequest,
    ) -> Result<Option<GraphRequest>, GraphFailure> {
        if request.method != Method::POST || request.path.segments() != ["search", "query"] {
            return Ok(None);
        }
        let body = self.narrow(request.body.as_ref()).map_err(|why| refused(&request.path, &why))?;
        Ok(Some(GraphRequest { body: Some(body), ..request.clone() }))
    }

    /// Takes all out of a search's answer that does not say of itself that it lies inside.
    pub(in crate::graph) fn filter(&self, answer: &mut Value) {
        let mut responses = taken(answer, "value");
        for response in responses.as_array_mut().into_iter().flatten() {
            let mut containers = taken(response, "hitsContainers");
            for container in containers.as_array_mut().into_iter().flatten() {
                *container = self.filtered(container);
            }
            *response = json!({"searchTerms": taken(response, "searchTerms"), "hitsContainers": containers});
        }
        *answer = json!({"value": responses});
    }

    fn filtered(&self, container: &mut Value) -> Value {
        let mut hits = match taken(container, "hits") {
            Value::Array(hits) => hits,
            _ => Vec::new(),
        };
        let before = hits.len();
        hits.retain(|hit| self.holds(&hit["resource"]));
        let more = container["moreResultsAvailable"].as_bool().unwrap_or_default();
        let mut kept = Map::new();
        // A count of what was not all inside would tell of what is outside.
        if hits.len() == before {
            kept.insert("total".into(), taken(container, "total"));
        }
        kept.insert("hits".into(), hits.into());
        kept.insert("moreResultsAvailable".into(), more.into());
        Value::Object(kept)
    }

    fn holds(&self, resource: &Value) -> bool {
        let reads = |methods: Option<&Methods>| methods.is_some_and(|methods| methods.allow(Deed::Read));
        let lower = |value: &Value| value.as_str().map(str::to_ascii_lowercase);
        let site = |value: &Value| lower(value).is_some_and(|id| reads(self.rules.sites.get(&id)));
        let drive = |value: &Value| value.as_str().is_some_and(|id| reads(self.rules.drives.get(id)));
        let web = |ids: &Value| {
            let web = lower(&ids["siteId"]).zip(lower(&ids["webId"]));
            web.and_then(|web| self.webs.get(&web)).is_some_and(|id| reads(self.rules.sites.get(id)))
        };
        let parent = &resource["parentReference"];
        match resource["@odata.type"].as_str().and_then(|kind| kind.rsplit('.').next()) {
            Some("site") => site(&resource["id"]),
            Some("drive") => {
                drive(&resource["id"]) || web(&resource["sharePointIds"]) || site(&parent["siteId"])
            }
            Some("driveItem" | "listItem" | "list") => {
                drive(&parent["driveId"])
                    || site(&parent["siteId"])
                    || web(&parent["sharepointIds"])
                    || web(&resource["sharepointIds"])
            }
            _ => false,
        }
    }
}

/// The member of that name, which is null where there is none, whatever `value` is.
fn taken(value: &mut Value, name: &str) -> Value {
    value.get_mut(name).map(Value::take).unwrap_or_default()
}

fn narrow_one(one: &Value, restriction: &str) -> Result<Value, String> {
    let members = one.as_object().ok_or("a request of the search is no object")?;
    if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(format!(
            "a search within the boundary takes no \"{}\"",
            crate::error::printable(name, 60)
        ));
    }
    let kinds = members.get("entityTypes").and_then(Value::as_array).filter(|kinds| !kinds.is_empty());
    let kinds = kinds.ok_or("the search names no entityTypes")?;
    if !kinds.iter().all(|kind| kind.as_str().is_some_and(|kind| TYPES.contains(&kind))) {
        return Err(format!("within the boundary these can be searched: {}", TYPES.join(", ")));
    }
    let query = members.get("query").and_then(Value::as_object).filter(|query| query.len() == 1);
    let text = query.and_then(|query| query.get("queryString")).and_then(Value::as_str);
    let text = text.ok_or("the search's query is {\"queryString\": …} here, and nothing else")?;
    if !is_closed(text) {
        return Err("the search's words have brackets or quotation marks that do not close".into());
    }
    let mut narrowed = String::new();
    let _ = match text.trim() {
        "" | "*" => write!(narrowed, "{restriction}"),
        words => write!(narrowed, "({words}) AND ({restriction})"),
    };
    if narrowed.len() > LONGEST {
        return Err(TOO_LONG.into());
    }
    let mut members = members.clone();
    members.insert("query".into(), json!({"queryString": narrowed}));
    Ok(Value::Object(members))
}

/// Whether every bracket and quotation mark closes, so that what follows on the words is not part of them.
fn is_closed(text: &str) -> bool {
    let (mut depth, mut quoted) = (0_i32, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            // Some readers take these for quotation marks, others do not.
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ff02}' | '\u{ff08}' | '\u{ff09}' => return false,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth -= 1;
                if depth < 0 {
                    return false;
                }
            }
            _ => {}
        }
    }
    depth == 0 && !quoted
}

/// Site collection, web and list of a drive whose id is `b!` and base64 of the three. Only for a narrower search: a drive
/// whose id is made otherwise is not searched.
fn parts_of_drive(id: &str) -> Option<[Uuid; 3]> {
    let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix("b!")?).ok()?;
    let part = |at: usize| bytes.get(at..at + 16)?.try_into().ok().map(Uuid::from_bytes_le);
    Some([part(0)?, part(16)?, part(32)?]).filter(|_| bytes.len() == 48)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::settings::boundary::BoundaryRules;

    const SITE: &str = "11111111-2222-4333-8444-555555555555";
    const WEB: &str = "21111111-2222-4333-8444-555555555555";

    fn boundary(rules: &Value) -> Boundary {
        Boundary::new(Arc::new(BoundaryRules::parse(&rules.to_string()).unwrap()))
    }

    fn site() -> String {
        format!("contoso.sharepoint.com,{SITE},{WEB}")
    }

    fn search(words: &str) -> Value {
        json!({"requests": [{"entityTypes": ["driveItem"], "query": {"queryString": words}, "size": 5}]})
    }

    #[test]
    fn the_words_are_narrowed_and_cannot_break_out() {
        let boundary = boundary(&json!({"sites": [site()]}));
        let of = |words: &str| {
            let body = boundary.narrow(Some(&search(words)));
            body.map(|body| body["requests"][0]["query"]["queryString"].as_str().unwrap().to_owned())
        };
        let only = format!("(SiteId:{SITE} AND WebId:{WEB})");
        assert_eq!(of("budget OR x").unwrap(), format!("(budget OR x) AND ({only})"));
        assert_eq!(of("*").unwrap(), only);
        assert_eq!(of("\"a) OR (b\"").unwrap(), format!("(\"a) OR (b\") AND ({only})"));
        for words in ["a) OR (b", "\"a", "a(", "a \u{201c}b"] {
            assert!(of(words).is_err(), "{words}");
        }
        assert!(of(&"a".repeat(LONGEST)).unwrap_err().contains("too long"));
    }

    #[test]
    fn what_would_widen_a_search_is_refused() {
        let boundary = boundary(&json!({"sites": [site()]}));
        for (member, value) in [
            ("aggregations", json!([])),
            ("contentSources", json!(["/external/connections/x"])),
            ("entityTypes", json!(["externalItem"])),
            ("entityTypes", json!([])),
            ("query", json!({"queryString": "a", "queryTemplate": "{searchTerms} OR b"})),
            ("query", json!("a")),
        ] {
            let mut body = search("a");
            body["requests"][0][member] = value.clone();
            assert!(boundary.narrow(Some(&body)).is_err(), "{member}: {value}");
        }
        assert!(boundary.narrow(None).is_err());
        let nothing_to_search = super::tests::boundary(&json!({"users": ["ada@contoso.com"]}));
        assert!(nothing_to_search.narrow(Some(&search("a"))).is_err());
        let not_to_be_read = json!({"sites": [{"id": site(), "methods": ["create"]}]});
        assert!(super::tests::boundary(&not_to_be_read).narrow(Some(&search("a"))).is_err());
    }

    #[test]
    fn a_drive_is_searched_by_the_parts_of_its_id() {
        let list = "31111111-2222-4333-8444-555555555555";
        let bytes: Vec<u8> =
            [SITE, WEB, list].iter().flat_map(|id| Uuid::parse_str(id).unwrap().to_bytes_le()).collect();
        let id = format!("b!{}", URL_SAFE_NO_PAD.encode(bytes));
        let restriction = boundary(&json!({"drives": [id]})).restriction().unwrap();
        assert_eq!(restriction, format!("(SiteId:{SITE} AND WebId:{WEB} AND ListId:{list})"));
        assert!(boundary(&json!({"drives": ["b!short"]})).restriction().is_err());
    }

    #[test]
    fn hits_are_kept_only_where_they_say_that_they_are_inside() {
        let boundary = boundary(&json!({"sites": [site()], "drives": ["b!d"]}));
        let hit = |resource: Value| json!({"hitId": "h", "resource": resource});
        let kind = |kind: &str| format!("#microsoft.graph.{kind}");
        let inside = [
            json!({"@odata.type": kind("driveItem"), "parentReference": {"siteId": site().to_uppercase()}}),
            json!({"@odata.type": kind("driveItem"), "parentReference": {"driveId": "b!d"}}),
            json!({"@odata.type": kind("listItem"), "parentReference": {"sharepointIds": {"siteId": SITE, "webId": WEB}}}),
            json!({"@odata.type": kind("site"), "id": site()}),
        ];
        let outside = [
            json!({"@odata.type": kind("driveItem"), "parentReference": {"driveId": "b!D"}}),
            json!({"@odata.type": kind("driveItem"), "id": "b!d"}),
            json!({"@odata.type": kind("site"), "parentReference": {"siteId": site()}}),
            json!({"@odata.type": kind("person"), "parentReference": {"driveId": "b!d"}}),
            json!({"parentReference": {"driveId": "b!d"}}),
            json!(null),
        ];
        let answer = |resources: &[Value]| {
            let hits: Vec<_> = resources.iter().cloned().map(hit).collect();
            let containers =
                json!([{"hits": hits, "total": 99, "moreResultsAvailable": true, "aggregations": [1]}]);
            json!({"value": [{"hitsContainers": containers, "queryAlterationResponse": {}}], "x": 1})
        };
        let mut all_inside = answer(&inside);
        boundary.filter(&mut all_inside);
        let container = &all_inside["value"][0]["hitsContainers"][0];
        assert_eq!((container["hits"].as_array().unwrap().len(), &container["total"]), (4, &json!(99)));
        assert!(
            !all_inside.to_string().contains("aggregations") && !all_inside.to_string().contains("queryAlt")
        );
        let mut mixed = answer(&[&inside[..], &outside].concat());
        boundary.filter(&mut mixed);
        let container = &mixed["value"][0]["hitsContainers"][0];
        assert_eq!((container["hits"].as_array().unwrap().len(), container.get("total")), (4, None));
        for odd in [
            json!(null),
            json!("text"),
            json!([1]),
            json!({"value": ["text", {"hitsContainers": [7, {"hits": 7}]}]}),
        ] {
            let mut odd = odd;
            boundary.filter(&mut odd);
            assert!(!odd.to_string().contains('7') && odd.is_object(), "{odd}");
        }
    }
}
