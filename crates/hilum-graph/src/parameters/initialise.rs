//! First values of parameters, drawn from a seed.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::by_name::Parameters;
use super::tensor::Tensor;
use crate::network::{Distribution, Graph, ParameterRole, ParameterSpec};

/// Draws all parameters of `graph`.
///
/// Each parameter's values depend on `seed` and its name alone, so that graphs that share a
/// backbone share its first weights.
pub fn initialise(graph: &Graph, seed: u64) -> Parameters {
    let specs = graph.parameters();
    specs
        .iter()
        .map(|spec| (spec.name.clone(), draw(graph, &specs, spec, seed)))
        .collect()
}

/// Draws the parameters of the head anew and leaves the others as they are.
///
/// Values are those that [`initialise`] gives with the same seed.
pub fn initialise_head(graph: &Graph, seed: u64, parameters: &mut Parameters) {
    let specs = graph.parameters();
    for spec in specs.iter().filter(|spec| spec.node >= graph.head()) {
        parameters.insert(spec.name.clone(), draw(graph, &specs, spec, seed));
    }
}

fn draw(graph: &Graph, specs: &[ParameterSpec], spec: &ParameterSpec, seed: u64) -> Tensor {
    let scheme = graph.initialisation();
    let in_head = spec.node >= graph.head();
    let distribution = match (spec.role, in_head) {
        (ParameterRole::Weight, false) => scheme.backbone,
        (ParameterRole::Weight, true) => scheme.head,
        (ParameterRole::Bias, true) => scheme.head_bias,
        (ParameterRole::Scale | ParameterRole::RunningVariance, _) => Distribution::One,
        (ParameterRole::Bias | ParameterRole::Shift | ParameterRole::RunningMean, _) => {
            Distribution::Zero
        }
    };
    // Statistics and batch norm have no fans, and a bias takes its weight's.
    let fans = specs
        .iter()
        .find(|other| other.node == spec.node && other.role == ParameterRole::Weight)
        .map_or(Fans::NONE, |weight| fans(&weight.shape));
    let count = spec.shape.iter().product();
    let data = values(distribution, fans, count, &mut generator(seed, &spec.name));
    Tensor::new(spec.shape.clone(), data)
}

/// Inputs of one output and outputs of one input.
#[derive(Debug, Clone, Copy)]
struct Fans {
    fan_in: f64,
    fan_out: f64,
}

impl Fans {
    const NONE: Self = Self {
        fan_in: f64::NAN,
        fan_out: f64::NAN,
    };
}

fn fans(weight: &[usize]) -> Fans {
    let places: usize = weight[2..].iter().product();
    Fans {
        fan_in: (weight[1] * places) as f64,
        fan_out: (weight[0] * places) as f64,
    }
}

fn values(
    distribution: Distribution,
    Fans { fan_in, fan_out }: Fans,
    count: usize,
    generator: &mut ChaCha8Rng,
) -> Vec<f32> {
    match distribution {
        Distribution::Zero => vec![0.0; count],
        Distribution::One => vec![1.0; count],
        Distribution::Normal { deviation } => normal(generator, deviation, count),
        Distribution::HeNormalFanOut => normal(generator, (2.0 / fan_out).sqrt(), count),
        Distribution::HeUniformFanIn => uniform(generator, (6.0 / fan_in).sqrt(), count),
        Distribution::GlorotUniform => {
            let bound = (6.0 / (fan_in + fan_out)).sqrt();
            uniform(generator, bound, count)
        }
        Distribution::UniformFanIn => uniform(generator, fan_in.sqrt().recip(), count),
        Distribution::UniformFanOut => uniform(generator, fan_out.sqrt().recip(), count),
    }
}

fn generator(seed: u64, name: &str) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(name.as_bytes());
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}

fn uniform(generator: &mut ChaCha8Rng, bound: f64, count: usize) -> Vec<f32> {
    (0..count)
        .map(|_| ((2.0 * generator.random::<f64>() - 1.0) * bound) as f32)
        .collect()
}

fn normal(generator: &mut ChaCha8Rng, deviation: f64, count: usize) -> Vec<f32> {
    (0..count)
        .map(|_| generator.sample::<f64, _>(StandardNormal) * deviation)
        .map(|value| value as f32)
        .collect()
}
