"""Columns of files in, columns of answers out."""

from __future__ import annotations

import io
import zipfile

import pytest

import hilum

pa = pytest.importorskip("pyarrow")
arrow = pytest.importorskip("hilum.arrow")


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def contents(paths):
    found = []
    for path in paths:
        with open(path, "rb") as file:
            found.append(file.read())
    return found


@pytest.fixture(scope="module")
def pages(slices, tmp_path_factory):
    """A TIFF of three pages."""
    image = pytest.importorskip("PIL.Image")
    pictures = [image.open(path).convert("L") for path in slices[:3]]
    path = tmp_path_factory.mktemp("pages") / "pages.tif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:])
    return str(path)


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view"])
def test_every_row_of_paths_has_its_own_answer(model, paths, holds, kind):
    column = pa.array(paths).cast(getattr(pa, kind)())
    answers = arrow.predict(model, column)
    assert answers.type == arrow.answer_type(model.classes)
    holds(list(enumerate(answers.to_pylist())))


def test_a_column_in_pieces_or_of_a_dictionary_is_answered_alike(model, paths, holds):
    pieces = pa.chunked_array([paths[:7], paths[7:8], [], paths[8:]], pa.string())
    holds(list(enumerate(arrow.predict(model, pieces).to_pylist())))
    holds(list(enumerate(arrow.predict(model, pa.array(paths).dictionary_encode()).to_pylist())))


@pytest.mark.parametrize("kind", ["binary", "large_binary", "binary_view"])
def test_bytes_are_answered_as_their_files(model, slices, kind):
    column = pa.array([*contents(slices), None, b"nonsense", b""]).cast(getattr(pa, kind)())
    answers = arrow.predict(model, column).to_pylist()
    of_files = arrow.predict(model, pa.array(slices)).to_pylist()
    assert [{**one, "path": None} for one in of_files] == answers[: len(slices)]
    assert answers[len(slices)] is None
    assert [one["error"] for one in answers[-2:]] == [
        "cannot read `<bytes>`: not an image: content is text",
        "cannot read `<bytes>`: the file is empty",
    ]


def test_answers_do_not_depend_on_the_rows_beside_them(model, slices):
    together = arrow.predict(model, pa.array(slices)).to_pylist()
    alone = [arrow.predict(model, pa.array([path])).to_pylist()[0] for path in slices]
    in_threes = [
        answer
        for first in range(0, len(slices), 3)
        for answer in arrow.predict(model, pa.array(slices[first : first + 3]), batch=2).to_pylist()
    ]
    assert together == alone == in_threes


def test_slices_of_two_series_know_nothing_of_each_other(model, tmp_path):
    drawn = hilum.phantoms(
        tmp_path / "dicom",
        train_per_class=2,
        valid_per_class=1,
        test_per_class=1,
        slices_per_patient=2,
        size=64,
        dicom=True,
    )
    files = sorted(path for path in drawn if path.endswith(".dcm"))
    together = arrow.predict(model, pa.array(files)).to_pylist()
    of_bytes = arrow.predict(model, pa.array(contents(files))).to_pylist()
    alone = [arrow.predict(model, pa.array([path])).to_pylist()[0] for path in files]
    assert together == alone
    assert of_bytes == [{**one, "path": None} for one in together]
    in_folder = {one.path: one for one in model.predict(files, progress=False)}
    for one in together:
        plain = in_folder[one["path"]]
        assert one["probabilities"] == plain.probabilities
        assert one["class"] == plain.class_name
        assert one["series_uid"] is not None and one["instance_number"] is not None
        assert one["warnings"] == [said for said in plain.warnings if said in one["warnings"]]


def test_probabilities_stand_in_the_order_of_the_classes(model, slices):
    answers = arrow.predict(model, pa.array(slices[:2]))
    fields = answers.type.field("probabilities").type
    assert [field.name for field in fields] == model.classes
    assert all(field.type == pa.float64() for field in fields)
    assert arrow.schema(model.classes).field("probabilities").type == fields


