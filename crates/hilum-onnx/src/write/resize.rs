//! Resampling as the recipe does it: two matrix products, rounded to bytes after each.
//!
//! hilum resamples with fixed-point weights of 16 bits (`fast_image_resize`), as many behind the point
//! as the largest of them allows. The same weights are made here when the graph runs, since they depend
//! on the size of the image. Products and sums are of so few bits that 32-bit numbers hold them: every
//! byte comes out the same, but for weights that lie halfway between two.

use hilum_imaging::{Fit, Interpolation, Recipe};

use super::image::rounded;
use super::nodes::{Nodes, Value, int, ints};
use crate::proto::DataType;

/// Weights are kept in 16 bits, one of them the sign.
const WEIGHT_LIMIT: f32 = 32768.0;
/// Bits behind the point, at most.
const MOST_BITS: usize = 21;

/// Resampling to a recipe's size.
#[derive(Debug)]
pub(super) struct Resize {
    rows: Side,
    columns: Side,
    interpolation: Interpolation,
}

/// One side of the image; numbers without axes.
#[derive(Debug)]
struct Side {
    name: &'static str,
    /// How many pixels the recipe asks for.
    full: usize,
    /// How many pixels the image has, as a whole number,
    count: Value,
    /// and as a number.
    source: Value,
    /// How many pixels the image fills.
    content: Value,
    /// What is left black before them; `None` for an image that fills all.
    margin: Option<Value>,
}

impl Resize {
    /// `image` lies as batch, height, width, channels.
    pub(super) fn new(nodes: &mut Nodes, recipe: &Recipe, image: &Value) -> Self {
        let shape = nodes.op("resize/shape", "Shape", &[image]);
        let counts = [1, 2].map(|axis| {
            let axis = nodes.int(axis);
            nodes.op("resize/side", "Gather", &[&shape, &axis])
        });
        let fulls = [recipe.height, recipe.width];
        let contents = match recipe.fit {
            Fit::Stretch => fulls.map(|full| nodes.number(full as f32)),
            Fit::Letterbox => letterbox(nodes, &counts, fulls),
        };
        let mut sides = counts
            .into_iter()
            .zip(contents)
            .zip(fulls)
            .zip(["rows", "columns"]);
        let mut side = || {
            let (((count, content), full), name) = sides.next().expect("there are two sides");
            let source = nodes.cast("resize/source", &count, DataType::Float);
            let has_margin = recipe.fit == Fit::Letterbox;
            let margin = has_margin.then(|| margin(nodes, full, &content));
            Side {
                name,
                full,
                count,
                source,
                content,
                margin,
            }
        };
        Self {
            rows: side(),
            columns: side(),
            interpolation: recipe.interpolation,
        }
    }

    /// Planes of the recipe's size, of `planes` that lie as batch, channels, height, width.
    pub(super) fn apply(&self, nodes: &mut Nodes, planes: &Value) -> Value {
        if self.interpolation == Interpolation::Nearest {
            let rows = self.rows.nearest(nodes, planes, 2);
            return self.columns.nearest(nodes, &rows, 3);
        }
        let rows = self.rows.weights(nodes, self.interpolation);
        let columns = self.columns.weights(nodes, self.interpolation);
        let order = vec![ints("perm", [1, 0])];
        let columns = nodes.op_with("resize/columns", "Transpose", &[&columns], order);
        let [before, after] = self.around_columns(nodes, &columns);
        let planes = nodes.op("resize/over_rows", "MatMul", &[planes, &before]);
        let planes = bytes(nodes, &planes);
        let planes = nodes.op("resize/over_columns", "MatMul", &[&rows, &planes]);
        let planes = bytes(nodes, &planes);
        let planes = nodes.op("resize/over_rows", "MatMul", &[&planes, &after]);
        let planes = bytes(nodes, &planes);
        // What the lengths of a dynamic product are is said here.
        let full = [self.rows.full, self.columns.full].map(|side| side as i64);
        let shape = nodes.ints("resize/shape", &[4], &[0, 0, full[0], full[1]]);
        nodes.op("resize", "Reshape", &[&planes, &shape])
    }

