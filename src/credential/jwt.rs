//! What a JWT says (RFC 7519). Nothing here is verified: who receives the token does that. We read it to hold back
//! what must not be sent, and to say why a token was refused.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

/// The largest token that is read. Real ones have a few kilobytes.
pub(super) const LIMIT: usize = 64 << 10;

/// The claims of a token that we look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// `iss`, who issued it.
    pub(super) issuer: Option<String>,
    /// `sub`, whom it stands for.
    pub(super) subject: Option<String>,
    /// `aud`, whom it is for.
    pub(super) audience: Vec<String>,
    /// `exp`, in seconds since 1970.
    pub(crate) expires: Option<i64>,
    /// `scp`, there in a delegated token only.
    pub(super) scopes: Option<String>,
    /// `roles`, the permissions of an application.
    pub(crate) roles: Vec<String>,
    /// `idtyp`: `app` or `user`.
    pub(crate) identity_type: Option<String>,
    /// `appid` (v1.0) or `azp` (v2.0), the client.
    pub(crate) client: Option<String>,
    /// `tid`, the tenant.
    pub(crate) tenant: Option<String>,
    /// `oid`, the service principal or user behind it.
    pub(crate) object: Option<String>,
    /// `xms_cc`, what the client said that it is capable of; `cp1` is continuous access evaluation.
    pub(crate) capabilities: Vec<String>,
}

/// Why a text is no JWT, in words that stand behind "it". They hold nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotJwt {
    Empty,
    TooLarge,
    Parts,
    Base64,
    Json,
    Claim(&'static str),
}

impl fmt::Display for NotJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLarge => write!(f, "is larger than {LIMIT} bytes"),
            Self::Parts => f.write_str("does not have the three parts of a JWT"),
            Self::Base64 => f.write_str("has a part that is not base64url"),
            Self::Json => f.write_str("has a part that is not a JSON object"),
            Self::Claim(name) => write!(f, "has a claim {name} of a strange type"),
        }
    }
}

/// The claims as they stand in the token. A claim that is there twice is an error, as those who read it later may take
/// the other one.
#[derive(Deserialize)]
struct Raw {
    iss: Option<Value>,
    sub: Option<Value>,
    aud: Option<Value>,
    exp: Option<Value>,
    scp: Option<Value>,
    roles: Option<Value>,
    idtyp: Option<Value>,
    appid: Option<Value>,
    azp: Option<Value>,
    tid: Option<Value>,
    oid: Option<Value>,
    xms_cc: Option<Value>,
}

impl Claims {
    /// Reads `token`, verifying nothing.
    pub(crate) fn read(token: &str) -> Result<Self, NotJwt> {
        if token.is_empty() {
            return Err(NotJwt::Empty);
        }
        if token.len() > LIMIT {
            return Err(NotJwt::TooLarge);
        }
        let parts: Vec<_> = token.splitn(4, '.').collect();
        let [header, payload, signature] = parts.as_slice() else { return Err(NotJwt::Parts) };
        if signature.is_empty() {
            return Err(NotJwt::Parts);
        }
        let decode =
            |part: &str| URL_SAFE_NO_PAD.decode(part).map(Zeroizing::new).map_err(|_| NotJwt::Base64);
        decode(signature)?;
        serde_json::from_slice::<serde_json::Map<String, Value>>(&decode(header)?)
            .map_err(|_| NotJwt::Json)?;
        let payload = decode(payload)?;
        // serde takes an array for a struct, too.
        if payload.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(NotJwt::Json);
        }
        serde_json::from_slice::<Raw>(&payload).map_err(|_| NotJwt::Json)?.try_into()
    }

    /// Seconds until it expires; negative where it has.
    pub(super) fn expires_in(&self, now: SystemTime) -> Option<i64> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Some(self.expires?.saturating_sub(i64::try_from(now).unwrap_or(i64::MAX)))
    }

    /// How long it is good for; none where it has expired or does not say.
    pub(super) fn lifetime(&self, now: SystemTime) -> Option<Duration> {
        self.expires_in(now)
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|s| *s > 0)
            .map(Duration::from_secs)
    }

    /// Whether a person stands behind it.
    pub(crate) fn is_delegated(&self) -> bool {
        self.scopes.is_some()
            || self.identity_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("user"))
    }
}

