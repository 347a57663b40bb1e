//! Files of our own out of any bytes, and damaged ones.

use proptest::prelude::*;

use super::super::fuzzing;
use super::*;
use crate::source::testing::damaged;

const SESSION: &str = "recent = [\n    \"/home/a.log\",\n    \"/home/b.log\",\n]\nopening = []\n\n[modes]\n\"/home/a.log\" = \
                       \"hex\"\n\n[[open]]\npath = \"/home/a.log\"\nis_active = true\nmode = \"hex\"\ncarets = [[1, 2], [5, \
                       5]]\ntext_top = 7\n\n[[open]]\npath = \"/home/b.log\"\nmode = \"text\"\n\n[window]\nsize = [800.0, \
                       600.0]\nposition = [10.0, 20.0]\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_are_a_session_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::session(&bytes);
    }

    #[test]
    fn any_toml_is_a_session(text in "(recent|open|window|size|\\[\\[open\\]\\]|\\[window\\]|path|carets|modes|[=\\[\\],\"a1\\n. -]){0,40}") {
        fuzzing::session(text.as_bytes());
    }

    #[test]
    fn a_damaged_session_is_one(way in 0_u8..5, first in any::<usize>(), second in any::<usize>()) {
        fuzzing::session(&damaged(SESSION.as_bytes(), way, first, second));
    }

    #[test]
    fn any_bytes_are_line_counts_or_none(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzzing::index(&bytes);
    }

    #[test]
    fn counts_that_make_no_sense_are_not_believed(
        lane in 0_u8..5, chunk in 0_u32..30, len in 0_u64..2000, counts in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut bytes = b"hextant lines 1\n".to_vec();
        bytes.push(lane);
        bytes.extend((1_u64 << chunk).to_le_bytes());
        bytes.extend(len.to_le_bytes());
        bytes.extend(counts);
        fuzzing::index(&bytes);
    }
}

#[test]
fn a_line_of_a_session_that_is_damaged_costs_what_it_says() {
    let (whole, error) = Session::from_text(SESSION);
    assert_eq!(error, None);
    assert_eq!(whole.recent().len(), 2);
    // In place of the mode of the first open file.
    let broken = SESSION.replacen("mode = \"hex\"", "mode = \"he\u{1}x\"", 1);
    let (session, error) = Session::from_text(&broken);
    assert!(error.unwrap().starts_with("is not understood"));
    assert_eq!((session.recent(), session.window()), (whole.recent(), whole.window()));
    let (mut session, _) =
        Session::from_text(&SESSION.replacen("mode = \"hex\"", "mode = \"of another version\"", 1));
    let open: Vec<PathBuf> = session.begin().0.into_iter().map(|file| file.path).collect();
    assert_eq!(open, [Path::new("/home/a.log"), Path::new("/home/b.log")]);
    let (session, _) = Session::from_text(&SESSION.replacen("800.0", "nan", 1));
    assert_eq!((session.recent(), session.window()), (whole.recent(), None));
}
