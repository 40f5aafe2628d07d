//! How many bytes a value takes in an answer, counted without writing it.

use std::fmt::{self, Write as _};

use serde_json::Value;

/// How a value travels in a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As structured content: JSON within the message.
    Structured,
    /// As text: JSON within a string within the message, so that quotes and backslashes are escaped twice.
    Text,
}

impl Form {
    /// Bytes of `value` as compact JSON.
    #[must_use]
    pub fn value(self, value: &Value) -> usize {
        match value {
            Value::Null | Value::Bool(true) => 4,
            Value::Bool(false) => 5,
            Value::Number(number) => {
                let mut length = Length(0);
                let _ = write!(length, "{number}");
                length.0
            }
            Value::String(text) => self.string(text),
            Value::Array(items) => {
                items.iter().map(|item| self.value(item) + 1).sum::<usize>()
                    + 1
                    + usize::from(items.is_empty())
            }
            Value::Object(members) => {
                members.iter().map(|(name, value)| self.name(name) + self.value(value) + 1).sum::<usize>()
                    + 1
                    + usize::from(members.is_empty())
            }
        }
    }

    /// Bytes of a string with its quotes.
    #[must_use]
    pub fn string(self, text: &str) -> usize {
        self.quotes() + self.content(text.as_bytes())
    }

    /// Bytes of a member's name and its colon.
    pub(super) fn name(self, name: &str) -> usize {
        self.string(name) + 1
    }

    /// Bytes of the two quotes of a string.
    pub(super) fn quotes(self) -> usize {
        match self {
            Self::Structured => 2,
            Self::Text => 4,
        }
    }

    fn content(self, text: &[u8]) -> usize {
        let (eights, rest) = text.as_chunks();
        let eights = eights.iter().map(|eight| {
            if is_bare(u64::from_ne_bytes(*eight)) { 8 } else { eight.iter().map(|b| self.byte(*b)).sum() }
        });
        eights.sum::<usize>() + rest.iter().map(|b| self.byte(*b)).sum::<usize>()
    }

    /// Bytes of one byte of a string.
    pub(super) fn byte(self, byte: u8) -> usize {
        match byte {
            b'"' | b'\\' => self.quotes(),
            b'\n' | b'\r' | b'\t' | 0x8 | 0xc => 2 + self.backslash(),
            0..0x20 => 6 + self.backslash(),
            _ => 1,
        }
    }

    /// Bytes that a backslash takes more than one.
    fn backslash(self) -> usize {
        usize::from(self == Self::Text)
    }
}

/// Whether eight bytes stand in JSON as they are.
fn is_bare(eight: u64) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = EACH << 7;
    let is = |byte: u8| {
        let other = eight ^ (EACH * u64::from(byte));
        other.wrapping_sub(EACH) & !other
    };
    let below_space = eight.wrapping_sub(EACH * 0x20) & !eight;
    (below_space | is(b'"') | is(b'\\')) & HIGH == 0
}

struct Length(usize);

impl fmt::Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

#[cfg(test)]
pub(in crate::tools) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Values of any shape, with text of any kind.
    pub(in crate::tools) fn value() -> impl Strategy<Value = Value> {
        let text = || {
            prop_oneof![
                "[ -~]{0,40}",
                "(?s).{0,8}",
                ("(?s).{0,5}", 0_usize..100).prop_map(|(text, times)| text.repeat(times))
            ]
        };
        let leaf = prop_oneof![
            1 => Just(Value::Null),
            1 => any::<bool>().prop_map(Value::from),
            1 => any::<i64>().prop_map(Value::from),
            1 => any::<u64>().prop_map(Value::from),
            1 => any::<f64>().prop_map(Value::from),
            5 => text().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 200, 12, move |inner| {
            let name = prop_oneof![
                proptest::sample::select(vec![
                    "value",
                    "data",
                    "error",
                    "id",
                    "@odata.nextLink",
                    "subject",
                    "body",
                    "results",
                    "from"
                ])
                .prop_map(str::to_owned),
                text(),
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..12).prop_map(Value::Array),
                proptest::collection::vec((name, inner), 0..12)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn empty_ones_have_their_brackets() {
        assert_eq!(
            Form::Structured.value(&json!([[], {}, "", null, false])),
            "[[],{},\"\",null,false]".len()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn what_is_counted_is_what_is_written(value in value()) {
            let once = value.to_string();
            prop_assert_eq!(Form::Structured.value(&value), once.len());
            let twice = serde_json::to_string(&once).unwrap();
            prop_assert_eq!(Form::Text.value(&value) + 2, twice.len());
        }
    }
}
