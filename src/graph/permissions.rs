//! Which application permission opens which path of Graph.
//!
//! The facts are Microsoft's own (`permissions/table.txt`, written by `scripts/graph-permissions.mjs`), for the paths
//! that Work IQ's permissions and those beside them open. What is not there is unknown, not free.

mod table;

use std::fmt;

use http::Method;

use super::pattern::{Step, steps};
use table::TABLE;

/// An application permission of Microsoft Graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permission {
    /// Its name, as `roles` of a token has it: `Mail.Read`.
    pub name: &'static str,
    /// The id of its app role, by which it is granted (learn.microsoft.com/graph/permissions-reference). A few
    /// permissions that Microsoft's map names have none.
    pub role_id: Option<&'static str>,
}

impl Permission {
    /// The permission called `name`, whatever the case.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLE.permission(name)
    }

    /// Whether it is granted for one team, chat or meeting, with an app that is installed there
    /// (resource-specific consent), or for single sites, lists or files.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        is_resource_specific(self.name) || self.name.ends_with(".Selected") || self.name.ends_with(".OwnedBy")
    }

    fn only_reads(&self) -> bool {
        !["Write", "Manage", "FullControl", "Create", "Delete"].iter().any(|more| self.name.contains(more))
    }
}

impl fmt::Debug for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Whether a permission of this name is one of resource-specific consent.
pub(super) fn is_resource_specific(name: &str) -> bool {
    [".Group", ".Chat", ".User"].iter().any(|end| name.ends_with(end))
}

/// What a path needs: any one of the accepted permissions.
#[derive(Clone, Copy, Debug)]
pub struct Needed {
    /// The least privileged, as Microsoft's map marks them: mostly one, none where it marks none.
    pub least: &'static [&'static Permission],
    /// All that suffice, the least ones first.
    pub accepted: &'static [&'static Permission],
}

impl Needed {
    /// Whether one of `roles`, as a token has them, suffices.
    #[must_use]
    pub fn met_by(&self, roles: &[impl AsRef<str>]) -> bool {
        roles.iter().any(|role| self.accepts(role.as_ref()))
    }

    /// Whether the permission called `name` suffices. One that also writes does where the one that reads does, even
    /// where Microsoft's map leaves it out.
    #[must_use]
    pub fn accepts(&self, name: &str) -> bool {
        let is = |name: &str| self.accepted.iter().any(|one| one.name.eq_ignore_ascii_case(name));
        is(name) || is(&name.replacen(".ReadWrite", ".Read", 1))
    }

    /// The one to ask for: a least one that can be granted for the whole tenant, before those that are granted for
    /// single teams or sites, and one that only reads before one that also writes.
    #[must_use]
    pub fn best(&self) -> &'static Permission {
        let rank = |permission: &&&'static Permission| {
            (
                permission.role_id.is_none(),
                permission.is_partial(),
                !self.least.contains(*permission),
                !permission.only_reads(),
            )
        };
        // A table row without any permission would not have been read.
        self.accepted.iter().min_by_key(rank).copied().unwrap_or(&NONE)
    }
}

const NONE: Permission = Permission { name: "none", role_id: None };

