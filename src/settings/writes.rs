//! Which writes are allowed: none, unless told.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a request does to what is there. Reading is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteClass {
    /// Adds an entity to a collection.
    Create,
    /// Changes an entity.
    Update,
    /// Removes an entity.
    Delete,
    /// All else that is no reading: sends a mail, moves a file, whatever an action does.
    Action,
}

impl WriteClass {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::Action];

    /// Its word in `WORKIQ_ALLOW_WRITES`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Action => "action",
        }
    }
}

impl WriteClass {
    /// What it does, to stand behind "to".
    #[must_use]
    pub fn deed(self) -> &'static str {
        match self {
            Self::Create => "create anything",
            Self::Update => "change anything",
            Self::Delete => "delete anything",
            Self::Action => "run an action that does more than read",
        }
    }
}

impl fmt::Display for WriteClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The classes of writes that an administrator allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Writes {
    allowed: [bool; 4],
}

impl Writes {
    /// What a value should look like.
    pub const EXPECTED: &str = "true, or a list of create, update, delete and action, separated by commas";

    /// Reads `true`, `false` or a list such as `create,update`.
    ///
    /// # Errors
    /// What is wrong, to stand behind the value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "true" => return Ok(Self { allowed: [true; 4] }),
            "false" => return Ok(Self::default()),
            _ => {}
        }
        let mut writes = Self::default();
        for word in text.split(',').map(str::trim) {
            let class = WriteClass::ALL.into_iter().find(|class| class.word() == word);
            writes.allowed[class.ok_or("names what is no class of writes")? as usize] = true;
        }
        Ok(writes)
    }

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { allowed: std::array::from_fn(|at| self.allowed[at] && other.allowed[at]) }
    }

    /// Whether `class` is allowed.
    #[must_use]
    pub fn allow(self, class: WriteClass) -> bool {
        self.allowed[class as usize]
    }

    /// Whether none is.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// As in `WORKIQ_ALLOW_WRITES`.
impl fmt::Display for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> =
            WriteClass::ALL.into_iter().filter(|class| self.allow(*class)).map(WriteClass::word).collect();
        f.write_str(if words.is_empty() { "false" } else { "" })?;
        f.write_str(&words.join(","))
    }
}

impl TryFrom<String> for Writes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Writes> for String {
    fn from(writes: Writes) -> Self {
        writes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_not_allowed() {
        let of = |text| Writes::parse(text).map(|writes| writes.to_string());
        assert_eq!(of("true").as_deref(), Ok("create,update,delete,action"));
        assert_eq!(of("false").as_deref(), Ok("false"));
        assert_eq!(of("update, create").as_deref(), Ok("create,update"));
        for bad in ["True", "1", "yes", "all", "create;update", "create,", "read", "send"] {
            assert!(of(bad).is_err(), "{bad}");
        }
        assert!(Writes::default().is_none());
        let only = Writes::parse("create").unwrap();
        assert!(only.allow(WriteClass::Create) && !only.allow(WriteClass::Action));
        let both = only.and(Writes::parse("update").unwrap());
        assert!(both.is_none() && only.and(Writes::parse("true").unwrap()) == only);
    }
}
