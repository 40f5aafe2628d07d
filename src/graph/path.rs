//! Paths: what a caller may ask for, written in one way only.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::settings::identity::UserRef;

/// The longest path that is taken. Graph itself stops at 16 KB for a URL.
const LONGEST: usize = 16 * 1024;

/// As often as this a segment is read: as written, and decoded up to three times.
const DECODINGS: usize = 4;

/// What is encoded where a caller wrote it bare; all else stays as written.
const BARE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'|').add(b'^');

/// The same in a name, where a number sign is part of it.
const NAME: &AsciiSet = &BARE.add(b'#');

/// A path below the API root: begins with one slash, and stays where it is whoever reads it.
///
/// No scheme, host, version, `..`, backslash, control character or encoded slash: whatever a proxy or server could
/// read as another path is refused rather than mended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GraphPath(String);

/// Why a path was refused. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PathError(String);

impl GraphPath {
    /// Checks a path as Work IQ's tools take it: `/users/ada@contoso.com/messages?$top=5`.
    ///
    /// # Errors
    /// What is wrong with it, and what it should look like.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let wrong = |what: &str| {
            Err(PathError(format!(
                "\"{}\" {what}. A path is relative to the API root, such as /users/ada@contoso.com/messages?$top=5.",
                crate::error::printable(text, 120)
            )))
        };
        if text.len() > LONGEST {
            return wrong("is too long (16 KB at most)");
        }
        if text.contains("://") && !text.starts_with('/') {
            return wrong("is a URL, with scheme and host");
        }
        if !text.starts_with('/') {
            return wrong("does not begin with a slash");
        }
        if text.starts_with("//") {
            return wrong("begins with two slashes, which names a host");
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return wrong("has a control character or a backslash in it");
        }
        if text.contains('#') {
            return wrong("has a fragment (write # as %23)");
        }
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        if let Some(what) = bad_encoding(text) {
            return wrong(what);
        }
        for (at, segment) in path[1..].split('/').enumerate() {
            if segment.is_empty() && path != "/" {
                return wrong("has an empty segment");
            }
            // A second decoding, as some proxies do, must not make a difference either, nor a third.
            let mut read = segment.to_owned();
            for _ in 0..DECODINGS {
                if read.chars().any(|c| c == '/' || c == '\\' || c.is_control()) {
                    return wrong("has an encoded slash, backslash or control character in it");
                }
                if has_dots(&read) {
                    return wrong("has a segment of dots in it");
                }
                let name = bare_name(&read);
                if at == 0 && (name.eq_ignore_ascii_case("v1.0") || name.eq_ignore_ascii_case("beta")) {
                    return wrong("begins with an API version, which is added for you");
                }
                if name.eq_ignore_ascii_case("$batch") {
                    return wrong("is a batch; ask for each path by itself");
                }
                let decoded = percent_decode_str(&read).decode_utf8_lossy().into_owned();
                if decoded == read {
                    break;
                }
                read = decoded;
            }
        }
        let mut written = utf8_percent_encode(path, BARE).to_string();
        if let Some(query) = query {
            written.push('?');
            written.extend(utf8_percent_encode(query, BARE));
        }
        // What is sent counts too: encoded, a character is up to twelve.
        if written.len() > LONGEST {
            return wrong("is too long (16 KB at most, encoded)");
        }
        Ok(Self(written))
    }

    /// The path with `/me` as `/users/{user}`. Paths that do not begin with `/me` stay as they are.
    ///
    /// # Errors
    /// The path begins with `/me` and there is no user: app-only has nobody signed in.
    pub fn for_user(self, user: Option<&UserRef>) -> Result<Self, PathError> {
        let end = self.0[1..].find(['/', '?']).map_or(self.0.len(), |at| at + 1);
        let first = percent_decode_str(&self.0[1..end]).decode_utf8_lossy();
        if !first.eq_ignore_ascii_case("me") {
            return Ok(self);
        }
        let Some(user) = user else {
            return Err(PathError(format!(
                "\"{}\": there is no /me in app-only mode, because no user is signed in. Write /users/{{id or user \
                 principal name}} in place of /me, or set WORKIQ_USER to the user that /me is to stand for.",
                crate::error::printable(&self.0, 120)
            )));
        };
        // The # of a guest's name would begin a fragment.
        let user = utf8_percent_encode(user.as_str(), NAME);
        Ok(Self(format!("/users/{user}{}", &self.0[end..])))
    }

    /// The path of a batch, which [`Self::parse`] takes from nobody: what is in a batch is checked one by one before.
    pub(super) fn batch() -> Self {
        Self("/$batch".to_owned())
    }

    /// Its segments, decoded and in lower case, without the query; a key in brackets is a segment of its own, so that
    /// `/users('ada')` and `/users/ada` are the same. For comparing, not for sending.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        let own = self.own();
        let mut segments = Vec::new();
        for segment in own[1..].split('/').filter(|segment| !segment.is_empty()) {
            let segment = percent_decode_str(segment).decode_utf8_lossy().to_lowercase();
            match segment.split_once("('").and_then(|(name, key)| Some((name, key.strip_suffix("')")?))) {
                // Doubled, a quote is part of the key.
                Some((name, key)) if !name.is_empty() && !key.replace("''", "").contains('\'') => {
                    segments.extend([name.to_owned(), key.replace("''", "'")]);
                }
                _ => segments.push(segment),
            }
        }
        segments
    }

    /// The path as it is sent, without its query.
    #[must_use]
    pub fn own(&self) -> &str {
        self.0.split('?').next().unwrap_or_default()
    }

    /// The path as it is sent, below the version.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GraphPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A percent sign must begin an encoded byte, and what is encoded must be UTF-8.
