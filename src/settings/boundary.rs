//! What may be touched: the users, meeting organizers, teams, chats, sites and drives that an administrator hands out.
//! Its form is `docs/boundary.schema.json`.

mod ids;
mod methods;
mod unique;
mod window;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::lookup::{Key, Lookup, clean};
use super::problem::Problem;
use crate::error::printable;
use crate::page::page;
pub use ids::is_guid;
use ids::{drive_id, guid, site_id, thread, user_id};
pub use methods::{Deed, Methods};
use unique::Unique;
use window::terms;
pub use window::{Terms, Window};

/// What is allowed of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRule {
    /// The terms.
    pub terms: Terms,
    /// The mail folders, by id or well-known name in lower case; all of the mailbox where there are none named.
    pub mail_folders: Option<HashSet<String>>,
}

/// What is allowed of a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRule {
    /// The terms.
    pub terms: Terms,
    /// The channels; all of the team where there are none named.
    pub channels: Option<HashSet<String>>,
}

/// The boundary, as an administrator wrote it. Users, teams and sites are keyed in lower case, as Graph compares them;
/// chats, channels, drives and mail folders exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundaryRules {
    /// Users, by user principal name or object id, with all that lies under them.
    pub users: HashMap<String, UserRule>,
    /// Users of whom only the online meetings are inside.
    pub organizers: HashMap<String, Terms>,
    /// Teams, by id.
    pub teams: HashMap<String, TeamRule>,
    /// Chats, by id.
    pub chats: HashMap<String, Terms>,
    /// Sites, as `host,site collection,web`.
    pub sites: HashMap<String, Methods>,
    /// Drives, by id.
    pub drives: HashMap<String, Methods>,
    /// SHA-256 of the document in base64url, white space between its parts left out: by it two processes tell that they have
    /// the same one.
    pub digest: String,
}

/// Names that every mailbox has (learn.microsoft.com/graph/api/resources/mailfolder). They are compared as Graph does, in
/// any case; ids exactly.
const WELL_KNOWN_FOLDERS: [&str; 19] = [
    "archive",
    "clutter",
    "conflicts",
    "conversationhistory",
    "deleteditems",
    "drafts",
    "inbox",
    "junkemail",
    "localfailures",
    "msgfolderroot",
    "outbox",
    "recoverableitemsdeletions",
    "scheduled",
    "searchfolders",
    "sentitems",
    "serverfailures",
    "syncissues",
    "allitems",
    "notes",
];

/// A mail folder as it is compared.
#[must_use]
pub fn folder_key(name: &str) -> Cow<'_, str> {
    let lower = name.to_ascii_lowercase();
    if WELL_KNOWN_FOLDERS.contains(&lower.as_str()) { Cow::Owned(lower) } else { Cow::Borrowed(name) }
}

pub(super) const BOUNDARY: Key = Key {
    option: "boundary",
    flag: "--boundary",
    workiq: "WORKIQ_BOUNDARY",
    azure: "",
    pick: |o| o.boundary.as_deref().map(Cow::from),
};

const EXPECTED: &str = concat!(
    "a JSON object such as {\"users\": [\"ada@contoso.com\"]}, or the path of a file with one (",
    page!("docs/boundary.schema.json"),
    ")"
);

/// The largest file that is read: 10,000 sites are 1 MB.
const LARGEST: u64 = 16 << 20;

impl BoundaryRules {
    /// The boundary of the settings; none where it is not set. What is wrong with it is noted as a problem.
    pub fn resolve(lookup: &mut Lookup<'_>) -> Option<Arc<Self>> {
        let found = lookup.find(&BOUNDARY)?;
        let wrong = |wrong: String| Problem::hidden(found.name, wrong, EXPECTED);
        let outcome = match clean(&found) {
            Some(problem) => Err(problem),
            None => text_of(&found.value).and_then(|text| Self::parse(&text)).map_err(wrong),
        };
        outcome.map(Arc::new).map_err(|problem| lookup.problems.push(problem)).ok()
    }