    /// `columns`, by which an image is multiplied from the right, and a matrix that changes nothing: the
    /// former first where rows are resampled first.
    ///
    /// Which comes first depends on the image. An `If` would say it more shortly, but OpenVINO 2026.4 makes
    /// something else of the first image that goes through one.
    fn around_columns(&self, nodes: &mut Nodes, columns: &Value) -> [Value; 2] {
        let name = "resize/order";
        let columns_first = self.takes_columns_first(nodes);
        let columns_first = nodes.cast(name, &columns_first, DataType::Int64);
        let flat = nodes.ints(name, &[1], &[1]);
        let columns_first = nodes.op(name, "Reshape", &[&columns_first, &flat]);
        let full = nodes.ints(name, &[1], &[self.columns.full as i64]);
        let count = nodes.op(name, "Reshape", &[&self.columns.count, &flat]);
        // Of two matrices behind one another the first is taken, or the second: as long as the image is
        // wide before it is resampled, as long as it will be afterwards.
        let start = nodes.op(name, "Mul", &[&columns_first, &full]);
        let grown = nodes.op(name, "Mul", &[&columns_first, &count]);
        let end = nodes.op(name, "Add", &[&grown, &full]);
        let of_image = unchanged(nodes, &count);
        let of_result = unchanged(nodes, &full);
        let mut taken = |joined: [&Value; 2], along: i64| {
            let joined = nodes.op_with(name, "Concat", &joined, vec![int("axis", along)]);
            let along = nodes.ints(name, &[1], &[along]);
            nodes.op(name, "Slice", &[&joined, &start, &end, &along])
        };
        [
            taken([columns, &of_image], 1),
            taken([&of_result, columns], 0),
        ]
    }

    /// Whether the height loses pixels, and more than twice as many as the width.
    fn takes_columns_first(&self, nodes: &mut Nodes) -> Value {
        let [rows, columns] = [&self.rows, &self.columns]
            .map(|side| nodes.op("resize/lost", "Sub", &[&side.source, &side.content]));
        let [zero, two] = [0.0, 2.0].map(|number| nodes.number(number));
        let twice = nodes.op("resize/lost", "Mul", &[&columns, &two]);
        let loses = nodes.op("resize/order", "Greater", &[&rows, &zero]);
        let more = nodes.op("resize/order", "Greater", &[&rows, &twice]);
        nodes.op("resize/order", "And", &[&loses, &more])
    }
}

impl Side {
    /// Twice the place of the middle of each pixel that is made, in pixels of what the image fills, as a
    /// column: odd numbers, below zero and above twice [`content`](Self::content) in the margins.
    fn middles(&self, nodes: &mut Nodes) -> Value {
        let middles: Vec<f32> = (0..self.full).map(|at| (2 * at + 1) as f32).collect();
        let middles = nodes.floats("resize/middles", &[self.full, 1], &middles);
        let Some(margin) = &self.margin else {
            return middles;
        };
        let two = nodes.number(2.0);
        let margin = nodes.op("resize/margin", "Mul", &[margin, &two]);
        nodes.op("resize/middles", "Sub", &[&middles, &margin])
    }

    /// 1 for pixels that the image fills, 0 for those of the margins, as a column.
    fn filled(&self, nodes: &mut Nodes, middles: &Value) -> Value {
        let [zero, two] = [0.0, 2.0].map(|number| nodes.number(number));
        let end = nodes.op("resize/end", "Mul", &[&self.content, &two]);
        let begun = nodes.op("resize/filled", "Greater", &[middles, &zero]);
        let ended = nodes.op("resize/filled", "Less", &[middles, &end]);
        let filled = nodes.op("resize/filled", "And", &[&begun, &ended]);
        nodes.cast("resize/filled", &filled, DataType::Float)
    }

    /// What each pixel of the image counts in each pixel that is made: a row for each of these.
    fn weights(&self, nodes: &mut Nodes, interpolation: Interpolation) -> Value {
        let name = format!("resize/weights/{}", self.name);
        let middles = self.middles(nodes);
        let raw = self.raw_weights(nodes, &name, &middles, interpolation);
        let raw = if self.margin.is_some() {
            let filled = self.filled(nodes, &middles);
            nodes.op(&name, "Mul", &[&raw, &filled])
        } else {
            raw
        };
        let last = nodes.ints("constant", &[1], &[1]);
        let keep = vec![int("keepdims", 1)];
        let mut sums = nodes.op_with(&name, "ReduceSum", &[&raw, &last], keep);
        if self.margin.is_some() {
            // In a margin nothing counts, and nothing is not divided by nothing.
            let least = nodes.number(1e-6);
            sums = nodes.op(&name, "Max", &[&sums, &least]);
        }
        let weights = nodes.op(&name, "Div", &[&raw, &sums]);
        fixed_point(nodes, &name, &weights)
    }

