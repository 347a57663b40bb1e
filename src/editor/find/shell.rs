use super::super::{Editor, FilterEntry, Request, Tab};
use crate::search::{Case, Kind, Query};

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
        if let Some(range) = tab.searched() {
            words.push(format!("--range {}..{}", range.start, range.end));
        }
        words.push(file(tab));
        self.copy_command(&words.join(" "));
    }

    /// Copies the command that lists the same lines in a shell.
    pub fn copy_filter_command(&mut self) {
        let Some(tab) = self.tab() else { return };
        let used =
            self.line_list.entries().iter().filter(|entry| entry.is_on && !entry.query.text.is_empty());
        let used: Vec<&FilterEntry> = used.collect();
        let [first, rest @ ..] = &used[..] else {
            return self.tell("There is no filter yet.");
        };
        let how = |entry: &FilterEntry| switches(&entry.query);
        if rest.iter().any(|entry| how(entry) != how(first)) {
            return self
                .tell("A command looks for all its texts in the same way; these filters differ in that.");
        }
        let mut words = vec!["hextant".to_owned(), "--filter".to_owned()];
        for entry in &used {
            let switch = if entry.hides { "--exclude" } else { "--include" };
            words.push(format!("{switch} {}", quoted(&entry.query.text)));
        }
        words.extend(how(first));
        words.push(file(tab));
        self.copy_command(&words.join(" "));
    }

    fn copy_command(&mut self, command: &str) {
        self.requests.push(Request::Copy(command.to_owned()));
        self.tell(format!("Copied: {command}"));
    }
}

fn file(tab: &Tab) -> String {
    match &tab.path {
        Some(path) => quoted(&path.to_string_lossy()),
        None => "-".to_owned(),
    }
}

fn switches(query: &Query) -> Vec<String> {
    let mut switches = Vec::new();
    let mut push = |on: bool, switch: &str| {
        if on {
            switches.push(switch.to_owned());
        }
    };
    let is_text = matches!(query.kind, Kind::Literal | Kind::Regex);
    let ignores_case = match query.case {
        Case::Smart => !query.text.chars().any(char::is_uppercase),
        Case::Sensitive => false,
        Case::Insensitive => true,
    };
    push(query.kind == Kind::Regex, "--regex");
    push(query.kind == Kind::Hex, "--hex-pattern");
    push(query.kind == Kind::Literal && query.escapes, "--escapes");
    push(is_text && ignores_case && query.text.chars().any(char::is_alphabetic), "-i");
    push(is_text && query.whole_word, "-w");
    if let Some(encoding) = query.encoding.filter(|_| is_text) {
        switches.push(format!("--encoding {}", quoted(encoding.name())));
    }
    switches
}

/// As one word of a POSIX shell.
fn quoted(text: &str) -> String {
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
