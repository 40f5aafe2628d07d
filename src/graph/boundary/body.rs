//! What a body refers to: other drives, sites and people, which have to be inside as well.

use serde_json::Value;

/// Something that a body names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// A drive, by id.
    Drive(String),
    /// A site, by id.
    Site(String),
    /// A mail folder, to which something goes.
    Folder(String),
    /// A mailbox whose state is asked for.
    Mailbox(String),
}

/// All that `body` refers to. Where it `asks_of_mailboxes`, its addresses are mailboxes, not somebody's contact data.
///
/// # Errors
/// It refers to something in a way that cannot be mapped.
pub(super) fn references(body: &Value, asks_of_mailboxes: bool) -> Result<Vec<Reference>, String> {
    let mut found = Vec::new();
    let within = if asks_of_mailboxes { ASKS } else { "" };
    collect(body, within, &mut found)?;
    Ok(found)
}

/// Stands for the top of a body that asks of mailboxes; no member is called so.
const ASKS: &str = "?";

fn collect(value: &Value, within: &str, found: &mut Vec<Reference>) -> Result<(), String> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| collect(item, within, found)),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            let name = name.to_ascii_lowercase();
            member(&name, value, within, found)?;
            collect(value, &name, found)
        }),
        _ => Ok(()),
    }
}

fn member(name: &str, value: &Value, within: &str, found: &mut Vec<Reference>) -> Result<(), String> {
    let unmapped =
        || Err(format!("the body's \"{}\" refers to another object", crate::error::printable(name, 60)));
    let is_address = name.ends_with("@odata.bind")
        || name.ends_with("@bind")
        || matches!(name, "@odata.id" | "@id" | "$ref" | "remoteitem" | "shareid")
        || name.ends_with("sourceurl") && name.contains('@');
    if is_address {
        return unmapped();
    }
    let texts = |make: fn(String) -> Reference, found: &mut Vec<Reference>| match value {
        Value::Null => Ok(()),
        Value::String(text) => {
            found.push(make(text.clone()));
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| match item.as_str() {
            Some(text) => {
                found.push(make(text.to_owned()));
                Ok(())
            }
            None => unmapped(),
        }),
        _ => unmapped(),
    };
    match name {
        "driveid" => texts(Reference::Drive, found),
        "siteid" => texts(Reference::Site, found),
        "destinationid" => texts(Reference::Folder, found),
        // calendar/getSchedule and getMailTips.
        "schedules" | "emailaddresses" if within == ASKS => texts(Reference::Mailbox, found),
        "path" if within == "parentreference" => match value.as_str() {
            Some(path) if path.to_ascii_lowercase().starts_with("/drive/root:") => Ok(()),
            _ => unmapped(),
        },
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_body_names_is_found_at_any_depth() {
        let body = json!({"parentReference": {"driveId": "d", "SiteId": "s", "id": "i"}, "name": "x"});
        let found = references(&body, false).unwrap();
        assert_eq!(found, [Reference::Drive("d".into()), Reference::Site("s".into())]);
        let found = references(&json!({"schedules": ["a@b.c", "d@b.c"]}), true).unwrap();
        assert_eq!(found.len(), 2);
        // Elsewhere they are a contact's.
        assert_eq!(references(&json!({"emailAddresses": [{"address": "x"}]}), false), Ok(vec![]));
        assert_eq!(
            references(&json!({"destinationId": "inbox"}), false),
            Ok(vec![Reference::Folder("inbox".into())])
        );
    }

    #[test]
    fn what_cannot_be_mapped_is_refused() {
        for body in [
            json!({"members": [{"user@odata.bind": "https://graph.microsoft.com/v1.0/users('x')"}]}),
            json!({"@odata.id": "x"}),
            json!({"file": {}, "@microsoft.graph.sourceUrl": "https://x"}),
            json!({"remoteItem": {"id": "x"}}),
            json!({"parentReference": {"path": "/drives/other/root:/x"}}),
            json!({"parentReference": {"driveId": {"a": 1}}}),
            json!({"schedules": [7]}),
        ] {
            assert!(references(&body, true).is_err(), "{body}");
        }
    }
}
