"""What the guest sent, held against the prediction, lookup by lookup: of a run made now, and of a recorded one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from lab.core.errors import LabError
from lab.realkernel.machine.qemu import ICOUNT
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
from lab.realkernel.symbols.result import WORDS, Method, SymbolRun, Tables
from lab.symbols.ksymtab import Ksymtab

__all__ = ["FILES", "digest", "judged", "methods_of", "table_text", "tables_of"]

FILES = ("about", "table", *WORDS, "clock")  # that the guest has to send
SHOWN = 5  # differences that are told
AT_0 = (
    "fixed_percpu_data"  # the first per-CPU variable, GPL only: its address is 0, as if __symbol_get() had not found it
)


def judged(
    files: Mapping[str, bytes],
    image: str,
    questions: Sequence[Question],
    *,
    kernel: str,
    qemu: str,
    accel: str,
    seed: int,
    module: str,
    recorded: str = "",
) -> SymbolRun:
    """The run that sent `files`, against a prediction that is made here and now; `image`: `digest` of its tables.

    Raises `LabError` for what the module would not have written.
    """
    table, tables = tables_of(files, image)
    methods = methods_of(files, table, questions, accel == ICOUNT)
    texts = {name: files[name].decode("ascii", "replace") for name in FILES}
    return SymbolRun(
        kernel, qemu, accel, seed, module, tables, tuple(questions), methods, recorded, texts, image,
    )  # fmt: skip


def table_text(table: Ksymtab) -> bytes:
    """The table as the kernel module writes it: a line an entry."""
    parts = zip(("ksymtab", "ksymtab_gpl"), table.bounds(), strict=True)
    return b"".join(f"{part} {key.decode()}\n".encode() for part, (a, b) in parts for key in table.keys[a:b])


def digest(table: Ksymtab) -> str:
    """The SHA-256 of `table_text`: two tables with one digest have the same names in the same order and halves."""
    return hashlib.sha256(table_text(table)).hexdigest()


def tables_of(files: Mapping[str, bytes], image: str) -> tuple[Ksymtab, Tables]:
    """The table that was searched, and how it is; `image`: the `digest` of what the kernel's image has of it.

    Raises `LabError` for one that is damaged.
    """
    about = read_about(_file(files, "about"))
    table = read_table(_file(files, "table"), about)
    return table, Tables(about.ksymtab, about.ksymtab_gpl, about.sorted, digest(table) == image)


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
        if row is not None
        and (text := _difference(name, row, predicted, entries[i], i))
        and not _found_at_0(name, question, row)
    ]
    found = tuple(
        None if row is None else row.entry != NOT_FOUND or (entries[i] >= 0 and _found_at_0(name, question, row))
        for i, (question, row) in enumerate(zip(questions, answers.rows, strict=True))
    )
    many = max(1, len(rows))
    times = tuple(None if row is None else (row.ticks - answers.overhead) * tick for row in answers.rows)
    mean = sum(time for time in times if time is not None) / many if rows else None
    compared = sum(row.comparisons or 0 for row in rows) if told else None
    return Method(
        word=WORDS[name],
        lookups=len(rows),
        found=sum(hit is True for hit in found),
        others=sum(row.entry == OTHER for row in rows),
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
        hits=found,
        times=times,
    )


def _found_at_0(name: str, question: Question, row: Answer) -> bool:
    return name == "symbol_get" and question.name == AT_0 and row.entry == NOT_FOUND


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
