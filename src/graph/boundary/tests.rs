//! Paths in every spelling that Graph might read, beside a slow oracle that shares no code with what it judges: it decodes
//! until nothing changes, takes a path apart, and looks for it in lists written by hand.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;
use crate::graph::path::GraphPath;

const ADA: &str = "ada@contoso.com";
const ADA_ID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const GRACE: &str = "grace@contoso.com";
const BARBARA: &str = "barbara@contoso.com";
const BARBARA_ID: &str = "aaaaaaaa-0000-4000-8000-000000000003";
const EVE: &str = "eve@contoso.com";
const EVE_ID: &str = "aaaaaaaa-0000-4000-8000-000000000004";
const TEAM: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const PARTLY: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const FOREIGN: &str = "bbbbbbbb-0000-4000-8000-000000000003";
const CHANNEL: &str = "19:one@thread.tacv2";
const OTHER_CHANNEL: &str = "19:two@thread.tacv2";
const CHAT: &str = "19:chat@thread.v2";
const OTHER_CHAT: &str = "19:other@thread.v2";
const SITE: &str =
    "contoso.sharepoint.com,cccccccc-0000-4000-8000-000000000001,dddddddd-0000-4000-8000-000000000001";
const OTHER_SITE: &str =
    "contoso.sharepoint.com,cccccccc-0000-4000-8000-000000000002,dddddddd-0000-4000-8000-000000000002";

fn boundary() -> Boundary {
    let rules = json!({
        "users": [ADA, {"id": GRACE, "mailFolders": ["inbox"]}],
        "organizers": [BARBARA_ID],
        "teams": [TEAM, {"id": PARTLY, "channels": [CHANNEL]}],
        "chats": [CHAT],
        "sites": [SITE],
        "drives": ["b!listed"],
    });
    Boundary::new(Arc::new(BoundaryRules::parse(&rules.to_string()).unwrap()))
}

/// What Graph would tell.
#[expect(clippy::unnecessary_wraps, reason = "it stands in for a memory that may not know")]
fn known(alias: &Alias) -> Option<Known> {
    let user = |id: &str, name: &str| Known::User { id: id.to_owned(), name: name.to_owned() };
    let web = |id: &str| {
        let parts: Vec<_> = id.split(',').map(str::to_owned).collect();
        Some((parts[1].clone(), parts[2].clone()))
    };
    let nothing = || Known::Nothing("not found".to_owned());
    Some(match alias {
        Alias::User(name) => match name.as_str() {
            ADA | ADA_ID => user(ADA_ID, ADA),
            BARBARA | BARBARA_ID => user(BARBARA_ID, BARBARA),
            EVE | EVE_ID => user(EVE_ID, EVE),
            _ => nothing(),
        },
        Alias::Site(name) => match name.as_str() {
            "contoso.sharepoint.com:/sites/one" => Known::Site(SITE.to_owned()),
            "contoso.sharepoint.com:/sites/two" | "root" => Known::Site(OTHER_SITE.to_owned()),
            _ => nothing(),
        },
        Alias::Drive(name) => match name.as_str() {
            "b!site" => Known::Drive { web: web(SITE), owner: Some(EVE_ID.to_owned()) },
            "b!ada" => Known::Drive { web: None, owner: Some(ADA_ID.to_owned()) },
            "b!eve" => Known::Drive { web: web(OTHER_SITE), owner: Some(EVE_ID.to_owned()) },
            _ => nothing(),
        },
    })
}

fn judged(boundary: &Boundary, path: &GraphPath) -> Result<Methods, Stop> {
    boundary.judge(&Method::GET, path, None, &known)
}

fn meeting(organizer: &str) -> String {
    STANDARD.encode(format!("1*{organizer}*0**19:meeting_x@thread.v2"))
}

// ---- The oracle -----------------------------------------------------------------------------------------------------

/// A path as the most lenient server reads it: decoded until nothing changes, in lower case, without parameters,
/// namespaces and what Windows drops, keys as segments.
fn canonical(own: &str) -> Vec<String> {
    let mut text = own.to_owned();
    loop {
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            break;
        }
        text = decoded;
    }
    let mut segments = Vec::new();
    for segment in text.split('/').filter(|segment| !segment.is_empty()) {
        let segment = segment.split(';').next().unwrap().trim().trim_end_matches('.').to_lowercase();
        let segment = segment.replace("microsoft.graph.", "");
        match segment.split_once('(') {
            Some((name, rest)) => {
                segments.push(name.to_owned());
                let inside = rest.trim_end_matches(')').trim();
                // A key may end with equals signs of its own.
                let value = if inside.starts_with('\'') {
                    inside
                } else {
                    inside.split_once('=').map_or(inside, |(_, v)| v)
                };
                let key = value.trim().trim_matches('\'').replace("''", "'");
                if !key.is_empty() {
                    segments.push(key);
                }
            }
            None => segments.push(segment),
        }
    }
    segments
}

