//! Maps are those of the formulas, of pytorch-grad-cam and of Captum.

use hilum_core::{Cancel, ClassIndex};
use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{Architecture, Batch, Engine as _, Shape, formula};

use super::reference::{Map, Network, Reference};
use crate::HeatMap;
use crate::method::smooth_grad::mean_gradient;
use crate::method::{
    IntegratedGradients, Method, Occlusion, Settings, SmoothGrad, explain, gauss_legendre,
};

/// Of a map's range; the programs themselves differ by up to a thirtieth of it.
const AGREED: f32 = 1e-4;

/// The same where gradients are taken at fifty images: one of them brings a value so near to a
/// ReLU's corner that rounding decides on which side it is, and 1.4e-4 with it.
const AGREED_ON_THE_WAY: f32 = 5e-4;

/// Many layers that have learnt nothing amplify rounding: pytorch-grad-cam, in the same precision,
/// is off by up to 2.1e-4.
const AGREED_UNTRAINED: f32 = 1e-3;

fn settings(network: &Network, method: Method) -> Settings {
    Settings {
        method,
        layer: crate::default_layer(&network.graph()),
        // Neither a divisor nor a multiple of what there is.
        batch: 5,
        occlusion: Occlusion {
            window: network.occlusion.window,
            stride: network.occlusion.stride,
        },
        integrated_gradients: IntegratedGradients {
            steps: network.integrated_gradients.steps,
        },
        smooth_grad: SmoothGrad::default(),
        black: vec![0.0; network.shape().channels],
    }
}

fn maps(network: &Network, settings: &Settings) -> Vec<HeatMap> {
    let choose = |image: usize, _: &[f32]| ClassIndex::new(network.targets[image]);
    let mut engine = network.engine();
    let found = explain(
        &mut engine,
        &network.images(),
        settings,
        &choose,
        &Cancel::default(),
    );
    found.expect("runs").maps
}

/// From 0 to 1 over the whole image.
fn over_image(map: &HeatMap, network: &Network) -> HeatMap {
    let shape = network.shape();
    map.normalised()
        .resized(shape.width, shape.height)
        .normalised()
}

fn assert_alike(what: &str, found: &[f32], expected: &[f32]) {
    assert_within(AGREED, what, found, expected);
}

fn assert_within(share: f32, what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let (low, high) = HeatMap::new(expected.len(), 1, expected.to_vec()).range();
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    // Not `max`, for which what is no number is nothing.
    for difference in differences {
        assert!(
            difference <= share * (high - low),
            "{what} differs by {difference} of {low} to {high}"
        );
    }
}

fn assert_heat_alike(what: &str, method: Method, found: &HeatMap, network: &Network, map: &Map) {
    let heat = method.heat(found);
    assert_alike(what, over_image(&heat, network).values(), &map.map);
}

#[test]
fn class_activation_maps_are_pytorch_grad_cams() {
    for network in Reference::read().networks {
        for layer in &network.layers {
            for (name, expected) in &layer.maps {
                let method: Method = name.parse().expect("a method");
                let mut settings = settings(&network, method);
                settings.layer = crate::layer(&network.graph(), &layer.layer).expect("a layer");
                for (found, expected) in maps(&network, &settings).iter().zip(expected) {
                    let what = format!("{name} of {} at {}", network.name, layer.layer);
                    assert_eq!([found.height(), found.width()], layer.shape[..2], "{what}");
                    let raw: Vec<f32> = expected.raw.iter().map(|value| value.max(0.0)).collect();
                    assert_alike(&format!("{what}, as it is,"), found.values(), &raw);
                    assert_heat_alike(&what, method, found, &network, expected);
                }
            }
        }
    }
}

#[test]
fn layers_by_torchvisions_names_give_pytorch_grad_cams_maps() {
    for network in Reference::read().architectures {
        let [height, width, channels] = network.input;
        let input = Shape::new(height, width, channels);
        let architecture: Architecture = network.architecture.parse().expect("hilum has it");
        let graph = architecture.build(input, 4, None).expect("it fits");
        let parameters = formula::parameters(&graph);
        let images = formula::images(network.targets.len(), input);
        let choose = |image: usize, _: &[f32]| ClassIndex::new(network.targets[image]);
        let mut engine = CpuEngine::new(graph.clone(), &parameters, Options::default()).unwrap();
        for layer in &network.layers {
            for (name, expected) in &layer.maps {
                let method = name.parse().expect("a method");
                let settings = Settings {
                    method,
                    layer: crate::layer(&graph, &layer.layer).expect("a layer"),
                    batch: 2,
                    occlusion: Occlusion::of(input),
                    integrated_gradients: IntegratedGradients::default(),
                    smooth_grad: SmoothGrad::default(),
                    black: vec![0.0; channels],
                };
                let found = explain(&mut engine, &images, &settings, &choose, &Cancel::default());
                for (found, expected) in found.expect("runs").maps.iter().zip(expected) {
                    let what = format!("{name} of {architecture} at {}", layer.layer);
                    let expected: Vec<f32> = expected.iter().map(|value| value.max(0.0)).collect();
                    assert_within(AGREED_UNTRAINED, &what, found.values(), &expected);
                }
            }
        }
    }
}

