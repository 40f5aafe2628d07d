//! What a request does: reads, or writes in one of four ways. Told by method and path, never by the name of a tool.

use http::Method;
use percent_encoding::percent_decode_str;

use super::path::GraphPath;
use super::request::GraphRequest;
use crate::settings::writes::WriteClass;

/// What a request does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Read,
    /// A write of this class.
    Write(WriteClass),
    /// A `POST`, of which the metadata knows whether it creates an entity or runs an action.
    Post,
}

/// Actions that only read, as segments; `*` is an id.
const READING: [&str; 19] = [
    "search/query",
    "users/*/calendar/getschedule",
    "users/*/calendars/*/getschedule",
    "groups/*/calendar/getschedule",
    "users/*/getmailtips",
    "users/*/translateexchangeids",
    "users/*/checkmembergroups",
    "users/*/checkmemberobjects",
    "users/*/getmembergroups",
    "users/*/getmemberobjects",
    "groups/*/checkmembergroups",
    "groups/*/checkmemberobjects",
    "groups/*/getmembergroups",
    "groups/*/getmemberobjects",
    "directoryobjects/*/checkmembergroups",
    "directoryobjects/*/getmembergroups",
    "directoryobjects/*/getmemberobjects",
    "directoryobjects/getbyids",
    "communications/getpresencesbyuserid",
];

/// Collections in which a new entity lets somebody in, keeps somebody informed or acts from then on by itself: making one
/// is more than adding a record, so it is an action.
const GRANTING: [&str; 15] = [
    "permissions",
    "approleassignments",
    "approleassignedto",
    "oauth2permissiongrants",
    "roleassignments",
    "rolescopedadmins",
    "scopedrolemembers",
    "roledefinitions",
    "delegatedpermissionclassifications",
    "federatedidentitycredentials",
    "invitations",
    "subscriptions",
    "messagerules",
    "forwardingoptions",
    "policies",
];

/// Whether an entity that is made at `path` grants something.
pub(super) fn grants(path: &GraphPath) -> bool {
    let segments = path.segments();
    let last = segments.last().map(String::as_str).unwrap_or_default();
    GRANTING.contains(&last)
        || segments.first().is_some_and(|root| root == "policies" || root == "rolemanagement")
}

/// What `method` does to `path`.
pub(super) fn effect(method: &Method, path: &GraphPath) -> Effect {
    match *method {
        Method::GET | Method::HEAD => Effect::Read,
        Method::PATCH | Method::PUT => Effect::Write(WriteClass::Update),
        Method::DELETE => Effect::Write(WriteClass::Delete),
        Method::POST if reads(path) => Effect::Read,
        Method::POST => Effect::Post,
        _ => Effect::Write(WriteClass::Action),
    }
}

/// Whether `request` changes nothing, so that it may be sent again whatever became of it.
pub(super) fn only_reads(request: &GraphRequest) -> bool {
    effect(&request.method, &request.path) == Effect::Read
}

fn reads(path: &GraphPath) -> bool {
    let own = path.own();
    let last = percent_decode_str(own.rsplit('/').next().unwrap_or_default()).decode_utf8_lossy();
    // A key that is called like an action is none: `/search('query')`.
    if last.contains('\'') {
        return false;
    }
    let segments = path.segments();
    READING.iter().any(|action| {
        let wanted: Vec<_> = action.split('/').collect();
        wanted.len() == segments.len()
            && wanted.iter().zip(&segments).all(|(wanted, segment)| {
                let name = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
                *wanted == "*" || *wanted == name.strip_suffix("()").unwrap_or(name)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(path: &str) -> Effect {
        effect(&Method::POST, &GraphPath::parse(path).unwrap())
    }

    #[test]
    fn few_actions_only_read() {
        for path in [
            "/search/query",
            "/Search/Query",
            "/search/microsoft.graph.query",
            "/users/ada@contoso.com/calendar/getSchedule",
            "/users('ada@contoso.com')/calendar/microsoft.graph.getSchedule()",
            "/directoryObjects/getByIds",
        ] {
            assert_eq!(post(path), Effect::Read, "{path}");
        }
    }

    #[test]
    fn what_lets_somebody_in_is_told_from_what_is_added() {
        let of = |path: &str| grants(&GraphPath::parse(path).unwrap());
        for path in [
            "/sites/s/permissions",
            "/drives/d/items/i/permissions",
            "/servicePrincipals/p/appRoleAssignments",
            "/oauth2PermissionGrants",
            "/roleManagement/directory/roleAssignments",
            "/policies/conditionalAccessPolicies",
            "/users/ada/mailFolders/inbox/messageRules",
            "/subscriptions",
            "/invitations",
        ] {
            assert!(of(path), "{path}");
        }
        assert!(!of("/users/ada/messages") && !of("/sites/s/lists/l/items"));
    }

    #[test]
    fn all_other_posts_may_write() {
        for path in [
            "/users/ada/sendMail",
            "/users/ada/messages",
            "/users/ada/messages/getSchedule/send",
            "/users/ada/calendar/getSchedule/x",
            "/search/query/query",
            "/x/search/query",
            "/users/ada/calendar/getSchedules",
            "/search/query(1)",
            "/search('query')",
            "/search(%27query%27)",
            "/directoryObjects('getByIds')",
            "/users/ada/calendar('getSchedule')",
        ] {
            assert_eq!(post(path), Effect::Post, "{path}");
        }
        let path = GraphPath::parse("/search/query").unwrap();
        assert_eq!(effect(&Method::DELETE, &path), Effect::Write(WriteClass::Delete));
        assert_eq!(effect(&Method::PATCH, &path), Effect::Write(WriteClass::Update));
    }
}
