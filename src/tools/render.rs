//! A result in a few readable lines, for clients that take the whole from structured content.

use serde_json::{Map, Value};

use super::budget::TRUNCATED;
use super::measure::Form;
use super::untrusted::WORDS;
use crate::error::printable;

/// The longest line, in characters.
const LINE: usize = 240;

/// The longest part of a line.
const PART: usize = 100;

/// `value` in lines of at most `limit` bytes together, as a string in JSON, for a client that has the whole from
/// structured content. What does not fit is counted.
pub(super) fn render(value: &Value, limit: usize) -> String {
    lines(value, limit, &format!("The whole is in the structured content. {WORDS}"))
}

/// `value` in lines for a person, however many.
#[must_use]
pub fn for_people(value: &Value) -> String {
    lines(value, usize::MAX, "")
}

fn lines(value: &Value, limit: usize, end: &str) -> String {
    let mut page = Page { text: String::new(), room: limit.saturating_sub(2), more: 0 };
    // The end is what must not be missing.
    page.room = page.room.saturating_sub(size(end) + 32);
    match value.get("results").and_then(Value::as_array) {
        Some(results) => {
            for (at, result) in results.iter().enumerate() {
                one(&mut page, &format!("{}. ", at + 1), result);
            }
            note(&mut page, value);
        }
        None => one(&mut page, "", value),
    }
    if page.more > 0 {
        let more = format!("… {} more lines\n", page.more);
        page.text.push_str(&more);
    }
    page.text.push_str(end);
    page.text
}

/// Lines, as many as there is room for.
struct Page {
    text: String,
    room: usize,
    more: usize,
}

impl Page {
    fn line(&mut self, indent: &str, line: &str) {
        let line = printable(line, LINE);
        let size = indent.len() + size(&line) + 2;
        // After the first that does not fit none is written: an order with gaps misleads.
        if self.more > 0 || size > self.room {
            self.more += 1;
            return;
        }
        self.room -= size;
        self.text.push_str(indent);
        self.text.push_str(&line);
        self.text.push('\n');
    }
}

fn size(line: &str) -> usize {
    Form::Structured.string(line) - 2
}

fn one(page: &mut Page, number: &str, result: &Value) {
    let status = result.get("statusCode").map(|status| format!("{status} · ")).unwrap_or_default();
    let head = format!("{number}{status}");
    if let Some(error) = result.get("error") {
        let of = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
        page.line("", &format!("{head}{}: {}", of("code"), of("message")));
        return note(page, result);
    }
    let data = result.get("data").unwrap_or(result);
    match data {
        Value::String(text) => {
            page.line("", &format!("{head}text, {} characters", text.chars().count()));
            note(page, result);
            for line in text.lines().filter(|line| !line.trim().is_empty()).take(5) {
                page.line("   ", line);
            }
        }
        Value::Null => {
            page.line("", &format!("{head}no content"));
            note(page, result);
        }
        _ => {
            let Some(items) = items(data) else {
                page.line("", &format!("{head}{}", item_line(data)));
                return note(page, result);
            };
            let next =
                if data.get("@odata.nextLink").is_some() { ", and more at @odata.nextLink" } else { "" };
            let many = if items.len() == 1 { "1 item" } else { &format!("{} items", items.len()) };
            page.line("", &format!("{head}{many}{next}"));
            // Before the items, which may fill all the room.
            note(page, result);
            for item in items {
                page.line("   - ", &item_line(item));
            }
        }
    }
}

/// What was left out, where something was.
fn note(page: &mut Page, result: &Value) {
    if let Some(how) = result.get(TRUNCATED).and_then(|note| note.get("how")).and_then(Value::as_str) {
        for sentence in how.split_inclusive(". ") {
            page.line("   ! ", sentence);
        }
    }
}

