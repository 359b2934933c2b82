"""However a name, plate or unit is typed, it is found."""

from __future__ import annotations

import pytest

from services.customers.domain import keys


@pytest.mark.parametrize(
    "typed", ["粤B12345", "粤b12345", "粤B·12345", " 粤B 123-45 ", "粤\uff22\uff11\uff12\uff13\uff14\uff15"]
)
def test_a_plate_has_one_key(typed: str) -> None:
    assert keys.plate_key(typed) == "粤B12345"


@pytest.mark.parametrize(
    "typed",
    ["海棠苑3栋1204", "海棠苑 3栋 1204室", "海棠苑-3-1204", "海棠苑3号楼1204房", "海棠苑/3#1204", "海棠苑 3-1204"],
)
def test_a_unit_has_one_key(typed: str) -> None:
    assert keys.unit_key(typed) == "海棠苑-3-1204"


def test_project_names_keep_characters_that_elsewhere_are_designators() -> None:
    assert keys.unit_key("金座楼兰花园2座801") == "金座楼兰花园-2-801"


def test_different_units_stay_different() -> None:
    assert keys.unit_key("3栋1204") != keys.unit_key("31栋204")


def test_a_unit_is_found_alone_with_building_and_with_project() -> None:
    assert keys.unit_keys("海棠苑", "3栋", "1204") == ["海棠苑-3-1204", "3-1204", "1204"]
    assert keys.unit_keys(None, None, "1204") == ["1204"]
    assert keys.unit_keys("海棠苑", "3栋", None) == []


def test_a_vehicle_is_found_by_plate_tail_and_vin() -> None:
    found = keys.asset_keys({"kind": "vehicle", "plate": "粤B·D12345", "vin": "lsv 123"})
    assert found == [("plate", "粤BD12345"), ("vin", "LSV123"), ("plate_tail", "D12345")]


@pytest.mark.parametrize(
    ("asset", "label"),
    [
        ({"kind": "vehicle", "plate": "粤B12345", "model": "A6"}, "粤B12345 A6"),
        ({"kind": "property_unit", "project": "海棠苑", "building": "3栋", "unit": "1204"}, "海棠苑 3栋 1204"),
        ({"kind": "contract", "contract_no": "HT-1"}, "HT-1"),
        ({"kind": "product", "lot": "L9", "model": "面霜"}, "L9 面霜"),
    ],
)
def test_an_asset_names_itself(asset: dict[str, str], label: str) -> None:
    assert keys.asset_label(asset) == label


def test_names_compare_without_case_width_and_blanks() -> None:
    assert keys.name_key("Wang  Fang") == keys.name_key("wang fang") == "wangfang"
