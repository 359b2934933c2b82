"""The forms under which customers and their assets are found again, however they were typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

MAX_KEY = 300
"""Longer keys are cut: normal forms can be longer than what was typed."""

_DESIGNATOR = re.compile(r"(?<=[0-9A-Z])(?:号楼|单元|栋|幢|座|室|号|楼|层|房|期)")
_SEPARATORS = re.compile(r"[\s\-_/\\,,、.·#—–]+")
_SCRIPT_CHANGE = re.compile(r"(?<=[\u4e00-\u9fff])(?=[0-9A-Z])|(?<=[0-9A-Z])(?=[\u4e00-\u9fff])")
_NOT_IN_PLATE = re.compile(r"[\s\-_.·・•]+")


def name_key(name: str) -> str:
    """A name without case, width and blanks, to compare two of them."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())[:MAX_KEY]


def plate_key(plate: str) -> str:
    """`粤b·123 45` -> `粤B12345`. Also for VIN, contract, lot and order numbers."""
    return _NOT_IN_PLATE.sub("", unicodedata.normalize("NFKC", plate).upper())[:MAX_KEY]


def unit_key(text: str) -> str:
    """`海棠苑3栋 1204室`, `海棠苑 3-1204` -> `海棠苑-3-1204`: parts without their designators, joined by dashes."""
    upper = unicodedata.normalize("NFKC", text).upper()
    split = _SCRIPT_CHANGE.sub("-", _DESIGNATOR.sub("-", upper))
    return _SEPARATORS.sub("-", split).strip("-")[:MAX_KEY]


def unit_keys(project: str | None, building: str | None, unit: str | None) -> list[str]:
    """Every form of a property unit, the most specific first: with project and building, with building, alone."""
    parts = [unit_key(part) for part in (project, building, unit) if part]
    if not unit:
        return []
    return ["-".join(part for part in parts[start:] if part)[:MAX_KEY] for start in range(len(parts))]


def asset_keys(asset: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(kind of key, key) under which an asset is found, the most specific first; none when its fields hold neither
    letters nor digits."""
    if asset["kind"] == "property_unit":
        found = [("unit", key) for key in unit_keys(asset.get("project"), asset.get("building"), asset.get("unit"))]
        return [pair for pair in found if pair[1]] if unit_key(asset.get("unit") or "") else []
    keys = [(kind, plate_key(asset[field])) for field, kind in _FIELD_KEYS if asset.get(field)]
    plate = plate_key(asset.get("plate") or "")
    if len(plate) > 5:
        keys.append(("plate_tail", plate[2:]))
    return [pair for pair in keys if pair[1]]


_FIELD_KEYS = (("plate", "plate"), ("vin", "vin"), ("contract_no", "contract"), ("lot", "lot"), ("order_no", "order"))


def asset_label(asset: Mapping[str, Any]) -> str:
    """What an asset is called when nobody named it: plate and model, or the unit's place, or its number."""
    if asset["kind"] == "property_unit":
        parts = [asset.get(name) for name in ("project", "building", "unit")]
    elif asset["kind"] == "vehicle":
        parts = [asset.get("plate") or asset.get("vin"), asset.get("model")]
    else:
        parts = [asset.get("contract_no") or asset.get("lot") or asset.get("order_no"), asset.get("model")]
    return " ".join(part for part in parts if part)
