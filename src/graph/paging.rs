//! Pages: how many items are asked for, and where the next ones are.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::path::GraphPath;
use crate::settings::origin::Origin;

/// How many items are asked for where the caller does not say, and how many at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Page {
    usual: u32,
    most: u32,
}

/// As Work IQ has it.
const PAGE: Page = Page { usual: 25, most: 100 };

/// Messages of chats and channels.
const CHAT_MESSAGES: Page = Page { usual: 10, most: 10 };

/// Graph refuses more chats than that.
const CHATS: Page = Page { usual: 25, most: 50 };

/// Collections that take `$top`, by their last segment. Others are left alone: some refuse it (members, joinedTeams,
/// channels, planner), and most of those are small.
const PAGED: [&str; 27] = [
    "messages",
    "mailfolders",
    "childfolders",
    "events",
    "calendarview",
    "instances",
    "calendars",
    "contacts",
    "contactfolders",
    "people",
    "users",
    "groups",
    "applications",
    "serviceprincipals",
    "devices",
    "memberof",
    "transitivememberof",
    "chats",
    "teams",
    "replies",
    "sites",
    "lists",
    "items",
    "children",
    "pages",
    "drives",
    "tasks",
];

/// `path` with the page size that is usual there, or with the caller's if that is not too large. `None` if nothing is
/// to be changed.
pub(super) fn sized(path: &GraphPath) -> Option<GraphPath> {
    let page = page_of(path)?;
    let (own, query) = path.as_str().split_once('?').unwrap_or((path.as_str(), ""));
    let mut asked = None;
    let mut parts: Vec<_> = query.split('&').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    for part in &mut parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = percent_decode_str(name).decode_utf8_lossy();
        match name.trim_start_matches('$').to_ascii_lowercase().as_str() {
            "top" => {
                // What is no number is Graph's to refuse.
                let number = percent_decode_str(value).decode_utf8_lossy().parse::<u64>().ok();
                if number.is_none_or(|number| number <= page.most.into()) {
                    return None;
                }
                asked = Some(());
                *part = format!("$top={}", page.most);
            }
            // The page is in the token.
            "skiptoken" | "deltatoken" => return None,
            _ => {}
        }
    }
    if asked.is_none() {
        parts.push(format!("$top={}", page.usual));
    }
    GraphPath::parse(&format!("{own}?{}", parts.join("&"))).ok()
}

/// Whether `error` of Graph's says that the collection takes no `$top`, or not that one.
pub(super) fn is_about_top(status: u16, body: &Value) -> bool {
    let message = body["error"]["message"].as_str().unwrap_or_default().to_ascii_lowercase();
    matches!(status, 400 | 501)
        && (message.contains("$top") || message.contains("'top'") || message.contains("page size"))
}

fn page_of(path: &GraphPath) -> Option<Page> {
    let own = path.own();
    let segments: Vec<_> = own[1..]
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().to_ascii_lowercase())
        .collect();
    let last = segments.last()?.as_str();
    // `root:/Plans/tasks` is a file or folder of that name; `root:/Plans:/children` is what is in one.
    if segments.iter().filter(|segment| segment.ends_with(':')).count() % 2 == 1 {
        return None;
    }
    // An id is no collection, whatever it is called: `/users/tasks`. Roots have one segment.
    let in_place =
        segments.len() % 2 == 1 || segments.iter().any(|s| s.contains('(') || s.contains(':') || s == "root");
    let under = |root: &str| segments.iter().any(|segment| segment.split('(').next() == Some(root));
    if under("planner") || under("todo") && last == "lists" {
        return None;
    }
    // `/users/x/calendar/events` and `/sites/x/drive/root/children` have one more.
    let in_place = in_place || under("calendar") || under("drive") || under("todo");
    if !in_place || !PAGED.contains(&last) {
        return None;
    }
    let chat = under("chats") || under("channels");
    Some(match last {
        "messages" | "replies" if chat => CHAT_MESSAGES,
        "chats" => CHATS,
        _ => PAGE,
    })
}

/// Makes every link of Graph's to more of a collection relative, ready to be asked for. One that leads to another
/// origin, or is no path that is taken here, is taken away: no token follows it. Whether there was one is what comes back.
pub(super) fn relative_links(value: &mut Value, graph: &Origin) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |any, item| relative_links(item, graph) | any),
        Value::Object(members) => {
            let mut foreign = Vec::new();
            let mut any = false;
            for (name, member) in members.iter_mut() {
                let is_link = name.ends_with("@odata.nextLink") || name.ends_with("@odata.deltaLink");
                match member {
                    Value::String(link) if is_link => match relative(link, graph) {
                        Some(path) => *member = Value::String(path),
                        None => foreign.push(name.clone()),
                    },
                    Value::Array(_) | Value::Object(_) => any |= relative_links(member, graph),
                    _ => {}
                }
            }
            for name in foreign {
                members.shift_remove(&name);
                any = true;
            }
            any
        }
        _ => false,
    }
}

