//! Probes: one real thing of each kind is read, as far as its content, and nothing of it is kept.

mod answer;
mod meeting;
mod reader;
mod target;

use std::time::Instant;

use serde_json::Value;

use super::check::{Check, Privacy, Status, Step};
use super::remedy::Application;
use super::{PROBES, permissions, skipped, timed};
use crate::graph::{Call, GraphFailure, GraphResponse};
pub(super) use answer::{of_answer, of_failure};
pub(super) use reader::Reader;
pub use target::Wanted;
pub(super) use target::{Targets, named, targets};

/// The code of a probe of what the boundary keeps out.
pub(super) const OUTSIDE: &str = "outside_boundary";

/// Where there is nothing to probe.
pub(super) const NOBODY: &str = "Nobody was named: --user, --team, --site, --meeting-organizer";

/// The id of the probe of a mailbox.
pub(super) const MAIL: &str = "probe.mail";

/// What the probes ask with.
struct Prober<'a> {
    reader: Reader<'a>,
    /// The permissions in the token, where they can be read.
    roles: Option<&'a [String]>,
    /// Where its ids are known.
    application: Option<&'a Application>,
}

/// One probe that is under way: one call with one deadline.
struct Probe<'a> {
    prober: &'a Prober<'a>,
    check: Check,
    started: Instant,
    call: Call,
}

/// Probes every target.
pub(super) async fn look(
    reader: Reader<'_>,
    targets: &Targets,
    roles: Option<&[String]>,
    application: Option<&Application>,
) -> Vec<Check> {
    if targets.is_empty() {
        let more = match reader {
            Reader::Own(_) => ", or a boundary",
            Reader::Brokered(_) => "",
        };
        return vec![skipped(PROBES, format!("{NOBODY}{more}"))];
    }
    let prober = Prober { reader, roles, application };
    let mut checks = Vec::new();
    for user in &targets.users {
        checks.push(prober.mail(user).await);
        checks.push(prober.chats(user).await);
        checks.push(prober.people(user).await);
    }
    for organizer in &targets.organizers {
        checks.extend(prober.meetings(organizer).await);
    }
    for team in &targets.teams {
        checks.push(prober.team(team, targets.channel_of(team)).await);
    }
    for site in &targets.sites {
        checks.push(prober.site(site).await);
    }
    if targets.named {
        warn_of_outside(&mut checks);
    }
    if targets.more > 0 {
        let why =
            format!("{} more in the boundary are not probed; name them to have them probed", targets.more);
        checks.push(skipped(PROBES, why));
    }
    checks
}

/// Whoever names something wants to know whether it can be read. Where the boundary keeps all of it out, that is no
/// success, and one of its probes says so; where it keeps a part out, it was narrowed to the rest.
fn warn_of_outside(checks: &mut [Check]) {
    let of_one = |a: &Check, b: &Check| a.target == b.target;
    for same in checks.chunk_by_mut(of_one) {
        if same.iter().any(|check| check.status != Status::Skipped) {
            continue;
        }
        if let Some(check) = same.iter_mut().find(|check| check.code.as_deref() == Some(OUTSIDE)) {
            check.status = Status::Warning;
            check.todo.push(Step::Words(
                "It was named and not looked at. If it is to be read, add it to the boundary (WORKIQ_BOUNDARY); what is \
                 inside now is shown by:"
                    .into(),
                Privacy::Open,
            ));
            check.todo.push(Step::Command("workiq-auth boundary explain".into()));
        }
    }
}

