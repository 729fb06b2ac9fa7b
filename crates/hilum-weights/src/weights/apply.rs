//! Giving the tensors of a file to a graph.

use std::collections::HashSet;

use thiserror::Error;

use hilum_graph::{Architecture, Graph, ParameterSpec, Parameters, Tensor};

use super::contents::is_counter;
use super::report::{ApplyReport, HeadReplaced, Misshapen};

/// Whether a graph may keep some of its first values, beyond those of the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Partial {
    /// Everything but the head must come from the file.
    #[default]
    Refused,
    /// What fits is taken (`--partial-weights`).
    Allowed,
}

/// Why weights are not given to a graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// No tensor of the file belongs to the graph.
    #[error(
        "no tensor of these weights belongs to `{graph}`: it needs `{expected}`, the nearest of \
         the file's {count} tensors is `{nearest}`\n\
         hint: {}",
        advice(*fitting, "names and shapes must be torchvision's")
    )]
    NothingFits {
        /// The graph's name.
        graph: String,
        /// The name of the graph's first tensor.
        expected: String,
        /// How many tensors the file has.
        count: usize,
        /// The name in the file that is nearest to it.
        nearest: String,
        /// The architecture that they fit better.
        fitting: Option<Architecture>,
    },
    /// More than the head would keep its first values.
    #[error(
        "these weights do not fill `{graph}`: {report}\n\
         hint: {}",
        advice(*fitting, "`--partial-weights` takes what fits and starts the rest afresh")
    )]
    Incomplete {
        /// The graph's name.
        graph: String,
        /// What fits and what does not.
        report: Box<ApplyReport>,
        /// The architecture that they fit better.
        fitting: Option<Architecture>,
    },
}

fn advice(fitting: Option<Architecture>, otherwise: &str) -> String {
    fitting.map_or_else(
        || otherwise.to_owned(),
        |architecture| format!("they look like weights for `{architecture}`"),
    )
}

/// Takes from `weights` what `graph` needs, into `parameters`, which hold its first values.
///
/// The head is taken as a whole or not at all: it keeps its first values if the file has none, or
/// one for another count of classes. On an error `parameters` are as they were.
///
/// # Errors
/// [`ApplyError`] if nothing fits, or if more than the head is missing or of another shape and
/// `partial` does not allow that.
///
/// ```
/// use hilum_graph::{Architecture, Shape, initialise};
/// use hilum_weights::{HeadReplaced, Partial, apply_weights};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let image = Shape::new(64, 64, 3);
/// let imagenet = Architecture::Squeezenet11.build(image, 1000, None)?;
/// let imagenet = initialise(&imagenet, 1);
///
/// let graph = Architecture::Squeezenet11.build(image, 4, None)?;
/// let mut parameters = initialise(&graph, 2);
/// let report = apply_weights(&graph, &imagenet, &mut parameters, Partial::Refused)?;
/// let replaced = HeadReplaced::ClassCount { expected: 4, found: 1000 };
/// assert_eq!(report.head_replaced, Some(replaced));
/// # Ok(())
/// # }
/// ```
pub fn apply_weights(
    graph: &Graph,
    weights: &Parameters,
    parameters: &mut Parameters,
    partial: Partial,
) -> Result<ApplyReport, ApplyError> {
    let specs = graph.parameters();
    let report = compare(graph, &specs, weights);
    if report.applied.is_empty() {
        return Err(nothing_fits(graph, &specs, weights));
    }
    if partial == Partial::Refused && !report.is_complete() {
        return Err(ApplyError::Incomplete {
            graph: graph.name().to_owned(),
            fitting: better_architecture(graph, weights),
            report: Box::new(report),
        });
    }
    for name in &report.applied {
        if let Some(tensor) = weights.get(name) {
            parameters.insert(name.clone(), tensor.clone());
        }
    }
    Ok(report)
}

fn compare(graph: &Graph, specs: &[ParameterSpec], weights: &Parameters) -> ApplyReport {
    let (backbone, head): (Vec<_>, Vec<_>) =
        specs.iter().partition(|spec| spec.node < graph.head());
    let mut report = ApplyReport {
        head_replaced: head_replaced(graph, &head, weights),
        ..ApplyReport::default()
    };
    let head = head.iter().filter(|_| report.head_replaced.is_none());
    for spec in backbone.iter().chain(head) {
        let name = spec.name.clone();
        match weights.get(&name) {
            Some(tensor) if tensor.shape == spec.shape => report.applied.push(name),
            Some(tensor) => report.misshapen.push(Misshapen {
                name,
                expected: spec.shape.clone(),
                found: tensor.shape.clone(),
            }),
            None => report.missing.push(name),
        }
    }
    let known: HashSet<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    let unused = weights.iter().map(|(name, _)| name);
    let unused = unused.filter(|name| !known.contains(name) && !is_counter(name));
    report.unused = unused.map(str::to_owned).collect();
    report
}

/// Whether the head starts afresh; a head that differs in more than its classes is not replaced
/// but reported, tensor by tensor.
fn head_replaced(
    graph: &Graph,
    head: &[&ParameterSpec],
    weights: &Parameters,
) -> Option<HeadReplaced> {
    let found: Vec<(&&ParameterSpec, &Tensor)> = head
        .iter()
        .filter_map(|spec| Some((spec, weights.get(&spec.name)?)))
        .collect();
    if found.is_empty() {
        return Some(HeadReplaced::Absent);
    }
    let counts: HashSet<usize> = found
        .iter()
        .filter_map(|(_, tensor)| tensor.shape.first().copied())
        .collect();
    let same_but_classes = found.len() == head.len()
        && found
            .iter()
            .all(|(spec, tensor)| tensor.shape.get(1..) == spec.shape.get(1..));
    let expected = graph.class_count();
    match counts.into_iter().collect::<Vec<_>>()[..] {
        [found] if same_but_classes && found != expected => {
            Some(HeadReplaced::ClassCount { expected, found })
        }
        _ => None,
    }
}

fn nothing_fits(graph: &Graph, specs: &[ParameterSpec], weights: &Parameters) -> ApplyError {
    let expected = specs.first().map_or("", |spec| &spec.name);
    let nearest = hilum_core::most_similar(expected, weights.iter().map(|(name, _)| name));
    ApplyError::NothingFits {
        graph: graph.name().to_owned(),
        expected: expected.to_owned(),
        count: weights.len(),
        nearest: nearest.unwrap_or_default().to_owned(),
        fitting: better_architecture(graph, weights),
    }
}

/// The architecture that takes nine tenths of its tensors from `weights`, more than `graph` does.
fn better_architecture(graph: &Graph, weights: &Parameters) -> Option<Architecture> {
    let fitting = |graph: &Graph| {
        let specs = graph.parameters();
        let fits = |spec: &&ParameterSpec| {
            let tensor = weights.get(&spec.name);
            tensor.is_some_and(|tensor| tensor.shape == spec.shape)
        };
        (specs.iter().filter(fits).count(), specs.len())
    };
    let (own, _) = fitting(graph);
    let mut best = None;
    let mut most = own;
    for architecture in Architecture::ALL {
        let built = architecture.build(architecture.default_input(), graph.class_count(), None);
        let Ok(candidate) = built else { continue };
        let (count, of) = fitting(&candidate);
        if count > most && count * 10 >= of * 9 {
            (best, most) = (Some(architecture), count);
        }
    }
    best
}

#[cfg(test)]
mod tests;
