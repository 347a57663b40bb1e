//! What the text and the hex pane share: the mouse, input methods, marks of changes.

use std::ops::Range;
use std::sync::Arc;

use egui::{Color32, Event, EventFilter, Id, Painter, PointerButton, Pos2, Rect, Response, Sense, Ui, Vec2};

use super::grid::Grid;
use super::scrollbar;
use super::status::size;
use super::text_pane::spanning;
use super::theme::Palette;
use crate::document::Change;
use crate::editor::{Editor, Pane, Tab};
use crate::hex;
use crate::view::{Pending, Selection};

/// Clicks closer than this, in seconds and points, count as one double or triple click.
const AGAIN: (f64, f32) = (0.4, 5.0);

/// Old contents shown when hovering a change, at most.
const TIP: u64 = 256;

/// The mouse over the panes, from frame to frame.
#[derive(Debug, Default)]
pub struct Pointing {
    last: Option<(f64, Pos2, u32)>,
    drag: Option<Drag>,
    sideways: f32,
}

#[derive(Debug)]
struct Drag {
    pane: Pane,
    /// What the first click selected.
    anchor: Range<u64>,
    /// 1: by characters, 2: by words, 3: by lines.
    unit: u32,
}

/// A press of the mouse in a pane.
pub struct Pressed {
    pub pos: Pos2,
    pub count: u32,
    pub extends: bool,
    /// The primary selection's text, for a middle click.
    pub paste: Option<String>,
}

impl Pointing {
    /// Makes `rect` the pane that keys and mouse go to.
    pub fn sense(&self, ui: &Ui, rect: Rect, pane: Pane, name: &'static str) -> Response {
        let id = id(pane);
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::MultilineTextInput, true, name));
        if response.hovered() {
            ui.set_cursor_icon(egui::CursorIcon::Text);
        }
        if ui.memory(|memory| memory.has_focus(id)) {
            let filter =
                EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        response
    }

    /// How far the wheel turned over `rect` in this frame, in points; not while it zooms.
    pub fn wheel(&self, ui: &Ui, rect: Rect) -> Option<Vec2> {
        let over = ui.rect_contains_pointer(rect);
        let delta = ui.input(|input| input.smooth_scroll_delta());
        (over && delta != Vec2::ZERO && !ui.input(|input| input.modifiers.command)).then_some(delta)
    }

    /// Adds up fractions of columns.
    pub fn whole_columns(&mut self, columns: f32) -> i64 {
        self.sideways += columns;
        let whole = self.sideways.trunc();
        self.sideways -= whole;
        whole as i64
    }

    /// A press in the pane, or in the gutter beside it.
    pub fn pressed(&mut self, ui: &Ui, response: &Response, gutter: Rect) -> Option<Pressed> {
        let on_top = |pos: Pos2| ui.ctx().layer_id_at(pos).is_none_or(|layer| layer == ui.layer_id());
        let here = |pos: Pos2| (response.rect.contains(pos) || gutter.contains(pos)) && on_top(pos);
        let (time, events) = ui.input(|input| (input.time, input.events.clone()));
        for event in events {
            match event {
                Event::PointerButton { pos, button: PointerButton::Primary, pressed: true, modifiers }
                    if here(pos) =>
                {
                    let count = match self.last {
                        Some((at, place, count)) if time - at < AGAIN.0 && place.distance(pos) < AGAIN.1 => {
                            count % 3 + 1
                        }
                        _ => 1,
                    };
                    self.last = Some((time, pos, count));
                    return Some(Pressed { pos, count, extends: modifiers.shift, paste: None });
                }
                Event::MiddleClickPaste { pos, text } if here(pos) => {
                    return Some(Pressed { pos, count: 1, extends: false, paste: Some(text) });
                }
                _ => {}
            }
        }
        None
    }

    /// Begins a selection at `at`, by as many clicks as `unit`.
    pub fn begin(
        &mut self,
        tab: &mut Tab,
        pane: Pane,
        at: u64,
        unit: u32,
        extends: bool,
        wanted: &mut Vec<Range<u64>>,
    ) {
        tab.focus(pane);
        if extends {
            let anchor = tab.selection.primary().anchor;
            self.drag = Some(Drag { pane, anchor: anchor..anchor, unit: 1 });
            tab.select_in_sight(Selection::range(anchor, at));
            return;
        }
        let anchor = around(tab, pane, at, unit, wanted);
        tab.select_in_sight(Selection::range(anchor.start, anchor.end));
        self.drag = Some(Drag { pane, anchor, unit });
    }

    /// Where the pointer is, while it drags a selection of `pane`.
    pub fn dragging(&mut self, ui: &Ui, pane: Pane) -> Option<Pos2> {
        self.drag.as_ref().filter(|drag| drag.pane == pane)?;
        if !ui.input(|input| input.pointer.primary_down()) {
            self.drag = None;
            return None;
        }
        let pointer = ui.input(|input| input.pointer.latest_pos())?;
        // A click that does not move selects nothing.
        let start = self.last.map_or(pointer, |(_, pos, _)| pos);
        (start.distance(pointer) > 2.0).then_some(pointer)
    }

    /// Where the selection being dragged began.
    pub fn anchor(&self) -> Option<u64> {
        self.drag.as_ref().map(|drag| drag.anchor.start)
    }

    /// Extends the dragged selection to `at`.
    pub fn drag(&mut self, tab: &mut Tab, at: u64, wanted: &mut Vec<Range<u64>>) {
        let Some(drag) = &self.drag else { return };
        let reached = around(tab, drag.pane, at, drag.unit, wanted);
        let selection = spanning(&drag.anchor, &reached);
        if selection != tab.selection {
            tab.select_in_sight(selection);
        }
    }
}

