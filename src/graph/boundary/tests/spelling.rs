//! Paths to judge, and ways to write them.

use super::*;

/// A path in its plain spelling: objects inside and outside, and what may follow.
#[expect(clippy::too_many_lines, reason = "it is a list")]
pub(super) fn plain() -> impl Strategy<Value = String> {
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
pub(super) fn respelt(text: &str, ways: &[u8]) -> String {
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
