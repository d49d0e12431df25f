"""biosdevname: Dell's names by what is printed on the case, `em1` and `p3p1` (the default of Fedora 15 and RHEL 6)."""

from lab.naming.schemes.biosdevname.names import all_ethn, biosdevname

__all__ = ["all_ethn", "biosdevname"]
