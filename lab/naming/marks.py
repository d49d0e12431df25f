"""The mark of a state on its block, so that it is read over any pattern."""

from __future__ import annotations

from lab.core.palette import TOKENS
from lab.core.svg import Picture, number

__all__ = ["mark", "state_block"]


def mark(picture: Picture, x: float, y: float, token: str, size: float) -> None:
    """The mark of `token`, with letters of `size` px, on a plain disc of its colour around x, y."""
    n, r = number, size * 0.72
    circle = f"M{n(x - r)} {n(y)}A{n(r)} {n(r)} 0 1 1 {n(x + r)} {n(y)}A{n(r)} {n(r)} 0 1 1 {n(x - r)} {n(y)}Z"
    picture.path(circle, fill=token)
    picture.text(x, y + size * 0.36, TOKENS[token].mark, size=size * 1.1, ink=f"on-{token}", anchor="middle", bold=True)


def state_block(
    picture: Picture, x: float, y: float, wide: float, high: float, token: str, size: float, round_by: float = 3
) -> None:
    """A block in the colour and pattern of `token`, with its mark in the middle."""
    picture.rect(x, y, wide, high, token, edge="edge", round_by=round_by)
    mark(picture, x + wide / 2, y + high / 2, token, size)
