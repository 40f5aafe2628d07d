//! The table, read once and laid out for finding.

use std::collections::HashMap;
use std::sync::LazyLock;

use http::Method;

use super::super::pattern::{Step, steps};
use super::{Needed, Permission};

const PATHS: &str = include_str!("table.txt");
const ROLES: &str = include_str!("roles.txt");

/// Methods in the order of their bits.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The table, laid out when the first question comes. It stays as long as the process.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(Table::read);

/// Permissions by name, and paths as a tree of steps.
pub(super) struct Table {
    permissions: HashMap<String, &'static Permission>,
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    names: HashMap<String, usize>,
    any: Option<usize>,
    rows: Vec<Row>,
}

struct Row {
    methods: u8,
    needed: Needed,
}

impl Table {
    fn read() -> Self {
        let mut table = Self { permissions: HashMap::new(), nodes: vec![Node::default()] };
        for line in lines(ROLES) {
            if let Some((name, id)) = line.split_once(' ') {
                let role_id = Some(id).filter(|id| *id != "-");
                let permission = &*Box::leak(Box::new(Permission { name, role_id }));
                table.permissions.insert(name.to_ascii_lowercase(), permission);
            }
        }
        let mut heading = None;
        for line in lines(PATHS) {
            match (line.strip_prefix("  "), &heading) {
                (Some(path), Some((methods, needed))) => table.add(path, *methods, *needed),
                (Some(_), None) => {}
                (None, _) => heading = table.heading(line),
            }
        }
        table
    }

    /// `GET,POST *Mail.Read Mail.ReadWrite`
    fn heading(&self, line: &'static str) -> Option<(u8, Needed)> {
        let (methods, names) = line.split_once(' ')?;
        let methods = methods.split(',').filter_map(bit).fold(0, |all, bit| all | bit);
        let find =
            |name: &str| self.permissions.get(&name.trim_start_matches('*').to_ascii_lowercase()).copied();
        let accepted: Vec<_> = names.split(' ').filter_map(find).collect();
        let accepted: &'static [_] = Vec::leak(accepted);
        let least = names.split(' ').filter(|name| name.starts_with('*')).count();
        Some((methods, Needed { least: accepted.get(..least)?, accepted }))
    }

    fn add(&mut self, path: &str, methods: u8, needed: Needed) {
        let mut at = 0;
        for step in steps(path).written {
            let next = match &step {
                Step::Any => self.nodes[at].any,
                Step::Name(name) | Step::Call { whole: name, .. } => self.nodes[at].names.get(name).copied(),
            };
            let next = next.unwrap_or_else(|| {
                self.nodes.push(Node::default());
                let new = self.nodes.len() - 1;
                match step {
                    Step::Any => self.nodes[at].any = Some(new),
                    Step::Name(name) | Step::Call { whole: name, .. } => {
                        self.nodes[at].names.insert(name, new);
                    }
                }
                new
            });
            at = next;
        }
        self.nodes[at].rows.push(Row { methods, needed });
    }

    /// The permission called `name`.
    pub(super) fn permission(&self, name: &str) -> Option<&'static Permission> {
        self.permissions.get(&name.to_ascii_lowercase()).copied()
    }

    /// What the table says of these steps.
    pub(super) fn find(&self, method: &Method, steps: &[Step]) -> Option<Needed> {
        self.below(0, bit(if *method == Method::HEAD { "GET" } else { method.as_str() })?, steps)
    }

    fn below(&self, at: usize, method: u8, steps: &[Step]) -> Option<Needed> {
        let node = &self.nodes[at];
        let Some((step, rest)) = steps.split_first() else {
            return node.rows.iter().find(|row| row.methods & method != 0).map(|row| row.needed);
        };
        let named = |name: &str| node.names.get(name).copied();
        let follow = |next: Option<usize>| next.and_then(|next| self.below(next, method, rest));
        match step {
            Step::Any => follow(node.any),
            Step::Name(name) => follow(named(name)).or_else(|| follow(node.any)),
            Step::Call { whole, name, is_key } => {
                let by_name = named(name);
                let by_key = by_name.and_then(|next| self.nodes[next].any);
                // A function whose arguments the map leaves out; a collection is none.
                let function = by_name.filter(|_| by_key.is_none() && !is_key);
                follow(named(whole)).or_else(|| follow(by_key)).or_else(|| follow(function))
            }
        }
    }
}

