//! Under an entry with a time window: which things have a time and in which property, which have none, and what belongs to
//! something that has one. What is not here is not read under such an entry.
//!
//! Properties are those of the entity types of Graph's metadata (v1.0); `start` of an event is a time with its zone. An
//! item of mail counts from when it was received, a message of a chat from when it was sent, whatever was edited later.
//! Left out on purpose: drives and files (a file has dates, its content does not), pinned messages (ids without a time),
//! reminders.

/// Kinds of things, as far as their times differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Root,
    User,
    Group,
    Team,
    Channel,
    Chat,
    MailFolder,
    Message,
    CalendarGroup,
    Calendar,
    Event,
    ContactFolder,
    Contact,
    OutlookUser,
    Todo,
    TaskList,
    Task,
    Meeting,
    /// A transcript or recording.
    Artifact,
    Report,
    /// A message of a chat or channel.
    Post,
    Preview,
    /// Without a time, and nothing with one under it.
    Plain,
    /// Belongs to the thing with a time that the path names before it.
    Part,
}

impl Thing {
    /// The property that tells its time.
    pub(super) fn time(self) -> Option<&'static str> {
        match self {
            Self::Message => Some("receivedDateTime"),
            Self::Event => Some("start"),
            Self::Task | Self::Artifact | Self::Post | Self::Preview => Some("createdDateTime"),
            Self::Meeting => Some("startDateTime"),
            Self::Report => Some("meetingStartDateTime"),
            _ => None,
        }
    }
}

/// Where a name leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    One(Thing),
    Many(Thing),
    /// Content of the thing.
    Content,
}

/// Where `name` leads from a `thing`; nowhere that is shown under a window, where it leads out of the tables.
pub(super) fn step(thing: Thing, name: &str) -> Option<Step> {
    use Step::{Content, Many, One};
    use Thing::{
        Artifact, Calendar, CalendarGroup, Channel, Chat, Contact, ContactFolder, Event, Group, MailFolder,
        Meeting, Message, OutlookUser, Part, Plain, Post, Preview, Report, Root, Task, TaskList, Team, Todo,
        User,
    };
    let step = match (thing, name) {
        (Root, "users") => Many(User),
        (Root, "groups") => Many(Group),
        (Root, "teams") => Many(Team),
        (Root | User, "chats") => Many(Chat),
        (Group, "team") => One(Team),

        (User | MailFolder, "messages") => Many(Message),
        (User, "mailfolders") | (MailFolder, "childfolders") => Many(MailFolder),
        (User | Event, "calendar") => One(Calendar),
        (User | CalendarGroup, "calendars") => Many(Calendar),
        (User, "calendargroups") => Many(CalendarGroup),
        (User | Calendar, "events" | "calendarview") | (Event, "instances" | "exceptionoccurrences") => {
            Many(Event)
        }
        (User | ContactFolder, "contacts") => Many(Contact),
        (User, "contactfolders") | (ContactFolder, "childfolders") => Many(ContactFolder),
        (User, "outlook") => One(OutlookUser),
        (User, "todo") => One(Todo),
        (Todo, "lists") => Many(TaskList),
        (TaskList, "tasks") => Many(Task),
        (User, "onlinemeetings") => Many(Meeting),
        (Meeting, "transcripts" | "recordings") => Many(Artifact),
        (Meeting, "attendancereports") => Many(Report),
        (Artifact, "content" | "metadatacontent") => Content,

        (Team, "channels") => Many(Channel),
        (Team, "primarychannel") => One(Channel),
        (Channel | Chat, "messages") | (Post, "replies") => Many(Post),
        (Chat, "lastmessagepreview") => One(Preview),

        (Message | Event | Task, "attachments" | "extensions")
        | (Message | Event, "singlevalueextendedproperties" | "multivalueextendedproperties")
        | (Task, "checklistitems" | "linkedresources")
        | (Report, "attendancerecords")
        | (Post, "hostedcontents") => Many(Part),

        (User, "mailboxsettings" | "presence" | "inferenceclassification")
        | (User | Team | Contact, "photo")
        | (Channel, "filesfolder") => One(Plain),
        (User, "photos" | "licensedetails" | "extensions")
        | (OutlookUser, "mastercategories")
        | (MailFolder, "messagerules")
        | (Calendar, "calendarpermissions")
        | (Contact | ContactFolder | TaskList, "extensions")
        | (
            MailFolder | Calendar | Contact | ContactFolder,
            "singlevalueextendedproperties" | "multivalueextendedproperties",
        )
        | (Team, "members" | "installedapps" | "operations" | "tags" | "permissiongrants")
        | (Channel, "members" | "tabs")
        | (Chat, "members" | "tabs" | "installedapps" | "operations" | "permissiongrants") => Many(Plain),
        _ => return None,
    };
    Some(step)
}

