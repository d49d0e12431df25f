"""Predicted names against those of a real systemd on a real kernel.

`name_really(topology, kernel, udev)`   predict, boot, ask systemd under every scheme, compare
`recorded(name)`                        the same from a bundled recording, without QEMU
`step_really(topology, step, ...)`      a what-if step on the real machine before, held against the machine after
`race(topology, times, ...)`            one machine booted several times: the orders that were seen
`changes(before, after)`                what became of every card's name between two boots
`text`, `to_json`, `result_table`       a result for people and for scripts
"""

from lab.realkernel.naming.pair import changes
from lab.realkernel.naming.race import race
from lab.realkernel.naming.recorded import recorded, recorded_topologies
from lab.realkernel.naming.result import Answer, Card, NamingResult, compared
from lab.realkernel.naming.run import name_really
from lab.realkernel.naming.show import headline, result_table, text, to_json
from lab.realkernel.naming.step import step_really

__all__ = [
    "Answer",
    "Card",
    "NamingResult",
    "changes",
    "compared",
    "headline",
    "name_really",
    "race",
    "recorded",
    "recorded_topologies",
    "result_table",
    "step_really",
    "text",
    "to_json",
]