    /// Reads a boundary from JSON.
    ///
    /// # Errors
    /// What is wrong and where, as a JSON pointer.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err("is empty, which would hand out nothing; leave it unset to have no boundary".into());
        }
        let value: Unique = serde_json::from_str(text).map_err(|error| format!("is not JSON ({error})"))?;
        let Value::Object(members) = value.0 else {
            return Err("is not a JSON object".into());
        };
        let digest = openssl::sha::sha256(serde_json::to_string(&members).unwrap_or_default().as_bytes());
        let mut rules = Self { digest: URL_SAFE_NO_PAD.encode(digest), ..Self::default() };
        if members.keys().all(|name| name == "$schema") {
            return Err("names nothing at all, which would hand out nothing".into());
        }
        for (name, value) in &members {
            let at = format!("/{name}");
            match name.as_str() {
                // For editors.
                "$schema" if value.is_string() => {}
                "users" => rules.users = list(&at, value, user_id, user_rule)?,
                "organizers" => rules.organizers = list(&at, value, user_id, only_terms)?,
                "teams" => rules.teams = list(&at, value, guid, team_rule)?,
                "chats" => rules.chats = list(&at, value, thread, only_terms)?,
                "sites" => rules.sites = list(&at, value, site_id, only_methods)?,
                "drives" => rules.drives = list(&at, value, drive_id, only_methods)?,
                _ => {
                    return Err(wrong_at(
                        &at,
                        "is no key of a boundary; these are: users, organizers, teams, chats, sites, drives",
                    ));
                }
            }
        }
        Ok(rules)
    }
}

/// The JSON itself, or what is in the file of that path.
fn text_of(value: &str) -> Result<Cow<'_, str>, String> {
    if value.trim_start().starts_with(['{', '[']) {
        return Ok(Cow::Borrowed(value));
    }
    let shown = printable(value, 200);
    let path = Path::new(value);
    let unreadable = |error: std::io::Error| format!("the file {shown} cannot be read ({error})");
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST {
        return Err(format!("the file {shown} is too large (16 MB at most)"));
    }
    std::fs::read_to_string(path).map(Cow::Owned).map_err(unreadable)
}

fn wrong_at(at: &str, what: &str) -> String {
    format!("{} {what}", printable(at, 120))
}

type Members = Map<String, Value>;

/// A list of ids, each a text or an object with an `id` and limits.
fn list<R>(
    at: &str,
    value: &Value,
    id: fn(&str) -> Result<String, &'static str>,
    rule: fn(&str, &Members) -> Result<R, String>,
) -> Result<HashMap<String, R>, String> {
    let items = value.as_array().ok_or_else(|| wrong_at(at, "is not a list"))?;
    if items.is_empty() {
        return Err(wrong_at(at, "is empty; leave the key out"));
    }
    let bare = Members::new();
    let mut rules = HashMap::with_capacity(items.len());
    for (number, item) in items.iter().enumerate() {
        let at = format!("{at}/{number}");
        let (text, place, members) = match item {
            Value::String(text) => (text, at.clone(), &bare),
            Value::Object(members) => match members.get("id") {
                Some(Value::String(text)) => (text, format!("{at}/id"), members),
                Some(_) => return Err(wrong_at(&format!("{at}/id"), "is not a text")),
                None => return Err(wrong_at(&at, "has no id")),
            },
            _ => return Err(wrong_at(&at, "is neither an id nor an object with an id")),
        };
        let key = id(text).map_err(|what| wrong_at(&place, what))?;
        if rules.insert(key, rule(&at, members)?).is_some() {
            return Err(wrong_at(&at, "is listed twice"));
        }
    }
    Ok(rules)
}

