//! The status bar.

use egui::{Align, Button, Layout, RichText, Ui, vec2};

use super::encodings;
use super::theme::Palette;
use crate::document::Count;
use crate::editor::{Command, Editor, HexColumn, Pane, Spot, Task, Uncounted, percent};
use crate::hex::grouped;
use crate::source::Size;

/// Points of a bar where there is no room to spare.
const NARROW: f32 = 900.0;

/// The status bar.
pub fn show(ui: &mut Ui, editor: &mut Editor) {
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
    let (mut wanted, mut cancel, mut stop) = (None, None, false);
    ui.horizontal_centered(|ui| {
        let is_narrow = ui.available_width() < NARROW;
        ui.spacing_mut().item_spacing.x = if is_narrow { 12.0 } else { 18.0 };
        let line = match line {
            Count::Exact(line) => grouped(line + 1),
            Count::About(line) => format!("~{}", grouped(line + 1)),
        };
        let column = match column {
            Some((column, true)) => grouped(column + 1),
            Some((column, false)) => format!("~{}", grouped(column + 1)),
            None => "…".to_owned(),
        };
        let (position, offset) = if is_narrow { (100.0, 150.0) } else { (150.0, 210.0) };
        fixed(ui, position, &format!("Ln {line}, Col {column}"));
        fixed(ui, offset, &format!("{} · {head:#X} · {}", grouped(head), percent(head, len)));
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
            // What has no room is cut, and not painted over the left part.
            ui.set_clip_rect(ui.clip_rect().intersect(ui.max_rect()));
            ui.label(size(len)).on_hover_text(format!("{} bytes", grouped(len)));
            let mode = if tab.overwrites() { "OVR" } else { "INS" };
            let tip = "Insert or overwrite (Ins)";
            if ui.add(Button::new(mode).frame(false)).on_hover_text(tip).clicked() {
                wanted = Some(Command::ToggleInsert);
            }
            if tab.focus == Pane::Hex {
                let column = if tab.hex_column == HexColumn::Bytes { "Hex" } else { "Chars" };
                ui.label(column).on_hover_text("The column that typing goes to (Tab)");
            }
            wanted = wanted
                .or(encodings::line_endings(ui, editor, tab))
                .or(encodings::encoding(ui, editor, tab))
                .or(encodings::escapes(ui, editor, tab));
            if let Some(why) = &tab.unprotected {
                let warning = Palette::of(ui).warning;
                let tip = format!("A crash would lose your unsaved edits: {why}.");
                ui.label(RichText::new("Not protected").color(warning)).on_hover_text(tip);
            }
            if tab.held > 0 {
                let held = size(tab.held);
                let tip = format!(
                    "To undo what was before a save, Hextant keeps {held} of old versions on the disk, which no name leads to any \
                     more. They go when the tab is closed; click to let them go now."
                );
                if ui.add(Button::new(format!("Undo holds {held}")).frame(false)).on_hover_text(tip).clicked() {
                    wanted = Some(Command::ForgetOldVersions);
                }
            }
            if let Some(locked) = &tab.locked {
                let tip = format!("{locked}. Click to edit anyway.");
                let button = ui.add(Button::new("Locked").frame(false)).on_hover_text(tip);
                padlock(ui, button.rect.left_center() - vec2(7.0, 0.0));
                if button.clicked() {
                    wanted = Some(Command::Unlock);
                }
            }
            if editor.can(Command::Follow) {
                let tip = "Keep the end in sight while the file grows (F6)";
                if ui.add(Button::selectable(tab.follows(), "Follow")).on_hover_text(tip).clicked() {
                    wanted = Some(Command::Follow);
                }
            }
            if let Some(why) = tab.uncounted() {
                let (text, tip) = match why {
                    Uncounted::Paused => ("Lines not counted · Count", "Counting was paused".to_owned()),
                    Uncounted::Network(kind) => (
                        "Lines not counted (network drive) · Count",
                        format!("The file is on {kind}: counting its lines reads all of it over the network"),
                    ),
                };
                if ui.add(Button::new(text).frame(false)).on_hover_text(tip).clicked() {
                    wanted = Some(Command::PauseCounting);
                }
            }
            for job in editor.jobs().iter().filter(|job| job.tab == Some(id)).chain(editor.openings()) {
                let Some(texts) = progress(job, editor.now()) else {
                    continue;
                };
                let stop_width =
                    if job.task == Task::Count { 0.0 } else { 12.0 + ui.spacing().item_spacing.x };
                let room = ui.available_width() - stop_width;
                let text = fitting(ui, texts, room);
                if job.task == Task::Count {
                    if ui.add(Button::new(text).frame(false)).on_hover_text("Pause counting").clicked() {
                        wanted = Some(Command::PauseCounting);
                    }
                } else {
                    let stop = ui.add(Button::new("✕").frame(false)).on_hover_text("Stop");
                    stop.widget_info(|| {
                        egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, "Stop")
                    });
                    if stop.clicked() {
                        cancel = Some((job.task, job.id));
                    }
                    let label = ui.label(text);
                    if let Some((_, details)) = job.progress.description() {
                        label.on_hover_text(details);
                    }
                }
            }
        });
    });
    if let Some(command) = wanted {
        editor.run(command);
    }
    match cancel {
        Some((Task::Open, job)) => editor.stop_opening(job),
        Some((task, _)) => editor.cancel(task, id),
        None => {}
    }
    if stop {
        editor.stop_landing();
    }
}