    /// The filter at each pixel of the image, in whatever unit.
    fn raw_weights(
        &self,
        nodes: &mut Nodes,
        name: &str,
        middles: &Value,
        interpolation: Interpolation,
    ) -> Value {
        let [zero, one] = [0, 1].map(|number| nodes.int(number));
        let positions = nodes.op(name, "Range", &[&zero, &self.count, &one]);
        let positions = nodes.cast(name, &positions, DataType::Float);
        let [one, two] = [1.0, 2.0].map(|number| nodes.number(number));
        let positions = nodes.op(name, "Mul", &[&positions, &two]);
        let positions = nodes.op(name, "Add", &[&positions, &one]);
        // Whole numbers all of them, so that nothing is lost before the division.
        let theirs = nodes.op(name, "Mul", &[&positions, &self.content]);
        let ours = nodes.op(name, "Mul", &[middles, &self.source]);
        let distance = nodes.op(name, "Sub", &[&theirs, &ours]);
        let distance = nodes.op(name, "Abs", &[&distance]);
        let larger = nodes.op(name, "Max", &[&self.source, &self.content]);
        let unit = nodes.op(name, "Mul", &[&larger, &two]);
        match interpolation {
            Interpolation::Bicubic => {
                let distance = nodes.op(name, "Div", &[&distance, &unit]);
                cubic(nodes, name, &distance)
            }
            Interpolation::Bilinear | Interpolation::Nearest => {
                let weights = nodes.op(name, "Sub", &[&unit, &distance]);
                nodes.op(name, "Relu", &[&weights])
            }
        }
    }

    /// The pixel under the middle of each that is made; its place grows by addition, as in hilum, since
    /// rounding decides where it falls between two.
    fn nearest(&self, nodes: &mut Nodes, planes: &Value, axis: i64) -> Value {
        let name = format!("resize/nearest/{}", self.name);
        let wide =
            [&self.count, &self.content].map(|side| nodes.cast(&name, side, DataType::Double));
        let step = nodes.op(&name, "Div", &[&wide[0], &wide[1]]);
        let mut steps = vec![1.0; self.full];
        steps[0] = 0.5;
        let steps = nodes.doubles(&name, &[self.full], &steps);
        let steps = nodes.op(&name, "Mul", &[&steps, &step]);
        let first = nodes.int(0);
        let places = nodes.op(&name, "CumSum", &[&steps, &first]);
        let places = nodes.op(&name, "Floor", &[&places]);
        let places = nodes.cast(&name, &places, DataType::Int64);
        let one = nodes.int(1);
        let last = nodes.op(&name, "Sub", &[&self.count, &one]);
        let places = nodes.op(&name, "Min", &[&places, &last]);
        let at = vec![int("axis", axis)];
        if self.margin.is_none() {
            return nodes.op_with(&name, "Gather", &[planes, &places], at);
        }
        let middles = self.middles(nodes);
        let filled = self.filled(nodes, &middles);
        let two = nodes.number(2.0);
        let inner = nodes.op(&name, "Div", &[&middles, &two]);
        let inner = nodes.op(&name, "Floor", &[&inner]);
        let [low, high] = [0.0, (self.full - 1) as f32].map(|limit| nodes.number(limit));
        let inner = nodes.op(&name, "Clip", &[&inner, &low, &high]);
        let inner = nodes.cast(&name, &inner, DataType::Int64);
        let flat = nodes.ints(&name, &[1], &[-1]);
        let inner = nodes.op(&name, "Reshape", &[&inner, &flat]);
        let places = nodes.op(&name, "Gather", &[&places, &inner]);
        let found = nodes.op_with(&name, "Gather", &[planes, &places], at);
        let side = if axis == 2 { [-1, 1] } else { [1, -1] };
        let side = nodes.ints(&name, &[2], &side);
        let filled = nodes.op(&name, "Reshape", &[&filled, &side]);
        nodes.op(&name, "Mul", &[&found, &filled])
    }
}

/// Keys' cubic with a = -0.5, of distances from 0.
fn cubic(nodes: &mut Nodes, name: &str, distance: &Value) -> Value {
    let polynomial = |nodes: &mut Nodes, factors: [f32; 4]| {
        let mut value = nodes.number(factors[0]);
        for factor in &factors[1..] {
            let factor = nodes.number(*factor);
            value = nodes.op(name, "Mul", &[&value, distance]);
            value = nodes.op(name, "Add", &[&value, &factor]);
        }
        value
    };
    let near = polynomial(nodes, [1.5, -2.5, 0.0, 1.0]);
    let far = polynomial(nodes, [-0.5, 2.5, -4.0, 2.0]);
    let [zero, one, two] = [0.0, 1.0, 2.0].map(|number| nodes.number(number));
    let is_near = nodes.op(name, "Less", &[distance, &one]);
    let is_far = nodes.op(name, "Less", &[distance, &two]);
    let far = nodes.op(name, "Where", &[&is_far, &far, &zero]);
    nodes.op(name, "Where", &[&is_near, &near, &far])
}

