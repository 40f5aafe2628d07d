//! What keeps an answer within the time window of its entry: Graph is asked for less where that is possible, and what
//! it answers is looked at item by item, whatever it was asked for.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::timed::{Thing, hides_times};
use crate::error::printable;
use crate::graph::path::GraphPath;
use crate::graph::request::GraphRequest;
use crate::graph::response::{GraphFailure, GraphResponse};
use crate::settings::boundary::Window;
use crate::time::{instant, rfc3339_ms};

/// Watches over one request for things of a kind that has times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::graph) struct Guard {
    window: Window,
    thing: Thing,
    property: &'static str,
    is_list: bool,
    is_view: bool,
    /// Whether it may be told how many items were left out. Behind a condition of the caller's that number would tell
    /// whether what lies outside meets it.
    tells_how_many: bool,
    path: GraphPath,
}

/// To which Graph's conditions are written here.
const MS: Duration = Duration::from_millis(1);

/// Members of a collection's answer that tell nothing of what was taken out.
const KEPT: [&str; 4] = ["@odata.context", "value", "@odata.nextLink", "@odata.deltaLink"];

impl Guard {
    /// A guard of the things at `path`; none where they have no time.
    ///
    /// # Errors
    /// The query asks for what cannot be filtered.
    pub(super) fn new(
        window: Window,
        thing: Thing,
        (is_list, is_view): (bool, bool),
        path: &GraphPath,
    ) -> Result<Option<Self>, String> {
        let Some(property) = thing.time() else { return Ok(None) };
        let options = options(path);
        let has = |names: &[&str]| options.iter().any(|(name, _)| names.contains(&name.as_str()));
        if options
            .iter()
            .any(|(name, value)| name == "count" && !decoded(value).eq_ignore_ascii_case("false"))
        {
            return Err("$count tells of what lies outside the time window too; leave it out".into());
        }
        let tells_how_many = !has(&["filter", "search", "skiptoken", "deltatoken", "token"]);
        Ok(Some(Self { window, thing, property, is_list, is_view, tells_how_many, path: path.clone() }))
    }

    /// The path that was asked for.
    pub(in crate::graph) fn path(&self) -> &GraphPath {
        &self.path
    }

