//! The boundary that an administrator sets: a path is mapped to the object that it touches, and that has to be listed.
//! What cannot be mapped is outside.

mod body;
mod example;
mod explain;
mod guard;
mod keys;
mod piece;
mod place;
mod query;
mod resolve;
mod search;
mod sight;
#[cfg(test)]
mod tests;
mod timed;
mod walk;
mod within;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use super::path::GraphPath;
use crate::error::printable;
use crate::settings::boundary::{BoundaryRules, Methods, Terms, folder_key, is_guid};
use crate::settings::identity::UserRef;
use body::Reference;
pub use example::example;
pub(in crate::graph) use guard::Guard;
use keys::{in_folders, is_list, keyed, organizer_of, site_key};
use piece::{Brackets, Piece};
use place::{Kind, Place, step};
use resolve::Memory;
pub use resolve::{Alias, Known};
use within::within;
pub use within::{Standing, Verdict};

/// What may be touched, ready to be asked.
#[derive(Debug)]
pub struct Boundary {
    rules: Arc<BoundaryRules>,
    /// The listed site of a site collection and web.
    webs: HashMap<(String, String), String>,
    hosts: HashSet<String>,
    /// How users are listed, and organizers.
    users: Named,
    organizers: Named,
    memory: Memory,
}

/// By which kinds of names somebody is listed.
#[derive(Clone, Copy, Debug, Default)]
struct Named {
    by_id: bool,
    by_name: bool,
}

impl Named {
    fn of<'a>(names: impl Iterator<Item = &'a String>) -> Self {
        names.fold(Self::default(), |named, name| {
            let by_id = is_guid(name);
            Self { by_id: named.by_id || by_id, by_name: named.by_name || !by_id }
        })
    }

    /// Whether who is called `key` could be listed by the other kind of name.
    fn other_than(self, key: &str) -> bool {
        if is_guid(key) { self.by_name } else { self.by_id }
    }
}

/// Why a path is not known to be inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is outside, and why.
    Outside(String),
    /// It depends on what this stands for.
    Ask(Alias),
}

fn outside<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Outside(why.into()))
}

/// What is already known of an alias.
type Lookup<'a> = &'a dyn Fn(&Alias) -> Option<Known>;

/// Where a path ends, and what is allowed there.
struct Found<'a> {
    place: Place,
    terms: Terms,
    /// The only mail folders, where the mailbox is limited.
    folders: Option<&'a HashSet<String>>,
    /// Whether names that follow on its place are limited, so that nothing is expanded.
    is_limited: bool,
}

impl Boundary {
    /// The boundary of `rules`.
    #[must_use]
    pub fn new(rules: Arc<BoundaryRules>) -> Self {
        let parts = |id: &String| {
            let mut parts = id.split(',').map(str::to_owned);
            Some((parts.next()?, (parts.next()?, parts.next()?)))
        };
        Self {
            webs: rules.sites.keys().filter_map(|id| Some((parts(id)?.1, id.clone()))).collect(),
            hosts: rules.sites.keys().filter_map(|id| Some(parts(id)?.0)).collect(),
            users: Named::of(rules.users.keys()),
            organizers: Named::of(rules.organizers.keys()),
            memory: Memory::default(),
            rules,
        }
    }

    /// What may be done at `path`, if that is inside. `known` tells what an alias stands for.
    ///
    /// # Errors
    /// It is outside, or depends on an alias that `known` does not know.
    pub fn judge(
        &self,
        method: &Method,
        path: &GraphPath,
        body: Option<&Value>,
        known: Lookup<'_>,
    ) -> Result<Verdict, Stop> {
        let (own, query) = path.as_str().split_once('?').unwrap_or((path.as_str(), ""));
        let pieces = piece::pieces(own).map_err(Stop::Outside)?;
        let texts: Vec<_> = pieces.iter().map(|piece| piece.text.to_ascii_lowercase()).collect();
        if texts == ["$metadata"] {
            return Ok(Terms::from(Methods::READ).into());
        }
        if texts == ["search", "query"] && *method == Method::POST && query.is_empty() {
            let narrowed = self.narrow(body).map_err(Stop::Outside);
            return narrowed.map(|_| Terms::from(Methods::READ).into());
        }
        let expanded = query::expanded(query).map_err(Stop::Outside)?;
        let found = self.find(&pieces, known)?;
        for name in &expanded {
            let stays = match found.place {
                Place::One(kind) | Place::Many(kind) => !found.is_limited && step(kind, name).is_some(),
                Place::Leaf => false,
            };
            if !stays {
                return outside(format!("$expand={name} leads to other objects"));
            }
        }
        if let Some(window) = found.terms.window {
            return within(window, &found, method, path, &pieces, &expanded, known);
        }
        let Some(body) = body else { return Ok(found.terms.into()) };
        let asks =
            pieces.last().is_some_and(|last| matches!(last.name.as_str(), "getschedule" | "getmailtips"));
        let references = body::references(body, asks).map_err(Stop::Outside)?;
        let methods = references.into_iter().try_fold(found.terms.methods, |methods, reference| {
            Ok(methods.and(self.reference(reference, found.folders, known)?))
        })?;
        Ok(Terms::from(methods).into())
    }

