//! Time windows: what is shown in which time is written here by hand, once more.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use serde_json::Map;

use super::oracle::canonical;
use super::*;
use crate::graph::request::GraphRequest;
use crate::graph::response::{GraphFailure, GraphResponse};
use crate::time::{instant, rfc3339_ms};

const FROM: &str = "2026-10-01T00:00:00Z";
const TO: &str = "2026-11-01T00:00:00Z";

/// All of [`boundary`] that can have a window has one.
fn windowed() -> Boundary {
    let of = |id: &str| json!({"id": id, "from": FROM, "to": TO});
    let rules = json!({
        "users": [of(ADA), {"id": GRACE, "mailFolders": ["inbox"], "from": "2026-10-01", "to": "2026-10-31"}],
        "organizers": [of(BARBARA_ID)],
        "teams": [of(TEAM), {"id": PARTLY, "channels": [CHANNEL], "from": FROM, "to": TO}],
        "chats": [of(CHAT)],
        "sites": [SITE],
        "drives": ["b!listed"],
    });
    Boundary::new(Arc::new(BoundaryRules::parse(&rules.to_string()).unwrap()))
}

fn at(text: &str) -> SystemTime {
    instant(text).unwrap()
}

/// Judges a read; the owner of whatever is asked about is of the time `owner`. Tells what was asked about, too.
fn read(path: &GraphPath, owner: SystemTime) -> (Result<Verdict, Stop>, Vec<String>) {
    let asked = RefCell::new(Vec::new());
    let verdict = windowed().judge(&Method::GET, path, None, &|alias| match alias {
        Alias::Time { owner: path, .. } => {
            asked.borrow_mut().push(path.clone());
            Some(Known::Time(owner))
        }
        other => known(other),
    });
    (verdict, asked.into_inner())
}

/// Names of collections whose items have a time, wherever they stand.
const HAVE_TIMES: [&str; 12] = [
    "messages",
    "events",
    "calendarview",
    "onlinemeetings",
    "transcripts",
    "recordings",
    "replies",
    "instances",
    "getallmessages",
    "getallretainedmessages",
    "lastmessagepreview",
    "tasks",
];

/// Paths to things with times, and in which property. `*` ends an entity.
const SHOWN: [(&str, &str); 15] = [
    ("/users/ada@contoso.com/messages", "receivedDateTime"),
    ("/users/ada@contoso.com/messages/m", "receivedDateTime"),
    ("/users/ada@contoso.com/messages/delta", "receivedDateTime"),
    ("/users/ada@contoso.com/mailfolders/inbox/messages", "receivedDateTime"),
    ("/users/grace@contoso.com/mailfolders/inbox/messages", "receivedDateTime"),
    ("/users/ada@contoso.com/events", "start"),
    ("/users/ada@contoso.com/calendarview", "start"),
    ("/users/ada@contoso.com/calendars/c/events/e/instances", "start"),
    ("/users/ada@contoso.com/onlinemeetings", "startDateTime"),
    ("/users/ada@contoso.com/todo/lists/l/tasks", "createdDateTime"),
    ("/teams/bbbbbbbb-0000-4000-8000-000000000001/channels/getallmessages", "createdDateTime"),
    ("/groups/bbbbbbbb-0000-4000-8000-000000000001/team/channels/19:x/messages", "createdDateTime"),
    ("/teams/bbbbbbbb-0000-4000-8000-000000000002/channels/19:one@thread.tacv2/messages", "createdDateTime"),
    ("/chats/19:chat@thread.v2/messages", "createdDateTime"),
    ("/users/ada@contoso.com/chats/19:chat@thread.v2/messages/m/replies", "createdDateTime"),
];

/// What an item says of its time, and whether that is inside. Minutes count from the window's beginning.
fn telling(property: &str, minutes: i64, how: u8) -> (Value, bool) {
    let from = at(FROM);
    let step = Duration::from_secs(minutes.unsigned_abs() * 60);
    let time = if minutes < 0 { from - step } else { from + step };
    let inside = (0..31 * 24 * 60).contains(&minutes);
    let text = rfc3339_ms(time);
    let local = text.trim_end_matches('Z').to_owned();
    match (how, property) {
        (0, _) => (json!(null), false),
        (1, _) => (json!(local), false),
        (2, "start") => (json!({"dateTime": local, "timeZone": "Pacific Standard Time"}), false),
        (2, _) => (json!(["2026-10-15T00:00:00Z"]), false),
        (_, "start") => (json!({"dateTime": format!("{local}0000"), "timeZone": "UTC"}), inside),
        _ => (json!(text), inside),
    }
}

