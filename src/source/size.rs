use std::fmt;

/// Bytes for a person: exact up to 9,999, then with one decimal in binary units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    /// As short as can be: "512 B", "9.7 KiB".
    pub fn short(self) -> String {
        match self.0 {
            bytes @ 0..1024 => format!("{bytes} B"),
            _ => self.in_units(),
        }
    }

    fn in_units(self) -> String {
        const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        let unit = (self.0.max(1).ilog2() / 10).max(1);
        let tenths = (u128::from(self.0) * 10) >> (10 * unit);
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit as usize - 1])
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 byte"),
            bytes @ 0..10_000 => write!(f, "{bytes} bytes"),
            _ => f.write_str(&self.in_units()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_are_exact_when_small_and_short_when_large() {
        let shown = |bytes| Size(bytes).to_string();
        assert_eq!(shown(0), "0 bytes");
        assert_eq!(shown(1), "1 byte");
        assert_eq!(shown(9_999), "9999 bytes");
        assert_eq!(shown(10_240), "10.0 KiB");
        assert_eq!(shown(22_790 << 20), "22.2 GiB");
        assert_eq!(shown(103_184_793_600), "96.0 GiB");
        assert_eq!(shown(u64::MAX), "15.9 EiB");
        assert_eq!(Size(1023).short(), "1023 B");
        assert_eq!(Size(1536).short(), "1.5 KiB");
        assert_eq!(Size(0).short(), "0 B");
    }
}