/// A padlock, which no bundled font has.
fn padlock(ui: &Ui, centre: egui::Pos2) {
    let color = ui.visuals().text_color();
    let body = egui::Rect::from_center_size(centre + vec2(0.0, 2.5), vec2(9.0, 7.0));
    let shackle = egui::Rect::from_center_size(centre - vec2(0.0, 2.0), vec2(6.0, 7.0));
    let stroke = egui::Stroke::new(1.3, color);
    let round = egui::CornerRadius { nw: 3, ne: 3, sw: 0, se: 0 };
    ui.painter().rect_stroke(shackle, round, stroke, egui::StrokeKind::Middle);
    ui.painter().rect_filled(body, 1.0, color);
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

/// The first text that is no wider than `room`, in points; else the last.
fn fitting<const N: usize>(ui: &Ui, texts: [String; N], room: f32) -> String {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width = |text: &str| {
        ui.painter().layout_no_wrap(text.to_owned(), font.clone(), egui::Color32::WHITE).size().x
    };
    let fits = texts.iter().position(|text| width(text) <= room).unwrap_or(N - 1);
    texts.into_iter().nth(fits).unwrap_or_default()
}

/// What a job is doing, for the status bar: in full, and shorter and shorter. `None` where it would only flicker.
fn progress(job: &crate::editor::Running, now: std::time::Duration) -> Option<[String; 4]> {
    let elapsed = now.saturating_sub(job.started).as_secs_f64();
    if elapsed < 0.3 {
        return None;
    }
    let briefly = match job.task {
        Task::Count => "Counting lines",
        Task::Save | Task::Export => "Saving",
        Task::Recover => "Completing an interrupted save",
        Task::Copy => "Copying",
        Task::Open | Task::Fetch => "Reading",
        Task::Stream => "Reading",
        Task::Convert => "Converting",
        Task::Endings => "Counting line ends",
        Task::Columns => "Counting columns",
        Task::Gather => "Gathering lines",
        Task::Patch => "Making a patch",
        Task::SeekEdit => "Looking for an edit",
        Task::Replace => "Finding what to replace",
        Task::Time => "Looking for the time",
        Task::ErrorLine => "Looking for an error line",
        // The find bar and the lists tell of other searches.
        Task::Find
        | Task::Tally
        | Task::Place
        | Task::Marks
        | Task::Filter
        | Task::Lines
        | Task::FindInFiles
        | Task::Review
        | Task::Describe
        | Task::LineMarks
        | Task::FindMarks => return None,
        Task::Remember | Task::Drop | Task::Check | Task::Writers | Task::KeepIndex | Task::Journals => {
            return None;
        }
    };
    let what = job.progress.description().map_or(briefly, |(what, _)| what);
    let (done, total) = (job.progress.done(), job.progress.total());
    if total == 0 || done == 0 {
        let short = format!("{briefly}…");
        return Some([format!("{what}…"), short.clone(), short, "…".to_owned()]);
    }
    let rate = done as f64 / elapsed;
    let left = total.saturating_sub(done) as f64 / rate.max(1.0);
    let left = if left >= 90.0 { format!("{:.0} min", left / 60.0) } else { format!("{left:.0} s") };
    let part = percent(done.min(total), total);
    let rest = format!("{part} · {}/s · {left} left", size(rate as u64));
    Some([format!("{what} {rest}"), format!("{briefly} {rest}"), format!("{briefly} {part}"), part])
}

/// A size as people say it: "1.5 GiB".
pub fn size(bytes: u64) -> String {
    Size(bytes).short()
}
