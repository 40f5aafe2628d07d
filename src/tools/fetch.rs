//! `fetch`: reads paths of Graph, several at once, each with a result of its own.

use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::{Definition, Kind, Outcome, answer};
use crate::graph::{Call, GraphClient, GraphRequest};

/// How many paths one call may name.
const MOST: usize = 100;

pub(super) const DEFINITION: Definition = Definition {
    name: "fetch",
    title: "Read Microsoft 365",
    description: "Read Microsoft Graph entities or collections; several paths at once have a result each, in order. There \
                  is no signed-in user: write /users/{id or UPN}, not /me. Often needed:\n\
                  - mail: /users/{id}/messages?$search=\"budget\"&$select=subject,from,receivedDateTime; \
                  /users/{id}/mailFolders/inbox/messages\n\
                  - calendar: /users/{id}/calendarView?startDateTime=2026-03-01T00:00:00Z&endDateTime=…\n\
                  - meetings: /users/{organizer}/onlineMeetings?$filter=JoinWebUrl eq '…'; \
                  …/onlineMeetings/{id}/transcripts; …/transcripts/{id}/content?$format=text/vtt; \
                  /users/{id}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='{id}')\n\
                  - chats: /users/{id}/chats; /chats/{id}/messages. Teams: /teams/{id}/channels/{id}/messages\n\
                  - files: /sites?search=…; /sites/{id}/drive/root/children; /drives/{id}/items/{id}/content (text)\n\
                  - people: /users?$filter=startswith(displayName,'Ada'); /users/{id}/people\n\
                  For less, add $select and $top. Pass @odata.nextLink on as it is for the next page. Other paths: \
                  search_paths.",
    input: || {
        json!({
            "type": "object",
            "properties": {
                "entityUrls": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "maxItems": MOST,
                    "description": "Paths below the API root, without version, such as /users/ada@contoso.com/messages?$top=5"
                },
                "agentId": {"type": "string"}
            },
            "required": ["entityUrls"]
        })
    },
    output: || {
        json!({
            "type": "object",
            "properties": {
                "results": {"type": "array", "items": super::result_schema()}
            },
            "required": ["results"]
        })
    },
    kind: Kind::Read,
};

pub(super) async fn call(graph: &GraphClient, arguments: Map<String, Value>, call: &Call) -> Outcome {
    let urls = match Arguments::new("fetch", arguments).texts(&["entityUrls", "entityUrl", "urls"], MOST) {
        Ok(urls) => urls,
        Err(wrong) => return Outcome::failure(wrong),
    };
    // A path that is refused here is no reason not to ask for the others.
    let checked: Vec<_> = urls.iter().map(|url| graph.path(url, call).map(GraphRequest::get)).collect();
    let mut requests = Vec::with_capacity(checked.len());
    let places: Vec<_> =
        checked.into_iter().map(|checked| checked.map(|request| requests.push(request))).collect();
    let mut answers = graph.read_all(requests, call).await.into_iter();
    let mut results = Vec::with_capacity(places.len());
    let (mut no_sign_in, mut answered) = (None, false);
    for place in places {
        let outcome = match place {
            Ok(()) => answers.next(),
            Err(refusal) => Some(Err(refusal)),
        };
        match outcome {
            Some(Ok(read)) => {
                answered = true;
                results.push(answer::result(read));
            }
            Some(Err(no_answer)) => match answer::failure(no_answer) {
                Ok(result) => results.push(result),
                Err(error) => {
                    results.push(answer::failed(401, error.code(), &error.report()));
                    no_sign_in = Some(error);
                }
            },
            None => results.push(answer::failed(500, "noAnswer", "There is no answer to this path.")),
        }
    }
    // Without sign-in there is nothing to say of any path. A path that wanted more of it does not sink the others.
    if let Some(error) = no_sign_in.filter(|_| !answered) {
        return Outcome::error(&error);
    }
    let failed = results.iter().all(|result| result.contains_key("error"));
    // Not by `json!`, which would copy all that was read.
    let results = Value::Array(results.into_iter().map(Value::Object).collect());
    Outcome::structured(Value::Object(Map::from_iter([("results".to_owned(), results)])), failed)
}