/// Weights as 16 bits hold them, all with the point at the same place, which is chosen by the largest.
fn fixed_point(nodes: &mut Nodes, name: &str, weights: &Value) -> Value {
    let largest = nodes.op_with(name, "ReduceMax", &[weights], vec![int("keepdims", 0)]);
    let powers =
        |first: usize| (0..=MOST_BITS + 1).map(move |bits| (1_u32 << (first + bits)) as f32);
    let next: Vec<f32> = powers(1).take(MOST_BITS + 1).collect();
    let next = nodes.floats(name, &[next.len()], &next);
    let next = nodes.op(name, "Mul", &[&largest, &next]);
    let next = rounded(nodes, name, &next);
    let limit = nodes.number(WEIGHT_LIMIT);
    let fits = nodes.op(name, "Less", &[&next, &limit]);
    let fits = nodes.cast(name, &fits, DataType::Int64);
    let first = nodes.ints("constant", &[1], &[0]);
    let bits = nodes.op_with(
        name,
        "ReduceSum",
        &[&fits, &first],
        vec![int("keepdims", 0)],
    );
    let mut table: Vec<f32> = powers(0).take(MOST_BITS + 1).collect();
    table.push(table[MOST_BITS]);
    let table = nodes.floats(name, &[table.len()], &table);
    let unit = nodes.op(name, "Gather", &[&table, &bits]);
    let scaled = nodes.op(name, "Mul", &[weights, &unit]);
    // Halves go away from zero.
    let sign = nodes.op(name, "Sign", &[&scaled]);
    let whole = nodes.op(name, "Abs", &[&scaled]);
    let whole = rounded(nodes, name, &whole);
    let whole = nodes.op(name, "Mul", &[&whole, &sign]);
    nodes.op(name, "Div", &[&whole, &unit])
}

/// The matrix of `count` rows that changes nothing.
fn unchanged(nodes: &mut Nodes, count: &Value) -> Value {
    let name = "resize/unchanged";
    let [zero, one] = [0, 1].map(|number| nodes.int(number));
    let scalar = nodes.ints(name, &[0], &[]);
    let count = nodes.op(name, "Reshape", &[count, &scalar]);
    let places = nodes.op(name, "Range", &[&zero, &count, &one]);
    let [row, column] = [0, 1].map(|axis| {
        let axis = nodes.ints(name, &[1], &[axis]);
        nodes.op(name, "Unsqueeze", &[&places, &axis])
    });
    let is_diagonal = nodes.op(name, "Equal", &[&row, &column]);
    nodes.cast(name, &is_diagonal, DataType::Float)
}

/// Whole numbers from 0 to 255.
fn bytes(nodes: &mut Nodes, value: &Value) -> Value {
    let value = rounded(nodes, "resize/bytes", value);
    let [low, high] = [0.0, 255.0].map(|limit| nodes.number(limit));
    nodes.op("resize/bytes", "Clip", &[&value, &low, &high])
}

/// How many rows and columns an image fills that keeps its aspect, as `Fit::Letterbox` counts them.
fn letterbox(nodes: &mut Nodes, counts: &[Value; 2], fulls: [usize; 2]) -> [Value; 2] {
    let name = "resize/letterbox";
    let sides = [0, 1].map(|at| nodes.cast(name, &counts[at], DataType::Double));
    let ratio = nodes.op(name, "Div", &[&sides[1], &sides[0]]);
    let target = nodes.wide(fulls[1] as f64 / fulls[0] as f64);
    [0, 1].map(|at| {
        let other = 1 - at;
        let share = nodes.op(name, "Div", &[&sides[at], &sides[other]]);
        let length = nodes.wide(fulls[other] as f64);
        let exact = nodes.op(name, "Mul", &[&share, &length]);
        let whole = nodes.op(name, "Round", &[&exact]);
        let [one, full] = [1.0, fulls[at] as f64].map(|limit| nodes.wide(limit));
        let whole = nodes.op(name, "Clip", &[&whole, &one, &full]);
        // Rows are fewer where the image is wider than the recipe's.
        let order = if at == 0 {
            [&ratio, &target]
        } else {
            [&target, &ratio]
        };
        let is_short = nodes.op(name, "Greater", &order);
        let found = nodes.op(name, "Where", &[&is_short, &whole, &full]);
        nodes.cast(name, &found, DataType::Float)
    })
}

/// Half of what is left over, halves to even.
fn margin(nodes: &mut Nodes, full: usize, content: &Value) -> Value {
    let [full, half] = [full as f32, 0.5].map(|number| nodes.number(number));
    let left = nodes.op("resize/margin", "Sub", &[&full, content]);
    let left = nodes.op("resize/margin", "Mul", &[&left, &half]);
    nodes.op("resize/margin", "Round", &[&left])
}
