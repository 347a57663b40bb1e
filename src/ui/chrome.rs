//! Around the content: menus, tabs, status bar, notices, the welcome screen.

use std::path::Path;

use egui::{Align, Align2, Area, Button, Frame, Layout, Margin, MenuBar, Order, Rect, RichText, Sense, Stroke, Ui, vec2};

use super::theme::Palette;
use crate::document::Count;
use crate::editor::{Command, Editor, Entry, Fit, HexColumn, Menu, Mode, OpenTarget, Pane, Spot, Tab, Task, percent};
use crate::hex::grouped;

const MENUS: [(Menu, &str); 5] =
    [(Menu::File, "File"), (Menu::Edit, "Edit"), (Menu::View, "View"), (Menu::Go, "Go"), (Menu::Help, "Help")];

/// The menu bar.
pub fn menus(ui: &mut Ui, editor: &mut Editor) {
    MenuBar::new().ui(ui, |ui| {
        for (menu, name) in MENUS {
            ui.menu_button(name, |ui| {
                ui.set_min_width(220.0);
                entries(ui, editor, menu);
                match menu {
                    Menu::File => recent(ui, editor),
                    Menu::View => {
                        ui.separator();
                        ui.menu_button("Hex rows", |ui| {
                            ui.set_min_width(180.0);
                            entries(ui, editor, Menu::HexRows);
                        });
                    }
                    _ => {}
                }
            });
        }
    });
}

fn entries(ui: &mut Ui, editor: &mut Editor, menu: Menu) {
    let mut group = None;
    for entry in Command::ALL {
        let Some((_, number)) = entry.menu.filter(|(of, _)| *of == menu) else { continue };
        if group.is_some_and(|group| group != number) {
            ui.separator();
        }
        group = Some(number);
        menu_entry(ui, editor, entry);
    }
}

fn menu_entry(ui: &mut Ui, editor: &mut Editor, entry: &Entry) {
    let name = if is_on(editor, entry.command) { format!("✔ {}", entry.name) } else { entry.name.to_owned() };
    let mut button = Button::new(name);
    if let Some(chord) = entry.chords.first() {
        button = button.shortcut_text(chord.to_string());
    }
    if ui.add_enabled(editor.can(entry.command), button).clicked() {
        editor.run(entry.command);
        ui.close();
    }
}

/// Is a command that switches something switched on?
fn is_on(editor: &Editor, command: Command) -> bool {
    let settings = &editor.settings;
    let mode = editor.tab().map(|tab| tab.mode);
    match command {
        Command::ViewText => mode == Some(Mode::Text),
        Command::ViewHex => mode == Some(Mode::Hex),
        Command::ViewBoth => mode == Some(Mode::Both),
        Command::ToggleWrap => settings.wrap,
        Command::DecimalOffsets => settings.decimal_offsets,
        Command::BytesPerRow(fit) => fit != Fit::Ask && settings.bytes_per_row == fit,
        Command::GroupBytes(bytes) => settings.group == bytes,
        Command::Theme(theme) => settings.theme == theme,
        _ => false,
    }
}

fn recent(ui: &mut Ui, editor: &mut Editor) {
    let recent: Vec<_> = editor.session.recent().iter().take(10).cloned().collect();
    if recent.is_empty() {
        return;
    }
    ui.separator();
    ui.menu_button("Recent files", |ui| {
        ui.set_min_width(280.0);
        for path in recent {
            if ui.button(short(&path)).on_hover_text(path.display().to_string()).clicked() {
                editor.open(OpenTarget::new(path));
                ui.close();
            }
        }
    });
}

/// A path as people read it: its name, then its folder.
fn short(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    match path.parent() {
        Some(folder) => format!("{name}  ·  {}", folder.display()),
        None => name.into_owned(),
    }
}

