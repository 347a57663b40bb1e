use std::time::Instant;

use egui::{CentralPanel, Context, Event, Frame, Margin, Panel, RawInput, Rect, Ui, ViewportCommand, pos2};

use super::files::FileDialogs;
use super::grid::Grid;
use super::pane::{Composing, Pointing};
use super::system_theme::SystemTheme;
use super::theme::Palette;
use super::trace::Trace;
use super::{
    bar, dialogs, find_bar, find_in_files, fonts, hex_pane, input, line_list, menus, notices, pane, review,
    status, tabs, text_pane, theme, welcome,
};
use crate::editor::{Editor, Mode, OpenTarget, Pane, Request, Stream, Tab, Theme, WindowPlace};

/// The height of the status bar, in points.
const STATUS: f32 = 26.0;

/// The window of an [`Editor`].
pub struct Window {
    pub editor: Editor,
    trace: Trace,
    started: Instant,
    dialogs: FileDialogs,
    system_theme: SystemTheme,
    pointing: Pointing,
    composing: Composing,
    grid: Option<(f32, f32, Grid)>,
    /// The part of the width that hex takes beside text, where a person chose it.
    hex_share: Option<f32>,
    /// The part of a zoom that is not a whole step of the font's size yet.
    zoomed: f32,
    title: String,
    /// What came behind a key that gave the keys to something else, which has them from the next frame on.
    held: Vec<Event>,
    /// Frames in which keys waited for that.
    waited: u8,
    bar_has_focus: bool,
    /// Frames drawn, up to 2.
    frames: u8,
    /// Was it seen to, that it stands where there is a screen?
    is_on_screen: bool,
    /// Closing was agreed on.
    quit: bool,
}

impl Window {
    /// Sets up looks and wake-up calls. `system_theme` is asked what the desktop prefers.
    pub fn new(ctx: &Context, mut editor: Editor, trace: Trace, system_theme: Option<SystemTheme>) -> Self {
        fonts::install(ctx);
        theme::install(ctx);
        ctx.options_mut(|options| {
            // Ctrl with +, - and 0 set the content's font, and Ctrl+Q asks first.
            options.zoom_with_keyboard = false;
            options.quit_shortcuts.clear();
        });
        editor.set_wake(pane::waker(ctx));
        editor.watch_files();
        Self {
            editor,
            trace,
            started: Instant::now(),
            dialogs: FileDialogs::default(),
            system_theme: system_theme.unwrap_or_else(SystemTheme::unknown),
            pointing: Pointing::default(),
            composing: Composing::default(),
            grid: None,
            hex_share: None,
            zoomed: 1.0,
            title: String::new(),
            held: Vec::new(),
            waited: 0,
            bar_has_focus: false,
            frames: 0,
            is_on_screen: false,
            quit: false,
        }
    }

    /// Gives the next frame what came since the last one, before egui sees it: only so much that no key is meant for
    /// something else than what then has the keyboard.
    pub fn receive(&mut self, ctx: &Context, input: &mut RawInput) {
        self.held.append(&mut input.events);
        let editor = &self.editor;
        let fields = editor.dialog.is_some() || editor.find.has_keys() || editor.find_in_files.has_keys();
        let by_widgets =
            editor.keys_are_elsewhere() || editor.tabs.is_empty() || egui::Popup::is_any_open(ctx);
        let panes = [Pane::Text, Pane::Hex].map(pane::id);
        let nobody = || ctx.memory(|memory| memory.focused().is_none_or(|id| panes.contains(&id)));
        // What is to get the keys asks for them when it is drawn, and has them from the next frame on.
        let is_early = (editor.bar_has_keys() && !self.bar_has_focus) || (fields && nobody());
        let is_early = is_early && self.held.iter().any(input::is_key);
        if is_early && self.waited < 2 {
            self.waited += 1;
            return;
        }
        self.waited = 0;
        let end = if by_widgets { input::handed_over(&self.held) } else { self.held.len() };
        input.events = self.held.drain(..end).collect();
    }

