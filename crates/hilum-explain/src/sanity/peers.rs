//! Against SciPy and pytorch-grad-cam's ROAD; `tests/reference/make_maps.py` writes what is expected.

use hilum_core::{Cancel, ClassIndex};
use hilum_graph::{Batch, Shape, formula};

use super::rank_correlation;
use super::removal::Subject;
use super::road::{impute, percentile, scores};
use crate::HeatMap;
use crate::method::peers::reference::{Network, Reference, Road};

#[test]
fn rank_correlations_are_scipys() {
    for case in Reference::read().spearman {
        let found = rank_correlation(&case.one, &case.other).expect("values differ");
        assert!((found - case.rho).abs() < 1e-7, "{found} {}", case.rho);
    }
}

/// The reference's map, its network, and that network's first image.
fn subject() -> (Road, Network, HeatMap, Batch) {
    let reference = Reference::read();
    let mut networks = reference.networks.into_iter();
    let is_it = |network: &Network| network.name == reference.road.network;
    let network = networks.find(is_it).expect("the reference holds it");
    let shape = network.shape();
    let values = formula::values("road", shape.height * shape.width);
    let values = values.into_iter().map(|value| 0.5 * value + 0.5).collect();
    let mut images = network.images();
    images.data.truncate(shape.value_count());
    let first = Batch::new(1, shape, images.data);
    (
        reference.road,
        network,
        HeatMap::new(shape.width, shape.height, values),
        first,
    )
}

fn removed(map: &HeatMap, order: &str, percent: f64) -> Vec<bool> {
    let of_order = |value: &f32| if order == "most" { *value } else { 1.0 - value };
    let values: Vec<f32> = map.values().iter().map(of_order).collect();
    let threshold = percentile(&values, percent / 100.0);
    values.iter().map(|value| *value >= threshold).collect()
}

#[test]
fn what_is_removed_is_filled_in_as_road_does() {
    let (road, _, map, image) = subject();
    let shape: Shape = image.shape;
    let mut seen = 0;
    for case in &road.cases {
        let Some(expected) = &case.imputed else {
            continue;
        };
        let removed = removed(&map, &case.order, case.percentile);
        let found = impute(&image.data, shape, &removed);
        // Values lie between -1 and 1.
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{found} {expected}");
        }
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[test]
fn the_score_is_that_of_road_without_noise() {
    let (road, network, map, image) = subject();
    let subject = Subject {
        images: &image,
        maps: &[map],
        classes: &[ClassIndex::new(network.targets[0])],
        batch: 4,
        shares: &[],
    };
    let found = scores(&mut network.engine(), &subject, &Cancel::default()).expect("runs");
    let found = found[0].expect("a map with a signal");
    assert!(
        (found - road.combined).abs() < 1e-3,
        "{found} {}",
        road.combined
    );
}
