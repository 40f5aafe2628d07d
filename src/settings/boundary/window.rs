//! The time window of an entry: how old, and how new, what is handed out may be.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use super::methods::{Deed, Methods};
use super::{Members, methods, wrong_at};
use crate::time::{instant, rfc3339};

/// From when on, and until when. The bounds that are there all hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first instant inside.
    pub from: Option<SystemTime>,
    /// The first instant that is outside again.
    pub to: Option<SystemTime>,
    /// So many days up to now, whenever that is.
    pub days: Option<NonZeroU32>,
}

/// A century: more is meant otherwise.
const MOST_DAYS: u64 = 36_500;

const DAY: Duration = Duration::from_secs(86_400);

impl Window {
    /// Whether `time` is inside, at the moment `now`.
    #[must_use]
    pub fn holds(&self, time: SystemTime, now: SystemTime) -> bool {
        let (from, to) = self.bounds(now);
        from.is_none_or(|from| from <= time) && to.is_none_or(|to| time < to)
    }

    /// The first instant inside, and the first one after it that is outside, at the moment `now`.
    #[must_use]
    pub fn bounds(&self, now: SystemTime) -> (Option<SystemTime>, Option<SystemTime>) {
        // Where the clock is too early to count back, nothing is so old.
        let since = self.days.and_then(|days| now.checked_sub(DAY * days.get()));
        let until = self.days.and_then(|_| now.checked_add(Duration::from_nanos(1)));
        (self.from.max(since), earlier(self.to, until))
    }

    /// What is inside both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            to: earlier(self.to, other.to),
            days: earlier(self.days, other.days),
        }
    }

    /// In words: `from 2026-10-01T00:00:00Z, before 2026-11-01T00:00:00Z, of the last 30 days`.
    #[must_use]
    pub fn words(&self) -> String {
        let words = [
            self.from.map(|from| format!("from {}", rfc3339(from))),
            self.to.map(|to| format!("before {}", rfc3339(to))),
            self.days.map(|days| match days.get() {
                1 => "of the last day".to_owned(),
                days => format!("of the last {days} days"),
            }),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The earlier one; one that is missing bounds nothing.
fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// On what terms something is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The deeds.
    pub methods: Methods,
    /// The time window; all times where there is none.
    pub window: Option<Window>,
}

impl From<Methods> for Terms {
    fn from(methods: Methods) -> Self {
        Self { methods, window: None }
    }
}

impl Terms {
    /// Everything.
    pub const ALL: Self = Self { methods: Methods::ALL, window: None };

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { methods: self.methods.and(other.methods), window: self.both(other) }
    }

    /// What either allows to be done, in the window of both: for somebody who is listed twice.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { methods: self.methods.or(other.methods), window: self.both(other) }
    }

    fn both(self, other: Self) -> Option<Window> {
        match (self.window, other.window) {
            (Some(one), Some(other)) => Some(one.and(other)),
            (one, other) => one.or(other),
        }
    }

    /// The same, where a window allows reading only: what is written has no time yet.
    ///
    /// # Errors
    /// `methods` is said to allow more than that.
    fn checked(self, are_given: bool) -> Result<Self, &'static str> {
        if self.window.is_none() {
            return Ok(self);
        }
        if are_given && Deed::ALL.into_iter().any(|deed| deed != Deed::Read && self.methods.allow(deed)) {
            return Err(
                "allows more than read, which an entry with a time window does not; leave the key out",
            );
        }
        Ok(Self { methods: Methods::READ, ..self })
    }
}

/// The terms of an entry.
///
/// # Errors
/// What is wrong with them, and where.
pub(super) fn terms(at: &str, members: &Members) -> Result<Terms, String> {
    let terms = Terms { methods: methods(at, members)?, window: window(at, members)? };
    let checked = terms.checked(members.contains_key("methods"));
    checked.map_err(|what| wrong_at(&format!("{at}/methods"), what))
}

