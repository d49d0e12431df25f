"""What comes out of the guest, read or refused in one line; the recording; the command."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import cli
from lab.core import dataset
from lab.core.errors import LabError
from lab.realkernel.symbols import recorded
from lab.realkernel.symbols.answers import Answer, read_about, read_answers, read_clock, read_table
from lab.realkernel.symbols.comparison import judged
from lab.realkernel.symbols.prediction import STRUCTURE, Predicted, predict
from lab.realkernel.symbols.questions import Question, draw, missing_names
from lab.realkernel.symbols.recording import BUNDLED, read_recording, write_recording
from lab.realkernel.symbols.result import WORDS, SymbolRun
from lab.symbols.corpus import bundled
from lab.symbols.ksymtab import Ksymtab

ABOUT = b"symbench 1\nksymtab 2\nksymtab_gpl 1\nsorted 1\nslots 8\nrounds 1\n"
TABLE = b"ksymtab alpha\nksymtab beta\nksymtab_gpl able\n"
ANSWERS = b"symbench 1 hash lookups 3 overhead 13\n1 4 0 99\n- - - -\n0 0 -1 50\n"


def test_about() -> None:
    found = read_about(ABOUT)
    assert (found.ksymtab, found.ksymtab_gpl, found.sorted, found.slots, found.rounds) == (2, 1, True, 8, 1)


def test_table() -> None:
    table = read_table(TABLE, read_about(ABOUT))
    assert table.keys == (b"alpha", b"beta", b"able")
    assert list(table.parts) == [0, 2, 3]


def test_answers() -> None:
    found = read_answers(ANSWERS, "hash", 3, 3)
    assert found.overhead == 13
    assert found.rows == (Answer(1, 4, 0, 99), None, Answer(0, 0, -1, 50))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not of the format 1"),
        (ABOUT.replace(b"symbench 1", b"symbench 2"), "not of the format 1"),
        (ABOUT.replace(b"slots 8\n", b""), "does not tell"),
        (ABOUT + b"more 1\n", "does not tell"),
        (ABOUT.replace(b"sorted 1", b"sorted 2"), "does not tell"),
        (ABOUT + b"slots 8\n", "line 7"),
        (ABOUT.replace(b"ksymtab 2", b"ksymtab -2"), "line 2"),
        (ABOUT[:-1], "no end"),
    ],
)
def test_damaged_about(data: bytes, told: str) -> None:
    with pytest.raises(LabError, match=told):
        read_about(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "has 0 and 0 entries"),
        (b"ksymtab alpha\nksymtab_gpl able\n", "has 1 and 1 entries"),
        (b"ksymtab beta\nksymtab alpha\nksymtab_gpl able\n", "is not sorted"),
        (b"ksymtab alpha\nksymtab alpha\nksymtab_gpl able\n", "is not sorted, or has a name twice"),
        (b"ksymtab alpha\nksymtab beta\nksymtab_gpl beta\n", "is not sorted, or has a name twice"),
        (b"ksymtab alpha\nksymtab_gpl able\nksymtab beta\n", "line 3"),
        (b"ksymtab al pha\nksymtab beta\nksymtab_gpl able\n", "line 1"),
        (b"ksymtab \xff\nksymtab beta\nksymtab_gpl able\n", "line 1"),
        (b"ksymtab " + b"x" * 512 + b"\nksymtab y\nksymtab_gpl able\n", "line 1"),
        (TABLE[:-1], "no end"),
    ],
)
def test_damaged_table(data: bytes, told: str) -> None:
    with pytest.raises(LabError, match=told):
        read_table(data, read_about(ABOUT))


def test_a_kernel_whose_tables_are_not_sorted() -> None:
    with pytest.raises(LabError, match="not sorted"):
        read_table(TABLE, read_about(ABOUT.replace(b"sorted 1", b"sorted 0")))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "0 of 3"),
        (ANSWERS.replace(b"hash", b"linear"), "line 1"),
        (ANSWERS.replace(b"lookups 3", b"lookups 4"), "line 1"),
        (ANSWERS.replace(b"- - - -\n", b""), "2 of 3"),
        (ANSWERS + b"0 0 -1 50\n", "line 5"),
        (ANSWERS.replace(b"1 4 0 99", b"1 4 3 99"), "line 2"),
        (ANSWERS.replace(b"1 4 0 99", b"1 4 -3 99"), "line 2"),
        (ANSWERS.replace(b"1 4 0 99", b"-1 4 0 99"), "line 2"),
        (ANSWERS.replace(b"1 4 0 99", b"- 4 0 99"), "line 2"),
        (ANSWERS.replace(b"1 4 0 99", b"1 4 - 99"), "line 2"),
        (ANSWERS.replace(b"1 4 0 99", b"1 4 0 -"), "line 2"),
        (ANSWERS.replace(b"99", b"9" * 19), "line 2"),
        (ANSWERS.replace(b"99", "٩٩".encode()), "line 2"),
        (ANSWERS.replace(b"99", b"9" * 5000), "line 2"),
        (ANSWERS[:-1], "no end"),
    ],
)
def test_damaged_answers(data: bytes, told: str) -> None:
    with pytest.raises(LabError, match=told) as caught:
        read_answers(data, "hash", 3, 3)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("data", [b"", b"ticks 0 ns 5\n", b"ticks 5 ns 0\n", b"ticks 5 ns 5", b"\xff\n"])
def test_a_clock_that_stands(data: bytes) -> None:
    with pytest.raises(LabError, match="tells no time"):
        read_clock(data)
    assert read_clock(b"ticks 5 ns 10\n") == 2.0


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from([*ANSWERS.split(), b"\n", b" "])).map(b" ".join)))
def test_no_bytes_are_more_than_one_line_of_complaint(data: bytes) -> None:
    readers: tuple[Callable[[], object], ...] = (
        lambda: read_about(data),
        lambda: read_table(data, read_about(ABOUT)),
        lambda: read_answers(data, "hash", 3, 3),
        lambda: read_clock(data),
    )
    for reader in readers:
        try:
            reader()
        except LabError as error:
            assert "\n" not in str(error)  # noqa: PT017 - some bytes are right


@given(st.integers(0, len(ANSWERS) - 1), st.integers(0, 255))
def test_one_byte_changed_is_refused_or_another_number(place: int, byte: int) -> None:
    data = ANSWERS[:place] + bytes([byte]) + ANSWERS[place + 1 :]
    try:
        found = read_answers(data, "hash", 3, 3)
    except LabError:
        return
    assert len(found.rows) == 3
    text = data.decode("ascii")
    assert re.fullmatch(r"symbench 1 hash lookups 3 overhead \d+\n(([\d-]+ ){3}[\d-]+\n){3}", text)


@pytest.fixture(scope="module")
def run() -> SymbolRun:
    return recorded()


def test_what_a_real_kernel_counted_is_what_the_lab_predicts_today(run: SymbolRun) -> None:
    """Counts recorded inside Linux 6.1 against a prediction made now, from the bundled kernel's table."""
    corpus = bundled()
    assert run.kernel in corpus.stated.banner
    table = corpus.exports.table(range(corpus.exports.kernel), "split")
    assert (run.tables.ksymtab, run.tables.ksymtab_gpl) == (table.parts[1], len(table) - table.parts[1])
    keys = [q.name.encode() for q in run.questions]
    for name in STRUCTURE:
        found, method = predict(name, table, keys), run.methods[name]
        assert method.counts == found.comparisons, name
        assert method.bytes_read == found.bytes, name
        assert method.hits == tuple(entry >= 0 for entry in found.entries), name
        assert method.comparisons == method.predicted == sum(found.comparisons)
        assert method.bytes == method.predicted_bytes == sum(found.bytes)
    assert run.equal


