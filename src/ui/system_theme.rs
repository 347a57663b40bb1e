//! The desktop's choice of light or dark, which winit does not tell on X11.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const UNKNOWN: u8 = 0;
const LIGHT: u8 = 1;
const DARK: u8 = 2;

/// Asked on a thread of its own: the answer comes over D-Bus, or never.
#[derive(Clone, Debug)]
pub struct SystemTheme(Arc<AtomicU8>);

impl SystemTheme {
    /// Asks, and goes on listening for changes; `wake` is called when an answer is there.
    pub fn ask(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let theme = Self(Arc::new(AtomicU8::new(UNKNOWN)));
        let answer = theme.0.clone();
        std::thread::spawn(move || {
            let say = |mode| {
                let said = match mode {
                    dark_light::Mode::Dark => DARK,
                    dark_light::Mode::Light => LIGHT,
                    dark_light::Mode::Unspecified => UNKNOWN,
                };
                if answer.swap(said, Ordering::Relaxed) != said {
                    wake();
                }
            };
            // Nobody answers where there is no portal: then it stays unknown.
            let Ok(mode) = dark_light::detect() else { return };
            say(mode);
            if let Ok(changes) = dark_light::subscribe() {
                changes.iter().for_each(say);
            }
        });
        theme
    }

    /// Nobody to ask.
    pub fn unknown() -> Self {
        Self(Arc::new(AtomicU8::new(UNKNOWN)))
    }

    /// Dark where the desktop says nothing.
    pub fn theme(&self) -> egui::Theme {
        match self.0.load(Ordering::Relaxed) {
            LIGHT => egui::Theme::Light,
            _ => egui::Theme::Dark,
        }
    }
}
