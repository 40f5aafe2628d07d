use proptest::prelude::*;

use super::*;
use crate::graph::metadata::Operation;
use crate::graph::metadata::fixture::{real, small};

/// Kind, template and type of what each path leads to.
fn check(metadata: &Metadata, table: &[(&str, Kind, &str, &str)]) {
    for (path, kind, template, type_name) in table {
        let Some(found) = metadata.resolve(path) else { panic!("{path} leads nowhere") };
        let shown = found.type_name.as_deref().unwrap_or("-").replace("microsoft.graph.", "");
        let shown = if found.collection { format!("{shown}*") } else { shown };
        assert_eq!(
            (found.kind, found.template.as_str(), shown.as_str()),
            (*kind, *template, *type_name),
            "{path}"
        );
    }
}

#[test]
fn keys_are_written_in_every_way_that_graph_takes() {
    let table = [
        ("/users", Kind::Collection, "/users", "user*"),
        ("/users/ada@contoso.com", Kind::Entity, "/users/{user-id}", "user"),
        ("/USERS('ada')", Kind::Entity, "/users/{user-id}", "user"),
        ("/users(id='ada')/Messages", Kind::Collection, "/users/{user-id}/messages", "message*"),
        ("/users%28'ada'%29", Kind::Entity, "/users/{user-id}", "user"),
        (
            "/users(userPrincipalName='ada@contoso.com')/photo",
            Kind::Entity,
            "/users(userPrincipalName='{userPrincipalName}')/photo",
            "profilePhoto",
        ),
        ("/users/{user-id}/messages('x')", Kind::Entity, "/users/{user-id}/messages/{message-id}", "message"),
        ("/users/a%20(b)", Kind::Entity, "/users/{user-id}", "user"),
        ("/me/messages/AAMk=", Kind::Entity, "/me/messages/{message-id}", "message"),
        ("/me", Kind::Singleton, "/me", "user"),
        (
            "/drives/d/items/a/children/b",
            Kind::Entity,
            "/drives/{drive-id}/items/{driveItem-id}/children/{driveItem-id1}",
            "driveItem",
        ),
    ];
    check(&small(), &table);
    for wrong in ["/users(mail='x')", "/users('a','b')", "/users()", "/me('x')", "/users('x')('y')"] {
        assert!(small().resolve(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn drive_items_and_sites_are_addressed_by_path() {
    let item = "/drives/{drive-id}/root:/{item-path}";
    let table = [
        ("/drives/d/root:/a/b.txt", Kind::Entity, item, "driveItem"),
        ("/drives/d/root:/a/b.txt:", Kind::Entity, &format!("{item}:"), "driveItem"),
        ("/drives/d/root:/a/b.txt:/content", Kind::Stream, &format!("{item}:/content"), "Edm.Stream"),
        ("/drives/d/root:/a%3A/children", Kind::Collection, &format!("{item}:/children"), "driveItem*"),
        (
            "/drives/d/items/i:/x:/search(q='a')",
            Kind::Function,
            "/drives/{drive-id}/items/{driveItem-id}:/{item-path}:/search(q='{q}')",
            "driveItem*",
        ),
        (
            "/sites/contoso.sharepoint.com:/sites/x:/lists",
            Kind::Collection,
            "/sites/{site-id}:/{site-path}:/lists",
            "list*",
        ),
        (
            "/sites/h:/x:/drive/root:/y z:/content",
            Kind::Stream,
            "/sites/{site-id}:/{site-path}:/drive/root:/{item-path}:/content",
            "Edm.Stream",
        ),
        // What looks like the name of something is part of the path.
        ("/drives/d/root:/search/children", Kind::Entity, item, "driveItem"),
        // A colon within an id is nothing special.
        ("/users/19:ada@thread.v2", Kind::Entity, "/users/{user-id}", "user"),
    ];
    check(&small(), &table);
    for wrong in ["/drives/d/root:", "/drives/d/root:/:/children", "/users/x:/y", "/drives/d:/x", "/users:/x"]
    {
        assert!(small().resolve(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn operations_come_with_and_without_namespace_and_brackets() {
    let table = [
        ("/users/delta", Kind::Function, "/users/delta()", "user*"),
        ("/users/microsoft.graph.delta()", Kind::Function, "/users/delta()", "user*"),
        ("/users/graph.DELTA()", Kind::Function, "/users/delta()", "user*"),
        ("/users/getByIds", Kind::Action, "/users/getByIds", "directoryObject*"),
        ("/users/x/microsoft.graph.sendMail", Kind::Action, "/users/{user-id}/sendMail", "-"),
        ("/users/x/sendmail()", Kind::Action, "/users/{user-id}/sendMail", "-"),
        (
            "/users/x/view(start=2026-01-01T00:00:00Z)",
            Kind::Function,
            "/users/{user-id}/view(start={start})",
            "message*",
        ),
        (
            "/users/x/view(days=2,start=@s)/y",
            Kind::Entity,
            "/users/{user-id}/view(start={start},days={days})/{message-id}",
            "message",
        ),
        (
            "/records/microsoft.graph.callRecords.getCalls(from=2026-01-01)",
            Kind::Function,
            "/records/getCalls(from={from})",
            "callRecords.itemBody",
        ),
        ("/version()", Kind::Function, "/version()", "Edm.String"),
    ];
    check(&small(), &table);
    let view = small().resolve("/users/x/view(start=1)").unwrap();
    let shown: Vec<_> =
        view.parameters.iter().map(|p| (p.name.as_str(), p.required, p.given.as_deref())).collect();
    assert_eq!(shown, [("start", true, Some("1")), ("days", false, None)]);
    for wrong in
        ["/users/x/view(end=1)", "/users/x/view(days=1)", "/users/x/sendMail/x", "/users/x/sendMail('x')"]
    {
        assert!(small().resolve(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn casts_properties_and_system_segments() {
    let table = [
        (
            "/groups/g/members/graph.user",
            Kind::Collection,
            "/groups/{group-id}/members/microsoft.graph.user",
            "user*",
        ),
        (
            "/directoryObjects/microsoft.graph.user/u/messages",
            Kind::Collection,
            "/directoryObjects/microsoft.graph.user/{user-id}/messages",
            "message*",
        ),
        (
            "/users/x/manager/microsoft.graph.user",
            Kind::Entity,
            "/users/{user-id}/manager/microsoft.graph.user",
            "user",
        ),
        ("/users/x/displayName", Kind::Property, "/users/{user-id}/displayName", "Edm.String"),
        ("/users/x/displayName/$value", Kind::Stream, "/users/{user-id}/displayName/$value", "Edm.Stream"),
        (
            "/users/x/mailboxSettings/timezone",
            Kind::Property,
            "/users/{user-id}/mailboxSettings/timeZone",
            "Edm.String",
        ),
        ("/users/x/photo/$value", Kind::Stream, "/users/{user-id}/photo/$value", "Edm.Stream"),
        ("/users/$count", Kind::Count, "/users/$count", "Edm.Int32"),
        ("/groups/g/members/%24ref", Kind::Ref, "/groups/{group-id}/members/$ref", "-"),
        ("/users/x/manager/$ref", Kind::Ref, "/users/{user-id}/manager/$ref", "-"),
        // Of a derived type, without the cast that OData would want.
        (
            "/users/x/messages/m/attachments/a/contentBytes",
            Kind::Property,
            "/users/{user-id}/messages/{message-id}/attachments/{attachment-id}/contentBytes",
            "Edm.Binary",
        ),
    ];
    check(&small(), &table);
    for wrong in [
        "/users/x/$count",
        "/users/$value",
        "/users/$batch",
        "/users/$ref/x",
        "/users/microsoft.graph.message",
        "/users/microsoft.graph.nothing",
        "/users/x/microsoft.graph.nothing()",
        "/users/x/nothing",
        "/nothing",
        "/",
        "",
        "users",
        "/users/",
        "//users",
        "/users//x",
        "/users/x/displayName/y",
        "/users/%ff",
        "/users/a%00b",
        "/$metadata",
        "/users/x/displayName/$count",
    ] {
        assert!(small().resolve(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn a_post_is_a_create_only_where_it_can_be_nothing_else() {
    let metadata = small();
    let post = |path: &str| metadata.resolve(path).map(|found| found.post());
    for path in
        ["/users", "/users/x/messages", "/users/x/messages/y/attachments", "/drives/d/root:/a:/children"]
    {
        assert_eq!(post(path), Some(Operation::Create), "{path}");
    }
    for path in [
        "/users/x/sendMail",
        "/users/x/SENDMAIL",
        "/users/x/%73endMail",
        "/users/x/microsoft.graph.sendMail",
        "/users/getByIds",
        // An action and a property of one name.
        "/users/x/messages/y/send",
        // An action of a derived type alone.
        "/users/x/messages/y/attachments/z/lock",
        // They say who belongs where, and make nothing.
        "/groups/g/members",
        "/groups/g/members/$ref",
        // Not known as an action, and so taken for an id.
        "/users/sendMail",
        "/users/delta",
        "/me",
        "/users/x/view(start=1)",
        // The metadata says that none is made.
        "/records",
    ] {
        assert_eq!(post(path), Some(Operation::Action), "{path}");
    }
}

#[test]
fn what_can_be_asked_follows_from_what_is_said() {
    let metadata = small();
    let of = |path: &str| {
        let words: Vec<&str> =
            metadata.resolve(path).unwrap().operations.iter().map(Operation::word).collect();
        words.join(" ")
    };
    assert_eq!(of("/users"), "fetch create");
    assert_eq!(of("/users/x"), "fetch update delete");
    assert_eq!(of("/users/x/photo"), "fetch update");
    assert_eq!(of("/me"), "fetch update");
    assert_eq!(of("/records"), "fetch");
    assert_eq!(of("/groups/g/members"), "fetch");
    assert_eq!(of("/groups/g/members/x"), "fetch");
    assert_eq!(of("/users/x/mailboxSettings"), "fetch update");
    assert_eq!(of("/users/x/createdDateTime"), "fetch");
    assert_eq!(of("/users/x/sendMail"), "action");
    assert_eq!(of("/users/delta"), "fetch function");
    assert_eq!(metadata.resolve("/groups/g/members").unwrap().target.as_deref(), Some("directoryObjects"));
    assert_eq!(metadata.resolve("/users/x/messages").unwrap().target, None);
}

/// Paths made of what paths are made of, and of anything.
fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => proptest::sample::select(vec![
            "/users", "/messages", "/x", "/drives", "/root", ":", ":/", "/sites", "/delta", "()", "(q='a')", "('x')",
            "/$ref", "/$value", "/$count", "/microsoft.graph.user", "/graph.delta", "/sendMail", "/manager", "/items",
            "/search(q='", "')", "(", ")", "'", "''", "=", ",", "%27", "%2F", "%3A", "%", "%ff", "/", ".", "/me",
            "microsoft.graph.", "/microsoft.graph.é", "{user-id}", "\u{0}", "é", "/view(start=1", "/version",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_path_never_panics_and_a_template_leads_to_itself(path in path()) {
        thread_local! {
            static SMALL: Metadata = small();
        }
        SMALL.with(|metadata| {
            if let Some(found) = metadata.resolve(&path) {
                let again = metadata.resolve(&found.template);
                let again = again.map(|again| (again.kind, again.template, again.type_name, again.operations));
                prop_assert_eq!(again, Some((found.kind, found.template, found.type_name, found.operations)));
                let _ = metadata.search(&path, 3);
            }
            Ok(())
        })?;
    }
}

#[test]
#[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
fn paths_of_microsofts_own_document() {
    let table = [
        ("/users/x/sendMail", Kind::Action, "/users/{user-id}/sendMail", "-"),
        ("/users/x/messages/y/send", Kind::Action, "/users/{user-id}/messages/{message-id}/send", "-"),
        (
            "/users/x/messages/y/$value",
            Kind::Stream,
            "/users/{user-id}/messages/{message-id}/$value",
            "Edm.Stream",
        ),
        (
            "/users/x/calendar/getSchedule",
            Kind::Action,
            "/users/{user-id}/calendar/getSchedule",
            "scheduleInformation*",
        ),
        ("/search/query", Kind::Action, "/search/query", "searchResponse*"),
        (
            "/users/x/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='m',startDateTime=2026-01-01T00:00:00Z)",
            Kind::Function,
            "/users/{user-id}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='{meetingOrganizerUserId}',\
             startDateTime={startDateTime})",
            "callTranscript*",
        ),
        (
            "/users/x/onlineMeetings/m/transcripts/t/metadataContent",
            Kind::Stream,
            "/users/{user-id}/onlineMeetings/{onlineMeeting-id}/transcripts/{callTranscript-id}/metadataContent",
            "Edm.Stream",
        ),
        (
            "/communications/callRecords/microsoft.graph.callRecords.getPstnCalls(fromDateTime=2026-01-01,toDateTime=2026-02-01)",
            Kind::Function,
            "/communications/callRecords/getPstnCalls(fromDateTime={fromDateTime},toDateTime={toDateTime})",
            "callRecords.pstnCallLogRow*",
        ),
        (
            "/applications(appId='x')/addPassword",
            Kind::Action,
            "/applications(appId='{appId}')/addPassword",
            "passwordCredential",
        ),
        (
            "/drives/d/root:/a:/createUploadSession",
            Kind::Action,
            "/drives/{drive-id}/root:/{item-path}:/createUploadSession",
            "uploadSession",
        ),
        (
            "/teams/t/channels/19:abc@thread.tacv2/messages/delta",
            Kind::Function,
            "/teams/{team-id}/channels/{channel-id}/messages/delta()",
            "chatMessage*",
        ),
    ];
    check(real(), &table);
}

/// In every type of Microsoft's own document, no property that holds entities has the name of an action.
#[test]
#[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
fn no_action_is_hidden_behind_a_collection() {
    let metadata = real();
    for found in metadata.search("/", usize::MAX).unwrap().found {
        let resource = metadata.resolve(&found.path).unwrap_or_else(|| panic!("{}", found.path));
        assert_eq!((&resource.template, resource.operations), (&found.path, found.operations));
        let is_action = found.operations.contains(Operation::Action);
        assert_eq!(is_action, matches!(resource.kind, Kind::Action | Kind::Ref), "{}", found.path);
        assert!(!is_action || resource.post() == Operation::Action, "{}", found.path);
    }
}

mod permissions;