    /// Whether its times come in the zone in which they are compared.
    ///
    /// # Errors
    /// A header asks for another.
    pub(super) fn check(&self, request: &GraphRequest) -> Result<(), String> {
        let mut prefers = request.headers.get_all("prefer").iter();
        let elsewhere = |value: &http::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase().contains("outlook.timezone")
        };
        if self.thing == Thing::Event && prefers.any(elsewhere) {
            return Err(
                "times are compared with the time window in UTC; leave out Prefer: outlook.timezone".into()
            );
        }
        Ok(())
    }

    /// The same request, for no more than is inside where Graph can see to that, and with the property that tells.
    pub(in crate::graph) fn narrowed(&self, request: GraphRequest) -> GraphRequest {
        match self.narrowed_path(SystemTime::now()) {
            Some(path) => GraphRequest { path, ..request },
            None => request,
        }
    }

    fn narrowed_path(&self, now: SystemTime) -> Option<GraphPath> {
        let (own, query) = self.path.as_str().split_once('?').unwrap_or((self.path.as_str(), ""));
        let mut parts: Vec<_> = query.split('&').filter(|part| !part.is_empty()).map(Cow::Borrowed).collect();
        let view = self.is_view.then(|| self.clamped(now)).flatten();
        for part in &mut parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = option(name);
            let changed = match name.as_str() {
                "select" => self.selected(value).map(|value| format!("$select={value}")),
                "startdatetime" => view.map(|(start, _)| format!("startDateTime={}", rfc3339_ms(start))),
                "enddatetime" => view.map(|(_, end)| format!("endDateTime={}", rfc3339_ms(end))),
                _ => None,
            };
            if let Some(changed) = changed {
                *part = changed.into();
            }
        }
        if let Some(condition) = self.condition(now) {
            parts.push(format!("$filter={condition}").into());
            // Else Graph sorts by the condition, oldest first (learn.microsoft.com/graph/query-parameters, orderby).
            if self.thing == Thing::Message && !self.has("orderby") {
                parts.push("$orderby=receivedDateTime%20desc".into());
            }
        }
        let text = if parts.is_empty() { own.to_owned() } else { format!("{own}?{}", parts.join("&")) };
        GraphPath::parse(&text).ok()
    }

    fn has(&self, name: &str) -> bool {
        options(&self.path).iter().any(|(option, _)| option == name)
    }

    /// The caller's `$select` with our property, where that is not among it.
    fn selected(&self, value: &str) -> Option<String> {
        let names = decoded(value);
        let is_there = names
            .split(',')
            .map(str::trim)
            .any(|name| name == "*" || name.eq_ignore_ascii_case(self.property));
        (!is_there).then(|| match names.trim() {
            "" => self.property.to_owned(),
            _ => format!("{value},{}", self.property),
        })
    }

    /// The bounds of a calendar's view that are not beyond the window's own, in place of those that are: what is between
    /// would be taken out anyhow. None where nothing is left of the view, which Graph would take for a mistake.
    fn clamped(&self, now: SystemTime) -> Option<(SystemTime, SystemTime)> {
        let options = options(&self.path);
        let asked = |name: &str| {
            let (_, value) = options.iter().find(|(option, _)| option == name)?;
            let text = decoded(value);
            // Without a zone Graph reads UTC.
            instant(&text).or_else(|| instant(&format!("{text}Z")))
        };
        let (from, to) = self.window.bounds(now);
        let start = asked("startdatetime")?.max(from.unwrap_or(SystemTime::UNIX_EPOCH));
        let end = asked("enddatetime")?;
        let end = to.map_or(end, |to| end.min(to + MS));
        (start + MS < end).then_some((start, end))
    }

    /// The window as a condition, where Graph takes one in a list that the caller sets none for
    /// (learn.microsoft.com/graph/api/user-list-messages, user-list-events).
    fn condition(&self, now: SystemTime) -> Option<String> {
        let (property, quote) = match self.thing {
            Thing::Message => ("receivedDateTime", ""),
            Thing::Event if !self.is_view => ("start/dateTime", "'"),
            _ => return None,
        };
        // What mail is sorted by has to begin its condition, all of it.
        let sorted_otherwise = options(&self.path).iter().any(|(name, value)| {
            let order = decoded(value).to_ascii_lowercase();
            let one = order.trim_end_matches(" desc").trim_end_matches(" asc").trim();
            name == "orderby" && one != property.to_ascii_lowercase()
        });
        if !self.is_list || !self.tells_how_many || sorted_otherwise {
            return None;
        }
        let (from, to) = self.window.bounds(now);
        // To the millisecond, and rather more than less: what comes is looked at.
        let to = to.map(|to| to + MS);
        let written = |time| {
            let time = rfc3339_ms(time);
            let time = if quote.is_empty() { &time } else { time.trim_end_matches('Z') };
            format!("{quote}{time}{quote}")
        };
        let terms = [
            from.map(|from| format!("{property} ge {}", written(from))),
            to.map(|to| format!("{property} lt {}", written(to))),
        ];
        let condition = terms.into_iter().flatten().collect::<Vec<_>>().join(" and ");
        (!condition.is_empty()).then(|| condition.replace(' ', "%20"))
    }

    /// `answer` without what lies outside.
    ///
    /// # Errors
    /// [`GraphFailure::OutsideBoundary`]: all of it does, or does not tell.
    pub(in crate::graph) fn filtered(
        &self,
        mut answer: GraphResponse,
    ) -> Result<GraphResponse, GraphFailure> {
        if !answer.is_success() {
            return Ok(answer);
        }
        let taken = self.filter(&mut answer.body, SystemTime::now());
        let Some(taken) = taken else { return Err(self.withheld()) };
        let window = self.window.words();
        let note = match taken {
            _ if !self.tells_how_many => {
                format!("What the boundary's time window ({window}) does not hold is left out.")
            }
            0 => return Ok(answer),
            1 => format!("One item is left out, which the boundary's time window ({window}) does not hold."),
            more => format!(
                "{more} items are left out, which the boundary's time window ({window}) does not hold."
            ),
        };
        answer.note = Some(match answer.note.take() {
            Some(other) => format!("{other} {note}").into(),
            None => note.into(),
        });
        Ok(answer)
    }

    /// How many items are taken out of `body`; none where it has to be withheld altogether.
    fn filter(&self, body: &mut Value, now: SystemTime) -> Option<usize> {
        let members = body.as_object_mut()?;
        let Some(items) = members.get_mut("value").and_then(Value::as_array_mut) else {
            if !self.holds(members, now) {
                return None;
            }
            self.bare(members);
            return Some(0);
        };
        let before = items.len();
        items.retain_mut(|item| match item.as_object_mut() {
            Some(item) if self.holds(item, now) => {
                self.bare(item);
                true
            }
            _ => false,
        });
        let taken = before - items.len();
        members.retain(|name, _| KEPT.contains(&name.as_str()));
        Some(taken)
    }

    fn holds(&self, item: &Map<String, Value>, now: SystemTime) -> bool {
        time_of(item.get(self.property)).is_some_and(|time| self.window.holds(time, now))
    }

    /// Without members that are things with times of their own, which Graph sends unasked nowhere that we know of.
    fn bare(&self, item: &mut Map<String, Value>) {
        item.retain(|name, _| !hides_times(self.thing, name.split('@').next().unwrap_or_default()));
    }

    fn withheld(&self) -> GraphFailure {
        GraphFailure::OutsideBoundary(format!(
            "\"{}\" is outside the boundary and is not handed out: its {} is not in the time window ({}), or it has none. \
             Read the collection, which is narrowed to that. The boundary is the administrator's decision \
             (WORKIQ_BOUNDARY), so do not try another way.",
            printable(self.path.as_str(), 160),
            self.property,
            self.window.words()
        ))
    }

    /// That it is content that was asked for, and this is none.
    pub(in crate::graph) fn not_content(&self) -> GraphFailure {
        super::resolve::refused(
            &self.path,
            "it is no content, and an entity under a time window is read with fetch",
        )
    }
}

/// Whether the query asks about things under those that it shows, which may lie outside.
pub(super) fn asks_below(path: &GraphPath) -> bool {
    options(path).iter().any(|(_, value)| {
        let value = decoded(value).to_ascii_lowercase();
        ["/any(", "/all(", "/$count"].iter().any(|below| value.replace(' ', "").contains(below))
    })
}

/// A time in Graph's two forms: an instant, or the time of an event with its zone, which has to be UTC.
pub(super) fn time_of(value: Option<&Value>) -> Option<SystemTime> {
    match value? {
        Value::String(text) => instant(text),
        Value::Object(zoned) if zoned.get("timeZone")? == "UTC" => {
            instant(&format!("{}Z", zoned.get("dateTime")?.as_str()?.trim_end_matches('Z')))
        }
        _ => None,
    }
}

/// The options of the query: names without the dollar in lower case, values as they are written.
fn options(path: &GraphPath) -> Vec<(String, &str)> {
    let query = path.as_str().split_once('?').map(|(_, query)| query).unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (option(name), value))
        .collect()
}

fn option(name: &str) -> String {
    decoded(name).to_ascii_lowercase().trim_start_matches('$').to_owned()
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
