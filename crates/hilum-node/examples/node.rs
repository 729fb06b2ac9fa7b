//! A node without anything else, with the model that comes along:
//! `cargo run -p hilum-node --example node -- ADDRESS AE-TITLE FOLDER [SEND-TO...]`.
#![expect(clippy::print_stderr, reason = "an example says what happens")]

use hilum_core::Cancel;
use hilum_experiment::{Choices, Model, ModelOrigin, Session, SharedModel, Sharing};
use hilum_node::{ModelPredictor, Node, NodeSettings, Notice};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, title, folder, send_to @ ..] = &arguments[..] else {
        return Err("write: ADDRESS AE-TITLE FOLDER [SEND-TO...]".into());
    };
    let mut settings = NodeSettings::new(address.parse()?, title.parse()?, folder.into());
    for destination in send_to {
        settings.destinations.push(destination.parse()?);
    }
    let machine = Choices::default().machine();
    let model = Model::open(&ModelOrigin::Bundled, &machine, &Session::default())?;
    let name = model.origin.to_string();
    let model = SharedModel::new(model, name, Sharing::default())?;
    let cancel = Cancel::default();
    let predictor = ModelPredictor::new(move || model.clone(), cancel.clone());
    let log = |notice: &Notice| eprintln!("{notice}");
    let _node = Node::start(settings, Box::new(predictor), cancel, Box::new(log))?;
    loop {
        std::thread::park();
    }
}
