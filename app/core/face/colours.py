"""Colours of which letters can be read: contrast after WCAG 2.2, and what one chosen colour becomes on light and dark. Pure.

Relative luminance and contrast ratio: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance and #dfn-contrast-ratio.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

ENOUGH = 4.5
HEX = re.compile(r"#[0-9a-f]{6}")
WHITE, BLACK = "#ffffff", "#000000"
LIGHT_PAPER, LIGHT_SURFACE = "#f7f6f2", "#ffffff"
DARK_PAPER, DARK_SURFACE = "#13161c", "#1b1f27"
TINT, DARK_TINT = 0.12, 0.24
STEPS = 50
OWN = "#35429b"


@dataclass(frozen=True)
class Palette:
    """The colour of links and buttons on light and on dark pages, what is written on it, and its soft tint."""

    accent: str
    on: str
    soft: str
    dark_accent: str
    dark_on: str
    dark_soft: str

    @property
    def sheet(self) -> str:
        """The style sheet that puts these in the place of the page's own."""
        pairs = {
            "accent": (self.accent, self.dark_accent),
            "soft": (self.soft, self.dark_soft),
            "on": (self.on, self.dark_on),
        }
        both = "; ".join(f"--{name}: light-dark({light}, {dark})" for name, (light, dark) in pairs.items())
        light = "; ".join(f"--{name}: {light}" for name, (light, _dark) in pairs.items())
        fallback = f"@supports not (color: light-dark(#000, #fff)) {{ :root {{ {light} }} }}"
        return f":root {{ {both} }}\n{fallback}\n"


PRODUCT = Palette(OWN, WHITE, "#e8eaf7", "#a9b4ff", "#141834", "#272c4a")


@lru_cache(maxsize=64)
def palette(accent: str | None) -> Palette:
    """What a colour becomes; our own without one. On dark pages it is made lighter until it can be read there."""
    if accent is None:
        return PRODUCT
    dark_soft = mixed(DARK_SURFACE, accent, DARK_TINT)
    dark = readable(accent, (DARK_PAPER, DARK_SURFACE, dark_soft), towards=WHITE)
    return Palette(accent, WHITE, mixed(LIGHT_SURFACE, accent, TINT), dark, DARK_PAPER, dark_soft)


def is_colour(words: str) -> bool:
    return HEX.fullmatch(words) is not None


def weakest(accent: str) -> float:
    """The lowest contrast that the colour has with what it stands on or under, on light pages."""
    grounds = (LIGHT_PAPER, LIGHT_SURFACE, WHITE, mixed(LIGHT_SURFACE, accent, TINT))
    return min(contrast(accent, ground) for ground in grounds)


def near(accent: str) -> str:
    """The nearest darker colour of which letters can be read."""
    return next(
        (shade for shade in shades(accent, BLACK) if weakest(shade) >= ENOUGH),
        BLACK,
    )


def readable(colour: str, grounds: tuple[str, ...], *, towards: str) -> str:
    """The colour, mixed with as little of `towards` as makes it readable on all of the grounds."""
    for shade in shades(colour, towards):
        if min(contrast(shade, ground) for ground in grounds) >= ENOUGH:
            return shade
    return towards


def shades(colour: str, towards: str) -> list[str]:
    return [mixed(colour, towards, step / STEPS) for step in range(STEPS + 1)]


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (linear(part / 255) for part in parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def mixed(colour: str, other: str, share: float) -> str:
    """`colour` with a `share` (0 to 1) of `other` in it."""
    pairs = zip(parts(colour), parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
