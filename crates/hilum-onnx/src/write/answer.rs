//! From logits to what the user is told.

use hilum_trust::{Abstain, Answering, Policy, SetMethod, Sets};

use super::nodes::{Nodes, Value, int};
use crate::proto::DataType;

/// One value an image, or one a class of it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) probabilities: Value,
    /// The position of the class; -1 where there is no answer.
    pub(super) class: Value,
    /// Why there is no answer, as [`super::REASONS`] numbers them; 0 where there is one.
    pub(super) reason: Value,
    pub(super) abstained: Value,
    /// Which classes are in the set, if the model has quantiles.
    pub(super) set: Option<Value>,
}

/// Appends [`Answering::answer`].
pub(super) fn told(
    nodes: &mut Nodes,
    answering: &Answering<'_>,
    logits: &Value,
    class_count: usize,
    is_unlike: Option<&Value>,
) -> Told {
    let probabilities = probabilities(nodes, answering, logits);
    let first = vec![int("axis", 1), int("keepdims", 0)];
    let class = nodes.op_with("answer/likeliest", "ArgMax", &[&probabilities], first);
    let [zero, none] = [0, -1].map(|number| nodes.int(number));
    let policy = answering.policy;
    let mut reason = nodes.op("answer/reason", "Mul", &[&class, &zero]);
    if class_count > 1 {
        reason = uncertain(nodes, policy, &probabilities, reason);
    }
    if let Some(is_unlike) = is_unlike.filter(|_| policy.abstain != Abstain::Never) {
        let number = nodes.int(1);
        reason = nodes.op("answer/reason", "Where", &[is_unlike, &number, &reason]);
    }
    let abstained = nodes.op("answer/abstained", "Greater", &[&reason, &zero]);
    let class = nodes.op("answer/class", "Where", &[&abstained, &none, &class]);
    let set = answering.sets.as_ref();
    let set = set.map(|sets| set_of(nodes, sets, &probabilities));
    Told {
        probabilities,
        class,
        reason,
        abstained,
        set,
    }
}

/// The softmax, after temperature and bias.
fn probabilities(nodes: &mut Nodes, answering: &Answering<'_>, logits: &Value) -> Value {
    let mut scaled = logits.clone();
    if let Some(scaling) = answering.scaling {
        let temperature = nodes.number(scaling.temperature as f32);
        scaled = nodes.op("answer/scaled", "Div", &[&scaled, &temperature]);
        if let Some(bias) = &scaling.bias {
            let bias: Vec<f32> = bias.iter().map(|value| *value as f32).collect();
            let bias = nodes.floats("answer/bias", &[1, bias.len()], &bias);
            scaled = nodes.op("answer/biased", "Add", &[&scaled, &bias]);
        }
    }
    nodes.op_with(
        "answer/probabilities",
        "Softmax",
        &[&scaled],
        vec![int("axis", 1)],
    )
}

/// What of [`Policy::reason`] looks at the probabilities, of two classes at least; the last one counts
/// most.
fn uncertain(nodes: &mut Nodes, policy: &Policy, probabilities: &Value, otherwise: Value) -> Value {
    let name = "answer/reason";
    if policy.abstain == Abstain::Never {
        return otherwise;
    }
    let mut reason = otherwise;
    let two = nodes.ints(name, &[1], &[2]);
    let [largest, _] = nodes.pair(name, "TopK", &[probabilities, &two]);
    let [first, second] = [0, 1].map(|rank| {
        let rank = nodes.int(rank);
        nodes.op_with(name, "Gather", &[&largest, &rank], vec![int("axis", 1)])
    });
    if let Some(threshold) = policy.threshold {
        let threshold = nodes.number(threshold as f32);
        let is_below = nodes.op(name, "Less", &[&first, &threshold]);
        let number = nodes.int(3);
        reason = nodes.op(name, "Where", &[&is_below, &number, &reason]);
    }
    if policy.abstain == Abstain::Uncertain {
        let margin = nodes.number(policy.margin as f32);
        let between = nodes.op(name, "Sub", &[&first, &second]);
        let is_close = nodes.op(name, "Less", &[&between, &margin]);
        let number = nodes.int(2);
        reason = nodes.op(name, "Where", &[&is_close, &number, &reason]);
    }
    reason
}

/// Appends [`Sets::of`].
fn set_of(nodes: &mut Nodes, sets: &Sets, probabilities: &Value) -> Value {
    /// Quantiles are scores of slices: such a slice is in, however 32 bits round its score.
    const ROUNDING: f64 = 1e-6;
    let name = "answer/set";
    let highest: Vec<f32> = sets
        .quantiles()
        .iter()
        .map(|quantile| quantile.map_or(f32::MAX, |highest| (highest + ROUNDING) as f32))
        .collect();
    let highest = nodes.floats(name, &[1, highest.len()], &highest);
    let scores = match sets.method() {
        SetMethod::Lac => {
            let one = nodes.number(1.0);
            nodes.op(name, "Sub", &[&one, probabilities])
        }
        SetMethod::Aps => {
            let [row, column] = [1, 2].map(|axis| {
                let axis = nodes.ints(name, &[1], &[axis]);
                nodes.op(name, "Unsqueeze", &[probabilities, &axis])
            });
            let likelier = nodes.op(name, "Greater", &[&row, &column]);
            let likelier = nodes.cast(name, &likelier, DataType::Float);
            let likelier = nodes.op(name, "Mul", &[&likelier, &row]);
            let over = nodes.ints(name, &[1], &[2]);
            nodes.op_with(
                name,
                "ReduceSum",
                &[&likelier, &over],
                vec![int("keepdims", 0)],
            )
        }
    };
    nodes.op(name, "LessOrEqual", &[&scores, &highest])
}
