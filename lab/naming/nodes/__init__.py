"""The names of 2009 that stay: `by-mac/`, `by-path/`, `by-slot/`, `by-label/`, as links, as altnames, both ways.

`node_tree(machine)`       which name leads to which interface, and why another does not
`sync(root, tree)`         the same as a folder of links, changed as little as needed
`aliases(tree)`            the same as altnames of the kernel
`resolve(tree, name)`      from a stable name to the interface and back
"""

from lab.naming.nodes.altname import Alias, aliases, altname
from lab.naming.nodes.escape import escape
from lab.naming.nodes.folder import Changes, sync
from lab.naming.nodes.mapping import KINDS, NodeTree, node_tree
from lab.naming.nodes.resolve import Resolved, resolve

__all__ = [
    "KINDS",
    "Alias",
    "Changes",
    "NodeTree",
    "Resolved",
    "aliases",
    "altname",
    "escape",
    "node_tree",
    "resolve",
    "sync",
]