impl TryFrom<Raw> for Claims {
    type Error = NotJwt;

    fn try_from(raw: Raw) -> Result<Self, NotJwt> {
        Ok(Self {
            issuer: text(raw.iss, "iss")?,
            subject: text(raw.sub, "sub")?,
            audience: match raw.aud {
                None => Vec::new(),
                Some(Value::String(one)) => vec![one],
                Some(Value::Array(all)) => {
                    let texts =
                        all.into_iter().map(|one| text(Some(one), "aud")?.ok_or(NotJwt::Claim("aud")));
                    texts.collect::<Result<_, _>>()?
                }
                Some(_) => return Err(NotJwt::Claim("aud")),
            },
            expires: raw.exp.map(|value| seconds(&value).ok_or(NotJwt::Claim("exp"))).transpose()?,
            // Others than Entra put lists and objects into these; that they are there is what counts.
            scopes: raw.scp.map(|scopes| match scopes {
                Value::String(text) => text,
                other => other.to_string(),
            }),
            roles: texts(raw.roles.as_ref()),
            identity_type: lenient(raw.idtyp.as_ref()),
            client: lenient(raw.appid.as_ref()).or_else(|| lenient(raw.azp.as_ref())),
            tenant: lenient(raw.tid.as_ref()),
            object: lenient(raw.oid.as_ref()),
            capabilities: texts(raw.xms_cc.as_ref()),
        })
    }
}

fn text(value: Option<Value>, name: &'static str) -> Result<Option<String>, NotJwt> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(NotJwt::Claim(name)),
    }
}

/// The texts of a list, and none of what is no list.
fn texts(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn lenient(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// A time as a number, whole or not, or as a numeric string; all are seen.
fn seconds(value: &Value) -> Option<i64> {
    // Far more than any calendar has, and small enough that sums cannot overflow.
    const END: i64 = 1 << 40;
    let number = match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }?;
    Some(number.clamp(-END, END))
}

fn whole(number: f64) -> Option<i64> {
    // The cast is saturating; what is beyond the range of `i64` is beyond any time as well.
    #[expect(clippy::cast_possible_truncation, reason = "fractions of seconds do not matter here")]
    number.is_finite().then_some(number as i64)
}

/// Tokens for tests.
#[cfg(test)]
pub(crate) mod test_support {
    use super::URL_SAFE_NO_PAD;
    use base64::Engine as _;

    /// A token with that payload, signed by nobody.
    pub(crate) fn token(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(payload), part("signature"))
    }
}

#[cfg(test)]
mod tests {
    use super::test_support::token;
    use super::*;

    fn read(payload: &str) -> Result<Claims, NotJwt> {
        Claims::read(&token(payload))
    }

