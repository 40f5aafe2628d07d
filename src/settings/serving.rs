//! What the tools may do, and how much they give at once.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use super::audit::AuditSetting;
use super::environment::Environment;
use super::lookup::{Key, Lookup};
use super::writes::Writes;

/// The limits of a server of tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serving {
    /// The writes that are allowed; none by default.
    pub writes: Writes,
    /// The largest result of one call, text and structured content together, in bytes of JSON. Where it is not set, it
    /// is [`Self::RESPONSE_BYTES`] for a model, and there is none for a command.
    pub response_bytes: Option<usize>,
    /// The largest file that `fetch_blob` hands out, in bytes.
    pub blob_bytes: usize,
    /// Whether characters that show nothing are handed out as they are.
    pub exact_text: bool,
    /// How long one call may take in all, signing in included.
    pub call_timeout: Duration,
    /// Where Graph's metadata is kept between runs; nowhere where the system has no such place.
    pub cache_dir: Option<PathBuf>,
    /// Where it is written down what was asked of Graph; nowhere by default.
    pub audit: Option<AuditSetting>,
}

/// Work IQ's own limit.
const BLOB_BYTES: usize = 4 << 20;

/// Below the 60 s at which common MCP clients give up.
const CALL_TIMEOUT: Duration = Duration::from_secs(45);

impl Default for Serving {
    fn default() -> Self {
        Self {
            writes: Writes::default(),
            response_bytes: None,
            blob_bytes: BLOB_BYTES,
            exact_text: false,
            call_timeout: CALL_TIMEOUT,
            cache_dir: None,
            audit: None,
        }
    }
}

pub(super) const ALLOW_WRITES: Key = Key {
    option: "allowWrites",
    flag: "--allow-writes",
    workiq: "WORKIQ_ALLOW_WRITES",
    azure: "",
    pick: |o| o.allow_writes.as_deref().map(Cow::from),
};
const RESPONSE: Key = Key {
    option: "responseBytes",
    flag: "--response-bytes",
    workiq: "WORKIQ_RESPONSE_BYTES",
    azure: "",
    pick: |o| o.response_bytes.as_deref().map(Cow::from),
};
const BLOB: Key = Key {
    option: "blobBytes",
    flag: "--blob-bytes",
    workiq: "WORKIQ_BLOB_BYTES",
    azure: "",
    pick: |o| o.blob_bytes.as_deref().map(Cow::from),
};
const EXACT_TEXT: Key = Key {
    option: "exactText",
    flag: "--exact-text",
    workiq: "WORKIQ_EXACT_TEXT",
    azure: "",
    pick: |o| o.exact_text.map(|exact| Cow::from(if exact { "true" } else { "false" })),
};
pub(super) const TIMEOUT: Key = Key {
    option: "callTimeoutMs",
    flag: "--call-timeout-ms",
    workiq: "WORKIQ_CALL_TIMEOUT_MS",
    azure: "",
    pick: |o| o.call_timeout_ms.as_deref().map(Cow::from),
};

pub(super) const CACHE_DIR: Key = Key {
    option: "cacheDir",
    flag: "--cache-dir",
    workiq: "WORKIQ_CACHE_DIR",
    azure: "",
    pick: |o| o.cache_dir.as_deref().map(Cow::from),
};

impl Serving {
    /// GitHub Copilot CLI 1.0 puts a result above 20,480 bytes, text and structured content together, into a file, which a
    /// locked-down agent cannot read.
    pub const RESPONSE_BYTES: usize = 20_000;

    pub(super) fn resolve(lookup: &mut Lookup<'_>) -> Self {
        let default = Self::default();
        let limits = GivenLimits::resolve(lookup);
        Self {
            writes: limits.writes.unwrap_or_default(),
            response_bytes: limits.response_bytes,
            blob_bytes: limits.blob_bytes.unwrap_or(default.blob_bytes),
            exact_text: limits.exact_text.unwrap_or_default(),
            call_timeout: limits.call_timeout.unwrap_or(default.call_timeout),
            cache_dir: lookup
                .optional(&CACHE_DIR, "an absolute path", |text| {
                    Some(PathBuf::from(text))
                        .filter(|path| path.is_absolute())
                        .ok_or("is not an absolute path")
                })
                .or_else(|| users_cache(lookup.environment())),
            audit: AuditSetting::resolve(lookup),
        }
    }
}

