//! What is seen: names and roles that assistive technology reads, and the painted text.

use std::collections::HashSet;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::epaint::{Primitive, Shape};
use egui::text::CCursor;
use egui::{Color32, Rect};
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT, Queryable};
use hextant::editor::Pane;

use super::TestWindow;

impl TestWindow {
    /// The one thing that assistive technology calls by this name.
    #[track_caller]
    pub fn node<'a>(&'a self, name: &'a str) -> Node<'a> {
        self.harness.get_by_label(name)
    }

    /// Is there a thing whose name contains `part`?
    pub fn has(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    /// The things of a role, from left to right and from top to bottom.
    pub fn names(&self, role: Role) -> Vec<String> {
        let nodes = self.harness.query_all_by_role(role);
        nodes.filter_map(|node| node.accesskit_node().label()).collect()
    }

    /// Clicks the one thing of this name.
    #[track_caller]
    pub fn click(&mut self, name: &str) {
        let at = self.node(name).rect().center();
        self.click_at(at);
    }

    /// Clicks the button whose name begins so: behind it may stand its shortcut.
    #[track_caller]
    pub fn click_button(&mut self, name: &str) {
        let at = self.button_named(name).unwrap_or_else(|| panic!("no button {name}")).0.center();
        self.click_at(at);
    }

    /// The place of a button whose name begins so, and whether it can be pressed.
    pub fn button_named(&self, name: &str) -> Option<(Rect, bool)> {
        let mut nodes = self.harness.query_all_by_role(Role::Button);
        let node = nodes.find(|node| {
            let label = node.accesskit_node().label().unwrap_or_default();
            let rest = label.strip_prefix("✓ ").unwrap_or(&label).strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '⏵']))
        })?;
        Some((node.rect(), !node.accesskit_node().is_disabled()))
    }

    /// Where a pane's contents are.
    #[track_caller]
    pub fn pane(&self, pane: Pane) -> Rect {
        let name = if pane == Pane::Text { "Text" } else { "Hex" };
        self.harness.get_by_role_and_label(Role::MultilineTextInput, name).rect()
    }

    /// Where `text` is painted, in painting order.
    pub fn places(&self, text: &str) -> Vec<Rect> {
        let mut places = Vec::new();
        for clipped in &self.harness.output().shapes {
            find(&clipped.shape, text, clipped.clip_rect, &mut places);
        }
        places
    }

    /// What the last frame costs to draw: draw calls, and triangles in all of them.
    pub fn drawn(&self) -> (usize, usize) {
        let output = self.harness.output();
        let calls = self.harness.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
        let triangles = calls.iter().map(|call| match &call.primitive {
            Primitive::Mesh(mesh) => mesh.indices.len() / 3,
            Primitive::Callback(_) => 0,
        });
        (calls.len(), triangles.sum())
    }

    /// In how many colours just `text` is painted, and from how many galleys.
    pub fn colors_and_galleys(&self, text: &str) -> (usize, usize) {
        let (mut colors, mut galleys) = (HashSet::new(), HashSet::new());
        for clipped in &self.harness.output().shapes {
            if let Shape::Text(shape) = &clipped.shape
                && shape.galley.text() == text
            {
                colors.extend(color_of(&clipped.shape, text));
                galleys.insert(Arc::as_ptr(&shape.galley));
            }
        }
        (colors.len(), galleys.len())
    }

    pub fn sees(&self, text: &str) -> bool {
        !self.places(text).is_empty()
    }

    /// The colour in which `text` is painted first.
    #[track_caller]
    pub fn color_of(&self, text: &str) -> Color32 {
        let shapes = &self.harness.output().shapes;
        let color = shapes.iter().find_map(|clipped| color_of(&clipped.shape, text));
        color.unwrap_or_else(|| panic!("no {text:?} to be seen"))
    }

    /// Where `text` is painted first in a pane.
    #[track_caller]
    pub fn in_pane(&self, pane: Pane, text: &str) -> Rect {
        let pane = self.pane(pane);
        let mut places = self.places(text).into_iter();
        places.find(|place| pane.contains(place.center())).unwrap_or_else(|| panic!("no {text:?} to be seen"))
    }

    /// Does the window have the dark look?
    pub fn is_dark(&self) -> bool {
        self.harness.ctx.theme() == egui::Theme::Dark
    }

    /// Which pane has egui's keyboard focus?
    pub fn focused_name(&self) -> Option<String> {
        let mut nodes = self.harness.query_all_by(|node| node.is_focused());
        nodes.find_map(|node| node.accesskit_node().label())
    }
}

fn color_of(shape: &Shape, text: &str) -> Option<Color32> {
    match shape {
        Shape::Vec(shapes) => shapes.iter().find_map(|shape| color_of(shape, text)),
        Shape::Text(shape) => {
            let at = shape.galley.text().find(text)?;
            let sections = &shape.galley.job.sections;
            let section = sections.iter().find(|section| section.byte_range.contains(&at.into()))?;
            let color = section.format.color;
            Some(if color == Color32::PLACEHOLDER { shape.fallback_color } else { color })
        }
        _ => None,
    }
}

fn find(shape: &Shape, text: &str, clip: Rect, places: &mut Vec<Rect>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| find(shape, text, clip, places)),
        Shape::Text(shape) => {
            let whole = shape.galley.text();
            for (at, _) in whole.match_indices(text) {
                let place = |byte: usize| {
                    let cursor = CCursor::new(whole[..byte].chars().count());
                    shape.galley.pos_from_cursor(cursor).translate(shape.pos.to_vec2())
                };
                let (from, to) = (place(at), place(at + text.len()));
                let rect = Rect::from_min_max(from.min, to.max);
                if clip.contains(rect.center()) {
                    places.push(rect);
                }
            }
        }
        _ => {}
    }
}
