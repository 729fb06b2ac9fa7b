//! The list of architectures that engines are compared with torchvision on.

use std::collections::BTreeSet;

use hilum_engine_tests::torchvision;

#[test]
fn every_reference_is_on_the_list() {
    let listed: BTreeSet<String> = torchvision::ALL
        .iter()
        .map(|known| format!("{known}.json"))
        .collect();
    let files = std::fs::read_dir(torchvision::FOLDER).expect("the folder of references");
    let found: BTreeSet<String> = files
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(listed, found);
}
