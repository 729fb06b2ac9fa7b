//! Every architecture against what torchvision and Keras say of it.

use hilum_graph::Architecture;

/// Trained values and running statistics with four classes, as PyTorch and Keras count them.
const COUNTS: [(Architecture, usize, usize); 7] = [
    (Architecture::ReferenceCnn, 8_779_780, 2_304),
    (Architecture::MobilenetV2, 2_228_996, 34_112),
    (Architecture::Resnet18, 11_178_564, 9_600),
    (Architecture::Resnet50, 23_516_228, 53_120),
    (Architecture::EfficientnetB0, 4_012_672, 42_016),
    (Architecture::EfficientnetB0Tf, 4_012_672, 42_016),
    (Architecture::Squeezenet11, 724_548, 0),
];

#[test]
fn parameters_and_statistics_are_as_many_as_published() {
    for (architecture, parameters, statistics) in COUNTS {
        let graph = architecture
            .build(architecture.default_input(), 4, None)
            .expect("the default input fits");
        let count = |trained: bool| -> usize {
            graph
                .parameters()
                .iter()
                .filter(|spec| spec.role.is_trained() == trained)
                .map(|spec| spec.shape.iter().product::<usize>())
                .sum()
        };
        assert_eq!(
            (count(true), count(false)),
            (parameters, statistics),
            "{architecture}"
        );
    }
}