/// Scrolls a pane while a selection is dragged beyond its edge, further out faster; sideways up to `furthest` columns.
/// Returns where the drag has come to in the pane.
#[allow(clippy::too_many_arguments)]
pub fn scroll_beyond(
    ui: &Ui,
    tab: &mut Tab,
    pane: Pane,
    content: Rect,
    pointer: Pos2,
    cell: Vec2,
    furthest: u64,
    wanted: &mut Vec<Range<u64>>,
) -> Pos2 {
    let inside = pointer.clamp(content.min, content.max - Vec2::splat(1.0));
    let beyond = (pointer - inside) / cell;
    let speed = |cells: f32| if cells.abs() < 0.1 { 0.0 } else { cells * 0.25 + cells.signum() * 0.1 };
    let rows = speed(beyond.y).clamp(-20.0, 20.0);
    if rows != 0.0
        && let Err(Pending(range)) = tab.scroll(pane, rows)
    {
        wanted.push(range);
    }
    let columns = speed(beyond.x).clamp(-20.0, 20.0);
    let by = columns.signum() as i64 * columns.abs().ceil() as i64;
    let left = tab.text.left.saturating_add_signed(by).min(furthest.max(tab.text.left));
    let sideways = pane == Pane::Text && left != tab.text.left;
    if sideways {
        tab.scroll_sideways(left);
    }
    if rows != 0.0 || sideways {
        ui.request_repaint();
    }
    inside
}

/// The character, word or line at `at`.
fn around(tab: &mut Tab, pane: Pane, at: u64, unit: u32, wanted: &mut Vec<Range<u64>>) -> Range<u64> {
    match tab.around(pane, at, unit) {
        Ok(range) => range,
        Err(Pending(range)) => {
            wanted.push(range);
            at..at
        }
    }
}

/// The id of a pane, which has the keyboard's focus while no dialog is open.
pub fn id(pane: Pane) -> Id {
    match pane {
        Pane::Text => Id::unique("text pane"),
        Pane::Hex => Id::unique("hex pane"),
    }
}

/// Text that an input method is composing: drawn at the caret, not yet in the document.
#[derive(Debug, Default)]
pub struct Composing {
    pub text: String,
}

impl Composing {
    pub fn paint(&self, painter: &Painter, grid: &Grid, at: Pos2, palette: &Palette) {
        let galley = painter.layout_no_wrap(self.text.clone(), grid.font.clone(), palette.text);
        let rect = Rect::from_min_size(at, egui::vec2(galley.size().x, grid.cell.y));
        painter.rect_filled(rect, 0.0, palette.current_line);
        grid.paint(painter, at, galley, palette.text);
        painter.hline(rect.x_range(), rect.bottom() - 1.0, egui::Stroke::new(1.0, palette.accent));
    }

    /// Tells the input method where its window belongs.
    pub fn place(&self, ui: &Ui, rect: Rect, cursor_rect: Rect) {
        ui.output_mut(|output| {
            output.ime = Some(egui::output::IMEOutput {
                purpose: egui::IMEPurpose::Normal,
                rect,
                cursor_rect,
                should_interrupt_composition: false,
            });
        });
    }
}

