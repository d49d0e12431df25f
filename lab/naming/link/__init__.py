"""`.link` files: what systemd's udev names an interface after.

`parse(path, texts)`        one file with its drop-ins, as a value
`read_links(root)`          the files of a system, in the order they are asked; `arrange` the same from texts
`default_links(release)`    what systemd brings itself
`decide(machine, scheme)`   for every interface the file, the policies asked, the name, the altnames, the collisions
"""

from lab.naming.link.decide import Decision, decide
from lab.naming.link.default import default_links
from lab.naming.link.environment import Environment
from lab.naming.link.file import LinkFile, parse
from lab.naming.link.folders import arrange, read_links

__all__ = ["Decision", "Environment", "LinkFile", "arrange", "decide", "default_links", "parse", "read_links"]
