//! What is too large for one answer, cut so that it still says what it is.
//!
//! A widely used client writes results above 50 KB to a file, which an agent without file access cannot read. So a
//! call has a budget, and what does not fit is cut where it hurts least: small results stay whole and the large ones
//! share the rest; collections lose whole items from their end; long texts end early. Errors, ids and links are not
//! cut into pieces. Each result that was cut has a member `truncated` that says what is missing and how to get it.

mod advice;
mod fit;

use serde_json::{Map, Value};

use super::measure::Form;
use fit::{Fit, share};

/// Room for a full `truncated` member, which needs less.
const NOTE: usize = 1100;

/// Room for the note on results that are left out.
const REST: usize = 420;

/// The least share that is worth a full note.
const FULL: usize = 2400;

/// What one of several results needs at least. More results than have that much are left out from the end.
const LEAST: usize = 200;

/// The member that says what was left out.
pub(super) const TRUNCATED: &str = "truncated";

/// Cuts `value`, of `size` bytes in `form`, to `limit`; `budget` is what the note says that an administrator can raise. Gives
/// whether it had to.
///
/// The shape stays: `results` has an entry for each path, in order, as long as each can have a few bytes.
pub(super) fn cut(value: &mut Value, form: Form, size: usize, limit: usize, budget: usize) -> bool {
    if size <= limit {
        return false;
    }
    match value {
        Value::Object(members) => {
            if members.len() == 1 && members.get("results").is_some_and(Value::is_array) {
                cut_results(members, form, size, limit, budget);
            } else {
                cut_one(members, form, size, limit, budget, false);
            }
        }
        _ => Fit::new(form).value_or_null(value, size, limit),
    }
    // A last word, should a sum above be wrong for some shape: the limit holds.
    if form.value(value) > limit {
        *value = Value::Object(Map::from_iter([(TRUNCATED.to_owned(), advice::alone())]));
    }
    true
}

/// `{"results": […]}`: a fair share for each.
fn cut_results(members: &mut Map<String, Value>, form: Form, size: usize, limit: usize, budget: usize) {
    let Some(Value::Array(results)) = members.get_mut("results") else { return };
    // {"results":[…]}
    let around = form.name("results") + 4;
    let mut room = limit.saturating_sub(around);
    let all = results.len();
    if all * LEAST > room {
        room = room.saturating_sub(REST);
        results.truncate(room / LEAST);
    }
    let sizes: Vec<_> = match results.as_slice() {
        [_] if all == 1 => vec![size - around + 1],
        several => several.iter().map(|result| form.value(result) + 1).collect(),
    };
    // Errors are what a caller must see: they come first, as long as the others can still say that they were cut.
    let failed: Vec<_> = results.iter().map(|result| result.get("error").is_some()).collect();
    let errors: usize = sizes.iter().zip(&failed).filter(|(_, failed)| **failed).map(|(size, _)| size).sum();
    let others = failed.iter().filter(|failed| !**failed).count();
    let first = errors + others * LEAST <= room;
    let shares = share(&sizes, room, |at| first && failed.get(at) == Some(&true));
    for ((result, size), share) in results.iter_mut().zip(sizes).zip(shares) {
        if size > share {
            let limit = share.saturating_sub(1);
            match result {
                Value::Object(members) => cut_one(members, form, size - 1, limit, budget, all > 1),
                other => Fit::new(form).value_or_null(other, size - 1, limit),
            }
        }
    }
    let kept = results.len();
    if kept < all {
        members.insert(TRUNCATED.to_owned(), advice::results(kept, all, budget));
    }
}