/// What is found, as far as it is on screen.
#[derive(Default)]
pub struct Highlights {
    /// In order.
    pub matches: Vec<Range<u64>>,
    pub here: Option<Range<u64>>,
    /// What only is searched.
    pub scope: Option<Range<u64>>,
    /// Text with colours of its own.
    pub colored: Vec<(Range<u64>, u8)>,
    /// How many there are in each part of the document that the scrollbar tells apart.
    pub density: Vec<u64>,
}

impl Highlights {
    /// `shown` are the stretches of the document on screen.
    pub fn of(editor: &mut Editor, shown: &[Range<u64>], bar: Rect) -> Self {
        let colored = editor.colored(shown);
        let is_open = editor.find.is_open();
        let Some(tab) = editor.tab_mut().filter(|_| is_open) else {
            // Without the find bar the marks are those of the list.
            let density = editor.tab().map(|tab| tab.listed_density(scrollbar::parts(bar)));
            return Self { colored, density: density.unwrap_or_default(), ..Self::default() };
        };
        Self {
            colored,
            matches: tab.matches_on_screen(shown).to_vec(),
            here: tab.current_match(),
            scope: tab.searched(),
            density: tab.match_density(scrollbar::parts(bar)),
        }
    }

    /// The matches that touch `range`, but for the one that the person is at.
    pub fn others(&self, range: Range<u64>) -> impl Iterator<Item = &Range<u64>> {
        let first = self.matches.partition_point(|found| found.end <= range.start);
        let last = self.matches.partition_point(|found| found.start < range.end);
        let others = self.matches.get(first..last.max(first)).unwrap_or_default();
        others.iter().filter(|found| self.here.as_ref() != Some(found))
    }

    /// The part of a document of `len` bytes whose mark in the scrollbar is being pressed.
    pub fn pressed(&self, ui: &Ui, bar: Rect, len: u64) -> Option<Range<u64>> {
        let part = scrollbar::pressed_mark(ui, bar, &self.density)?;
        let edge = |part: usize| (u128::from(len) * part as u128 / self.density.len() as u128) as u64;
        Some(edge(part)..edge(part + 1))
    }
}

/// The sign of a marked line, at the left of the gutter.
pub fn line_mark(painter: &Painter, gutter: Rect, y: f32, height: f32, palette: &Palette) {
    let flag = Rect::from_min_size(egui::pos2(gutter.left(), y + 2.0), egui::vec2(5.0, height - 4.0));
    painter.rect_filled(flag, egui::CornerRadius { nw: 0, sw: 0, ne: 2, se: 2 }, palette.accent);
}

pub fn change_color(palette: &Palette, change: &Change) -> Color32 {
    if change.saved { palette.saved } else { palette.edited }
}

/// What a hole of the file is, and how far it reaches.
pub fn hole_tip(hole: &Range<u64>) -> String {
    format!(
        "A hole: {} that are not stored and read as zeros, from {:#X} up to {:#X}",
        size(hole.end - hole.start),
        hole.start,
        hole.end
    )
}

/// What stood where a change is now, or, of bytes that were only overwritten, at `at`.
pub fn change_tip(tab: &Tab, change: &Change, at: u64, as_hex: bool) -> String {
    let state = if change.saved { "changed since opening, saved" } else { "not saved" };
    let removed = change.range.is_empty();
    let was = match &change.was {
        Some(was) if !was.is_empty() => was.clone(),
        _ if removed => return format!("Something is removed here ({state})"),
        _ => return format!("Inserted ({state})"),
    };
    let read = |range: Range<u64>| {
        let bytes = tab.document.snapshot().try_read_original(range).bytes;
        if as_hex || std::str::from_utf8(&bytes).is_err() {
            hex::to_hex(&bytes)
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    let len = was.end - was.start;
    if as_hex && len == change.range.end - change.range.start && change.range.contains(&at) {
        let here = was.start + (at - change.range.start);
        return format!("Was: {}\n({state})", read(here..here + 1));
    }
    let end = was.end.min(was.start + TIP);
    let shown = read(was.start..end);
    let more = if end < was.end { format!("… ({} bytes)", hex::grouped(len)) } else { String::new() };
    let what = if removed { "Removed" } else { "Was" };
    format!("{what}: {shown}{more}\n({state})")
}

/// A wake-up call for jobs: asks for a frame of the window.
pub fn waker(ctx: &egui::Context) -> Arc<dyn Fn() + Send + Sync> {
    let ctx = ctx.clone();
    Arc::new(move || ctx.request_repaint_of(egui::ViewportId::ROOT))
}
