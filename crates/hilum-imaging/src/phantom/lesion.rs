//! The lesion: the only thing that differs between classes.

use std::f64::consts::TAU;

use super::Lesion;
use super::anatomy::{Anatomy, Side};
use super::canvas::Canvas;
use super::lungs::Lungs;
use super::outline::{Outline, Point, waves};
use super::random::{Random, Stream};
use super::truth::LesionDisc;

const TUMOUR: f32 = 42.0;

/// What was drawn of a lesion.
pub(super) struct DrawnLesion {
    pub(super) disc: LesionDisc,
    /// How much of each pixel of the canvas its mass covers, with what is hollow in it.
    pub(super) share: Vec<f32>,
}

/// Draws `lesion` in one of the lungs.
///
/// Its place, side and shape belong to the patient; neighbouring slices cut it at other
/// heights, so its size changes from slice to slice.
pub(super) fn draw(
    lesion: Lesion,
    canvas: &mut Canvas,
    anatomy: &Anatomy,
    lungs: &Lungs,
) -> Option<DrawnLesion> {
    let random = &mut Random::new(Stream::Lesion, anatomy.patient_seed, 0);
    let cut = [1.0, 0.93, 0.97, 0.86, 0.9, 0.82][anatomy.slice_index % 6];
    let side = if random.happens(0.5) {
        Side::Left
    } else {
        Side::Right
    };
    let share = vec![0.0; canvas.size() * canvas.size()];
    let painter = &mut Painter {
        canvas,
        anatomy,
        lungs,
        random,
        share,
    };
    let (center, radius) = match lesion {
        Lesion::None => return None,
        Lesion::SpiculatedPeripheral => painter.draw_spiculated(side, cut),
        Lesion::LobulatedLargePeripheral => painter.draw_lobulated(side, cut),
        Lesion::CentralHilarCavitating => painter.draw_cavitating(side, cut),
    };
    let (center_x, center_y) = painter.canvas.position(center);
    Some(DrawnLesion {
        disc: LesionDisc {
            center_x,
            center_y,
            radius: radius / painter.canvas.spacing_mm(),
        },
        share: std::mem::take(&mut painter.share),
    })
}

struct Painter<'a> {
    canvas: &'a mut Canvas,
    anatomy: &'a Anatomy,
    lungs: &'a Lungs,
    random: &'a mut Random,
    /// How much of each pixel the mass covers.
    share: Vec<f32>,
}

