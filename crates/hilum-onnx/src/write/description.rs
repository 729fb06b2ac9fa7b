//! What a file says of itself, for people.

use std::fmt::Write as _;

use hilum_core::ClassName;
use hilum_graph::Graph;
use hilum_imaging::{Channels, Frame, Window};
use hilum_trust::Reason;

use super::whole::Whole;

/// Of the network alone.
pub(super) fn bare(graph: &Graph) -> String {
    format!(
        "The network `{}` of hilum, without preprocessing and without answer.\n\n\
         Input `input`: 32-bit floating point, batch x channels x height x width, prepared as the metadata's \
         `hilum.recipe` says (`hilum predict --inputs-out` writes it).\n\
         Output `logits`: batch x classes, in the order of the metadata's `hilum.classes`.\n",
        graph.name()
    )
}

/// Of everything from an image to the answer.
pub(super) fn whole(graph: &Graph, whole: &Whole<'_>) -> String {
    let mut text = format!(
        "The network `{}` of hilum, from an 8-bit image to the answer.\n\n\
         Input `image`: unsigned bytes, batch x height x width x channels (NHWC), any size, 1 channel (grey) or 3 (RGB); \
         all images of a batch of one size. As decoded: resizing and normalisation are inside.\n",
        graph.name()
    );
    caller(&mut text, whole);
    outputs(&mut text, whole);
    text
}

/// What is left to the caller.
fn caller(text: &mut String, whole: &Whole<'_>) {
    let recipe = whole.recipe;
    match recipe.window {
        Window::File => text.push_str(
            "Hounsfield units are for the caller: DICOM goes through the first window that the file names.\n",
        ),
        Window::Hounsfield {
            center_hu,
            width_hu,
        } => {
            let _ = writeln!(
                text,
                "Hounsfield units are for the caller: DICOM goes through a linear window of centre {center_hu} HU and \
                 width {width_hu} HU (PS3.3 C.11.2.1.2.1), from 0 to 255, rounded."
            );
        }
    }
    let done = match recipe.frame {
        Frame::None => return,
        Frame::Cut => "is cut to the body's box and is black outside of the body's hull",
        Frame::Tones => "has lungs and soft tissue at two fixed grey levels",
        Frame::Both => {
            "is cut to the body's box, is black outside of the body's hull, and has lungs and soft tissue at two fixed \
             grey levels"
        }
    };
    let _ = writeln!(
        text,
        "THE BODY'S FRAME IS FOR THE CALLER: the model was trained on slices in which the body has been found, and the \
         image that it reads {done}. ONNX cannot say how the body is found. `hilum predict --inputs-out DIR` writes \
         such images; an image that is not framed is judged wrongly."
    );
}

fn outputs(text: &mut String, whole: &Whole<'_>) {
    let names = whole.classes.names().iter().map(ClassName::as_str);
    let names: Vec<&str> = names.collect();
    let channels = match whole.recipe.channels {
        Channels::Grey => "grey",
        Channels::Rgb => "RGB",
    };
    let calibrated = if whole.answering.scaling.is_some() {
        "calibrated"
    } else {
        "not calibrated"
    };
    let _ = write!(
        text,
        "Inside: {channels}, {} x {} pixels, {} view(s) a slice.\n\n\
         Classes, in their order: {}.\n\
         Output `probabilities`: batch x classes, {calibrated}.\n\
         Output `class`: the position of the most likely class, -1 where the model abstains.\n\
         Output `abstained`, and `reason`: 0 none; 1 {}; 2 {}; 3 {}. The model {}.\n\
         Output `logits`: batch x classes, before they are calibrated, the mean of the views.\n",
        whole.recipe.height,
        whole.recipe.width,
        whole.recipe.views.count(),
        names.join(", "),
        Reason::NotLikeTraining,
        Reason::TwoAsLikely,
        Reason::BelowThreshold,
        whole.answering.policy,
    );
    if whole.answering.sets.is_some() {
        let _ = writeln!(
            text,
            "Output `set`: batch x classes, whether a class is in the set that holds the truth in {} of slices like those \
             of the calibration. It promises nothing where `reason` is 1.",
            whole.answering.policy.coverage
        );
    }
    if let Some(detector) = whole.detector {
        let _ = writeln!(
            text,
            "Output `detector_score`: the higher, the less like the training data; the detector {detector}.\n\
             Output `as_unlike`: the share of held-out slices that are as unlike or more."
        );
        if detector.body.is_some() {
            text.push_str(
                "Whether lungs are seen, and how wide the body is, is for the caller: `hilum predict` takes a slice without \
                 lungs for unlike the training data, this file does not look.\n",
            );
        }
    }
}