    #[test]
    fn the_claims_are_read_in_the_types_that_are_seen() {
        let claims = read(
            r#"{"iss":"i","sub":"s","aud":["a","b"],"exp":1800000000,"scp":"x","roles":["r"],"idtyp":"app","azp":"c","tid":"t","oid":"o","xms_cc":["cp1"]}"#,
        )
        .unwrap();
        let expected = Claims {
            issuer: Some("i".into()),
            subject: Some("s".into()),
            audience: vec!["a".into(), "b".into()],
            expires: Some(1_800_000_000),
            scopes: Some("x".into()),
            roles: vec!["r".into()],
            identity_type: Some("app".into()),
            client: Some("c".into()),
            tenant: Some("t".into()),
            object: Some("o".into()),
            capabilities: vec!["cp1".into()],
        };
        assert_eq!(claims, expected);
        assert_eq!(read(r#"{"aud":"a"}"#).unwrap().audience, ["a"]);
        for exp in ["1800000000", "\"1800000000\"", "1800000000.7"] {
            assert_eq!(read(&format!(r#"{{"exp":{exp}}}"#)).unwrap().expires, Some(1_800_000_000));
        }
        assert_eq!(read(r#"{"appid":"1","azp":"2"}"#).unwrap().client.as_deref(), Some("1"));
        assert!(read(r#"{"scp":["a"],"roles":{"a":1}}"#).unwrap().is_delegated());
        assert!(read(r#"{"idtyp":"User"}"#).unwrap().is_delegated());
        assert!(!read(r#"{"idtyp":"app","scp":null}"#).unwrap().is_delegated());
    }

    #[test]
    fn what_is_no_jwt_is_told_without_showing_it() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let object = part("{}");
        let jwt = |payload: &str| format!("{object}.{}.{object}", part(payload));
        for (text, why) in [
            (String::new(), NotJwt::Empty),
            ("x".repeat(LIMIT + 1), NotJwt::TooLarge),
            ("hush".into(), NotJwt::Parts),
            ("a.b".into(), NotJwt::Parts),
            (format!("{object}.{object}."), NotJwt::Parts),
            (format!("{object}.{object}.{object}.{object}.{object}"), NotJwt::Parts),
            (format!("{object}.{object}.a+/="), NotJwt::Base64),
            (format!("{object}.{object}.{object}\n"), NotJwt::Base64),
            (format!("{object}.\u{e4}.{object}"), NotJwt::Base64),
            (format!("{}.{object}.{object}", part("hush")), NotJwt::Json),
            (format!("..{object}"), NotJwt::Json),
            (jwt("[]"), NotJwt::Json),
            (jwt("[1,2,3,4,5,6,7,8,9,10]"), NotJwt::Json),
            (jwt("\"hush\""), NotJwt::Json),
            (jwt(&"[".repeat(10_000)), NotJwt::Json),
            (jwt(&format!(r#"{{"x":{}"#, "[".repeat(10_000))), NotJwt::Json),
            (jwt(r#"{"aud":"a","\u0061ud":"b"}"#), NotJwt::Json),
            (jwt(r#"{"aud":{"a":1}}"#), NotJwt::Claim("aud")),
            (jwt(r#"{"aud":["a",1]}"#), NotJwt::Claim("aud")),
            (jwt(r#"{"iss":1}"#), NotJwt::Claim("iss")),
            (jwt(r#"{"exp":"soon"}"#), NotJwt::Claim("exp")),
            (jwt(r#"{"exp":[1]}"#), NotJwt::Claim("exp")),
        ] {
            assert_eq!(Claims::read(&text).unwrap_err(), why, "{}", &text[..text.len().min(80)]);
            assert!(!why.to_string().contains("hush"));
        }
    }

    #[test]
    fn no_time_overflows() {
        for exp in
            ["9223372036854775807", "-9223372036854775808", "1e300", "-1e300", "\"9223372036854775807\""]
        {
            let claims = read(&format!(r#"{{"exp":{exp}}}"#)).unwrap();
            let lifetime = claims.lifetime(SystemTime::now());
            assert_eq!(lifetime.is_some(), !exp.starts_with('-'));
            let _ = lifetime.map(|lifetime| SystemTime::now() + lifetime);
        }
        let claims = read(r#"{"exp":1000}"#).unwrap();
        assert_eq!(claims.expires_in(UNIX_EPOCH + Duration::from_secs(1300)), Some(-300));
        assert_eq!(claims.lifetime(UNIX_EPOCH + Duration::from_secs(1000)), None);
        assert_eq!(claims.lifetime(UNIX_EPOCH + Duration::from_secs(990)), Some(Duration::from_secs(10)));
    }
}
