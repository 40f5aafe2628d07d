//! What a refusal of Graph means, and what to do about it.
//!
//! The order: what Graph itself says (a code, or a text that is known), then what the path needs and the token has, then
//! what the workload's code mostly means. Codes and texts of Graph may change, so they make explanations and never
//! decide what the program does. `docs/refusals.md` is the same for readers; a test holds the two together.

pub(crate) mod grant;
mod kind;
mod said;
mod words;

use http::Method;
use serde_json::{Map, Value, json};

use super::delegated;
use super::granted::Granted;
use super::permissions::{Needed, Permission, is_resource_specific, needed};
pub use kind::RefusalKind;
use said::Said;

/// How many permissions of a token are listed for a machine.
const LISTED: usize = 12;

/// A request that Graph refused.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path below the API version, as it was sent.
    pub path: &'a str,
    /// HTTP status.
    pub status: u16,
    /// The body, with Graph's `error` or without; anything is taken.
    pub body: &'a Value,
    /// `WWW-Authenticate`, where there is one.
    pub challenge: Option<&'a str>,
    /// What the token holds, where that can be read.
    pub granted: Option<&'a Granted>,
}

/// A refusal that is understood, as far as it can be.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The kind.
    pub kind: RefusalKind,
    /// Why, in one sentence.
    pub cause: String,
    /// What to do: at most eight lines. Those that are commands are whole, to be pasted.
    pub fix: String,
    /// Microsoft's page about it.
    pub link: &'static str,
    /// The permission to grant, where one is missing.
    pub permission: Option<Wanted>,
    /// What the token has, where that is known.
    pub granted: Option<Vec<String>>,
}

/// A permission to grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// The id of its app role, where that is known.
    pub role_id: Option<&'static str>,
}

impl From<&Permission> for Wanted {
    fn from(permission: &Permission) -> Self {
        Self { name: permission.name.to_owned(), role_id: permission.role_id }
    }
}

impl Refusal {
    /// The refusal as an object for a tool's error: `kind`, `cause`, `fix`, `link`, and where they are known
    /// `permission` (`name`, `appRoleId`) and `granted`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("kind".into(), self.kind.code().into());
        object.insert("cause".into(), self.cause.as_str().into());
        object.insert("fix".into(), self.fix.as_str().into());
        object.insert("link".into(), self.link.into());
        if let Some(wanted) = &self.permission {
            object.insert("permission".into(), json!({"name": wanted.name, "appRoleId": wanted.role_id}));
        }
        if let Some(granted) = &self.granted {
            object.insert("granted".into(), granted.iter().take(LISTED).cloned().collect());
            if granted.len() > LISTED {
                object.insert("grantedInAll".into(), granted.len().into());
            }
        }
        Value::Object(object)
    }

    /// The refusal that [`Self::to_json`] made an object of, but for the page, which is then the kind's own, and for what
    /// the token has. `None` where it is none.
    #[must_use]
    pub fn of_json(object: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let kind = RefusalKind::ALL.into_iter().find(|kind| Some(kind.code()) == object["kind"].as_str())?;
        let name = text(&object["permission"]["name"]);
        Some(Self {
            kind,
            cause: text(&object["cause"])?,
            fix: text(&object["fix"])?,
            link: kind.link(),
            permission: name.map(|name| {
                let role_id = Permission::named(&name).and_then(|permission| permission.role_id);
                Wanted { name, role_id }
            }),
            granted: None,
        })
    }

    /// The refusal for a person: cause, what to do, where to read on.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\nWhat to do: {}\n{}", self.cause, self.fix, self.link)
    }
}

/// What `refused` means. A 401, 402 or 403 always means something, if only that its cause is not known; another status
/// does where its text says that an application, or a licence, is what is wrong.
#[must_use]
pub fn classify(refused: &Refused<'_>) -> Option<Refusal> {
    let case = Case::new(refused);
    if let Some(refusal) = case.by_what_is_said() {
        return Some(refusal);
    }
    matches!(refused.status, 401..=403).then(|| case.by_what_is_known())
}

/// A refusal with all that can be known of it.
struct Case<'a> {
    refused: &'a Refused<'a>,
    said: Said,
    needed: Option<Needed>,
}

impl<'a> Case<'a> {
    fn new(refused: &'a Refused<'a>) -> Self {
        Self {
            refused,
            said: Said::read(refused.body, refused.challenge),
            needed: needed(refused.method, refused.path),
        }
    }

    /// By codes and texts of Graph's own, which are surest.
    fn by_what_is_said(&self) -> Option<Refusal> {
        use RefusalKind as Kind;
        let said = &self.said;
        let kind = if said.has_code("GraphAccessToTranscriptsDisabled") {
            Kind::TranscriptsDisabled
        } else if said.has_code("SpeakerAttributionNotAllowed") {
            Kind::SpeakerNamesDisabled
        } else if said
            .tells(&["no application access policy", "application is not allowed to perform operations on"])
        {
            Kind::MeetingPolicy
        } else if said.tells(&["appaccesspolicy", "apponly accesspolicy", "access to odata is disabled"]) {
            Kind::MailboxPolicy
        } else if said.tells(&["protected api access", "teams-protected-apis"]) {
            Kind::ProtectedApi
        } else if said.tells(&[
            "only valid with delegated",
            "not supported in application-only context",
            "not supported in app-only context",
            "no longer support app-only tokens",
            "application context is not supported",
        ]) {
            return Some(self.delegated_only());
        } else if self.is_conditional_access() {
            Kind::ConditionalAccess
        } else if self.is_licence() {
            Kind::LicenceMissing
        } else if said.has_code("Authorization_IdentityNotFound") {
            Kind::ConsentMissing
        } else if said.misses_permissions() && self.refused.granted.is_none_or(|held| held.roles.is_empty()) {
            return Some(self.consent_missing());
        } else if !said.required.is_empty() {
            return Some(self.by_named_permissions());
        } else if said.tells(&["resource-specific consent", "resource specific consent", "rsc permission"]) {
            Kind::ResourceConsent
        } else {
            return None;
        };
        Some(self.refusal(kind, None))
    }

