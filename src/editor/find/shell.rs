use super::super::{Editor, Request, Tab};
use crate::search::{Case, Kind, Query};
use crate::text::Encoding;

impl Editor {
    /// Copies the command that does the same in a shell.
    pub(in crate::editor) fn copy_find_command(&mut self) {
        let Some(tab) = self.tab() else { return };
        let query = &self.find.query;
        if query.text.is_empty() {
            return self.tell("There is nothing to look for yet.");
        }
        if query.kind == Kind::Number {
            return self.tell("Numbers cannot be looked for by a command. Their bytes can: switch to hex.");
        }
        let mut words = vec!["hextant".to_owned()];
        if self.find.has_replacement() {
            words.extend(["--replace".to_owned(), quoted(&query.text), quoted(&self.find.replacement)]);
        } else {
            words.extend(["--find".to_owned(), quoted(&query.text)]);
        }
        words.extend(switches(query));
        words.extend(reading(tab));
        if let Some(range) = tab.searched() {
            words.push(format!("--range {}..{}", range.start, range.end));
        }
        words.push(file(tab));
        self.copy_command(&words.join(" "));
    }

    pub(in crate::editor) fn copy_command(&mut self, command: &str) {
        self.requests.push(Request::Copy(command.to_owned()));
        self.tell(format!("Copied: {command}"));
    }
}

pub(in crate::editor) fn file(tab: &Tab) -> String {
    match &tab.path {
        Some(path) => quoted(&path.to_string_lossy()),
        None => "-".to_owned(),
    }
}

/// How the document is read, if that is not seen from its bytes.
pub(in crate::editor) fn reading(tab: &Tab) -> Option<String> {
    let encoding = tab.reading().encoding;
    let is_told = encoding == Encoding::UTF_8 || tab.has_bom;
    (!is_told).then(|| format!("--encoding {}", quoted(encoding.name())))
}

pub(in crate::editor) fn switches(query: &Query) -> Vec<String> {
    let mut switches = Vec::new();
    let mut push = |on: bool, switch: &str| {
        if on {
            switches.push(switch.to_owned());
        }
    };
    let is_text = matches!(query.kind, Kind::Literal | Kind::Regex);
    push(query.kind == Kind::Regex, "--regex");
    push(query.kind == Kind::Hex, "--hex-pattern");
    push(query.kind == Kind::Literal && query.escapes, "--escapes");
    push(is_text && ignores_case(query), "-i");
    push(is_text && query.whole_word, "-w");
    if let Some(encoding) = query.encoding.filter(|_| is_text) {
        switches.push(format!("--pattern-encoding {}", quoted(encoding.name())));
    }
    switches
}

pub(in crate::editor) fn ignores_case(query: &Query) -> bool {
    match query.case {
        Case::Smart => {
            query.text.chars().any(char::is_alphabetic) && !query.text.chars().any(char::is_uppercase)
        }
        Case::Sensitive => false,
        Case::Insensitive => true,
    }
}

/// As one word of a POSIX shell.
pub(in crate::editor) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,+@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_reads_what_was_typed() {
        for (text, word) in [
            ("plain-1.txt", "plain-1.txt"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("$HOME *", "'$HOME *'"),
            ("-v", "'-v'"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }
}
