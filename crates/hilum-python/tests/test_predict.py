"""A model answers whatever it is given as the command line answers a file."""

import io
import pickle
import subprocess
import sys

import numpy as np
import pytest

import hilum


@pytest.fixture(scope="module")
def files(slices):
    return sorted(str(path) for path in (slices / "test").rglob("*.png"))


def same(one, other):
    """Equal in everything but what the slice is called."""
    one, other = one.to_dict(), other.to_dict()
    return {**one, "path": ""} == {**other, "path": ""}


def test_answers_come_in_the_order_of_the_inputs(files):
    model = hilum.load()
    shuffled = files[::-1] + files[:1]
    answers = model.predict(shuffled)
    assert [answer.path for answer in answers] == shuffled
    assert answers[0] == model.predict(files)[-1]
    assert answers[-1] == model.predict(files[0])[0]


def test_answers_do_not_depend_on_their_company(files):
    model = hilum.load()
    together = model.predict(files)
    for batch in (1, 3, 64):
        assert model.predict(files, batch=batch) == together
    assert [model.predict_one(path) for path in files] == list(together)


def test_a_picture_is_judged_alike_as_file_array_image_and_bytes(files):
    image = pytest.importorskip("PIL.Image")
    model = hilum.load()
    expected = model.predict_one(files[0])
    with image.open(files[0]) as picture:
        pixels = np.asarray(picture.convert("L"))
        others = [
            pixels,
            pixels / 255.0,
            np.stack([pixels] * 3, axis=2),
            np.stack([pixels] * 3),
            picture,
            open(files[0], "rb").read(),
            open(files[0], "rb"),
            io.BytesIO(open(files[0], "rb").read()),
        ]
        for other in others:
            assert same(model.predict_one(other), expected), type(other)
    names = [answer.path for answer in model.predict(others[:1] + others[4:6])]
    assert names == ["<array 0>", files[0], "<bytes 2>"]


def test_a_dicom_dataset_is_judged_as_its_file(tmp_path):
    pydicom = pytest.importorskip("pydicom")
    written = hilum.phantoms(
        tmp_path / "dicom", train_per_class=0, valid_per_class=0, test_per_class=1, dicom=True
    )
    model = hilum.load()
    for path, answer in zip(written, model.predict(written), strict=True):
        dataset = pydicom.dcmread(path)
        assert same(model.predict_one(dataset), answer)
        units = dataset.pixel_array * dataset.RescaleSlope + dataset.RescaleIntercept
        of_array = model.predict_one(units.astype(np.int16))
        assert of_array.probabilities.keys() == answer.probabilities.keys()
        # The array knows no spacing and no series, but the same grey levels.
        assert of_array.logits == answer.logits


def test_series_are_answered_as_one(tmp_path):
    hilum.phantoms(
        tmp_path / "dicom",
        train_per_class=0,
        valid_per_class=0,
        test_per_class=3,
        slices_per_patient=3,
        dicom=True,
    )
    answers = hilum.load().predict_series(tmp_path / "dicom")
    assert len(answers) == 4
    assert all(len(answer["probabilities"]) == 4 for answer in answers)
    with pytest.raises(hilum.InputError, match="series or patient"):
        hilum.load().predict_series(tmp_path / "dicom", by="hospital")


def test_a_file_that_cannot_be_read_is_an_answer(files, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(open(files[0], "rb").read()[:200])
    answers = hilum.load().predict([files[0], broken, files[1], b"no picture"])
    assert [answer.error is None for answer in answers] == [True, False, True, False]
    assert answers[1].path == str(broken)
    assert "<bytes 3>" == answers[3].path
    assert answers[1].class_name is None and answers[1].probabilities == {}
    with pytest.raises(hilum.InputError, match="broken.png"):
        hilum.load().predict_one(broken)


def test_what_is_no_slice_is_refused_with_a_hint():
    model = hilum.load()
    for wrong, word in [
        (7, "int"),
        ([None], "NoneType"),
        (np.zeros((2, 3, 4, 5)), "shape"),
        (np.zeros((0, 5), dtype=np.uint8), "no pixel"),
        (np.full((4, 4), np.nan), "no numbers"),
        (np.full((4, 4), 1e9), "between"),
        (np.zeros((4, 4), dtype=complex), "complex"),
    ]:
        with pytest.raises(hilum.InputError, match=word):
            model.predict(wrong)
    with pytest.raises(hilum.InputError, match="No such file"):
        model.predict("/nowhere/a.png")
    with pytest.raises(TypeError, match="treads"):
        model.predict("a.png", treads=2)
    with pytest.raises(hilum.InputError) as caught:
        hilum.load(treads=2)
    assert caught.value.hints == ["did you mean `threads`?"]
    with pytest.raises(hilum.InputError, match="nowhere.safetensors"):
        hilum.load("nowhere.safetensors")


def test_when_there_is_no_answer_can_be_said(files):
    model = hilum.load()
    noise = np.random.default_rng(0).integers(0, 255, (96, 96), dtype=np.uint8)
    unlike = model.predict_one(noise)
    assert unlike.abstained and unlike.class_name is None and unlike.reason
    assert model.predict_one(noise, abstain="never").class_name is not None
    with pytest.raises(hilum.InputError, match="coverage"):
        model.predict(files, coverage=2.0)


def test_a_model_survives_pickling(files):
    model = hilum.load(threads=1)
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(files) == model.predict(files)
    assert repr(again) == repr(model)


def test_answers_show_themselves(files):
    answers = hilum.load().predict(files[:3] + [b"no picture"])
    assert "Answers(4)" in repr(answers)
    html = answers._repr_html_()
    assert html.count("<tr>") == 5 and "not for diagnosis" in html
    assert answers.to_dict()[0]["path"] == files[0]
    assert isinstance(answers[1:], list)
    pandas = pytest.importorskip("pandas")
    frame = answers.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 4
    names = [f"p_{name}" for name in hilum.load().classes]
    assert np.allclose(frame[names].iloc[:3].sum(axis=1), 1.0)


def test_heat_comes_as_picture_and_map(files, tmp_path):
    heat = hilum.load().explain(files[:2], tmp_path / "heat", sanity="off")
    assert [one.path for one in heat] == files[:2]
    assert heat[0].map().dtype == np.float32 and heat[0].map().ndim == 2
    assert "data:image/png" in heat[0]._repr_html_()
    with pytest.raises(hilum.InputError, match="not empty"):
        hilum.load().explain(files[:2], tmp_path / "heat")


def test_nothing_slow_is_imported_for_a_prediction(files):
    script = (
        "import sys, hilum; hilum.load().predict(sys.argv[1]); "
        "slow = {'numpy', 'pandas', 'tqdm', 'json', 'typing', 'logging', 'PIL'} & set(sys.modules); "
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-I", "-c", script, files[0]], check=True)
