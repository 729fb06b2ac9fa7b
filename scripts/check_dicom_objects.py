"""Reads reports and captures with pydicom and highdicom, and holds them against the images that they are about.

    python3 scripts/check_dicom_objects.py IMAGES RESULTS
"""

import sys
from pathlib import Path

import highdicom
import pydicom
from pydicom.sr.codedict import codes

REPEATED = [
    "PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber",
]
TITLE = "research, not for diagnosis"


def same_identity(source, written, path):
    for keyword in REPEATED:
        expected = getattr(source, keyword, "") or ""
        found = getattr(written, keyword)
        assert (found or "") == expected, f"{path}: {keyword} is {found!r}, not {expected!r}"
    assert TITLE in written.SeriesDescription, path
    assert written.SeriesInstanceUID != source.SeriesInstanceUID, path
    assert written.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian, path
    assert written.file_meta.ImplementationVersionName.startswith("HILUM_"), path


def check_report(path, images):
    report = highdicom.sr.srread(path)
    assert isinstance(report, highdicom.sr.ComprehensiveSR), path
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0]
    series = evidence.ReferencedSeriesSequence[0]
    instances = [item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence]
    sources = [images[uid] for uid in instances]
    same_identity(min(sources, key=lambda image: image.InstanceNumber), report, path)
    for source in sources:
        assert source.SeriesInstanceUID == series.SeriesInstanceUID, path
    observers = report.content.get_observer_contexts()
    assert observers[0].observer_identifying_attributes.name == "hilum", path
    groups = report.content.get_image_measurement_groups()
    assert len(groups) == len(instances) + 1, f"{path}: {len(groups)} groups of {len(instances)} images"
    assert groups[0].tracking_identifier == "series", path
    for group in groups:
        assert group.finding_type is not None and group.finding_sites, path
        assert group.source_images, path
        numbers = [number.value for number in group.get_measurements(name=codes.DCM.Probability)]
        assert len(numbers) == 4 and abs(sum(numbers) - 1) < 1e-6, f"{path}: {numbers}"
        names = {evaluation.name.meaning for evaluation in group.get_qualitative_evaluations()}
        assert {"Probabilities are calibrated", 'Answer is "I don\'t know"'} <= names, f"{path}: {names}"
    by_slice = [group.source_images[0].referenced_sop_instance_uid for group in groups[1:]]
    assert sorted(by_slice) == sorted(instances), path
    return len(groups)


def check_capture(path, images):
    capture = pydicom.dcmread(path)
    source = capture.SourceImageSequence[0]
    same_identity(images[source.ReferencedSOPInstanceUID], capture, path)
    pixels = capture.pixel_array
    assert pixels.shape == (capture.Rows, capture.Columns, 3), path
    coloured = (pixels.max(axis=2).astype(int) - pixels.min(axis=2)) > 60
    assert coloured.any(), f"{path}: no heat and no words"


def main():
    folder, results = map(Path, sys.argv[1:])
    images = {}
    for path in folder.rglob("*.dcm"):
        image = pydicom.dcmread(path, stop_before_pixels=True)
        images[image.SOPInstanceUID] = image
    reports, captures = sorted(results.glob("sr-*.dcm")), sorted(results.glob("capture-*.dcm"))
    groups = sum(check_report(path, images) for path in reports)
    for path in captures:
        check_capture(path, images)
    assert reports and captures, "nothing was written"
    print(f"pydicom and highdicom: {len(reports)} reports with {groups} measurement groups, {len(captures)} captures")


main()
