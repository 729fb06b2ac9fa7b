//! Draws synthetic chest slices, trains on them and predicts, through the library alone:
//! `cargo run --release -p hilum-experiment --example phantoms`.
#![expect(clippy::print_stdout, reason = "an example shows its results")]

use hilum_experiment::{
    Choices, Event, FileAnswer, Model, ModelOrigin, Place, Predict, Run, Session, predict, train,
};
use hilum_imaging::{DatasetSettings, write_dataset};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("hilum-phantoms-{}", std::process::id()));
    let slices = folder.join("slices");
    write_dataset(&slices, &DatasetSettings::default(), |_, _| {})?;

    let mut choices = Choices::default();
    choices.choose("arch", "compact-cnn")?;
    choices.choose("image_size", "64")?;
    choices.choose("epochs", "8")?;
    let settings = choices.resolve(&slices)?;
    let machine = settings.machine.clone();
    let observer = |event: &Event<'_>| {
        if let Event::EpochDone(epoch) = event {
            println!("epoch {}: {:?}", epoch.row.epoch, epoch.row.valid);
        }
    };
    let session = Session::observed(&observer);
    let place = Place::At(folder.join("run"));
    let trained = train(&Run { place, settings }, &session)?;

    let mut model = Model::open(&ModelOrigin::File(trained.model), &machine, &session)?;
    for answer in predict(&mut model, &Predict::new([slices.join("test")]), &session)?.answers {
        if let FileAnswer::Predicted(one) = answer {
            let said = one
                .class
                .as_ref()
                .map_or("I don't know", |class| class.as_str());
            println!("{}: {said}", one.path.display());
        }
    }
    Ok(())
}
