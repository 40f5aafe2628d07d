//! From what a tool found to what a client is given: links taken out, hidden text shown, cut to the budget, in words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::measure::Form;
use super::render::render;
use super::{budget, redact, untrusted};

/// The least budget that leaves room for an answer.
const LEAST: usize = 4096;

/// What the short text may have of a budget at least, even if structured content needs all the rest.
const WORDS: usize = 400;

/// How results are presented: settings of the server, none of them a model's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentation {
    /// Leaves what hides in texts as it is. Links that let in whoever has them are taken out nevertheless.
    pub exact: bool,
    /// Bytes of a call's text and structured content together, as they stand in the message; below 4,096 counts as
    /// 4,096.
    pub budget: usize,
}

impl Default for Presentation {
    /// Nothing exact, and 32 KB.
    fn default() -> Self {
        Self { exact: false, budget: 32 * 1024 }
    }
}

/// What the client's protocol knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rendering {
    /// Structured content (MCP 2025-06-18 and later): text is a few lines.
    Short,
    /// Text only: the JSON itself.
    Whole,
}

/// A result as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Presented {
    /// The structured content, where the client knows it.
    pub structured: Option<Value>,
    /// The text.
    pub text: String,
    /// What to say in a text block of its own, where `text` is JSON and cannot say it. It is within the budget.
    pub closing: Option<&'static str>,
    /// How many links were taken out.
    pub redacted: usize,
    /// Whether something was left out.
    pub cut: bool,
}

/// Presents `value`. The member `exempt`, such as `base64Content`, is passed on as it is: it has its own limit, is not
/// looked into, does not count, and does not appear in the short text.
#[must_use]
pub fn present(
    mut value: Value,
    presentation: &Presentation,
    rendering: Rendering,
    exempt: Option<&str>,
) -> Presented {
    let budget = presentation.budget.max(LEAST);
    let apart = exempt.and_then(|name| value.get_mut(name).map(|member| (name, member.take())));
    let redacted = redact::redact(&mut value);
    if !presentation.exact {
        untrusted::escape(&mut value);
    }
    match rendering {
        Rendering::Short => {
            let most = budget / 8;
            let mut size = Form::Structured.value(&value);
            let cut = size + WORDS > budget;
            if cut {
                budget::cut(&mut value, Form::Structured, size, budget - most, budget);
                size = Form::Structured.value(&value);
            }
            let text = render(&value, most.min(budget - size));
            put_back(&mut value, apart);
            Presented { structured: Some(value), text, closing: None, redacted, cut }
        }
        Rendering::Whole => {
            let closing = untrusted::WORDS;
            let limit = budget - Form::Structured.string(closing) - 2;
            let size = Form::Text.value(&value);
            let cut = budget::cut(&mut value, Form::Text, size, limit, budget);
            put_back(&mut value, apart);
            Presented { structured: None, text: value.to_string(), closing: Some(closing), redacted, cut }
        }
    }
}

/// A text that is the result itself, such as a schema, cut at the end of a line where it is larger than the budget leaves
/// beside `about`, which is sent with it in structured content.
#[must_use]
pub fn present_text(text: String, about: &Value, budget: usize, rendering: Rendering) -> String {
    let beside = if rendering == Rendering::Short { Form::Structured.value(about) } else { 0 };
    let room = budget.max(LEAST).saturating_sub(beside);
    if Form::Structured.string(&text) <= room {
        return text;
    }
    let note = |left: usize| {
        format!(
            "… {left} characters are left out. Ask for the format typescript, or for a path further down."
        )
    };
    let mut room = room.saturating_sub(Form::Structured.string(&note(text.len())) + 2);
    let mut kept = 0;
    for line in text.split_inclusive('\n') {
        let size = Form::Structured.string(line) - 2;
        if size > room {
            break;
        }
        room -= size;
        kept += line.len();
    }
    let left = text[kept..].chars().count();
    format!("{}{}", &text[..kept], note(left))
}