/// Each drawing returns its middle and its radius in millimetres: that of the mass alone, without
/// strands and veil.
impl Painter<'_> {
    fn draw_spiculated(&mut self, side: Side, cut: f64) -> (Point, f64) {
        let radius = self.random.between(8.5, 13.0) * cut;
        let gap = self.random.between(4.0, 16.0);
        let center = self.peripheral_place(side, radius, radius + gap);
        self.haze(center, radius * 1.45);
        let count = self.random.whole(13, 19);
        for index in 0..count {
            let turn = (index as f64 + self.random.between(0.1, 0.9)) / count as f64;
            let angle = turn * TAU;
            let length = radius * self.random.between(1.45, 2.25);
            let middle = center.toward(angle, length * 0.62);
            let end = center.toward(angle + self.random.about_zero(0.14), length);
            let width = self.random.between(0.9, 1.7);
            self.canvas.tube((center, 2.6), (middle, width), 0.0);
            self.canvas.tube((middle, width), (end, 0.35), -250.0);
        }
        // The tail that draws the pleura in.
        let outward = libm::atan2(center.y, center.x);
        let pleura = self.anatomy.cavity.point(outward, 1.0);
        self.canvas.tube((center, 2.4), (pleura, 1.1), -40.0);
        let ripple = waves(self.random, &[3.0, 5.0, 8.0, 13.0], 0.16);
        let stretch = self.random.between(0.85, 1.15);
        let turn = self.random.between(0.0, TAU);
        self.mass(
            &Outline::blob(center, radius * stretch, radius / stretch, turn, &ripple),
            TUMOUR,
        );
        (center, radius)
    }

    fn draw_lobulated(&mut self, side: Side, cut: f64) -> (Point, f64) {
        let radius = self.random.between(24.0, 32.0) * cut;
        let center = self.peripheral_place(side, radius, radius * 0.72);
        let count = self.random.whole(5, 7);
        let phase = self.random.between(0.0, TAU);
        self.mass(
            &Outline::ellipse(center, radius * 0.8, radius * 0.8, 0.0),
            TUMOUR,
        );
        for index in 0..count {
            let angle = phase + TAU * (index as f64 + self.random.about_zero(0.22)) / count as f64;
            let lobe = radius * self.random.between(0.40, 0.54);
            let middle = center.toward(angle, radius - lobe * 0.85);
            self.mass(&Outline::ellipse(middle, lobe, lobe * 0.92, angle), TUMOUR);
        }
        // Dead tissue inside, less dense than its rim.
        let ripple = waves(self.random, &[2.0, 3.0, 5.0], 0.14);
        let core = Outline::blob(center, radius * 0.5, radius * 0.42, phase, &ripple);
        self.canvas.fill(&core, TUMOUR - 20.0);
        (center, radius)
    }

    fn draw_cavitating(&mut self, side: Side, cut: f64) -> (Point, f64) {
        let radius = self.random.between(19.0, 25.0) * cut;
        let hilum = self.anatomy.hilum(side);
        let place = Point::new(
            hilum.x + side.sign() * (radius * 0.62),
            hilum.y + self.random.between(-2.0, 8.0),
        );
        let ripple = waves(self.random, &[2.0, 3.0, 5.0, 7.0], 0.11);
        let turn = self.random.between(0.0, TAU);
        self.haze(place, radius * 1.2);
        let count = self.random.whole(6, 9);
        for _ in 0..count {
            let angle = side.angle(self.random.about_zero(1.5));
            let end = place.toward(angle, radius * self.random.between(1.2, 1.55));
            self.canvas.tube((place, 3.0), (end, 0.7), -60.0);
        }
        self.mass(
            &Outline::blob(place, radius, radius * 0.9, turn, &ripple),
            TUMOUR,
        );
        // Air inside of a thick uneven wall, off the middle.
        let hollow = radius * self.random.between(0.5, 0.6);
        let inside = place.toward(self.random.between(0.0, TAU), radius * 0.14);
        let ripple = waves(self.random, &[2.0, 3.0, 4.0, 6.0], 0.18);
        let cavity = Outline::blob(inside, hollow, hollow * 0.85, turn + 0.7, &ripple);
        self.canvas.fill(&cavity, -960.0);
        (place, radius)
    }

    /// Solid tissue that replaces lung and vessels and merges with the chest wall.
    fn mass(&mut self, outline: &Outline, hounsfield: f32) {
        let coverage = self.canvas.cover(outline);
        self.canvas.blend(&coverage, |_, before, share| {
            before + (hounsfield - before).max(0.0) * share
        });
        coverage.visit(self.canvas.size(), |index, share| {
            self.share[index] = self.share[index].max(share);
        });
    }

    /// A faint veil around a lesion, densest at its middle.
    fn haze(&mut self, center: Point, radius: f64) {
        for step in 0..5 {
            let share = 1.0 - f64::from(step) / 6.0;
            let ripple = waves(self.random, &[3.0, 4.0, 7.0], 0.12);
            let outline = Outline::blob(center, radius * share, radius * share, 0.0, &ripple);
            let coverage = self.canvas.cover(&outline);
            self.canvas.blend(&coverage, |_, before, share| {
                before + (-640.0 - before).max(0.0) * share * 0.3
            });
        }
    }

    /// A place `inward` of the pleura where a lesion of `radius` lies in the lung.
    fn peripheral_place(&mut self, side: Side, radius: f64, inward: f64) -> Point {
        const ATTEMPT_COUNT: usize = 24;
        let mut best = (f32::NEG_INFINITY, Point::new(0.0, 0.0));
        for _ in 0..ATTEMPT_COUNT {
            let angle = side.angle(self.random.between(-0.75, 0.95));
            let place = self.anatomy.cavity.point(angle, -inward);
            let around =
                (0..12).map(|index| place.toward(f64::from(index) * TAU / 12.0, radius * 0.8));
            let share: f32 = around
                .map(|point| self.lungs.share_at(self.canvas, point))
                .sum();
            if share > best.0 {
                best = (share, place);
            }
        }
        best.1
    }
}
