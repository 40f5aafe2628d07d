//! How many requests are under way at once: to one mailbox, to one team or chat, and in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::path::GraphPath;

/// Outlook serves four requests of an application to one mailbox at once, and refuses the fifth; Teams four a second to
/// one team or channel (learn.microsoft.com/graph/throttling-limits).
const IN_LANE: u32 = 4;

/// All lanes together. Graph bears more; a single agent does not need it.
const IN_ALL: usize = 16;

/// Lanes are forgotten when nobody is in them; this often, forgotten ones are swept out.
const SWEEP_AT: usize = 256;

/// What of a user's is in the mailbox.
const MAILBOX: [&str; 16] = [
    "messages",
    "mailfolders",
    "events",
    "calendar",
    "calendars",
    "calendarview",
    "calendargroups",
    "contacts",
    "contactfolders",
    "people",
    "outlook",
    "mailboxsettings",
    "inferenceclassification",
    "sendmail",
    "getmailtips",
    "findmeetingtimes",
];

/// The permits of all who ask Graph with one client.
#[derive(Debug)]
pub(super) struct Lanes {
    all: Arc<Semaphore>,
    each: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// The right to have requests under way; given back when dropped.
#[derive(Debug)]
pub(super) struct Pass {
    _permits: Vec<OwnedSemaphorePermit>,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(IN_ALL)), each: Mutex::default() }
    }

    /// Waits until all of `paths`, which travel in one request, may be asked for.
    pub(super) async fn enter(&self, paths: impl IntoIterator<Item = &GraphPath>) -> Pass {
        let mut wanted: HashMap<String, u32> = HashMap::new();
        for lane in paths.into_iter().filter_map(lane_of) {
            *wanted.entry(lane).or_default() += 1;
        }
        let mut wanted: Vec<_> = wanted.into_iter().collect();
        // One order for everybody, so that no two wait for each other.
        wanted.sort_unstable();
        let mut permits = Vec::with_capacity(wanted.len() + 1);
        for (lane, count) in wanted {
            permits.extend(self.lane(lane).acquire_many_owned(count.min(IN_LANE)).await);
        }
        permits.extend(self.all.clone().acquire_owned().await);
        Pass { _permits: permits }
    }

    fn lane(&self, name: String) -> Arc<Semaphore> {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        if each.len() >= SWEEP_AT {
            each.retain(|_, lane| lane.strong_count() > 0);
        }
        if let Some(lane) = each.get(&name).and_then(Weak::upgrade) {
            return lane;
        }
        let lane = Arc::new(Semaphore::new(IN_LANE as usize));
        each.insert(name, Arc::downgrade(&lane));
        lane
    }
}

/// Whether `path` is served by Outlook.
pub(super) fn is_outlook(path: &GraphPath) -> bool {
    lane_of(path).is_some_and(|lane| lane.starts_with("mailbox "))
}

/// The lane of a path, if it has one of its own.
fn lane_of(path: &GraphPath) -> Option<String> {
    let segments = path.segments();
    let mut segments = segments.iter();
    let (root, id) = (segments.next()?, segments.next()?);
    let next = segments.next();
    let of_mailbox = |next: &String| MAILBOX.contains(&next.split('(').next().unwrap_or_default());
    match root.as_str() {
        "users" if next.is_some_and(of_mailbox) => Some(format!("mailbox {id}")),
        "groups"
            if matches!(
                next.map(String::as_str),
                Some("events" | "calendar" | "calendarview" | "threads" | "conversations")
            ) =>
        {
            Some(format!("mailbox {id}"))
        }
        "teams" | "chats" => Some(format!("{root} {id}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn path(text: &str) -> GraphPath {
        GraphPath::parse(text).unwrap()
    }

    #[test]
    fn a_mailbox_is_known_in_every_spelling() {
        let of = |text: &str| lane_of(&path(text));
        for text in [
            "/users/ada@contoso.com/messages",
            "/Users/Ada%40contoso.com/mailFolders/inbox/messages?$top=1",
            "/users('ada@contoso.com')/events",
            "/users/ada@contoso.com/calendarView(startDateTime='x')",
        ] {
            assert_eq!(of(text).as_deref(), Some("mailbox ada@contoso.com"), "{text}");
        }
        for text in ["/users/ada@contoso.com", "/users/ada@contoso.com/chats", "/sites/root/lists", "/users"]
        {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(of("/teams/t/channels/c/messages").as_deref(), Some("teams t"));
    }

    #[tokio::test]
    async fn four_at_once_to_a_mailbox_and_no_fifth() {
        let lanes = Lanes::new();
        let [ada, grace] = ["ada", "grace"].map(|user| path(&format!("/users/{user}/messages")));
        let mut inside = Vec::new();
        for _ in 0..4 {
            inside.push(lanes.enter([&ada]).now_or_never().unwrap());
        }
        assert!(lanes.enter([&ada]).now_or_never().is_none());
        let other = lanes.enter([&grace]).now_or_never();
        assert!(other.is_some(), "another mailbox is another lane");
        inside.pop();
        assert!(lanes.enter([&ada]).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_batch_takes_as_many_places_as_it_fills() {
        let lanes = Lanes::new();
        let ada = path("/users/ada/messages");
        let batch = lanes.enter(std::iter::repeat_n(&ada, 20)).now_or_never().unwrap();
        assert!(lanes.enter([&ada]).now_or_never().is_none());
        drop(batch);
        assert!(lanes.enter([&ada]).now_or_never().is_some());
    }

    #[tokio::test]
    async fn lanes_that_nobody_is_in_are_forgotten() {
        let lanes = Lanes::new();
        for n in 0..2_000 {
            drop(lanes.enter([&path(&format!("/chats/{n}/messages"))]).await);
        }
        assert!(lanes.each.lock().unwrap().len() <= SWEEP_AT);
    }
}
