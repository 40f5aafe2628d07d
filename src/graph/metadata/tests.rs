//! What is taken as a document, and what is not.

use proptest::prelude::*;

use super::fixture::{SMALL, real, small};
use super::*;

fn error(document: &str) -> String {
    Metadata::parse(document.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_document_that_is_cut_off_anywhere_is_refused() {
    // The last closing tag, and what is before it, must be there.
    for end in 0..SMALL.len() {
        assert!(Metadata::parse(&SMALL.as_bytes()[..end]).is_err(), "{end}");
    }
    assert!(Metadata::parse(SMALL.as_bytes()).is_ok());
}

#[test]
fn what_is_not_csdl_is_refused_with_the_reason() {
    assert!(error("").contains("no schema"));
    assert!(error("<html><body/></html>").contains("not CSDL"));
    assert!(error("<Edmx><DataServices/></Edmx>").contains("no schema"));
    assert!(Metadata::parse(b"<Edmx>\xff</Edmx>").unwrap_err().to_string().contains("UTF-8"));
    let without_name = SMALL.replace("<EntityType Name=\"drive\"", "<EntityType");
    assert!(error(&without_name).contains("no Name"));
    for name in ["a b", "a/b", "a(b)", "a&quot;b", "a*/", "a\u{202e}b", &"a".repeat(600)] {
        let odd = SMALL.replace("Name=\"subject\"", &format!("Name=\"{name}\""));
        assert!(error(&odd).contains("no identifier"), "{name}");
    }
    let unbound = SMALL.replace("<Parameter Name=\"bindingParameter\" Type=\"graph.message\"/>", "");
    assert!(error(&unbound).contains("bound operation"));
    assert!(error(&format!("{SMALL}x")).contains("text outside"));
}

#[test]
fn entities_and_depth_are_bounded() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>"#;
    assert!(error(&format!("{bomb}{}", &SMALL[SMALL.find("<edmx").unwrap()..])).contains("document type"));
    let named = SMALL.replace("Name=\"subject\"", "Name=\"&b;\"");
    assert!(Metadata::parse(named.as_bytes()).is_err(), "an entity that nobody defined");
    let deep = format!("<Edmx>{}{}</Edmx>", "<x>".repeat(100_000), "</x>".repeat(100_000));
    assert!(error(&deep).contains("too deep"));
    let deep = SMALL.replace(
        "<Annotation Term=\"Org.OData.Core.V1.AlternateKeys\">",
        &format!("<Annotation Term=\"x\">{}", "<Collection>".repeat(1000)),
    );
    assert!(error(&deep).contains("too deep"));
}

#[test]
fn a_type_is_not_its_own_base() {
    let own = SMALL.replace("Name=\"entity\" Abstract=\"true\"", "Name=\"entity\" BaseType=\"graph.entity\"");
    assert!(error(&own).contains("its own base"));
    let round = SMALL.replace("Name=\"entity\" Abstract=\"true\"", "Name=\"entity\" BaseType=\"graph.user\"");
    assert!(error(&round).contains("its own base"));
    let tower: Vec<String> =
        (0..40).map(|n| format!("<ComplexType Name=\"t{n}\" BaseType=\"graph.t{}\"/>", n + 1)).collect();
    let tower = tower.concat();
    let tall = SMALL.replace(
        "<ComplexType Name=\"itemReference\">",
        &format!("{tower}<ComplexType Name=\"itemReference\">"),
    );
    assert!(error(&tall).contains("too many"));
    let crowd = SMALL.replace(
        "<EntityType Name=\"list\"",
        &format!("{}<EntityType Name=\"list\"", "<EnumType Name=\"x\"/>".repeat(20_000)),
    );
    assert!(error(&crowd).contains("20,000 types"));
}

#[test]
fn what_is_referred_to_and_not_there_is_untyped() {
    let organizer = small().resolve("/records/x/organizer").unwrap();
    assert_eq!((organizer.kind, organizer.type_name.as_deref()), (Kind::Property, Some("Edm.Untyped")));
}

#[test]
fn comments_entities_and_marks_do_no_harm() {
    let text = SMALL.replace("<EntityType Name=\"list\"", "<!-- x --><?y?><EntityType Name=\"l&#105;st\"");
    let metadata = Metadata::parse(format!("\u{feff}{text}").as_bytes()).unwrap();
    assert!(metadata.resolve("/sites/x/lists").is_some());
    assert_eq!(metadata.resolve("/sites/x/lists").unwrap().type_name.unwrap(), "microsoft.graph.list");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A document with pieces cut out, doubled or put elsewhere, and what is asked of it if it is taken.
    #[test]
    fn no_document_panics(edits in proptest::collection::vec((0..SMALL.len(), 0..80usize, 0..SMALL.len()), 1..6)) {
        let mut bytes = SMALL.as_bytes().to_vec();
        for (from, length, to) in edits {
            let from = from.min(bytes.len());
            let piece: Vec<u8> = bytes[from..(from + length).min(bytes.len())].to_vec();
            let to = to.min(bytes.len());
            if length % 2 == 0 {
                bytes.splice(to..to, piece);
            } else {
                bytes.drain(from..from + piece.len());
            }
        }
        if let Ok(metadata) = Metadata::parse(&bytes) {
            let all = metadata.search("/", 200).unwrap();
            for found in all.found {
                let resource = metadata.resolve(&found.path);
                for operation in resource.iter().flat_map(|resource| resource.operations.iter()) {
                    let _ = metadata.schema(&found.path, operation, Format::JsonSchema);
                }
            }
        }
    }
}

#[test]
#[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
fn microsofts_own_document_is_read_whole() {
    let model = &real().model;
    assert_eq!((model.types.len(), model.operations.len()), (1182 + 1779 + 861, 857 + 326));
    assert_eq!(model.properties.len(), 10_525 + 1_432);
    assert_eq!((model.sources.len(), model.bindings.len(), model.schemas.len()), (41 + 31, 101, 11));
    assert_eq!(model.alternates.len(), 17);
    // Every annotation of the kind that is on a property or type found it.
    assert_eq!(model.properties.iter().filter(|property| property.immutable).count(), 11);
    let untyped = model
        .properties
        .iter()
        .filter(|property| property.of.what == model::What::Primitive(model::Primitive::Untyped));
    assert_eq!(untyped.count(), 0, "every reference leads to a type");
}
