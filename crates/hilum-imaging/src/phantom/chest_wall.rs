//! Skin, fat, muscles, ribs, breastbone and shoulder blades.

use super::anatomy::{Anatomy, Side};
use super::canvas::Canvas;
use super::outline::{Outline, Point};
use super::random::{Random, Stream};

const SKIN: f32 = 20.0;
const FAT: f32 = -98.0;
const MUSCLE: f32 = 55.0;
const CORTEX: f32 = 780.0;
const MARROW: f32 = 190.0;
const CARTILAGE: f32 = 110.0;

/// From the skin to the pleura, without bones.
pub(super) fn draw_soft_tissue(canvas: &mut Canvas, anatomy: &Anatomy) {
    draw_table(canvas, anatomy);
    canvas.fill(&anatomy.skin.outline(), SKIN);
    canvas.fill(&anatomy.skin.grown(|_| -2.0).outline(), FAT);
    for side in Side::BOTH {
        draw_muscles(canvas, anatomy, side);
    }
    // Ribs, the muscles between them and the fat under the pleura.
    canvas.fill(&anatomy.cavity.grown(|_| 11.5).outline(), MUSCLE);
    canvas.fill(&anatomy.cavity.grown(|_| 2.0).outline(), -60.0);
    canvas.fill(&anatomy.cavity.grown(|_| 1.0).outline(), 20.0);
}

fn draw_table(canvas: &mut Canvas, anatomy: &Anatomy) {
    let lowest = anatomy.skin.point(std::f64::consts::FRAC_PI_2, 0.0).y;
    let arc = |offset: f64, thickness: f64| {
        let half = 190.0;
        let edge = |index: i32, side: f64| {
            let x = half * f64::from(index) / 24.0;
            let sag = 22.0 * (x / half) * (x / half);
            Point::new(x, lowest + offset - sag + side)
        };
        let there = (-24..=24).map(|index| edge(index, 0.0));
        let back = (-24..=24).rev().map(|index| edge(index, thickness));
        Outline(there.chain(back).collect())
    };
    canvas.fill(&arc(1.0, 9.0), -930.0);
    canvas.fill(&arc(10.0, 2.2), -180.0);
    canvas.fill(&arc(12.2, 26.0), -965.0);
    canvas.fill(&arc(38.0, 2.2), -220.0);
}

fn draw_muscles(canvas: &mut Canvas, anatomy: &Anatomy, side: Side) {
    let reach = |from: f64, thickness: f64| {
        let strength = anatomy.muscle * anatomy.scale;
        (from, from + thickness * strength)
    };
    // From angle, to angle, distance from the pleura, thickness.
    let muscles = [
        (-1.36, -0.62, 12.5, 10.0),
        (-1.15, -0.42, 14.5, 12.0),
        (-0.40, 0.30, 12.0, 8.0),
        (0.02, 0.78, 13.5, 11.0),
        (0.45, 1.16, 12.0, 8.0),
        (0.48, 1.02, 22.0, 9.0),
        (0.80, 1.50, 14.0, 10.0),
    ];
    for (from, to, inner, thickness) in muscles {
        let (inner, outer) = reach(inner, thickness);
        let (a, b) = (side.angle(from), side.angle(to));
        canvas.fill(&anatomy.cavity.band(a, b, inner, outer), MUSCLE);
    }
    let back = anatomy.cavity.point(std::f64::consts::FRAC_PI_2, 0.0).y;
    let center = Point::new(
        side.sign() * 27.0 * anatomy.scale + anatomy.spine.x,
        back + 15.0,
    );
    let erector = Outline::ellipse(
        center,
        21.0 * anatomy.scale,
        13.5 * anatomy.scale * anatomy.muscle.min(1.1),
        side.sign() * -0.12,
    );
    canvas.fill(&erector, MUSCLE);
    canvas.fill(&erector.scaled(0.35), MUSCLE - 25.0);
}

/// Ribs, breastbone and shoulder blades.
pub(super) fn draw_bones(canvas: &mut Canvas, anatomy: &Anatomy) {
    let random = &mut anatomy.random(Stream::Slice);
    for side in Side::BOTH {
        draw_ribs(canvas, anatomy, side, random);
        draw_scapula(canvas, anatomy, side);
    }
    draw_sternum(canvas, anatomy);
}

fn draw_ribs(canvas: &mut Canvas, anatomy: &Anatomy, side: Side, random: &mut Random) {
    let mut angle = -1.12 + random.between(0.0, 0.18);
    let mut first = true;
    while angle < 1.30 {
        let length = random.between(0.20, 0.42);
        let end = (angle + length).min(1.36);
        let (a, b) = (side.angle(angle), side.angle(end));
        let shift = random.between(-0.6, 0.8);
        let (inner, outer) = (2.6 + shift, 10.4 + shift);
        let hounsfield = if first { CARTILAGE } else { CORTEX };
        canvas.fill(&anatomy.cavity.band(a, b, inner, outer), hounsfield);
        if !first {
            let rim = 0.16 * (end - angle);
            let (a, b) = (side.angle(angle + rim * 0.3), side.angle(end - rim * 0.3));
            canvas.fill(&anatomy.cavity.band(a, b, inner + 1.5, outer - 1.5), MARROW);
        }
        first = false;
        angle = end + random.between(0.09, 0.22);
    }
}

fn draw_scapula(canvas: &mut Canvas, anatomy: &Anatomy, side: Side) {
    // Lower slices pass below the tip of the shoulder blade.
    if anatomy.depth > 0.75 {
        return;
    }
    let length = 0.42 * (1.0 - 0.6 * anatomy.depth);
    let (a, b) = (side.angle(0.92 - length), side.angle(0.92));
    let inner = 12.0 + 9.0 * anatomy.muscle;
    canvas.fill(&anatomy.cavity.band(a, b, inner, inner + 5.0), CORTEX);
    let (a, b) = (side.angle(0.94 - length), side.angle(0.90));
    canvas.fill(&anatomy.cavity.band(a, b, inner + 1.6, inner + 3.4), 320.0);
}

fn draw_sternum(canvas: &mut Canvas, anatomy: &Anatomy) {
    let front = anatomy.cavity.point(-std::f64::consts::FRAC_PI_2, 0.0);
    let center = Point::new(front.x, front.y - 9.0);
    let (wide, deep) = (19.0 * anatomy.scale, 6.6);
    canvas.fill(&Outline::ellipse(center, wide, deep, 0.0), CORTEX - 200.0);
    canvas.fill(
        &Outline::ellipse(center, wide - 1.8, deep - 1.6, 0.0),
        MARROW - 60.0,
    );
}
