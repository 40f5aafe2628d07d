//! Ids as they are listed, in the form in which they are compared.

use uuid::Uuid;

use crate::settings::identity::UserRef;

pub(super) fn user_id(text: &str) -> Result<String, &'static str> {
    UserRef::parse(text).map(|user| user.as_str().to_ascii_lowercase())
}

pub(super) fn guid(text: &str) -> Result<String, &'static str> {
    if is_guid(text) { Ok(text.to_ascii_lowercase()) } else { Err("is not a GUID") }
}

/// Whether `text` is a GUID in its usual form.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

pub(super) fn thread(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("19:").unwrap_or_default();
    let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_@.".contains(&b));
    if !rest.is_empty() && plain {
        Ok(text.to_owned())
    } else {
        Err("is no id of a chat or channel, such as 19:…@thread.v2")
    }
}

pub(super) fn site_id(text: &str) -> Result<String, &'static str> {
    let parts: Vec<_> = text.split(',').collect();
    let host = |host: &str| {
        host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    };
    match parts[..] {
        [name, site, web] if host(name) && is_guid(site) && is_guid(web) => Ok(text.to_ascii_lowercase()),
        _ => Err(
            "is no id of a site, such as contoso.sharepoint.com,{GUID},{GUID} (GET /sites/{host}:/sites/{name} tells it)",
        ),
    }
}

pub(super) fn drive_id(text: &str) -> Result<String, &'static str> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_!".contains(&b));
    if plain { Ok(text.to_owned()) } else { Err("is no id of a drive, such as b!…") }
}
