//! `ask` and `list_agents`: what an application cannot have, and what it can do instead.

use super::Outcome;
use crate::error::{AuthError, ErrorKind};

/// The reason, for both tools. They are not listed, so that no model plans with them.
pub(super) fn call(name: &str) -> Outcome {
    let message = format!(
        "{name} is not available in app-only mode: Copilot answers signed-in users only, and neither Work IQ's service \
         nor the Copilot APIs of Microsoft Graph take an application's permission."
    );
    let error = AuthError::new(ErrorKind::Server, "delegated_only", message).with_hint(
        "look things up by what an application may use.\n\
         - files and sites: do_action /search/query with {\"requests\":[{\"entityTypes\":[\"driveItem\"],\"query\":{\"queryString\":\"…\"}}]}\n\
         - mail: fetch /users/{id}/messages?$search=\"…\"&$select=subject,from,receivedDateTime\n\
         - meetings: fetch /users/{organizer}/onlineMeetings/{id}/transcripts, then …/transcripts/{id}/content?$format=text/vtt\n\
         - anything else: search_paths tells the path.",
    );
    Outcome::error(&error)
}
