//! What only a person's token may do: refused before the network, with what to ask for instead.
//!
//! Sources: Microsoft's permission map, where these have no application permission (a test compares), and the pages of
//! the reference named beside those that the map does not decide. What is contradictory goes through: a refusal of
//! Graph costs one request, a wrong one here costs the answer.

mod rules;

use std::fmt;
use std::sync::LazyLock;

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::pattern::{Step, matches, steps};
use crate::error::printable;
use rules::{RULES, Rule};

/// Why an application cannot ask for a path. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedOnly {
    /// The path that was asked for, printable and cut short.
    path: String,
    /// Why, as a sentence about the path.
    reason: String,
    /// What to ask for instead.
    instead: &'static str,
    /// Microsoft's page.
    link: &'static str,
}

impl DelegatedOnly {
    /// Why, as one sentence.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What to ask for instead.
    #[must_use]
    pub fn instead(&self) -> &'static str {
        self.instead
    }

    /// Microsoft's page about it.
    #[must_use]
    pub fn link(&self) -> &'static str {
        self.link
    }
}

impl fmt::Display for DelegatedOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" was not sent: {} {} See {}", self.path, self.reason, self.instead, self.link)
    }
}

impl std::error::Error for DelegatedOnly {}

const SEARCH: &str = "https://learn.microsoft.com/graph/api/search-query";

/// What `/search/query` searches for people only (learn.microsoft.com/graph/api/search-query, permissions).
const PERSONAL_SEARCHES: [(&str, &str); 8] = [
    (
        "message",
        "Read the mailbox: GET /users/{id}/messages?$search=\"words\", or $filter on dates and senders (Mail.Read).",
    ),
    (
        "event",
        "Read the calendar: GET /users/{id}/calendarView?startDateTime=…&endDateTime=… (Calendars.Read).",
    ),
    (
        "chatMessage",
        "Read messages where they are: GET /chats/{id}/messages, /users/{id}/chats/getAllMessages or \
         /teams/{id}/channels/{id}/messages (Chat.Read.All, ChannelMessage.Read.All).",
    ),
    (
        "externalItem",
        "Read an item whose id is known: GET /external/connections/{id}/items/{item-id} (ExternalItem.Read.All).",
    ),
    (
        "person",
        "Ask for people: GET /users/{id}/people (People.Read.All), or GET /users?$filter=startswith(displayName,'name').",
    ),
    ("acronym", "There is no other way for an application."),
    ("bookmark", "There is no other way for an application."),
    ("qna", "There is no other way for an application."),
];

/// Whether an application may send `method path` with `body` at all.
///
/// `path` is below the API version, with its query; there is no `/me` in it.
///
/// # Errors
/// It may not: why, and what to ask for instead.
pub fn check(method: &Method, path: &str, body: Option<&Value>) -> Result<(), DelegatedOnly> {
    let asked = steps(path);
    let refuse = |reason: String, instead, link| {
        Err(DelegatedOnly { path: printable(path, 120), reason, instead, link })
    };
    let rule = READ.iter().find(|rule| {
        rule.rule.methods.contains(&method.as_str())
            && rule.patterns.iter().any(|pattern| matches(pattern, &asked.written))
            && rule.rule.parameter.is_none_or(|name| has_parameter(path, name))
    });
    if let Some(Rule { reason, instead, link, .. }) = rule.map(|read| read.rule) {
        return refuse((*reason).to_owned(), instead, link);
    }
    if *method == Method::POST
        && matches(&SEARCH_PATH, &asked.written)
        && let Some((kind, instead)) = body.and_then(personal_search)
    {
        return refuse(
            format!(
                "An application can search sites, lists, list items, drives and drive items; \"{kind}\" is searched \
                 only for a person who is signed in."
            ),
            instead,
            SEARCH,
        );
    }
    Ok(())
}

struct Read {
    rule: &'static Rule,
    patterns: Vec<Vec<Step>>,
}

static READ: LazyLock<Vec<Read>> = LazyLock::new(|| {
    let read = |rule: &'static Rule| Read {
        rule,
        patterns: rule.paths.iter().map(|path| steps(path).written).collect(),
    };
    RULES.iter().map(read).collect()
});

static SEARCH_PATH: LazyLock<Vec<Step>> = LazyLock::new(|| steps("/search/query").written);

