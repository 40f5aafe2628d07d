//! The rules: which paths, why, and what to ask for instead.

/// Paths that need a person.
pub(super) struct Rule {
    /// Methods, in capitals.
    pub(super) methods: &'static [&'static str],
    /// Templates; `**` at the end is the path itself and whatever is below.
    pub(super) paths: &'static [&'static str],
    /// A query parameter that makes the difference.
    pub(super) parameter: Option<&'static str>,
    /// A sentence.
    pub(super) reason: &'static str,
    /// One or two sentences.
    pub(super) instead: &'static str,
    /// Microsoft's page.
    pub(super) link: &'static str,
}

const READ: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const ALL: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Most asked for first.
pub(super) const RULES: &[Rule] = &[
    Rule {
        // The map lists it for applications; Graph answers "Requested API is not supported in application-only
        // context" (n8n issue 37745, and others).
        methods: READ,
        paths: &["/chats"],
        parameter: None,
        reason: "GET /chats lists the chats of the signed-in user, and an application has none.",
        instead: "Ask for the chats of one user: GET /users/{id}/chats (Chat.ReadBasic.All).",
        link: "https://learn.microsoft.com/graph/api/chat-list",
    },
    Rule {
        methods: ALL,
        paths: &[
            "/copilot/retrieval",
            "/copilot/search",
            "/copilot/searchNextPage",
            "/copilot/conversations/**",
            "/copilot/sharepoint/grounding/**",
            "/search/grounding",
        ],
        parameter: None,
        reason: "Copilot's chat, search and retrieval answer for a licensed person, and take no application's token.",
        instead: "Search files and sites with POST /search/query (driveItem, listItem, site), and read mail, meetings \
                  and chats by their paths.",
        link: "https://learn.microsoft.com/microsoft-365-copilot/extensibility/copilot-apis-overview",
    },
    Rule {
        // The map still lists Notes.Read.All for applications; OneNote has refused them since 2025-03-31.
        methods: ALL,
        paths: &["/users/{id}/onenote/**", "/groups/{id}/onenote/**", "/sites/{id}/onenote/**"],
        parameter: None,
        reason: "OneNote has refused application tokens since March 31, 2025.",
        instead: "Notebooks are also files: find them with GET /users/{id}/drive/root/search(q='.one') or in the \
                  site's drive. Their text cannot be read that way.",
        link: "https://learn.microsoft.com/graph/integrate-with-onenote",
    },
    Rule {
        methods: READ,
        paths: &["/users/{id}/people"],
        parameter: Some("$search"),
        reason: "People are searched for the signed-in user only.",
        instead: "Ask for GET /users/{id}/people without $search and look through it, or find users with \
                  GET /users?$filter=startswith(displayName,'name').",
        link: "https://learn.microsoft.com/graph/api/user-list-people",
    },
    Rule {
        methods: READ,
        paths: &["/external/connections/{id}/items"],
        parameter: None,
        reason: "External items can be neither listed nor searched by an application.",
        instead: "Read one whose id is known: GET /external/connections/{id}/items/{item-id} (ExternalItem.Read.All).",
        link: "https://learn.microsoft.com/graph/api/externalconnectors-externalitem-get",
    },
    Rule {
        methods: POST,
        paths: &["/users/{id}/findMeetingTimes"],
        parameter: None,
        reason: "Meeting times are suggested to the signed-in user only.",
        instead: "Ask who is free: POST /users/{id}/calendar/getSchedule (Calendars.Read).",
        link: "https://learn.microsoft.com/graph/api/user-findmeetingtimes",
    },
    Rule {
        methods: POST,
        paths: &[
            "/groups/{id}/threads",
            "/groups/{id}/threads/{id}/reply",
            "/groups/{id}/conversations",
            "/groups/{id}/conversations/{id}/threads",
            "/groups/{id}/conversations/{id}/threads/{id}/reply",
        ],
        parameter: None,
        reason: "Only a person writes to a group's conversations.",
        instead: "Send mail to the group's address from a mailbox: POST /users/{id}/sendMail (Mail.Send).",
        link: "https://learn.microsoft.com/graph/api/group-post-threads",
    },
    Rule {
        methods: READ,
        paths: &["/users/{id}/followedSites"],
        parameter: None,
        reason: "The sites that somebody follows are shown to that person only.",
        instead: "Find sites with GET /sites?search=words or GET /sites/getAllSites (Sites.Read.All).",
        link: "https://learn.microsoft.com/graph/api/sites-list-followed",
    },
    Rule {
        methods: READ,
        paths: &[
            "/users/{id}/planner/plans",
            "/users/{id}/planner/favoritePlans",
            "/users/{id}/planner/recentPlans",
            "/users/{id}/planner/all/delta",
        ],
        parameter: None,
        reason: "Planner shows the plans of a person to that person only.",
        instead: "Ask for the plans of a group, GET /groups/{id}/planner/plans, or the tasks of a user, \
                  GET /users/{id}/planner/tasks (Tasks.Read.All).",
        link: "https://learn.microsoft.com/graph/api/resources/planner-overview",
    },
    Rule {
        methods: ALL,
        paths: &[
            "/users/{id}/outlook/tasks",
            "/users/{id}/outlook/tasks/{id}",
            "/users/{id}/outlook/taskFolders",
            "/users/{id}/outlook/taskFolders/{id}",
            "/users/{id}/outlook/taskFolders/{id}/tasks",
            "/users/{id}/outlook/taskGroups",
            "/users/{id}/outlook/taskGroups/{id}",
            "/users/{id}/outlook/taskGroups/{id}/taskFolders",
        ],
        parameter: None,
        reason: "The older API for tasks serves the signed-in user only.",
        instead: "Use To Do: GET /users/{id}/todo/lists and …/lists/{id}/tasks (Tasks.Read.All).",
        link: "https://learn.microsoft.com/graph/api/todo-list-lists",
    },
    Rule {
        methods: POST,
        paths: &[
            "/chats/{id}/hideForUser",
            "/chats/{id}/unhideForUser",
            "/chats/{id}/markChatReadForUser",
            "/chats/{id}/markChatUnreadForUser",
            "/users/{id}/chats/{id}/messages/{id}/setReaction",
            "/users/{id}/chats/{id}/messages/{id}/unsetReaction",
            "/users/{id}/chats/{id}/messages/{id}/softDelete",
            "/users/{id}/chats/{id}/messages/{id}/undoSoftDelete",
            "/teams/{id}/channels/{id}/messages/{id}/setReaction",
            "/teams/{id}/channels/{id}/messages/{id}/unsetReaction",
            "/teams/{id}/channels/{id}/messages/{id}/softDelete",
            "/teams/{id}/channels/{id}/messages/{id}/undoSoftDelete",
            "/teams/{id}/channels/{id}/messages/{id}/replies/{id}/setReaction",
            "/teams/{id}/channels/{id}/messages/{id}/replies/{id}/unsetReaction",
            "/teams/{id}/channels/{id}/messages/{id}/replies/{id}/softDelete",
            "/teams/{id}/channels/{id}/messages/{id}/replies/{id}/undoSoftDelete",
        ],
        parameter: None,
        reason: "Reactions, read marks and deletions in Teams are a person's acts.",
        instead: "An application reads messages; it does not act on them for somebody.",
        link: "https://learn.microsoft.com/graph/api/resources/teams-api-overview",
    },
    Rule {
        methods: POST,
        paths: &[
            "/users/{id}/presence/clearLocation",
            "/users/{id}/presence/setManualLocation",
            "/users/{id}/presence/setAutomaticLocation",
            "/users/{id}/presence/clearAutomaticLocation",
        ],
        parameter: None,
        reason: "A person's location is set by that person only.",
        instead: "An application reads presence: GET /users/{id}/presence (Presence.Read.All).",
        link: "https://learn.microsoft.com/graph/api/presence-get",
    },
    Rule {
        methods: ALL,
        paths: &[
            "/users/{id}/activities",
            "/users/{id}/activities/recent",
            "/users/{id}/analytics/activityStatistics",
            "/users/{id}/cloudClipboard/items",
            "/users/{id}/cloudClipboard/items/{id}",
            "/users/{id}/settings/contactMergeSuggestions",
            "/users/{id}/settings/itemInsights",
            "/users/{id}/settings/workHoursAndLocations/**",
            "/solutions/approval/**",
        ],
        parameter: None,
        reason: "Microsoft Graph shows this to the signed-in user only, and an application has none.",
        instead: "There is no other way for an application.",
        link: "https://learn.microsoft.com/graph/permissions-overview",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::super::pattern::{matches, steps};
    use super::*;

    /// Paths that Microsoft's map gives to applications and its services do not, with the sources above.
    fn map_is_wrong(path: &str) -> bool {
        path == "/chats" || path.contains("onenote")
    }

    #[test]
    #[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
    fn no_application_permission_opens_what_is_refused() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/graph/permissions.json");
        let data: &'static Value =
            Box::leak(Box::new(serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()));
        let (mut open, mut personal) = (BTreeSet::new(), BTreeSet::new());
        for permission in data["permissions"].as_object().unwrap().values() {
            for set in permission["pathSets"].as_array().unwrap() {
                let has = |scheme| set["schemeKeys"].as_array().unwrap().iter().any(|key| key == scheme);
                for path in set["paths"].as_object().unwrap().keys().filter(|path| !map_is_wrong(path)) {
                    for method in set["methods"].as_array().unwrap() {
                        let row = (method.as_str().unwrap(), path.as_str());
                        if has("Application") {
                            open.insert(row);
                        }
                        if has("DelegatedWork") {
                            personal.insert(row);
                        }
                    }
                }
            }
        }
        let read = |rows: BTreeSet<(&'static str, &'static str)>| -> Vec<_> {
            rows.into_iter().map(|(method, path)| (method, path, steps(path).written)).collect()
        };
        let (open, personal) = (read(open), read(personal));
        let mut unknown = Vec::new();
        for rule in RULES.iter().filter(|rule| rule.parameter.is_none()) {
            for pattern in rule.paths {
                let wanted = steps(pattern).written;
                let found = |rows: &[(&str, &str, Vec<_>)]| {
                    let is = |(method, _, asked): &&(&str, &str, Vec<_>)| {
                        rule.methods.contains(method) && matches(&wanted, asked)
                    };
                    rows.iter()
                        .filter(is)
                        .map(|(method, path, _)| format!("{method} {path}"))
                        .collect::<Vec<_>>()
                };
                assert_eq!(found(&open), Vec::<String>::new(), "{pattern} is open to applications");
                if found(&personal).is_empty() && !map_is_wrong(pattern) {
                    unknown.push(*pattern);
                }
            }
        }
        // Beta paths, and one that is open to nobody; a misspelt path would show here.
        assert_eq!(unknown, ["/copilot/conversations/**", "/external/connections/{id}/items"]);
    }

    #[test]
    fn every_rule_says_why_and_what_else() {
        for rule in RULES {
            assert!(rule.reason.ends_with('.') && rule.instead.ends_with('.'), "{}", rule.reason);
            assert!(rule.reason.len() < 160 && rule.instead.len() < 220, "{}", rule.reason);
            assert!(rule.link.starts_with("https://learn.microsoft.com/"), "{}", rule.link);
            assert!(!rule.paths.is_empty() && !rule.methods.is_empty());
        }
    }
}