/// The row of tabs.
pub fn tabs(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let (mut activate, mut close) = (None, None);
    egui::ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (index, tab) in editor.tabs.iter().enumerate() {
                let active = index == editor.active();
                let response = one_tab(ui, tab, active, palette, &mut close.is_none().then_some(index), &mut close);
                if response.clicked() {
                    activate = Some(index);
                }
                if response.middle_clicked() {
                    close = Some(index);
                }
                if let Some(path) = &tab.path {
                    response.on_hover_text(path.display().to_string());
                }
            }
            if ui.add(Button::new("+").frame(false)).on_hover_text("New (Ctrl+N)").clicked() {
                editor.run(Command::New);
            }
        });
    });
    if let Some(index) = activate {
        editor.activate(index);
    }
    if let Some(index) = close {
        editor.close(index);
    }
}

fn one_tab(
    ui: &mut Ui,
    tab: &Tab,
    active: bool,
    palette: &Palette,
    index: &mut Option<usize>,
    close: &mut Option<usize>,
) -> egui::Response {
    let text = tab.title();
    let font = egui::TextStyle::Button.resolve(ui.style());
    let color = if active { palette.text } else { palette.dim };
    let galley = ui.painter().layout_no_wrap(text.clone(), font, color);
    let size = vec2(galley.size().x.min(280.0) + 40.0, 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Tab, true, active, &text));
    let ground = if active { palette.content } else { palette.chrome };
    let ground = if response.hovered() && !active { palette.current_line } else { ground };
    ui.painter().rect_filled(rect, 0.0, ground);
    if active {
        ui.painter().hline(rect.x_range(), rect.top() + 1.0, Stroke::new(2.0, palette.accent));
    }
    let at = egui::pos2(rect.left() + 12.0, rect.center().y - galley.size().y / 2.0);
    let clip = Rect::from_min_max(rect.min, egui::pos2(rect.right() - 26.0, rect.bottom()));
    ui.painter().with_clip_rect(clip).galley(at, galley, color);
    let cross = Rect::from_center_size(egui::pos2(rect.right() - 14.0, rect.center().y), vec2(18.0, 18.0));
    let cross_response = ui.interact(cross, response.id.with("close"), Sense::click());
    let name = format!("Close {}", tab.name);
    cross_response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &name));
    if cross_response.hovered() {
        ui.painter().rect_filled(cross, 4.0, palette.hairline);
    }
    if active || response.hovered() || cross_response.hovered() {
        let arm = 3.5;
        let stroke = Stroke::new(1.2, color);
        for sign in [-1.0, 1.0] {
            let (from, to) = (cross.center() + vec2(-arm, -arm * sign), cross.center() + vec2(arm, arm * sign));
            ui.painter().line_segment([from, to], stroke);
        }
    }
    if cross_response.clicked() {
        *close = index.take();
    }
    response
}

/// The status bar.
pub fn status(ui: &mut Ui, editor: &mut Editor) {
    let Some(tab) = editor.tab_mut() else {
        ui.horizontal_centered(|ui| ui.label(RichText::new("No file is open").weak()));
        return;
    };
    let id = tab.id;
    let (line, column) = tab.position();
    let head = tab.selection.head();
    let len = tab.document.len();
    let selected = tab.selection.selected();
    let Some(tab) = editor.tab() else { return };
    let (mut toggle, mut cancel, mut stop) = (false, None, false);
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        let line = match line {
            Count::Exact(line) => grouped(line + 1),
            Count::About(line) => format!("~{}", grouped(line + 1)),
        };
        let column = match column {
            Some((column, true)) => grouped(column + 1),
            Some((column, false)) => format!("~{}", grouped(column + 1)),
            None => "…".to_owned(),
        };
        fixed(ui, 150.0, &format!("Ln {line}, Col {column}"));
        fixed(ui, 210.0, &format!("{} · {head:#X} · {}", grouped(head), percent(head, len)));
        if selected > 0 {
            let unit = if selected == 1 { "byte" } else { "bytes" };
            ui.label(format!("{} {unit} selected", grouped(selected)));
        }
        if let Some(landing) = tab.landing
            && let Spot::Line { line, .. } | Spot::LineEnd { line } = landing.head
        {
            ui.label(format!("Going to line {} as soon as it is counted", grouped(line + 1)));
            stop = ui.small_button("Stop").clicked();
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(size(len)).on_hover_text(format!("{} bytes", grouped(len)));
            let mode = if tab.overwrites() { "OVR" } else { "INS" };
            let tip = "Insert or overwrite (Ins)";
            toggle = ui.add(Button::new(mode).frame(false)).on_hover_text(tip).clicked();
            if tab.focus == Pane::Hex {
                let column = if tab.hex_column == HexColumn::Bytes { "Hex" } else { "Chars" };
                ui.label(column).on_hover_text("The column that typing goes to (Tab)");
            }
            ui.label(tab.line_ending.name());
            ui.label(if tab.has_bom { "UTF-8 with BOM" } else { "UTF-8" });
            if let Some(locked) = tab.locked {
                ui.label("🔒").on_hover_text(format!("Locked: {locked}"));
            }
            for job in editor.jobs().iter().filter(|job| job.tab == Some(id)) {
                if let Some(text) = progress(job, editor.now()) {
                    if ui.add(Button::new("✖").frame(false)).on_hover_text("Stop").clicked() {
                        cancel = Some(job.task);
                    }
                    ui.label(text);
                }
            }
        });
    });
    if toggle {
        editor.run(Command::ToggleInsert);
    }
    if let Some(task) = cancel {
        editor.cancel(task, id);
    }
    if stop {
        editor.stop_landing();
    }
}