    /// Conditional Access, continuous access evaluation, and a site's policy for networks.
    fn is_conditional_access(&self) -> bool {
        self.said.challenged
            || self.said.tells(&[
                "conditional access",
                "aadsts53003",
                "aadsts530032",
                "continuous access evaluation",
                "due to organizational policies",
            ])
            || self.said.has_code("blockedIPAddress")
    }

    fn is_licence(&self) -> bool {
        self.refused.status == 402
            || self.said.has_code("MailboxNotEnabledForRESTAPI")
            || self.said.has_code("Authentication_RequestFromNonPremiumTenantOrB2CTenant")
            || self.said.tells(&["mysite not found", "spo license", "premium license"])
            || matches!(self.refused.status, 401 | 403)
                && self.said.tells(&[
                    "license is required",
                    "valid license",
                    "not licensed",
                    "copilot license",
                ])
    }

    /// Graph says which permissions it takes.
    fn by_named_permissions(&self) -> Refusal {
        let required = &self.said.required;
        let is_accepted = |name: &String| self.needed.is_none_or(|needed| needed.accepts(name));
        let applications: Vec<_> = required.iter().filter(|name| Permission::named(name).is_some()).collect();
        // A search names what a person would need.
        let is_search = self.refused.path.trim_start_matches('/').to_ascii_lowercase().starts_with("search/");
        if is_search && !required.iter().any(is_accepted) || self.said.of_scopes && applications.is_empty() {
            return self.delegated_only();
        }
        if required.iter().all(|name| is_resource_specific(name)) {
            return self
                .refusal(RefusalKind::ResourceConsent, self.needed.map(|needed| needed.best().into()));
        }
        let table =
            self.needed.map(|needed| needed.best()).filter(|best| required.iter().any(|n| n == best.name));
        let wanted = table.map(Wanted::from).or_else(|| {
            let whole: Vec<_> = applications
                .iter()
                .filter_map(|name| Permission::named(name))
                .filter(|permission| !permission.is_partial())
                .collect();
            let reads = whole.iter().find(|permission| !permission.name.contains("Write"));
            reads.or(whole.first()).map(|permission| Wanted::from(*permission))
        });
        let wanted = wanted.or_else(|| {
            let name = required.iter().find(|name| !is_resource_specific(name))?;
            Some(Wanted { name: name.clone(), role_id: None })
        });
        self.refusal(RefusalKind::RoleMissing, wanted)
    }

    /// By what the path needs and the token has.
    fn by_what_is_known(&self) -> Refusal {
        use RefusalKind as Kind;
        let Refused { method, path, status, granted, .. } = *self.refused;
        if granted.is_some_and(|granted| granted.roles.is_empty()) {
            return self.consent_missing();
        }
        if delegated::check(method, path, None).is_err() {
            return self.delegated_only();
        }
        if status == 401 && !self.said.is_access_denied() && !self.said.misses_permissions() {
            return self.refusal(Kind::TokenRefused, None);
        }
        let has = |name: &str| granted.is_some_and(|granted| granted.has(name));
        let Some(needed) = self.needed else { return self.refusal(Kind::Forbidden, None) };
        let met = granted.map(|granted| needed.met_by(&granted.roles));
        let is_files = ["Sites.Read.All", "Files.Read.All", "Files.ReadWrite.All", "Sites.ReadWrite.All"]
            .iter()
            .any(|name| needed.accepts(name));
        let chosen =
            ["Sites.Selected", "Lists.SelectedOperations.Selected", "Files.SelectedOperations.Selected"];
        let is_chosen = is_files && chosen.iter().any(|name| has(name));
        let whole = granted.is_some_and(|granted| {
            granted.roles.iter().any(|role| needed.accepts(role) && !role.ends_with(".Selected"))
        });
        if is_chosen && !whole {
            return self.refusal(Kind::SiteNotGranted, None);
        }
        match met {
            Some(true) if self.said.has_code("ErrorAccessDenied") => self.refusal(Kind::MailboxPolicy, None),
            Some(true) => self.refusal(Kind::Forbidden, None),
            Some(false) | None => self.refusal(Kind::RoleMissing, Some(needed.best().into())),
        }
    }

    fn consent_missing(&self) -> Refusal {
        self.refusal(RefusalKind::ConsentMissing, self.needed.map(|needed| needed.best().into()))
    }

    fn delegated_only(&self) -> Refusal {
        let mut refusal = self.refusal(RefusalKind::DelegatedOnly, None);
        if let Err(known) = delegated::check(self.refused.method, self.refused.path, None) {
            known.reason().clone_into(&mut refusal.cause);
            known.instead().clone_into(&mut refusal.fix);
            refusal.link = known.link();
        }
        refusal
    }

    fn refusal(&self, kind: RefusalKind, permission: Option<Wanted>) -> Refusal {
        let words = words::of(self, kind, permission.as_ref());
        let said = (!self.said.present.is_empty()).then(|| self.said.present.clone());
        Refusal {
            kind,
            cause: words.cause,
            fix: words.fix,
            link: words.link.unwrap_or(kind.link()),
            permission,
            granted: self.refused.granted.map(|granted| granted.roles.clone()).or(said),
        }
    }
}

#[cfg(test)]
mod tests;
