"""What a report says of the classifier it compares with."""

from app.adapters.models import shipped_card
from app.services.classifier_training import Labels, shipped_saw


def test_the_file_that_the_shipped_classifier_was_made_from_is_known() -> None:
    training = shipped_card()["training"]
    assert isinstance(training, dict)
    assert shipped_saw(str(training["sha256"]))
    assert not shipped_saw("0" * 64)
    assert not shipped_saw(None)


def test_skipped_records_are_named_up_to_a_point() -> None:
    few = Labels([], [], None, [], [(3, "bad_json"), (9, "bad_label")])
    many = Labels([], [], None, [], [(line, "bad_json") for line in range(1, 31)])
    assert few.complaint() == " Skipped: line 3 bad_json, line 9 bad_label."
    assert many.complaint().endswith("line 20 bad_json and 10 more.")
    assert Labels([], [], None, []).complaint() == ""
