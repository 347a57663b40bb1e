/// What stands at the start of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// A character and its bytes. (Of the four letters that Big5 stores as two characters, the first one.)
    Char(char, usize),
    /// So many bytes together are no character.
    Invalid(usize),
    /// The bytes so far may be the beginning of a character. If no more come, so many together are none: 0 of an
    /// empty slice.
    Cut(usize),
}

impl First {
    /// The bytes that stand for themselves if the document ends where the slice does.
    pub fn len(self) -> usize {
        match self {
            Self::Char(_, len) | Self::Invalid(len) | Self::Cut(len) => len,
        }
    }
}
