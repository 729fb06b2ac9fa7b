//! Rotation, shift, shear, zoom and flips as one affine map.

use super::Transform;

/// Where each output pixel is read: `x = x0 + xx * column + xy * row`, `y` alike.
pub(super) struct Affine {
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) xx: f64,
    pub(super) xy: f64,
    pub(super) yx: f64,
    pub(super) yy: f64,
}

impl Affine {
    /// `rotation * shift * shear * zoom` about the image's centre, as in Keras's
    /// `apply_affine_transform`; then the flips, which read the columns or rows backwards.
    pub(super) fn new(transform: &Transform, height: usize, width: usize) -> Self {
        let (sin, cos) = transform.rotation_degrees.to_radians().sin_cos();
        let (shear_sin, shear_cos) = transform.shear_degrees.to_radians().sin_cos();
        let (tx, ty) = (transform.shift_x_pixels, transform.shift_y_pixels);
        let mut xx = cos * transform.zoom_x;
        let mut yx = sin * transform.zoom_x;
        let mut xy = (-cos * shear_sin - sin * shear_cos) * transform.zoom_y;
        let mut yy = (-sin * shear_sin + cos * shear_cos) * transform.zoom_y;

        let center_x = width as f64 / 2.0 - 0.5;
        let center_y = height as f64 / 2.0 - 0.5;
        let mut x0 = center_x + cos * tx - sin * ty - xx * center_x - xy * center_y;
        let mut y0 = center_y + sin * tx + cos * ty - yx * center_x - yy * center_y;
        if transform.horizontal_flip {
            let last = (width - 1) as f64;
            (x0, y0) = (x0 + xx * last, y0 + yx * last);
            (xx, yx) = (-xx, -yx);
        }
        if transform.vertical_flip {
            let last = (height - 1) as f64;
            (x0, y0) = (x0 + xy * last, y0 + yy * last);
            (xy, yy) = (-xy, -yy);
        }
        Self {
            x0,
            y0,
            xx,
            xy,
            yx,
            yy,
        }
    }
}
