//! Links that let in whoever has them, taken out before a model reads them.
//!
//! Graph hands out pre-signed addresses beside its data: whoever has one needs no token. A model has no use for them,
//! since `fetch_blob` reads content by its path, and what it has seen it may be talked into repeating elsewhere.
//! Sources: learn.microsoft.com/graph/api/driveitem-get-content (`@microsoft.graph.downloadUrl`),
//! learn.microsoft.com/graph/api/driveitem-createuploadsession (`uploadUrl`),
//! learn.microsoft.com/azure/storage/common/storage-sas-overview (`sig`, `se`, `sv`).

use std::ops::Range;

use serde_json::Value;

const DOWNLOAD: &str =
    "[pre-signed link removed; read the content with fetch_blob: the item's path and /content]";
const UPLOAD: &str = "[upload link removed: whoever has it can write]";
const PARAMETERS: &str = "[parameters removed: they sign in whoever has them]";
const LINK: &str = "[link removed: its query signs in whoever has it]";

/// Hosts of Microsoft's on which signed links in the midst of a text are taken out. Elsewhere they are what somebody
/// wrote, and stay.
const HOSTS: [&str; 12] = [
    ".core.windows.net",
    ".core.usgovcloudapi.net",
    ".core.chinacloudapi.cn",
    ".storage.azure.net",
    ".sharepoint.com",
    ".sharepoint.us",
    ".sharepoint-mil.us",
    ".sharepoint.cn",
    ".svc.ms",
    ".1drv.com",
    ".onedrive.com",
    ".microsoftpersonalcontent.com",
];

/// Parameters whose value signs in whoever has the link.
const KEYS: [&str; 4] = ["access_token", "X-Amz-Signature", "X-Goog-Signature", "authkey"];

/// Takes the links out of `value`, in each place of a few words; gives how many there were.
pub fn redact(value: &mut Value) -> usize {
    match value {
        Value::String(text) => redact_text(text),
        Value::Array(items) => items.iter_mut().map(redact).sum(),
        Value::Object(members) => members
            .iter_mut()
            .map(|(name, value)| match (by_name(name), &mut *value) {
                (Some(words), Value::String(text)) => {
                    let found = usize::from(text != words);
                    words.clone_into(text);
                    found
                }
                _ => redact(value),
            })
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Members that hold nothing but such a link, whatever it looks like.
fn by_name(name: &str) -> Option<&'static str> {
    let is = |end: &str| {
        let at = name.len().wrapping_sub(end.len());
        name.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
            // The whole name, or the last part of `@microsoft.graph.downloadUrl`.
            && (at == 0 || name.as_bytes()[at - 1] == b'.')
    };
    if is("downloadUrl") {
        Some(DOWNLOAD)
    } else if is("uploadUrl") {
        Some(UPLOAD)
    } else if is("postParameters") {
        Some(PARAMETERS)
    } else {
        None
    }
}

fn redact_text(text: &mut String) -> usize {
    let mut found: Vec<(Range<usize>, &str)> = Vec::new();
    let mut from = 0;
    while let Some(url) = next_url(text, from) {
        from = url.end;
        let whole = url.len() == text.len();
        if let Some(words) = signed(&text[url.clone()], whole) {
            found.push((url, words));
        }
    }
    // From the end, so that the places before stay where they are.
    for (url, words) in found.iter().rev() {
        text.replace_range(url.clone(), words);
    }
    found.len()
}

/// The next `http://` or `https://` address at or after `from`, up to what cannot be part of one: in ASCII, since other
/// characters are encoded in an address, and what follows one goes with it.
fn next_url(text: &str, mut from: usize) -> Option<Range<usize>> {
    loop {
        let colon = from + text[from..].find(':')?;
        from = colon + 1;
        if !text[from..].starts_with("//") {
            continue;
        }
        let scheme = ["https", "http"].into_iter().find(|scheme| {
            colon
                .checked_sub(scheme.len())
                .and_then(|at| text.get(at..colon))
                .is_some_and(|s| s.eq_ignore_ascii_case(scheme))
        });
        if let Some(scheme) = scheme {
            let ends = |byte: &u8| *byte <= b' ' || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\');
            let end =
                text.as_bytes()[from..].iter().position(ends).map_or(text.len(), |length| from + length);
            return Some(colon - scheme.len()..end);
        }
    }
}

/// What to put in place of a URL that signs in whoever has it; `whole` if it is all of a value.
fn signed(url: &str, whole: bool) -> Option<&'static str> {
    let (address, query) = url.split_at(url.bytes().position(|byte| matches!(byte, b'?' | b'#'))?);
    // The shortest there is: ?sig=1&se=2
    if query.len() < 11 {
        return None;
    }
    if has_tempauth(query) {
        return Some(DOWNLOAD);
    }
    if !whole && !of_microsoft(address) {
        return None;
    }
    let (mut signature, mut terms) = (false, false);
    // HTML writes & as &amp;.
    for parameter in query[1..].split(['&', ';', '#', '?']) {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let is = |other: &str| name.eq_ignore_ascii_case(other) && !value.is_empty();
        signature |= is("sig");
        terms |= is("se") || is("sv");
        if KEYS.into_iter().any(is) {
            return Some(LINK);
        }
    }
    (signature && terms).then_some(DOWNLOAD)
}

