//! Rust source as a flat list of tokens, without comments and literals: just enough to see paths and keywords.

#[derive(Debug)]
pub struct Token {
    /// An identifier, a number, `::`, or one other character.
    pub text: String,
    /// Counted from 1.
    pub line: usize,
    /// Inside an item under `#[cfg(test)]`.
    pub in_test: bool,
}

pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens: Vec<Token> = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let rest = &chars[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => string(rest),
            ['r' | 'b' | 'c', ..] if let Some(length) = prefixed_literal(rest) => length,
            ['\'', ..] => character_or_quote(rest),
            [c, ..] if c.is_whitespace() => 1,
            [c, ..] => {
                let length = match c {
                    ':' if rest.get(1) == Some(&':') => 2,
                    _ if is_word(*c) => rest.iter().take_while(|c| is_word(**c)).count(),
                    _ => 1,
                };
                tokens.push(Token { text: rest[..length].iter().collect(), line, in_test: false });
                length
            }
            [] => unreachable!("at < chars.len()"),
        };
        line += rest[..length].iter().filter(|c| **c == '\n').count();
        at += length;
    }
    mark_test_items(&mut tokens);
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of `"…"`.
fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// The length of `b"…"`, `c"…"`, `r"…"`, `br#"…"#`, `b'…'` and their kin.
fn prefixed_literal(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().take_while(|c| matches!(c, 'r' | 'b' | 'c')).count();
    let raw = rest[..prefix].contains(&'r');
    let hashes = rest[prefix..].iter().take_while(|c| raw && **c == '#').count();
    let open = prefix + hashes;
    match rest.get(open)? {
        '"' if raw => {
            let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let body = &rest[open + 1..];
            let end = body.windows(close.len()).position(|window| window == close);
            Some(end.map_or(rest.len(), |end| open + 1 + end + close.len()))
        }
        '"' => Some(prefix + string(&rest[prefix..])),
        '\'' if rest[..prefix] == ['b'] => Some(1 + character_or_quote(&rest[1..])),
        _ => None,
    }
}

/// The length of `'x'` or `'\…'`, or 1 for the quote of a lifetime.
fn character_or_quote(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', _, tail @ ..] => {
            3 + tail.iter().position(|c| *c == '\'').map_or(tail.len(), |end| end + 1)
        }
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

/// An item under `#[cfg(test)]` reaches to its `;`, or to the brace that closes its first one.
fn mark_test_items(tokens: &mut [Token]) {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut at = 0;
    while at + attribute.len() <= tokens.len() {
        let found = tokens[at..].iter().zip(attribute).all(|(token, text)| token.text == text);
        if !found {
            at += 1;
            continue;
        }
        let mut depth = 0;
        at += attribute.len();
        while at < tokens.len() {
            tokens[at].in_test = true;
            match tokens[at].text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 && matches!(tokens[at].text.as_str(), "}" | ";");
            at += 1;
            if ends {
                break;
            }
        }
    }
}
