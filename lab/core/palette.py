"""The colours, once: six states, light and dark, as CSS variables, canvas fills and stand-alone SVG.

Colour is fill; text is ink; every state also has a pattern or a mark and a word. Worst pair in
simulated colour blindness: difference 18.9 (light), 22.9 (dark) in CIEDE2000.
"""

from __future__ import annotations

import dataclasses
import re

__all__ = ["SURFACES", "TOKENS", "Token", "css", "standalone", "var"]


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """A state's fill on a light and a dark page, the ink on it, its pattern and its mark."""

    light: str
    light_ink: str
    dark: str
    dark_ink: str
    pattern: str  # "solid" | "hatch" | "dots" | "cross" | "plus" | "none"
    mark: str


TOKENS: dict[str, Token] = {
    "good": Token("#0072B2", "#FFFFFF", "#4DA8E8", "#111111", "solid", "✓"),
    "bad": Token("#B83A00", "#FFFFFF", "#E8622C", "#111111", "hatch", "✕"),
    "wait": Token("#F5BE41", "#1A1A1A", "#FFD97A", "#111111", "dots", "→"),
    "new": Token("#26A68A", "#1A1A1A", "#9BE8A8", "#111111", "plus", "+"),
    "cost": Token("#3D4450", "#FFFFFF", "#C9D1DB", "#111111", "cross", "×"),
    "idle": Token("#DDE1E6", "#1A1A1A", "#3A4048", "#F0F0F0", "none", "–"),
}

# name -> (light, dark)
SURFACES: dict[str, tuple[str, str]] = {
    "surface": ("#FFFFFF", "#1E1E1E"),
    "ink": ("#1A1A1A", "#F0F0F0"),
    "secondary": ("#5A6270", "#A9B2BD"),
    "edge": ("#6B7480", "#8A94A0"),
}


def _values(dark: bool) -> dict[str, str]:
    values = {name: pair[dark] for name, pair in SURFACES.items()}
    for name, token in TOKENS.items():
        values[name] = token.dark if dark else token.light
        values[f"on-{name}"] = token.dark_ink if dark else token.light_ink
    return values


def var(name: str) -> str:
    """The CSS value of a colour: `var("good")` is `var(--lab-good)`, `var("on-good")` the ink on it."""
    if name not in _values(dark=False):
        raise KeyError(name)
    return f"var(--lab-{name})"


def css() -> str:
    """Custom properties for `.lab`, following the page's theme (JupyterLab, then the system's)."""
    light = "".join(f"--lab-{k}:{v};" for k, v in _values(dark=False).items())
    dark = "".join(f"--lab-{k}:{v};" for k, v in _values(dark=True).items())
    return (
        f".lab{{{light}color-scheme:light}}\n"
        f"@media (prefers-color-scheme:dark){{body:not([data-jp-theme-light]) .lab{{{dark}color-scheme:dark}}}}\n"
        f'body[data-jp-theme-light="false"] .lab{{{dark}color-scheme:dark}}\n'
    )


def standalone(svg: str, dark: bool = False) -> str:
    """An SVG that needs no page around it: every `var(--lab-x)` as its colour.

    Viewers other than browsers (and pages that strip styles) know no CSS variables.
    """
    values = _values(dark)
    return re.sub(r"var\(--lab-([a-z-]+)\)", lambda m: values[m[1]], svg)
