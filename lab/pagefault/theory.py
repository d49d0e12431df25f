"""Closed forms: what the simulation must agree with, and when each of them applies.

C is the mean burst (`compute`), S the mean page-in, N the tasks of a vCPU, c the slots, o the vCPU
time a fault costs; a = S/C is the load. Every form gives the share of its time that a vCPU spends in
the tasks' own computing.
"""

from __future__ import annotations

import dataclasses
import math

from lab.pagefault.scenario import PageFaultScenario

__all__ = ["Prediction", "erlang_b", "limited", "one_slot", "overhead_share", "slots_share", "stopped_share", "which"]


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction:
    """`formula`: the closed form that applies, `source` where it is from; or `reason` why none does."""

    utilisation: float | None
    formula: str = ""
    source: str = ""
    reason: str = ""


def stopped_share(compute: float, page_in: float, overhead: float = 0.0) -> float:
    """C / (C + S + o): the vCPU waits for every page itself. Any distributions, any number of tasks.

    Renewal theory: computing time over the length of a cycle.
    """
    return compute / (compute + page_in + overhead)


def erlang_b(servers: int, load: float) -> float:
    """The share of time in which all of `servers` are busy, arrivals then being lost; load in erlangs.

    A. K. Erlang 1917, by the usual recursion B(n) = a B(n-1) / (n + a B(n-1)). It holds for every
    distribution of the service time (B. A. Sevastyanov 1957). Here a page on its way is a busy server:
    with a slot for every task, the vCPU idles when all N tasks wait, so U = 1 - ErlangB(N, S/C).
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def one_slot(tasks: int, load: float) -> float:
    """U = (1 - a^N) / (1 - a^(N+1)) with one slot; N / (N + 1) at a = 1.

    The queue M/M/1/N, read as a closed network of two servers (J. P. Buzen 1973).
    """
    x = math.log(load)
    if x == 0.0:
        return tasks / (tasks + 1)
    if x > 0.0:  # the same in negative powers, which cannot overflow
        return math.expm1(-tasks * x) / math.expm1(-(tasks + 1) * x) / load
    return math.expm1(tasks * x) / math.expm1((tasks + 1) * x)


def slots_share(tasks: int, load: float, slots: int | None, vcpus: int = 1) -> float:
    """U for `tasks` tasks that share `vcpus` vCPUs and a device of `slots` slots (None: one for each task).

    Birth and death of pages under way: m grows at rate min(N - m, V) / C and falls at min(m, c) / S
    (the machine repair problem; F. Benson and D. R. Cox 1951). Product form, summed in logarithms.
    """
    logs = [0.0]
    for m in range(1, tasks + 1):
        served = m if slots is None else min(m, slots)
        logs.append(logs[-1] + math.log(load * min(tasks - m + 1, vcpus) / served))
    top = max(logs)
    weights = [math.exp(x - top) for x in logs]
    busy = math.fsum(w * min(tasks - m, vcpus) for m, w in enumerate(weights))
    return busy / (vcpus * math.fsum(weights))


def overhead_share(tasks: int, compute: float, page_in: float, overhead: float, fixed_burst: bool = False) -> float:
    """U with `overhead` vCPU time for each fault: exponential page-ins, a slot for every task.

    L. Takács 1962 for the queue M/G/1 with a finite source: a busy period lasts
    E[B] = b sum_{n<N} C(N-1, n) prod_{i<=n} (1/b*(i/S) - 1) with b = C + o, and an idle one S/N.
    b* is the transform of burst and overhead together: e^{-so} / (1 + sC), or e^{-s(C+o)} for
    `fixed_burst`. Of the busy time the share C / (C + o) is useful.
    """
    total, log_term = 1.0, 0.0
    for n in range(1, tasks):
        s = n / page_in
        exponent = s * (compute + overhead) if fixed_burst else s * overhead + math.log1p(s * compute)
        # log(e^x - 1) without overflow or cancellation
        log_term += exponent + math.log(-math.expm1(-exponent)) + math.log((tasks - n) / n)
        if log_term > 700:  # e^700: the vCPU is never idle
            return compute / (compute + overhead)
        total += math.exp(log_term)
    busy = total * (compute + overhead)
    return busy / (busy + page_in / tasks) * compute / (compute + overhead)


def limited(load: float, limit: int) -> float:
    """U with more tasks than a vCPU may have faults queued: exponential, a slot for every page.

    A Markov chain over (m pages queued, vCPU stopped or not). While the vCPU is stopped nothing is
    added, so the stopped states are equally likely, each B = a p_K / (K + 1); the flow between m and
    m + 1 gives p_m = (m + 1) (p_{m+1} + B) / a downwards from p_K. How many tasks there are beyond the
    limit does not matter: the vCPU is never idle. K = 0 is `stopped_share`.
    """
    p, stopped = 1.0, load / (limit + 1)
    running = p
    for m in range(limit - 1, -1, -1):
        p = (m + 1) * (p + stopped) / load
        running += p
        if p > 1e200:  # only ratios matter: keep the numbers small
            p, stopped, running = p * 1e-200, stopped * 1e-200, running * 1e-200
    return running / (running + (limit + 1) * stopped)


def which(scenario: PageFaultScenario, mode: str) -> Prediction:
    """The closed form that applies to one mode of a scenario and what it gives, or why none does."""
    s = scenario
    overhead = s.overhead_of(mode)
    if mode != "pv" or s.limit == 0:
        if s.slots is not None and s.slots < s.vcpus:
            return _none("vCPUs wait for one another: fewer slots than vCPUs")
        share = stopped_share(s.compute, s.page_in, overhead)
        return Prediction(share, "C/(C+S+o)", "renewal theory: computing over the length of a cycle")
    return _pv(s, overhead)


def _pv(s: PageFaultScenario, overhead: float) -> Prediction:
    load = s.page_in / s.compute
    together = s.all_tasks if s.shared else s.tasks  # tasks that one run queue serves
    vcpus = s.vcpus if s.shared else 1
    limit = together if s.limit is None else min(s.limit, together)
    binds = limit < together
    under_way = min(together, limit + 1) * (1 if s.shared else s.vcpus)
    enough = s.slots is None or s.slots >= under_way
    chance = s.compute_dist == s.page_in_dist == "exp"
    if not enough and not s.shared and s.vcpus > 1:
        return _none("vCPUs with a run queue each wait for the same slots")
    if binds:
        if overhead or not chance or not enough or vcpus > 1:
            return _none("the limit binds together with overhead, fixed times, few slots or a shared run queue")
        return Prediction(limited(load, limit), "Markov chain (queued, stopped)", "cut equations, see `limited`")
    if overhead:
        if s.page_in_dist != "exp" or not enough or vcpus > 1:
            return _none("overhead together with fixed page-ins, few slots or a shared run queue")
        share = overhead_share(together, s.compute, s.page_in, overhead, s.compute_dist == "det")
        return Prediction(share, "Takács M/G/1//N", "L. Takács 1962, Introduction to the Theory of Queues")
    if s.compute_dist == "det":
        if s.page_in_dist != "exp" or not enough or vcpus > 1:
            return _none("bursts that do not vary together with fixed page-ins, few slots or a shared run queue")
        share = overhead_share(together, s.compute, s.page_in, 0.0, fixed_burst=True)
        return Prediction(share, "Takács M/G/1//N", "L. Takács 1962, Introduction to the Theory of Queues")
    if enough and vcpus == 1:
        return Prediction(1 - erlang_b(together, load), "1 - ErlangB(N, S/C)", "A. K. Erlang 1917; any page-in law")
    if not enough and s.page_in_dist != "exp":
        return _none("few slots together with fixed page-ins")
    if s.slots == 1 and vcpus == 1:
        return Prediction(one_slot(together, load), "(1 - a^N)/(1 - a^(N+1))", "J. P. Buzen 1973")
    share = slots_share(together, load, None if enough else s.slots, vcpus)
    return Prediction(share, "birth and death of pages under way", "F. Benson and D. R. Cox 1951")


def _none(reason: str) -> Prediction:
    return Prediction(None, reason=f"no closed form: {reason}")
