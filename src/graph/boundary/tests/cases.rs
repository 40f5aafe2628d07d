//! Single cases that are worth a name.

use super::*;

#[test]
fn keys_in_brackets_and_in_any_case_are_the_same_object() {
    let boundary = boundary();
    for path in [
        "/Users('ADA@Contoso.com')/Messages",
        "/users(id='aaaaaaaa-0000-4000-8000-000000000001')/messages('m')/attachments",
        "/users(userPrincipalName='ada@contoso.com')/messages/delta()",
        "/users/ada%40contoso.com/mailFolders('inbox')/messages",
        "/teams('bbbbbbbb-0000-4000-8000-000000000001')/channels/getAllMessages()",
        "/drives('b!listed')/root:/a (1)/b%25.docx:/content",
        "/drives/b!listed/items/i:/a/b:/children",
        "/sites/contoso.sharepoint.com:/sites/One:/lists",
        "/chats('19:chat@thread.v2')/messages?$top=5&$orderby=createdDateTime desc",
        "/users/barbara@contoso.com/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='aaaaaaaa-0000-4000-8000-000000000003',startDateTime=2026-01-01T00:00:00Z)",
        "/$metadata",
    ] {
        let path = GraphPath::parse(path).unwrap();
        assert!(judged(&boundary, &path).is_ok(), "{path}: {:?}", judged(&boundary, &path));
    }
}

#[test]
fn what_leads_out_is_refused() {
    let boundary = boundary();
    let eves = format!("/users/{BARBARA}/onlineMeetings/{}", meeting(EVE_ID));
    let transcripts =
        format!("/users/{BARBARA}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='{EVE_ID}')");
    for path in [
        eves.as_str(),
        &transcripts,
        "/users/barbara@contoso.com/onlineMeetings/getAllTranscripts()",
        "/users/barbara@contoso.com/onlineMeetings?$expand=transcripts",
        "/users/barbara@contoso.com/messages",
        "/users/barbara@contoso.com",
        "/users(mail='ada@contoso.com')",
        "/users/ada@contoso.com/microsoft.graph.user/messages",
        "/users/ada@contoso.com/messages/m/microsoft.graph.eventMessage/event",
        "/users/ada@contoso.com/drive/root:/a:/createdByUser",
        "/users/grace@contoso.com/messages/m",
        "/users/grace@contoso.com/mailFolders/inbox/childFolders/sentitems/messages",
        "/users/grace@contoso.com/mailFolders('sentitems')/messages",
        "/users/grace@contoso.com?$expand=messages",
        "/teams/bbbbbbbb-0000-4000-8000-000000000002?$expand=channels",
        "/teams/bbbbbbbb-0000-4000-8000-000000000002/primaryChannel/messages",
        "/chats/19:CHAT@thread.v2",
        "/drives/B!listed",
        "/users/\u{212a}im@contoso.com",
        "/sites?search=*",
        "/sites/contoso.sharepoint.com",
        "/sites/contoso.sharepoint.com:/sites/one:/sites/two",
        "/search/query",
        "/subscriptions",
        "/users/ada@contoso.com/messages?$apply=x",
        "/users/ada@contoso.com/messages/$ref",
        "/users/ada@contoso.com/messages/microsoft.graph.$ref",
    ] {
        let path = GraphPath::parse(path).unwrap();
        assert!(matches!(judged(&boundary, &path), Err(Stop::Outside(_))), "{path}");
    }
}

#[test]
fn a_body_has_to_stay_inside_too() {
    let boundary = boundary();
    let judge = |path: &str, body: Value| {
        boundary.judge(&Method::POST, &GraphPath::parse(path).unwrap(), Some(&body), &known).is_ok()
    };
    let copy = "/drives/b!listed/items/i/copy";
    assert!(judge(copy, json!({"parentReference": {"driveId": "b!site", "id": "x"}})));
    assert!(!judge(copy, json!({"parentReference": {"driveId": "b!eve", "id": "x"}})));
    let schedule = "/users/ada@contoso.com/calendar/getSchedule";
    assert!(judge(schedule, json!({"schedules": ["grace@contoso.com"]})));
    assert!(!judge(schedule, json!({"schedules": ["grace@contoso.com", "eve@contoso.com"]})));
    let relocate = "/users/grace@contoso.com/mailFolders/inbox/messages/m/move";
    assert!(judge(relocate, json!({"destinationId": "Inbox"})));
    assert!(!judge(relocate, json!({"destinationId": "archive"})));
    assert!(judge("/users/ada@contoso.com/contacts", json!({"emailAddresses": [{"address": "eve@x.y"}]})));
}

#[test]
fn names_are_looked_up_only_where_they_could_be_listed() {
    let asks = |rules: Value, path: &str| {
        let boundary = Boundary::new(Arc::new(BoundaryRules::parse(&rules.to_string()).unwrap()));
        matches!(
            boundary.judge(&Method::GET, &GraphPath::parse(path).unwrap(), None, &|_| None),
            Err(Stop::Ask(_))
        )
    };
    assert!(!asks(json!({"users": [ADA]}), "/users/eve@contoso.com"));
    assert!(asks(json!({"users": [ADA]}), &format!("/users/{EVE_ID}")));
    assert!(asks(json!({"users": [ADA_ID]}), "/users/eve@contoso.com"));
    assert!(!asks(json!({"organizers": [ADA_ID]}), "/users/eve@contoso.com/messages"));
    assert!(!asks(json!({"chats": [CHAT]}), "/drives/b!x"));
    assert!(asks(json!({"sites": [SITE]}), "/drives/b!x"));
    assert!(!asks(json!({"sites": [SITE]}), "/sites/fabrikam.sharepoint.com:/sites/one"));
}
