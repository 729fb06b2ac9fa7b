//! What every engine promises, on the narrowest and the widest instruction set.

mod instruction_sets;

mod portable {
    use super::instruction_sets::portable;

    hilum_engine_tests::contract!(portable);
    hilum_engine_tests::transfer!(portable);
    hilum_engine_tests::pytorch!(portable);
    hilum_engine_tests::taps!(portable);
    hilum_engine_tests::gradients!(portable);
}

mod widest {
    use super::instruction_sets::widest;

    hilum_engine_tests::contract!(widest);
    hilum_engine_tests::transfer!(widest);
    hilum_engine_tests::pytorch!(widest);
    hilum_engine_tests::taps!(widest);
    hilum_engine_tests::gradients!(widest);
}