/// The first entity type that only a person can search, and what to do instead.
fn personal_search(body: &Value) -> Option<(&'static str, &'static str)> {
    let requests = body.get("requests")?.as_array()?;
    let mut types = requests.iter().filter_map(|one| one.get("entityTypes")?.as_array()).flatten();
    types.find_map(|kind| {
        let kind = kind.as_str()?;
        PERSONAL_SEARCHES.iter().find(|(personal, _)| personal.eq_ignore_ascii_case(kind)).copied()
    })
}

fn has_parameter(path: &str, name: &str) -> bool {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        percent_decode_str(key).decode_utf8_lossy().eq_ignore_ascii_case(name)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(method: &Method, path: &str) -> Option<DelegatedOnly> {
        check(method, path, None).err()
    }

    #[test]
    fn what_only_a_person_may_do_is_refused_with_another_way() {
        for (method, path, instead) in [
            (Method::GET, "/chats?$top=5", "/users/{id}/chats"),
            (Method::GET, "/Chats", "/users/{id}/chats"),
            (Method::POST, "/copilot/retrieval", "/search/query"),
            (Method::POST, "/copilot/conversations/1/chat", "/search/query"),
            (Method::GET, "/users/ada@contoso.com/onenote/notebooks", "/users/{id}/drive"),
            (Method::GET, "/users('ada')/onenote/pages/1/content", "/users/{id}/drive"),
            (Method::GET, "/groups/g/onenote/notebooks", "/users/{id}/drive"),
            (Method::GET, "/users/ada/people?$search=grace", "/users/{id}/people"),
            (Method::GET, "/users/ada/people?%24search=grace", "/users/{id}/people"),
            (Method::GET, "/external/connections/c/items", "/external/connections/{id}/items/{item-id}"),
            (Method::POST, "/users/ada/findMeetingTimes", "getSchedule"),
            (Method::GET, "/users/ada/followedSites", "/sites"),
        ] {
            let error = refused(&method, path).unwrap_or_else(|| panic!("{method} {path} went through"));
            let text = error.to_string();
            assert!(text.contains(instead), "{text}");
            assert!(text.contains("was not sent") && text.contains("https://learn.microsoft.com/"), "{text}");
        }
    }

    #[test]
    fn what_an_application_may_do_goes_through() {
        for (method, path) in [
            (Method::GET, "/chats/19:x@thread.v2"),
            (Method::POST, "/chats"),
            (Method::GET, "/users/ada/chats"),
            (Method::GET, "/users/ada/people?$top=5"),
            (Method::GET, "/users/ada/presence"),
            (Method::GET, "/external/connections/c/items/i"),
            (Method::GET, "/users/ada/insights/trending"),
            (Method::GET, "/copilot/users/u/interactionHistory/getAllEnterpriseInteractions"),
            (Method::GET, "/copilot/users/u/onlineMeetings/m/aiInsights"),
            (Method::GET, "/copilot/reports/getMicrosoft365CopilotUsageUserDetail(period='D7')"),
            (Method::GET, "/drives/b!x/root:/onenote/a.one:/content"),
            (Method::GET, "/users/onenote"),
            (Method::POST, "/search/query"),
        ] {
            assert_eq!(refused(&method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn a_search_is_judged_by_what_it_searches() {
        let search = |types: Value| {
            check(&Method::POST, "/search/query", Some(&json!({"requests": [{"entityTypes": types}]})))
        };
        for (kind, _) in PERSONAL_SEARCHES {
            let text = search(json!([kind])).unwrap_err().to_string();
            assert!(text.contains(&format!("\"{kind}\"")), "{text}");
        }
        assert!(search(json!(["driveItem", "MESSAGE"])).is_err());
        for types in
            [json!(["driveItem", "listItem", "site", "list", "drive"]), json!([]), json!([1]), json!("x")]
        {
            assert_eq!(search(types.clone()), Ok(()), "{types}");
        }
        assert_eq!(check(&Method::POST, "/search/query", Some(&json!([]))), Ok(()));
    }

    #[test]
    fn the_path_cannot_forge_what_is_said() {
        let text =
            refused(&Method::GET, &format!("/chats?{}", "\u{202e}x\n".repeat(500))).unwrap().to_string();
        assert!(text.lines().count() == 1 && text.len() < 800 && !text.contains('\u{202e}'), "{text}");
    }
}