fn relative(link: &str, graph: &Origin) -> Option<String> {
    let path = if link.starts_with('/') {
        link.to_owned()
    } else {
        let url = url::Url::parse(link).ok().filter(|url| graph.contains(url))?;
        // What stands behind the version, in Graph's own writing.
        let own = url.path().strip_prefix("/v1.0").filter(|own| own.starts_with('/'))?;
        url.query().map_or_else(|| own.to_owned(), |query| format!("{own}?{query}"))
    };
    // The names of OData's options are easier to read, and to change, with their dollar.
    let path = path.replace("%24", "$");
    GraphPath::parse(&path).ok().map(|path| path.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sized_text(text: &str) -> String {
        let path = GraphPath::parse(text).unwrap();
        sized(&path).unwrap_or(path).to_string()
    }

    #[test]
    fn collections_come_in_pages_and_the_callers_own_size_is_kept() {
        for (asked, sent) in [
            ("/users", "/users?$top=25"),
            ("/users?$select=id", "/users?$select=id&$top=25"),
            ("/users?$top=7", "/users?$top=7"),
            ("/users?%24top=500&$select=id", "/users?$top=100&$select=id"),
            ("/users?$top=many", "/users?$top=many"),
            ("/users/ada/messages", "/users/ada/messages?$top=25"),
            ("/users/ada/calendar/events", "/users/ada/calendar/events?$top=25"),
            ("/users('ada')/messages", "/users('ada')/messages?$top=25"),
            ("/chats/c/messages", "/chats/c/messages?$top=10"),
            ("/chats/c/messages?$top=50", "/chats/c/messages?$top=10"),
            ("/teams/t/channels/c/messages/m/replies", "/teams/t/channels/c/messages/m/replies?$top=10"),
            ("/users/ada/chats?$top=99", "/users/ada/chats?$top=50"),
            ("/sites/s/drive/root/children", "/sites/s/drive/root/children?$top=25"),
            ("/drives/d/root:/Plans:/children", "/drives/d/root:/Plans:/children?$top=25"),
        ] {
            assert_eq!(sized_text(asked), sent);
        }
        for left in [
            "/users/ada",
            "/users/tasks",
            "/drives/d/root:/Plans/tasks",
            "/sites/contoso.sharepoint.com:/sites/pages",
            "/users/ada/joinedTeams",
            "/teams/t/members",
            "/teams/t/channels",
            "/planner/plans/p/tasks",
            "/users/ada/messages/m",
            "/users/ada/messages/delta",
            "/users/ada/messages?$skiptoken=x",
            "/users/ada/onlineMeetings/m/transcripts/t/content?$format=text/vtt",
        ] {
            assert_eq!(sized_text(left), left);
        }
    }

    #[test]
    fn links_to_more_are_paths_and_others_are_left_out() {
        let graph = Origin::parse("https://graph.microsoft.com").unwrap();
        let mut page = json!({
            "@odata.nextLink": "https://graph.microsoft.com/v1.0/users/ada/messages?%24skiptoken=a%2Bb&$top=2",
            "value": [{
                "replies@odata.nextLink": "https://graph.microsoft.com/v1.0/teams('t')/channels/c?$skip=1",
                "other@odata.nextLink": "https://graph.microsoft.com.evil.example/v1.0/users",
                "webUrl": "https://elsewhere.example/x",
            }],
            "@odata.deltaLink": "https://graph.microsoft.com/v1.0/../beta/users",
        });
        assert!(relative_links(&mut page, &graph));
        assert!(!relative_links(&mut json!({"value": []}), &graph));
        assert_eq!(
            page,
            json!({
                "@odata.nextLink": "/users/ada/messages?$skiptoken=a%2Bb&$top=2",
                "value": [{
                    "replies@odata.nextLink": "/teams('t')/channels/c?$skip=1",
                    "webUrl": "https://elsewhere.example/x",
                }],
            })
        );
    }

    #[test]
    fn a_refused_page_size_is_told_from_other_refusals() {
        let error = |message: &str| json!({"error": {"code": "BadRequest", "message": message}});
        assert!(is_about_top(400, &error("Query option 'Top' is not allowed.")));
        assert!(is_about_top(400, &error("Invalid page size specified: '25'.")));
        assert!(!is_about_top(400, &error("Invalid filter clause")));
        assert!(!is_about_top(403, &error("$top")));
    }
}
