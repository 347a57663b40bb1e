//! What can be understood of a file of ours that is damaged, or of another version.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Lines that are no TOML are left out, up to so many; what is behind them then is forgotten.
const BROKEN_LINES: usize = 16;

/// All that can be understood of `text`, and what is wrong with the rest, as the end of a sentence.
pub(super) fn salvaged<T: Default + DeserializeOwned>(text: &str) -> (T, Option<String>) {
    let error = match toml::from_str(text) {
        Ok(value) => return (value, None),
        Err(error) => error,
    };
    let table = without_broken_lines(text);
    let kept = kept(Value::Table(table), &|value| value.try_into::<T>().is_ok());
    let value = kept.and_then(|value| value.try_into().ok()).unwrap_or_default();
    (value, Some(format!("is not understood: {}. The rest of it was taken.", error.message())))
}

fn without_broken_lines(text: &str) -> Table {
    let mut text = text.to_owned();
    for _ in 0..BROKEN_LINES {
        let error = match text.parse::<Table>() {
            Ok(table) => return table,
            Err(error) => error,
        };
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        // What is missing at the end is missing in the last line.
        let at = if at == text.len() { text.trim_end_matches('\n').len() } else { at };
        let start = text.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let end = text.as_bytes()[at..].iter().position(|byte| *byte == b'\n');
        text.replace_range(start..end.map_or(text.len(), |end| at + end + 1), "");
    }
    // What stands before the first that is still wrong.
    let end = text.parse::<Table>().err().and_then(|error| error.span()).map_or(0, |span| span.start);
    let end = text.as_bytes()[..end.min(text.len())].iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    text.get(..end).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The parts of `value` that are accepted, each for itself; `None` where there are none.
fn kept(value: Value, accepts: &dyn Fn(Value) -> bool) -> Option<Value> {
    if accepts(value.clone()) {
        return Some(value);
    }
    match value {
        Value::Array(parts) => {
            let part = |part| kept(part, &|part| accepts(Value::Array(vec![part])));
            Some(Value::Array(parts.into_iter().filter_map(part).collect()))
                .filter(|all| accepts(all.clone()))
        }
        Value::Table(parts) => {
            let only = |name: &str, part| Value::Table([(name.to_owned(), part)].into_iter().collect());
            let part = |(name, part): (String, Value)| {
                let part = kept(part, &|part| accepts(only(&name, part)))?;
                Some((name, part))
            };
            Some(Value::Table(parts.into_iter().filter_map(part).collect()))
                .filter(|all| accepts(all.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Sample {
        numbers: Vec<u64>,
        names: BTreeMap<String, u8>,
        inner: Vec<Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        a: u8,
        b: bool,
    }

    #[test]
    fn what_is_wrong_costs_only_itself() {
        let text = "numbers = [1, \"two\", 3]\n[names]\nx = 1\ny = 999\n[[inner]]\na = 7\nb = \"no\"\n[[inner]]\nb = true\n";
        let (sample, error) = salvaged::<Sample>(text);
        assert!(error.is_some());
        assert_eq!(sample.numbers, [1, 3]);
        assert_eq!(sample.names, BTreeMap::from([("x".to_owned(), 1)]));
        assert_eq!(sample.inner, [Inner { a: 7, b: false }, Inner { a: 0, b: true }]);
    }

    #[test]
    fn a_line_that_is_no_toml_costs_only_itself() {
        let text = "numbers = [1]\n[names]\nx = \u{1}1\ny = 2\n= 3\nz = 4\n[[inner]]\na = 7\n";
        let (sample, error) = salvaged::<Sample>(text);
        assert!(error.is_some());
        assert_eq!(sample.numbers, [1]);
        assert_eq!(sample.names, BTreeMap::from([("y".to_owned(), 2), ("z".to_owned(), 4)]));
        assert_eq!(sample.inner, [Inner { a: 7, b: false }]);
    }

    #[test]
    fn a_file_that_was_cut_off_is_taken_up_to_there() {
        let (sample, error) = salvaged::<Sample>("numbers = [1]\n[names]\nx = 5\ny = ");
        assert!(error.is_some());
        assert_eq!((sample.numbers, sample.names), (vec![1], BTreeMap::from([("x".to_owned(), 5)])));
        assert_eq!(salvaged::<Sample>("").1, None);
    }
}
