use super::super::find::{file, ignores_case, quoted, reading, switches};
use super::super::{Editor, Mode};
use super::set::{FilterEntry, Role};
use crate::search::{Kind, Query};

impl Editor {
    /// Copies the command that lists the same lines in a shell.
    pub fn copy_filter_command(&mut self) {
        let Some(tab) = self.tab() else { return };
        let set = self.line_list.set();
        let used: Vec<&FilterEntry> = set.used(Role::Show).chain(set.used(Role::Hide)).collect();
        let Some(first) = used.first() else {
            return self.tell("There is no filter yet.");
        };
        if tab.mode == Mode::Hex {
            return self.tell("A command lists lines of text, not rows of bytes.");
        }
        if used.iter().any(|entry| entry.query.kind == Kind::Number) {
            return self.tell("Numbers cannot be looked for by a command. Their bytes can, as hex.");
        }
        let shared = switches(&first.query);
        // What is switched differently is said in regexes.
        let is_shared = used.iter().all(|entry| switches(&entry.query) == shared);
        let texts: Option<Vec<String>> = match is_shared {
            true => Some(used.iter().map(|entry| entry.query.text.clone()).collect()),
            false => used.iter().map(|entry| as_regex(&entry.query)).collect(),
        };
        let Some(texts) = texts else {
            return self.tell(
                "One command cannot look for bytes, or for text with escapes or in another encoding, beside others.",
            );
        };
        let mut words = vec!["hextant --filter".to_owned()];
        words.extend(if is_shared { shared } else { vec!["--regex".to_owned()] });
        for (entry, text) in used.iter().zip(&texts) {
            let switch = if entry.role == Role::Hide { "--exclude" } else { "--include" };
            words.push(format!("{switch} {}", quoted(text)));
        }
        if let Some(record) = set.record() {
            words.push(format!("--record {}", quoted(record)));
        }
        if set.context > 0 {
            words.push(format!("-C {}", set.context));
        }
        words.extend(reading(tab));
        words.push(file(tab));
        self.copy_command(&words.join(" "));
    }
}

/// What finds the same beside others; `None` if no regex does.
fn as_regex(query: &Query) -> Option<String> {
    let text: String = match query.kind {
        _ if query.encoding.is_some() || query.kind == Kind::Literal && query.escapes => return None,
        Kind::Regex => query.text.clone(),
        Kind::Literal => {
            query.text.chars().flat_map(|c| if is_special(c) { vec!['\\', c] } else { vec![c] }).collect()
        }
        Kind::Hex | Kind::Number => return None,
    };
    let (start, end) = if query.whole_word { (r"\b", r"\b") } else { ("", "") };
    let flags = if ignores_case(query) { "i" } else { "" };
    Some(format!("(?{flags}:{start}{text}{end})"))
}

/// Does it mean something else in a regex?
fn is_special(c: char) -> bool {
    r"\.+*?()|[]{}^$#&-~".contains(c)
}