fn bit(method: &str) -> Option<u8> {
    METHODS.iter().position(|known| *known == method).map(|at| 1 << at)
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;
    use crate::graph::permissions::needed;

    fn data(name: &str) -> Value {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/graph/");
        serde_json::from_slice(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap()
    }

    /// Work IQ's permissions and those that help them: every path of theirs must be there.
    const NAMED: [&str; 38] = [
        "Sites.Read.All",
        "Mail.Read",
        "People.Read.All",
        "OnlineMeetingTranscript.Read.All",
        "Chat.Read.All",
        "ChannelMessage.Read.All",
        "ExternalItem.Read.All",
        "User.ReadBasic.All",
        "User.Read.All",
        "Team.ReadBasic.All",
        "Channel.ReadBasic.All",
        "OnlineMeetings.Read.All",
        "ExternalConnection.Read.All",
        "Files.Read.All",
        "Calendars.Read",
        "Chat.ReadBasic.All",
        "Application.Read.All",
        "OnlineMeetingAiInsight.Read.All",
        "AiEnterpriseInteraction.Read.All",
        "Mail.ReadWrite",
        "Mail.Send",
        "Calendars.ReadWrite",
        "Contacts.Read",
        "MailboxSettings.Read",
        "Files.ReadWrite.All",
        "Sites.ReadWrite.All",
        "Sites.Selected",
        "Chat.ReadWrite.All",
        "Tasks.Read.All",
        "Tasks.ReadWrite.All",
        "Group.Read.All",
        "GroupMember.Read.All",
        "Directory.Read.All",
        "Organization.Read.All",
        "Place.Read.All",
        "Presence.Read.All",
        "Reports.Read.All",
        "AuditLog.Read.All",
    ];

    #[derive(Default, Debug, PartialEq)]
    struct Fact {
        accepted: BTreeSet<String>,
        least: BTreeSet<String>,
        /// Two permissions are needed at once: not in the table.
        several: bool,
    }

    /// Microsoft's map, the other way round: path and method to application permissions.
    fn map() -> BTreeMap<(String, String), Fact> {
        let mut map: BTreeMap<_, Fact> = BTreeMap::new();
        let data = data("permissions.json");
        for (name, permission) in data["permissions"].as_object().unwrap() {
            for set in permission["pathSets"].as_array().unwrap() {
                if !set["schemeKeys"].as_array().unwrap().iter().any(|key| key == "Application") {
                    continue;
                }
                for (path, facts) in set["paths"].as_object().unwrap() {
                    let facts = facts.as_str().unwrap();
                    for method in set["methods"].as_array().unwrap() {
                        let fact =
                            map.entry((path.clone(), method.as_str().unwrap().to_owned())).or_default();
                        fact.accepted.insert(name.clone());
                        fact.several |= facts.contains("AlsoRequires");
                        let least = facts.split(';').find_map(|part| part.strip_prefix("least="));
                        if least
                            .is_some_and(|schemes| schemes.split(',').any(|scheme| scheme == "Application"))
                        {
                            fact.least.insert(name.clone());
                        }
                    }
                }
            }
        }
        map
    }

    /// Paths that no request can be matched with: no end, or a drive path without its closing colon.
    fn is_odd(path: &str) -> bool {
        let open =
            path.split_once("root:/").is_some_and(|(_, rest)| !rest.contains(':') && rest.contains('/'));
        path.contains("...") || path.contains('?') || open
    }

    /// A path of the map as a request would have it.
    fn concrete(path: &str) -> String {
        let mut out = String::new();
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap();
            out.push_str(before);
            out.push_str(if name == "value" { "'a, b/c'" } else { "Some-Id%20x" });
            rest = after;
        }
        out + rest
    }

    fn names(permissions: &[&'static Permission]) -> BTreeSet<String> {
        permissions.iter().map(|permission| permission.name.to_owned()).collect()
    }

    #[test]
    #[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
    fn every_path_of_the_permissions_is_there_as_microsofts_map_has_it() {
        let mut wrong = Vec::new();
        let mut count = 0;
        for ((path, method), fact) in map() {
            let asked = NAMED.iter().any(|name| fact.accepted.contains(*name));
            if !asked || fact.several || path == "/me" || path.starts_with("/me/") || is_odd(&path) {
                continue;
            }
            count += 1;
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            for path in [path.clone(), concrete(&path), concrete(&path).to_uppercase()] {
                match needed(&method, &path) {
                    Some(found)
                        if names(found.accepted) == fact.accepted && names(found.least) == fact.least => {}
                    found => wrong.push(format!("{method} {path}: {found:?}, not {fact:?}")),
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(count > 1_000, "{count}");
    }

    #[test]
    #[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
    fn the_ids_are_those_of_microsofts_deployments() {
        let data = data("provisioningInfo.json");
        for permission in TABLE.permissions.values() {
            let deployments = data["permissionDeployments"][permission.name].as_array();
            let ids: Vec<_> = deployments
                .into_iter()
                .flatten()
                .filter(|one| one["scheme"] == "Application")
                .filter(|one| one["environment"].as_str().unwrap().split(';').any(|name| name == "public"))
                .map(|one| one["id"].as_str().unwrap())
                .collect();
            assert_eq!(permission.role_id, ids.first().copied(), "{permission:?}");
        }
    }

    #[test]
    fn the_seven_permissions_of_work_iq_have_the_ids_that_microsoft_documents() {
        for (name, id) in [
            ("Sites.Read.All", "332a536c-c7ef-4017-ab91-336970924f0d"),
            ("Mail.Read", "810c84a8-4a9e-49e6-bf7d-12d183f40d01"),
            ("People.Read.All", "b528084d-ad10-4598-8b93-929746b4d7d6"),
            ("OnlineMeetingTranscript.Read.All", "a4a80d8d-d283-4bd8-8504-555ec3870630"),
            ("Chat.Read.All", "6b7d71aa-70aa-4810-a8d9-5d9fb2830017"),
            ("ChannelMessage.Read.All", "7b2449af-6ccd-4f4d-9f78-e550c193f0d1"),
            ("ExternalItem.Read.All", "7a7cffad-37d2-4f48-afa4-c6ab129adcc2"),
        ] {
            assert_eq!(Permission::named(name).unwrap().role_id, Some(id), "{name}");
        }
    }

    #[test]
    fn the_table_is_whole() {
        let headings: Vec<_> = lines(PATHS).filter(|line| !line.starts_with("  ")).collect();
        for line in &headings {
            let (methods, needed) = TABLE.heading(line).unwrap();
            assert!(methods != 0 && !needed.accepted.is_empty(), "{line}");
            assert_eq!(needed.accepted.len(), line.split(' ').count() - 1, "{line}: an unknown name");
        }
        assert!(headings.len() > 100);
        assert!(NAMED.iter().all(|name| TABLE.permission(name).is_some()));
    }
}
