use super::{Conversion, Dialog, Editor, Tab, TabId, Task};
use crate::document::{Content, LineBreak};
use crate::text::{Confidence, Detected, Encoding, LineEnding, LineEndings, Reading, Unmappable};

/// Line ends of shorter documents are counted without being asked for.
const COUNTED_AT_ONCE: u64 = 64 << 20;

/// What an encoding is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodingPurpose {
    /// To read the same bytes as other characters.
    Reopen,
    /// To write the same characters as other bytes.
    Convert,
}

/// The list of encodings, to choose from.
#[derive(Debug)]
pub struct EncodingBox {
    pub purpose: EncodingPurpose,
    /// What narrows the list.
    pub input: String,
    /// Among those that match.
    pub chosen: usize,
    pub(super) tab: TabId,
}

/// An encoding, and whether a file in it starts with its byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodingChoice {
    pub encoding: Encoding,
    pub has_bom: bool,
}

impl EncodingChoice {
    /// As the status bar names it.
    pub fn name(self) -> String {
        match (self.has_bom, self.encoding.unit()) {
            (true, 1) => format!("{} with BOM", self.encoding.name()),
            _ => self.encoding.name().to_owned(),
        }
    }
}

impl EncodingBox {
    /// What the list shows, in its order: what has all words of the input in its name or group, or has the input for
    /// another name (`latin1`, `cp1252`). Hyphens and the like do not matter: nobody remembers whether it is UTF-16LE,
    /// UTF-16 LE or utf_16le.
    pub fn matches(&self) -> Vec<EncodingChoice> {
        let plain_text = |text: &str| -> String {
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let words: Vec<String> = self.input.split_whitespace().map(plain_text).collect();
        let named = Encoding::named(self.input.trim());
        let plain = |&encoding: &Encoding| {
            // UTF-16 is told by its mark, so that is written with it.
            let has_bom = self.purpose == EncodingPurpose::Convert && encoding.unit() > 1;
            EncodingChoice { encoding, has_bom }
        };
        let mut choices: Vec<_> = Encoding::ALL.iter().map(plain).collect();
        if self.purpose == EncodingPurpose::Convert {
            choices.insert(1, EncodingChoice { encoding: Encoding::UTF_8, has_bom: true });
        }
        choices.retain(|choice| {
            let told = plain_text(&format!("{} {}", choice.name(), choice.encoding.group()));
            named == Some(choice.encoding) || words.iter().all(|word| told.contains(word.as_str()))
        });
        choices
    }

    pub(super) fn choice(&self) -> Option<EncodingChoice> {
        self.matches().get(self.chosen).copied()
    }
}

impl Editor {
    /// Opens the list of encodings for the active tab.
    pub(super) fn ask_for_encoding(&mut self, purpose: EncodingPurpose) {
        let Some(tab) = self.tab() else { return };
        let (id, encoding, has_bom) = (tab.id, tab.reading().encoding, tab.has_bom);
        if purpose == EncodingPurpose::Convert && self.refuses_edits() {
            return;
        }
        let mut list = EncodingBox { purpose, input: String::new(), chosen: 0, tab: id };
        let is_own = |choice: &EncodingChoice| {
            choice.encoding == encoding && (encoding.unit() > 1 || choice.has_bom == has_bom)
        };
        let matches = list.matches();
        let own = matches.iter().position(is_own);
        list.chosen = own.or(matches.iter().position(|choice| choice.encoding == encoding)).unwrap_or(0);
        self.open_dialog(Dialog::Encoding(list));
    }

    pub(super) fn encoding_chosen(&mut self, list: EncodingBox) {
        let Some(choice) = list.choice() else {
            self.dialog = Some(Dialog::Encoding(list));
            return;
        };
        match list.purpose {
            EncodingPurpose::Reopen => self.reopen_with(list.tab, choice.encoding),
            EncodingPurpose::Convert => self.convert(list.tab, Conversion::Encoding(choice)),
        }
    }

