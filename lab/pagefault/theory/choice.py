"""Which closed form applies to a scenario and mode; the conditions of each stand here, its formula in its own file."""

from __future__ import annotations

import dataclasses

from lab.pagefault.access import missing_share, parse_access
from lab.pagefault.parameters import LONGEST
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.theory.chain import Cycle, chain_share
from lab.pagefault.theory.fixed import fixed_page_in_share, fixed_throughput
from lab.pagefault.theory.limit import limited
from lab.pagefault.theory.loss import erlang_b
from lab.pagefault.theory.network import own_queues_share
from lab.pagefault.theory.prediction import Prediction, none
from lab.pagefault.theory.slots import one_slot, slots_share
from lab.pagefault.theory.stopped import stopped_share
from lab.pagefault.theory.takacs import busy_share, overhead_share

__all__ = ["which"]

REPAIR = "F. Benson and D. R. Cox 1951"
TAKACS = "L. Takács 1962, Introduction to the Theory of Queues"
MAX_PLUS = "F. Baccelli et al. 1992, Synchronization and Linearity: the longest mean cycle"
MOST_OWN_QUEUES = 2048  # tasks of all vCPUs, for the convolution over own queues


def which(scenario: PageFaultScenario, mode: str) -> Prediction:
    """The closed form that applies to one mode of a scenario and what it gives, or why none does.

    The schedulers do not change the share where bursts are exponential and changing the task costs
    nothing: whoever computes, the next fault is an exponential time away, so cutting a burst and
    going on with another changes nothing that the pages see. Bursts that do not vary remember how far
    they are, so there only first in, first out has a form.
    """
    s = scenario
    spoiled = _spoiled(s, mode)
    if spoiled:
        return none(spoiled)
    if s.access != "rate":
        return _by_stack(s, mode)
    if mode != "pv" or s.limit == 0:
        return _waits(s, s.fault_cost(mode))
    return _told(s, s.fault_cost(mode))


def _spoiled(s: PageFaultScenario, mode: str) -> str:
    """What no form here allows for, or nothing."""
    always = {
        "vCPUs wait for physical cores": s.cores is not None and s.cores < s.vcpus,
        "pages are touched by popularity, and how many faults that makes is known approximately only": (
            s.access.startswith("zipf")
        ),
        "the guest moves to another host on the way": s.migrate is not None,
        "something is made to fail": s.failure != "none",
        "the tick ends a halt": mode == "halt" and s.tick is not None,
        "the guest is not told of a part of its faults": mode == "pv" and s.kernel > 0 and not s.send_always,
        "interrupts and switches cost time at moments of their own": (
            s.switch_cost > 0 and (mode == "pv" or s.scheduler != "fifo")
        )
        or (mode == "pv" and s.limit != 0 and (s.exit_cost > 0 or s.injection_cost > 0)),
        "tasks that never fault share the vCPU, and the scheduler says how": s.calculators > 0,
        "bursts that do not vary, cut by a scheduler": (
            s.compute_dist == "det" and s.scheduler != "fifo" and (mode == "pv" or _few(s))
        ),
    }
    return next((reason for reason, holds in always.items() if holds), "")


def _by_stack(s: PageFaultScenario, mode: str) -> Prediction:
    """Each touch faults with the same chance p, so the bursts up to one that does make an exponential time of C/p."""
    if s.compute_dist != "exp":
        return none("a random number of bursts that do not vary lies between two faults")
    share = missing_share(parse_access(s.access), s.all_tasks, s.working_set, s.memory)
    if s.compute > LONGEST * share:
        return none("touches hardly ever fault")
    found = which(dataclasses.replace(s, access="rate", compute=s.compute / share), mode)
    if found.utilisation is None:
        return found
    return dataclasses.replace(
        found, source=f"{found.source}; C is burst / {share:.4g}, the share of touches that fault"
    )


def _few(s: PageFaultScenario) -> bool:
    return s.slots is not None and s.slots < s.vcpus


def _waits(s: PageFaultScenario, overhead: float) -> Prediction:
    """Every vCPU waits for each of its pages itself."""
    laws = (s.compute_dist, s.page_in_dist)
    if not _few(s):
        share = stopped_share(s.compute, s.page_in, overhead)
        source = "renewal theory: computing over the length of a cycle"
        return _found(s, share, "C/(C+S+o)", source, exact=laws == ("det", "det"))
    if s.page_in_dist == "exp":
        turn = s.compute + overhead
        share = slots_share(s.vcpus, s.page_in / turn, s.slots, s.vcpus) * s.compute / turn
        return _found(s, share, "machine repair: c slots for V vCPUs", f"{REPAIR}; any burst law")
    if laws == ("det", "det"):
        throughput = fixed_throughput(s.vcpus, s.compute, s.page_in, s.slots, None, overhead)
        return _found(s, throughput * s.compute / s.vcpus, "min(V/(C+S+o), c/S) C/V", MAX_PLUS, exact=True)
    if laws == ("exp", "det") and s.slots == 1 and not overhead:
        share = busy_share(s.vcpus, s.compute, 0.0, s.page_in) / s.page_in * s.compute / s.vcpus
        return _found(s, share, "Takács M/G/1//V, the slot as server", TAKACS)
    return none("vCPUs wait for one another (fewer slots than vCPUs) and page-ins are not exponential")


