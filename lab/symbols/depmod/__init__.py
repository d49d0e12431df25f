"""depmod: the indexes that modprobe reads, from a tree of modules, as kmod 30 or 34 writes them.

`run.depmod(settings)` is the whole; beneath it one file for each output (dep, alias, symbols, softdep, ...), `trie`
for the form that the `.bin` files share, `order` for who comes before whom, `cache` for what need not be read again.
"""