/// A label with room for what it may become, so that its neighbours stay where they are.
fn fixed(ui: &mut Ui, width: f32, text: &str) {
    let layout = Layout::left_to_right(Align::Center);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let wide = ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::WHITE).size().x;
    ui.allocate_ui_with_layout(vec2(width.max(wide), ui.available_height()), layout, |ui| {
        ui.set_min_width(width);
        ui.label(text);
    });
}

/// What a job is doing, for the status bar; `None` where it would only flicker.
fn progress(job: &crate::editor::Running, now: std::time::Duration) -> Option<String> {
    let elapsed = now.saturating_sub(job.started).as_secs_f64();
    if elapsed < 0.3 {
        return None;
    }
    let what = match job.task {
        Task::Count => "Counting lines",
        Task::Save | Task::Export => "Saving",
        Task::Copy => "Copying",
        Task::Open | Task::Fetch => "Reading",
        Task::Remember | Task::Drop => return None,
    };
    let (done, total) = (job.progress.done(), job.progress.total());
    if total == 0 || done == 0 {
        return Some(format!("{what}…"));
    }
    let rate = done as f64 / elapsed;
    let left = total.saturating_sub(done) as f64 / rate.max(1.0);
    let left = if left >= 90.0 { format!("{:.0} min", left / 60.0) } else { format!("{left:.0} s") };
    Some(format!("{what} {} · {}/s · {left} left", percent(done.min(total), total), size(rate as u64)))
}

/// A size as people say it: "1.5 GiB".
pub fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let unit = (bytes.max(1).ilog2() / 10) as usize;
    if unit == 0 {
        return format!("{bytes} B");
    }
    let tenths = u128::from(bytes) * 10 >> (10 * unit);
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}

/// Notices, in the lower right corner.
pub fn notices(ui: &Ui, editor: &mut Editor, above: f32) {
    let palette = Palette::of(ui);
    let (mut dismissed, mut taken) = (None, None);
    Area::new(egui::Id::unique("notices"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-24.0, -above - 12.0))
        .show(ui.ctx(), |ui| {
            ui.with_layout(Layout::bottom_up(Align::Max), |ui| {
                for (index, notice) in editor.notices.iter().enumerate().rev().take(5) {
                    let stripe = if notice.is_error { palette.error } else { palette.accent };
                    let frame = Frame::new()
                        .fill(palette.chrome)
                        .stroke(Stroke::new(1.0, palette.hairline))
                        .corner_radius(6.0)
                        .inner_margin(Margin { left: 14, right: 10, top: 8, bottom: 8 });
                    let shown = frame.show(ui, |ui| {
                        ui.set_max_width(440.0);
                        ui.horizontal(|ui| {
                            ui.vertical(|ui| {
                                ui.set_max_width(390.0);
                                ui.label(&notice.text);
                                if let Some(offer) = &notice.offer
                                    && ui.button(offer.label).clicked()
                                {
                                    taken = Some((index, offer.command));
                                }
                            });
                            let close = ui.add(Button::new("✖").frame(false)).on_hover_text("Dismiss");
                            close.widget_info(|| {
                                egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, "Dismiss")
                            });
                            if close.clicked() {
                                dismissed = Some(index);
                            }
                        });
                    });
                    let rect = shown.response.rect;
                    let side = Rect::from_min_size(rect.min + vec2(0.0, 4.0), vec2(3.0, rect.height() - 8.0));
                    ui.painter().rect_filled(side, 1.5, stripe);
                    ui.add_space(6.0);
                }
            });
        });
    if let Some((index, command)) = taken {
        editor.notices.remove(index);
        editor.run(command);
    } else if let Some(index) = dismissed {
        editor.notices.remove(index);
    }
}