impl<'a> Prober<'a> {
    fn begin(&'a self, id: &'static str, title: &'static str, target: &str) -> Probe<'a> {
        Probe {
            prober: self,
            check: Check::new(id, title, Status::Ok, "").about(target),
            started: Instant::now(),
            call: self.reader.begin(),
        }
    }

    /// Whether the token certainly has none of `names`.
    fn lacks(&self, names: &[&str]) -> bool {
        self.roles.is_some_and(|roles| {
            !roles.iter().any(|role| names.iter().any(|name| role.eq_ignore_ascii_case(name)))
        })
    }

    async fn mail(&self, user: &str) -> Check {
        let probe = self.begin(MAIL, "Mail", user);
        let path = format!("/users/{}/messages?$top=1&$select=id,subject,receivedDateTime", segment(user));
        let answer = match probe.get(&path).await {
            Ok(answer) => answer,
            Err(mut check) => {
                // Nobody asked for mail: whoever is named may be so for meetings.
                if check.code.as_deref() == Some("role_missing")
                    && self.lacks(&["Mail.Read", "Mail.ReadWrite"])
                {
                    check.status = Status::Skipped;
                    check.refused = false;
                    check.todo.clear();
                    check.privacy = Privacy::Open;
                    check.summary =
                        "Mail.Read is not granted, and Exchange does not open this mailbox either".into();
                }
                return check;
            }
        };
        let mut probe = probe;
        if self.lacks(&["Mail.Read", "Mail.ReadWrite"]) {
            probe.check = probe.check.fact("by", "Exchange RBAC for Applications", Privacy::Open);
        }
        probe.read(&answer, "messages", "subject")
    }

    async fn chats(&self, user: &str) -> Check {
        let probe = self.begin("probe.chats", "Chats", user);
        if self.lacks(&["Chat.Read.All", "Chat.ReadWrite.All"]) {
            return probe.skip("Chat.Read.All is not granted");
        }
        let chats = match probe.get(&format!("/users/{}/chats?$top=1", segment(user))).await {
            Ok(chats) => chats,
            Err(check) => return check,
        };
        let Some(chat) = first(&chats.body, "id") else { return probe.nothing("There is no chat to read") };
        match probe.get(&format!("/chats/{}/messages?$top=1", segment(&chat))).await {
            Ok(messages) => probe.read(&messages, "messages", "subject"),
            Err(check) => check,
        }
    }

    async fn people(&self, user: &str) -> Check {
        let probe = self.begin("probe.people", "People", user);
        if self.lacks(&["People.Read.All"]) {
            return probe.skip("People.Read.All is not granted");
        }
        match probe.get(&format!("/users/{}/people?$top=1", segment(user))).await {
            Ok(people) => probe.read(&people, "people", "displayName"),
            Err(check) => check,
        }
    }

    async fn team(&self, team: &str, channel: Option<&str>) -> Check {
        let mut probe = self.begin("probe.channels", "Channel messages", team);
        let team = segment(team);
        let mut channel = channel.map(str::to_owned);
        // The list of channels needs a permission of its own; all messages of a team do not.
        let lists =
            ["Channel.ReadBasic.All", "ChannelSettings.Read.All", "Group.Read.All", "Directory.Read.All"];
        if channel.is_none() && !self.lacks(&lists) {
            let channels = match probe.get(&format!("/teams/{team}/channels?$select=id,displayName")).await {
                Ok(channels) => channels,
                Err(check) => return check,
            };
            channel = first(&channels.body, "id");
            if let Some(name) = first(&channels.body, "displayName") {
                probe.check = probe.check.fact("channel", name, Privacy::Names);
            }
        }
        let path = match channel {
            Some(channel) => format!("/teams/{team}/channels/{}/messages?$top=1", segment(&channel)),
            None => format!("/teams/{team}/channels/getAllMessages?$top=1"),
        };
        match probe.get(&path).await {
            Ok(messages) => probe.read(&messages, "messages", "subject"),
            Err(check) => check,
        }
    }

    async fn site(&self, site: &str) -> Check {
        let mut probe = self.begin("probe.site", "Site", site);
        let found = match probe.get(&format!("/sites/{}?$select=id,displayName", site_path(site))).await {
            Ok(found) => found,
            Err(check) => return check,
        };
        if let Some(name) = found.body["displayName"].as_str() {
            probe.check = probe.check.fact("name", name, Privacy::Names);
        }
        let id = found.body["id"].as_str().unwrap_or(site).to_owned();
        match probe.get(&format!("/sites/{id}/drives?$select=id,name")).await {
            Ok(libraries) => probe.read(&libraries, "libraries", "name"),
            Err(check) => check,
        }
    }
}

impl Probe<'_> {
    /// Reads `path`, or gives the check with what came of it.
    async fn get(&self, path: &str) -> Result<GraphResponse, Check> {
        let asked = self.prober.reader.get(path, &self.call).await;
        let shown = path.split('?').next().unwrap_or_default().to_owned();
        let check = || self.check.clone().fact("path", shown.as_str(), Privacy::Ids);
        let check = match asked {
            Ok(answer) if answer.is_success() => return Ok(answer),
            Ok(answer) => of_answer(check(), &answer, self.prober.application),
            Err(GraphFailure::OutsideBoundary(_)) => {
                let mut check = check();
                check.status = Status::Skipped;
                check.code = Some(OUTSIDE.into());
                check.summary = "It is outside the boundary, so nothing was asked".into();
                check
            }
            Err(failure) => of_failure(check(), failure),
        };
        Err(timed(self.started, check))
    }

