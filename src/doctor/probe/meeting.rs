//! The probe of an organizer's transcripts: the list, and then the text of one. The list needs the permission; the text
//! needs an application access policy of Teams and the tenant's switch besides
//! (learn.microsoft.com/microsoftteams/meeting-transcript-api-access), and the switch is off by default.

use super::{Prober, first, segment};
use crate::doctor::check::{Check, Privacy, Status, Step};
use crate::settings::boundary::is_guid;

const LIST: (&str, &str) = ("probe.transcripts", "Transcripts");
const TEXT: (&str, &str) = ("probe.transcript", "Transcript's text");

impl Prober<'_> {
    pub(super) async fn meetings(&self, organizer: &str) -> Vec<Check> {
        let mut probe = self.begin(LIST.0, LIST.1, organizer);
        let text = self.begin(TEXT.0, TEXT.1, organizer);
        let id = if is_guid(organizer) {
            organizer.to_ascii_lowercase()
        } else {
            match probe.get(&format!("/users/{}?$select=id", segment(organizer))).await {
                Ok(user) => user.body["id"].as_str().unwrap_or(organizer).to_ascii_lowercase(),
                Err(mut check) => {
                    check.todo.insert(
                        0,
                        Step::Words(
                            "Name the organizer by object id, which needs no permission to look it up."
                                .into(),
                            Privacy::Open,
                        ),
                    );
                    return vec![check, text.skip("The organizer's id is not known")];
                }
            }
        };
        let user = segment(&id);
        let list =
            format!("/users/{user}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='{user}')?$top=1");
        let found = match probe.get(&list).await {
            Ok(found) => found,
            Err(check) => return vec![check, text.skip("The transcripts cannot be listed")],
        };
        let (Some(meeting), Some(transcript)) = (first(&found.body, "meetingId"), first(&found.body, "id"))
        else {
            let list = probe.end(Status::Ok, "Transcripts can be listed; there are none");
            let why =
                "There is no transcript, so the policy of Teams and the tenant's switch could not be tried";
            return vec![list, text.skip(why)];
        };
        if let Some(time) = first(&found.body, "createdDateTime") {
            probe.check = probe.check.fact("first", time, Privacy::Names);
        }
        let list = probe.end(Status::Ok, "Transcripts can be listed");
        let path = format!(
            "/users/{user}/onlineMeetings/{}/transcripts/{}/content?$format=text/vtt",
            segment(&meeting),
            segment(&transcript)
        );
        let text = match text.get(&path).await {
            Err(check) => check,
            Ok(answer) => {
                let lines = answer.body.as_str().map_or(0, |text| text.matches("-->").count());
                let mut text = text;
                text.check = text.check.fact("utterances", lines, Privacy::Names);
                let speakers = answer.note.is_none();
                text.check = text.check.fact("namesOfSpeakers", speakers, Privacy::Open);
                let how = if speakers { "with" } else { "without" };
                text.end(
                    Status::Ok,
                    format!("A transcript's text can be read, {how} the names of the speakers"),
                )
            }
        };
        vec![list, text]
    }
}
