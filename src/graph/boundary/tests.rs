//! Paths in every spelling that Graph might read, beside a slow oracle that shares no code with what it judges: it decodes
//! until nothing changes, takes a path apart, and looks for it in lists written by hand.

mod cases;
mod oracle;
mod spelling;
mod windows;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;
use crate::graph::path::GraphPath;
use oracle::oracle;
use spelling::{plain, respelt};

const ADA: &str = "ada@contoso.com";
const ADA_ID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const GRACE: &str = "grace@contoso.com";
const BARBARA: &str = "barbara@contoso.com";
const BARBARA_ID: &str = "aaaaaaaa-0000-4000-8000-000000000003";
const EVE: &str = "eve@contoso.com";
const EVE_ID: &str = "aaaaaaaa-0000-4000-8000-000000000004";
const TEAM: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const PARTLY: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const FOREIGN: &str = "bbbbbbbb-0000-4000-8000-000000000003";
const CHANNEL: &str = "19:one@thread.tacv2";
const OTHER_CHANNEL: &str = "19:two@thread.tacv2";
const CHAT: &str = "19:chat@thread.v2";
const OTHER_CHAT: &str = "19:other@thread.v2";
const SITE: &str =
    "contoso.sharepoint.com,cccccccc-0000-4000-8000-000000000001,dddddddd-0000-4000-8000-000000000001";
const OTHER_SITE: &str =
    "contoso.sharepoint.com,cccccccc-0000-4000-8000-000000000002,dddddddd-0000-4000-8000-000000000002";

fn boundary() -> Boundary {
    let rules = json!({
        "users": [ADA, {"id": GRACE, "mailFolders": ["inbox"]}],
        "organizers": [BARBARA_ID],
        "teams": [TEAM, {"id": PARTLY, "channels": [CHANNEL]}],
        "chats": [CHAT],
        "sites": [SITE],
        "drives": ["b!listed"],
    });
    Boundary::new(Arc::new(BoundaryRules::parse(&rules.to_string()).unwrap()))
}

/// What Graph would tell.
#[expect(clippy::unnecessary_wraps, reason = "it stands in for a memory that may not know")]
fn known(alias: &Alias) -> Option<Known> {
    let user = |id: &str, name: &str| Known::User { id: id.to_owned(), name: name.to_owned() };
    let web = |id: &str| {
        let parts: Vec<_> = id.split(',').map(str::to_owned).collect();
        Some((parts[1].clone(), parts[2].clone()))
    };
    let nothing = || Known::Nothing("not found".to_owned());
    Some(match alias {
        Alias::User(name) => match name.as_str() {
            ADA | ADA_ID => user(ADA_ID, ADA),
            BARBARA | BARBARA_ID => user(BARBARA_ID, BARBARA),
            EVE | EVE_ID => user(EVE_ID, EVE),
            _ => nothing(),
        },
        Alias::Site(name) => match name.as_str() {
            "contoso.sharepoint.com:/sites/one" => Known::Site(SITE.to_owned()),
            "contoso.sharepoint.com:/sites/two" | "root" => Known::Site(OTHER_SITE.to_owned()),
            _ => nothing(),
        },
        Alias::Drive(name) => match name.as_str() {
            "b!site" => Known::Drive { web: web(SITE), owner: Some(EVE_ID.to_owned()) },
            "b!ada" => Known::Drive { web: None, owner: Some(ADA_ID.to_owned()) },
            "b!eve" => Known::Drive { web: web(OTHER_SITE), owner: Some(EVE_ID.to_owned()) },
            _ => nothing(),
        },
        Alias::Time { .. } => nothing(),
    })
}

fn judged(boundary: &Boundary, path: &GraphPath) -> Result<Methods, Stop> {
    boundary.judge(&Method::GET, path, None, &known).map(|verdict| verdict.terms.methods)
}

fn meeting(organizer: &str) -> String {
    STANDARD.encode(format!("1*{organizer}*0**19:meeting_x@thread.v2"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_let_in_is_inside_in_every_reading(
        text in plain(),
        ways in proptest::collection::vec(select(vec![0_u8, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 1..6),
    ) {
        let boundary = boundary();
        let spelt = respelt(&text, &ways);
        if let Ok(path) = GraphPath::parse(&spelt) {
            let let_in = judged(&boundary, &path).is_ok();
            prop_assert!(!let_in || oracle(path.as_str()), "let in: {spelt}");
        }
    }

    #[test]
    fn plain_and_usual_spellings_are_judged_as_the_oracle_does(
        text in plain(),
        ways in proptest::collection::vec(select(vec![0_u8, 0, 2]), 1..6),
    ) {
        let boundary = boundary();
        let path = GraphPath::parse(&respelt(&text, &ways)).unwrap();
        let verdict = judged(&boundary, &path);
        prop_assert_eq!(verdict.is_ok(), oracle(path.as_str()), "{}: {:?}", path, verdict);
    }
}
