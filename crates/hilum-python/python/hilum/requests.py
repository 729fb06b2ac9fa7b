"""Keyword arguments as the requests that the library reads."""

from __future__ import annotations

import os

_ANSWERS = ("abstain", "threshold", "margin", "ood_share", "coverage", "sets")


def request(**fields: object) -> dict:
    """A request; what is None is left out, paths become text."""
    return _plain(fields)


def parted(keywords: dict) -> tuple[dict, dict]:
    """Keywords that say when there is no answer, and settings."""
    answers = {name: keywords[name] for name in _ANSWERS if name in keywords}
    settings = {name: value for name, value in keywords.items() if name not in _ANSWERS}
    return answers, settings


def _plain(value):
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    # NumPy's numbers say themselves what they are.
    return value.item() if hasattr(value, "item") and not isinstance(value, str) else value
