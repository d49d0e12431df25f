"""Keeping names: the smallest set of rules, in five formats, proved.

`plan(machine, target)`       the rules which keep the names of a machine under a scheme, with their proof
`write_files(files, folder)`  puts them into a folder, over nothing that somebody else wrote
`confirm(machine, ...)`       asks the real udevadm in namespaces of its own (`lab.naming.pin.confirm`)
"""

from lab.naming.pin.answer import Pin, Pinned, PinRow
from lab.naming.pin.plan import FORMATS, plan
from lab.naming.pin.rule import RuleFile
from lab.naming.pin.write import write_files

__all__ = ["FORMATS", "Pin", "PinRow", "Pinned", "RuleFile", "plan", "write_files"]
