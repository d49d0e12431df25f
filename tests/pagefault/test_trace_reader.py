"""From bytes to events: every line is accounted for, and nothing but LabError comes of any input."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core import dataset
from lab.core.errors import LabError
from lab.pagefault.trace import Trace, find, load, pair, parse, parse_log
from lab.pagefault.trace import event as kinds
from lab.pagefault.trace.said import notes
from lab.pagefault.trace.unpack import MOST_BYTES
from lab.pagefault.trace.unread import MOST
from tests.pagefault.recorded import NOT_TOLD, PAGES, recorded

LINE = "vmm-1 [000] ..... {}: kvm_async_pf_ready: token 0x1000 gva 0x1000000\n"


def everything(trace: Trace) -> int:
    return len(trace.events) + trace.headings + trace.blank + len(trace.lost) + trace.unread_count


@pytest.mark.parametrize("name", PAGES)
def test_a_recording_is_read_wholly(name: str) -> None:
    trace = recorded(name).trace
    text = dataset.find(f"pagefault/{name}").path.read_text("ascii")
    assert trace.lines == len(text.splitlines()) == everything(trace)
    assert (trace.unread_count, trace.blank, trace.lost, trace.notes) == (0, 0, (), ())
    assert (trace.layout, trace.unit, trace.per_second) == ("tracefs", "ticks", None)
    for event, count in trace.kinds().items():  # as a plain search counts them
        assert text.count(f": {event}: ") == count
    assert sum(trace.kinds().values()) == len(trace.events)
    assert f"entries-in-buffer/entries-written: {len(trace.events)}/" in text


@pytest.mark.parametrize("name", PAGES)
def test_a_recording_s_other_events_tell_flags_vcpus_and_acknowledgements(name: str) -> None:
    trace = recorded(name).trace
    flags = {"off-hostonly": None, "on-nosendalways": 0x9}
    assert trace.flags == flags.get(name, 0xB)
    assert {e.vcpu for e in trace.events if not e.comm.startswith("kworker")} == {0}
    acks = sum(1 for e in trace.events if e.kind == kinds.ACK)
    enabled = 0 if name == "off-hostonly" else 1  # a wake-all is acknowledged too
    assert acks == enabled + (0 if name in NOT_TOLD else PAGES[name])
    assert {e.value for e in trace.events if e.kind in (kinds.INJECT_IRQ, kinds.ACCEPT_IRQ)} <= {0xF3}


# name and text of each release's event, and what it says
SAID = [
    ("kvm_try_async_get_page", "gva = 0x5000, gfn = 0x5", {"kind": "try", "gva": 0x5000, "gfn": 5}),
    ("kvm_try_async_get_page", "gva = 0x5000, gfn = 0x5, type = user", {"kind": "try", "by": "user"}),
    ("kvm_async_pf_doublefault", "gva = 0x5000, gfn = 0x5", {"kind": "repeated", "gfn": 5}),
    ("kvm_async_pf_repeated_fault", "gva = 0, gfn = 0", {"kind": "repeated", "gva": 0, "gfn": 0}),
    ("kvm_async_pf_not_present", "token 0x7002 gva 0x5000", {"kind": "not_present", "token": 0x7002, "vcpu": 2}),
    ("kvm_async_pf_not_present", "token 0x7002 gva 0x5000 type kernel", {"kind": "not_present", "by": "kernel"}),
    ("kvm_async_pf_ready", "token 0xffffffff gva 0", {"kind": "wake_all", "token": 0xFFFFFFFF}),
    ("kvm_async_pf_ready", "token 0x7002 gva 0x5000", {"kind": "ready", "token": 0x7002}),
    ("kvm_async_pf_completed", "gva 0x5000 address 0x7f00 pfn 0x1234", {"kind": "completed", "gva": 0x5000}),
    ("kvm_async_pf_completed", "gva 0x5000 address 0x7f00 type user", {"kind": "completed", "by": "user"}),
    ("kvm_s390_pfault_init", "03[0705c00180000000-000000000011a2b4]: init pfault token 123456789",
     {"kind": "not_present", "token": 123456789, "vcpu": 3, "gva": None}),
    ("kvm_s390_pfault_done", "03[0705c00180000000-000000000011a2b4]: done pfault token -2",
     {"kind": "ready", "token": -2, "vcpu": 3}),
    ("kvm_entry", "vcpu 5", {"kind": "entry", "vcpu": 5}),
    ("kvm_exit", "reason EPT_VIOLATION rip 0xfff0 info 784 0", {"kind": "exit", "vcpu": -1}),
    ("kvm_page_fault", "address fffffff0 error_code 784", {"kind": "page_fault", "vcpu": -1}),
    ("kvm_msr", "msr_write 4b564d02 = 0x8009", {"kind": "enable", "value": 0x8009}),
    ("kvm_msr", "msr_write 4b564d07 = 0x1", {"kind": "ack"}),
    ("kvm_msr", "msr_read 4b564d02 = 0x8009", {"kind": "msr"}),
    ("kvm_msr", "msr_write ce = 0x0 (#GP)", {"kind": "msr"}),
    ("kvm_inj_virq", "irq 243", {"kind": "inject_irq", "value": 0xF3}),
    ("kvm_inj_virq", "IRQ 0xf3 [reinjected]", {"kind": "inject_irq", "value": 0xF3}),
    ("kvm_inj_exception", "#PF (0x0)", {"kind": "inject_pf"}),
    ("kvm_inj_exception", "#GP (0x0)", {"kind": "other"}),
    ("kvm_apic_accept_irq", "apicid 0 vec 243 (Fixed|edge)", {"kind": "accept_irq", "value": 0xF3}),
    ("sched_switch", "prev_comm=a ==> next_comm=b", {"kind": "other"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "said"), SAID)
def test_the_text_of_an_event_in_old_and_new_kernels(name: str, text: str, said: dict[str, object]) -> None:
    (found,) = parse(f"vmm-1 [000] ..... 1: {name}: {text}").events
    assert {key: getattr(found, key) for key in said} == said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kvm_async_pf_ready", "token 0x1000"),
        ("kvm_async_pf_ready", "token 4096 gva 0x1000000"),  # no hexadecimal
        ("kvm_async_pf_ready", "token 0x10000000000000000 gva 0x0"),  # 65 bits
        ("kvm_async_pf_ready", "token 0x1000 gva 0x1000000 and more"),
        ("kvm_try_async_get_page", "gva 0x5000, gfn 0x5"),
        ("kvm_msr", "msr_write 4b564d02"),
        ("kvm_entry", "vcpu"),
        ("kvm_async_pf_completed", ""),
    ],
)
def test_a_known_event_with_another_text_is_not_understood(name: str, text: str) -> None:
    trace = parse(LINE.format(1) + f"vmm-1 [000] ..... 2: {name}: {text}\n")
    assert len(trace.events) == 1
    assert trace.unread_count == 1
    assert trace.unread[0].line == 2
    assert trace.unread[0].why.startswith(f"{name}: its text is not of the form ")


def test_the_unit_is_that_of_the_stamps_and_a_rate_makes_ticks_seconds() -> None:
    ticks = parse(LINE.format(2_500_000_000))
    assert (ticks.unit, ticks.value(5)) == ("ticks", 5)
    known = parse(LINE.format(2_500_000_000), clock_hz=2.5e9)
    assert (known.unit, known.value(known.events[0].stamp)) == ("s", 1.0)
    seconds = parse(LINE.format("1.000001"))
    assert (seconds.unit, seconds.events[0].stamp, seconds.value(1_000_001_000)) == ("s", 1_000_001_000, 1.000001)
    with pytest.raises(LabError, match=r"^--clock-hz: the stamps of x are seconds already \(line 1\); leave it out$"):
        parse(LINE.format("1.000001"), "x", clock_hz=1e9)
    for hz in (0.0, -1.0, 0.5, 1.1e12, float("nan"), float("inf")):
        with pytest.raises(LabError, match=r"^--clock-hz: .* is out of range"):
            parse(LINE.format(1), clock_hz=hz)


def test_one_file_has_one_kind_of_stamps() -> None:
    trace = parse(LINE.format(1) + LINE.format("1.5") + LINE.format(3))
    assert [e.stamp for e in trace.events] == [1, 3]
    assert trace.unread[0][:2] == (2, "a stamp in seconds among ticks")
    trace = parse(LINE.format("1.5") + LINE.format(3))
    assert trace.unread[0][:2] == (2, "a stamp in ticks among seconds")


def test_what_is_lost_cut_or_out_of_order_is_said() -> None:
    heading = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 3/10   #P:1\n"
    trace = parse(heading + LINE.format(5) + "CPU:0 [LOST 4 EVENTS]\n\n" + LINE.format(3))
    assert everything(trace) == trace.lines == 7
    assert trace.lost == ((0, 4),)
    assert trace.notes == (
        "the heading counts 3 events, the file has 2: it is cut or put together",
        "7 older events were overwritten in the trace's buffer before it was read",
        "1 stamps are before that of the line above: clocks of CPUs differ",
    )


def test_of_many_lines_not_understood_the_first_are_kept_and_all_counted() -> None:
    trace = parse(LINE.format(1) + "what?\n" * (3 * MOST))
    assert (trace.unread_count, len(trace.unread)) == (3 * MOST, MOST)
    assert trace.unread[0] == (2, "no columns of an event", "what?")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"hello\n", "line 1 has no columns of an event"),
        (b"\x00" * 100, "line 1 has no columns of an event"),
        (b"x" * 5000, "line 1 has more than 4096 characters"),
    ],
)
def test_what_is_no_trace_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(LabError, match=f"^n: no trace of tracefs, trace-cmd or perf script: {why}$"):
        parse(data, "n")


def test_the_tools_binary_files_are_refused_with_what_to_do() -> None:
    with pytest.raises(LabError, match=r"^n: is binary; print it with `trace-cmd report` and give that text$"):
        parse(b"\x17\x08\x44tracing6\0", "n")
    with pytest.raises(LabError, match=r"^n: is binary; print it with `perf script` and give that text$"):
        parse(b"PERFILE2" + bytes(100), "n")


def test_a_trace_without_events_is_one() -> None:
    trace = parse("# tracer: nop\n#\n")
    assert (trace.events, trace.headings, trace.unit) == ((), 2, "ticks")
    assert pair(trace).intervals == ()


@pytest.mark.parametrize("data", [b"# a page\n\nwith prose\n", b"#\x80\xff\n\x00\x01", b"CPU:0 [LOST 3 EVENTS]\nprose"])
def test_a_comment_does_not_make_a_trace(data: bytes) -> None:
    with pytest.raises(LabError, match=r"^n: "):
        parse(data, "n")


def test_of_no_asynchronous_event_nobody_says_that_every_one_is_paired() -> None:
    for text in ("# tracer: nop\n#\n", "vmm-1 [000] ..... 1: kvm_entry: vcpu 0\n"):
        trace = parse(text)
        said = notes(trace, pair(trace))
        assert "no event of an asynchronous fault is in it" in said
        assert not any("is paired" in line for line in said)


def test_files_compressed_files_and_names_of_recordings(tmp_path: Path) -> None:
    text = dataset.find("pagefault/on-int").path.read_bytes()
    for name, data in {"a": text, "a.gz": gzip.compress(text), "a.xz": lzma.compress(text)}.items():
        (tmp_path / name).write_bytes(data)
        assert load(tmp_path / name).events == recorded("on-int").trace.events
    assert load("pagefault/on-int").events == recorded("on-int").trace.events
    assert find("on-int").name == "on-int.trace.txt"
    with pytest.raises(
        LabError, match=r"^on-in: no such file, and no bundled recording is called so; those are off-host"
    ):
        load("on-in")
    with pytest.raises(LabError, match=r"directory|folder"):
        load(tmp_path)
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(LabError):
            load(name)


def test_damaged_or_bursting_compressed_files_are_refused(tmp_path: Path) -> None:
    text = dataset.find("pagefault/on-int").path.read_bytes()
    good, other = gzip.compress(text), lzma.compress(text)
    for number, data in enumerate(
        (good[:-20], good + b"more", b"\x1f\x8b" + bytes(20), other[:-20], other + b"more", other[:30] + bytes(90))
    ):
        (tmp_path / str(number)).write_bytes(data)
        with pytest.raises(LabError):
            load(tmp_path / str(number))
    (tmp_path / "bomb").write_bytes(gzip.compress(bytes(MOST_BYTES + 1), 1))
    with pytest.raises(LabError, match=r"bytes when unpacked; give a part of it$"):
        load(tmp_path / "bomb")


@settings(max_examples=100)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_trace_or_an_error(data: bytes) -> None:
    for read in (parse, parse_log):
        try:
            found = read(data)
        except LabError:
            continue
        assert found.lines == data.removesuffix(b"\n").count(b"\n") + 1


@settings(max_examples=80)
@given(st.sampled_from(sorted(PAGES)), st.randoms(use_true_random=False), st.integers(1, 12))
def test_a_mutated_recording_loses_no_line(name: str, random: object, many: int) -> None:
    from random import Random

    assert isinstance(random, Random)
    path = dataset.find(f"pagefault/{name}").path
    data = bytearray(path.read_bytes()[: random.randrange(200, 9000)])
    for _ in range(many):
        at = random.randrange(len(data))
        match random.randrange(4):
            case 0:
                data[at] = random.randrange(256)
            case 1:
                del data[at : at + random.randrange(200)]
            case 2:
                data[at:at] = data[random.randrange(len(data)) :][: random.randrange(300)]
            case _:
                data[at:at] = random.choice([b"\n", b"0x", b"ffffffffffffffffffff", b"[000]", b": ", b"-", b"\r\n"])
        if not data:
            return
    try:
        trace = parse(bytes(data))
    except LabError:
        return
    assert everything(trace) == trace.lines
    asynchronous = len(trace.asynchronous())
    pairing = pair(trace)
    parts = sum(
        (one.asked is not None) + (one.queued is not None) + (one.completed is not None) + (one.ready is not None)
        for one in pairing.intervals
    )
    assert parts <= asynchronous
