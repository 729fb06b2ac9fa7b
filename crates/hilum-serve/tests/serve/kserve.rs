//! KServe's V2 protocol. `scripts/check_kserve.py` holds the same against Triton's own client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hilum_experiment::{Choices, Model, ModelOrigin, Session};
use hilum_imaging::{DecodeLimits, Pixels, decode};
use serde_json::{Value, json};

use crate::answers::png;
use crate::served::{Served, Told};

const MODEL: &str = "/v2/models/mobilenet-v2-chest-ct";

fn infer(served: &Served, request: &Value) -> Told {
    let path = format!("{MODEL}/infer");
    served.post(&path, "application/json", request.to_string().as_bytes())
}

fn output<'a>(told: &'a Value, name: &str) -> &'a Value {
    let outputs = told["outputs"].as_array().unwrap();
    let found = outputs.iter().find(|output| output["name"] == name);
    found.unwrap_or_else(|| panic!("no `{name}` in {told}"))
}

fn image(files: &[Vec<u8>]) -> Value {
    let data: Vec<String> = files.iter().map(|file| STANDARD.encode(file)).collect();
    json!({ "name": "image", "shape": [files.len()], "datatype": "BYTES", "data": data })
}

/// What the bundled model's recipe makes of a picture.
fn prepared(picture: &[u8]) -> (Model, Pixels) {
    let machine = Choices::default().machine();
    let model = Model::open(&ModelOrigin::Bundled, &machine, &Session::default()).unwrap();
    let recipe = &model.file.recipe;
    let slice = decode(picture, recipe, &DecodeLimits::default()).unwrap();
    let pixels = recipe.prepared(slice).pixels;
    (model, pixels)
}

#[test]
fn server_and_model_say_what_they_are() {
    let served = Served::new();
    let server = served.get("/v2").succeeds().json();
    assert_eq!(server["name"], "hilum");
    assert_eq!(server["extensions"], json!(["binary_tensor_data"]));
    for path in [MODEL.to_owned(), format!("{MODEL}/versions/1")] {
        let model = served.get(&path).succeeds().json();
        assert_eq!(model["name"], "mobilenet-v2-chest-ct");
        assert_eq!(model["versions"], json!(["1"]));
        assert_eq!(model["inputs"][0]["datatype"], "BYTES");
        assert_eq!(model["outputs"][0]["shape"], json!([-1, 4]));
    }
    served
        .get(&format!("{MODEL}/versions/7"))
        .refuses(404, &["version 1"]);
}

#[test]
fn files_in_base64_are_answered_as_the_other_interface_answers_them() {
    let served = Served::new();
    let files = [png(1), png(2)];
    let request = json!({ "id": "mine", "inputs": [image(&files)] });
    let told = infer(&served, &request).succeeds().json();
    assert_eq!(told["model_name"], "mobilenet-v2-chest-ct");
    assert_eq!(told["model_version"], "1");
    assert_eq!(told["id"], "mine");
    let probabilities = output(&told, "probabilities");
    assert_eq!(probabilities["shape"], json!([2, 4]));
    assert_eq!(output(&told, "logits")["shape"], json!([2, 4]));
    for (index, file) in files.iter().enumerate() {
        let own = served
            .post("/api/predict", "image/png", file)
            .succeeds()
            .json();
        let own = &own["answers"][0];
        let row: Vec<&Value> = own["probabilities"].as_object().unwrap().values().collect();
        let data = probabilities["data"].as_array().unwrap();
        assert_eq!(data[4 * index..][..4].iter().collect::<Vec<_>>(), row);
        assert_eq!(output(&told, "abstained")["data"][index], own["abstained"]);
        let set = output(&told, "set")["data"][index].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(set).unwrap(), own["set"]);
        let class = own["class"].as_str().unwrap_or_default();
        assert_eq!(output(&told, "class")["data"][index], class);
        let reason = own["reason"].as_str().unwrap_or_default();
        assert_eq!(output(&told, "reason")["data"][index], reason);
    }
}

