//! Heart, great vessels, gullet and central airways.

use super::AIR;
use super::anatomy::{Anatomy, Level};
use super::canvas::Canvas;
use super::outline::{Outline, Point, waves};
use super::random::Stream;

const SOFT_TISSUE: f32 = 40.0;

pub(super) fn draw(canvas: &mut Canvas, anatomy: &Anatomy) {
    match anatomy.level {
        Level::Bifurcation => draw_great_vessels(canvas, anatomy),
        Level::Heart => draw_heart(canvas, anatomy),
    }
    let place = |x: f64, y: f64| at(anatomy, x, y);
    let blood = anatomy.blood_hu;
    // Descending aorta with its wall, azygos vein, gullet.
    let aorta = Point::new(
        anatomy.spine.x + 21.0 * anatomy.scale,
        anatomy.spine.y - 15.0,
    );
    disc(canvas, aorta, 12.8 * anatomy.scale, SOFT_TISSUE);
    disc(canvas, aorta, 11.6 * anatomy.scale, blood + 5.0);
    let azygos = Point::new(anatomy.spine.x - 9.0, anatomy.spine.y - 20.0);
    disc(canvas, azygos, 4.0 * anatomy.scale, blood - 8.0);
    let gullet = place(5.0, 29.0);
    let scale = anatomy.scale;
    canvas.fill(
        &Outline::ellipse(gullet, 8.0 * scale, 5.0 * scale, 0.2),
        SOFT_TISSUE,
    );
    canvas.fill(
        &Outline::ellipse(gullet, 2.2 * scale, 1.1 * scale, 0.2),
        -300.0,
    );
    draw_airways(canvas, anatomy);
}

fn at(anatomy: &Anatomy, x: f64, y: f64) -> Point {
    Point::new(x * anatomy.scale, y * anatomy.scale)
}

fn disc(canvas: &mut Canvas, center: Point, radius: f64, hounsfield: f32) {
    canvas.fill(&Outline::ellipse(center, radius, radius, 0.0), hounsfield);
}

fn draw_great_vessels(canvas: &mut Canvas, anatomy: &Anatomy) {
    let random = &mut anatomy.random(Stream::Texture);
    let (blood, scale) = (anatomy.blood_hu, anatomy.scale);
    let mut vessel = |x: f64, y: f64, radius_x: f64, radius_y: f64, hounsfield: f32| {
        let center = Point::new(
            (x + random.about_zero(1.5)) * scale,
            (y + random.about_zero(1.5)) * scale,
        );
        let wall = Outline::ellipse(
            center,
            (radius_x + 1.2) * scale,
            (radius_y + 1.2) * scale,
            0.1,
        );
        canvas.fill(&wall, SOFT_TISSUE);
        canvas.fill(
            &Outline::ellipse(center, radius_x * scale, radius_y * scale, 0.1),
            hounsfield,
        );
    };
    // Ascending aorta, pulmonary trunk, superior vena cava, thymic remnant, lymph nodes.
    vessel(-9.0, -32.0, 14.5, 14.0, blood);
    vessel(20.0, -34.0, 12.5, 14.5, blood + 8.0);
    vessel(-24.0, -18.0, 7.0, 8.0, blood + 10.0);
    vessel(4.0, -62.0, 8.0, 4.0, -20.0);
    vessel(2.0, -8.0, 4.0, 3.0, SOFT_TISSUE);
    vessel(10.0, 18.0, 3.5, 2.5, SOFT_TISSUE);
    // The pulmonary arteries run to either hilum, the right one behind the aorta.
    let trunk = at(anatomy, 20.0, -24.0);
    let [right, left] = anatomy.hila;
    canvas.tube((trunk, 9.0 * scale), (left, 7.5 * scale), blood + 8.0);
    let behind = at(anatomy, -4.0, -11.0);
    canvas.tube((trunk, 8.0 * scale), (behind, 8.0 * scale), blood + 8.0);
    canvas.tube((behind, 8.0 * scale), (right, 7.0 * scale), blood + 8.0);
}

