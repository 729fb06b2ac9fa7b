//! One thoracic vertebra with its canal, processes and rib heads.

use std::f64::consts::TAU;

use super::anatomy::{Anatomy, Side};
use super::canvas::Canvas;
use super::outline::{Outline, Point, waves};
use super::random::Stream;

const CORTEX: f32 = 650.0;
const MARROW: f32 = 170.0;
const CORD: f32 = 35.0;
const CEREBROSPINAL_FLUID: f32 = 10.0;

pub(super) fn draw(canvas: &mut Canvas, anatomy: &Anatomy) {
    let (spine, scale) = (anatomy.spine, anatomy.scale);
    let place = |x: f64, y: f64| Point::new(spine.x + x * scale, spine.y + y * scale);
    for side in Side::BOTH {
        let sign = side.sign();
        // Rib head beside the body, transverse process, lamina.
        bone(
            canvas,
            (place(sign * 19.0, 6.0), 5.2),
            (place(sign * 36.0, 22.0), 4.4),
            scale,
        );
        bone(
            canvas,
            (place(sign * 13.0, 22.0), 5.4),
            (place(sign * 33.0, 29.0), 4.6),
            scale,
        );
        bone(
            canvas,
            (place(sign * 12.0, 18.0), 4.6),
            (place(sign * 5.0, 34.0), 4.2),
            scale,
        );
    }
    bone(
        canvas,
        (place(0.0, 34.0), 4.0),
        (place(0.5, 52.0), 2.8),
        scale,
    );
    draw_body(canvas, anatomy, place(0.0, 0.0));
    draw_canal(canvas, place(0.0, 22.0), scale);
}

/// A bone from one place to another, with radii: a dense shell around marrow.
fn bone(canvas: &mut Canvas, from: (Point, f64), to: (Point, f64), scale: f64) {
    let shape = |thinner: f64| {
        let (r0, r1) = (from.1 * scale - thinner, to.1 * scale - thinner);
        let angle = libm::atan2(to.0.y - from.0.y, to.0.x - from.0.x);
        let quarter = std::f64::consts::FRAC_PI_2;
        let arc = |center: Point, radius: f64, start: f64| {
            (0..=8).map(move |step| center.toward(start + f64::from(step) * quarter / 4.0, radius))
        };
        let near = arc(from.0, r0, angle + quarter);
        let far = arc(to.0, r1, angle - quarter);
        Outline(near.chain(far).collect())
    };
    canvas.fill(&shape(0.0), CORTEX);
    canvas.fill(&shape(1.5), MARROW + 60.0);
}

fn draw_body(canvas: &mut Canvas, anatomy: &Anatomy, center: Point) {
    let random = &mut anatomy.random(Stream::Texture);
    let ripple = waves(random, &[2.0, 3.0, 4.0], 0.03);
    let (wide, deep) = (18.5 * anatomy.scale, 15.0 * anatomy.scale);
    let body = |thinner: f64| Outline::blob(center, wide - thinner, deep - thinner, 0.0, &ripple);
    canvas.fill(&body(0.0), CORTEX);
    canvas.fill(&body(1.6), MARROW);
    // Trabeculae and the vein that leaves the body backwards.
    for _ in 0..26 {
        let place = center.toward(random.between(0.0, TAU), 12.0 * random.unit().sqrt());
        let height = random.between(40.0, 110.0) as f32;
        canvas.tube(
            (place, 0.7),
            (place.toward(1.57, random.between(1.0, 5.0)), 0.5),
            MARROW + height,
        );
    }
    let vein = Point::new(center.x, center.y + deep * 0.66);
    canvas.fill(&Outline::ellipse(vein, 1.4, 3.0, 0.0), 60.0);
}

fn draw_canal(canvas: &mut Canvas, center: Point, scale: f64) {
    let ring = |radius: f64| Outline::ellipse(center, radius * 1.12 * scale, radius * scale, 0.0);
    canvas.fill(&ring(10.6), CORTEX);
    canvas.fill(&ring(9.0), -30.0);
    canvas.fill(&ring(7.8), CEREBROSPINAL_FLUID);
    canvas.fill(&ring(4.2), CORD);
}