/// The items of a collection, of a search's hits, or of the only list that a result has.
fn items(data: &Value) -> Option<Vec<&Value>> {
    let members = data.as_object()?;
    let list = if let Some(value) = members.get("value") {
        value.as_array()?
    } else {
        let mut lists = members.values().filter_map(Value::as_array);
        lists.next().filter(|_| lists.next().is_none() && members.len() <= 3)?
    };
    let hits = |item: &'_ Value| item.get("hitsContainers").is_some();
    if !list.iter().any(hits) {
        return Some(list.iter().collect());
    }
    let containers = list.iter().filter_map(|item| item.get("hitsContainers")?.as_array()).flatten();
    Some(containers.filter_map(|container| container.get("hits")?.as_array()).flatten().collect())
}

/// What tells an item from others: when, who, what it is called, how it begins, where it is.
fn item_line(item: &Value) -> String {
    let Value::Object(members) = item else {
        return plain(item);
    };
    // A hit of a search holds what was found.
    let found = members.get("resource").and_then(Value::as_object).unwrap_or(members);
    let text = |names: &[&str]| names.iter().find_map(|name| path(found, name));
    let title = text(&["subject", "displayName", "name", "topic", "title", "fileName", "path"]);
    let who = text(&[
        "from.emailAddress.name",
        "from.emailAddress.address",
        "from.user.displayName",
        "from.application.displayName",
        "organizer.emailAddress.name",
        "meetingOrganizer.user.displayName",
        "createdBy.user.displayName",
        "mail",
        "userPrincipalName",
        "email",
    ]);
    let when = text(&[
        "receivedDateTime",
        "start.dateTime",
        "startDateTime",
        "createdDateTime",
        "lastModifiedDateTime",
    ]);
    let begins = text(&["bodyPreview", "body.content", "summary", "description"]);
    let begins = begins.or_else(|| path(members, "summary")).map(|text| without_tags(&text));
    let place = text(&["webUrl", "id"]).or_else(|| path(members, "hitId"));
    let told = title.is_some() || who.is_some() || begins.is_some();
    let parts = [when, who, title, begins, place.filter(|_| !told || !found.contains_key("bodyPreview"))];
    let parts: Vec<_> = parts.into_iter().flatten().map(|part| printable(&part, PART)).collect();
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if told || parts.len() > 1 {
        return parts.join(" · ");
    }
    let rest = members.iter().filter(|(name, value)| !name.starts_with('@') && !value.is_null());
    let rest: Vec<_> = rest.take(8).map(|(name, value)| format!("{name}: {}", plain(value))).collect();
    rest.join(" · ")
}

/// The text at `a.b.c`.
fn path(members: &Map<String, Value>, names: &str) -> Option<String> {
    let (first, rest) = names.split_once('.').unwrap_or((names, ""));
    let mut value = members.get(first)?;
    for name in rest.split('.').filter(|name| !name.is_empty()) {
        value = value.get(name)?;
    }
    // A line has no use for more, and a body may be long.
    value.as_str().filter(|text| !text.trim().is_empty()).map(|text| text.chars().take(2_000).collect())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text, PART),
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            let few: Vec<_> = items.iter().take(6).map(plain).collect();
            few.join(", ")
        }
        Value::Array(items) => format!("{} items", items.len()),
        Value::Object(members) => format!("{} properties", members.len()),
        other => other.to_string(),
    }
}