def _told(s: PageFaultScenario, overhead: float) -> Prediction:
    """The task sleeps, its vCPU goes on."""
    together = s.all_tasks if s.shared else s.tasks  # tasks that one run queue serves
    vcpus = s.vcpus if s.shared else 1
    limit = together if s.limit is None else min(s.limit, together)
    enough = s.slots is None or s.slots >= min(together, limit + 1) * (1 if s.shared else s.vcpus)
    binds, apart = limit < together, not enough and not s.shared and s.vcpus > 1
    if s.era == "2010" and (binds or overhead):
        return none("pages that come in while the vCPU is stopped or in the host are delivered one an exit (era 2010)")
    if s.compute_dist == s.page_in_dist == "det" and not binds and not apart:
        throughput = fixed_throughput(together, s.compute, s.page_in, None if enough else s.slots, vcpus, overhead)
        return _found(s, throughput * s.compute / vcpus, "min(V/(C+o), c/S, N/(C+S+o)) C/V", MAX_PLUS, exact=True)
    if s.compute_dist == "exp" and not overhead and not binds:
        return _network(s, together, vcpus, None if enough else s.slots, apart)
    if s.page_in_dist == "exp" and vcpus == 1 and not apart:
        cycle = Cycle(together, s.compute, s.page_in, s.slots, s.limit, overhead, s.compute_dist == "det")
        return _one_vcpu(s, cycle, enough, binds)
    what = [name for name, holds in (("a limit that binds", binds), ("overhead", overhead > 0)) if holds]
    what += ["bursts that do not vary"] if s.compute_dist == "det" else []
    other = ["few slots for own run queues"] if apart else ["a shared run queue"] if vcpus > 1 else []
    other += ["page-ins that are not exponential"] if s.page_in_dist != "exp" else []
    return none(f"{' and '.join(what)} together with {' and '.join(other)}")


def _network(s: PageFaultScenario, together: int, vcpus: int, slots: int | None, apart: bool) -> Prediction:
    """Exponential bursts without overhead, no limit: a closed network of queues."""
    load = s.page_in / s.compute
    if slots is None and vcpus == 1:
        return _found(s, 1 - erlang_b(together, load), "1 - ErlangB(N, S/C)", "A. K. Erlang 1917; any page-in law")
    if slots is None:
        share = slots_share(together, load, None, vcpus)
        return _found(s, share, "birth and death of pages under way", f"{REPAIR}; any page-in law")
    if s.page_in_dist == "exp":
        if apart:
            if s.all_tasks > MOST_OWN_QUEUES:
                return none(f"the sum over own run queues is not made for more than {MOST_OWN_QUEUES:,} tasks")
            share = own_queues_share(s.tasks, load, slots, s.vcpus)
            return _found(s, share, "closed network, a class for each vCPU", "F. Baskett et al. 1975")
        if slots == 1 and vcpus == 1:
            return _found(s, one_slot(together, load), "(1 - a^N)/(1 - a^(N+1))", "J. P. Buzen 1973")
        return _found(s, slots_share(together, load, slots, vcpus), "birth and death of pages under way", REPAIR)
    if s.page_in_dist == "det" and slots == 1 and vcpus == 1 and not apart:
        source = "D. G. Kendall 1953, the embedded chain of M/D/1/N"
        return _found(s, fixed_page_in_share(together, load), "1/(p0 + S/C)", source)
    return none("few slots together with page-ins that are not exponential")


def _one_vcpu(s: PageFaultScenario, cycle: Cycle, enough: bool, binds: bool) -> Prediction:
    """Exponential page-ins, and overhead, fixed bursts or a limit that binds."""
    plain = s.compute_dist == "exp" and not cycle.overhead
    if enough and not binds:
        share = overhead_share(cycle.tasks, s.compute, s.page_in, cycle.overhead, cycle.fixed_burst)
        return _found(s, share, "Takács M/G/1//N", TAKACS)
    if enough and plain and s.limit is not None:
        return _found(
            s,
            limited(s.page_in / s.compute, s.limit),
            "Markov chain (queued, stopped)",
            "its balance, solved: lab.pagefault.theory.limit",
        )
    if not cycle.solvable:
        return none("the chain over the pages under way has too many states to be solved here")
    source = "embedded Markov chain, D. G. Kendall 1953; lab.pagefault.theory.chain"
    return _found(s, chain_share(cycle), "chain over pages at each burst", source)


def _found(s: PageFaultScenario, share: float, formula: str, source: str, exact: bool = False) -> Prediction:
    """Every burst ends in one fault, so the throughput is U V / C."""
    return Prediction(share, formula, source, throughput=share * s.vcpus / s.compute, exact=exact)
