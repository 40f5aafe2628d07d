//! What may be done to an object of the boundary.

use crate::settings::writes::WriteClass;

/// What a request does to what it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Reads it.
    Read,
    /// Writes in this way.
    Write(WriteClass),
}

impl Deed {
    /// All of them, as they stand in `methods`.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Write(WriteClass::Create),
        Self::Write(WriteClass::Update),
        Self::Write(WriteClass::Delete),
        Self::Write(WriteClass::Action),
    ];

    /// Its word in `methods`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write(class) => class.word(),
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write(class) => 2 << class as u8,
        }
    }
}

/// The deeds that are allowed on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Methods(u8);

impl Methods {
    /// Every deed.
    pub const ALL: Self = Self(0b1_1111);
    /// No deed.
    pub const NONE: Self = Self(0);
    /// Reading, and nothing else.
    pub const READ: Self = Self(1);

    /// Whether `deed` is among them.
    #[must_use]
    pub fn allow(self, deed: Deed) -> bool {
        self.0 & deed.bit() != 0
    }

    /// Just `deed`.
    #[must_use]
    pub fn only(deed: Deed) -> Self {
        Self(deed.bit())
    }

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What either allows.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Their words, for people.
    #[must_use]
    pub fn words(self) -> String {
        let words: Vec<_> = Deed::ALL.into_iter().filter(|deed| self.allow(*deed)).map(Deed::word).collect();
        words.join(", ")
    }
}