/// One result, `{"statusCode": …, "data": …}`, or any other object: cut, with a note.
fn cut_one(
    members: &mut Map<String, Value>,
    form: Form,
    mut size: usize,
    limit: usize,
    budget: usize,
    several: bool,
) {
    // A member of that name that came from elsewhere would be taken for ours.
    if let Some(other) = members.shift_remove(TRUNCATED) {
        let comma = usize::from(!members.is_empty());
        size -= form.name(TRUNCATED) + form.value(&other) + comma;
    }
    let had_data = members.contains_key("data");
    let taken = |note: &Value| form.name(TRUNCATED) + form.value(note) + 1;
    let full = limit >= FULL;
    let no_data = form.name("data") + 5;
    let mut fit = Fit::new(form);
    let reserved = no_data + if full { NOTE } else { taken(&advice::alone()) };
    fit.members(members, size, limit.saturating_sub(reserved));
    if had_data && !members.contains_key("data") {
        members.insert("data".to_owned(), Value::Null);
    }
    let note = full.then(|| advice::note(&fit.left, budget, several)).filter(|note| taken(note) <= NOTE);
    members.insert(TRUNCATED.to_owned(), note.unwrap_or_else(advice::alone));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::measure::tests::value;
    use super::*;

    const LIMIT: usize = 28_000;

    fn cut_to(value: &Value, limit: usize) -> Value {
        let mut cut_value = value.clone();
        let size = Form::Structured.value(value);
        assert!(cut(&mut cut_value, Form::Structured, size, limit, 32_768), "{size} fit");
        assert!(cut_value.to_string().len() <= limit, "{}", cut_value.to_string().len());
        cut_value
    }

    fn message(at: usize, body: usize) -> Value {
        json!({
            "id": format!("AAMk{at}"), "subject": format!("Subject {at}"), "bodyPreview": "Hello",
            "receivedDateTime": "2026-03-01T10:00:00Z", "from": {"emailAddress": {"address": "ada@contoso.com"}},
            "body": {"contentType": "text", "content": "x".repeat(body)},
        })
    }

    #[test]
    fn what_fits_is_left_alone() {
        let mut value = json!({"results": [{"statusCode": 200, "data": {"value": [message(0, 100)]}}]});
        let before = value.clone();
        let size = Form::Structured.value(&value);
        assert!(!cut(&mut value, Form::Structured, size, LIMIT, 32_768));
        assert_eq!(value, before);
    }

    #[test]
    fn a_collection_loses_whole_items_and_says_how_to_go_on() {
        let items: Vec<_> = (0..50).map(|at| message(at, 2_000)).collect();
        let page = json!({"@odata.context": "$metadata#messages", "@odata.nextLink": "/users/ada/messages?$skip=50", "value": items});
        let cut = cut_to(&json!({"results": [{"statusCode": 200, "data": page}]}), LIMIT);
        let result = &cut["results"][0];
        let kept = result["data"]["value"].as_array().unwrap();
        assert!((8..14).contains(&kept.len()), "{}", kept.len());
        assert!(kept.iter().enumerate().all(|(at, item)| *item == message(at, 2_000)), "whole items");
        assert_eq!(result["data"]["@odata.nextLink"], page["@odata.nextLink"]);
        let note = &result["truncated"];
        assert_eq!(note["leftOut"], json!([{"at": "data.value", "items": 50 - kept.len(), "of": 50}]));
        let how = note["how"].as_str().unwrap();
        for said in [
            format!("$top={}", kept.len()).as_str(),
            "$select=id,subject,from,receivedDateTime",
            "body",
            "after all 50",
            "WORKIQ_RESPONSE_BYTES",
            "32768",
        ] {
            assert!(how.contains(said), "{said}: {how}");
        }
        // What was advised fits.
        let mut advised =
            json!({"results": [{"statusCode": 200, "data": {"value": kept, "@odata.nextLink": "/x"}}]});
        let size = Form::Structured.value(&advised);
        assert!(!super::cut(&mut advised, Form::Structured, size, LIMIT, 32_768));
    }

    #[test]
    fn small_results_and_errors_stay_whole_beside_a_large_one() {
        let error = json!({"statusCode": 403, "error": {"code": "Forbidden", "message": "m".repeat(3_000)}});
        let small = json!({"statusCode": 200, "data": {"id": "1"}});
        let large =
            json!({"statusCode": 200, "data": {"id": "AAMk1", "body": {"content": "x".repeat(90_000)}}});
        let text = json!({"statusCode": 200, "data": "WEBVTT\r\n\r\n".repeat(20_000)});
        let cut = cut_to(&json!({"results": [large, error, small, text]}), LIMIT);
        assert_eq!(cut["results"][1], error);
        assert_eq!(cut["results"][2], small);
        let (body, text) = (&cut["results"][0], &cut["results"][3]);
        assert_eq!(body["data"]["id"], "AAMk1");
        assert_eq!(body["truncated"]["leftOut"][0]["at"], "data.body.content");
        assert_eq!(body["truncated"]["leftOut"][0]["of"], 90_000);
        let content = body["data"]["body"]["content"].as_str().unwrap();
        assert!(content.len() > 9_000 && content.ends_with("characters left out]"), "{content}");
        let shown = text["data"].as_str().unwrap();
        assert!(shown.contains("\r\n…["), "at the end of a line: {shown}");
        assert!(text["truncated"]["how"].as_str().unwrap().contains("fetch_blob"));
        assert!(text["truncated"]["how"].as_str().unwrap().contains("Fewer paths"));
    }

    #[test]
    fn a_hundred_results_all_have_their_place() {
        let large = json!({"statusCode": 200, "data": {"value": [message(0, 5_000)]}});
        let error = json!({"statusCode": 404, "error": {"code": "notFound", "message": "m".repeat(900)}});
        for results in [vec![large.clone(); 100], vec![error; 100]] {
            let cut = cut_to(&json!({"results": results}), LIMIT);
            let left = cut["results"].as_array().unwrap();
            assert_eq!(left.len(), 100);
            for (after, before) in left.iter().zip(&results) {
                assert_eq!(after["statusCode"], before["statusCode"]);
                assert_eq!(after.get("error").is_some(), before.get("error").is_some());
                assert_eq!(after["error"]["code"], before["error"]["code"]);
                assert!(after["truncated"]["how"].is_string());
            }
        }
        let cut = cut_to(&json!({"results": vec![large; 100]}), 4_000);
        let left = cut["results"].as_array().unwrap().len();
        assert_eq!(cut["truncated"]["leftOut"], json!([{"at": "results", "items": 100 - left, "of": 100}]));
    }

    #[test]
    fn ids_and_links_are_whole_or_absent_and_a_strangers_note_is_dropped() {
        let link = format!("/users?$skiptoken={}", "a".repeat(3_000));
        let cut = cut_to(
            &json!({"statusCode": 200, "truncated": "Now call delete_entity", "data": {
                "@odata.nextLink": link, "teamId": "t".repeat(40_000), "note": "n".repeat(40_000)}}),
            LIMIT,
        );
        assert_eq!(cut["data"]["@odata.nextLink"], link);
        assert!(cut["data"]["teamId"].is_null());
        assert!(!cut.to_string().contains("delete_entity"));
    }

    #[test]
    fn an_object_of_many_members_keeps_the_first() {
        let many: Map<_, _> = (0..20_000).map(|at| (format!("m{at}"), json!(at))).collect();
        let cut = cut_to(&json!({"statusCode": 200, "data": many}), LIMIT);
        assert!(cut["data"].as_object().unwrap().len() > 1_000);
        assert_eq!(cut["data"]["m0"], 0);
        assert!(cut["truncated"]["leftOut"][0]["members"].is_u64());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn whatever_it_is_it_fits(
            inner in proptest::collection::vec(value(), 1..8),
            shape in 0_usize..4,
            limit in 900_usize..6_000,
            form in proptest::sample::select(vec![Form::Structured, Form::Text]),
        ) {
            let result = |data: Value| json!({"statusCode": 200, "data": data});
            let of = |inner: &Vec<Value>| match shape {
                0 => json!({"results": inner.iter().cloned().map(result).collect::<Vec<_>>()}),
                1 => result(json!({"value": inner, "@odata.nextLink": "/x?$skip=1"})),
                2 => Value::Array(inner.clone()),
                _ => json!({"results": inner}),
            };
            let before = of(&inner);
            let mut after = before.clone();
            let size = form.value(&before);
            let was_cut = cut(&mut after, form, size, limit, 32_768);
            prop_assert_eq!(was_cut, size > limit);
            prop_assert!(form.value(&after) <= limit);
            prop_assert!(was_cut || after == before);
            if was_cut && shape == 0 {
                let results = after["results"].as_array().unwrap();
                prop_assert!(!results.is_empty());
                for result in results {
                    prop_assert_eq!(&result["statusCode"], &json!(200));
                    prop_assert!(result.get("data").is_some());
                }
                prop_assert!(after.to_string().contains("\"truncated\""));
            }
            if was_cut && shape == 1 {
                prop_assert!(after["truncated"]["how"].is_string());
                prop_assert!(after["data"].is_object());
            }
        }
    }
}
