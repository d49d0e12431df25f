"""Pictures as deterministic SVG text: same values in, same bytes out, with a title and a description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from lab.core.palette import TOKENS, standalone, var

__all__ = ["MONO", "SANS", "Picture", "number"]

SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
MONO = "ui-monospace,'SFMono-Regular',Menlo,Consolas,'DejaVu Sans Mono',monospace"


NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def number(value: float) -> str:
    """A coordinate with at most two decimals, never `-0` or an exponent."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


class Picture:
    """An SVG being drawn, in pixels: `width` x `height`, `title` and `desc` for readers of screens.

    Colours are palette names ("good", "ink", "on-bad"). A shape given a `key` can be chosen by
    hand and keyboard in the chart widget; its `label` is what is announced.
    """

    def __init__(self, width: float, height: float, title: str, desc: str) -> None:
        self.width, self.height, self.title, self.desc = width, height, title, desc
        self._parts: list[str] = []

    def rect(
        self, x: float, y: float, w: float, h: float, fill: str, *, edge: str = "", round_by: float = 0, tip: str = "",
        strength: float = 1,
    ) -> None:  # fmt: skip
        """A rectangle; `fill` a palette name (its pattern comes with it) or "none"; `strength` 0 to 1 lets it fade."""
        stroke: dict[str, object] = {"stroke": var(edge)} if edge else {}
        if strength != 1:
            stroke["fill-opacity"] = strength
        box: dict[str, object] = {"x": x, "y": y, "width": max(w, 0), "height": max(h, 0)}
        if round_by:
            box["rx"] = round_by
        self._add("rect", {**box, "fill": _fill(fill), **stroke}, tip)
        if fill in TOKENS and TOKENS[fill].pattern not in ("solid", "none"):
            self._add("rect", {**box, "fill": f"url(#lab-{fill})"})

    def line(self, x1: float, y1: float, x2: float, y2: float, ink: str, *, width: float = 1, dash: str = "") -> None:
        """A straight line; `dash` such as "4 3"."""
        dashes = {"stroke-dasharray": dash} if dash else {}
        ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        self._add("line", {**ends, "stroke": _fill(ink), "stroke-width": width, **dashes})

    def path(self, d: str, *, ink: str = "none", fill: str = "none", width: float = 1, dash: str = "") -> None:
        """A path of SVG commands `d` (format coordinates with `number`)."""
        dashes = {"stroke-dasharray": dash} if dash else {}
        self._add("path", {"d": d, "fill": _fill(fill), "stroke": _fill(ink), "stroke-width": width, **dashes})

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 14,
        ink: str = "ink",
        anchor: str = "start",
        mono: bool = False,
        bold: bool = False,
        turn: float = 0,
    ) -> None:
        """A line of text whose baseline starts (or ends, or is centred: `anchor`) at x, y; 14 px is the least size."""
        extra: dict[str, object] = {"text-anchor": anchor} if anchor != "start" else {}
        if mono:
            extra["font-family"] = MONO
        if bold:
            extra["font-weight"] = "600"
        if turn:
            extra["transform"] = f"rotate({number(turn)} {number(x)} {number(y)})"
        self._parts.append(
            f"<text{_attributes({'x': x, 'y': y, 'font-size': size, 'fill': _fill(ink), **extra})}>{_xml(text)}</text>"
        )

    def open(self, key: str = "", label: str = "", role: str = "") -> None:
        """Begin a group; with a `key` it is a thing that can be chosen, announced as `label`."""
        attributes: dict[str, object] = {}
        if key:
            attributes = {"data-key": key, "role": role or "button", "aria-label": label}
        self._parts.append(f"<g{_attributes(attributes)}>")

    def close(self) -> None:
        """End the group that `open` began."""
        self._parts.append("</g>")

    def svg(self) -> str:
        """The picture for a page that defines the colours (the widgets do)."""
        w, h = number(self.width), number(self.height)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
            f'font-family="{SANS}"><title>{_xml(self.title)}</title><desc>{_xml(self.desc)}</desc>'
            f"{PATTERNS}{''.join(self._parts)}</svg>"
        )

    def standalone(self) -> str:
        """The picture for anywhere else: own background, light colours, a complete XML document."""
        text = self.svg()
        cut = text.index(PATTERNS)
        ground = f'<rect width="100%" height="100%" fill="{var("surface")}"/>'
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + standalone(text[:cut] + ground + text[cut:]) + "\n"

    def _add(self, tag: str, attributes: Mapping[str, object], tip: str = "") -> None:
        body = f"><title>{_xml(tip)}</title></{tag}>" if tip else "/>"
        self._parts.append(f"<{tag}{_attributes(attributes)}{body}")


def _fill(name: str) -> str:
    return "none" if name == "none" else var(name)


def _legal(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _xml(text: str) -> str:
    return escape(_legal(text), quote=False)


def _attributes(attributes: Mapping[str, object]) -> str:
    texts = {k: number(v) if isinstance(v, (int, float)) else _legal(str(v)) for k, v in attributes.items()}
    return "".join(f' {k}="{_quoted(text)}"' for k, text in texts.items())


def _quoted(text: str) -> str:
    return escape(text, quote=False).replace('"', "&quot;")


def _pattern(name: str, body: str) -> str:
    return f'<pattern id="lab-{name}" width="8" height="8" patternUnits="userSpaceOnUse">{body}</pattern>'


_INK = {name: var(f"on-{name}") for name in TOKENS}
PATTERNS = (
    "<defs>"
    + _pattern("bad", f'<path d="M-2 2L2-2M0 8L8 0M6 10L10 6" stroke="{_INK["bad"]}" stroke-width="1" opacity=".55"/>')
    + _pattern(
        "wait",
        f'<circle cx="2" cy="2" r="1" fill="{_INK["wait"]}"/><circle cx="6" cy="6" r="1" fill="{_INK["wait"]}"/>',
    )
    + _pattern("new", f'<path d="M4 2V6M2 4H6" stroke="{_INK["new"]}" stroke-width="1"/>')
    + _pattern("cost", f'<path d="M0 0L8 8M8 0L0 8" stroke="{_INK["cost"]}" stroke-width=".7" opacity=".6"/>')
    + "</defs>"
)