    fn reference(
        &self,
        reference: Reference,
        folders: Option<&HashSet<String>>,
        known: Lookup<'_>,
    ) -> Result<Methods, Stop> {
        match reference {
            Reference::Drive(id) => self.drive(&id, known),
            Reference::Site(id) => match self.rules.sites.get(&id.to_ascii_lowercase()) {
                Some(methods) => Ok(*methods),
                None => {
                    outside(format!("the body names the site {}, which is not listed", printable(&id, 160)))
                }
            },
            Reference::Folder(id) if folders.is_some_and(|folders| !folders.contains(&*folder_key(&id))) => {
                outside(format!("the body names the mail folder {}, which is not listed", printable(&id, 80)))
            }
            Reference::Folder(_) => Ok(Methods::ALL),
            // Its state is read, whatever is done with the user of the path.
            Reference::Mailbox(address) => match self.user(&address, false, known)?.0.window {
                None => Ok(Methods::ALL),
                Some(_) => outside(format!(
                    "the body names {}, whose state is not known to lie in a time window",
                    printable(&address, 120)
                )),
            },
        }
    }

    fn find(&self, pieces: &[Piece], known: Lookup<'_>) -> Result<Found<'_>, Stop> {
        let Some(root) = pieces.first() else { return outside("it is the root of everything") };
        match root.name.as_str() {
            "users" => self.find_user(pieces, known),
            "chats" => {
                let (key, rest) = keyed(pieces, &["id"]);
                let terms = self.chat(key)?;
                walked(Kind::Chat, rest, terms)
            }
            "teams" => {
                let (key, rest) = keyed(pieces, &["id"]);
                self.find_team(key, rest)
            }
            "groups" => match keyed(pieces, &["id"]) {
                (key @ Some(_), [team, rest @ ..])
                    if team.name == "team" && team.brackets == Brackets::None =>
                {
                    self.find_team(key, rest)
                }
                _ => outside("of a group only /groups/{id}/team is mapped, to the team of that id"),
            },
            "sites" => self.find_site(pieces, known),
            "drives" => {
                let (key, rest) = keyed(pieces, &["id"]);
                let Some(key) = key else { return outside("the list of all drives is outside") };
                let methods = self.drive(key, known)?;
                walked(Kind::Drive, rest, methods.into())
            }
            _ => outside(format!(
                "/{} is not under a user, team, chat, site or drive",
                printable(&root.text, 60)
            )),
        }
    }

    fn find_user(&self, pieces: &[Piece], known: Lookup<'_>) -> Result<Found<'_>, Stop> {
        let (key, rest) = keyed(pieces, &["id", "userprincipalname"]);
        let Some(key) = key else { return outside("the list of all users is outside") };
        let first = rest.first().map(|piece| piece.name.as_str()).unwrap_or_default();
        let (terms, folders) = self.user(key, first == "onlinemeetings", known)?;
        match first {
            "onlinemeetings" => self.find_meeting(rest, terms, known),
            "chats" => {
                let (chat, rest) = keyed(rest, &["id"]);
                let terms = self.chat(chat)?.and(terms);
                walked(Kind::Chat, rest, terms)
            }
            "drives" => self.find_drive_within(rest, terms, known),
            _ => {
                if let Some(folders) = folders {
                    in_folders(rest, folders)?;
                }
                let found = walked(Kind::User, rest, terms)?;
                let is_limited = folders.is_some() && matches!(found.place, Place::One(Kind::User));
                Ok(Found { folders, is_limited, ..found })
            }
        }
    }

    /// `drives` of a user or site: the list, or one, which has to be inside by itself, whoever is in front.
    fn find_drive_within(&self, rest: &[Piece], terms: Terms, known: Lookup<'_>) -> Result<Found<'_>, Stop> {
        match keyed(rest, &["id"]) {
            (Some("$count"), []) => Ok(Found { place: Place::Leaf, terms, folders: None, is_limited: false }),
            (None, _) if is_list(rest) => {
                Ok(Found { place: Place::Many(Kind::Drive), terms, folders: None, is_limited: false })
            }
            (Some(key), rest) => {
                let terms = Terms::from(self.drive(key, known)?).and(terms);
                walked(Kind::Drive, rest, terms)
            }
            (None, _) => outside("it names no drive"),
        }
    }

    fn find_meeting(&self, rest: &[Piece], terms: Terms, known: Lookup<'_>) -> Result<Found<'_>, Stop> {
        // Transcripts and recordings of all meetings of an organizer, who is named once more.
        if let [meetings, call, behind @ ..] = rest
            && meetings.brackets == Brackets::None
            && matches!(call.name.as_str(), "getalltranscripts" | "getallrecordings")
            && let Brackets::Named(named) = &call.brackets
        {
            let organizer = named.iter().find(|(name, _)| name == "meetingorganizeruserid");
            let Some((_, organizer)) = organizer else {
                return outside("it names no meetingOrganizerUserId");
            };
            let terms = self.user(organizer, true, known)?.0.and(terms);
            let is_delta = matches!(behind, [delta] if delta.name == "delta");
            return if behind.is_empty() || is_delta {
                Ok(Found { place: Place::Leaf, terms, folders: None, is_limited: false })
            } else {
                outside("what follows on it is not known to stay inside")
            };
        }
        match keyed(rest, &["id"]) {
            (Some(id), behind) if id != "createOrGet" => {
                // A meeting is found under all who were invited; its id names who organized it.
                let Some(organizer) = organizer_of(id) else {
                    return outside("the meeting's id does not tell whose it is");
                };
                let terms = self.user(&organizer, true, known)?.0.and(terms);
                walked(Kind::Meeting, behind, terms)
            }
            (Some(_), []) => Ok(Found { place: Place::Leaf, terms, folders: None, is_limited: false }),
            (None, _) if is_list(rest) => {
                Ok(Found { place: Place::Many(Kind::Meeting), terms, folders: None, is_limited: true })
            }
            _ => outside("it names no meeting"),
        }
    }

    fn find_team(&self, key: Option<&str>, rest: &[Piece]) -> Result<Found<'_>, Stop> {
        let Some(key) = key else { return outside("the list of all teams is outside") };
        let Some(rule) = self.rules.teams.get(&key.to_ascii_lowercase()) else {
            return outside(format!("the team {} is not listed", printable(key, 80)));
        };
        let Some(channels) = &rule.channels else { return walked(Kind::Team, rest, rule.terms) };
        if rest.is_empty() {
            let terms = rule.terms.and(Methods::READ.into());
            return Ok(Found { place: Place::One(Kind::Team), terms, folders: None, is_limited: true });
        }
        match keyed(rest, &["id"]) {
            (Some(channel), behind) if rest[0].name == "channels" && channels.contains(channel) => {
                walked(Kind::Channel, behind, rule.terms)
            }
            _ => outside("of this team only some channels are listed: /teams/{id}/channels/{listed id}"),
        }
    }

    fn find_site(&self, pieces: &[Piece], known: Lookup<'_>) -> Result<Found<'_>, Stop> {
        let (site, rest) = site_key(pieces)?;
        let terms = self.site(&site, known)?.into();
        if rest.first().is_some_and(|piece| piece.name == "drives") {
            return self.find_drive_within(rest, terms, known);
        }
        walked(Kind::Site, rest, terms)
    }

    fn site(&self, site: &str, known: Lookup<'_>) -> Result<Methods, Stop> {
        let site = site.to_ascii_lowercase();
        if let Some(methods) = self.rules.sites.get(&site) {
            return Ok(*methods);
        }
        let not_listed = || outside(format!("the site {} is not listed", printable(&site, 160)));
        let host = site.split(':').next().unwrap_or_default();
        if !(self.hosts.contains(host) || !self.hosts.is_empty() && (site == "root" || is_guid(&site))) {
            return not_listed();
        }
        match known(&Alias::Site(site.clone())) {
            None => Err(Stop::Ask(Alias::Site(site))),
            Some(Known::Site(id)) => match self.rules.sites.get(&id) {
                Some(methods) => Ok(*methods),
                None => not_listed(),
            },
            Some(Known::Nothing(why)) => outside(format!("{why}; name the site by its id, as it is listed")),
            Some(_) => not_listed(),
        }
    }

    fn chat(&self, key: Option<&str>) -> Result<Terms, Stop> {
        let Some(key) = key else { return outside("a list of chats is outside") };
        match self.rules.chats.get(key) {
            Some(terms) => Ok(*terms),
            None => outside(format!("the chat {} is not listed", printable(key, 120))),
        }
    }

    fn drive(&self, id: &str, known: Lookup<'_>) -> Result<Methods, Stop> {
        if let Some(methods) = self.rules.drives.get(id) {
            return Ok(*methods);
        }
        let not_listed = || outside(format!("the drive {} is not listed", printable(id, 120)));
        let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_!".contains(&b));
        if !plain || self.rules.sites.is_empty() && self.rules.users.is_empty() {
            return not_listed();
        }
        match known(&Alias::Drive(id.to_owned())) {
            None => Err(Stop::Ask(Alias::Drive(id.to_owned()))),
            Some(Known::Drive { web, owner }) => {
                let site = web.and_then(|web| self.webs.get(&web));
                match (site.and_then(|site| self.rules.sites.get(site)), owner) {
                    (Some(methods), _) => Ok(*methods),
                    (None, Some(owner)) => match self.user(&owner, false, known)?.0 {
                        Terms { window: None, methods } => Ok(methods),
                        _ => outside(
                            "it is the OneDrive of a user with a time window, by which files are not bounded; list the \
                             drive as well",
                        ),
                    },
                    (None, None) => not_listed(),
                }
            }
            Some(Known::Nothing(why)) => outside(format!("{why}; list the drive's id as well")),
            Some(_) => not_listed(),
        }
    }

    /// What is allowed of the user `key`; of the meetings alone, what is allowed to organizers as well.
    fn user(
        &self,
        key: &str,
        meetings: bool,
        known: Lookup<'_>,
    ) -> Result<(Terms, Option<&HashSet<String>>), Stop> {
        let shown = || printable(key, 120);
        if UserRef::parse(key).is_err() {
            return outside(format!("{} names no user by id or user principal name", shown()));
        }
        let key = key.to_ascii_lowercase();
        if let Some(found) = self.listed(&key, meetings) {
            return Ok(found);
        }
        let not_listed = || outside(format!("the user {} is not listed", shown()));
        if !(self.users.other_than(&key) || meetings && self.organizers.other_than(&key)) {
            return not_listed();
        }
        match known(&Alias::User(key.clone())) {
            None => Err(Stop::Ask(Alias::User(key))),
            Some(Known::User { id, name }) => {
                let found = [id, name].iter().find_map(|name| self.listed(name, meetings));
                found.map_or_else(not_listed, Ok)
            }
            Some(Known::Nothing(why)) => outside(format!("{why}; list {} as well", shown())),
            Some(_) => not_listed(),
        }
    }

    fn listed(&self, key: &str, meetings: bool) -> Option<(Terms, Option<&HashSet<String>>)> {
        let user = self.rules.users.get(key);
        let organizer = meetings.then(|| self.rules.organizers.get(key)).flatten();
        match (user, organizer) {
            (Some(user), None) => Some((user.terms, user.mail_folders.as_ref())),
            (Some(user), Some(terms)) => Some((user.terms.or(*terms), user.mail_folders.as_ref())),
            (None, Some(terms)) => Some((*terms, None)),
            (None, None) => None,
        }
    }
}

/// What is under an object of this kind.
fn walked<'a>(kind: Kind, rest: &[Piece], terms: Terms) -> Result<Found<'a>, Stop> {
    let place = walk::walk(Place::One(kind), rest).map_err(Stop::Outside)?;
    Ok(Found { place, terms, folders: None, is_limited: false })
}
