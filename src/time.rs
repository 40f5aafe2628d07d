//! Times as they are written in JSON and for people.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, as JavaScript counts them.
#[must_use]
pub fn epoch_ms(time: SystemTime) -> u64 {
    let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// `2026-11-23T09:26:18Z`, to the second (RFC 3339).
#[must_use]
pub fn rfc3339(time: SystemTime) -> String {
    // The years 1970 to 9999, which is all that the format has room for here.
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_seconds(time.clamp(UNIX_EPOCH, last)).to_string()
}

/// `2026-11-23T09:26:18.042Z`, to the millisecond (RFC 3339).
#[must_use]
pub fn rfc3339_ms(time: SystemTime) -> String {
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_millis(time.clamp(UNIX_EPOCH, last)).to_string()
}

/// Reads an instant of RFC 3339: `2026-11-23T09:26:18.0420000Z`, or with an offset such as `+01:00`. None without either,
/// and for what is none.
#[must_use]
pub fn instant(text: &str) -> Option<SystemTime> {
    if text.ends_with(['Z', 'z']) {
        return humantime::parse_rfc3339(&text.to_ascii_uppercase()).ok();
    }
    let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let parts = offset.get(1..3).zip(offset.get(4..6)).filter(|_| offset.get(3..4) == Some(":"))?;
    let number = |text: &str, most| {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u64>().ok().filter(|number| digits && *number <= most)
    };
    let seconds = Duration::from_secs(number(parts.0, 23)? * 3_600 + number(parts.1, 59)? * 60);
    let local = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    match offset.as_bytes().first()? {
        b'+' => local.checked_sub(seconds),
        b'-' => local.checked_add(seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_second_and_never_panic() {
        assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_millis(951_782_400_999)), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(1 << 40)), "9999-12-31T23:59:59Z");
        assert_eq!(rfc3339_ms(UNIX_EPOCH + Duration::from_millis(7)), "1970-01-01T00:00:00.007Z");
    }

    #[test]
    fn instants_are_read_with_their_offset_or_not_at_all() {
        let at = |ms| Some(UNIX_EPOCH + Duration::from_millis(ms));
        assert_eq!(instant("1970-01-02T00:00:00Z"), at(86_400_000));
        assert_eq!(instant("1970-01-02T00:00:00.0070000Z"), at(86_400_007));
        assert_eq!(instant("1970-01-02T01:30:00+01:30"), at(86_400_000));
        assert_eq!(instant("1970-01-01T16:00:00.5-08:00"), at(86_400_500));
        for text in [
            "",
            "Z",
            "+01:00",
            "1970-01-02",
            "1970-01-02T00:00:00",
            "1970-01-02T00:00:00 01:00",
            "1970-01-02T00:00:00+24:00",
            "1970-01-02T00:00:00+1:000",
            "1970-01-02T00:00:00+0é0",
            "1970-02-30T00:00:00Z",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
