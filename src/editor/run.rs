use super::fetching::Waiting;
use super::{
    Command, Dialog, Editor, EncodingPurpose, FindField, FindSwitch, Fit, LinesDeed, Mode, Pane, PathPurpose,
    Request, Settings,
};

impl Editor {
    /// Can `command` do anything now? (Menus show the others dim.)
    pub fn can(&self, command: Command) -> bool {
        match command {
            Command::New
            | Command::Open
            | Command::OpenPart
            | Command::Quit
            | Command::ToggleWrap
            | Command::ToggleWhitespace
            | Command::Ansi(_)
            | Command::DecimalOffsets
            | Command::BytesPerRow(_)
            | Command::GroupBytes(_)
            | Command::Decoded(_)
            | Command::ZoomIn
            | Command::ZoomOut
            | Command::ZoomReset
            | Command::Theme(_)
            | Command::RestoreSession
            | Command::FindInFiles
            | Command::Backups
            | Command::VerifySaves
            | Command::Keys
            | Command::About => return true,
            Command::ReopenTab => return !self.closed.is_empty(),
            Command::AnswerBar => return self.bar().is_some(),
            Command::NextFound | Command::PreviousFound => return self.find_in_files.has_found(),
            _ => {}
        }
        let Some(tab) = self.tab() else { return false };
        let editable = tab.locked.is_none();
        let selected = !tab.selection.is_empty();
        match command {
            Command::NextTab | Command::PreviousTab => self.tabs.len() > 1,
            Command::Save => tab.path.is_none() || tab.document.is_modified() || tab.is_removed(),
            Command::Follow => tab.path.is_some() || tab.stream.is_some(),
            Command::PauseCounting => tab.counting.is_some() || tab.uncounted().is_some(),
            Command::ForgetOldVersions => tab.held > 0 && !tab.is_unsaved(),
            Command::Unlock => !editable,
            Command::Undo => tab.document.undo_name().is_some(),
            Command::Redo => tab.document.redo_name().is_some(),
            Command::Copy | Command::SaveSelectionAs => selected,
            Command::Cut => selected && editable,
            Command::Paste
            | Command::InsertFile
            | Command::ReplaceOne
            | Command::ReplaceAll
            | Command::ConvertToEncoding
            | Command::ConvertLineEndings(_) => editable,
            Command::RevertEdit => editable && tab.document.undo_name().is_some(),
            Command::Patch(_) => tab.document.is_modified() || tab.document.undo_name().is_some(),
            Command::SelectAll => !tab.document.is_empty(),
            Command::ToggleHexColumn => tab.focus == Pane::Hex,
            Command::FindNext | Command::FindPrevious => {
                !self.find.query().text.is_empty() || !tab.document.is_empty()
            }
            Command::Lines(LinesDeed::Delete | LinesDeed::Keep) => editable && self.line_list.is_open(),
            Command::Lines(_) => self.line_list.is_open(),
            Command::CopyFindCommand => !self.find.query().text.is_empty(),
            Command::ClearColors => self.has_colors(),
            Command::NextMark | Command::PreviousMark => !tab.marks().is_empty(),
            Command::FindSwitch(FindSwitch::InSelection) => selected || tab.searches_selection(),
            Command::Back => !tab.back.is_empty(),
            Command::Forward => !tab.forward.is_empty(),
            _ => true,
        }
    }

