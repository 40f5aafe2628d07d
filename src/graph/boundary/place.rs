//! Which names stay under the object that they begin at. What is not here leads elsewhere, or to where nobody has looked.
//!
//! Left out on purpose: `manager`, `memberOf`, `joinedTeams`, `people`, `insights`, `followedSites` and the like of a
//! user, `sharedWithMe`, `recent` and `search` of a drive (what others share; `root/search` stays in it), `sites`,
//! `termStore`, `getByPath` of a site, `incomingChannels` and `allChannels` of a team (channels of other teams),
//! `group`, `createdByUser`, `OneNote` and workbooks (actions that take any address), every type cast and every `$ref`.

/// What a path has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One thing of this kind.
    One(Kind),
    /// A collection; a key makes it one.
    Many(Kind),
    /// The end: content, or what a function or action gives.
    Leaf,
}

/// Kinds of things, as far as different names follow on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    /// Anything in a mailbox: a message, folder, event, calendar, contact, task, an attachment of one.
    Outlook,
    Meeting,
    Transcript,
    Site,
    Page,
    List,
    ListItem,
    Drive,
    DriveItem,
    Thumbnails,
    Thumbnail,
    Team,
    Channel,
    Chat,
    Message,
    /// What nothing follows on.
    Plain,
}

/// Where `name` leads from a `kind`, if that stays under the same object.
#[expect(
    clippy::too_many_lines,
    clippy::match_same_arms,
    clippy::unnested_or_patterns,
    reason = "it is a table, in the order of the objects"
)]
pub(super) fn step(kind: Kind, name: &str) -> Option<Place> {
    use Kind::{
        Channel, Chat, Drive, DriveItem, List, ListItem, Meeting, Message, Outlook, Page, Plain, Site, Team,
        Thumbnail, Thumbnails, Transcript, User,
    };
    use Place::{Leaf, Many, One};
    let place = match (kind, name) {
        (User, "calendar" | "inferenceclassification" | "outlook" | "todo")
        | (Outlook, "calendar" | "inferenceclassification") => One(Outlook),
        (
            User,
            "messages" | "mailfolders" | "calendars" | "calendargroups" | "calendarview" | "events"
            | "contacts" | "contactfolders",
        )
        | (
            Outlook,
            "messages"
            | "childfolders"
            | "messagerules"
            | "events"
            | "calendarview"
            | "calendars"
            | "instances"
            | "exceptionoccurrences"
            | "calendarpermissions"
            | "attachments"
            | "extensions"
            | "contacts"
            | "contactfolders"
            | "overrides"
            | "mastercategories"
            | "lists"
            | "tasks"
            | "checklistitems"
            | "linkedresources"
            | "singlevalueextendedproperties"
            | "multivalueextendedproperties",
        ) => Many(Outlook),
        (
            Outlook,
            "delta"
            | "forward"
            | "reply"
            | "replyall"
            | "createreply"
            | "createreplyall"
            | "createforward"
            | "send"
            | "copy"
            | "move"
            | "accept"
            | "decline"
            | "tentativelyaccept"
            | "cancel"
            | "dismissreminder"
            | "snoozereminder"
            | "getschedule"
            | "createuploadsession"
            | "permanentdelete"
            | "allowedcalendarsharingroles",
        ) => Leaf,
        (User, "sendmail" | "getmailtips" | "translateexchangeids" | "reminderview") => Leaf,
        (User, "photo" | "mailboxsettings" | "presence") | (Outlook | Team, "photo") => One(Plain),
        (User, "photos" | "licensedetails" | "extensions") => Many(Plain),
        (User | Site | List, "drive") => One(Drive),
        (User | Site, "drives") => Many(Drive),
        (User, "onlinemeetings") => Many(Meeting),
        (Meeting, "transcripts" | "recordings") => Many(Transcript),
        (Meeting, "attendancereports") => Many(Meeting),
        (Meeting, "attendancerecords") => Many(Plain),
        (Transcript, "content" | "metadatacontent" | "delta") => Leaf,

        (Site, "lists") => Many(List),
        (Site, "pages") => Many(Page),
        (Page, "sitepage" | "canvaslayout" | "verticalsection") => One(Page),
        (Page, "webparts" | "horizontalsections" | "columns") => Many(Page),
        (Site, "items") | (List, "items") => Many(ListItem),
        (Site | List, "columns" | "contenttypes" | "operations") | (Site, "permissions") => Many(Plain),
        (Site | ListItem | DriveItem, "analytics") => One(Plain),
        (Site | ListItem | DriveItem, "getactivitiesbyinterval") => Leaf,
        (ListItem, "fields") => One(Plain),
        (ListItem, "driveitem") => One(DriveItem),
        // A version has fields too.
        (ListItem, "versions" | "documentsetversions") => Many(ListItem),
        (ListItem, "delta" | "createlink" | "restoreversion") => Leaf,

        (Drive, "root") => One(DriveItem),
        (Drive, "items" | "special") | (DriveItem, "children" | "versions") => Many(DriveItem),
        (Drive, "list") => One(List),
        (DriveItem, "listitem") => One(ListItem),
        (DriveItem, "permissions") => Many(Plain),
        (DriveItem, "thumbnails") => Many(Thumbnails),
        // Sizes, among them those that a caller makes up: c300x400.
        (Thumbnails, size) if size.bytes().all(|b| b.is_ascii_alphanumeric()) => One(Thumbnail),
        (DriveItem, "retentionlabel") => One(Plain),
        (
            DriveItem,
            "content"
            | "delta"
            | "search"
            | "preview"
            | "checkin"
            | "checkout"
            | "copy"
            | "createlink"
            | "createuploadsession"
            | "invite"
            | "restore"
            | "restoreversion"
            | "permanentdelete",
        )
        | (Thumbnail, "content") => Leaf,

        (Team, "channels") => Many(Channel),
        (Team, "primarychannel") => One(Channel),
        (Team, "members" | "installedapps" | "operations" | "tags" | "permissiongrants")
        | (Channel, "members" | "tabs")
        | (Chat, "members" | "tabs" | "installedapps" | "operations" | "permissiongrants")
        | (Message, "hostedcontents") => Many(Plain),
        (Channel | Chat, "messages") | (Message, "replies") => Many(Message),
        (Channel, "filesfolder") => One(Plain),
        (Chat, "pinnedmessages") => Many(Message),
        (Chat, "lastmessagepreview") => One(Plain),
        (Message, "softdelete" | "undosoftdelete" | "setreaction" | "unsetreaction" | "delta") => Leaf,
        // Of the messages of all channels.
        (Channel, "getallmessages") => Leaf,
        _ => return None,
    };
    Some(place)
}
