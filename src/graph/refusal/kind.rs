//! The kinds of refusal, with the code and the page of each.

/// What kind of refusal it is. The codes stay as they are; more may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The token lacks an application permission that the path needs.
    RoleMissing,
    /// Nobody has granted the application anything, or the token is older than the grant.
    ConsentMissing,
    /// The tenant's switch for transcripts over Graph is off.
    TranscriptsDisabled,
    /// The tenant gives transcripts out without the names of the speakers.
    SpeakerNamesDisabled,
    /// No Teams application access policy covers the user whose meetings were asked for.
    MeetingPolicy,
    /// Exchange keeps the application out of the mailbox: an application access policy, or the scope of RBAC.
    MailboxPolicy,
    /// The API wants Microsoft's approval of the application.
    ProtectedApi,
    /// The application may read chosen sites only, and this is none of them.
    SiteNotGranted,
    /// Graph serves this to signed-in users only.
    DelegatedOnly,
    /// A licence, a mailbox or a payment is missing.
    LicenceMissing,
    /// Conditional Access, or a policy for networks, keeps the application out.
    ConditionalAccess,
    /// The permission is one for single teams, chats or meetings, and this one did not give it.
    ResourceConsent,
    /// Graph does not take the token itself.
    TokenRefused,
    /// Refused, and why is not known.
    Forbidden,
}

impl RefusalKind {
    /// All of them, as `docs/refusals.md` lists them.
    pub const ALL: [Self; 14] = [
        Self::RoleMissing,
        Self::ConsentMissing,
        Self::TranscriptsDisabled,
        Self::SpeakerNamesDisabled,
        Self::MeetingPolicy,
        Self::MailboxPolicy,
        Self::ProtectedApi,
        Self::SiteNotGranted,
        Self::DelegatedOnly,
        Self::LicenceMissing,
        Self::ConditionalAccess,
        Self::ResourceConsent,
        Self::TokenRefused,
        Self::Forbidden,
    ];

    /// A stable name for machines.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::RoleMissing => "role_missing",
            Self::ConsentMissing => "consent_missing",
            Self::TranscriptsDisabled => "transcripts_disabled",
            Self::SpeakerNamesDisabled => "speaker_names_disabled",
            Self::MeetingPolicy => "meeting_policy",
            Self::MailboxPolicy => "mailbox_policy",
            Self::ProtectedApi => "protected_api",
            Self::SiteNotGranted => "site_not_granted",
            Self::DelegatedOnly => "delegated_only",
            Self::LicenceMissing => "licence_missing",
            Self::ConditionalAccess => "conditional_access",
            Self::ResourceConsent => "resource_consent",
            Self::TokenRefused => "token_refused",
            Self::Forbidden => "forbidden",
        }
    }

    /// Microsoft's page about it.
    #[must_use]
    pub fn link(self) -> &'static str {
        match self {
            Self::RoleMissing => "https://learn.microsoft.com/graph/permissions-grant-via-msgraph",
            Self::ConsentMissing => {
                "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent"
            }
            Self::TranscriptsDisabled | Self::SpeakerNamesDisabled => {
                "https://learn.microsoft.com/microsoftteams/meeting-transcript-api-access"
            }
            Self::MeetingPolicy => {
                "https://learn.microsoft.com/graph/cloud-communication-online-meeting-application-access-policy"
            }
            Self::MailboxPolicy => "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
            Self::ProtectedApi => "https://learn.microsoft.com/graph/teams-protected-apis",
            Self::SiteNotGranted => "https://learn.microsoft.com/graph/permissions-selected-overview",
            Self::DelegatedOnly => "https://learn.microsoft.com/graph/permissions-overview",
            Self::LicenceMissing => "https://learn.microsoft.com/graph/teams-licenses",
            Self::ConditionalAccess => {
                "https://learn.microsoft.com/entra/identity/conditional-access/workload-identity"
            }
            Self::ResourceConsent => {
                "https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent"
            }
            Self::TokenRefused | Self::Forbidden => "https://learn.microsoft.com/graph/resolve-auth-errors",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PAGE: &str = include_str!("../../../docs/refusals.md");

    #[test]
    fn the_page_for_readers_has_the_same_kinds_and_links() {
        let rows: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| `")).collect();
        let codes: Vec<_> = rows.iter().map(|row| row.split('`').nth(1).unwrap()).collect();
        assert_eq!(codes, RefusalKind::ALL.map(RefusalKind::code));
        for (kind, row) in RefusalKind::ALL.iter().zip(&rows) {
            assert!(row.contains(&format!("({})", kind.link())), "{} has another page: {row}", kind.code());
            assert_eq!(row.matches(" | ").count(), 4, "{row}");
        }
    }

    #[test]
    fn every_kind_has_a_code_of_its_own() {
        let codes: BTreeSet<_> = RefusalKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), RefusalKind::ALL.len());
    }
}
