//! Every operation, and convolutions of any shape, on every instruction set that this processor
//! has.

mod instruction_sets;

use hilum_engine_tests::{convolutions, operations};
use instruction_sets::on_every_instruction_set;

#[test]
fn every_operation_infers_what_plain_loops_infer() {
    on_every_instruction_set(|engines| {
        operations::every_operation_infers_what_plain_loops_infer(engines, 1e-4);
    });
}

#[test]
fn every_operation_trains_as_plain_loops_do() {
    on_every_instruction_set(|engines| {
        operations::every_operation_trains_as_plain_loops_do(engines, 1e-4);
    });
}

#[test]
fn convolutions_of_any_shape_are_those_of_plain_loops() {
    on_every_instruction_set(|engines| convolutions::of_any_shape(engines, 96));
}

#[test]
fn three_by_three_convolutions_of_every_size_are_those_of_plain_loops() {
    on_every_instruction_set(convolutions::of_three_by_three_at_every_size);
}

#[test]
fn depthwise_convolutions_behind_others_are_those_of_plain_loops() {
    on_every_instruction_set(convolutions::of_depthwise_behind_others);
}
