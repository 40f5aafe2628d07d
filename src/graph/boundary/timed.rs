//! Under an entry with a time window: which things have a time and in which property, which have none, and what belongs to
//! something that has one. What is not here is not read under such an entry.
//!
//! Properties are those of the entity types of Graph's metadata (v1.0); `start` of an event is a time with its zone. An
//! item of mail counts from when it was received, a message of a chat from when it was sent, whatever was edited later.
//! Left out on purpose: drives and files (a file has dates, its content does not), pinned messages (ids without a time),
//! reminders.

use super::piece::{Brackets, Piece};
use crate::error::printable;

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
enum Step {
    One(Thing),
    Many(Thing),
    /// Content of the thing.
    Content,
}

fn step(thing: Thing, name: &str) -> Option<Step> {
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
fn function(of: Thing, name: &str) -> Option<Thing> {
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

/// What a path shows, as far as times go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing that has a time.
    Free,
    /// Things with a time, or one of them. Where it is the whole collection, Graph may be asked for less of it.
    Timed {
        /// Which.
        thing: Thing,
        /// Whether it is a collection, read from its beginning.
        is_list: bool,
        /// Whether it is what happens in a calendar, or of a series, between two times.
        is_view: bool,
    },
    /// What belongs to a thing with a time, and how many segments name that.
    Part {
        /// So many.
        owner: usize,
        /// The property that tells the time.
        property: &'static str,
    },
}

/// What `pieces` show, with what the caller `expanded` there.
///
/// # Errors
/// Why it is not known to have no time, or one that can be seen.
pub(super) fn sight(pieces: &[Piece], expanded: &[String]) -> Result<Sight, String> {
    let mut at = Step::One(Thing::Root);
    let mut owner = None;
    let (mut is_list, mut is_view) = (false, false);
    for (number, piece) in pieces.iter().enumerate() {
        let unknown = || {
            Err(format!(
                "an entry with a time window does not show \"{}\" there, since it is not known what time it is of",
                printable(&piece.text, 80)
            ))
        };
        is_list = false;
        let from = at;
        at = match at {
            _ if piece.is_file_path_end() => return unknown(),
            Step::Content => return unknown(),
            Step::Many(thing) if piece.text.eq_ignore_ascii_case("$count") => {
                if thing.time().is_some() || thing == Thing::Part {
                    return Err(
                        "a count tells of what lies outside the time window too; read the collection".into(),
                    );
                }
                Step::Content
            }
            Step::Many(thing) => match function(thing, &piece.name) {
                Some(given) => Step::Many(given),
                // A channel's id never looks like the name of a function.
                None if piece.brackets == Brackets::None
                    && !piece.text.starts_with('$')
                    && (thing != Thing::Channel || piece.text.starts_with("19:")) =>
                {
                    Step::One(thing)
                }
                None => return unknown(),
            },
            Step::One(_) if piece.text.eq_ignore_ascii_case("$value") => Step::Content,
            Step::One(Thing::User) if matches!(piece.name.as_str(), "drive" | "drives") => {
                return Err("nothing in a path bounds files by the time window of this user; an administrator may list \
                            the drive as well, which is then read at /drives/{id}"
                    .into());
            }
            Step::One(thing) => match (step(thing, &piece.name), &piece.brackets) {
                (Some(Step::Many(of)), Brackets::None) => {
                    is_list = true;
                    is_view =
                        matches!(piece.name.as_str(), "calendarview" | "instances" | "exceptionoccurrences");
                    Step::Many(of)
                }
                (Some(step), Brackets::None) => step,
                (Some(Step::Many(of)), _) if piece.key_in_brackets(KEYS).is_some() => Step::One(of),
                _ => return unknown(),
            },
        };
        // What a part belongs to is the last thing with a time in front of it.
        owner = match (from, at) {
            (_, Step::One(thing)) if thing.time().is_some() => {
                thing.time().map(|property| (number + 1, property))
            }
            (_, Step::One(Thing::Part) | Step::Many(Thing::Part)) => owner,
            (Step::One(thing), Step::Content) if thing.time().is_some() || thing == Thing::Part => owner,
            _ => None,
        };
    }
    let shown = match at {
        Step::One(thing) | Step::Many(thing) => Some(thing),
        Step::Content => None,
    };
    for name in expanded {
        let inside = shown.and_then(|thing| step(thing, name));
        match inside {
            Some(Step::One(thing) | Step::Many(thing)) if thing.time().is_none() => {}
            _ => {
                return Err(format!(
                    "$expand={} would show what has a time of its own, or none that is known; read it by its path",
                    printable(name, 60)
                ));
            }
        }
    }
    let part = owner.map(|(owner, property)| Sight::Part { owner, property });
    match shown {
        Some(thing) if thing.time().is_some() => {
            Ok(Sight::Timed { thing, is_list, is_view: is_list && is_view })
        }
        Some(Thing::Part) => part.ok_or_else(|| "it does not tell what it belongs to".to_owned()),
        Some(_) => Ok(Sight::Free),
        None => Ok(part.unwrap_or(Sight::Free)),
    }
}

const KEYS: &[&str] = &["id", "userprincipalname"];

/// Whether the member `name` of a `thing` is other things with times of their own, which nobody looked at.
pub(super) fn hides_times(thing: Thing, name: &str) -> bool {
    match step(thing, &name.to_ascii_lowercase()) {
        Some(Step::One(inner) | Step::Many(inner)) => inner.time().is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::piece::pieces;
    use super::*;

    fn seen(path: &str, expanded: &[&str]) -> Result<Sight, String> {
        let expanded: Vec<_> = expanded.iter().map(|name| (*name).to_owned()).collect();
        sight(&pieces(path).unwrap(), &expanded)
    }

    fn timed(thing: Thing, is_list: bool, is_view: bool) -> Sight {
        Sight::Timed { thing, is_list, is_view }
    }

    #[test]
    fn things_are_told_by_their_paths() {
        for (path, sight) in [
            ("/users/u", Sight::Free),
            ("/users('u')/mailFolders('inbox')", Sight::Free),
            ("/users/u/mailFolders/$count", Sight::Free),
            ("/users/u/photo/$value", Sight::Free),
            ("/users/u/messages", timed(Thing::Message, true, false)),
            ("/users('u')/mailFolders('inbox')/messages", timed(Thing::Message, true, false)),
            ("/users/u/messages/m", timed(Thing::Message, false, false)),
            ("/users/u/messages('m')", timed(Thing::Message, false, false)),
            ("/users/u/messages/delta()", timed(Thing::Message, false, false)),
            ("/users/u/messages/delta", timed(Thing::Message, false, false)),
            ("/users/u/messages/m/$value", Sight::Part { owner: 4, property: "receivedDateTime" }),
            ("/users('u')/messages('m')/$value", Sight::Part { owner: 2, property: "receivedDateTime" }),
            (
                "/users/u/messages/m/attachments/a/$value",
                Sight::Part { owner: 4, property: "receivedDateTime" },
            ),
            ("/users/u/calendarView", timed(Thing::Event, true, true)),
            ("/users/u/calendars/c/calendarView/delta", timed(Thing::Event, false, false)),
            ("/users/u/events/e/instances", timed(Thing::Event, true, true)),
            ("/users/u/events/e/calendar", Sight::Free),
            ("/users/u/events/e/attachments", Sight::Part { owner: 4, property: "start" }),
            ("/users/u/onlineMeetings/m/transcripts", timed(Thing::Artifact, true, false)),
            (
                "/users/u/onlineMeetings/m/transcripts/t/content",
                Sight::Part { owner: 6, property: "createdDateTime" },
            ),
            (
                "/users/u/onlineMeetings/m/attendanceReports/r/attendanceRecords",
                Sight::Part { owner: 6, property: "meetingStartDateTime" },
            ),
            ("/users/u/onlineMeetings/getAllTranscripts(a='b')/delta", timed(Thing::Artifact, false, false)),
            ("/groups/g/team/channels", Sight::Free),
            ("/teams/t/channels/19:c/messages", timed(Thing::Post, true, false)),
            ("/teams/t/channels/getAllMessages", timed(Thing::Post, false, false)),
            ("/teams/t/channels/getAllRetainedMessages()", timed(Thing::Post, false, false)),
            (
                "/chats/c/messages/m/hostedContents/h/$value",
                Sight::Part { owner: 4, property: "createdDateTime" },
            ),
            ("/chats/c/messages/m/replies/r", timed(Thing::Post, false, false)),
            ("/chats/c/lastMessagePreview", timed(Thing::Preview, false, false)),
        ] {
            assert_eq!(seen(path, &[]), Ok(sight), "{path}");
        }
    }

    #[test]
    fn what_is_in_no_table_is_refused() {
        for path in [
            "/users/u/messages/$count",
            "/users/u/drive/root",
            "/users/u/drives",
            "/users/u/reminderView(StartDateTime='a',EndDateTime='b')",
            "/users/u/messages/m/attachments/$count",
            "/users/u/insights",
            "/teams/t/channels/getSomethingNew",
            "/teams/t/channels/getSomethingNew/messages",
            "/chats/c/pinnedMessages",
            "/drives/d",
            "/sites/s",
            "/search/query",
        ] {
            assert!(seen(path, &[]).is_err(), "{path}");
        }
    }

    #[test]
    fn only_what_has_no_time_of_its_own_is_expanded() {
        assert!(seen("/users/u/messages", &["attachments"]).is_ok());
        assert!(seen("/chats/c", &["members"]).is_ok());
        for (path, name) in [
            ("/users/u/mailFolders", "messages"),
            ("/chats/c", "lastmessagepreview"),
            ("/chats/c/messages", "replies"),
            ("/users/u/onlineMeetings/m", "transcripts"),
            ("/users/u", "manager"),
            ("/users/u/messages/m/$value", "attachments"),
        ] {
            assert!(seen(path, &[name]).is_err(), "{path} {name}");
        }
        assert!(hides_times(Thing::Post, "Replies") && !hides_times(Thing::Message, "attachments"));
    }

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