    fn end(self, status: Status, summary: impl Into<String>) -> Check {
        let mut check = timed(self.started, self.check);
        check.status = status;
        check.summary = summary.into();
        check
    }

    fn skip(self, why: &str) -> Check {
        self.end(Status::Skipped, why)
    }

    /// It is open, and there was nothing to see.
    fn nothing(self, what: &str) -> Check {
        self.end(Status::Skipped, what)
    }

    /// A collection was read: whether there was something in it, and what it is called.
    fn read(mut self, answer: &GraphResponse, what: &str, name: &'static str) -> Check {
        if let Some(text) = first(&answer.body, name) {
            self.check = self.check.fact("first", text, Privacy::Names);
        }
        let is_empty = answer.body["value"].as_array().is_none_or(Vec::is_empty);
        let how = if is_empty { "can be read; there are none" } else { "can be read" };
        let what = format!("{} {how}", capital(what));
        self.end(Status::Ok, what)
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A member of the first item of a collection, made printable.
fn first(body: &Value, member: &str) -> Option<String> {
    let text = body["value"].get(0)?.get(member)?.as_str()?;
    Some(crate::error::printable(text, 200))
}

/// An id or name as a segment of a path: whoever gave it, it stays one.
fn segment(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'@')
        .remove(b':')
        .remove(b',')
        .remove(b'!')
        .remove(b'\'');
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A site: an id, or `contoso.sharepoint.com:/sites/name`.
fn site_path(site: &str) -> String {
    let site = site.strip_prefix("https://").unwrap_or(site).trim_end_matches('/');
    match site.split_once('/') {
        Some((host, path)) => {
            let path: Vec<_> = path.split('/').map(segment).collect();
            format!("{}:/{}", segment(host.trim_end_matches(':')), path.join("/"))
        }
        None => segment(site),
    }
}

/// The step to the script of this package, for a permission that is missing.
fn by_script(application: &Application, permission: &str) -> Option<Step> {
    let of_data = permissions::area_of(permission).map(|area| (area, false));
    let (area, names) = of_data.or_else(|| permissions::area_of_name(permission).map(|area| (area, true)))?;
    Some(Step::Command(application.enable(&[area], names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_named_and_is_wholly_outside_is_a_warning() {
        let of = |target: &str, code: Option<&str>, status| Check {
            code: code.map(str::to_owned),
            ..Check::new("probe.mail", "Mail", status, "x").about(target)
        };
        let mut checks = [
            of("ada", Some(OUTSIDE), Status::Skipped),
            of("ada", None, Status::Skipped),
            of("ada", Some(OUTSIDE), Status::Skipped),
            of("grace", None, Status::Ok),
            of("grace", Some(OUTSIDE), Status::Skipped),
        ];
        warn_of_outside(&mut checks);
        let statuses = checks.each_ref().map(|check| check.status);
        assert_eq!(
            statuses,
            [Status::Warning, Status::Skipped, Status::Skipped, Status::Ok, Status::Skipped]
        );
        assert!(!checks[0].todo.is_empty());
    }

    #[test]
    fn what_was_named_stays_one_segment() {
        assert_eq!(segment("ada@contoso.com"), "ada@contoso.com");
        assert_eq!(segment("../x?y=/z#"), "..%2Fx%3Fy%3D%2Fz%23");
        assert_eq!(site_path("contoso.sharepoint.com,a,b"), "contoso.sharepoint.com,a,b");
        for site in ["contoso.sharepoint.com:/sites/a b", "https://contoso.sharepoint.com/sites/a b/"] {
            assert_eq!(site_path(site), "contoso.sharepoint.com:/sites/a%20b");
        }
    }
}
