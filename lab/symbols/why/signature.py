"""signature: what a kernel that insists on signatures (module.sig_enforce=1) makes of the module's."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import SIGNATURE, Finding, Note, Reason, Uncertain
from lab.symbols.why.question import Question

__all__ = ["signature"]


def signature(asked: Question) -> Iterator[Finding]:
    """module_sig_check() in kernel/module/signing.c. A broken signature is `format`: that is refused always."""
    trailer = asked.module.trailer
    if trailer.damage:
        return
    if not trailer.signed or not trailer.crypto:
        what = "is signed in a way the kernel does not know" if trailer.signed else "is not signed"
        if asked.sig_enforce:
            yield Reason("signature", None, f"the module {what}, the kernel insists on a signature", SIGNATURE)
        else:
            yield Note(f"the module {what}: it taints the kernel where CONFIG_MODULE_SIG is set")
    elif asked.sig_enforce:
        yield Uncertain(
            "signature",
            "the module is signed; whether it fits, and by a key that the kernel trusts, is open",
        )
    else:
        yield Note("the module is signed; a signature by a known key that does not fit its content would be refused")
