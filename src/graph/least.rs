//! The least that would have sufficed: which permissions and which boundary the requests of an audit needed.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};

use super::permissions::{Needed, Permission, needed};
use crate::audit::{Entry, Event};

/// What the successful requests of an audit needed.
#[derive(Debug, Default)]
pub struct Least {
    /// Requests that succeeded, by method and template.
    kinds: BTreeMap<(String, String), Kind>,
    boundary: Boundary,
    /// Lines that count: requests that succeeded.
    succeeded: usize,
    /// Requests that failed or were refused, which need nothing.
    failed: usize,
}

#[derive(Debug, Default)]
struct Kind {
    count: usize,
    /// Whether one of them lies at nothing that a boundary names.
    unbounded: bool,
    /// Whether one of them expands what it leads to, which may need more.
    expands: bool,
}

/// Objects by the words of a boundary, each once.
#[derive(Debug, Default)]
struct Boundary {
    users: Vec<String>,
    organizers: Vec<String>,
    /// With channels where nothing else of the team was asked for.
    teams: Vec<(String, Option<Vec<String>>)>,
    chats: Vec<String>,
    sites: Vec<String>,
    drives: Vec<String>,
}

impl Least {
    /// Takes a line of an audit into account.
    pub fn add(&mut self, entry: &Entry) {
        let (Event::Request | Event::Item | Event::Lookup, Some(method)) =
            (entry.event, entry.method.as_ref())
        else {
            self.failed += usize::from(entry.event == Event::Refusal);
            return;
        };
        // What is in a batch has lines of its own.
        if entry.template == "/$batch" {
            return;
        }
        let good = entry.status.is_some_and(|status| (200..400).contains(&status));
        if !good || entry.refused_by.is_some() {
            self.failed += 1;
            return;
        }
        self.succeeded += 1;
        // What was only looked up, somebody else may have brought in.
        let bounded = entry.event == Event::Lookup || self.boundary.add(entry);
        let kind = self.kinds.entry((method.clone(), entry.template.clone())).or_default();
        kind.count += 1;
        kind.unbounded |= !bounded;
        kind.expands |= entry.options.iter().any(|name| name == "$expand");
    }

    /// The permissions: for each kind of request the one to ask for, without those whose requests another of them opens
    /// as well.
    fn permissions(&self) -> Vec<&'static Permission> {
        let needs: Vec<Needed> = self.kinds.keys().filter_map(of).collect();
        let mut chosen: Vec<&'static Permission> = Vec::new();
        for needed in &needs {
            let best = whole(needed);
            if !chosen.contains(&best) {
                chosen.push(best);
            }
        }
        chosen.sort_by_key(|permission| permission.name);
        for permission in chosen.clone() {
            let others: Vec<_> =
                chosen.iter().filter(|other| **other != permission).map(|other| other.name).collect();
            if needs.iter().all(|needed| needed.met_by(&others)) {
                chosen.retain(|other| *other != permission);
            }
        }
        chosen
    }

    /// The report: `requests`, `permissions` (`name`, `appRoleId`, `requests`), `boundary`, and in `unmapped` the kinds of
    /// requests of which one of these is not known, with the reason.
    #[must_use]
    pub fn report(&self) -> Value {
        let chosen = self.permissions();
        let permissions: Vec<_> = chosen
            .iter()
            .map(|permission| {
                let opened: Vec<_> = self
                    .kinds
                    .keys()
                    .filter(|kind| of(kind).is_some_and(|needed| needed.accepts(permission.name)))
                    .map(|(method, template)| format!("{method} {template}"))
                    .collect();
                json!({"name": permission.name, "appRoleId": permission.role_id, "requests": opened})
            })
            .collect();
        json!({
            "requests": {"succeeded": self.succeeded, "failed": self.failed},
            "permissions": permissions,
            "boundary": self.boundary.to_json(),
            "unmapped": self.unmapped(),
        })
    }

    fn unmapped(&self) -> Vec<Value> {
        let mut unmapped = Vec::new();
        for (key, kind) in &self.kinds {
            let mut tell = |what: &str, reason: &str| {
                unmapped.push(json!({
                    "request": format!("{} {}", key.0, key.1),
                    "count": kind.count,
                    "what": what,
                    "reason": reason,
                }));
            };
            if of(key).is_none() {
                tell("permission", "It is not in the table of permissions.");
            }
            if kind.expands {
                tell("permission", "With $expand, what it leads to may need more.");
            }
            if kind.unbounded {
                tell(
                    "boundary",
                    "It lies at no user, team, chat, site or drive: a boundary refuses or narrows it.",
                );
            }
        }
        unmapped
    }
}

/// The one to ask for, of those that give all that was given: with the basic ones of mail and calendars there are no
/// bodies (learn.microsoft.com/graph/permissions-reference), and what was selected is not in an audit.
fn whole(needed: &Needed) -> &'static Permission {
    let best = needed.best();
    let full = match best.name.split_once(".ReadBasic") {
        Some((workload @ ("Mail" | "Calendars"), _)) => Permission::named(&format!("{workload}.Read")),
        _ => None,
    };
    full.filter(|full| needed.accepts(full.name)).unwrap_or(best)
}

fn of((method, template): &(String, String)) -> Option<Needed> {
    needed(&Method::from_bytes(method.as_bytes()).ok()?, template)
}

