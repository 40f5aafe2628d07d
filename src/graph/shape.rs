//! The shape of a path, for the audit: its template, the ids in it, and the names of its query's options. No value of a
//! query and no argument of a function is in it, and no word that is not known stands in a template.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::pattern::split;
use crate::error::printable;

/// The longest id that is written down, in characters. Graph's own have at most a few hundred.
const LONGEST: usize = 400;

/// What an audit knows a path by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// `/users/{id}/messages`. What is not known is `{name}`.
    pub(super) template: String,
    /// The ids, decoded, by the collection that each stands in; `other` for what is not known.
    pub(super) resources: BTreeMap<String, Vec<String>>,
    /// The names of options; `{other}` for those that are not known.
    pub(super) options: Vec<String>,
}

/// Names after which an id comes.
#[rustfmt::skip]
const COLLECTIONS: [&str; 75] = [
    "users", "groups", "teams", "chats", "sites", "drives", "shares", "items", "children", "messages", "mailFolders",
    "childFolders", "messageRules", "attachments", "extensions", "events", "calendars", "calendarGroups",
    "calendarView", "calendarPermissions", "instances", "contacts", "contactFolders", "people", "onlineMeetings",
    "transcripts", "recordings", "attendanceReports", "attendanceRecords", "aiInsights", "channels", "allChannels",
    "incomingChannels", "members", "allMembers", "sharedWithTeams", "replies", "hostedContents", "pinnedMessages",
    "tabs", "tags", "installedApps", "lists", "columns", "contentTypes", "pages", "operations", "permissions",
    "versions", "thumbnails", "following", "subscriptions", "connections", "externalItems", "plans", "tasks",
    "buckets", "checklistItems", "notebooks", "sections", "sectionGroups", "joinedTeams", "memberOf",
    "transitiveMemberOf", "owners", "directReports", "applications", "servicePrincipals", "devices",
    "directoryObjects", "directoryRoles", "administrativeUnits", "places", "trending", "shared",
];

/// Other names, after which a name comes.
#[rustfmt::skip]
const NAMES: [&str; 71] = [
    "me", "calendar", "drive", "root", "special", "photo", "photos", "manager", "presence", "mailboxSettings", "inbox",
    "inferenceClassification", "overrides", "outlook", "masterCategories", "supportedTimeZones", "insights", "used",
    "todo", "planner", "onenote", "settings", "profile", "primaryChannel", "filesFolder", "schedule", "fields",
    "listItem", "driveItem", "list", "parent", "workbook", "worksheets", "tables", "rows", "analytics", "external",
    "search", "query", "communications", "calls", "callRecords", "copilot", "interactionHistory", "organization",
    "domains", "reports", "auditLogs", "signIns", "directoryAudits", "deletedItems", "directory", "content",
    "metadataContent", "contentStream", "contentDirect", "messagesCount", "lastMessagePreview", "sendMail", "send",
    "reply", "replyAll", "forward", "move", "copy", "accept", "decline", "tentativelyAccept", "cancel", "createReply",
    "invite",
];

/// Functions and actions, which stand in the place of an id as well.
#[rustfmt::skip]
const OPERATIONS: [&str; 40] = [
    "delta", "search", "getAllMessages", "getAllRetainedMessages", "getAllTranscripts", "getAllRecordings",
    "getAllChannels", "getAllSites", "getAllEnterpriseInteractions", "getByIds", "getSchedule", "getMailTips",
    "getMemberGroups", "getMemberObjects", "checkMemberGroups", "checkMemberObjects", "translateExchangeIds",
    "getPresencesByUserId", "reminderView", "getActivitiesByInterval", "getByPath", "recent", "sharedWithMe",
    "findMeetingTimes", "createUploadSession", "createLink", "preview", "checkin", "checkout", "validateProperties",
    "getOffice365ActiveUserDetail", "getTeamsUserActivityUserDetail", "getMailboxUsageDetail",
    "getMicrosoft365CopilotUsageUserDetail", "getEmailActivityUserDetail", "microsoft.graph.message",
    "sendActivityNotification", "markRead", "dismissReminder", "permanentDelete",
];

/// Arguments of functions.
#[rustfmt::skip]
const ARGUMENTS: [&str; 16] = [
    "q", "meetingOrganizerUserId", "startDateTime", "endDateTime", "period", "date", "token", "path", "interval",
    "address", "user", "joinWebUrl", "id", "userPrincipalName", "appId", "includeAll",
];

/// Options of a query.
#[rustfmt::skip]
const OPTIONS: [&str; 20] = [
    "$select", "$expand", "$filter", "$search", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$deltatoken",
    "$format", "$levels", "search", "startDateTime", "endDateTime", "format", "includeHiddenFolders",
    "includePersonalNotebooks", "model", "changeType",
];

