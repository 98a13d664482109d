"""`hornbook measure` on real files: the JSON that scripts rely on, two sets, families, an endpoint, the report."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.cli.exits import Exit
from app.cli.main import run
from app.cli.measure_table import NAMES, RATIOS
from tests.stub_embeddings import stub_embeddings

WORDS = "river stone cloud bread lamp horse window garden engine paper".split()
PAIRS = [f"The {a} is beside the {b}. It was there all day, and nobody saw it." for a in WORDS for b in WORDS if a < b]
BOATS = [f"Number {n} stands for {n * n} small boats on lake {n}. They wait, {n % 7} at a time." for n in range(40)]


def jsonl(path: Path, texts: list[str], **fields: list[Any]) -> Path:
    rows = [{"text": text, **{name: values[i] for name, values in fields.items()}} for i, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def measured(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["measure", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_one_object_with_limits_for_the_whole_vector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jsonl(tmp_path / "set.jsonl", PAIRS)
    found = measured(capsys, str(path))

    assert list(found) == [*NAMES, "limits"]
    assert found["n"] == len(PAIRS) and isinstance(found["tokens"], int)
    assert list(found["limits"]) == [name for name in NAMES if name not in ("n", "tokens")]
    for name, (low, high) in found["limits"].items():
        assert low <= found[name] <= high, name
    assert measured(capsys, str(path)) == found


def test_parquet_measures_what_jsonl_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(pa.table({"text": PAIRS}), tmp_path / "set.parquet")
    expected = measured(capsys, str(jsonl(tmp_path / "set.jsonl", PAIRS)))

    assert measured(capsys, str(tmp_path / "set.parquet")) == expected


def test_set_against_itself_has_ratios_of_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jsonl(tmp_path / "set.jsonl", BOATS)
    found = measured(capsys, str(path), "--against", str(path))

    assert list(found) == [*NAMES, *RATIOS, "limits", "against", "checks"]
    assert found["cluster_simpson_ratio"] == found["distinct3_ratio"] == found["cross_5gram_ratio"] == 1
    assert found["vendi2_ratio"] <= 1
    assert found["against"] == {name: found[name] for name in (*NAMES, "limits")}
    assert found["checks"]["distinct3_low"] == {"value": 1.0, "bound": 0.9, "holds": True}


def test_copies_beside_their_originals_fall_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, copies = jsonl(tmp_path / "base.jsonl", BOATS), jsonl(tmp_path / "set.jsonl", BOATS[:10] * 4)
    found = measured(capsys, str(copies), "--against", str(base))

    assert not found["checks"]["near_duplicate_rate"]["holds"]
    assert found["near_duplicate_rate"] == 0.75


def test_variants_of_a_seed_count_as_one_family(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = [n // 2 for n in range(80)]
    texts = [f"{BOATS[seed]} Told {'again' if n % 2 else 'once'}." for n, seed in enumerate(seeds)]
    path = jsonl(tmp_path / "set.jsonl", texts, seed=seeds)
    single, alone = measured(capsys, str(path), "--family", "seed"), measured(capsys, str(path))

    assert single["n"] == alone["n"] == 80
    assert single["cross_5gram_share"] < alone["cross_5gram_share"] / 2
    assert single["vendi2"] > alone["vendi2"]


def test_vectors_of_an_endpoint_are_centred(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jsonl(tmp_path / "set.jsonl", BOATS)
    with stub_embeddings() as stub:
        found = measured(capsys, str(path), "--embeddings", stub.url, "--embedding-model", "m")

    # The stub's vectors have a mean cosine over 0.9, which would cap Vendi-2 near 1.
    assert found["vendi2"] > 3
    assert stub.requests[0][2]["model"] == "m"


def test_dead_endpoint_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jsonl(tmp_path / "set.jsonl", BOATS)
    with stub_embeddings(lambda _: (404, {}, b"no such model")) as stub:
        assert run(["measure", str(path), "--embeddings", stub.url, "--embedding-model", "m"]) == Exit.usage
    shown = capsys.readouterr()
    assert "HTTP 404: no such model" in shown.err and "Traceback" not in shown.err


HOSTILE = [
    "",
    " ",
    "word",
    "a" * 100_000,
    "😀" * 500,
    "שלום עולם " * 50,
    "mixed текст 混在 文字 " * 20,
    "def f(:\n" * 30,
    "-" * 6_500 + "4",
    "same words here again and again\n" * 4_000,
    "\x1b[31m</script><script>alert(1)</script>",
]


def test_bad_texts_measure_something_and_raise_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jsonl(tmp_path / "set.jsonl", HOSTILE)
    found = measured(capsys, str(path), "--html", str(tmp_path / "out" / "r.html"))

    assert found["n"] >= len(HOSTILE) - 2
    numbers = [found[name] for name in NAMES] + [edge for pair in found["limits"].values() for edge in pair]
    assert all(isinstance(number, int | float) for number in numbers)


@pytest.mark.parametrize("texts", [["One text alone."], ["same"] * 30, ["?!", "..."]], ids=["one", "same", "no words"])
def test_poor_sets_have_a_table_and_a_report(
    texts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = jsonl(tmp_path / "set.jsonl", texts)
    against = jsonl(tmp_path / "other.jsonl", BOATS)
    assert run(["measure", str(path), "--html", str(tmp_path / "one.html")]) == 0
    assert run(["measure", str(path), "--against", str(against), "--html", str(tmp_path / "two.html")]) == 0
    assert "grade_p90" in capsys.readouterr().out
    assert (tmp_path / "one.html").exists() and (tmp_path / "two.html").exists()


def test_report_asks_nobody_and_names_every_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jsonl(tmp_path / "a <b> & c.jsonl", PAIRS)
    assert run(["measure", str(path), "--against", str(path), "--html", str(tmp_path / "r.html")]) == 0
    page = (tmp_path / "r.html").read_text()
    own = page[: page.index('<script type="application/json"')]

    assert not re.search(r"""(src|href)\s*=|@import|url\(""", own)
    assert own.count("<tr>") == len(NAMES) + 2 and "Most overgrown topic" in own
    assert "a &lt;b&gt; &amp; c.jsonl" in own and "<b>" not in own
    assert "target" in capsys.readouterr().out


def test_a_large_file_tells_each_reject_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = jsonl(tmp_path / "set.jsonl", [f"Boat {n} of {n * n}." for n in range(5_200)])
    with path.open("a") as file:
        file.write('{"text": 5}\n')
    assert run(["measure", str(path), "--json"]) == 0
    shown = capsys.readouterr()

    assert json.loads(shown.out)["n"] == 5_200
    assert shown.err.count("bad_type") == 1


def test_a_large_file_without_a_usable_record_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set.jsonl").write_text('{"text": 5}\n' * 5_200)
    assert run(["measure", str(tmp_path / "set.jsonl"), "--json"]) == Exit.usage
    assert f"{tmp_path / 'set.jsonl'} holds no usable record" in capsys.readouterr().err.replace("\n", "")