    /// Takes in what jobs and dialogs have to say; also while the window is hidden.
    pub fn think(&mut self, ctx: &Context) {
        let is_filled = |tab: &Tab| {
            let flows = tab.stream.as_ref().is_some_and(Stream::flows);
            !tab.document.is_empty() || !flows
        };
        let has_content = self.editor.tab().map_or(self.editor.jobs().is_empty(), is_filled);
        self.trace.begin(has_content);
        let began = self.trace.clock();
        if self.frames == 2 {
            // The first frame is on screen.
            self.editor.shown();
        }
        self.note_place(ctx);
        self.editor.tick(self.started.elapsed());
        self.dialogs.deliver(&mut self.editor);
        if let Some(next) = self.editor.next_tick() {
            ctx.request_repaint_after(next);
        }
        if ctx.input(|input| input.viewport().close_requested()) && !self.quit {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.editor.quit();
        }
        self.trace.thought(began);
    }

    /// Notes where the window is, for the next start.
    fn note_place(&mut self, ctx: &Context) {
        let viewport = ctx.input(|input| input.viewport().clone());
        let (Some(inner), false) = (viewport.inner_rect, viewport.minimized.unwrap_or(false)) else {
            return;
        };
        let fills = viewport.fullscreen.unwrap_or(false) || viewport.maximized.unwrap_or(false);
        let before = self.editor.session.window();
        // What it is when it does not fill the screen is not known meanwhile.
        let place = match before.filter(|_| fills) {
            Some(before) => WindowPlace { is_maximized: true, ..before },
            None => WindowPlace {
                size: (inner.width(), inner.height()),
                position: viewport.outer_rect.map(|outer| (outer.left(), outer.top())),
                is_maximized: fills,
            },
        };
        if before != Some(place) {
            self.editor.session.note_window(place);
        }
        // A screen that is not there any more: where no screen is, nobody finds the window.
        if self.frames == 2 && !self.is_on_screen && viewport.outer_rect.is_some() {
            self.is_on_screen = true;
            if viewport.monitor_size.is_none() {
                ctx.send_viewport_cmd(ViewportCommand::OuterPosition(pos2(40.0, 40.0)));
            }
        }
    }

    /// Draws a frame.
    pub fn draw(&mut self, ui: &mut Ui) {
        let began = self.trace.clock();
        let later = std::mem::take(&mut self.held);
        let theme = match self.editor.settings.theme {
            Theme::System => self.system_theme.theme(),
            Theme::Light => egui::Theme::Light,
            Theme::Dark => egui::Theme::Dark,
        };
        if ui.theme() != theme {
            ui.set_theme(theme);
        }
        self.take_drops(ui);
        let palette = Palette::of(ui);
        let chrome = Frame::new().fill(palette.chrome);
        Panel::top("menus")
            .frame(chrome.inner_margin(Margin::symmetric(8, 2)))
            .show_separator_line(false)
            .show(ui, |ui| {
                menus::show(ui, &mut self.editor);
            });
        if !self.editor.tabs.is_empty() {
            Panel::top("tabs").frame(chrome.inner_margin(Margin::symmetric(4, 0))).show(ui, |ui| {
                tabs::show(ui, &mut self.editor);
            });
            let margin = Margin::symmetric(12, 0);
            Panel::bottom("status").exact_size(STATUS).frame(chrome.inner_margin(margin)).show(ui, |ui| {
                status::show(ui, &mut self.editor);
            });
        }
        let behind = find_bar::show(ui, &mut self.editor);
        self.hold(ui, behind);
        let grid = self.grid(ui);
        let (has_list, behind) = line_list::show(ui, &mut self.editor, &grid);
        self.hold(ui, behind);
        let behind = find_in_files::show(ui, &mut self.editor, &grid);
        self.hold(ui, behind);
        let behind = review::show(ui, &mut self.editor, &grid);
        self.hold(ui, behind);
        self.bar_has_focus = bar::show(ui, &mut self.editor);
        let content = CentralPanel::default().frame(Frame::new().fill(palette.content)).show(ui, |ui| {
            let rect = ui.max_rect();
            if self.editor.tabs.is_empty() {
                welcome::show(ui, &mut self.editor);
            } else if self.editor.line_list.is_full() && !has_list {
                line_list::show_full(ui, &mut self.editor, &grid);
            } else {
                self.content(ui, rect);
            }
            rect
        });
        dialogs::show(ui, &mut self.editor, content.inner);
        notices::show(ui, &mut self.editor, STATUS);
        let hovered = ui.input(|input| input.raw.hovered_files.len());
        if hovered > 0 {
            welcome::drop_overlay(ui, hovered);
        }
        self.fulfil(ui);
        self.held.extend(later);
        if !self.held.is_empty() {
            ui.request_repaint();
        }
        self.editor.keep_journals();
        if self.frames < 2 {
            self.frames += 1;
            ui.request_repaint();
        }
        if self.trace.wants_frame() {
            ui.request_repaint();
        }
        self.trace.end(began, &mut self.editor);
    }