/// What is shown while no file is open.
pub fn welcome(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, palette.content);
    let recent: Vec<_> = editor.session.recent().iter().take(8).cloned().collect();
    let height = 250.0 + if recent.is_empty() { 0.0 } else { 40.0 + 26.0 * recent.len() as f32 };
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space(((rect.height() - height) / 2.5).max(16.0));
        ui.horizontal(|ui| {
            let width = 560.0_f32.min(rect.width() - 32.0);
            ui.add_space((rect.width() - width) / 2.0);
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.heading("Hextant");
                ui.label(RichText::new("Text and binary files of any size. Drop some here.").color(palette.dim));
                ui.add_space(16.0);
                ui.horizontal_wrapped(|ui| {
                    for (command, name) in [(Command::Open, "Open…"), (Command::New, "New")] {
                        let shortcut = command.chord().map(|chord| chord.to_string()).unwrap_or_default();
                        if ui.add(Button::new(name).shortcut_text(shortcut).min_size(vec2(130.0, 30.0))).clicked() {
                            editor.run(command);
                        }
                    }
                    let demo = Button::new("A log of 1 TiB (demo)").min_size(vec2(170.0, 30.0));
                    if ui.add(demo).on_hover_text("Made up as you look: takes no disk").clicked() {
                        editor.open_demo();
                    }
                });
                if !recent.is_empty() {
                    ui.add_space(20.0);
                    ui.label(RichText::new("Recent").color(palette.dim));
                    for path in recent {
                        let link = egui::Link::new(RichText::new(short(&path)));
                        if ui.add(link).on_hover_text(path.display().to_string()).clicked() {
                            editor.open(OpenTarget::new(path));
                        }
                    }
                }
                ui.add_space(20.0);
                egui::Grid::new("welcome keys").spacing(vec2(24.0, 6.0)).show(ui, |ui| {
                    for (command, what) in [
                        (Command::GoTo, "Go to a line, an offset, a percentage"),
                        (Command::ViewBoth, "See text and hex side by side"),
                        (Command::Undo, "Undo, even after saving"),
                        (Command::Keys, "All keys"),
                    ] {
                        let chord = command.chord().map(|chord| chord.to_string()).unwrap_or_default();
                        ui.label(RichText::new(chord).color(palette.accent));
                        ui.label(RichText::new(what).color(palette.dim));
                        ui.end_row();
                    }
                });
            });
        });
    });
}

/// Shown while files are dragged over the window.
pub fn drop_overlay(ui: &Ui, files: usize) {
    let palette = Palette::of(ui);
    let rect = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(egui::LayerId::new(Order::Foreground, egui::Id::unique("drop")));
    painter.rect_filled(rect, 0.0, palette.content.gamma_multiply(0.85));
    let frame = rect.shrink(16.0);
    painter.rect_stroke(frame, 10.0, Stroke::new(2.0, palette.accent), egui::StrokeKind::Inside);
    let text = if files == 1 { "Drop to open the file".to_owned() } else { format!("Drop to open {files} files") };
    let font = egui::FontId::proportional(22.0);
    painter.text(rect.center(), Align2::CENTER_CENTER, text, font, palette.text);
}