fn window(at: &str, members: &Members) -> Result<Option<Window>, String> {
    let wrong = |name: &str, what| wrong_at(&format!("{at}/{name}"), what);
    let instant = |name: &str, is_end| {
        let Some(value) = members.get(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| wrong(name, "is not a text"))?;
        bound(text, is_end).map(Some).map_err(|what| wrong(name, what))
    };
    let days = members.get("days").map(|number| days(number.as_u64()).map_err(|what| wrong("days", what)));
    let window = Window { from: instant("from", false)?, to: instant("to", true)?, days: days.transpose()? };
    if window.from.zip(window.to).is_some_and(|(from, to)| from >= to) {
        return Err(wrong("to", "is before from, so that nothing is inside"));
    }
    Ok((window != Window::default()).then_some(window))
}

/// Reads a bound: an instant of RFC 3339, or a day in UTC, which is inside as a whole.
///
/// # Errors
/// It is neither.
fn bound(text: &str, is_end: bool) -> Result<SystemTime, &'static str> {
    const WRONG: &str = "is neither a day such as 2026-10-01 nor an instant such as 2026-10-01T08:00:00Z";
    let is_day = text.len() == 10;
    let day = is_day.then(|| format!("{text}T00:00:00Z"));
    let time = instant(day.as_deref().unwrap_or(text)).ok_or(WRONG)?;
    if is_day && is_end { time.checked_add(DAY).ok_or(WRONG) } else { Ok(time) }
}

/// Reads a number of days.
///
/// # Errors
/// It is none.
fn days(number: Option<u64>) -> Result<NonZeroU32, &'static str> {
    let days = number.filter(|days| *days <= MOST_DAYS).and_then(|days| u32::try_from(days).ok());
    days.and_then(NonZeroU32::new).ok_or("is no whole number of days from 1 to 36500")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        instant(text).unwrap()
    }

    #[test]
    fn a_day_is_inside_as_a_whole_and_an_instant_ends_before_itself() {
        let day =
            Window { from: bound("2026-10-01", false).ok(), to: bound("2026-10-01", true).ok(), days: None };
        let now = at("2020-01-01T00:00:00Z");
        for (time, inside) in [
            ("2026-09-30T23:59:59.9999999Z", false),
            ("2026-10-01T00:00:00Z", true),
            ("2026-10-01T23:59:59.9999999Z", true),
            ("2026-10-02T00:00:00Z", false),
        ] {
            assert_eq!(day.holds(at(time), now), inside, "{time}");
        }
        let to = bound("2026-10-01T10:00:00+02:00", true).unwrap();
        assert_eq!(to, at("2026-10-01T08:00:00Z"));
        for text in
            ["", "2026-13-01", "2026-1-1", "01.10.2026", "2026-10-01T08:00:00", "2026-10-01T08", "yesterday"]
        {
            assert!(bound(text, true).is_err(), "{text}");
        }
    }

    #[test]
    fn days_count_back_from_now_and_end_there() {
        let window = Window { days: days(Some(30)).ok(), ..Window::default() };
        let now = at("2026-11-25T12:00:00Z");
        for (time, inside) in [
            ("2026-10-26T11:59:59Z", false),
            ("2026-10-26T12:00:00Z", true),
            ("2026-11-25T12:00:00Z", true),
            ("2026-11-25T12:00:01Z", false),
        ] {
            assert_eq!(window.holds(at(time), now), inside, "{time}");
        }
        for wrong in [None, Some(0), Some(36_501), Some(u64::MAX)] {
            assert!(days(wrong).is_err());
        }
    }

    #[test]
    fn two_windows_are_narrower_than_either() {
        let early =
            Window { to: Some(at("2026-11-01T00:00:00Z")), days: days(Some(60)).ok(), ..Window::default() };
        let late =
            Window { from: Some(at("2026-10-01T00:00:00Z")), days: days(Some(90)).ok(), ..Window::default() };
        let both = early.and(late);
        assert_eq!(
            both.words(),
            "from 2026-10-01T00:00:00Z, before 2026-11-01T00:00:00Z, of the last 60 days"
        );
        let terms = Terms { methods: Methods::READ, window: Some(early) };
        assert_eq!(Terms::ALL.and(terms), terms);
        assert_eq!(Terms::ALL.or(terms), Terms { methods: Methods::ALL, ..terms });
    }
}
