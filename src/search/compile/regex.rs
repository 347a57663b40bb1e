use regex_syntax::ast::{self, Ast, ClassSet, ClassSetItem, HexLiteralKind, LiteralKind, Visitor};
use regex_syntax::hir::{Hir, translate};

use super::line_end;
use crate::search::hir;
use crate::search::pattern::Target;
use crate::search::query::{Case, Query, QueryError};

/// The regex over characters, wherever it does not name bytes.
pub(super) fn regex(query: &Query, target: Target) -> Result<Hir, QueryError> {
    let mut ast =
        ast::parse::ParserBuilder::new().octal(false).build().parse(&query.text).map_err(|error| {
            let span = error.span();
            QueryError::new(span.start.offset..span.end.offset, wrong_syntax(error.kind()))
        })?;
    if target.binary {
        bytes_by_hex(&mut ast);
    }
    let insensitive = match query.case {
        Case::Sensitive => false,
        Case::Insensitive => true,
        Case::Smart => !ast::visit(&ast, Capitals(false)).unwrap_or(true),
    };
    let mut translator = translate::TranslatorBuilder::new()
        .utf8(false)
        .multi_line(true)
        .crlf(true)
        .case_insensitive(insensitive)
        .build();
    let mut hir = translator.translate(&query.text, &ast).map_err(|error| {
        let span = error.span();
        QueryError::new(span.start.offset..span.end.offset, sentence(&error.kind().to_string()))
    })?;
    if query.within_lines {
        let end = line_end(target.line_break);
        hir = hir::without(&hir, end);
        if hir::can_hold(&hir, end) {
            let message = "No match can hold the end of a line here.";
            return Err(QueryError::new(0..query.text.len(), message));
        }
    }
    if query.whole_word {
        hir = hir::whole_word(hir);
    }
    Ok(hir)
}

fn wrong_syntax(kind: &ast::ErrorKind) -> String {
    match kind {
        ast::ErrorKind::UnsupportedLookAround => {
            "Look-around is not available: it would make the time of a search unbounded. Match what stands around it \
             too, in a group, and put it back with $1; or use \\b, ^ and $."
                .to_owned()
        }
        ast::ErrorKind::UnsupportedBackreference => {
            "Backreferences are not available in what is looked for: they would make the time of a search unbounded. \
             Write out the alternatives, as in (?:'[^']*'|\"[^\"]*\"); in a replacement, $1 stands for a group."
                .to_owned()
        }
        kind => sentence(&kind.to_string()),
    }
}

/// A message of the parser as a sentence.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

/// Does a capital letter stand for itself anywhere?
struct Capitals(bool);

impl Visitor for Capitals {
    type Output = bool;
    type Err = ();

    fn finish(self) -> Result<bool, ()> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), ()> {
        if let Ast::Literal(literal) = ast {
            self.0 |= literal.c.is_uppercase();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), ()> {
        self.0 |= match item {
            ClassSetItem::Literal(literal) => literal.c.is_uppercase(),
            ClassSetItem::Range(range) => range.start.c.is_uppercase() || range.end.c.is_uppercase(),
            _ => false,
        };
        Ok(())
    }
}

/// Makes `\xFF` that byte, and not U+00FF: by `(?-u:\xFF)`.
fn bytes_by_hex(ast: &mut Ast) {
    let is_byte = match ast {
        Ast::Literal(literal) => names_byte(literal),
        Ast::ClassBracketed(class) => class_names_byte(&class.kind),
        Ast::Repetition(repetition) => return bytes_by_hex(&mut repetition.ast),
        Ast::Group(group) => return bytes_by_hex(&mut group.ast),
        Ast::Alternation(alternation) => return alternation.asts.iter_mut().for_each(bytes_by_hex),
        Ast::Concat(concat) => return concat.asts.iter_mut().for_each(bytes_by_hex),
        _ => false,
    };
    if !is_byte {
        return;
    }
    let span = *ast.span();
    let item = |kind| ast::FlagsItem { span, kind };
    let items = vec![item(ast::FlagsItemKind::Negation), item(ast::FlagsItemKind::Flag(ast::Flag::Unicode))];
    let kind = ast::GroupKind::NonCapturing(ast::Flags { span, items });
    let inner = Box::new(std::mem::replace(ast, Ast::empty(span)));
    *ast = Ast::group(ast::Group { span, kind, ast: inner });
}

fn names_byte(literal: &ast::Literal) -> bool {
    literal.kind == LiteralKind::HexFixed(HexLiteralKind::X) && u32::from(literal.c) >= 0x80
}

fn class_names_byte(class: &ClassSet) -> bool {
    match class {
        ClassSet::Item(item) => item_names_byte(item),
        ClassSet::BinaryOp(op) => class_names_byte(&op.lhs) || class_names_byte(&op.rhs),
    }
}

fn item_names_byte(item: &ClassSetItem) -> bool {
    match item {
        ClassSetItem::Literal(literal) => names_byte(literal),
        ClassSetItem::Range(range) => names_byte(&range.start) || names_byte(&range.end),
        ClassSetItem::Bracketed(class) => class_names_byte(&class.kind),
        ClassSetItem::Union(union) => union.items.iter().any(item_names_byte),
        _ => false,
    }
}