/// All that is inside in this world, written out; `*` is any one segment but an operator.
static INSIDE: LazyLock<Vec<String>> = LazyLock::new(inside);

fn inside() -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |objects: &[&str], tails: &[&str]| {
        for object in objects {
            all.extend(tails.iter().map(|tail| format!("{object}{tail}").to_lowercase()));
        }
    };
    let ada = [format!("users/{ADA}"), format!("users/{ADA_ID}")];
    let ada: Vec<_> = ada.iter().map(String::as_str).collect();
    let mail = ["/*", "/*/attachments", "/*/attachments/*", "/*/attachments/*/$value", ""];
    let messages = mail.map(|tail| format!("/messages{tail}"));
    let in_folder = mail.map(|tail| format!("/mailfolders/*/messages{tail}"));
    add(&ada, &messages.iter().chain(&in_folder).map(String::as_str).collect::<Vec<_>>());
    let files = [
        "/root",
        "/root/children",
        "/items/*",
        "/items/*/children",
        "/items/*/content",
        "",
        "/root/search/x",
    ];
    let own_drive = files.map(|tail| format!("/drive{tail}"));
    add(&ada, &own_drive.iter().map(String::as_str).collect::<Vec<_>>());
    add(&ada, &["", "/mailfolders", "/mailfolders/*", "/events", "/calendarview", "/drives"]);
    add(&["users/grace@contoso.com"], &own_drive.iter().map(String::as_str).collect::<Vec<_>>());
    add(
        &["users/grace@contoso.com"],
        &[
            "",
            "/drives",
            "/calendarview",
            "/events",
            "/mailfolders/inbox/messages",
            "/mailfolders/inbox",
            "/mailfolders/inbox/messages/*",
        ],
    );
    let meetings = |who: &str| {
        let id = meeting(who).to_lowercase();
        ["", "/transcripts", "/transcripts/*", "/transcripts/*/content"]
            .map(|tail| format!("/onlinemeetings/{id}{tail}"))
    };
    let organizers = [BARBARA, BARBARA_ID, ADA, ADA_ID, GRACE].map(|who| format!("users/{who}"));
    for organizer in &organizers {
        add(&[organizer], &["/onlinemeetings"]);
        for of in [ADA_ID, BARBARA_ID] {
            add(&[organizer], &meetings(of).iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
    let team = [format!("teams/{TEAM}"), format!("groups/{TEAM}/team")];
    for team in &team {
        add(
            &[team],
            &[
                "",
                "/channels",
                "/channels/*",
                "/channels/*/messages",
                "/channels/*/messages/*/replies",
                "/members",
                "/primarychannel",
            ],
        );
    }
    let partly = [format!("teams/{PARTLY}"), format!("groups/{PARTLY}/team")];
    for team in &partly {
        let channel = format!("{team}/channels/{CHANNEL}");
        add(&[team], &[""]);
        add(&[&channel], &["", "/messages", "/messages/*/replies"]);
    }
    let chats = [
        format!("chats/{CHAT}"),
        format!("users/{ADA}/chats/{CHAT}"),
        format!("users/{ADA_ID}/chats/{CHAT}"),
    ];
    for chat in &chats {
        add(&[chat], &["", "/messages", "/messages/*", "/messages/*/replies", "/members"]);
    }
    let sites = [format!("sites/{SITE}"), "sites/contoso.sharepoint.com:/sites/one".to_owned()];
    for site in &sites {
        // Behind a path a colon leads on.
        let lead = if site.contains(":/") { ":" } else { "" };
        add(&[site], &[""]);
        let tails = [
            "",
            "/drive",
            "/items/*",
            "/lists",
            "/lists/*/items",
            "/lists/*/items/*",
            "/drive/root/children",
            "/drive/items/*/content",
            "/drives",
        ];
        add(&[&format!("{site}{lead}")], &tails);
        for drive in ["b!listed", "b!site", "b!ada"] {
            add(&[&format!("{site}{lead}/drives/{drive}")], &files);
        }
    }
    for drive in ["b!listed", "b!site", "b!ada"] {
        add(&[&format!("drives/{drive}")], &files);
        for user in &ada {
            add(&[&format!("{user}/drives/{drive}")], &files);
        }
    }
    all
}

fn oracle(text: &str) -> bool {
    let (own, query) = text.split_once('?').unwrap_or((text, ""));
    let asked = canonical(own);
    let fits = |one: &str, asked: &str| if one == "*" { !asked.starts_with('$') } else { one == asked };
    let matches = |pattern: &str| {
        let pattern: Vec<_> = pattern.split('/').collect();
        pattern.len() == asked.len() && pattern.iter().zip(&asked).all(|(one, asked)| fits(one, asked))
    };
    let query = canonical(query).join("/");
    // What is in a mailbox has attachments; nothing else here may be expanded.
    let in_mailbox = asked
        .get(2)
        .is_some_and(|name| ["messages", "mailfolders", "events", "calendarview"].contains(&name.as_str()))
        && asked[0] == "users"
        && asked.last().is_some_and(|last| last != "$value");
    let may_expand = !query.contains("expand") || query.ends_with("expand=attachments") && in_mailbox;
    may_expand && INSIDE.iter().any(|pattern| matches(pattern))
}

// ---- Spellings ------------------------------------------------------------------------------------------------------

/// A path in its plain spelling: objects inside and outside, and what may follow.
#[expect(clippy::too_many_lines, reason = "it is a list")]
fn plain() -> impl Strategy<Value = String> {
    let users = [ADA, ADA_ID, GRACE, BARBARA, BARBARA_ID, EVE, EVE_ID].map(|who| format!("users/{who}"));
    let mut objects: Vec<String> = users.to_vec();
    for team in [TEAM, PARTLY, FOREIGN] {
        objects.extend([format!("teams/{team}"), format!("groups/{team}/team"), format!("groups/{team}")]);
    }
    for chat in [CHAT, OTHER_CHAT] {
        objects.extend([
            format!("chats/{chat}"),
            format!("users/{ADA}/chats/{chat}"),
            format!("users/{EVE}/chats/{chat}"),
        ]);
    }
    for site in [SITE, OTHER_SITE, "contoso.sharepoint.com:/sites/one", "contoso.sharepoint.com:/sites/two"] {
        let lead = if site.contains(":/") { ":" } else { "" };
        objects.extend([
            format!("sites/{site}"),
            format!("sites/{site}{lead}"),
            format!("sites/{site}{lead}/sites/{OTHER_SITE}"),
        ]);
        objects.push(format!("sites/{site}{lead}/drives/b!eve"));
        objects.push(format!("sites/{site}{lead}/drives/b!site"));
    }
    for drive in ["b!listed", "b!site", "b!ada", "b!eve", "b!none"] {
        objects.extend([
            format!("drives/{drive}"),
            format!("users/{ADA}/drives/{drive}"),
            format!("users/{EVE_ID}/drives/{drive}"),
        ]);
    }
    objects.extend(
        [
            "users",
            "chats",
            "teams",
            "groups",
            "sites",
            "drives",
            "sites/root",
            "shares/u!x",
            "communications/calls",
            "me",
            "directory",
            "",
        ]
        .map(str::to_owned),
    );
    let mut tails: Vec<String> = [
        "",
        "messages",
        "messages/m",
        "messages/m/attachments",
        "messages/m/attachments/a/$value",
        "messages/$ref",
        "mailfolders",
        "mailfolders/inbox/messages",
        "mailfolders/sentitems/messages",
        "mailfolders/inbox/messages/m",
        "mailfolders/sentitems",
        "events",
        "calendarview",
        "drives",
        "drive/root/children",
        "drive/items/i/content",
        "drive/sharedWithMe",
        "drive/recent",
        "drive/following",
        "root",
        "root/children",
        "items/i",
        "items/i/children",
        "root/search(q='x')",
        "search(q='x')",
        "items/i/content",
        "manager",
        "memberof",
        "joinedteams",
        "people",
        "insights/used",
        "followedsites",
        "directreports",
        "chats",
        "chats/getAllMessages",
        "onenote/notebooks",
        "channels",
        "members",
        "allchannels",
        "incomingchannels",
        "group",
        "primarychannel",
        "lists",
        "lists/l/items",
        "lists/l/items/i",
        "sites",
        "termstore",
        "getByPath(path='/sites/two')",
        "drive",
        "createdbyuser",
        "team",
        "onlinemeetings",
        "$count",
        "delta",
        "getAllSites",
        "messages/m/replies",
        "planner/tasks",
        "drives/x()",
        "drives(x='y')",
        "onlinemeetings/x(a='b')",
        "onlinemeetings(joinWebUrl='x')",
        "chats/x()",
        "channels('x')/x",
        "workbook/worksheets",
    ]
    .map(str::to_owned)
    .to_vec();
    for channel in [CHANNEL, OTHER_CHANNEL] {
        tails
            .extend(["", "/messages", "/messages/m/replies"].map(|tail| format!("channels/{channel}{tail}")));
    }
    for organizer in [ADA_ID, BARBARA_ID, EVE_ID] {
        let id = meeting(organizer);
        tails.extend(
            ["", "/transcripts", "/transcripts/t/content"].map(|tail| format!("onlinemeetings/{id}{tail}")),
        );
    }
    let query = select(vec![
        "",
        "",
        "",
        "",
        "?$expand=attachments",
        "?$expand=manager",
        "?%24Expand=memberOf",
        "?expand=drives($expand=root)",
        "?$expand=attachments,manager",
        "?$expand=*",
    ]);
    (select(objects), select(tails), query).prop_map(|(object, tail, query)| {
        let slash = if object.is_empty() || tail.is_empty() { "" } else { "/" };
        format!("/{object}{slash}{tail}{query}")
    })
}

/// How one segment is written; the last three are for readers that decode, or trim, more than once.
fn respelt(text: &str, ways: &[u8]) -> String {
    let (own, query) = text.split_once('?').map_or((text, None), |(own, query)| (own, Some(query)));
    let mut segments: Vec<String> = own[1..].split('/').map(str::to_owned).collect();
    // A key into brackets joins two segments, so from the end.
    for at in (0..segments.len()).rev() {
        let way = ways[at % ways.len()];
        let segment = segments[at].clone();
        let encode = |text: &str, marks: &str| -> String {
            text.chars()
                .map(|c| if marks.contains(c) { format!("%{:02X}", u32::from(c)) } else { c.to_string() })
                .collect()
        };
        let joins = at % 2 == 1
            && at > 0
            && !segment.contains([':', '(', '$'])
            && !segments[at - 1].contains([':', '(']);
        segments[at] = match way {
            // Names are read in any case; keys of chats, channels, drives and meetings are not.
            1 if at % 2 == 0 && !segment.contains([':', '(', '!', '=']) => segment.to_uppercase(),
            2 => encode(&segment, "@!aeims'$"),
            3 if joins => {
                segments[at - 1] = format!("{}('{}')", segments[at - 1], segment.replace('\'', "''"));
                segments.remove(at);
                continue;
            }
            4 if joins => {
                segments[at - 1] = format!("{}(id='{}')", segments[at - 1], segment.replace('\'', "''"));
                segments.remove(at);
                continue;
            }
            5 => encode(&encode(&segment, "aeims"), "%"),
            6 => format!("{segment};x=1"),
            7 => format!("microsoft.graph.{segment}"),
            8 => format!("{segment}%20"),
            9 => format!("{segment}."),
            _ => segment,
        };
    }
    let own = segments.join("/");
    query.map_or_else(|| format!("/{own}"), |query| format!("/{own}?{query}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_let_in_is_inside_in_every_reading(
        text in plain(),
        ways in proptest::collection::vec(select(vec![0_u8, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 1..6),
    ) {
        let boundary = boundary();
        let spelt = respelt(&text, &ways);
        if let Ok(path) = GraphPath::parse(&spelt) {
            let let_in = judged(&boundary, &path).is_ok();
            prop_assert!(!let_in || oracle(path.as_str()), "let in: {spelt}");
        }
    }

    #[test]
    fn plain_and_usual_spellings_are_judged_as_the_oracle_does(
        text in plain(),
        ways in proptest::collection::vec(select(vec![0_u8, 0, 2]), 1..6),
    ) {
        let boundary = boundary();
        let path = GraphPath::parse(&respelt(&text, &ways)).unwrap();
        let verdict = judged(&boundary, &path);
        prop_assert_eq!(verdict.is_ok(), oracle(path.as_str()), "{}: {:?}", path, verdict);
    }
}

#[test]
fn keys_in_brackets_and_in_any_case_are_the_same_object() {
    let boundary = boundary();
    for path in [
        "/Users('ADA@Contoso.com')/Messages",
        "/users(id='aaaaaaaa-0000-4000-8000-000000000001')/messages('m')/attachments",
        "/users(userPrincipalName='ada@contoso.com')/messages/delta()",
        "/users/ada%40contoso.com/mailFolders('inbox')/messages",
        "/teams('bbbbbbbb-0000-4000-8000-000000000001')/channels/getAllMessages()",
        "/drives('b!listed')/root:/a (1)/b%25.docx:/content",
        "/drives/b!listed/items/i:/a/b:/children",
        "/sites/contoso.sharepoint.com:/sites/One:/lists",
        "/chats('19:chat@thread.v2')/messages?$top=5&$orderby=createdDateTime desc",
        "/users/barbara@contoso.com/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='aaaaaaaa-0000-4000-8000-000000000003',startDateTime=2026-01-01T00:00:00Z)",
        "/$metadata",
    ] {
        let path = GraphPath::parse(path).unwrap();
        assert!(judged(&boundary, &path).is_ok(), "{path}: {:?}", judged(&boundary, &path));
    }
}

#[test]
fn what_leads_out_is_refused() {
    let boundary = boundary();
    let eves = format!("/users/{BARBARA}/onlineMeetings/{}", meeting(EVE_ID));
    let transcripts =
        format!("/users/{BARBARA}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='{EVE_ID}')");
    for path in [
        eves.as_str(),
        &transcripts,
        "/users/barbara@contoso.com/onlineMeetings/getAllTranscripts()",
        "/users/barbara@contoso.com/onlineMeetings?$expand=transcripts",
        "/users/barbara@contoso.com/messages",
        "/users/barbara@contoso.com",
        "/users(mail='ada@contoso.com')",
        "/users/ada@contoso.com/microsoft.graph.user/messages",
        "/users/ada@contoso.com/messages/m/microsoft.graph.eventMessage/event",
        "/users/ada@contoso.com/drive/root:/a:/createdByUser",
        "/users/grace@contoso.com/messages/m",
        "/users/grace@contoso.com/mailFolders/inbox/childFolders/sentitems/messages",
        "/users/grace@contoso.com/mailFolders('sentitems')/messages",
        "/users/grace@contoso.com?$expand=messages",
        "/teams/bbbbbbbb-0000-4000-8000-000000000002?$expand=channels",
        "/teams/bbbbbbbb-0000-4000-8000-000000000002/primaryChannel/messages",
        "/chats/19:CHAT@thread.v2",
        "/drives/B!listed",
        "/users/\u{212a}im@contoso.com",
        "/sites?search=*",
        "/sites/contoso.sharepoint.com",
        "/sites/contoso.sharepoint.com:/sites/one:/sites/two",
        "/search/query",
        "/subscriptions",
        "/users/ada@contoso.com/messages?$apply=x",
    ] {
        let path = GraphPath::parse(path).unwrap();
        assert!(matches!(judged(&boundary, &path), Err(Stop::Outside(_))), "{path}");
    }
}

#[test]
fn a_body_has_to_stay_inside_too() {
    let boundary = boundary();
    let judge = |path: &str, body: Value| {
        boundary.judge(&Method::POST, &GraphPath::parse(path).unwrap(), Some(&body), &known).is_ok()
    };
    let copy = "/drives/b!listed/items/i/copy";
    assert!(judge(copy, json!({"parentReference": {"driveId": "b!site", "id": "x"}})));
    assert!(!judge(copy, json!({"parentReference": {"driveId": "b!eve", "id": "x"}})));
    let schedule = "/users/ada@contoso.com/calendar/getSchedule";
    assert!(judge(schedule, json!({"schedules": ["grace@contoso.com"]})));
    assert!(!judge(schedule, json!({"schedules": ["grace@contoso.com", "eve@contoso.com"]})));
    let relocate = "/users/grace@contoso.com/mailFolders/inbox/messages/m/move";
    assert!(judge(relocate, json!({"destinationId": "Inbox"})));
    assert!(!judge(relocate, json!({"destinationId": "archive"})));
    assert!(judge("/users/ada@contoso.com/contacts", json!({"emailAddresses": [{"address": "eve@x.y"}]})));
}

#[test]
fn names_are_looked_up_only_where_they_could_be_listed() {
    let asks = |rules: Value, path: &str| {
        let boundary = Boundary::new(Arc::new(BoundaryRules::parse(&rules.to_string()).unwrap()));
        matches!(
            boundary.judge(&Method::GET, &GraphPath::parse(path).unwrap(), None, &|_| None),
            Err(Stop::Ask(_))
        )
    };
    assert!(!asks(json!({"users": [ADA]}), "/users/eve@contoso.com"));
    assert!(asks(json!({"users": [ADA]}), &format!("/users/{EVE_ID}")));
    assert!(asks(json!({"users": [ADA_ID]}), "/users/eve@contoso.com"));
    assert!(!asks(json!({"organizers": [ADA_ID]}), "/users/eve@contoso.com/messages"));
    assert!(!asks(json!({"chats": [CHAT]}), "/drives/b!x"));
    assert!(asks(json!({"sites": [SITE]}), "/drives/b!x"));
    assert!(!asks(json!({"sites": [SITE]}), "/sites/fabrikam.sharepoint.com:/sites/one"));
}