fn user_rule(at: &str, members: &Members) -> Result<UserRule, String> {
    known(at, members, &["id", "methods", "mailFolders", "from", "to", "days"])?;
    let folder = |text: &str| {
        let plain =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=+".contains(&b));
        if plain {
            Ok(folder_key(text).into_owned())
        } else {
            Err("is no id or well-known name of a mail folder")
        }
    };
    Ok(UserRule { terms: terms(at, members)?, mail_folders: names(at, members, "mailFolders", folder)? })
}

fn team_rule(at: &str, members: &Members) -> Result<TeamRule, String> {
    known(at, members, &["id", "methods", "channels", "from", "to", "days"])?;
    Ok(TeamRule { terms: terms(at, members)?, channels: names(at, members, "channels", thread)? })
}

fn only_terms(at: &str, members: &Members) -> Result<Terms, String> {
    known(at, members, &["id", "methods", "from", "to", "days"])?;
    terms(at, members)
}

fn only_methods(at: &str, members: &Members) -> Result<Methods, String> {
    if let Some(name) = ["from", "to", "days"].into_iter().find(|name| members.contains_key(*name)) {
        return Err(wrong_at(
            &format!("{at}/{name}"),
            "cannot be here: nothing in a path bounds the content of files by time; leave the key out",
        ));
    }
    known(at, members, &["id", "methods"])?;
    methods(at, members)
}

fn known(at: &str, members: &Members, names: &[&str]) -> Result<(), String> {
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(wrong_at(
            &format!("{at}/{name}"),
            &format!("is no key here; these are: {}", names.join(", ")),
        )),
        None => Ok(()),
    }
}

fn methods(at: &str, members: &Members) -> Result<Methods, String> {
    let word = |text: &str| {
        let deed = Deed::ALL.into_iter().find(|deed| deed.word() == text);
        deed.map(|_| text.to_owned()).ok_or("is none of read, create, update, delete, action")
    };
    let Some(words) = names(at, members, "methods", word)? else { return Ok(Methods::ALL) };
    let allowed = Deed::ALL.into_iter().filter(|deed| words.contains(deed.word()));
    Ok(allowed.fold(Methods::NONE, |methods, deed| methods.or(Methods::only(deed))))
}