impl Boundary {
    /// Adds the object that a request lies at; false where there is none.
    fn add(&mut self, entry: &Entry) -> bool {
        let first = |name: &str| entry.resources.get(name)?.first().cloned();
        let template = entry.template.as_str();
        // Only what the path begins with: below it all belongs to that.
        let id = template
            .split('/')
            .nth(1)
            .filter(|root| template[root.len() + 1..].starts_with("/{id}"))
            .and_then(|root| Some((root, first(root)?)));
        let Some((root, id)) = id else { return false };
        match root {
            "users" if template.starts_with("/users/{id}/onlineMeetings") => {
                let organizer = first("organizers").filter(|organizer| !organizer.eq_ignore_ascii_case(&id));
                add(&mut self.organizers, id);
                if let Some(organizer) = organizer {
                    add(&mut self.organizers, organizer);
                }
            }
            "users" => add(&mut self.users, id),
            "teams" => {
                let channel = first("channels").filter(|_| template.starts_with("/teams/{id}/channels/{id}"));
                self.add_team(id, channel);
            }
            "chats" => add(&mut self.chats, id),
            "sites" => add(&mut self.sites, id),
            "drives" => add(&mut self.drives, id),
            _ => return false,
        }
        true
    }

    fn add_team(&mut self, id: String, channel: Option<String>) {
        let known = self.teams.iter().position(|(team, _)| team.eq_ignore_ascii_case(&id));
        let at = known.unwrap_or_else(|| {
            self.teams.push((id, Some(Vec::new())));
            self.teams.len() - 1
        });
        let channels = &mut self.teams[at].1;
        match (channel, &mut *channels) {
            (Some(channel), Some(channels)) => add(channels, channel),
            (Some(_), None) => {}
            // The team itself.
            (None, _) => *channels = None,
        }
    }

    fn to_json(&self) -> Value {
        let mut boundary = Map::new();
        let mut put = |name: &str, ids: Vec<Value>| {
            if !ids.is_empty() {
                boundary.insert(name.to_owned(), Value::Array(ids));
            }
        };
        let texts = |ids: &[String]| ids.iter().map(|id| json!(id)).collect::<Vec<_>>();
        put("users", texts(&self.users));
        put("organizers", texts(&self.organizers));
        let team = |(id, channels): &(String, Option<Vec<String>>)| match channels {
            Some(channels) => json!({"id": id, "channels": channels}),
            None => json!({"id": id}),
        };
        put("teams", self.teams.iter().map(team).collect());
        put("chats", texts(&self.chats));
        put("sites", texts(&self.sites));
        put("drives", texts(&self.drives));
        Value::Object(boundary)
    }
}

/// Adds what is not there yet; ids and user principal names are the same in any case, but those of drives and chats,
/// which differ in more than that.
fn add(ids: &mut Vec<String>, id: String) {
    if !ids.iter().any(|other| other.eq_ignore_ascii_case(&id)) {
        ids.push(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::shape::shape;

    fn entry(method: &str, path: &str, status: u16) -> Entry {
        let shape = shape(path);
        Entry {
            method: Some(method.into()),
            template: shape.template,
            resources: shape.resources,
            options: shape.options,
            status: Some(status),
            ..Entry::default()
        }
    }

    fn report(requests: &[(&str, &str, u16)]) -> Value {
        let mut least = Least::default();
        for (method, path, status) in requests {
            least.add(&entry(method, path, *status));
        }
        least.report()
    }

    fn names(report: &Value) -> Vec<&str> {
        report["permissions"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn the_least_is_told_with_the_ids_to_grant_it_by() {
        let report = report(&[
            ("GET", "/users/ada@contoso.com/messages", 200),
            ("GET", "/users/ADA@contoso.com/messages/m", 200),
            ("GET", "/users/bob@contoso.com/events", 403),
            ("POST", "/$batch", 200),
        ]);
        assert_eq!(names(&report), ["Mail.Read"]);
        assert_eq!(report["permissions"][0]["appRoleId"], "810c84a8-4a9e-49e6-bf7d-12d183f40d01");
        assert_eq!(report["boundary"], json!({"users": ["ada@contoso.com"]}));
        assert_eq!(report["requests"], json!({"succeeded": 2, "failed": 1}));
        assert_eq!(report["unmapped"], json!([]));
    }

    #[test]
    fn a_permission_that_another_makes_needless_is_left_out() {
        let report = report(&[("GET", "/users/a/messages", 200), ("POST", "/users/a/messages", 201)]);
        assert_eq!(names(&report), ["Mail.ReadWrite"]);
    }

    #[test]
    fn a_boundary_has_each_object_once_and_no_more_of_it_than_was_asked_for() {
        let report = report(&[
            ("GET", "/teams/t/channels/c/messages", 200),
            ("GET", "/teams/t/channels/d/messages", 200),
            ("GET", "/teams/u/channels/c/messages", 200),
            ("GET", "/teams/u/channels", 200),
            ("GET", "/users/o/onlineMeetings/m/transcripts", 200),
            ("GET", "/users/o/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='O')", 200),
            ("GET", "/chats/19:x@thread.v2/messages", 200),
            ("GET", "/sites/contoso.sharepoint.com:/sites/x:/lists", 200),
            ("GET", "/drives/b!x/root:/a/b:/content", 302),
        ]);
        assert_eq!(
            report["boundary"],
            json!({
                "organizers": ["o"],
                "teams": [{"id": "t", "channels": ["c", "d"]}, {"id": "u"}],
                "chats": ["19:x@thread.v2"],
                "sites": ["contoso.sharepoint.com:/sites/x"],
                "drives": ["b!x"],
            })
        );
    }

    #[test]
    fn what_cannot_be_mapped_is_told() {
        let report = report(&[
            ("GET", "/users", 200),
            ("GET", "/nonsense", 200),
            ("GET", "/users/a/messages?$expand=attachments", 200),
        ]);
        let told: Vec<_> = report["unmapped"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["request"].as_str().unwrap(), one["what"].as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                ("GET /users", "boundary"),
                ("GET /users/{id}/messages", "permission"),
                ("GET /{name}", "permission"),
                ("GET /{name}", "boundary"),
            ]
        );
    }
}