#[test]
fn the_binary_extension_is_read_and_written() {
    let served = Served::new();
    let file = png(4);
    let expected = infer(
        &served,
        &json!({ "inputs": [image(std::slice::from_ref(&file))] }),
    );
    let expected = expected.succeeds().json();
    let with_length = [&(file.len() as u32).to_le_bytes()[..], &file].concat();
    // With its length before it, as Triton has it, and alone, as OpenVINO Model Server takes it.
    for (binary, size) in [
        (with_length.clone(), Some(with_length.len())),
        (file.clone(), None),
    ] {
        let mut input = json!({ "name": "image", "shape": [1], "datatype": "BYTES" });
        if let Some(size) = size {
            input["parameters"] = json!({ "binary_data_size": size });
        }
        let wish = |name| json!({ "name": name, "parameters": { "binary_data": true } });
        let outputs = [
            wish("probabilities"),
            wish("class"),
            json!({ "name": "abstained" }),
        ];
        let header = json!({ "inputs": [input], "outputs": outputs }).to_string();
        let body = [header.as_bytes(), &binary].concat();
        let request = served.agent.post(served.url(&format!("{MODEL}/infer")));
        let request = request.header("inference-header-content-length", header.len().to_string());
        let mut response = request.send(&body[..]).unwrap();
        let length = response.headers()["inference-header-content-length"].clone();
        let length: usize = length.to_str().unwrap().parse().unwrap();
        let body = response.body_mut().read_to_vec().unwrap();
        let told: Value = serde_json::from_slice(&body[..length]).unwrap();
        let doubles = body[length..][..32].as_chunks::<8>().0;
        let doubles: Vec<f64> = doubles
            .iter()
            .map(|bytes| f64::from_le_bytes(*bytes))
            .collect();
        assert_eq!(json!(doubles), output(&expected, "probabilities")["data"]);
        let class = output(&expected, "class")["data"][0].as_str().unwrap();
        assert_eq!(
            &body[length + 32..][..4],
            (class.len() as u32).to_le_bytes()
        );
        assert_eq!(&body[length + 36..], class.as_bytes());
        let sizes = output(&told, "class")["parameters"]["binary_data_size"].clone();
        assert_eq!(sizes, json!(4 + class.len()));
        assert_eq!(output(&told, "abstained"), output(&expected, "abstained"));
    }
}

#[test]
fn pixels_and_values_that_the_recipe_made_get_the_answer_of_their_file() {
    let served = Served::new();
    let file = png(6);
    let (model, pixels) = prepared(&file);
    let recipe = &model.file.recipe;
    let mut values = vec![0.0; recipe.value_count()];
    recipe.normalise(&pixels, &mut values);
    let (height, width) = (recipe.height, recipe.width);
    let channels = pixels.channels().count();
    let expected = infer(&served, &json!({ "inputs": [image(&[file])] }))
        .succeeds()
        .json();
    let expected = output(&expected, "probabilities")["data"].clone();
    let expected: Vec<f64> = serde_json::from_value(expected).unwrap();
    let pixels = json!({
        "name": "pixels", "datatype": "UINT8", "shape": [1, height, width, channels],
        "data": pixels.data(),
    });
    let tensor = json!({
        "name": "tensor", "datatype": "FP32", "shape": [1, height, width, recipe.channels.count()],
        "data": values,
    });
    for input in [pixels, tensor] {
        let name = input["name"].clone();
        let told = infer(&served, &json!({ "inputs": [input] }))
            .succeeds()
            .json();
        let found = output(&told, "probabilities")["data"].clone();
        let found: Vec<f64> = serde_json::from_value(found).unwrap();
        for (found, expected) in found.iter().zip(&expected) {
            assert!(
                (found - expected).abs() < 1e-5,
                "{name}: {found} {expected}"
            );
        }
    }
}

#[test]
fn what_the_protocol_does_not_have_is_refused_with_an_error_alone() {
    let served = Served::new();
    let of = |input: Value| json!({ "inputs": [input] });
    let refused = |request: &Value, word: &str| {
        let told = infer(&served, request).refuses(400, &[word]);
        let told = told.json();
        assert_eq!(
            told.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["error"]
        );
    };
    refused(&json!({}), "inputs");
    refused(&json!({ "inputs": [] }), "0 inputs");
    refused(
        &of(json!({ "name": "x", "shape": [1], "datatype": "BYTES", "data": ["eA=="] })),
        "no input of this name",
    );
    refused(
        &of(json!({ "name": "image", "shape": [1], "datatype": "FP32", "data": [1] })),
        "BYTES",
    );
    refused(
        &of(json!({ "name": "image", "shape": [1], "datatype": "BYTES", "data": ["?"] })),
        "base64",
    );
    refused(
        &of(json!({ "name": "image", "shape": [2], "datatype": "BYTES", "data": ["eA=="] })),
        "2 elements",
    );
    refused(
        &of(json!({ "name": "image", "shape": [1], "datatype": "BYTES", "data": ["eA=="] })),
        "not an image",
    );
    refused(
        &of(json!({ "name": "image", "shape": [1], "datatype": "BYTES" })),
        "`data`",
    );
    refused(
        &of(json!({ "name": "pixels", "shape": [1, 2, 3], "datatype": "UINT8", "data": [] })),
        "another shape",
    );
    refused(
        &of(
            json!({ "name": "tensor", "shape": [1, 224, 224, 3], "datatype": "FP32", "data": [1] }),
        ),
        "another number",
    );
    let file = png(0);
    let request = json!({ "inputs": [image(&[file])], "outputs": [{ "name": "colour" }] });
    refused(&request, "no output of this name");
    let path = format!("{MODEL}/infer");
    served
        .post(&path, "application/json", b"{")
        .refuses(400, &["error"]);
    served
        .post(&path, "application/json", b"")
        .refuses(400, &["error"]);
    let wrong = served.agent.post(served.url(&path));
    let wrong = wrong
        .header("inference-header-content-length", "99")
        .send(&b"{}"[..]);
    assert_eq!(wrong.unwrap().status(), 400);
}
