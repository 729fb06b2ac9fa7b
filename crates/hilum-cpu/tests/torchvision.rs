//! Whole networks against torchvision, on the narrowest and the widest instruction set.

mod instruction_sets;

mod widest {
    use super::instruction_sets::widest;

    hilum_engine_tests::torchvision! { widest,
        mobilenet_v2: MobilenetV2, 5;
        resnet_18: Resnet18, 5;
        resnet_50: Resnet50, 5;
        efficientnet_b0: EfficientnetB0, 5;
        efficientnet_b0_tf: EfficientnetB0Tf, 5;
        squeezenet_1_1: Squeezenet11, 5;
        reference_cnn: ReferenceCnn, 5;
    }
}

mod portable {
    use super::instruction_sets::portable;

    hilum_engine_tests::torchvision! { portable,
        mobilenet_v2: MobilenetV2, 5;
        resnet_18: Resnet18, 5;
        resnet_50: Resnet50, 5;
        efficientnet_b0: EfficientnetB0, 5;
        efficientnet_b0_tf: EfficientnetB0Tf, 5;
        squeezenet_1_1: Squeezenet11, 5;
        reference_cnn: ReferenceCnn, 5;
    }
}
