"""Facts in another form, by worked example: what is the same is no new fact, what only looks alike is one."""

import pytest

from app.domain.fact_forms import unknown
from app.domain.fidelity import check_fidelity
from app.domain.records import Kind


@pytest.mark.parametrize(
    ("seed", "candidate", "new"),
    [
        pytest.param("It took three decades.", "It took 30 years.", [], id="decades"),
        pytest.param("It took three decades.", "It took 40 years.", ["40 year"], id="other decades"),
        pytest.param("A path of 1.5 km.", "A path of 1,500 metres.", [], id="metres"),
        pytest.param("It grew over the past decade.", "It grew for 10 years.", [], id="a word for ten years"),
        pytest.param("Sales of 20m cups.", "Sales of 20 million cups.", [], id="m"),
        pytest.param("Sales of 20m cups.", "Sales of 30 million cups.", ["30000000"], id="other m"),
        pytest.param("A £14m centre.", "A £14-million centre.", [], id="hyphen"),
        pytest.param("The bill came to 20 pounds.", "It was 20 years ago.", ["20 year"], id="other dimension"),
    ],
)
def test_a_quantity_in_another_form_is_known(seed: str, candidate: str, new: list[str]) -> None:
    report = check_fidelity(seed, candidate, Kind.prose)

    assert report.unsupported == new and report.contradicted == []


@pytest.mark.parametrize(
    ("name", "text", "known"),
    [
        pytest.param("World Wildlife Fund", "the WWF says", True, id="initials"),
        pytest.param("World Wildlife Fund", "the WTO says", False, id="other initials"),
        pytest.param("Swedish", "a town in Sweden", True, id="people"),
        pytest.param("Swedish", "a town in Switzerland", False, id="other people"),
        pytest.param("Gregoire", "Grégoire wrote it", True, id="accent"),
    ],
)
def test_a_name_in_another_form_is_known(name: str, text: str, *, known: bool) -> None:
    assert unknown([name], text) == ([] if known else [name])


def test_a_name_with_its_accent_in_two_characters_is_the_same() -> None:
    report = check_fidelity("The poet Gr\u00e9goire wrote it.", "The poet Gre\u0301goire wrote it.", Kind.prose)

    assert report.precision == 1.0 and report.contradicted == []


def test_a_name_spelled_right_is_no_other_name() -> None:
    seed = "The old road through Kasmir follows a river for most of its length."
    right, other = seed.replace("Kasmir", "Kashmir"), seed.replace("Kasmir", "Ladakh")

    assert check_fidelity(seed, right, Kind.prose).contradicted == []
    assert check_fidelity(seed, other, Kind.prose).contradicted == ["Ladakh for Kasmir"]
