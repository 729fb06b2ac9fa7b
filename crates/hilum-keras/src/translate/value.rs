//! What a layer hands to the next one.

use std::rc::Rc;

use hilum_graph::{NodeIndex, Padding};

/// What a layer hands to the next one: a node's result, and what is still to be done to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) node: NodeIndex,
    /// Where Keras's values stand in hilum's vector; `None` if they stand alike. Keras flattens
    /// rows, columns, channels; hilum channels, rows, columns.
    pub(super) order: Option<Rc<[usize]>>,
    /// Zeros that the next layer is to see around it.
    pub(super) zeros: Padding,
    /// Whether no value is negative, so that zeros are no larger than minus infinity to a maximum.
    pub(super) sign: Sign,
    /// What is to be done to the image before it is read; `None` for all else.
    pub(super) scaling: Option<Affine>,
    /// Whether it stands for the softmax of the node's result.
    pub(super) softmax: bool,
}

/// What is known of the sign of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Any,
    NotNegative,
}

/// `value * factor + summand`, for each channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Affine {
    pub(super) factors: Vec<f64>,
    pub(super) summands: Vec<f64>,
}

impl Value {
    /// A node's result as it is.
    pub(super) fn of(node: NodeIndex) -> Self {
        Self {
            node,
            order: None,
            zeros: Padding::NONE,
            sign: Sign::Any,
            scaling: None,
            softmax: false,
        }
    }

    /// A node's result that keeps what is known of `before`.
    pub(super) fn like(node: NodeIndex, before: &Self) -> Self {
        Self {
            order: before.order.clone(),
            sign: before.sign,
            ..Self::of(node)
        }
    }

    pub(super) fn with_sign(self, sign: Sign) -> Self {
        Self { sign, ..self }
    }
}

impl Affine {
    pub(super) fn identity(channels: usize) -> Self {
        Self {
            factors: vec![1.0; channels],
            summands: vec![0.0; channels],
        }
    }

    /// This, and `next` after it; one number of `next` stands for all channels.
    pub(super) fn then(&self, next: &Self) -> Option<Self> {
        let count = self.factors.len();
        let next_factors = spread(&next.factors, count)?;
        let next_summands = spread(&next.summands, count)?;
        let factors = self.factors.iter().zip(&next_factors);
        let summands = self
            .summands
            .iter()
            .zip(next_factors.iter().zip(&next_summands));
        Some(Self {
            factors: factors.map(|(own, next)| own * next).collect(),
            summands: summands
                .map(|(own, (factor, summand))| own * factor + summand)
                .collect(),
        })
    }

    pub(super) fn is_identity(&self) -> bool {
        self.factors.iter().all(|factor| *factor == 1.0)
            && self.summands.iter().all(|summand| *summand == 0.0)
    }
}

/// One number for each of `count` channels.
pub(super) fn spread(numbers: &[f64], count: usize) -> Option<Vec<f64>> {
    match numbers {
        [one] => Some(vec![*one; count]),
        many => (many.len() == count).then(|| many.to_vec()),
    }
}