    fn content(&mut self, ui: &mut Ui, rect: Rect) {
        self.leave_find(ui, rect);
        self.zoom(ui);
        let grid = self.grid(ui);
        let mode = self.editor.tab().map_or(Mode::Text, |tab| tab.mode);
        self.keys(ui);
        match mode {
            Mode::Text => {
                text_pane::show(ui, &mut self.editor, &grid, rect, &mut self.pointing, &self.composing)
            }
            Mode::Hex => {
                hex_pane::show(ui, &mut self.editor, &grid, rect, &mut self.pointing, &self.composing)
            }
            Mode::Both => {
                let middle = self.middle(rect, &grid);
                let (pointing, composing) = (&mut self.pointing, &self.composing);
                let left = Rect::from_min_max(rect.min, pos2(middle, rect.bottom()));
                let right = Rect::from_min_max(pos2(middle + 1.0, rect.top()), rect.max);
                text_pane::show(ui, &mut self.editor, &grid, left, pointing, composing);
                hex_pane::show(ui, &mut self.editor, &grid, right, pointing, composing);
                self.divider(ui, rect, middle);
            }
        }
    }

    /// Who clicks into the document wants the keys there.
    fn leave_find(&mut self, ui: &Ui, rect: Rect) {
        if !self.editor.find.has_keys() && !self.editor.list_has_keys() {
            return;
        }
        let on_top = |pos| ui.ctx().layer_id_at(pos).is_none_or(|layer| layer == ui.layer_id());
        let pressed =
            ui.input(|input| input.pointer.any_pressed().then(|| input.pointer.interact_pos()).flatten());
        if pressed.is_some_and(|pos| rect.contains(pos) && on_top(pos)) {
            self.editor.leave_find_field();
            self.editor.take_keys_from_lists();
        }
    }

    /// Where text ends and hex begins: hex takes what its rows need, up to two thirds, until the line between them
    /// is dragged.
    fn middle(&self, rect: Rect, grid: &Grid) -> f32 {
        let natural =
            self.editor.tab().map_or(0.0, |tab| hex_pane::natural_width(tab, &self.editor.settings, grid));
        let share = self.hex_share.unwrap_or((natural / rect.width()).min(0.66));
        (rect.right() - share.clamp(0.1, 0.9) * rect.width()).round()
    }