/// What `method path` needs of an application; none where it is not known.
///
/// `path` is below the API version and may be written in any way that Graph takes: with keys in parentheses, a drive's
/// path addressing, a query, or as a template with `{message-id}`. There is no `/me`: that is a user by now.
#[must_use]
pub fn needed(method: &Method, path: &str) -> Option<Needed> {
    let steps = steps(path);
    let find = |steps: &Vec<Step>| TABLE.find(method, steps);
    find(&steps.written).or_else(|| steps.others().iter().find_map(find))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::{delegated, path::GraphPath};

    proptest! {
        #[test]
        fn any_path_is_taken_and_a_key_means_what_a_segment_means(
            text in "(/(users|drives|root:?|items|[a-z]{1,3}:|[()'{},= %a]{1,6}|\\PC{0,4})){0,6}(\\?\\PC{0,8})?",
            id in "[A-Za-z0-9@._-]{1,20}",
        ) {
            let _ = (needed(&Method::GET, &text), delegated::check(&Method::GET, &text, None));
            let rest = ["", "/messages", "/messages/m/attachments", "/drive/root/children", "/people"];
            for rest in rest {
                let segment = needed(&Method::GET, &format!("/users/{id}{rest}"));
                let key = needed(&Method::GET, &format!("/users('{id}'){rest}"));
                prop_assert_eq!(segment.map(|one| one.accepted), key.map(|one| one.accepted), "{}{}", id, rest);
            }
            if let Ok(path) = GraphPath::parse(&text) {
                let _ = needed(&Method::GET, path.as_str());
            }
        }
    }

    #[test]
    fn paths_are_found_however_they_are_written() {
        for (path, name) in [
            ("/users/ada@contoso.com/messages?$top=5", "Mail.ReadBasic.All"),
            ("/users/ada@contoso.com/messages/AAMk=", "Mail.Read"),
            ("/users('ada@contoso.com')/messages('AAMk=')", "Mail.Read"),
            ("/users/{user-id}/messages/{message-id}", "Mail.Read"),
            ("/USERS/ada/Messages/x", "Mail.Read"),
            ("/users/u/mailFolders/inbox/childFolders/b/messages/m/attachments", "Mail.Read"),
            (
                "/users/u/onlineMeetings/m/transcripts/t/content?$format=text/vtt",
                "OnlineMeetingTranscript.Read.All",
            ),
            (
                "/users/u/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='u',startDateTime=2026-01-01T00:00:00Z)",
                "OnlineMeetingTranscript.Read.All",
            ),
            ("/users/u/people", "People.Read.All"),
            ("/users/u/chats/getAllMessages", "Chat.Read.All"),
            ("/teams/t/channels/19:x@thread.tacv2/messages", "ChannelMessage.Read.All"),
            ("/teams/t/channels/c/messages/delta", "ChannelMessage.Read.All"),
            ("/external/connections/c/items/i", "ExternalItem.Read.All"),
            ("/drives/b!x/root:/General/plan (2).docx:/content", "Files.Read.All"),
            ("/drives/b!x/root:/General:/children", "Files.Read.All"),
            ("/sites/s/drives/b!x/root/children", "Files.Read.All"),
            ("/drives/b!x/root/search(q='plan')", "Files.Read.All"),
            ("/sites/contoso.sharepoint.com:/sites/decisions", "Sites.Read.All"),
            ("/sites/contoso.sharepoint.com:/sites/decisions:/lists", "Sites.Read.All"),
            ("/sites/s/lists/l/items?$expand=fields", "Sites.Read.All"),
            ("/users", "User.ReadBasic.All"),
            ("/users/ada", "User.ReadBasic.All"),
            ("/teams/t/channels", "Channel.ReadBasic.All"),
            (
                "/copilot/users/u/interactionHistory/getAllEnterpriseInteractions",
                "AiEnterpriseInteraction.Read.All",
            ),
        ] {
            let found = needed(&Method::GET, path).unwrap_or_else(|| panic!("{path} is unknown"));
            assert!(found.accepts(name), "{path}: {found:?}");
            assert_eq!(found.best().name, name, "{path}: {found:?}");
        }
    }

    #[test]
    fn what_is_not_in_the_table_is_unknown() {
        for path in
            ["/", "", "/nonsense", "/users/u/messages/m/nonsense", "/me/messages", "/users('x')/nonsense"]
        {
            assert!(needed(&Method::GET, path).is_none(), "{path}: {:?}", needed(&Method::GET, path));
        }
        assert!(needed(&Method::DELETE, "/users/u/people").is_none());
        assert!(needed(&Method::GET, &"/a".repeat(8_000)).is_none());
    }

    #[test]
    fn any_accepted_role_will_do_and_the_one_to_ask_for_is_the_least() {
        let needed = needed(&Method::GET, "/users/u/messages/m/attachments").unwrap();
        assert!(needed.met_by(&["User.Read.All", "mail.read"]) && needed.met_by(&["Mail.ReadWrite"]));
        assert!(!needed.met_by(&["Mail.ReadBasic.All", "User.Read.All"]));
        assert!(!needed.met_by(&[""; 0]));
        assert_eq!(needed.best().name, "Mail.Read");
        assert_eq!(needed.best().role_id, Some("810c84a8-4a9e-49e6-bf7d-12d183f40d01"));
        let channel = super::needed(&Method::DELETE, "/teams/t/channels/c").unwrap();
        assert_eq!(channel.least[0].name, "Channel.Delete.Group");
        assert_eq!(channel.best().name, "Channel.Delete.All");
    }

    #[test]
    fn a_permission_is_known_by_its_name() {
        assert_eq!(Permission::named("chat.read.all").unwrap().name, "Chat.Read.All");
        assert!(Permission::named("Chat.Read").is_none());
        assert!(Permission::named("Sites.Selected").unwrap().is_partial());
    }
}