fn bad_encoding(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let whole = bytes.iter().enumerate().filter(|(_, b)| **b == b'%').all(|(at, _)| {
        bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !whole {
        return Some("has a percent sign that encodes nothing (write it as %25)");
    }
    percent_decode_str(text).decode_utf8().is_err().then_some("has encoded bytes that are not UTF-8")
}

/// What some servers take a segment for: without parameters, and without the spaces and dots that Windows drops at the
/// end of a name.
fn bare_name(segment: &str) -> &str {
    segment.split(';').next().unwrap_or_default().trim().trim_end_matches('.')
}

/// `.` and `..`, in ASCII or in the characters that normalise to a full stop; also before a parameter (some servers take
/// `..;x` for `..`), with spaces, as part of a drive's path (`root:/a/..:`), and beside what normalises to a slash.
fn has_dots(segment: &str) -> bool {
    let dot = |c| matches!(c, '.' | '\u{2024}' | '\u{fe52}' | '\u{ff0e}' | '\u{2025}');
    let slash = |c| matches!(c, ':' | '\u{ff0f}' | '\u{2044}' | '\u{2215}' | '\u{ff3c}' | '\u{fe68}');
    segment.split(slash).any(|part| {
        let name = part.split(';').next().unwrap_or_default().trim();
        !name.is_empty() && name.chars().all(dot)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn good_paths_stay_as_written() {
        for path in [
            "/users/ada@contoso.com/messages?$top=5&$select=subject,from",
            "/users('ada@contoso.com')/events",
            "/sites/contoso.sharepoint.com,a,b",
            "/drives/b!x/root:/General/plan.docx:/content",
            "/users/ada%40contoso.com/messages/AAMk%3D",
            "/drives/b!x/root:/100%25.docx:/content",
            "/drives/b!x/root:/.hidden/a..b/%E2%80%A6:/content",
            "/drives/b!x/root:/a%EF%BC%8Fb.docx:/content",
            "/chats/19:abc.def@thread.v2/messages",
            "/users?$filter=displayName%20eq%20%27Ada%27",
            "/",
        ] {
            assert_eq!(GraphPath::parse(path).unwrap().as_str(), path);
        }
        assert_eq!(
            GraphPath::parse("/users?$filter=a eq 'b'").unwrap().as_str(),
            "/users?$filter=a%20eq%20'b'"
        );
    }

    #[test]
    fn whatever_could_be_another_path_is_refused() {
        for path in [
            "",
            "users",
            "https://graph.microsoft.com/v1.0/users",
            "https://evil.example/",
            "//evil.example/x",
            "/\\evil",
            "\\\\evil",
            "/users/../x",
            "/users/..",
            "/./users",
            "/users/%2e%2e/x",
            "/users/%2E./x",
            "/users/%252e%252e/x",
            "/users/%2f%2e%2e",
            "/users/a%2fb",
            "/users/a%5cb",
            "/users/a%252fb",
            "/users/a%250d%250ab",
            "/users/..;/x",
            "/users/%2e%2e;x=1/y",
            "/users/%0d%0aHost:x",
            "/users/\r\nX: y",
            "/users/\0",
            "/users//x",
            "/v1.0/users",
            "/BETA/users",
            "/users#x",
            "/users/%zz",
            "/users/%",
            "/users/%ff",
            "/users/\u{ff0e}\u{ff0e}/x",
            "/users/\u{2025}/x",
            "/users/..%20/x",
            "/users/%20../x",
            "/users/%25252e%25252e/x",
            "/users/a%25252fb",
            "/drives/b!x/root:/a/..:/children",
            "/drives/b!x/root:..:/children",
            "/drives/b!x/root:/..\u{ff0f}a:/content",
            "/users/..\u{2215}x",
            "/v1.0;x/users",
            "/v1.0./users",
            "/%2576%2531.0/users",
            "/beta%20/users",
            "/%24Batch;x",
            "/$batch.",
            "/%2524batch",
            "/$batch",
            "/%24batch",
            "javascript:alert(1)",
        ] {
            assert!(GraphPath::parse(path).is_err(), "{path:?}");
        }
        assert!(GraphPath::parse(&format!("/{}", "a".repeat(65_536))).is_err());
        // Short enough as written, but not as sent.
        assert!(GraphPath::parse(&format!("/{}", " ".repeat(LONGEST / 2))).is_err());
    }

    #[test]
    fn me_is_the_user_or_an_explanation() {
        let user = UserRef::parse("ada@contoso.com").unwrap();
        let of = |path: &str| GraphPath::parse(path).unwrap().for_user(Some(&user)).unwrap().to_string();
        assert_eq!(of("/me"), "/users/ada@contoso.com");
        assert_eq!(of("/me?$select=id"), "/users/ada@contoso.com?$select=id");
        assert_eq!(of("/ME/messages"), "/users/ada@contoso.com/messages");
        assert_eq!(of("/%6de/messages"), "/users/ada@contoso.com/messages");
        assert_eq!(of("/messages"), "/messages");
        let error = GraphPath::parse("/me/messages").unwrap().for_user(None).unwrap_err().to_string();
        assert!(error.contains("WORKIQ_USER"), "{error}");
    }

    /// Strings that are mostly paths, made of what paths are attacked with.
    fn path() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-zA-Z0-9]{1,4}",
            2 => Just("/".to_owned()),
            1 => proptest::sample::select(vec![
                "me", "users", ".", "..", "%2e", "%252e", "%2f", "%5c", "%255C", "\\", "//", ";", "?", "#", "%23", "@",
                ":", "://", "https:", "%", "%zz", "%c3%a9", "%ff", "%00", "%0d%0a", "\r\n", "\t", " ", "%20", "v1.0", "beta",
                "$batch", "\u{ff0e}", "\u{2025}", "\u{2028}", "\u{7f}", "é", "[", "]", "{", "}", "|", "^", "`", "\"", "'", "<", "&",
                "=", "+", "$select", "(", ")", ",", "!", "~", "*",
            ]).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
            1 => any::<u8>().prop_map(|byte| format!("%{byte:02x}")),
        ];
        let pieces = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
        (prop_oneof![8 => Just("/"), 1 => Just("")], pieces)
            .prop_map(|(start, rest)| format!("{start}{rest}"))
    }

    /// What must be true of every path that is sent.
    fn stays_under_its_origin(path: &GraphPath) -> Result<(), TestCaseError> {
        let text = path.as_str();
        prop_assert!(text.starts_with('/') && !text.starts_with("//") && text.len() <= LONGEST);
        prop_assert!(text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#'));
        let own = text.split('?').next().unwrap_or_default();
        for segment in own[1..].split('/') {
            let mut segment = segment.to_owned();
            for _ in 0..3 {
                prop_assert!(segment != "." && segment != "..", "{text}");
                segment = percent_decode_str(&segment).decode_utf8_lossy().into_owned();
            }
        }
        let again = GraphPath::parse(text);
        prop_assert_eq!(again.as_ref(), Ok(path), "read again, it is the same");
        let origin = crate::settings::origin::Origin::parse("https://graph.microsoft.com").unwrap();
        let joined = origin.join(&format!("/v1.0{text}"));
        // As the url crate reads it, which normalises as browsers do, and as the HTTP client does.
        let url = Url::parse(&joined).unwrap();
        prop_assert!(origin.contains(&url) && url.username().is_empty() && url.password().is_none());
        prop_assert_eq!(url.path(), format!("/v1.0{own}"));
        prop_assert_eq!(url.query().is_some(), text.contains('?'));
        prop_assert_eq!(url.fragment(), None);
        let uri: http::Uri = joined.parse().unwrap();
        prop_assert_eq!(uri.authority().map(http::uri::Authority::as_str), Some("graph.microsoft.com"));
        prop_assert_eq!(uri.path(), url.path());
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_accepted_stays_under_its_origin(text in path()) {
            match GraphPath::parse(&text) {
                Ok(path) => {
                    stays_under_its_origin(&path)?;
                    let user = UserRef::parse("o'neil_^x#EXT#@contoso.onmicrosoft.com").unwrap();
                    let path = path.for_user(Some(&user)).unwrap();
                    prop_assert!(!path.as_str().eq_ignore_ascii_case("/me"));
                    stays_under_its_origin(&path)?;
                }
                Err(error) => {
                    let said = error.to_string();
                    prop_assert!(said.chars().count() < 400 && !said.contains(char::is_control), "{said}");
                }
            }
        }
    }
}
