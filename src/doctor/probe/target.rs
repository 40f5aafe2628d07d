//! Whom and what is probed: who was named, or else what the boundary holds.

use std::collections::HashSet;

use crate::doctor::mask::Mask;
use crate::settings::Settings;
use crate::settings::identity::UserRef;

/// What was named to be probed. Nothing of it is checked: Graph knows whether it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Users whose mail, chats and people are read, by user principal name or object id.
    pub users: Vec<String>,
    /// Teams of which a channel's messages are read, by id.
    pub teams: Vec<String>,
    /// Sites whose libraries are read, by id or address.
    pub sites: Vec<String>,
    /// Users of whose meetings a transcript is read, by object id; by user principal name where the application may look
    /// the id up.
    pub organizers: Vec<String>,
}

/// How many of each kind are taken from a boundary, which may hold thousands.
const FROM_BOUNDARY: usize = 2;

/// What is probed.
#[derive(Debug, Default)]
pub(in crate::doctor) struct Targets {
    pub(super) users: Vec<String>,
    pub(super) teams: Vec<String>,
    pub(super) sites: Vec<String>,
    pub(super) organizers: Vec<String>,
    /// The first channel of each team that is limited to some.
    channels: Vec<(String, String)>,
    /// How many of the boundary are left out.
    pub(super) more: usize,
    /// Whether they were asked for by name, and not taken from settings and boundary.
    pub(super) named: bool,
}

impl Targets {
    pub(super) fn is_empty(&self) -> bool {
        [&self.users, &self.teams, &self.sites, &self.organizers].iter().all(|list| list.is_empty())
    }

    /// The channel to read in `team`, where the boundary names channels.
    pub(super) fn channel_of(&self, team: &str) -> Option<&str> {
        let of = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(team);
        self.channels.iter().find(of).map(|(_, channel)| channel.as_str())
    }

    /// Whatever is probed is an id.
    pub(in crate::doctor) fn mask(&self, mask: &mut Mask) {
        for (list, word) in [
            (&self.users, "<user>"),
            (&self.organizers, "<user>"),
            (&self.teams, "<team>"),
            (&self.sites, "<site>"),
        ] {
            for text in list {
                mask.add(text, word);
            }
        }
    }

    /// Takes those that were named; false where nobody was.
    fn name(&mut self, wanted: &Wanted) -> bool {
        self.users = distinct(&wanted.users);
        self.teams = distinct(&wanted.teams);
        self.sites = distinct(&wanted.sites);
        self.organizers = distinct(&wanted.organizers);
        self.named = *wanted != Wanted::default();
        self.named
    }

    fn some_of<'a>(&mut self, all: impl Iterator<Item = &'a String>) -> Vec<String> {
        let mut all: Vec<_> = all.cloned().collect();
        all.sort_unstable();
        self.more += all.len().saturating_sub(FROM_BOUNDARY);
        all.truncate(FROM_BOUNDARY);
        all
    }
}

/// Who was named; where nobody was, the user of the settings and some of what the boundary holds.
pub(in crate::doctor) fn targets(settings: &Settings, wanted: &Wanted) -> Targets {
    let mut targets = Targets::default();
    let rules = settings.boundary.as_deref();
    if let Some(rules) = rules {
        let channel = |(team, rule): (&String, &crate::settings::boundary::TeamRule)| {
            Some((team.clone(), rule.channels.as_ref()?.iter().min()?.clone()))
        };
        targets.channels = rules.teams.iter().filter_map(channel).collect();
    }
    if targets.name(wanted) {
        return targets;
    }
    if let Some(rules) = rules {
        targets.users = targets.some_of(rules.users.keys());
        targets.teams = targets.some_of(rules.teams.keys());
        targets.sites = targets.some_of(rules.sites.keys());
        targets.organizers = targets.some_of(rules.organizers.keys());
    }
    if let Some(user) = &settings.user
        && !targets.users.iter().any(|known| known.eq_ignore_ascii_case(user.as_str()))
    {
        targets.users.insert(0, user.as_str().to_owned());
    }
    targets
}

/// Who was named, where the boundary is a broker's; or else `user`.
pub(in crate::doctor) fn named(user: Option<&UserRef>, wanted: &Wanted) -> Targets {
    let mut targets = Targets::default();
    if !targets.name(wanted) {
        targets.users = user.map(|user| user.as_str().to_owned()).into_iter().collect();
    }
    targets
}

fn distinct(list: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    list.iter().filter(|text| seen.insert(text.to_ascii_lowercase())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::environment::Environment;
    use crate::settings::options::Options;

    fn settings(more: &[(&str, &str)]) -> Settings {
        let base = [("WORKIQ_AUTH_MODE", "app-only"), ("WORKIQ_ACCESS_TOKEN", "t")];
        let environment: Environment = base.iter().chain(more).copied().collect();
        Settings::resolve(&Options::default(), &environment).unwrap()
    }

    #[test]
    fn who_is_named_comes_before_the_boundary() {
        let id = "11111111-2222-4333-8444-555555555555";
        let boundary = format!(
            r#"{{"users": ["c@x.com", "a@x.com", "b@x.com"],
                "teams": [{{"id": "{id}", "channels": ["19:b@thread.tacv2", "19:a@thread.tacv2"]}}]}}"#
        );
        let settings = settings(&[("WORKIQ_BOUNDARY", &boundary), ("WORKIQ_USER", "ada@x.com")]);
        let all = targets(&settings, &Wanted::default());
        assert_eq!(
            (all.users.as_slice(), all.more),
            (&["ada@x.com", "a@x.com", "b@x.com"].map(String::from)[..], 1)
        );
        assert_eq!(all.channel_of(id), Some("19:a@thread.tacv2"));
        let wanted = Wanted { sites: vec!["s".into(), "S".into()], ..Wanted::default() };
        let named = targets(&settings, &wanted);
        assert_eq!((named.sites.len(), named.users.len(), named.more), (1, 0, 0));
        assert_eq!((all.named, named.named), (false, true));
        assert!(targets(&self::settings(&[]), &Wanted::default()).is_empty());
    }
}
