//! Statuses of C-STORE and C-ECHO (PS3.7 annex C, PS3.4 B.2.3).

/// What a DIMSE response says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u16);

impl Status {
    pub(crate) const SUCCESS: Self = Self(0x0000);
    pub(crate) const DUPLICATE_INSTANCE: Self = Self(0x0111);
    pub(crate) const CLASS_NOT_SUPPORTED: Self = Self(0x0122);
    pub(crate) const UNRECOGNIZED_OPERATION: Self = Self(0x0211);
    pub(crate) const OUT_OF_RESOURCES: Self = Self(0xA700);
    pub(crate) const DATA_SET_DOES_NOT_MATCH: Self = Self(0xA900);
    pub(crate) const CANNOT_UNDERSTAND: Self = Self(0xC000);

    /// What it means that a peer answers this to a C-STORE request.
    pub(crate) fn meaning(self) -> Meaning {
        match self.0 {
            // The same UID is the same result: it is where it should be.
            0x0000 => Meaning::Stored,
            _ if self == Self::DUPLICATE_INSTANCE => Meaning::Stored,
            // Coercion, elements discarded, and other warnings: it is stored.
            0x0001 | 0x0107 | 0x0116 | 0xB000..=0xBFFF => Meaning::Stored,
            // Out of resources, processing failure, resource limitation.
            0xA700..=0xA7FF | 0x0110 | 0x0213 => Meaning::NotNow,
            // Not authorised, class or instance refused, does not match, not understood.
            0x0105..=0x0212 | 0xA800..=0xA9FF | 0xC000..=0xCFFF => Meaning::Never,
            _ => Meaning::NotNow,
        }
    }
}

/// What a status means for what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It is there.
    Stored,
    /// It may be taken later.
    NotNow,
    /// It will not be taken.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By PS3.4 table B.2-1 and PS3.7 annex C.
    #[test]
    fn what_may_change_is_told_from_what_does_not() {
        for (status, meaning) in [
            (0x0000, Meaning::Stored),
            (0xB000, Meaning::Stored),
            (0xB007, Meaning::Stored),
            (0x0111, Meaning::Stored),
            (0xA700, Meaning::NotNow),
            (0xA702, Meaning::NotNow),
            (0x0110, Meaning::NotNow),
            (0x0122, Meaning::Never),
            (0x0124, Meaning::Never),
            (0xA900, Meaning::Never),
            (0xC123, Meaning::Never),
        ] {
            assert_eq!(Status(status).meaning(), meaning, "{status:04X}");
        }
    }
}
