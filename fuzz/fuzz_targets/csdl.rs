//! Whatever is taken as Graph's metadata can be asked everything, and answers the same about a path and its template.

#![no_main]

use libfuzzer_sys::fuzz_target;
use workiq_auth::graph::metadata::{Format, Kind, Metadata, Operation};

/// How many paths of a document are looked at.
const PATHS: usize = 64;

fuzz_target!(|document: &[u8]| {
    let metadata = match Metadata::parse(document) {
        Ok(metadata) => metadata,
        Err(error) => {
            let said = error.to_string();
            assert!(said.chars().count() < 400 && !said.contains(char::is_control), "{said:?}");
            return;
        }
    };
    let listed = metadata.search("/", PATHS).expect("a slash is the beginning of every path");
    assert!(listed.found.len() <= PATHS);
    for found in &listed.found {
        // Two things of one name may share a path, so a listed one need not lead back to itself; what it leads to must.
        let Some(resource) = metadata.resolve(&found.path) else { continue };
        if let Some(again) = metadata.resolve(&resource.template) {
            assert_eq!((again.kind, &again.template), (resource.kind, &resource.template));
        }
        let creates = resource.post() == Operation::Create;
        assert!(!creates || resource.kind == Kind::Collection, "{}", resource.template);
        assert!(resource.kind != Kind::Action || !creates, "{}", resource.template);
        for operation in resource.operations.iter().filter(|operation| *operation != Operation::Delete) {
            let text = metadata.schema(&found.path, operation, Format::JsonSchema).expect("it has the operation");
            let _: serde_json::Value = serde_json::from_str(&text).expect("a schema is JSON");
            for format in [Format::TypeScript, Format::Cddl] {
                assert!(metadata.schema(&found.path, operation, format).is_ok());
            }
        }
    }
    for filter in ["message", "^/.*s$", "/users/x/mess"] {
        assert!(metadata.search(filter, PATHS).is_ok());
    }
});