/// The signature of `SharePoint`'s own kind, also in a link within a link, as its thumbnail service has.
fn has_tempauth(query: &str) -> bool {
    const NAME: &str = "tempauth";
    let mut rest = query;
    while let Some(at) = rest.bytes().position(|byte| byte | 0x20 == b't') {
        let found = &rest[at..];
        let is = |sign: &str| {
            found.get(NAME.len()..NAME.len() + sign.len()).is_some_and(|s| s.eq_ignore_ascii_case(sign))
        };
        if found.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME))
            && ["=", "%3d", "%253d"].into_iter().any(is)
        {
            return true;
        }
        rest = &found[1..];
    }
    false
}

fn of_microsoft(address: &str) -> bool {
    let host = address.split("//").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    // Neither user nor port are part of the name.
    let host = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    HOSTS.iter().any(|end| {
        let at = host.len().wrapping_sub(end.len());
        host.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const SAS: &str = "https://contoso.blob.core.windows.net/c/plan.docx?sv=2024-11-04&se=2026-09-01T00%3A00%3A00Z&sr=b&sig=c2ln%3D";

    #[test]
    fn links_that_let_in_are_taken_out() {
        let mut value = json!({
            "value": [{
                "name": "plan.docx",
                "webUrl": "https://contoso.sharepoint.com/sites/a/plan.docx?web=1",
                "@microsoft.graph.downloadUrl": "https://contoso.sharepoint.com/_layouts/15/download.aspx?UniqueId=1&tempauth=v1.eyJ",
                "@content.downloadUrl": "https://anything.example/x",
                "webDavUrl": "https://contoso.sharepoint.com/a/plan.docx?tempauth=v1.eyJ",
                "thumbnails": [{"large": {"height": 1, "url":
                    "https://westeurope1-mediap.svc.ms/transform/thumbnail?docid=https%3A%2F%2Fcontoso.sharepoint.com%2F_api%3Ftempauth%3Dv1.eyJ"}}],
                "blob": SAS,
                "elsewhere": "https://s3.example/k?X-Amz-Credential=a&X-Amz-Signature=b",
                "embed": "https://contoso.sharepoint.com/_layouts/15/embed.aspx?UniqueId=1&access_token=v1.eyJ",
            }],
            "uploadUrl": "https://contoso.sharepoint.com/upload",
            "postParameters": "access_token=x",
        });
        assert_eq!(redact(&mut value), 9);
        let text = value.to_string();
        for gone in ["eyJ", "sig=", "Signature", "anything.example", "access_token", "upload\",", "mediap"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        assert!(text.contains("plan.docx?web=1") && text.contains("fetch_blob"));
        let once = value.clone();
        assert_eq!(redact(&mut value), 0);
        assert_eq!(value, once);
    }

    #[test]
    fn what_carries_no_signature_stays() {
        for text in [
            "https://graph.microsoft.com/v1.0/users/a/onlineMeetings/b/transcripts/c/content?$format=text/vtt",
            "/users/ada@contoso.com/messages?$top=10&$skiptoken=abc",
            "https://contoso.sharepoint.com/sites/a?sig=1",
            "https://teams.microsoft.com/l/message/x?context=%7B%7D&sig=&se=",
            "https://contoso.example/tempauth/page?design=1&nose=2",
            "our design: sig=1&se=2, see http: //x and tempauth=1",
            "mailto:ada@contoso.com?subject=a&sig=b&se=c",
            "https://",
            ":// https",
        ] {
            let mut value = json!({"downloadUrls": 1, "myuploadurl": text, "reuploadUrl": text, "x": [text]});
            let before = value.clone();
            assert_eq!(redact(&mut value), 0, "{text}");
            assert_eq!(value, before);
        }
    }

    #[test]
    fn in_a_text_only_microsofts_own_are_taken_out() {
        let html = SAS.replace('&', "&amp;");
        let mut value = json!(format!(
            "<p>See <a href=\"{html}\">the plan</a>, {SAS} and HTTPS://Contoso.SharePoint.com/x?TempAuth=v1.a\n\
             or https://files.example/x?sig=1&se=2 or https://evil.example/.core.windows.net/?sig=1&se=2</p>"
        ));
        assert_eq!(redact(&mut value), 3);
        assert_eq!(
            value,
            json!(format!(
                "<p>See <a href=\"{DOWNLOAD}\">the plan</a>, {DOWNLOAD} and {DOWNLOAD}\n\
                 or https://files.example/x?sig=1&se=2 or https://evil.example/.core.windows.net/?sig=1&se=2</p>"
            ))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn no_text_breaks_it_and_twice_is_once(
            pieces in proptest::collection::vec(prop_oneof![
                proptest::sample::select(vec![
                    "https://", "http:", "//", "a.sharepoint.com", "/x", "?", "&", "&amp;", "tempauth=", "tempauth%3D", "sig=",
                    "se=", "sv=", "é", "1", " ", "\"", "#", "%", ":", "access_token=", "\u{200b}",
                ]).prop_map(str::to_owned),
                "(?s).{0,3}",
            ], 0..16),
        ) {
            let mut value = json!({"x": pieces.concat(), "downloadUrl": pieces.concat()});
            prop_assert!(redact(&mut value) >= 1);
            let once = value.clone();
            redact(&mut value);
            // Under its name a link is replaced whatever it is, also by itself.
            prop_assert_eq!(&value, &once);
        }
    }
}
