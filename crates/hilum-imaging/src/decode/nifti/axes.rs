//! Which axis of a file runs from left to right, from back to front and from the feet to the head.

use super::header::Header;

/// For each axis of the picture (across, down, from plane to plane) the axis of the file, and
/// whether it is run through from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axes([(usize, bool); 3]);

/// Every way to give three axes to three directions.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

impl Axes {
    /// A picture as DICOM's axial slices: the patient's right on the left, the front on top; planes
    /// from the feet to the head.
    ///
    /// Where a file does not say how it lies, its first axis is taken to run to the left, as
    /// nibabel does (`default_x_flip`).
    pub(super) fn of(header: &Header) -> Self {
        let matrix = header
            .matrix
            .unwrap_or([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        let lengths = [0, 1, 2].map(|axis| {
            let squares = matrix.map(|row| row[axis] * row[axis]);
            squares.iter().sum::<f64>().sqrt()
        });
        // The cosine between a direction (right, front, head) and an axis of the file.
        let cosine = |direction: usize, axis: usize| matrix[direction][axis] / lengths[axis];
        let fit = |order: &[usize; 3]| -> f64 {
            let directions = order.iter().enumerate();
            directions
                .map(|(direction, axis)| cosine(direction, *axis).abs())
                .sum()
        };
        let best = |best: [usize; 3], order: [usize; 3]| {
            if fit(&order) > fit(&best) {
                order
            } else {
                best
            }
        };
        let [right, front, head] = ORDERS.into_iter().fold(ORDERS[0], best);
        Self([
            // From the right to the left, and from the front to the back.
            (right, cosine(0, right) > 0.0),
            (front, cosine(1, front) > 0.0),
            (head, cosine(2, head) < 0.0),
        ])
    }

    /// Width, height and number of planes.
    pub(super) fn size(&self, header: &Header) -> [usize; 3] {
        self.0.map(|(axis, _)| header.size[axis])
    }

    /// Between rows, then between columns, in mm; `None` where the file does not say how it lies.
    pub(super) fn spacing_mm(&self, header: &Header) -> Option<[f64; 2]> {
        let matrix = header.matrix?;
        let [(across, _), (down, _), _] = self.0;
        Some([down, across].map(|axis| {
            let squares = matrix.map(|row| row[axis] * row[axis]);
            squares.iter().sum::<f64>().sqrt()
        }))
    }

    /// Where the values of a plane stand in the file, row by row.
    pub(super) fn plane(
        &self,
        header: &Header,
        index: usize,
    ) -> impl Iterator<Item = usize> + use<> {
        let [a, b, _] = header.size;
        let strides = [1, a, a * b];
        let [width, height, count] = self.size(header);
        let place = move |(axis, is_reversed): (usize, bool), at: usize, length: usize| {
            let at = if is_reversed { length - 1 - at } else { at };
            at * strides[axis]
        };
        let [across, down, through] = self.0;
        let begin = place(through, index, count);
        (0..height).flat_map(move |row| {
            let begin = begin + place(down, row, height);
            (0..width).map(move |column| begin + place(across, column, width))
        })
    }
}