/// The top members that a `$select` of `path` leaves, as Graph does it.
fn selected(path: &GraphPath, item: &Map<String, Value>) -> Value {
    let query = path.as_str().split_once('?').map_or("", |(_, query)| query);
    let query = percent_encoding::percent_decode_str(query).decode_utf8_lossy().to_lowercase();
    let select = query.split('&').find_map(|pair| pair.trim_start_matches('$').strip_prefix("select="));
    let Some(select) = select.filter(|select| !select.is_empty() && *select != "*") else {
        return Value::Object(item.clone());
    };
    let names: Vec<_> = select.split(',').map(|name| name.trim().split('/').next().unwrap()).collect();
    let kept = item.iter().filter(|(name, _)| *name == "id" || names.contains(&name.to_lowercase().as_str()));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn answer(body: Value) -> GraphResponse {
    GraphResponse { body, ..GraphResponse::own(http::StatusCode::OK, Value::Null) }
}

fn ids(body: &Value) -> Vec<u64> {
    body["value"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

/// A judgement that has a guard.
fn guarded(text: &str) -> Guard {
    let (verdict, _) = read(&GraphPath::parse(text).unwrap(), at(FROM));
    verdict.unwrap_or_else(|stop| panic!("{text}: {stop:?}")).guard.unwrap_or_else(|| panic!("{text}"))
}

fn narrowed(text: &str) -> String {
    let guard = guarded(text);
    guard.narrowed(GraphRequest::get(GraphPath::parse(text).unwrap())).path().to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn nothing_outside_is_handed_out_and_nothing_inside_is_lost(
        (text, property) in select(SHOWN.to_vec()),
        ways in proptest::collection::vec(select(vec![0_u8, 0, 1, 2]), 1..6),
        query in select(vec!["", "$top=5", "$select=id,subject", "%24Select=subject", "select=start", "$select=",
            "$filter=a eq 'b'&$select=id", "$orderby=subject", "$skip=2&$select=*"]),
        items in proptest::collection::vec((-60_000_i64..120_000, 0_u8..8), 0..12),
        edges in proptest::collection::vec(select(vec![-1_i64, 0, 1, 44_639, 44_640, 44_641]), 0..3),
    ) {
        let text = if query.is_empty() { text.to_owned() } else { format!("{text}?{query}") };
        let path = GraphPath::parse(&respelt(&text, &ways)).unwrap();
        let (verdict, _) = read(&path, at(FROM));
        let guard = verdict.unwrap().guard.unwrap();
        let asked = guard.narrowed(GraphRequest::get(path)).path().clone();
        let items = items.into_iter().chain(edges.into_iter().map(|minutes| (minutes, 9)));
        let mut inside = Vec::new();
        let all: Vec<_> = items.enumerate().map(|(id, (minutes, how))| {
            let (time, is_inside) = telling(property, minutes, how);
            if is_inside {
                inside.push(id as u64);
            }
            let item = json!({"id": id, property: time, "subject": "s", "replies": [{"id": "hidden"}]});
            let item = selected(&asked, item.as_object().unwrap());
            // Each by itself is handed out as it is, or not at all.
            let alone = guard.filtered(answer(item.clone()));
            assert_eq!(alone.is_ok(), is_inside, "{asked}: {item}");
            item
        }).collect();
        let taken = all.len() - inside.len();
        let page = json!({"@odata.count": 99, "value": all, "@odata.nextLink": "/next", "more": all});
        let shown = guard.filtered(answer(page)).unwrap();
        prop_assert_eq!(ids(&shown.body), inside, "{}", asked);
        prop_assert!(shown.body.get("more").is_none() && shown.body.get("@odata.count").is_none());
        prop_assert!(property != "createdDateTime" || !shown.body.to_string().contains("hidden") || text.contains("tasks"));
        prop_assert_eq!(&shown.body["@odata.nextLink"], "/next");
        prop_assert!(taken == 0 || shown.note.is_some());
    }

    #[test]
    fn what_has_a_time_is_guarded_or_its_owner_is_asked_about(
        text in plain(),
        ways in proptest::collection::vec(select(vec![0_u8, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 1..6),
    ) {
        let spelt = respelt(&text, &ways);
        if let Ok(path) = GraphPath::parse(&spelt)
            && let (Ok(verdict), asked) = read(&path, at(FROM))
        {
            let own = canonical(path.own());
            prop_assert!(judged(&boundary(), &path).is_ok(), "a window lets in more: {}", spelt);
            let has_times = own.iter().any(|segment| HAVE_TIMES.contains(&segment.as_str()));
            prop_assert_eq!(verdict.guard.is_some() || !asked.is_empty(), has_times, "{}: {:?}", spelt, verdict);
            let is_file = matches!(own[0].as_str(), "drives" | "sites");
            prop_assert!(is_file || verdict.terms.methods == Methods::READ);
            // Its owner's time decides.
            if !asked.is_empty() {
                prop_assert!(read(&path, at(TO)).0.is_err(), "{}", spelt);
            }
        }
    }
}

#[test]
fn a_part_is_judged_by_the_time_of_what_it_belongs_to() {
    let meeting = format!("/users/{BARBARA}/onlineMeetings/{}", meeting(BARBARA_ID));
    let content = format!("{meeting}/transcripts/t/content?$format=text/vtt");
    for (path, owner) in [
        ("/users/ada@contoso.com/messages/m/attachments/a/$value", "/users/ada@contoso.com/messages/m"),
        ("/users('ada@contoso.com')/events('e')/attachments", "/users('ada@contoso.com')/events('e')"),
        (
            "/chats/19:chat@thread.v2/messages/m/hostedContents/h/$value",
            "/chats/19:chat@thread.v2/messages/m",
        ),
        (content.as_str(), &format!("{meeting}/transcripts/t")),
    ] {
        let path = GraphPath::parse(path).unwrap();
        for (time, inside) in [(FROM, true), ("2026-09-30T23:59:59Z", false), (TO, false)] {
            let (verdict, asked) = read(&path, at(time));
            assert_eq!(
                (verdict.is_ok(), &asked[..]),
                (inside, &[owner.to_owned()][..]),
                "{path}: {verdict:?}"
            );
        }
        let unknown = |alias: &Alias| match alias {
            Alias::Time { .. } => Some(Known::Nothing("it is not found".into())),
            other => known(other),
        };
        let verdict = windowed().judge(&Method::GET, &path, None, &unknown);
        assert!(matches!(verdict, Err(Stop::Outside(_))), "{path}");
    }
}

#[test]
fn writes_counts_files_and_what_is_unknown_are_refused() {
    for path in [
        "/users/ada@contoso.com/messages/$count",
        "/users/ada@contoso.com/messages?$count=true",
        "/users/ada@contoso.com/messages?%24COUNT=TRUE",
        "/users/ada@contoso.com/mailFolders?$expand=messages",
        "/users/ada@contoso.com/mailFolders?$filter=messages/any(m:m/isRead eq true)",
        "/users/ada@contoso.com/mailFolders?%24orderby=messages%2F$count",
        "/users/ada@contoso.com/drive/root/children",
        "/users/ada@contoso.com/drives",
        "/drives/b!ada/root",
        "/users/ada@contoso.com/reminderView(StartDateTime='a',EndDateTime='b')",
        "/chats/19:chat@thread.v2?$expand=lastMessagePreview",
        "/chats/19:chat@thread.v2/pinnedMessages",
        "/teams/bbbbbbbb-0000-4000-8000-000000000001/channels/allMessages",
    ] {
        let (verdict, _) = read(&GraphPath::parse(path).unwrap(), at(FROM));
        assert!(matches!(verdict, Err(Stop::Outside(_))), "{path}: {verdict:?}");
    }
    let post = |path: &str, body: Value| {
        windowed().judge(&Method::POST, &GraphPath::parse(path).unwrap(), Some(&body), &known)
    };
    assert!(post("/users/ada@contoso.com/sendMail", json!({})).is_err());
    assert!(post("/users/ada@contoso.com/calendar/getSchedule", json!({"schedules": []})).is_err());
    // Nor through somebody without a window.
    let rules = json!({"users": [GRACE, {"id": ADA, "days": 3}]});
    let boundary = Boundary::new(Arc::new(BoundaryRules::parse(&rules.to_string()).unwrap()));
    let schedules = json!({"schedules": [ADA]});
    let path = GraphPath::parse("/users/grace@contoso.com/calendar/getSchedule").unwrap();
    assert!(boundary.judge(&Method::POST, &path, Some(&schedules), &known).is_err());
    for free in ["/users/ada@contoso.com", "/users/ada@contoso.com/contacts", "/drives/b!listed/root"] {
        let (verdict, _) = read(&GraphPath::parse(free).unwrap(), at(FROM));
        assert_eq!(verdict.map(|verdict| verdict.guard), Ok(None), "{free}");
    }
}

#[test]
fn somebody_who_is_listed_twice_is_bound_by_both_windows() {
    let rules = json!({
        "users": [{"id": ADA_ID, "from": "2026-10-01"}],
        "organizers": [{"id": ADA_ID, "to": "2026-10-31"}],
        "chats": [{"id": CHAT, "days": 9}],
    });
    let boundary = Boundary::new(Arc::new(BoundaryRules::parse(&rules.to_string()).unwrap()));
    let window = |path: &str| {
        boundary.judge(&Method::GET, &GraphPath::parse(path).unwrap(), None, &known).unwrap().filter()
    };
    let user = format!("/users/{ADA_ID}");
    assert_eq!(window(&format!("{user}/messages")).unwrap(), "from 2026-10-01T00:00:00Z");
    let meetings = window(&format!("{user}/onlineMeetings/{}/transcripts", meeting(ADA_ID))).unwrap();
    assert_eq!(meetings, "from 2026-10-01T00:00:00Z, before 2026-11-01T00:00:00Z");
    let chat = window(&format!("{user}/chats/{CHAT}/messages")).unwrap();
    assert_eq!(chat, "from 2026-10-01T00:00:00Z, of the last 9 days");
}

#[test]
fn graph_is_asked_for_no_more_than_is_inside_where_it_can_see_to_that() {
    let mail = "/users/ada@contoso.com/messages";
    let inside = "$filter=receivedDateTime%20ge%202026-10-01T00:00:00.000Z%20and%20receivedDateTime%20lt%202026-11-01T00:00:00.001Z";
    assert_eq!(narrowed(mail), format!("{mail}?{inside}&$orderby=receivedDateTime%20desc"));
    assert_eq!(
        narrowed(&format!("{mail}?$orderby=receivedDateTime desc&$select=subject")),
        format!("{mail}?$orderby=receivedDateTime%20desc&$select=subject,receivedDateTime&{inside}")
    );
    for as_is in [
        "?$search=\"x\"",
        "?$filter=isRead eq false",
        "?$orderby=subject",
        "?$orderby=receivedDateTime desc,subject",
        "?$skiptoken=x",
        "/m",
        "/delta",
    ] {
        let text = format!("{mail}{as_is}");
        assert_eq!(narrowed(&text), GraphPath::parse(&text).unwrap().to_string());
    }
    let events = narrowed("/users/ada@contoso.com/events");
    assert!(events.contains("?$filter=start/dateTime%20ge%20'2026-10-01T00:00:00.000'%20and"), "{events}");
    let view = |start: &str, end: &str| {
        narrowed(&format!("/users/ada@contoso.com/calendarView?startDateTime={start}&endDateTime={end}"))
    };
    assert!(
        view("2026-01-01T00:00:00", "2026-12-01T00:00:00%2B01:00")
            .ends_with("?startDateTime=2026-10-01T00:00:00.000Z&endDateTime=2026-11-01T00:00:00.001Z")
    );
    assert!(view("2026-01-01", "2026-02-01").ends_with("?startDateTime=2026-01-01&endDateTime=2026-02-01"));
    assert!(view("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z").contains("=2025-01-01T00:00:00Z&"));
}

#[test]
fn what_was_left_out_is_told_but_not_behind_a_condition() {
    let note = |text: &str, times: &[&str]| {
        let items: Vec<_> = times.iter().map(|time| json!({"receivedDateTime": time})).collect();
        guarded(text).filtered(answer(json!({"value": items}))).unwrap().note.map(|note| note.to_string())
    };
    let mail = "/users/ada@contoso.com/messages";
    let (inside, outside) = ("2026-10-02T00:00:00Z", "2026-09-02T00:00:00Z");
    assert_eq!(note(mail, &[inside]), None);
    assert!(note(mail, &[inside, outside, outside]).unwrap().starts_with("2 items are left out"));
    let searched = format!("{mail}?$search=\"merger\"");
    assert_eq!(note(&searched, &[outside]), note(&searched, &[inside]));
    assert!(note(&searched, &[]).is_some());
}

#[test]
fn an_answer_in_no_known_form_is_withheld_and_an_error_is_handed_on() {
    let guard = guarded("/users/ada@contoso.com/messages");
    for odd in
        [json!(null), json!("text"), json!(17), json!([{"receivedDateTime": FROM}]), json!({"value": "x"})]
    {
        let outcome = guard.filtered(answer(odd.clone()));
        assert!(matches!(outcome, Err(GraphFailure::OutsideBoundary(_))), "{odd}");
    }
    let error = GraphResponse { status: 404, ..answer(json!({"error": {"code": "x"}})) };
    assert_eq!(guard.filtered(error).unwrap().body["error"]["code"], "x");
    let items =
        guard.filtered(answer(json!({"value": [7, null, "x", {"id": "y", "@removed": {}}]}))).unwrap();
    assert_eq!(items.body["value"], json!([]));
}

#[test]
fn times_of_events_are_compared_in_utc_only() {
    let guard = guarded("/users/ada@contoso.com/events");
    let headers = |value: &str| Map::from_iter([("Prefer".to_owned(), json!(value))]);
    let request = || GraphRequest::get(GraphPath::parse("/users/ada@contoso.com/events").unwrap());
    let zoned = request().with_headers(&headers("Outlook.TimeZone=\"Asia/Tokyo\"")).unwrap();
    assert!(guard.check(&zoned).is_err());
    assert!(guard.check(&request().with_headers(&headers("odata.maxpagesize=5")).unwrap()).is_ok());
}