#[test]
fn occlusion_is_captums() {
    for network in Reference::read().networks {
        let mut settings = settings(&network, Method::Occlusion);
        settings.black = vec![network.occlusion.fill; network.shape().channels];
        let found = maps(&network, &settings);
        for (found, expected) in found.iter().zip(&network.occlusion.maps) {
            assert_alike(&network.name, found.values(), &expected.raw);
            assert_heat_alike(&network.name, settings.method, found, &network, expected);
        }
    }
}

#[test]
fn integrated_gradients_are_captums() {
    for network in Reference::read().networks {
        let mut settings = settings(&network, Method::IntegratedGradients);
        let reference = &network.integrated_gradients;
        settings.black = vec![reference.baseline; network.shape().channels];
        let found = maps(&network, &settings);
        for (found, expected) in found.iter().zip(&reference.maps) {
            let heat = over_image(&settings.method.heat(found), &network);
            for (found, expected) in [(found, &expected.raw), (&heat, &expected.map)] {
                assert_within(AGREED_ON_THE_WAY, &network.name, found.values(), expected);
            }
        }
    }
}

#[test]
fn integrated_gradients_miss_the_gain_by_as_much_as_captums() {
    for network in Reference::read().networks {
        let mut settings = settings(&network, Method::IntegratedGradients);
        settings.black = vec![network.integrated_gradients.baseline; network.shape().channels];
        let found = maps(&network, &settings);
        let images = network.images();
        let mut black = images.clone();
        black.data.fill(network.integrated_gradients.baseline);
        let mut engine = network.engine();
        let [after, before] = [images, black].map(|batch| engine.forward(&batch).expect("runs"));
        let ends = after.rows().zip(before.rows()).zip(&network.targets);
        let gains = ends.map(|((after, before), target)| after[*target] - before[*target]);
        for ((map, gain), delta) in found
            .iter()
            .zip(gains)
            .zip(&network.integrated_gradients.delta)
        {
            let found = map.values().iter().sum::<f32>() - gain;
            assert!(
                (found - delta).abs() < 2e-3,
                "{}: {found} {delta}",
                network.name
            );
        }
    }
}

/// `numpy.polynomial.legendre.leggauss(50)`: its first and twenty-fifth root and weight.
#[test]
fn fifty_steps_are_numpys() {
    let steps = gauss_legendre(50);
    for (index, root, weight) in LEGGAUSS_50 {
        let (place, share) = steps[index];
        assert!((place - root.midpoint(1.0)).abs() < 1e-14, "{place}");
        assert!((share - weight / 2.0).abs() < 1e-14, "{share}");
    }
}

const LEGGAUSS_50: [(usize, f64, f64); 2] = [
    (0, -0.998866404420071, 0.0029086225531579266),
    (24, -0.031098338327188876, 0.06217661665534703),
];

#[test]
fn smooth_grad_is_captums_with_the_same_noise() {
    for network in Reference::read().networks {
        let images = network.images();
        let len = images.shape.value_count();
        let of_image = images.data.chunks_exact(len).zip(&network.targets);
        for ((image, target), expected) in of_image.zip(&network.smooth_grad.maps) {
            let noise = network.noise(image);
            let image = Batch::new(1, images.shape, image.to_vec());
            let class = ClassIndex::new(*target);
            let mut engine = network.engine();
            let found = mean_gradient(&mut engine, &image, &noise, class, 4, &Cancel::default())
                .expect("runs");
            assert_alike(&network.name, found.values(), &expected.raw);
            assert_heat_alike(
                &network.name,
                Method::SmoothGrad,
                &found,
                &network,
                expected,
            );
        }
    }
}

#[test]
fn other_sizes_are_opencvs() {
    for case in Reference::read().resize {
        let [height, width] = case.from;
        let map = HeatMap::new(width, height, case.values);
        let found = map.resized(case.to[1], case.to[0]);
        for (found, expected) in found.values().iter().zip(&case.resized) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}
