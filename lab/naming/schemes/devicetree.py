"""Boards with a devicetree: the number of the alias ethernet<N> (or wifi<N>), `end0` (names_devicetree, v252 on)."""

from __future__ import annotations

import posixpath

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import unsigned
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["ALIASES", "devicetree"]

BASE = "/firmware/devicetree/base"  # where /proc/device-tree leads
ALIASES = f"{BASE}/aliases"


def devicetree(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by alias and why, for Ethernet, and for wireless cards from v259 on.

    The alias of the interface's own node counts from v257 on, before that only that of its device.
    """
    above = trace.above(devpath)
    holders = (devpath, above[0][0]) if scheme.has("DEVICETREE_PORT_ALIASES") else (above[0][0],)
    link = next((f"{h}/of_node" for h in holders if f"{h}/of_node" in trace.tree.links), None)
    if link is None:
        raise Elsewhere("no node in a devicetree")
    if not scheme.has("DEVICETREE_ALIASES"):
        raise Refused("devicetree aliases count from v252 on")
    words = {"en": ("ethernet",), "wl": ("wifi", "ethernet") if scheme.has("DEVICETREE_ALIASES_WLAN") else ()}
    if not words.get(start):
        raise Refused(f"devicetree aliases do not count for `{start}` under {scheme.name}")
    node = _node(link, trace)
    if trace.tree.resolve(ALIASES) not in trace.tree.folders:
        if trace.tree.resolve(BASE) in trace.tree.folders:
            trace.refused(ALIASES, "the devicetree has no aliases")
        else:
            trace.lacks(ALIASES, "an alias of the devicetree may name this interface")
        raise Refused("there are no devicetree aliases")
    for word in words[start]:
        index = _alias(node, word, trace)
        if index is not None:
            return f"{start}d{index}", f"devicetree alias {word} {index}"
    trace.refused(ALIASES, f"no alias is {node}", f"{len(trace.tree.entries(ALIASES))} aliases")
    raise Refused("no devicetree alias for this interface")


def _node(link: str, trace: Trace) -> str:
    """The node that the link of_node leads to, as an alias writes it: "/soc/ethernet@0"; it need not be in the copy."""
    target = trace.tree.links[link]
    place = trace.tree.resolve(link) or posixpath.normpath(posixpath.join(posixpath.dirname(link), target))
    if not place.startswith(f"{BASE}/"):
        trace.refused(link, f"leads to nothing below {BASE}", target)
        raise Refused("of_node is not in the devicetree")
    trace.used(link, "the node in the devicetree", target)
    return place.removeprefix(BASE)


def _alias(node: str, word: str, trace: Trace) -> int | None:
    """The number of the alias `word`<N> that is `node`; None if there is none.

    `word` alone means 0. Raises `Refused` if `word` and `word`0 are both there, or what follows is no number.
    """
    names = set(trace.tree.entries(ALIASES))
    fitting = [name for name in names if name.startswith(word) and _same(trace.tree.text(f"{ALIASES}/{name}"), node)]
    if not fitting:
        return None
    if len(fitting) > 1:
        trace.lacks(f"{ALIASES} (order)", f"several aliases are {node}: {', '.join(sorted(fitting))}")
    name = min(fitting)
    path = f"{ALIASES}/{name}"
    trace.read(path)
    index = unsigned(name.removeprefix(word)) if name != word else 0
    if index is None:
        trace.refused(path, f"`{name.removeprefix(word)}` is no number")
        raise Refused(f"the alias {name} has no number")
    other = f"{word}0" if name == word else word
    if index == 0 and other in names:
        trace.refused(path, f"{word} and {word}0 are both there")
        raise Refused(f"the aliases {name} and {other} are both there")
    trace.used(path, f"alias of this node: d{index}")
    return index


def _same(alias: str | None, node: str) -> bool:
    """True if the alias is the path `node`: slashes and points that say nothing do not count."""
    if alias is None or not alias.startswith("/"):
        return False
    return [p for p in alias.split("/") if p not in ("", ".")] == [p for p in node.split("/") if p]