    /// Does what a person asked for. The one place where commands become deeds. One that can do nothing now does
    /// nothing, or says why.
    pub fn run(&mut self, command: Command) {
        // What is previewed was not agreed to.
        self.leave_go_to();
        if command.acts_on_carets() && self.waits_in_line(Waiting::Command(command)) {
            return;
        }
        match command {
            Command::New => self.new_document(),
            Command::Open => self.ask_for_files(PathPurpose::Open),
            Command::OpenPart => self.ask_for_files(PathPurpose::OpenPart),
            Command::Save => self.save(),
            Command::SaveAs => self.ask_for_target(PathPurpose::SaveAs),
            Command::SaveSelectionAs => self.ask_for_target(PathPurpose::SaveSelection),
            Command::InsertFile => self.ask_for_files(PathPurpose::InsertFile),
            Command::CloseTab => self.close(self.active),
            Command::ReopenTab => self.reopen(),
            Command::NextTab => self.cycle(1),
            Command::PreviousTab => self.cycle(-1),
            Command::Quit => self.quit(),

            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Cut => self.cut(),
            Command::Copy => self.copy(),
            Command::Paste => self.requests.push(Request::Paste),
            Command::SelectAll => self.select_all(),
            Command::Unlock => self.unlock(),
            Command::ToggleInsert => self.toggle_insert(),
            Command::ReopenWithEncoding => self.ask_for_encoding(EncodingPurpose::Reopen),
            Command::ConvertToEncoding => self.ask_for_encoding(EncodingPurpose::Convert),
            Command::ConvertLineEndings(ending) => self.convert_line_endings(ending),
            Command::CountLineEndings => self.count_endings(),
            Command::NewLine => self.new_line(),
            Command::Indent => self.indent(),
            Command::DeleteBackward
            | Command::DeleteForward
            | Command::DeleteWordBackward
            | Command::DeleteWordForward => self.delete(command),

            Command::ViewText => self.set_mode(Mode::Text),
            Command::ViewHex => self.set_mode(Mode::Hex),
            Command::ViewBoth => self.set_mode(Mode::Both),
            Command::ToggleWrap => self.change_settings(|settings| settings.wrap = !settings.wrap),
            Command::ToggleWhitespace => self.change_settings(|settings| {
                settings.show_whitespace = !settings.show_whitespace;
            }),
            Command::Ansi(escapes) => self.change_settings(|settings| settings.ansi = escapes),
            Command::ToggleHexColumn => self.toggle_hex_column(),
            Command::DecimalOffsets => self.change_settings(|settings| {
                settings.decimal_offsets = !settings.decimal_offsets;
            }),
            Command::BytesPerRow(Fit::Ask) => self.ask_bytes_per_row(),
            Command::BytesPerRow(fit) => self.change_settings(|settings| settings.bytes_per_row = fit),
            Command::GroupBytes(bytes) => self.change_settings(|settings| settings.group = bytes),
            Command::Decoded(column) => self.change_settings(|settings| settings.decoded = column),
            Command::ZoomIn => self.change_settings(|settings| settings.zoom(1.0)),
            Command::ZoomOut => self.change_settings(|settings| settings.zoom(-1.0)),
            Command::ZoomReset => self.change_settings(|settings| {
                settings.font_size = Settings::default().font_size;
            }),
            Command::Theme(theme) => self.change_settings(|settings| settings.theme = theme),
            Command::Follow => self.toggle_follow(),
            Command::PauseCounting => self.toggle_counting(),
            Command::AnswerBar => self.answer_bar(),

            Command::Find => self.open_find(FindField::Pattern),
            Command::Replace => self.open_find(FindField::Replacement),
            Command::FindNext => self.find_step(true),
            Command::FindPrevious => self.find_step(false),
            Command::FindSelection => self.find_selection(),
            Command::LineList => self.toggle_line_list(),
            Command::FullLineList => self.toggle_full_list(),
            Command::ListFoundLines => self.list_found_lines(),
            Command::Lines(deed) => self.do_with_lines(deed),
            Command::FindInFiles => self.open_find_in_files(),
            Command::NextFound => self.go_to_next_found(true),
            Command::PreviousFound => self.go_to_next_found(false),
            Command::CopyFindCommand => self.copy_find_command(),
            Command::Color(color) => self.color_selection(color),
            Command::ClearColors => self.clear_colors(),
            Command::ToggleMark => self.toggle_mark(),
            Command::NextMark => self.go_to_mark(true),
            Command::PreviousMark => self.go_to_mark(false),
            Command::ReplaceOne => self.replace_one(),
            Command::ReplaceAll => self.replace_all_matches(),
            Command::FindSwitch(switch) => self.flip_find_switch(switch),
            Command::LeaveFind => self.escape_find(),

            Command::GoTo => self.open_go_to(),
            Command::Back => self.jump_back(),
            Command::Forward => self.jump_forward(),
            Command::NextEdit => self.go_to_edit(true),
            Command::PreviousEdit => self.go_to_edit(false),
            Command::ReviewEdits => self.toggle_review(),
            Command::RevertEdit => self.revert_edit(),
            Command::Patch(deed) => self.make_patch(deed),
            Command::NextError => self.go_to_error(true),
            Command::PreviousError => self.go_to_error(false),
            Command::Move(motion, extend) => self.move_carets(motion, extend),

            Command::RestoreSession => self.change_settings(|settings| {
                settings.restore_session = !settings.restore_session;
            }),
            Command::Backups => self.change_settings(|settings| settings.backups = !settings.backups),
            Command::VerifySaves => self.change_settings(|settings| {
                settings.verify_saves = !settings.verify_saves;
            }),
            Command::ForgetOldVersions => self.ask_to_forget_old_versions(),
            Command::Keys => self.open_dialog(Dialog::Keys),
            Command::About => self.open_dialog(Dialog::About),
        }
    }

    fn set_mode(&mut self, mode: Mode) {
        let Some(tab) = self.tab_mut() else { return };
        tab.set_mode(mode);
        if let Some(path) = tab.path.clone().filter(|_| !tab.without_trace) {
            self.session.remember_mode(&path, mode);
            self.write_session();
        }
    }

    fn cycle(&mut self, by: isize) {
        let tabs = self.tabs.len() as isize;
        if tabs > 0 {
            self.activate((self.active as isize + by).rem_euclid(tabs) as usize);
        }
    }

    fn ask_bytes_per_row(&mut self) {
        let input = match self.settings.bytes_per_row {
            Fit::Bytes(bytes) => bytes.to_string(),
            Fit::Width | Fit::Ask => String::new(),
        };
        self.open_dialog(Dialog::BytesPerRow { input, error: None });
    }
}
