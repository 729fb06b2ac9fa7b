//! Whole networks against torchvision, on the narrowest and the widest instruction set.

mod instruction_sets;

mod widest {
    use super::instruction_sets::widest;

    hilum_engine_tests::torchvision_all! { widest, 5 }
}

mod portable {
    use super::instruction_sets::portable;

    hilum_engine_tests::torchvision_all! { portable, 5 }
}
