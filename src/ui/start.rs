use std::time::Instant;

use eframe::{NativeOptions, Renderer};

use super::pane::waker;
use super::system_theme::SystemTheme;
use super::trace::Trace;
use super::window::Window;
use crate::editor::{Arguments, Editor, WindowPlace};

const ICON: &[u8] = include_bytes!("../../assets/icon.png");

/// No window could be opened.
#[derive(Debug, thiserror::Error)]
#[error("Hextant could not open a window.\n  OpenGL: {glow}\n  Vulkan: {wgpu}\n{advice}")]
pub struct StartError {
    glow: String,
    wgpu: String,
    advice: String,
}

/// Opens the window and runs until it is closed. OpenGL first; where that cannot start, Vulkan or what else there is.
pub fn start(editor: impl Fn() -> Editor, arguments: &Arguments, started: Instant) -> Result<(), StartError> {
    let attempt = |renderer| {
        let mut first = editor();
        let options = options(renderer, arguments, first.session.window());
        // Files are opened while the window is being made; counting their lines can wait for its first frame.
        first.wait_until_shown();
        first.open_arguments(arguments);
        let trace = Trace::new(&arguments.log, started);
        eframe::run_native(
            "hextant",
            options,
            Box::new(move |context| {
                let ctx = &context.egui_ctx;
                Ok(Box::new(Window::new(ctx, first, trace, Some(SystemTheme::ask(waker(ctx))))))
            }),
        )
    };
    let glow = match attempt(Renderer::Glow) {
        Ok(()) => return Ok(()),
        Err(error) => error.to_string(),
    };
    let wgpu = match attempt(Renderer::Wgpu) {
        Ok(()) => return Ok(()),
        Err(error) => error.to_string(),
    };
    let advice = advice(&glow, &wgpu);
    Err(StartError { glow, wgpu, advice })
}

fn options(renderer: Renderer, arguments: &Arguments, place: Option<WindowPlace>) -> NativeOptions {
    let mut viewport = egui::ViewportBuilder::default()
        .with_app_id("hextant")
        .with_title("Hextant")
        .with_inner_size([1100.0, 720.0])
        .with_min_inner_size([420.0, 240.0])
        .with_drag_and_drop(true);
    if let Some(WindowPlace { size, position, is_maximized }) = place {
        viewport = viewport.with_inner_size([size.0, size.1]).with_maximized(is_maximized);
        if let Some((x, y)) = position {
            viewport = viewport.with_position([x, y]);
        }
    }
    if let Ok(icon) = eframe::icon_data::from_png_bytes(ICON) {
        viewport = viewport.with_icon(icon);
    }
    let mut options = NativeOptions { viewport, renderer, persist_window: false, ..NativeOptions::default() };
    // winit 0.30 cannot take dropped files on Wayland (winit#1881): where X11 is to be had, be an X11 window.
    let wayland = std::env::var_os("WAYLAND_DISPLAY").is_some();
    let x11 = std::env::var_os("DISPLAY").is_some_and(|display| !display.is_empty());
    if wayland && x11 && !arguments.wayland {
        options.event_loop_builder = Some(Box::new(|builder| {
            use winit::platform::x11::EventLoopBuilderExtX11;
            builder.with_x11();
        }));
    }
    options
}

/// Names what is missing, as Debian calls it.
fn advice(glow: &str, wgpu: &str) -> String {
    let said = format!("{glow} {wgpu}").to_lowercase();
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        return "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set.".to_owned();
    }
    let packages = [
        ("libx11-xcb", "libx11-xcb1"),
        ("libxkbcommon-x11", "libxkbcommon-x11-0"),
        ("libxkbcommon", "libxkbcommon0"),
        ("libxcursor", "libxcursor1"),
        ("libxi", "libxi6"),
        ("libx11", "libx11-6"),
        ("libwayland", "libwayland-client0 libwayland-egl1"),
    ];
    let missing = packages.iter().find(|(library, _)| said.contains(library)).map(|(_, package)| *package);
    match missing {
        Some(package) => format!("A library is missing. On Debian: apt install {package}"),
        None => {
            let all = "libgl1 libgl1-mesa-dri libegl1 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0";
            format!("Probably a graphics library is missing. On Debian: apt install {all}")
        }
    }
}