/// What a function that is bound to a collection gives, by its name: with brackets or without, Graph reads both. All of
/// the metadata that are bound to a collection of these things.
pub(super) fn function(of: Thing, name: &str) -> Option<Thing> {
    use Thing::{
        Artifact, Channel, Contact, ContactFolder, Event, MailFolder, Meeting, Message, Post, Task, TaskList,
    };
    match (of, name) {
        (Channel, "getallmessages" | "getallretainedmessages") => Some(Post),
        (Meeting, "getalltranscripts" | "getallrecordings") => Some(Artifact),
        (
            MailFolder | Message | Event | Contact | ContactFolder | TaskList | Task | Artifact | Post,
            "delta",
        ) => Some(of),
        _ => None,
    }
}

/// Whether the member `name` of a `thing` is other things with times of their own, which nobody looked at.
pub(super) fn hides_times(thing: Thing, name: &str) -> bool {
    match step(thing, &name.to_ascii_lowercase()) {
        Some(Step::One(inner) | Step::Many(inner)) => inner.time().is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of Graph's metadata between `begin` and `end`, wherever there is one.
    fn parts<'a>(metadata: &'a str, begin: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
        metadata.split(begin).skip(1).map(move |part| part.split(end).next().unwrap_or_default())
    }

    #[test]
    #[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
    fn graphs_metadata_has_these_times_and_no_other_way_to_them() {
        const TYPES: [(&str, Thing); 17] = [
            ("mailFolder", Thing::MailFolder),
            ("message", Thing::Message),
            ("calendarGroup", Thing::CalendarGroup),
            ("calendar", Thing::Calendar),
            ("event", Thing::Event),
            ("contactFolder", Thing::ContactFolder),
            ("contact", Thing::Contact),
            ("todoTaskList", Thing::TaskList),
            ("todoTask", Thing::Task),
            ("onlineMeeting", Thing::Meeting),
            ("callTranscript", Thing::Artifact),
            ("callRecording", Thing::Artifact),
            ("meetingAttendanceReport", Thing::Report),
            ("channel", Thing::Channel),
            ("chatMessage", Thing::Post),
            ("chatMessageInfo", Thing::Preview),
            ("conversationMember", Thing::Plain),
        ];
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/graph/v1.0.csdl");
        let metadata = std::fs::read_to_string(path).unwrap();
        let kind = |name: &str| TYPES.into_iter().find(|(other, _)| *other == name).map(|(_, thing)| thing);
        for (name, thing) in TYPES {
            let begin = format!("<EntityType Name=\"{name}\"");
            let entity = parts(&metadata, &begin, "</EntityType>").next().unwrap();
            if let Some(property) = thing.time() {
                assert!(entity.contains(&format!("<Property Name=\"{property}\"")), "{name}");
            }
            for link in parts(entity, "<NavigationProperty Name=\"", "/>") {
                let (member, rest) = link.split_once('"').unwrap();
                let of = rest.rsplit_once("graph.").unwrap().1.split([')', '"']).next().unwrap();
                if kind(of).is_some_and(|inner| inner.time().is_some()) && thing.time().is_some() {
                    assert!(hides_times(thing, member), "{name}/{member}");
                }
            }
        }
        let mut found = 0;
        for bound in parts(&metadata, "<Function Name=\"", "</Function>")
            .filter(|one| one.contains("IsBound=\"true\""))
        {
            let name = bound.split('"').next().unwrap();
            let parameter = parts(bound, "<Parameter ", ">").next().unwrap();
            let collection = parts(parameter, "Type=\"Collection(", ")").next();
            let of = collection.and_then(|of| kind(of.rsplit('.').next().unwrap()));
            if let Some(thing) = of {
                assert!(function(thing, &name.to_ascii_lowercase()).is_some(), "{name} of {thing:?}");
                found += 1;
            }
        }
        assert!(found > 10, "{found}");
    }
}
