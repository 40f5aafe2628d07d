//! Asking again: how often, after how long, and what a server wishes in `Retry-After`.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};
use tokio::time::Instant;

/// How often a request is sent in all.
const ATTEMPTS: u32 = 4;

/// The pause after the first attempt; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest wish that is told apart. What is longer means "never", and must not overflow a clock it is added to.
const LONGEST_WISH: Duration = Duration::from_secs(u32::MAX as u64);

/// What is left of the retries of one call.
#[derive(Debug)]
pub struct Retries {
    made: u32,
    deadline: Instant,
}

/// What to do after a failure that may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask again after this pause.
    Pause(Duration),
    /// Enough: the attempts are used up, or the pause would not end before the deadline.
    Stop,
}

impl Retries {
    /// Retries of a call that ends at `deadline`.
    #[must_use]
    pub fn new(deadline: Instant) -> Self {
        Self { made: 0, deadline }
    }

    /// After one more attempt that failed, where the server wishes to be left alone for `wish`.
    pub fn next(&mut self, wish: Option<Duration>) -> Next {
        self.made += 1;
        if self.made >= ATTEMPTS {
            return Next::Stop;
        }
        // Half of each pause is left to chance, so that many who failed together do not come back together.
        let own = (FIRST_PAUSE * 2_u32.pow(self.made - 1)).mul_f64(0.5 + 0.5 * fastrand::f64());
        let pause = wish.map_or(own, |wish| wish.max(own));
        // Not `now + pause`: the wish is a server's, and a sum beyond the end of the clock panics.
        let left = self.deadline.saturating_duration_since(Instant::now());
        if pause < left { Next::Pause(pause) } else { Next::Stop }
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), from `now` by the server's own clock where it told
/// its time. A date that has passed is no wait; what is more than a lifetime away is a lifetime.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a number holds are a very long time all the same.
        return Some(text.parse().map_or(LONGEST_WISH, Duration::from_secs).min(LONGEST_WISH));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let wait = at.duration_since(server_time(headers).unwrap_or(now)).unwrap_or_default();
    Some(wait.min(LONGEST_WISH))
}

/// The server's clock, from `Date`.
#[must_use]
pub fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let now = SystemTime::now();
        let of = |pairs: &[(&'static str, &str)]| retry_after(&headers(pairs), now);
        assert_eq!(of(&[("retry-after", "60")]), Some(Duration::from_secs(60)));
        assert_eq!(of(&[("retry-after", " 0 ")]), Some(Duration::ZERO));
        let date = "Tue, 24 Nov 2026 10:00:30 GMT";
        assert_eq!(
            of(&[("retry-after", date), ("date", "Tue, 24 Nov 2026 10:00:00 GMT")]),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            of(&[("retry-after", date), ("date", "Tue, 24 Nov 2026 11:00:00 GMT")]),
            Some(Duration::ZERO)
        );
        assert!(of(&[("retry-after", "99999999999999999999999")]).unwrap() > Duration::from_secs(1 << 30));
        for bad in ["", "soon", "-1", "1.5", "0x10"] {
            assert_eq!(of(&[("retry-after", bad)]), None, "{bad}");
        }
        assert_eq!(of(&[]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn retries_are_few_and_end_before_the_deadline() {
        let mut retries = Retries::new(Instant::now() + Duration::from_secs(30));
        let pauses: Vec<_> = std::iter::from_fn(|| match retries.next(None) {
            Next::Pause(pause) => Some(pause.as_millis()),
            Next::Stop => None,
        })
        .collect();
        assert_eq!(pauses.len(), 3);
        for (pause, most) in pauses.iter().zip([250, 500, 1000]) {
            assert!((most / 2..=most).contains(pause), "{pauses:?}");
        }
        let mut retries = Retries::new(Instant::now() + Duration::from_secs(30));
        assert_eq!(retries.next(Some(Duration::from_secs(2))), Next::Pause(Duration::from_secs(2)));
        assert_eq!(retries.next(Some(Duration::from_secs(31))), Next::Stop);
    }

    #[test]
    fn a_wish_beyond_all_clocks_is_a_stop_and_no_panic() {
        let deadline = Instant::now() + Duration::from_secs(30);
        assert_eq!(Retries::new(deadline).next(Some(Duration::MAX)), Next::Stop);
        let wish = retry_after(&headers(&[("retry-after", "18446744073709551615")]), SystemTime::now());
        assert_eq!(Retries::new(deadline).next(wish), Next::Stop);
    }

    proptest! {
        #[test]
        fn any_retry_after_is_a_bounded_wait_or_none(text in wish(), date in proptest::option::of(wish())) {
            let mut headers = HeaderMap::new();
            for (name, text) in [(header::RETRY_AFTER, Some(text)), (header::DATE, date)] {
                if let Some(value) = text.and_then(|text| http::HeaderValue::from_bytes(&text).ok()) {
                    headers.insert(name, value);
                }
            }
            if let Some(wait) = retry_after(&headers, SystemTime::now()) {
                prop_assert!(wait <= LONGEST_WISH);
                // Whatever the server wishes, the decision is made and ends before the deadline.
                let deadline = Instant::now() + Duration::from_secs(30);
                if let Next::Pause(pause) = Retries::new(deadline).next(Some(wait)) {
                    prop_assert!(pause >= wait && pause < Duration::from_secs(30));
                }
            }
        }

        #[test]
        fn seconds_are_read_as_they_are(seconds in any::<u64>(), zeros in 0_usize..30, space in "[ \t]{0,3}") {
            let text = format!("{space}{}{seconds}{space}", "0".repeat(zeros));
            let wait = retry_after(&headers(&[("retry-after", &text)]), SystemTime::now());
            prop_assert_eq!(wait, Some(Duration::from_secs(seconds).min(LONGEST_WISH)));
        }

        #[test]
        fn a_date_is_counted_from_the_servers_own(server in 0_u64..1 << 36, ahead in -(1_i64 << 35)..1 << 35) {
            let at = |seconds| httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
            let until = server.saturating_add_signed(ahead);
            let headers = headers(&[("retry-after", &at(until)), ("date", &at(server))]);
            let expected = Duration::from_secs(until.saturating_sub(server)).min(LONGEST_WISH);
            prop_assert_eq!(retry_after(&headers, SystemTime::now()), Some(expected));
        }
    }

    /// Seconds, dates, and anything that a header can and cannot hold.
    fn wish() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            "[ \t]?[+-]?[0-9]{0,40}(\\.[0-9]{1,3})?".prop_map(String::into_bytes),
            (0_u64..253_402_300_800).prop_map(|seconds| {
                httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into_bytes()
            }),
            "(Mon|Tue|Xyz),? [0-9]{1,2}[ -](Nov|Feb|foo)[ -][0-9]{1,5} [0-9:]{0,8} (GMT|UTC)?"
                .prop_map(String::into_bytes),
            "\\PC{0,40}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..40),
        ]
    }
}