fn known(names: &[&'static str], word: &str) -> Option<&'static str> {
    names.iter().find(|name| name.eq_ignore_ascii_case(word)).copied()
}

/// The shape of `path`, which may be one that was refused.
pub(super) fn shape(path: &str) -> Shape {
    let (own, query) = path.split_once('?').unwrap_or((path, ""));
    let mut reader = Reader::default();
    // What is no path at all, such as an address with a secret in it, is not taken apart.
    if own.starts_with('/') && !own.starts_with("//") {
        reader.read(&split(own.split('#').next().unwrap_or_default()));
        if reader.shape.template.is_empty() {
            reader.shape.template.push('/');
        }
    } else {
        reader.shape.template.push_str("{path}");
    }
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let name = part.split('=').next().unwrap_or_default();
        let name = percent_decode_str(name).decode_utf8_lossy();
        let bare = name.trim_start_matches('$');
        // OData's options may be written without their dollar.
        let name = known(&OPTIONS, &name).or_else(|| known(&OPTIONS, &format!("${bare}")));
        let name = name.unwrap_or("{other}");
        if !reader.shape.options.iter().any(|other| other == name) {
            reader.shape.options.push(name.to_owned());
        }
    }
    reader.shape
}

#[derive(Default)]
struct Reader {
    shape: Shape,
    /// The collection whose id may come next.
    collection: Option<&'static str>,
}

impl Reader {
    fn read(&mut self, segments: &[&str]) {
        let mut rest = segments.iter();
        while let Some(segment) = rest.next() {
            let text = percent_decode_str(segment).decode_utf8_lossy();
            // root:/General/plan.docx:/content, sites/{host}:/sites/x:/lists
            let base = text.strip_suffix(':').filter(|base| {
                !rest.as_slice().is_empty()
                    && (base.eq_ignore_ascii_case("root") || self.collection.is_some())
            });
            if let Some(base) = base {
                let mut path = format!("{base}:");
                let mut closed = false;
                for inner in rest.by_ref() {
                    let inner = percent_decode_str(inner).decode_utf8_lossy();
                    closed = inner.ends_with(':');
                    path.push('/');
                    path.push_str(inner.strip_suffix(':').unwrap_or(&inner));
                    if closed {
                        break;
                    }
                }
                let collection = self.collection.take();
                let name = if collection.is_some() { "{id}" } else { "root" };
                self.push(&format!("{name}:/{{path}}{}", if closed { ":" } else { "" }));
                self.resource(collection.unwrap_or("items"), &path);
            } else if let Some((name, arguments)) =
                text.strip_suffix(')').and_then(|inner| inner.split_once('('))
            {
                self.call(name, arguments);
            } else {
                self.segment(&text);
            }
        }
    }

    fn segment(&mut self, text: &str) {
        let bare = text.strip_prefix("microsoft.graph.").unwrap_or(text);
        let operation =
            known(&["$count", "$value", "$ref", "$batch"], text).or_else(|| known(&OPERATIONS, bare));
        if let Some(collection) = self.collection.take() {
            if let Some(name) = operation {
                self.push(name);
            } else {
                self.push("{id}");
                self.resource(collection, text);
            }
            return;
        }
        self.collection = known(&COLLECTIONS, bare);
        if let Some(name) = self.collection.or_else(|| known(&NAMES, bare)).or(operation) {
            self.push(name);
        } else {
            self.push("{name}");
            self.resource("other", text);
        }
    }

    /// `users('ada')`, `delta()`, `search(q='x')`.
    fn call(&mut self, name: &str, arguments: &str) {
        self.collection = None;
        let name = name.strip_prefix("microsoft.graph.").unwrap_or(name);
        if let Some(operation) = known(&OPERATIONS, name) {
            let named: Vec<_> = named(arguments).collect();
            for (argument, value) in &named {
                // Whose meetings they are, which no other place tells.
                if argument.eq_ignore_ascii_case("meetingOrganizerUserId") {
                    self.resource("organizers", unquoted(value));
                }
            }
            let shown: Vec<_> = named
                .iter()
                .map(|(argument, _)| format!("{}={{value}}", known(&ARGUMENTS, argument).unwrap_or("{name}")))
                .collect();
            self.push(&format!("{operation}({})", shown.join(",")));
        } else if let Some(collection) = known(&COLLECTIONS, name).filter(|_| !arguments.is_empty()) {
            let key = match arguments.split_once('=') {
                Some((name, value)) if !name.contains('\'') => value,
                _ => arguments,
            };
            self.push(collection);
            self.push("{id}");
            self.resource(collection, unquoted(key));
        } else {
            self.push("{name}");
        }
    }

    fn push(&mut self, segment: &str) {
        self.shape.template.push('/');
        self.shape.template.push_str(segment);
    }

    fn resource(&mut self, collection: &str, id: &str) {
        let ids = self.shape.resources.entry(collection.to_owned()).or_default();
        let id = printable(id, LONGEST);
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
}

/// Arguments with their names, parted at commas outside quotes.
fn named(arguments: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut quoted = false;
    let parts = arguments.split(move |c| {
        if c == '\'' {
            quoted = !quoted;
        }
        c == ',' && !quoted
    });
    parts.filter_map(|part| part.split_once('=')).map(|(name, value)| (name.trim(), value.trim()))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('\'')
}

#[cfg(test)]
mod tests {
    use http::Method;
    use proptest::prelude::*;

    use super::*;
    use crate::graph::permissions::needed;

    fn resources(shape: &Shape) -> String {
        let one = |(name, ids): (&String, &Vec<String>)| format!("{name}={}", ids.join("+"));
        shape.resources.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_way_to_write_a_path_has_its_shape() {
        for (path, template, ids) in [
            ("/Users/ada%40contoso.com/Messages?$top=5", "/users/{id}/messages", "users=ada@contoso.com"),
            (
                "/users('ada@contoso.com')/messages/AA",
                "/users/{id}/messages/{id}",
                "messages=AA users=ada@contoso.com",
            ),
            ("/users(userPrincipalName='a@b')", "/users/{id}", "users=a@b"),
            ("/users/messages/messages", "/users/{id}/messages", "users=messages"),
            (
                "/users/u/mailFolders/inbox/messages/delta",
                "/users/{id}/mailFolders/{id}/messages/delta",
                "mailFolders=inbox users=u",
            ),
            ("/users/u/messages/$count", "/users/{id}/messages/$count", "users=u"),
            (
                "/teams/t/channels/19:c@thread.tacv2/messages",
                "/teams/{id}/channels/{id}/messages",
                "channels=19:c@thread.tacv2 teams=t",
            ),
            (
                "/drives/d/root:/General/plan (1).docx:/content",
                "/drives/{id}/root:/{path}:/content",
                "drives=d items=root:/General/plan (1).docx",
            ),
            ("/drives/d/items/i:/a/b.txt", "/drives/{id}/items/{id}:/{path}", "drives=d items=i:/a/b.txt"),
            (
                "/sites/contoso.sharepoint.com:/sites/x:/lists",
                "/sites/{id}:/{path}:/lists",
                "sites=contoso.sharepoint.com:/sites/x",
            ),
            ("/drives/d/root/search(q='bud/get, 2026')", "/drives/{id}/root/search(q={value})", "drives=d"),
            (
                "/users/u/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='o',startDateTime=2026-01-01T00:00:00Z)",
                "/users/{id}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId={value},startDateTime={value})",
                "organizers=o users=u",
            ),
            ("/nonsense/x", "/{name}/{name}", "other=nonsense+x"),
            ("/users/../x", "/users/{id}/{name}", "other=x users=.."),
            ("https://evil.example/?token=hush", "{path}", ""),
            ("//evil.example/hush", "{path}", ""),
            ("/", "/", ""),
        ] {
            let shape = shape(path);
            assert_eq!((shape.template.as_str(), resources(&shape).as_str()), (template, ids), "{path}");
        }
    }

    #[test]
    fn of_a_query_there_are_names_that_are_known() {
        let shape = shape("/users?%24filter=hush&select=hush&hush=1&$search=\"hush\"&other=2");
        assert_eq!(shape.options, ["$filter", "$select", "{other}", "$search"]);
        assert!(!format!("{shape:?}").contains("hush"));
    }

    #[test]
    fn no_argument_of_a_function_is_told() {
        for path in ["/drives/d/search(q='hush')", "/drives/d/root/search(hush='x')", "/x/hush(y='hush')"] {
            assert!(!format!("{:?}", shape(path)).contains("hush"), "{path}");
        }
    }

    #[test]
    fn a_template_needs_the_permission_of_its_path() {
        for path in [
            "/users/u/messages/m/attachments",
            "/users/u/photo/$value",
            "/users/u/calendarView?startDateTime=x",
            "/users/u/events/e",
            "/users/u/onlineMeetings/m/transcripts/t/content?$format=text/vtt",
            "/users/u/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='u',startDateTime=2026-01-01T00:00:00Z)",
            "/users/u/chats/getAllMessages",
            "/teams/t/channels/c/messages/m/replies",
            "/chats/c/messages",
            "/external/connections/c/items/i",
            "/drives/b!x/root:/General/plan (2).docx:/content",
            "/drives/b!x/root:/General:/children",
            "/drives/b!x/root/search(q='plan')",
            "/sites/contoso.sharepoint.com:/sites/decisions:/lists",
            "/sites/s/lists/l/items?$expand=fields",
            "/users",
            "/copilot/users/u/interactionHistory/getAllEnterpriseInteractions",
        ] {
            let best = |path: &str| needed(&Method::GET, path).map(|needed| needed.best().name);
            assert_eq!(best(&shape(path).template), best(path), "{path}");
            assert!(best(path).is_some(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_path_has_a_template_of_known_words(text in "(/(users|root:?|[a-z]{1,3}:|[()'=, %a]{1,6}|\\PC{0,4})){0,6}(\\?\\PC{0,8})?") {
            let shape = shape(&text);
            prop_assert!(!shape.template.is_empty());
            for segment in shape.template.split('/').filter(|segment| !segment.is_empty()) {
                let name = segment.split('(').next().unwrap().trim_end_matches(':');
                let is_known = known(&COLLECTIONS, name).or_else(|| known(&NAMES, name)).or_else(|| known(&OPERATIONS, name));
                prop_assert!(is_known.is_some() || name.starts_with(['{', '$']), "{}", segment);
            }
        }
    }
}
