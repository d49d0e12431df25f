"""How durations vary, as written; and the table of an empirical law: bounds, mean, order, traces."""

import json
import math
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.pagefault import laws
from lab.pagefault.laws import MOST_QUANTILES, Law, measured, normalised, parse_law, quantiles
from lab.pagefault.randomness import LAWS


def written(folder: Path, text: str) -> Path:
    path = folder / "times.txt"
    path.write_text(text)
    return path


def test_the_four_laws_as_they_are_written() -> None:
    assert parse_law("exp") == Law("exp")
    assert parse_law("det") == Law("det")
    assert parse_law("lognormal:0.8") == Law("lognormal", spread=0.8)
    assert parse_law("empirical:C:/a:b.txt") == Law("empirical", source="C:/a:b.txt")
    assert [parse_law(text).code for text in ("exp", "det", "lognormal:1", "empirical:x")] == list(LAWS.values())


@pytest.mark.parametrize(
    "text",
    ["", "exp:", "exp:1", "det:1", "gamma:2", "lognormal", "lognormal:", "lognormal:x", "lognormal:0", "lognormal:-1",
     "lognormal:nan", "lognormal:inf", "lognormal:4.1", "empirical", "empirical:", "EXP", " exp"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(LabError, match=r"lognormal:SIGMA or empirical:FILE|SIGMA is a number above 0"):
        parse_law(text)


@given(st.text())
def test_any_text_is_a_law_or_a_line_that_refuses_it(text: str) -> None:
    try:
        found = parse_law(text)
    except LabError:
        return
    assert found.kind in LAWS


def test_numbers_one_a_line_keep_their_shape_and_get_mean_1(tmp_path: Path) -> None:
    path = written(tmp_path, "# page-ins in us\n30\n\n10  # the first\n 2e1 \n")
    assert measured(path) == [30.0, 10.0, 20.0]
    assert quantiles(path) == [0.5, 1.0, 1.5]


def test_a_json_list_is_the_same(tmp_path: Path) -> None:
    assert quantiles(written(tmp_path, " [30, 10, 2e1]\n")) == [0.5, 1.0, 1.5]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "holds no number"),
        ("# nothing\n", "holds no number"),
        ("[]", "holds no number"),
        ("1\n2\nthree\n", "line 3: 'three' is no number"),
        ("1\n1 2\n", "line 2: '1 2' is no number"),
        ("1\n0\n", "line 2: 0.0 is no duration"),
        ("1\n\n-4\n", "line 3: -4.0 is no duration"),
        ("nan\n", "line 1: nan is no duration"),
        ("1\ninf\n", "line 2: inf is no duration"),
        ("1e-310\n", "line 1: 1e-310 is no duration"),
        ("1e300\n", "line 1: 1e[+]300 is no duration"),
        ("[1, 0]", "number 2 of the list: 0 is no duration"),
        ("[1, NaN]", "number 2 of the list: nan is no duration"),
        ("[true]", "number 1 of the list: True is no duration"),
        ('[1, "2"]', "number 2 of the list: 2 is no duration"),
        ("[1, [2]]", "number 2 of the list"),
        ("[1, 1" + 400 * "0" + "]", "number 2 of the list"),
        ("[1, 2", "no JSON list"),
        ("[" * 100_000, "no JSON list"),
        ("[1] 2", "no JSON list"),
    ],
)
def test_each_bad_file_is_refused_with_its_place(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(LabError, match=what):
        quantiles(written(tmp_path, text))


def test_a_number_with_more_digits_than_python_converts_is_refused(tmp_path: Path) -> None:
    for text in ("1" * 5000, f"[{'1' * 5000}]"):
        with pytest.raises(LabError, match=r"no duration|no JSON list"):
            quantiles(written(tmp_path, text))


def test_what_is_no_text_is_missing_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LabError, match="no such file, and no bundled recording"):
        quantiles(tmp_path / "none")
    with pytest.raises(LabError, match=r"no path|no such file"):
        quantiles("a\0b")
    with pytest.raises(LabError, match="directory"):
        quantiles(tmp_path)
    path = tmp_path / "times.txt"
    path.write_bytes(b"\xff\xfe1")
    with pytest.raises(LabError, match="no text"):
        quantiles(path)
    monkeypatch.setattr(laws, "MOST_VALUES", 3)
    with pytest.raises(LabError, match="more than 3 lines"):
        quantiles(written(tmp_path, "1\n2\n3\n4"))
    with pytest.raises(LabError, match="more than 3 numbers"):
        quantiles(written(tmp_path, "[1,2,3,4]"))
    monkeypatch.setattr(laws, "MOST_BYTES", 3)
    with pytest.raises(LabError, match="larger than 3 bytes"):
        quantiles(written(tmp_path, "1\n2\n"))


@given(st.binary(max_size=60))
def test_any_file_is_a_table_or_a_line_that_refuses_it(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data)
    try:
        table = quantiles(path)
    except LabError:
        return
    assert math.fsum(table) / len(table) == pytest.approx(1.0)
    assert table == sorted(table)
    assert table[0] > 0


@given(st.lists(st.floats(1e-150, 1e150), min_size=1, max_size=50), st.randoms())
def test_the_table_is_ascending_of_mean_1_and_does_not_depend_on_the_order(values: list[float], chance: object) -> None:
    table = normalised(values, "x")
    assert math.fsum(table) / len(table) == pytest.approx(1.0)
    assert table == normalised(sorted(values, reverse=True), "x") == sorted(table)


@pytest.mark.parametrize("count", [4097, 8192, 10_000, 12_345])
def test_many_numbers_become_a_table_of_the_same_mean_and_nearly_the_same_shape(count: int) -> None:
    law = statistics.NormalDist(0, 0.8)
    values = [math.exp(law.inv_cdf((i + 0.5) / count)) for i in range(count)]
    table = normalised(values, "x")
    assert len(table) == MOST_QUANTILES
    assert math.fsum(table) / len(table) == pytest.approx(1.0, rel=1e-12)
    mean = math.fsum(values) / count
    for share in (0.01, 0.25, 0.5, 0.75, 0.99):
        assert table[int(share * len(table))] == pytest.approx(values[int(share * count)] / mean, rel=0.01)
    assert statistics.pvariance(table) == pytest.approx(statistics.pvariance(values) / mean**2, rel=0.01)


def test_a_number_on_the_border_of_two_steps_counts_in_both() -> None:
    values = list(range(1, MOST_QUANTILES + 2))  # 4097 numbers on 4096 steps
    table, mean, n = normalised(values, "x"), (MOST_QUANTILES + 2) / 2, MOST_QUANTILES
    assert table[0] * mean == pytest.approx((1 * n + 2 * 1) / (n + 1))
    assert table[-1] * mean == pytest.approx((n * 1 + (n + 1) * n) / (n + 1))


@pytest.mark.parametrize("name", ["on-int", "off-hostonly", "on-int-lifo"])
def test_a_recording_gives_its_page_ins(name: str) -> None:
    from lab.pagefault import trace

    found = [one.page_in for one in trace.pair(trace.load(name)).intervals if one.page_in]
    assert found
    assert measured(name) == found
    assert math.fsum(quantiles(name)) / len(found) == pytest.approx(1.0)


def test_a_list_written_by_a_script_is_read(tmp_path: Path) -> None:
    values = [0.1 * i for i in range(1, 1000)]
    assert measured(written(tmp_path, json.dumps(values))) == values