def test_the_recorded_names_are_drawn_again(run: SymbolRun) -> None:
    corpus = bundled()
    table = corpus.exports.table(range(corpus.exports.kernel), "split")
    spans = {name: (start, end) for name, start, end in corpus.references.each()}
    start, end = spans[run.module]
    wanted = [corpus.asked_for(symbol) for symbol in corpus.references.symbols[start:end]]
    assert draw(table, missing_names(table), wanted, len(run.questions), run.seed) == run.questions


def test_the_kernels_own_path_compares_what_bsearch_does(run: SymbolRun) -> None:
    """The instructions more are less than a comparison apart for all names: find_symbol() walks the same way."""
    assert set(run.own_path()) == {"found", "missing"}
    assert run.same_path()
    asked = run.methods["symbol_get"]
    assert asked.lookups > len(run.questions) / 2


def test_counts_explain_the_instructions(run: SymbolRun) -> None:
    for name in STRUCTURE:
        costs = run.costs(name)
        assert costs is not None
        assert costs.off < 0.02, name
    linear = run.ratio("linear", "bsearch")
    assert linear is not None
    assert linear > 50


def test_the_bundled_recording_is_small_and_undamaged() -> None:
    found = dataset.find(BUNDLED)
    found.verify()
    assert found.path.stat().st_size < 60_000


