//! What a path shows under a time window: things with a time, what belongs to one, or nothing of the kind.

use super::piece::{Brackets, Piece};
use super::timed::{Step, Thing, function, step};
use crate::error::printable;

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

#[cfg(test)]
mod tests {
    use super::super::piece::pieces;
    use super::super::timed::hides_times;
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
}
