"""A static picture beside a widget's live view: what viewers without a kernel show and what nbval compares."""

from __future__ import annotations

from typing import Any

__all__ = ["with_svg"]


def with_svg(bundle: Any, svg: str, text: str) -> Any:
    """The MIME bundle that a widget gave (a dict, or a pair with metadata) with `svg` and `text` in it."""
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    if data is not None:
        data["text/plain"] = text
        data["image/svg+xml"] = svg
    return bundle
