"""What the guest sent, held against the prediction, lookup by lookup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.core.errors import LabError
from lab.realkernel.symbols.answers import (
    NOT_FOUND,
    OTHER,
    Answer,
    Answers,
    read_about,
    read_answers,
    read_clock,
    read_table,
)
from lab.realkernel.symbols.prediction import STRUCTURE, Predicted, predict
from lab.realkernel.symbols.questions import Question
from lab.realkernel.symbols.result import WORDS, Method, Tables
from lab.symbols.ksymtab import Ksymtab

__all__ = ["FILES", "methods_of", "tables_of"]

FILES = ("about", "table", *WORDS, "clock")  # that the guest has to send
SHOWN = 5  # differences that are told


def tables_of(files: Mapping[str, bytes], image: Ksymtab) -> tuple[Ksymtab, Tables]:
    """The table that was searched, and how it is; `image`: what the kernel's image says of it. Raises `LabError`."""
    about = read_about(_file(files, "about"))
    table = read_table(_file(files, "table"), about)
    same = table.keys == image.keys and table.parts == image.parts
    return table, Tables(about.ksymtab, about.ksymtab_gpl, about.sorted, same)


def methods_of(
    files: Mapping[str, bytes], table: Ksymtab, questions: Sequence[Question], counted: bool
) -> dict[str, Method]:
    """Every method's answers beside the prediction for `table`; `counted`: a tick is an instruction.

    Raises `LabError` for what the module would not have written.
    """
    keys = [q.name.encode() for q in questions]
    tick = 1.0 if counted else read_clock(_file(files, "clock"))
    entries = tuple(table.find(key) for key in keys)
    made = {}
    for name in WORDS:
        answers = read_answers(_file(files, name), name, len(keys), len(table))
        predicted = predict(name, table, keys) if name in STRUCTURE else None
        made[name] = _method(name, answers, predicted, entries, questions, tick, counted)
    return made


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise LabError(f"the guest sent no {name}; it sent {', '.join(sorted(files)[:8]) or 'nothing'}")
    return files[name]


def _method(
    name: str,
    answers: Answers,
    predicted: Predicted | None,
    entries: Sequence[int],
    questions: Sequence[Question],
    tick: float,
    counted: bool,
) -> Method:
    rows = [row for row in answers.rows if row is not None]
    told = predicted is not None
    if any((row.comparisons is not None) != told for row in rows) or (told and len(rows) != len(answers.rows)):
        raise LabError(f"the guest's {name}: its lookups are not those that were asked for; build the module anew")
    wrong = [
        f"{question.name}: {text}"
        for i, (question, row) in enumerate(zip(questions, answers.rows, strict=True))
        if row is not None and (text := _difference(name, row, predicted, entries[i], i))
    ]
    many = max(1, len(rows))
    times = tuple(None if row is None else (row.ticks - answers.overhead) * tick for row in answers.rows)
    mean = sum(time for time in times if time is not None) / many if rows else None
    compared = sum(row.comparisons or 0 for row in rows) if told else None
    return Method(
        word=WORDS[name],
        lookups=len(rows),
        found=sum(row.entry != NOT_FOUND for row in rows),
        comparisons=compared,
        comparisons_per_lookup=None if compared is None else compared / many,
        predicted=sum(predicted.comparisons) if predicted else None,
        bytes=sum(row.bytes or 0 for row in rows) if told else None,
        predicted_bytes=sum(predicted.bytes) if predicted else None,
        equal=not wrong,
        differences=tuple(wrong[:SHOWN]),
        instructions_per_lookup=mean if counted else None,
        nanoseconds_per_lookup=None if counted else mean,
        counts=tuple(None if row is None else row.comparisons for row in answers.rows),
        bytes_read=tuple(None if row is None else row.bytes for row in answers.rows),
        hits=tuple(None if row is None else row.entry != NOT_FOUND for row in answers.rows),
        times=times,
    )


def _difference(name: str, row: Answer, predicted: Predicted | None, entry: int, i: int) -> str:
    """In what the kernel's answer is not the predicted one, or ""."""
    if name == "kallsyms" and row.entry == OTHER:
        return ""  # it finds any symbol of that name, exported or not
    if row.entry != entry:
        return f"the kernel finds {_entry(row.entry)}, predicted is {_entry(entry)}"
    if predicted is None:
        return ""
    if row.comparisons != predicted.comparisons[i]:
        return f"the kernel compares {row.comparisons} strings, predicted are {predicted.comparisons[i]}"
    if row.bytes != predicted.bytes[i]:
        return f"strcmp() reads {row.bytes} bytes, predicted are {predicted.bytes[i]}"
    return ""


def _entry(entry: int) -> str:
    return f"entry {entry}" if entry >= 0 else "nothing" if entry == NOT_FOUND else "another address"