def test_a_recording_comes_back(run: SymbolRun, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_recording(path, run, "2026-01-02")
    again = read_recording(path)
    assert again.recorded.endswith("2026-01-02")
    for name in ("kernel", "qemu", "accel", "seed", "module", "tables", "questions", "methods", "files", "image"):
        assert getattr(again, name) == getattr(run, name), name


def damage(raw: dict[str, object], path: tuple[str, ...], value: object) -> None:
    target: dict[str, object] = raw
    for key in path[:-1]:
        inner = target[key]
        assert isinstance(inner, dict)
        target = inner
    target[path[-1]] = value


SHA = "0" * 64


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("body", "kernel"), 6, "is damaged"),
        (("body", "kernel"), "6.1\n", "is damaged"),
        (("body", "kernel"), "\x1b[31m6.1", "is damaged"),
        (("body", "qemu"), "7.2 \x1b", "is damaged"),
        (("body", "accel"), "magic", "is damaged"),
        (("body", "module"), "kvm\n", "is damaged"),
        (("body", "names"), [], "is damaged"),
        (("body", "names"), ["a b"], "is damaged"),
        (("body", "kinds"), "gpl", "is damaged"),
        (("body", "files"), {}, "is damaged"),
        (("body", "files"), None, "is damaged"),
        (("body", "files", "hash"), 1, "is damaged"),
        (("body", "files", "more"), "1", "is damaged"),
        (("body", "files", "hash"), "\x1b", "is damaged"),
        (("body", "files", "hash"), "", "the guest's hash: has answers to 0 of 400 lookups"),
        (("body", "files", "about"), "symbench 1\n", "the guest's about: does not tell"),
        (("body", "files", "table"), "ksymtab alpha\n", "the table that was searched is not the one"),
        (("body", "table"), SHA, "the table that was searched is not the one"),
        (("body", "seed"), True, "is damaged"),
        (("body", "seed"), -1, "is damaged"),
        (("body", "seed"), 10**400, "is damaged"),
        (("version",), 1, "holds verdicts of an earlier lab"),
        (("version",), 3, "update the lab"),
    ],
)
def test_damaged_recordings(path: tuple[str, ...], value: object, told: str, tmp_path: Path) -> None:
    raw = json.loads(dataset.find(BUNDLED).path.read_text())
    damage(raw, path, value)
    file = tmp_path / "run.json"
    file.write_text(json.dumps(raw))
    with pytest.raises(LabError, match=told) as caught:
        read_recording(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert len(str(caught.value)) < 300


def reworded(tmp_path: Path, method: str, line: int, place: int, value: str) -> Path:
    """The bundled recording with one word of one answer changed."""
    raw = json.loads(dataset.find(BUNDLED).path.read_text())
    lines = raw["body"]["files"][method].split("\n")
    words = lines[line].split(" ")
    assert words[place] != value
    words[place] = value
    lines[line] = " ".join(words)
    raw["body"]["files"][method] = "\n".join(lines)
    file = tmp_path / "run.json"
    file.write_text(json.dumps(raw))
    return file


@pytest.mark.parametrize(
    ("method", "place", "told"),
    [
        ("bsearch", 0, "the kernel compares 1 strings, predicted are"),
        ("linear", 0, "the kernel compares 1 strings, predicted are"),
        ("hash", 1, "strcmp() reads 1 bytes, predicted are"),
        ("kallsyms", 2, "the kernel finds entry 1, predicted is"),
    ],
)
def test_one_count_changed_in_the_file_is_told(
    method: str, place: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recording is evidence: what is predicted is not read from it."""
    file = reworded(tmp_path, method, 2, place, "1")
    assert cli.main(["kernel", "symbols", "--recorded", str(file)]) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "does not compare what was predicted" in text
    assert told in text
    assert cli.main(["kernel", "symbols", "--recorded", str(file), "--json"]) == 1
    raw = json.loads(capsys.readouterr().out)
    assert raw["equal"] is False
    assert raw["methods"][method]["equal"] is False


def test_other_names_than_those_that_were_looked_up_are_told(tmp_path: Path) -> None:
    raw = json.loads(dataset.find(BUNDLED).path.read_text())
    raw["body"]["names"][0] = "kfree"
    file = tmp_path / "run.json"
    file.write_text(json.dumps(raw))
    assert not read_recording(file).equal


def test_a_recording_holds_no_verdict() -> None:
    body = json.loads(dataset.find(BUNDLED).path.read_text())["body"]
    assert set(body) == {"kernel", "qemu", "accel", "seed", "module", "image", "table", "names", "kinds", "files"}
    assert set(body["files"]) == {*WORDS, "about", "clock"}, "the table is the bundled kernel's"


def test_the_prediction_is_made_when_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the lab's rule another one tomorrow, the recording would not say `as predicted`."""
    from lab.realkernel.symbols import comparison

    def wrong(method: str, table: Ksymtab, keys: Sequence[bytes]) -> Predicted:
        found = predict(method, table, keys)
        return dataclasses.replace(found, comparisons=tuple(n + 1 for n in found.comparisons))

    monkeypatch.setattr(comparison, "predict", wrong)
    assert not recorded().equal


def test_a_run_on_another_kernel_keeps_its_table(tmp_path: Path) -> None:
    """The lab has not the table of that one."""
    table = "".join(f"ksymtab_gpl {name}\n" for name in ("able", "zeta"))
    files = {
        "about": "symbench 1\nksymtab 0\nksymtab_gpl 2\nsorted 1\nslots 8\nrounds 1\n",
        "table": table,
        "clock": "ticks 2 ns 1\n",
        "linear": "symbench 1 linear lookups 1 overhead 13\n2 6 1 90\n",
        "bsearch": "symbench 1 bsearch lookups 1 overhead 13\n1 5 1 90\n",
        "hash": "symbench 1 hash lookups 1 overhead 13\n2 6 1 90\n",
        "eytzinger": "symbench 1 eytzinger lookups 1 overhead 13\n1 5 1 90\n",
        "symbol_get": "symbench 1 symbol_get lookups 1 overhead 13\n- - 1 90\n",
        "kallsyms": "symbench 1 kallsyms lookups 1 overhead 13\n- - 1 90\n",
    }
    image = hashlib.sha256(table.encode()).hexdigest()
    sent = {name: text.encode() for name, text in files.items()}
    made = judged(sent, image, [Question("zeta", "gpl")],
                  kernel="6.12.1", qemu="7.2", accel="icount", seed=1, module="kvm")  # fmt: skip
    assert made.equal, made.headline()
    path = tmp_path / "other.json"
    write_recording(path, made, "2026-01-02")
    again = read_recording(path)
    assert again.equal
    assert again.files == files
    assert again.tables.as_image
    raw = json.loads(path.read_text())
    raw["body"]["image"] = SHA
    path.write_text(json.dumps(raw))
    assert not read_recording(path).tables.as_image


def test_the_command_shows_the_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["kernel", "symbols", "--recorded"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.split("\n"))) < 120
    said = " ".join(text.split())
    assert "compares exactly what was predicted" in said
    assert "(recorded; predicted now)." in said
    assert said.count("entry only") == 2
    assert "117 for names that it finds; 225 for names that are missing: apart by less than a comparison takes" in said
    assert "recorded: Linux 6.1" in text
    assert cli.main(["kernel", "symbols", "--recorded", "--json"]) == 0
    raw = json.loads(capsys.readouterr().out)
    assert set(raw) == {
        "headline", "equal", "kernel", "qemu", "accel", "recorded", "seed", "module", "tables", "methods", "costs",
        "own_path", "same_path", "ratios", "questions",
    }  # fmt: skip
    assert set(raw["methods"]) == set(WORDS)
    assert raw["equal"] is raw["same_path"] is True
    assert raw["ratios"]["linear/bsearch"]["nanoseconds"] == pytest.approx(2936.6 / 24.8)


def test_a_recording_is_not_recorded_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["kernel", "symbols", "--recorded", "-o", str(tmp_path / "x.json")]) == 2
    assert "leave --recorded or -o out" in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()