    /// The line between text and hex. It comes after the panes, so that it takes the mouse from their edges.
    fn divider(&mut self, ui: &Ui, rect: Rect, middle: f32) {
        let handle = Rect::from_min_max(pos2(middle - 4.0, rect.top()), pos2(middle + 5.0, rect.bottom()));
        let response = ui.interact(handle, ui.scope_id().with("divider"), egui::Sense::drag());
        let palette = Palette::of(ui);
        let held = response.hovered() || response.dragged();
        if held {
            ui.set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
        }
        if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged()) {
            self.hex_share = Some((rect.right() - pointer.x) / rect.width());
        }
        let color = if held { palette.accent } else { palette.hairline };
        ui.painter().vline(middle + 0.5, rect.y_range(), egui::Stroke::new(1.0, color));
    }

    /// Keys go to the pane of the active tab, while no dialog, no bar and no menu has them: a button keeps them no longer than
    /// its click.
    fn keys(&mut self, ui: &Ui) {
        let Some(tab) = self.editor.tab() else { return };
        let id = pane::id(tab.focus);
        if self.editor.keys_are_elsewhere() || egui::Popup::is_any_open(ui.ctx()) {
            ui.memory_mut(|memory| memory.surrender_focus(id));
            return;
        }
        if !ui.memory(|memory| memory.has_focus(id)) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let left = input::keys(ui, &mut self.editor);
        if let Some(text) = left.composing {
            self.composing.text = text;
        }
        self.hold(ui, left.held);
    }

    /// Keeps the keys of `events` for the next frame. The rest, which egui has seen, stays in this one.
    fn hold(&mut self, ui: &Ui, events: Vec<Event>) {
        let (keys, others): (Vec<_>, Vec<_>) = events.into_iter().partition(input::is_key);
        self.held.extend(keys);
        ui.input_mut(|input| input.events.extend(others));
    }

    /// Ctrl+wheel, and pinching, set the content's font size.
    fn zoom(&mut self, ui: &Ui) {
        let zoom = ui.input(|input| input.zoom_delta());
        if zoom == 1.0 {
            return;
        }
        // One turn of the wheel comes in parts, over several frames: they add up to whole steps.
        self.zoomed *= zoom;
        let size = self.editor.settings.font_size;
        let by = (size * self.zoomed).round() - size;
        if by != 0.0 {
            self.editor.change_settings(|settings| settings.zoom(by));
            self.zoomed *= size / (size + by);
        }
    }

    fn grid(&mut self, ui: &Ui) -> Grid {
        let (size, scale) = (self.editor.settings.font_size, ui.pixels_per_point());
        match &self.grid {
            Some((of, at, grid)) if *of == size && *at == scale => grid.clone(),
            _ => {
                let grid = Grid::new(ui, size);
                self.grid = Some((size, scale, grid.clone()));
                grid
            }
        }
    }

    fn take_drops(&mut self, ui: &Ui) {
        let dropped = ui.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            self.editor.open(OpenTarget::new(file.path()));
        }
    }

    /// Does what only a window can do, and keeps the title.
    fn fulfil(&mut self, ui: &Ui) {
        let in_list = self.editor.find_in_files.has_keys();
        if self.editor.tabs.is_empty() && self.editor.dialog.is_none() && !in_list {
            let behind = input::global_keys(ui, &mut self.editor);
            self.hold(ui, behind);
        }
        for request in self.editor.take_requests() {
            match request {
                Request::PickFiles { .. } | Request::PickTarget { .. } => self.dialogs.ask(ui.ctx(), request),
                Request::Copy(text) => ui.copy_text(text),
                Request::Paste => ui.send_viewport_cmd(ViewportCommand::RequestPaste),
                Request::Quit => {
                    self.quit = true;
                    ui.send_viewport_cmd(ViewportCommand::Close);
                }
            }
        }
        let title = match self.editor.tab() {
            Some(tab) => format!("{} — Hextant", tab.title()),
            None => "Hextant".to_owned(),
        };
        if title != self.title {
            ui.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
        // What a command asked for in this frame is shown in the next.
        if self.editor.wants_frame() {
            ui.request_repaint();
        }
    }
}

impl eframe::App for Window {
    fn raw_input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        self.receive(ctx, input);
    }

    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.think(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