def test_an_answer_that_nobody_knows_has_no_class(model, slices):
    answers = arrow.predict(model, pa.array(slices), threshold=1.0).to_pylist()
    assert any(one["abstained"] for one in answers)
    for one in answers:
        assert (one["class"] is None) == one["abstained"] == (one["reason"] is not None)
        assert one["probabilities"] is not None


def test_a_file_of_several_slices_says_how_many_there_are(model, pages):
    answer = arrow.predict(model, pa.array([pages])).to_pylist()[0]
    assert answer["error"] == (
        f'cannot read `{pages}`: it holds 3 slices, a row has one answer; `frames="1"` takes the first'
    )
    assert answer["probabilities"] is None and answer["path"] == pages
    two = arrow.predict(model, pa.array([pages]), frames="1-2").to_pylist()[0]
    assert "it holds 2 of" not in two["error"] and "2 slices" in two["error"]
    second = arrow.predict(model, pa.array([pages]), frames="2").to_pylist()[0]
    assert second["error"] is None and second["frame"] == 2
    plain = model.predict([pages], frames="2", progress=False)[0]
    assert second["probabilities"] == plain.probabilities
    none = arrow.predict(model, pa.array([pages]), frames="9").to_pylist()[0]
    assert "none of the file's 3 slices is one of `9`" in none["error"]


def test_an_archive_is_answered_if_it_holds_one_slice(model, slices):
    first, second = contents(slices[:2])
    column = pa.array(
        [
            zipped([("a.png", first)]),
            zipped([("a.png", first), ("b.png", second)]),
            zipped([("a.txt", b"text")]),
        ]
    )
    one, two, none = arrow.predict(model, column).to_pylist()
    assert one["error"] is None
    assert one["probabilities"] == model.predict([slices[0]], progress=False)[0].probabilities
    assert two["error"] == "cannot read `<bytes>`: it holds 2 slices, a row has one answer; unpack it"
    assert none["error"] == "cannot read `<bytes>`: it holds no slice"
    alone = arrow.predict(model, column[2:]).to_pylist()
    assert alone == [none]


def test_a_path_may_be_an_address_of_a_file(model, slices, tmp_path):
    for before in ("file:", "file://"):
        answer = arrow.predict(model, pa.array([before + slices[0]])).to_pylist()[0]
        assert answer["error"] is None and answer["path"] == slices[0]
    folder = arrow.predict(model, pa.array([str(tmp_path)])).to_pylist()[0]
    assert folder["error"] == f"cannot read `{tmp_path}`: Is a directory (os error 21)"


def test_columns_without_files_are_answered_by_nulls(model):
    kind = arrow.answer_type(model.classes)
    for column in (pa.nulls(3), pa.nulls(3, pa.string()), pa.nulls(3, pa.binary())):
        answers = arrow.predict(model, column)
        assert answers.to_pylist() == [None] * 3 and answers.type == kind
    assert arrow.predict(model, pa.array([], pa.string())).to_pylist() == []


@pytest.mark.parametrize("column", [[1], ["a.png"], None])
def test_what_is_no_column_of_files_is_refused(model, column):
    given = pa.array(column) if column == [1] else column
    with pytest.raises(hilum.InputError) as raised:
        arrow.predict(model, given)
    assert raised.value.hints


def test_a_number_out_of_its_range_is_refused_whatever_the_rows_hold(model, slices):
    for rows in ([slices[0]], ["/nowhere/at-all.png"], [None]):
        with pytest.raises(hilum.InputError):
            arrow.predict(model, pa.array(rows, pa.string()), threshold=7.0)
    with pytest.raises(TypeError):
        arrow.predict(model, pa.array(slices[:1]), treshold=0.5)


def test_a_worker_parts_what_is_asked_from_what_is_set(slices):
    worker = arrow.Worker("bundled", threshold=1.0, batch=2, frames="1")
    answers = worker(pa.array(slices)).to_pylist()
    assert all(one["abstained"] or max(one["probabilities"].values()) == 1.0 for one in answers)
    assert arrow.Worker("bundled", threshold=0.5).model is worker.model
    with pytest.raises(hilum.InputError):
        arrow.Worker("bundled", thread=2)