/// The limits that were set, and none of the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GivenLimits {
    pub(super) writes: Option<Writes>,
    pub(super) response_bytes: Option<usize>,
    pub(super) blob_bytes: Option<usize>,
    pub(super) exact_text: Option<bool>,
    pub(super) call_timeout: Option<Duration>,
}

impl GivenLimits {
    pub(super) fn resolve(lookup: &mut Lookup<'_>) -> Self {
        let ms = |ms| Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX));
        Self {
            writes: lookup.optional(&ALLOW_WRITES, Writes::EXPECTED, Writes::parse),
            response_bytes: number(lookup, &RESPONSE, 4 << 10, 8 << 20, "bytes, 4096 to 8388608"),
            blob_bytes: number(lookup, &BLOB, 1, 64 << 20, "bytes, 1 to 67108864"),
            call_timeout: number(lookup, &TIMEOUT, 1_000, 3_600_000, "milliseconds, 1000 to 3600000").map(ms),
            exact_text: lookup.optional(&EXACT_TEXT, "true or false", |text| match text {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err("is neither"),
            }),
        }
    }
}

fn number(lookup: &mut Lookup<'_>, key: &Key, least: usize, most: usize, expected: &str) -> Option<usize> {
    lookup.optional(key, expected, |text| {
        let number = text.parse::<usize>().map_err(|_| "is not a whole number")?;
        if (least..=most).contains(&number) { Ok(number) } else { Err("is out of range") }
    })
}

/// The user's cache directory by each system's custom: `XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`,
/// `%LOCALAPPDATA%`.
fn users_cache(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else {
        let custom = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(custom)))
    };
    base.map(|base| base.join("workiq-auth"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::options::Options;

    fn resolve(variables: &[(&str, &str)]) -> (Serving, Vec<String>) {
        let environment: Environment = variables.iter().copied().collect();
        let options = Options::default();
        let mut lookup = Lookup::new(&options, &environment);
        let serving = Serving::resolve(&mut lookup);
        (serving, lookup.problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nothing_is_written_unless_told_and_limits_have_defaults() {
        let (serving, problems) = resolve(&[]);
        assert!(problems.is_empty());
        assert_eq!(serving, Serving::default());
        assert!(serving.writes.is_none());
    }

    #[test]
    fn a_wrong_limit_is_told_with_its_range() {
        for (name, value) in [
            ("WORKIQ_RESPONSE_BYTES", "12"),
            ("WORKIQ_BLOB_BYTES", "4MB"),
            ("WORKIQ_CALL_TIMEOUT_MS", "0"),
            ("WORKIQ_EXACT_TEXT", "1"),
            ("WORKIQ_ALLOW_WRITES", "all"),
        ] {
            let (_, problems) = resolve(&[(name, value)]);
            assert!(problems.len() == 1 && problems[0].starts_with(name), "{problems:?}");
        }
        let (serving, _) = resolve(&[("WORKIQ_RESPONSE_BYTES", "100000"), ("WORKIQ_ALLOW_WRITES", "create")]);
        assert_eq!((serving.response_bytes, serving.writes.to_string().as_str()), (Some(100_000), "create"));
    }

    #[cfg(unix)]
    #[test]
    fn the_cache_is_the_users_own() {
        assert_eq!(resolve(&[("XDG_CACHE_HOME", "/c")]).0.cache_dir, Some("/c/workiq-auth".into()));
        assert_eq!(resolve(&[("XDG_CACHE_HOME", "c")]).0.cache_dir, None);
        // A relative one is to be ignored (XDG Base Directory Specification).
        let home = resolve(&[("HOME", "/home/ada"), ("XDG_CACHE_HOME", "c")]).0.cache_dir.unwrap();
        assert!(home.starts_with("/home/ada") && home.ends_with("workiq-auth"));
        let own = [("WORKIQ_CACHE_DIR", "/own"), ("XDG_CACHE_HOME", "/c")];
        assert_eq!(resolve(&own).0.cache_dir, Some("/own".into()));
        assert_eq!(resolve(&[("WORKIQ_CACHE_DIR", "own")]).1.len(), 1);
    }
}
