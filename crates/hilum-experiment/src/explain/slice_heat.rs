//! Heat of slices in memory, for whoever draws it elsewhere.

use hilum_core::ClassName;
use hilum_explain::HeatMap;
use hilum_explain::sanity::{Checks, Placement};
use hilum_imaging::{Pixels, Slice};
use rayon::prelude::*;

use super::class_of;
use super::heat::{HeatPlan, HeatRequest, Subject};
use crate::ExperimentError;
use crate::judging::Judging;
use crate::predict::Predict;
use crate::session::Session;

/// The heat of one slice, over the file's own pixels.
#[derive(Debug, Clone)]
pub struct SliceHeat {
    /// The slice as its file holds it.
    pub pixels: Pixels,
    /// The class that the heat speaks for.
    pub class: ClassName,
    /// What of the map speaks for it; of the size of `pixels`.
    pub map: HeatMap,
    /// The layer that was read; `None` for methods that look at the image alone.
    pub layer: Option<String>,
    /// What checks found.
    pub sanity: Checks,
    /// Where in the chest the heat lies.
    pub placement: Placement,
}

/// Asks decoded slices, each for the class beside it, in their order.
///
/// # Errors
/// [`ExperimentError::Layer`] if the network has no such layer, [`ExperimentError::NoSuchClass`],
/// what the engine says, [`ExperimentError::Cancelled`].
pub fn heat_of<'m>(
    model: impl Into<Judging<'m>>,
    request: &HeatRequest,
    slices: Vec<(Slice, ClassName)>,
    session: &Session<'_>,
) -> Result<Vec<SliceHeat>, ExperimentError> {
    let mut model = model.into();
    let file = model.file();
    let graph = file.graph()?;
    let batch = Predict::BATCH.get();
    let plan = HeatPlan::new(request, &graph, &file.recipe, batch)?;
    let classes: Vec<_> = slices
        .iter()
        .map(|(_, class)| class_of(&file.classes, class.as_str()))
        .collect::<Result<_, _>>()?;
    let recipe = &file.recipe;
    let prepared: Vec<Pixels> = model.readers().install(|| {
        let slices = slices.par_iter();
        let prepared = slices.map(|(slice, _)| recipe.prepared(slice.clone()).pixels);
        prepared.collect()
    });
    let subjects = slices.iter().zip(&prepared).zip(classes);
    let subjects: Vec<Subject<'_>> = subjects
        .map(|(((slice, _), prepared), class)| Subject {
            decoded: &slice.pixels,
            prepared,
            class,
        })
        .collect();
    let heat = model.heat(&plan, &subjects, &[], session.cancel())?;
    drop(subjects);
    let found = slices.into_iter().zip(heat);
    Ok(found
        .map(|((slice, class), heat)| SliceHeat {
            pixels: slice.pixels,
            class,
            map: heat.map,
            layer: plan.layer.clone(),
            sanity: heat.checks,
            placement: heat.placement,
        })
        .collect())
}
