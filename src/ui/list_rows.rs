//! What the lists below the document have in common: a pane, and in it rows on the grid, moved through by keys, wheel and
//! mouse.

use egui::{
    Event, EventFilter, Frame, Id, Key, Margin, Modifiers, Panel, Rect, Response, Sense, Ui, Vec2, pos2,
};

use super::grid::Grid;
use super::input;
use super::scrollbar::{scrollbar, split_right};
use super::theme::Palette;
use crate::editor::{Command, Editor};

/// Points between the pane's edge and its fields and words. The rows begin at the edge.
const LEFT: i8 = 12;

/// A list below the document: what it does with the keys that it has, and with the mouse.
pub trait List {
    /// Its rows, as assistive technology knows them.
    const NAME: &str;

    /// The rows.
    fn rows() -> Id;

    /// What else of it can have the keyboard.
    fn fields(_editor: &Editor) -> Vec<Id> {
        Vec::new()
    }

    fn has_keys(editor: &Editor) -> bool;

    fn give_keys(editor: &mut Editor, gives: bool);

    /// The field that is to get the keyboard; told once.
    fn take_entered(_editor: &mut Editor) -> Option<Id> {
        None
    }

    /// Is there one?
    fn wants_keys(_editor: &Editor) -> bool {
        false
    }

    /// Stops what goes on, or closes the list.
    fn escape(editor: &mut Editor);

    /// Goes to where the row leads that the person is at, and gives the keys away.
    fn enter(editor: &mut Editor);

    /// Moves through the rows, of which `page` are on screen.
    fn step(editor: &mut Editor, rows: i64, page: usize);

    /// Does with a key what only this list does; false if it is not one of those.
    fn key(_ui: &Ui, _editor: &mut Editor, _pressed: &Pressed) -> bool {
        false
    }

    /// Does with a command what only this list does; false if it is not one of those.
    fn command(_editor: &mut Editor, _command: Command, _in_rows: bool) -> bool {
        false
    }

    /// Scrolls by rows.
    fn scroll(editor: &mut Editor, rows: f32);

    /// Puts row `number` on top.
    fn scroll_to(editor: &mut Editor, number: u64);

    /// Goes to row `number`, which was clicked.
    fn go_to(editor: &mut Editor, number: u64);
}

/// A key that was pressed while a list has the keys.
pub struct Pressed {
    pub key: Key,
    pub modifiers: Modifiers,
    /// What has egui's keyboard focus.
    pub focused: Option<Id>,
    /// Are these the list's rows?
    pub in_rows: bool,
    /// Full rows on screen.
    pub page: usize,
}

impl Pressed {
    /// Is it held down alone?
    pub fn is_plain(&self) -> bool {
        !self.modifiers.any()
    }
}

/// Sees to it that who has the keys of the list has egui's focus, and takes those keys. Returns what came behind a key that
/// gave them to something else.
pub fn take_keys<L: List>(ui: &Ui, editor: &mut Editor) -> Vec<Event> {
    if editor.dialog.is_some() || !L::has_keys(editor) {
        // A question is answered first, and the document may have the keys.
        let parts = L::fields(editor);
        ui.memory_mut(|memory| {
            memory.surrender_focus(L::rows());
            parts.into_iter().for_each(|part| memory.surrender_focus(part));
        });
        return Vec::new();
    }
    if egui::Popup::is_any_open(ui.ctx()) {
        return Vec::new();
    }
    if let Some(field) = L::take_entered(editor) {
        ui.memory_mut(|memory| memory.request_focus(field));
    } else if ui.memory(|memory| memory.focused().is_none()) {
        ui.memory_mut(|memory| memory.request_focus(L::rows()));
        ui.request_repaint();
    }
    keys::<L>(ui, editor)
}

fn keys<L: List>(ui: &Ui, editor: &mut Editor) -> Vec<Event> {
    let focused = ui.memory(|memory| memory.focused());
    let in_rows = focused == Some(L::rows());
    let page = ui.data(|data| data.get_temp::<usize>(L::rows())).unwrap_or(10);
    let events = ui.input_mut(|input| std::mem::take(&mut input.events));
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    // winit tells the letter of Alt+letter as text too.
    let mut alt = ui.input(|input| input.modifiers.alt);
    for event in events {
        let is_elsewhere = editor.dialog.is_some() || !L::has_keys(editor) || L::wants_keys(editor);
        // A command behind text is to find that text in its field.
        let waits = kept.iter().any(input::is_key)
            && matches!(event, Event::Key { key: Key::Enter, pressed: true, .. });
        if is_elsewhere || !held.is_empty() || waits {
            held.push(event);
            continue;
        }
        match event {
            Event::Key { key, physical_key, pressed: true, modifiers, .. } => {
                alt = modifiers.alt;
                let pressed = Pressed { key, modifiers, focused, in_rows, page };
                let taken = take::<L>(ui, editor, &pressed)
                    || input::command(key, physical_key, modifiers)
                        .is_some_and(|command| run::<L>(editor, command, in_rows));
                if !taken {
                    kept.push(event);
                }
            }
            // What comes in the place of Ctrl+C and Ctrl+X.
            Event::Copy if in_rows => drop(run::<L>(editor, Command::Copy, in_rows)),
            Event::Cut if in_rows => drop(run::<L>(editor, Command::Cut, in_rows)),
            Event::Text(_) if alt || in_rows => {}
            _ => kept.push(event),
        }
    }
    ui.input_mut(|input| input.events = kept);
    held
}

