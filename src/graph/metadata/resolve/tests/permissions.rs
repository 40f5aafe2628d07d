//! Against Microsoft's list of permissions, which names every path that an application may ask for.
//!
//! The list is of v1.0 and beta together and does not say which. So a path counts as one of v1.0 if each of its names
//! is somewhere in the metadata of v1.0; and of those, some names are there for another type only.

use std::collections::BTreeMap;

use super::*;

/// How many paths are looked at one by one.
const SAMPLE: usize = 200;

/// Paths of the sample that do not resolve, up to the segment that is not there, and why.
const NOT_THERE: &[(&str, &str)] = &[
    ("/admin/configurationmanagement/externaltenants", "beta only"),
    ("/devicemanagement/comanageddevices", "beta only"),
    ("/directory/recommendations", "beta only"),
    ("/me/contactfolders/{id}/childfolders/{id}/...", "prose in the place of a path"),
    ("/me/mailfolders/{id}/childfolders/{id}/...", "prose in the place of a path"),
    ("/me/mailfolders/{id}/userconfigurations", "beta only"),
    ("/me/tasks", "beta only; v1.0 has /me/todo"),
    ("/rolemanagement/exchange", "beta only"),
    ("/shares/{sharesid}/root/unarchive", "not in the metadata of a drive item"),
    ("/sites/{id}/drive/root:/{id}:/streams", "not in the metadata of a drive item"),
    ("/sites/{id}/migration", "beta only"),
    ("/teams/{id}/channels/{id}/planner", "beta only"),
    ("/users/{id}/drive/items/{id}/streams", "not in the metadata of a drive item"),
    ("/users/{id}/profile", "beta only"),
    ("/users/{id}/usagerights", "beta only"),
];

/// Paths of the sample that resolve to something else than their method would have.
const OTHERWISE: &[(&str, &str)] = &[];

/// Application paths with their methods.
fn listed() -> BTreeMap<String, Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/graph/permissions.json");
    let all: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sets =
        all["permissions"].as_object().unwrap().values().flat_map(|p| p["pathSets"].as_array().unwrap());
    for set in sets.filter(|set| set["schemeKeys"].as_array().unwrap().iter().any(|key| key == "Application"))
    {
        let methods = set["methods"].as_array().unwrap().iter().map(|method| method.as_str().unwrap());
        for path in set["paths"].as_object().unwrap().keys() {
            let known = paths.entry(path.clone()).or_default();
            known.extend(methods.clone().map(str::to_owned));
            known.sort();
            known.dedup();
        }
    }
    paths
}

/// Whether each name of a path is a name of the metadata, and the first one is where a path begins.
fn can_be_known(metadata: &Metadata, path: &str) -> bool {
    let mut names = path.split('/').skip(1).map(|segment| {
        let name = segment.split('(').next().unwrap_or_default();
        name.rsplit('.').next().unwrap_or_default().trim_end_matches(':')
    });
    let first = names.next().and_then(|name| metadata.resolve(&format!("/{name}")));
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    first.is_some()
        && names.filter(|name| is_name(name)).all(|name| metadata.model.names.find(name).is_some())
}

#[test]
#[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
fn a_sample_of_what_applications_may_ask_for_resolves() {
    let metadata = real();
    let listed = listed();
    let known: Vec<_> = listed.iter().filter(|(path, _)| can_be_known(metadata, path)).collect();
    let mut wrong = Vec::new();
    for (path, methods) in (0..SAMPLE).map(|at| known[at * known.len() / SAMPLE]) {
        let under = |list: &[(&str, &str)]| {
            list.iter().any(|(start, _)| path.to_ascii_lowercase().starts_with(start))
        };
        let Some(found) = metadata.resolve(path) else {
            if !under(NOT_THERE) {
                wrong.push(format!("{path} leads nowhere"));
            }
            continue;
        };
        assert!(!under(NOT_THERE), "{path} is there by now");
        let fits = methods.iter().all(|method| match method.as_str() {
            "GET" => found.operations.contains(Operation::Fetch),
            "POST" => matches!(found.kind, Kind::Collection | Kind::Action | Kind::Ref),
            _ => matches!(
                found.kind,
                Kind::Entity | Kind::Singleton | Kind::Property | Kind::Stream | Kind::Ref
            ),
        });
        if fits == under(OTHERWISE) {
            wrong.push(format!("{path} {methods:?} {:?} {fits}", found.kind));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of all 5,610: what does not resolve has a name that v1.0 has nowhere (2,281) or for another type only (607).
#[test]
#[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
fn the_number_that_resolve_does_not_fall() {
    let metadata = real();
    let resolved = listed().keys().filter(|path| metadata.resolve(path).is_some()).count();
    assert!(resolved >= 2_720, "{resolved}");
}