fn put_back(value: &mut Value, apart: Option<(&str, Value)>) {
    if let (Value::Object(members), Some((name, member))) = (value, apart) {
        members.insert(name.to_owned(), member);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::measure::tests::value;
    use super::*;

    fn sent(presented: &Presented) -> usize {
        let text = serde_json::to_string(&presented.text).unwrap().len();
        let structured = presented.structured.as_ref().map_or(0, |value| value.to_string().len());
        text + structured + presented.closing.map_or(0, |words| words.len() + 2)
    }

    fn page(items: usize) -> Value {
        let item = |at| {
            json!({
                "id": format!("AAMk{at}"), "subject": "Budget", "receivedDateTime": "2026-03-01T10:00:00Z",
                "body": {"contentType": "html", "content": format!("<p class=\"a\">\u{200b}{}</p>\r\n", "text ".repeat(150))},
                "@microsoft.graph.downloadUrl": "https://contoso.sharepoint.com/x?tempauth=y",
            })
        };
        json!({"results": [{"statusCode": 200, "data": {"value": (0..items).map(item).collect::<Vec<_>>()}}]})
    }

    #[test]
    fn a_small_result_is_whole_with_short_text() {
        let shown = present(page(2), &Presentation::default(), Rendering::Short, None);
        assert_eq!((shown.redacted, shown.cut), (2, false));
        let structured = shown.structured.unwrap();
        let body = structured["results"][0]["data"]["value"][1]["body"]["content"].as_str().unwrap();
        assert!(body.starts_with("<p class=\"a\">\\u{200B}text"), "{body}");
        assert!(shown.text.starts_with("1. 200 · 2 items\n") && shown.text.ends_with(untrusted::WORDS));
        assert!(shown.text.len() < 800);
    }

    #[test]
    fn both_renderings_keep_to_the_budget_and_fill_it() {
        for rendering in [Rendering::Short, Rendering::Whole] {
            for (budget, filled) in [(0, 0), (LEAST, LEAST / 2), (32 * 1024, 24_000), (100_000, 75_000)] {
                let shown = present(page(250), &Presentation { exact: false, budget }, rendering, None);
                assert!(shown.cut);
                assert!(sent(&shown) <= budget.max(LEAST), "{} of {budget}", sent(&shown));
                assert!(sent(&shown) > filled, "{} of {budget}", sent(&shown));
                let whole = shown.structured.unwrap_or_else(|| serde_json::from_str(&shown.text).unwrap());
                assert!(whole["results"][0]["truncated"]["how"].as_str().unwrap().contains("$top="));
                assert!(shown.text.contains("$top="), "the text says so as well");
            }
        }
    }

    #[test]
    fn exact_leaves_hidden_text_and_takes_links_out() {
        let exact = Presentation { exact: true, ..Presentation::default() };
        let shown = present(page(1), &exact, Rendering::Whole, None);
        assert!(shown.text.contains('\u{200b}') && !shown.text.contains("tempauth"));
    }

    #[test]
    fn a_file_is_exempt_and_sent_once() {
        let file = "QUJD".repeat(100_000);
        let value =
            json!({"statusCode": 200, "blobName": "a\u{202e}.txt", "sizeBytes": 3, "base64Content": file});
        let shown = present(value.clone(), &Presentation::default(), Rendering::Short, Some("base64Content"));
        let structured = shown.structured.unwrap();
        assert_eq!(structured["base64Content"], value["base64Content"]);
        assert_eq!(structured["blobName"], "a\\u{202E}.txt");
        assert!(!shown.cut && !shown.text.contains("QUJD"));
        let names: Vec<_> = structured.as_object().unwrap().keys().collect();
        assert_eq!(names, ["statusCode", "blobName", "sizeBytes", "base64Content"]);
        // By itself it would be cut like any other text.
        assert!(present(value, &Presentation::default(), Rendering::Short, None).cut);
    }

    #[test]
    fn a_text_that_is_the_result_is_whole_or_ends_with_a_line() {
        let about = json!({"format": "typescript"});
        let text = "interface Message { subject?: string; }\n".repeat(300);
        assert_eq!(present_text(text.clone(), &about, 20_000, Rendering::Short), text);
        let cut = present_text(text.clone(), &about, 5_000, Rendering::Short);
        assert!(serde_json::to_string(&cut).unwrap().len() + about.to_string().len() <= 5_000);
        let (kept, note) = cut.rsplit_once('\n').unwrap();
        assert!(text.starts_with(kept) && kept.ends_with('}') && kept.len() > 4_000);
        assert!(note.contains("characters are left out"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn whatever_comes_it_fits_and_nothing_hides(
            data in proptest::collection::vec(value(), 1..16),
            rendering in proptest::sample::select(vec![Rendering::Short, Rendering::Whole]),
            exact in any::<bool>(),
        ) {
            let results: Vec<_> = data.into_iter().map(|data| json!({"statusCode": 200, "data": data})).collect();
            let value = json!({"results": results});
            let shown = present(value, &Presentation { exact, budget: LEAST }, rendering, None);
            prop_assert!(sent(&shown) <= LEAST, "{}", sent(&shown));
            let whole = shown.structured.clone().unwrap_or_else(|| serde_json::from_str(&shown.text).unwrap());
            prop_assert!(whole["results"].is_array());
            if !exact {
                let mut again = whole.clone();
                untrusted::escape(&mut again);
                prop_assert_eq!(again, whole, "a cut tears no escape apart");
            }
        }
    }
}