fn draw_heart(canvas: &mut Canvas, anatomy: &Anatomy) {
    let random = &mut anatomy.random(Stream::Texture);
    let (blood, scale) = (anatomy.blood_hu, anatomy.scale);
    let growth = 0.82 + 0.2 * anatomy.depth;
    let muscle = if blood > 80.0 {
        95.0
    } else {
        SOFT_TISSUE + 10.0
    };
    let ripple = waves(random, &[2.0, 3.0, 5.0], 0.03);
    let body = at(anatomy, 14.0, -24.0);
    let outline = Outline::blob(
        body,
        58.0 * scale * growth,
        38.0 * scale * growth,
        0.30,
        &ripple,
    );
    canvas.fill(&outline, muscle);
    // x, y, radii, turn, difference to the blood: left and right ventricle, both atria.
    let chambers = [
        (42.0, -14.0, 20.0, 14.0, 0.55, 0.0),
        (12.0, -46.0, 26.0, 11.0, 0.35, 6.0),
        (-30.0, -24.0, 12.0, 19.0, 0.15, 4.0),
        (4.0, 8.0, 26.0, 10.0, -0.05, 0.0),
        (-2.0, -22.0, 12.0, 10.0, 0.2, 2.0),
    ];
    for (x, y, radius_x, radius_y, turn, difference) in chambers {
        let center = at(anatomy, x * growth, y * growth - 2.0 * anatomy.depth);
        let ripple = waves(random, &[2.0, 3.0], 0.06);
        let (radius_x, radius_y) = (radius_x * scale * growth, radius_y * scale * growth);
        let chamber = Outline::blob(center, radius_x, radius_y, turn, &ripple);
        canvas.fill(&chamber, blood + difference);
    }
    // Pulmonary veins enter the left atrium from both sides.
    for hilum in anatomy.hila {
        let atrium = at(anatomy, hilum.x.signum() * 18.0, 8.0);
        canvas.tube((atrium, 6.0 * scale), (hilum, 5.0 * scale), blood);
    }
}

fn draw_airways(canvas: &mut Canvas, anatomy: &Anatomy) {
    let scale = anatomy.scale;
    let [right, left] = anatomy.hila;
    match anatomy.level {
        Level::Bifurcation if anatomy.depth < 0.12 => {
            let trachea = at(anatomy, 0.0, 9.0);
            canvas.fill(
                &Outline::ellipse(trachea, 11.0 * scale, 9.5 * scale, 0.0),
                SOFT_TISSUE,
            );
            canvas.fill(
                &Outline::ellipse(trachea, 9.2 * scale, 7.8 * scale, 0.0),
                AIR,
            );
        }
        Level::Bifurcation => {
            for hilum in [right, left] {
                let inner = at(
                    anatomy,
                    hilum.x.signum() * (7.0 + 10.0 * anatomy.depth),
                    10.0,
                );
                let outer = Point::new(hilum.x * 0.84, hilum.y + 5.0);
                bronchus(canvas, inner, outer, 5.6 * scale);
            }
        }
        Level::Heart => {
            for hilum in [right, left] {
                let center = Point::new(hilum.x * 0.88, hilum.y + 5.0);
                bronchus(canvas, center, center.toward(1.0, 1.5), 4.2 * scale);
            }
        }
    }
}

/// An airway with its wall; the lumen is drawn as a narrow ellipse between its ends.
fn bronchus(canvas: &mut Canvas, from: Point, to: Point, radius: f64) {
    let middle = Point::new(f64::midpoint(from.x, to.x), f64::midpoint(from.y, to.y));
    let angle = libm::atan2(to.y - from.y, to.x - from.x);
    let half = from.distance(to) / 2.0 + radius;
    canvas.fill(
        &Outline::ellipse(middle, half + 1.6, radius + 1.6, angle),
        SOFT_TISSUE,
    );
    canvas.fill(&Outline::ellipse(middle, half, radius, angle), AIR);
}