    /// Reads the bytes of a tab in another encoding: edits and history stay, lines are counted anew if they end
    /// otherwise.
    pub(super) fn reopen_with(&mut self, id: TabId, encoding: Encoding) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let tab = &mut self.tabs[index];
        let line_break = match (tab.reading().line_break, encoding.unit()) {
            (LineBreak::Cr, 1) => LineBreak::Cr,
            _ => encoding.line_break(),
        };
        tab.confidence = Confidence::Certain;
        tab.chosen_encoding = Some(encoding);
        self.read_as(index, Reading { encoding, line_break, ..self.tabs[index].reading() });
        let tab = &self.tabs[index];
        if let Some(path) = tab.path.clone().filter(|_| !tab.without_trace) {
            self.session.remember_encoding(&path, encoding);
            self.write_session();
        }
    }

    /// Has a tab's bytes read in another way.
    pub(super) fn read_as(&mut self, index: usize, reading: Reading) {
        let tab = &mut self.tabs[index];
        let id = tab.id;
        tab.document.end_step();
        tab.set_reading(reading);
        tab.endings = None;
        // What was being counted may be other line ends.
        self.cancel(Task::Count, id);
        self.cancel(Task::Endings, id);
        self.count_lines(id);
        self.count_endings_if_small(id);
    }
}

impl Tab {
    /// Takes over what samples of the file tell of it, but for what the person chose.
    pub(super) fn detected(&mut self, detected: &Detected, chosen: Option<Encoding>) {
        let chosen = chosen.or(self.chosen_encoding);
        let encoding = chosen.unwrap_or(detected.encoding);
        let as_detected = encoding == detected.encoding;
        self.chosen_encoding = chosen;
        self.has_bom = detected.has_bom && as_detected;
        self.confidence = if chosen.is_some() { Confidence::Certain } else { detected.confidence };
        self.line_ending = detected.line_ending.unwrap_or_default();
        let line_break = line_break(encoding, detected.line_ending);
        self.set_reading(Reading { encoding, line_break, ..self.reading() });
    }

    /// Has its bytes read in another way.
    pub(super) fn set_reading(&mut self, reading: Reading) {
        self.shape.reading = reading;
        if self.document.snapshot().line_break() != reading.line_break {
            self.document.set_line_break(reading.line_break);
        }
    }

    /// After undo or redo: is it read again as it was in that state? True if that is otherwise than before.
    pub(super) fn read_as_before(&mut self) -> bool {
        let state = self.document.snapshot().state();
        let Some(&(_, reading, has_bom)) = self.readings.iter().rev().find(|(of, ..)| *of == state) else {
            return false;
        };
        self.has_bom = has_bom;
        let Reading { tab, escapes, .. } = self.reading();
        let reading = Reading { tab, escapes, ..reading };
        let other = reading != self.reading();
        self.set_reading(reading);
        other
    }

    /// Text as content of the document, in its encoding.
    pub(super) fn encoded(&self, text: &str) -> Result<Content, Unmappable> {
        let encoding = self.reading().encoding;
        if encoding == Encoding::UTF_8 {
            return Ok(Content::Text(text.to_owned()));
        }
        Ok(Content::Bytes(encoding.encode(text)?.into_owned()))
    }

    /// What Enter inserts, in the document's encoding, which has every line end.
    pub(super) fn line_end(&self) -> Content {
        let ending = self.line_ending.as_str();
        self.encoded(ending).unwrap_or_else(|_| Content::Text(ending.to_owned()))
    }

    /// How many line ends of each kind it had when they were counted, and whether that is still so.
    pub fn endings(&self) -> Option<(LineEndings, bool)> {
        let (revision, endings) = self.endings?;
        Some((endings, revision == self.document.snapshot().revision()))
    }

    /// Is it so short that nobody will notice when its line ends are counted?
    pub fn counts_endings_at_once(&self) -> bool {
        self.stream.is_none() && self.document.len() <= COUNTED_AT_ONCE
    }

    /// As the status bar names its encoding.
    pub fn encoding_name(&self) -> String {
        let encoding = self.reading().encoding;
        EncodingChoice { encoding, has_bom: self.has_bom }.name()
    }
}

/// What ends the lines of a document in which this line ending is the commonest.
pub(super) fn line_break(encoding: Encoding, line_ending: Option<LineEnding>) -> LineBreak {
    match (line_ending, encoding.unit()) {
        (Some(LineEnding::Cr), 1) => LineBreak::Cr,
        _ => encoding.line_break(),
    }
}