/// HTML as far as a line needs it.
fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut within = false;
    for c in text.chars() {
        match c {
            '<' => within = true,
            '>' if within => {
                within = false;
                out.push(' ');
            }
            _ if !within => out.push(c),
            _ => {}
        }
        if out.len() > 4 * PART {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::measure::tests::value;
    use super::*;

    #[test]
    fn each_kind_of_item_has_its_line() {
        let text = render(
            &json!({"results": [
                {"statusCode": 200, "data": {"@odata.nextLink": "/x", "value": [
                    {"id": "AAMk", "subject": "Budget", "receivedDateTime": "2026-03-01T10:00:00Z", "bodyPreview": "It is\napproved",
                     "from": {"emailAddress": {"name": "Ada", "address": "ada@contoso.com"}}},
                    {"id": "1", "createdDateTime": "2026-03-02T10:00:00Z", "from": {"user": {"displayName": "Bob"}},
                     "body": {"contentType": "html", "content": "<p>Yes,<br>we do</p>"}},
                ]}},
                {"statusCode": 200, "data": {"value": [{"id": "2", "name": "plan.docx", "webUrl": "https://contoso.sharepoint.com/plan.docx"}]}},
                {"statusCode": 403, "error": {"code": "Forbidden", "message": "Missing role"}},
                {"statusCode": 200, "data": "WEBVTT\n\n00:01 --> 00:02\n<v Ada>Hello</v>\n"},
                {"statusCode": 200, "data": {"id": "u1", "displayName": "Ada", "mail": "ada@contoso.com"},
                 "truncated": {"how": "Ask for less. Or more."}},
                {"statusCode": 204, "data": null},
            ]}),
            4096,
        );
        assert_eq!(
            text,
            format!(
                "1. 200 · 2 items, and more at @odata.nextLink\n\
                 \x20  - 2026-03-01T10:00:00Z · Ada · Budget · It is approved\n\
                 \x20  - 2026-03-02T10:00:00Z · Bob · Yes, we do · 1\n\
                 2. 200 · 1 item\n\
                 \x20  - plan.docx · https://contoso.sharepoint.com/plan.docx\n\
                 3. 403 · Forbidden: Missing role\n\
                 4. 200 · text, 41 characters\n\
                 \x20  WEBVTT\n\
                 \x20  00:01 --> 00:02\n\
                 \x20  <v Ada>Hello</v>\n\
                 5. 200 · ada@contoso.com · Ada · u1\n\
                 \x20  ! Ask for less.\n\
                 \x20  ! Or more.\n\
                 6. 204 · no content\n\
                 The whole is in the structured content. {WORDS}"
            )
        );
    }

    #[test]
    fn other_tools_results_have_theirs() {
        let of = |value| render(&value, 4096).lines().next().unwrap().to_owned();
        assert_eq!(
            of(
                json!({"statusCode": 200, "contentType": "text/plain", "sizeBytes": 3, "base64Content": null})
            ),
            "200 · statusCode: 200 · contentType: text/plain · sizeBytes: 3"
        );
        let paths = render(&json!({"paths": [{"path": "/users", "operations": ["fetch", "create"]}]}), 4096);
        assert!(paths.starts_with("1 item\n   - /users"), "{paths}");
        let hits = json!({"statusCode": 200, "data": {"value": [{"hitsContainers": [{"hits": [
            {"hitId": "1", "summary": "<c0>plan</c0>", "resource": {"name": "plan.docx", "webUrl": "https://x"}}]}]}]}});
        assert_eq!(render(&hits, 4096).lines().nth(1).unwrap(), "   - plan.docx · plan · https://x");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let items: Vec<_> = (0..100).map(|at| json!({"subject": format!("Subject {at}")})).collect();
        let text = render(&json!({"results": [{"statusCode": 200, "data": {"value": items}}]}), 600);
        assert!(Form::Structured.string(&text) <= 600);
        let shown = text.matches("- Subject").count();
        assert!(shown > 10 && text.contains(&format!("… {} more lines", 100 - shown)), "{text}");
    }

    proptest! {
        #[test]
        fn it_keeps_to_its_limit(value in value(), limit in 300_usize..2_000) {
            for value in [json!({"results": [{"statusCode": 200, "data": &value}, {"error": &value}]}), value] {
                let text = render(&value, limit);
                prop_assert!(Form::Structured.string(&text) <= limit, "{text}");
                prop_assert!(text.ends_with(WORDS));
            }
        }
    }
}
