//! What is inside, by lists written by hand.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;

use super::*;

/// A path as the most lenient server reads it: decoded until nothing changes, in lower case, without parameters,
/// namespaces and what Windows drops, keys as segments.
pub(super) fn canonical(own: &str) -> Vec<String> {
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

pub(super) fn oracle(text: &str) -> bool {
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
