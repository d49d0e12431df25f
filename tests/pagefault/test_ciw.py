"""An independent peer: Ciw's queueing networks against the model and the closed forms, within 3 half widths.

Each scenario is a closed network in Ciw's terms: N customers go round a node of vCPUs and a node of slots.
"""

import dataclasses
import math
import statistics

import ciw
import pytest

from lab.pagefault import PageFaultScenario, run, theory
from lab.pagefault.metrics import student_t

ROUNDS, LENGTH = 10, 300.0
END = 1e9


def busy(nodes: list[tuple[int, float, str]], customers: int, seed: int) -> float:
    """The share of the first node's servers that are busy; nodes are (servers, mean, law), gone round in order."""
    laws = {"exp": lambda mean: ciw.dists.Exponential(1 / mean), "det": lambda mean: ciw.dists.Deterministic(mean)}
    count = len(nodes)
    network = ciw.create_network(
        # all customers come at the start, in one batch, and never again
        arrival_distributions=[ciw.dists.Sequential([1e-9, END]), *[None] * (count - 1)],
        batching_distributions=[ciw.dists.Sequential([customers, 1]), *[None] * (count - 1)],
        service_distributions=[laws[law](mean) for _, mean, law in nodes],
        number_of_servers=[servers for servers, _, _ in nodes],
        routing=[[1.0 if j == (i + 1) % count else 0.0 for j in range(count)] for i in range(count)],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    start, end = LENGTH / 10, LENGTH
    simulation.simulate_until_max_time(end)
    spent = 0.0
    for record in simulation.get_all_records():
        if record.node == 1:
            spent += max(0.0, min(record.service_end_date, end) - max(record.service_start_date, start))
    for customer in simulation.nodes[1].all_individuals:  # under service at the end: no record yet
        if customer.service_start_date is not False and customer.service_start_date <= end:
            spent += end - max(customer.service_start_date, start)
    return spent / (end - start) / nodes[0][0]


CASES = [
    # one vCPU that waits for each page itself is one customer
    ("sync", {"tasks": 3}, [(1, 1.0, "exp"), (1, 4.0, "exp")], 1),
    ("sync", {"vcpus": 3, "slots": 2, "page_in": 2.0}, [(3, 1.0, "exp"), (2, 2.0, "exp")], 3),
    ("pv", {"tasks": 4}, [(1, 1.0, "exp"), (4, 4.0, "exp")], 4),
    ("pv", {"tasks": 4, "page_in_dist": "det"}, [(1, 1.0, "exp"), (4, 4.0, "det")], 4),
    ("pv", {"tasks": 4, "compute_dist": "det"}, [(1, 1.0, "det"), (4, 4.0, "exp")], 4),
    ("pv", {"tasks": 4, "slots": 1, "page_in": 1.5}, [(1, 1.0, "exp"), (1, 1.5, "exp")], 4),
    ("pv", {"tasks": 4, "slots": 1, "page_in": 0.8, "page_in_dist": "det"}, [(1, 1.0, "exp"), (1, 0.8, "det")], 4),
    ("pv", {"tasks": 5, "slots": 2, "page_in": 3.0}, [(1, 1.0, "exp"), (2, 3.0, "exp")], 5),
    ("pv", {"tasks": 3, "vcpus": 2, "shared": True}, [(2, 1.0, "exp"), (6, 4.0, "exp")], 6),
    # no closed form: bursts that do not vary, few slots, page-ins that do not vary either
    ("pv", {"tasks": 5, "slots": 2, "page_in": 1.7, "page_in_dist": "det"}, [(1, 1.0, "exp"), (2, 1.7, "det")], 5),
]


@pytest.mark.parametrize(("mode", "changes", "nodes", "customers"), CASES)
def test_ciw_agrees(mode: str, changes: dict[str, object], nodes: list[tuple[int, float, str]], customers: int) -> None:
    rounds = [busy(nodes, customers, seed) for seed in range(ROUNDS)]
    peer = statistics.fmean(rounds)
    half = student_t(ROUNDS - 1) * statistics.stdev(rounds) / math.sqrt(ROUNDS)
    scenario = dataclasses.replace(PageFaultScenario(mode=mode, faults=5000), **changes)  # type: ignore[arg-type]
    ours = run(scenario, mode)
    assert ours.ci95 is not None
    assert abs(ours.utilisation - peer) < 3 * math.hypot(half, ours.ci95)
    known = theory.which(scenario, mode).utilisation
    if known is not None:
        assert abs(peer - known) < 3 * half
