"""Paging devices by name: how long they take for a page, how many at once, and who says so.

Mean page-ins are published figures, cited; where none was found, the note says "assumed". `slots` is what the
published throughput of many requests at once divided by that of one at a time comes to. Published shapes are poor:
a lognormal's sigma is worked out from the figures that the note names; where only a mean is known the shape is
exponential or fixed, and the note says that it is assumed. As long as a slot is free the shape does not matter to a
guest that is told of its faults (Erlang's loss formula holds for any page-in law).
"""

from __future__ import annotations

import dataclasses

from lab.core.errors import LabError
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["DEVICES", "Device", "device_by_id", "with_device"]

OPTANE_REVIEW = (
    "B. Tallis, The Intel Optane SSD DC P4800X Review, AnandTech 2017, 4 kB random reads: "
    "https://www.anandtech.com/show/11209/intel-optane-ssd-dc-p4800x-review-a-deep-dive-into-3d-xpoint-enterprise-performance/4"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    """A named device. `page_in` in us; `dist` as `laws.parse_law` reads it; `slots` None: as many as are asked for.

    `source`: where the mean comes from. `note`: where slots and shape come from, and what is not known.
    """

    id: str
    title: str
    page_in: float
    dist: str
    slots: int | None
    source: str
    note: str


DEVICES = (
    Device(
        "hdd",
        "Hard disk, 7200 rpm",
        8000.0,
        "lognormal:0.3",
        1,
        "assumed: half a revolution, 4.17 ms (IBM DDRS-3xxxx OEM specification 3.4.2.5), and a seek over part of the "
        "disk, 4 ms (over all of it 8.5 ms: Hitachi 7K1000.C, two disks, OEM specification 4.5.2)",
        "No measured swap-in was found: 4 to 10 ms are plausible. One arm, so one slot. Shape: the wait for the sector "
        "alone is uniform over 8.33 ms, a standard deviation of 2.4 ms; a lognormal with that has sigma 0.3.",
    ),
    Device(
        "sas",
        "SAS disk, as swap of a guest with asynchronous faults",
        1700.0,
        "lognormal:0.9",
        1,
        "G. Shan, kvm/arm64: Support Async Page Fault, RFC v2, May 2020: mean 1.7 ms, from 36 us to 55.7 ms",
        "One arm, so one slot; the mean may contain waiting in line. Shape assumed: the number of swap-ins is not "
        "known; for a lognormal and 50,000 of them the longest says sigma 0.93, the shortest 0.84.",
    ),
    Device(
        "sata-ssd",
        "SATA SSD",
        100.0,
        "lognormal:0.2",
        10,
        "Tom's Hardware, Samsung 850 Pro: about 10,000 random 4 kB reads a second one at a time, 100,000 with 32: "
        "http://www.tomshardware.com/reviews/samsung-850-pro-ssd-performance,3861-5.html",
        "A review of the disk, not a swap-in. Slots: 100,000 / 10,000. Shape assumed to be that of flash, see nvme.",
    ),
    Device(
        "nvme",
        "NVMe flash SSD",
        50.0,
        "lognormal:0.2",
        24,
        "KitGuru, Lexar NM790: 20,176 random 4 kB reads a second one at a time, 479,318 with 8 on each of 4 threads: "
        "https://kitguru.net/components/ssd-drives/simon-crisp/lexar-nm790-with-heatsink-4tb-ssd-review/11",
        "A review of the disk, not a swap-in. Slots: 479,318 / 20,176. Shape from another flash SSD (Intel P3700: mean "
        "77.9, median 76 us, so sigma 0.22), " + OPTANE_REVIEW,
    ),
    Device(
        "optane",
        "Optane (3D XPoint) NVMe SSD",
        8.9,
        "det",
        5,
        OPTANE_REVIEW,
        "108,300 reads a second one at a time, 584,800 with 16, so 5 slots. Median 9, 99th percentile 10 us: hardly "
        "any spread (99.999th: 37 us). Others found 11 us (treeru.com) and 13 us (P5800X, kitguru.net).",
    ),
    Device(
        "zram",
        "zram: compressed memory",
        1.25,
        "det",
        None,
        "Linux commits of zram: 5 GB swapped in one page after the other in 1.64 s, before that in 2.41 s (1.84 us)",
        "No I/O: the vCPU's own thread decompresses, and KVM never makes such a fault asynchronous. Only --mode sync "
        "is real; halt and pv show what it would be like. Every CPU does its own, so there are no slots. Only the mean "
        "of many is known; that it does not vary is assumed.",
    ),
    Device(
        "rdma",
        "Remote memory over RDMA",
        5.0,
        "exp",
        None,
        'assumed: "single-digit microsecond latencies" is all that was found: https://yazeed1s.github.io/posts/infiniswap/',
        "Any number from 1 to 9 us would do; the kernel's own path comes on top (H. Al Maruf and M. Chowdhury, "
        "Effectively Prefetching Remote Memory with Leap, 2020). Slots (a network card has many reads under way) and "
        "shape are assumed.",
    ),
    Device(
        "postcopy",
        "Live migration by post-copy, over a network",
        30.0,
        "exp",
        5,
        "assumed: about 30 us for a page over a network; no primary figure was found",
        "Slots assumed: one thread reads the guest's faults, and in J. Houghton's demand_paging_test (KVM Userfault, "
        "2024) it managed 90,724 a second for each of 2 vCPUs if that is what the table counts, 5.5 us a fault, so 5 "
        "within 30 us. Shape assumed. Post-copy faults go to the guest as asynchronous ones (T. Hirofuchi et al., "
        "IEICE E98-D(12), 2015).",
    ),
)


def device_by_id(name: str) -> Device:
    """The device called `name`; raises `LabError` that lists them all if there is none."""
    for device in DEVICES:
        if device.id == name:
            return device
    raise LabError(f"--device: no device is called {name!r}; there are {', '.join(d.id for d in DEVICES)}")


def with_device(scenario: PageFaultScenario, device: Device) -> PageFaultScenario:
    """The same scenario with this device's page-in, its law and its slots."""
    return dataclasses.replace(scenario, page_in=device.page_in, page_in_dist=device.dist, slots=device.slots)