/// The texts of a list that may be left out, but not be empty.
fn names(
    at: &str,
    members: &Members,
    name: &str,
    read: impl Fn(&str) -> Result<String, &'static str>,
) -> Result<Option<HashSet<String>>, String> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let at = format!("{at}/{name}");
    let items = value.as_array().ok_or_else(|| wrong_at(&at, "is not a list"))?;
    if items.is_empty() {
        return Err(wrong_at(&at, "is empty; leave the key out"));
    }
    let mut names = HashSet::with_capacity(items.len());
    for (number, item) in items.iter().enumerate() {
        let at = format!("{at}/{number}");
        let text = item.as_str().ok_or_else(|| wrong_at(&at, "is not a text"))?;
        if !names.insert(read(text).map_err(|what| wrong_at(&at, what))?) {
            return Err(wrong_at(&at, "is listed twice"));
        }
    }
    Ok(Some(names))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::settings::environment::Environment;
    use crate::settings::options::Options;

    const TEAM: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn a_bare_text_allows_all_and_an_object_limits() {
        let rules = BoundaryRules::parse(&format!(
            r#"{{"users": ["Ada@Contoso.com", {{"id": "grace@contoso.com", "methods": ["read"], "mailFolders": ["Inbox", "AAMk="]}}],
                "teams": [{{"id": "{TEAM}", "channels": ["19:a@thread.tacv2"]}}],
                "sites": ["contoso.sharepoint.com,{TEAM},{TEAM}"], "drives": ["b!x-_Y"]}}"#
        ))
        .unwrap();
        assert_eq!(rules.users["ada@contoso.com"], UserRule { terms: Terms::ALL, mail_folders: None });
        let grace = &rules.users["grace@contoso.com"];
        assert!(grace.terms == Methods::READ.into() && grace.terms.methods.words() == "read");
        let folders = grace.mail_folders.as_ref().unwrap();
        assert!(folders.contains("inbox") && folders.contains("AAMk=") && folders.len() == 2);
        assert_eq!(rules.teams[TEAM].channels.as_ref().unwrap().len(), 1);
        assert_eq!((rules.sites.len(), rules.drives.len(), rules.chats.len()), (1, 1, 0));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, place) in [
            ("", "is empty"),
            (" \n", "is empty"),
            ("{}", "names nothing"),
            (r#"{"$schema": "x"}"#, "names nothing"),
            ("[]", "not a JSON object"),
            ("{", "not JSON"),
            (r#"{"user": ["ada@contoso.com"]}"#, "/user "),
            (r#"{"users": []}"#, "/users is empty"),
            (r#"{"users": "ada@contoso.com"}"#, "/users is not a list"),
            (r#"{"users": null}"#, "/users is not a list"),
            (r#"{"users": ["*"]}"#, "/users/0 "),
            (r#"{"users": ["a@b.c", 7]}"#, "/users/1 "),
            (r#"{"users": ["a@b.c", "A@B.C"]}"#, "/users/1 is listed twice"),
            (r#"{"users": ["a@b.c"], "users": ["d@b.c"]}"#, "users is there twice"),
            (r#"{"users": [{"methods": ["read"]}]}"#, "/users/0 has no id"),
            (r#"{"users": [{"id": "a@b.c", "method": ["read"]}]}"#, "/users/0/method "),
            (r#"{"users": [{"id": "a@b.c", "methods": ["READ"]}]}"#, "/users/0/methods/0 "),
            (r#"{"users": [{"id": "a@b.c", "methods": []}]}"#, "/users/0/methods is empty"),
            (r#"{"users": [{"id": "a@b.c", "mailFolders": ["a/b"]}]}"#, "/users/0/mailFolders/0 "),
            (r#"{"users": [{"id": "a@b.c", "since": "2026-01-01T00:00:00Z"}]}"#, "/users/0/since "),
            (r#"{"users": [{"id": "a@b.c", "from": "2026-01-32"}]}"#, "/users/0/from is neither"),
            (r#"{"users": [{"id": "a@b.c", "to": 2026}]}"#, "/users/0/to is not a text"),
            (r#"{"users": [{"id": "a@b.c", "days": "30"}]}"#, "/users/0/days is no whole number"),
            (r#"{"users": [{"id": "a@b.c", "days": 1.5}]}"#, "/users/0/days is no whole number"),
            (
                r#"{"users": [{"id": "a@b.c", "from": "2026-02-01", "to": "2026-01-31"}]}"#,
                "/users/0/to is before",
            ),
            (
                r#"{"users": [{"id": "a@b.c", "days": 3, "methods": ["read", "update"]}]}"#,
                "/users/0/methods allows more",
            ),
            (r#"{"drives": [{"id": "b!d", "days": 3}]}"#, "/drives/0/days cannot be here"),
            (
                r#"{"sites": [{"id": "a.b,11111111-2222-4333-8444-555555555555,11111111-2222-4333-8444-555555555555", "to": "x"}]}"#,
                "/sites/0/to cannot be here",
            ),
            (r#"{"organizers": [{"id": "a@b.c", "mailFolders": ["inbox"]}]}"#, "/organizers/0/mailFolders "),
            (r#"{"teams": ["Platform"]}"#, "/teams/0 is not a GUID"),
            (r#"{"chats": ["19:a/b"]}"#, "/chats/0 "),
            (r#"{"sites": ["contoso.sharepoint.com"]}"#, "/sites/0 "),
            (r#"{"drives": ["b!a/b"]}"#, "/drives/0 "),
        ] {
            let error = BoundaryRules::parse(text).unwrap_err();
            assert!(error.contains(place), "{text}: {error}");
        }
    }

    #[test]
    fn a_window_bounds_reading_and_allows_nothing_else() {
        let rules = BoundaryRules::parse(
            r#"{"users": [{"id": "a@b.c", "from": "2026-10-01", "to": "2026-10-31"}], "organizers": [{"id": "a@b.c", "days": 7}],
                "chats": [{"id": "19:c@thread.v2", "methods": ["read"], "to": "2026-10-01T08:00:00+02:00"}, "19:d@thread.v2"]}"#,
        )
        .unwrap();
        let words = |terms: Terms| (terms.methods.words(), terms.window.map(|window| window.words()));
        let read = |window: &str| ("read".to_owned(), Some(window.to_owned()));
        assert_eq!(
            words(rules.users["a@b.c"].terms),
            read("from 2026-10-01T00:00:00Z, before 2026-11-01T00:00:00Z")
        );
        assert_eq!(words(rules.organizers["a@b.c"]), read("of the last 7 days"));
        assert_eq!(words(rules.chats["19:c@thread.v2"]), read("before 2026-10-01T06:00:00Z"));
        assert_eq!(rules.chats["19:d@thread.v2"], Terms::ALL);
    }

    #[test]
    fn it_is_text_or_a_file_and_a_wrong_one_is_a_problem() {
        let resolve = |value: &str| {
            let environment: Environment = [("WORKIQ_BOUNDARY", value)].into_iter().collect();
            let options = Options::default();
            let mut lookup = Lookup::new(&options, &environment);
            let rules = BoundaryRules::resolve(&mut lookup);
            (rules, lookup.problems.iter().map(ToString::to_string).collect::<String>())
        };
        assert_eq!(resolve("").0, None, "unset");
        assert!(resolve(r#"{"users": ["ada@contoso.com"]}"#).0.is_some());
        let file = std::env::temp_dir().join(format!("workiq-boundary-{}.json", Uuid::new_v4()));
        std::fs::write(&file, r#"{"users": ["ada@contoso.com"]}"#).unwrap();
        assert!(resolve(file.to_str().unwrap()).0.is_some());
        std::fs::write(&file, "").unwrap();
        assert!(resolve(file.to_str().unwrap()).1.contains("is empty"));
        std::fs::remove_file(&file).unwrap();
        let (rules, problem) = resolve(file.to_str().unwrap());
        assert!(rules.is_none() && problem.starts_with("WORKIQ_BOUNDARY: the file"), "{problem}");
    }

    #[test]
    fn the_published_schema_knows_the_same_keys() {
        let schema: Value = serde_json::from_str(include_str!("../../docs/boundary.schema.json")).unwrap();
        let keys = |at: &str| {
            let mut keys: Vec<_> = schema.pointer(at).unwrap().as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(
            keys("/properties"),
            ["$schema", "chats", "drives", "organizers", "sites", "teams", "users"]
        );
        for (list, limits) in [
            ("users", &["days", "from", "id", "mailFolders", "methods", "to"][..]),
            ("organizers", &["days", "from", "id", "methods", "to"]),
            ("teams", &["channels", "days", "from", "id", "methods", "to"]),
            ("chats", &["days", "from", "id", "methods", "to"]),
            ("sites", &["id", "methods"]),
            ("drives", &["id", "methods"]),
        ] {
            let of = |pointer: &str| schema.pointer(pointer).unwrap();
            assert_eq!(of(&format!("/properties/{list}/minItems")), 1, "{list}");
            let entry = format!("/properties/{list}/items/anyOf/1");
            assert_eq!(keys(&format!("{entry}/properties")), limits, "{list}");
            assert_eq!(of(&format!("{entry}/additionalProperties")), false, "{list}");
            assert_eq!(of(&format!("{entry}/required"))[0], "id", "{list}");
        }
        assert_eq!(schema["additionalProperties"], false);
        let words: Vec<_> = Deed::ALL.into_iter().map(Deed::word).collect();
        assert_eq!(schema["$defs"]["methods"]["items"]["enum"], serde_json::json!(words));
    }
}