fn take<L: List>(ui: &Ui, editor: &mut Editor, pressed: &Pressed) -> bool {
    let rows = step(pressed.key, pressed.page);
    match pressed.key {
        Key::Escape if pressed.is_plain() => L::escape(editor),
        _ if L::key(ui, editor, pressed) => {}
        Key::Enter if pressed.in_rows && pressed.is_plain() => L::enter(editor),
        _ if pressed.in_rows && pressed.is_plain() && rows != 0 => L::step(editor, rows, pressed.page),
        _ => return false,
    }
    true
}

fn run<L: List>(editor: &mut Editor, command: Command, in_rows: bool) -> bool {
    if L::command(editor, command, in_rows) {
        return true;
    }
    let is_taken = !input::is_for_field(command);
    if is_taken {
        editor.run(command);
    }
    is_taken
}

/// Draws a list's pane below the document, `default` points high, and `least` at least.
pub fn panel(ui: &mut Ui, name: &'static str, (default, least): (f32, f32), contents: impl FnOnce(&mut Ui)) {
    let panel = Panel::bottom(name).resizable(true).default_size(default).min_size(least);
    panel.frame(frame(ui)).show(ui, contents);
}

/// What a list's pane lies in.
pub fn frame(ui: &Ui) -> Frame {
    let margin = Margin { left: LEFT, right: 0, top: 6, bottom: 0 };
    Frame::new().fill(Palette::of(ui).chrome).inner_margin(margin)
}

/// The rest of a pane, from edge to edge, as the ground of its rows.
pub fn ground(ui: &mut Ui) -> Rect {
    let rest = ui.available_rect_before_wrap();
    let left = ui.max_rect().left() - f32::from(LEFT);
    let rect = Rect::from_min_max(pos2(left, rest.top()), rest.max);
    ui.painter().rect_filled(rect, 0.0, Palette::of(ui).content);
    ui.advance_cursor_after_rect(rect);
    rect
}

/// A button that assistive technology knows by `name`.
pub fn named(ui: &mut Ui, label: &str, name: &str, tip: &str) -> Response {
    let response = ui.button(label).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name));
    response
}

/// The place of a list's rows.
pub struct Rows {
    pub body: Rect,
    pub bar: Rect,
    /// Full rows.
    pub full: usize,
    pub response: Response,
    /// By how many columns and rows the wheel was turned.
    pub turned: Vec2,
}

impl Rows {
    /// The rows of a list, in `rect`.
    pub fn new<L: List>(ui: &Ui, editor: &mut Editor, grid: &Grid, rect: Rect) -> Self {
        let (body, bar) = split_right(rect);
        let (full, _) = grid.fit(body.size());
        let id = L::rows();
        ui.data_mut(|data| data.insert_temp(id, full));
        let response = ui.interact(body, id, Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::List, true, L::NAME));
        if ui.memory(|memory| memory.has_focus(id)) {
            let filter =
                EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        let turned = ui.input(|input| input.smooth_scroll_delta());
        let turned = if ui.rect_contains_pointer(rect) { -turned / grid.cell } else { Vec2::ZERO };
        if turned.y != 0.0 {
            L::scroll(editor, turned.y);
        }
        Self { body, bar, full, response, turned }
    }

    /// Takes clicks on the rows, of which `shown` are drawn from number `top` on, the first at the height `y`; and on the
    /// scrollbar, where there are `total` rows.
    pub fn take_mouse<L: List>(
        &self,
        ui: &Ui,
        editor: &mut Editor,
        grid: &Grid,
        y: f32,
        (top, shown, total): (u64, usize, u64),
    ) {
        let pointer = self.response.interact_pointer_pos().filter(|_| self.response.clicked());
        let row = pointer.map(|pointer| ((pointer.y - y) / grid.cell.y).floor().max(0.0) as u64);
        if let Some(row) = row.filter(|row| *row < shown as u64) {
            L::go_to(editor, top + row);
            L::give_keys(editor, true);
            ui.memory_mut(|memory| memory.request_focus(L::rows()));
        }
        let (full, last) = (self.full as u64, total.saturating_sub(self.full as u64));
        let name = format!("{} scrollbar", L::NAME);
        if let Some(to) = scrollbar(ui, self.bar, &name, true, top, last, full) {
            L::scroll_to(editor, to);
        }
    }
}

/// By how many rows a key moves, of which `page` are on screen; 0 for others.
fn step(key: Key, page: usize) -> i64 {
    match key {
        Key::ArrowUp => -1,
        Key::ArrowDown => 1,
        Key::PageUp => -(page as i64),
        Key::PageDown => page as i64,
        Key::Home => i64::MIN,
        Key::End => i64::MAX,
        _ => 0,
    }
}
