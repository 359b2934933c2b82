"""The words the customers contract is made of: kinds, permissions, problems."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from contracts.problems import ProblemType

SERVICE = "customers"

CUSTOMER_KINDS = ("person", "organisation", "household")
CONTACT_KINDS = ("phone", "email", "wechat", "address")
ASSET_KINDS = ("vehicle", "property_unit", "contract", "product")
PERSONAL_FIELDS = ("phone", "email", "wechat", "address", "id_number", "birthday")
IMPORT_KINDS = ("customers",)
IMPORT_MODES = ("dry_run", "all_or_nothing", "good_rows")
IMPORT_STATES = ("queued", "running", "done", "refused")
DUPLICATE_REASONS = ("same_phone", "same_name_and_vehicle", "same_name_and_unit")
PERMISSIONS = {
    "customers.read": "Search and read customers, personal fields masked.",
    "customers.write": "Create and change customers, contacts, assets and households.",
    "customers.unmask": "See personal fields in clear, with a reason, on the record.",
    "customers.import": "Import customers from files.",
}

POSSIBLE_DUPLICATE = ProblemType(
    "possible_duplicate",
    409,
    "This customer seems to be on file: {customer_ids}. Use that file, or send again without on_duplicate=refuse.",
    "该客户可能已建档:{customer_ids}。请使用已有档案;确需新建时请去掉 on_duplicate=refuse 后重新提交。",
)  # fmt: skip
EXTERNAL_REF_TAKEN = ProblemType(
    "external_ref_taken",
    409,
    "external_ref {external_ref} belongs to customer {customer_id}. Change that customer, or send another reference.",
    "外部编号 {external_ref} 已属于客户 {customer_id}。请修改该客户,或使用其他编号。",
)  # fmt: skip
HOUSEHOLD_EXISTS = ProblemType(
    "household_file_exists",
    409,
    "One household, one file: this unit's household is customer {customer_id}. Add the persons there as members.",
    "一户一档:该房屋的住户档案为客户 {customer_id},请将人员加入该档案。",
)  # fmt: skip
NOT_A_HOUSEHOLD = ProblemType(
    "not_a_household",
    422,
    "Members belong to a household and are persons. Create a customer of kind household and add persons to it.",
    "只有“住户”类客户可以添加成员,且成员须为个人。请先建立住户档案,再添加个人客户。",
)  # fmt: skip
ALREADY_MEMBER = ProblemType(
    "already_in_household",
    409,
    "This person belongs to household {household_id}. Remove them there first: a person is in one household only.",
    "此人已属于住户 {household_id}。一人只能属于一户,请先从原住户移出。",
)  # fmt: skip
NO_SETTLEMENT_TERMS = ProblemType(
    "no_settlement_terms",
    409,
    "Your company's customers policy has no terms for terminated contracts. Add `settlement` to it.",
    "贵公司的客户政策没有合同终止结算条款,请在政策中添加 settlement。",
)
UNREADABLE_FILE = ProblemType(
    "unreadable_file",
    422,
    "The file cannot be read ({reason}). Send CSV (UTF-8 or GB18030) or XLSX with one header row, "
    "up to {max_mb} MB and {max_rows} rows.",
    "文件无法读取({reason})。请提供首行为表头的 CSV(UTF-8 或 GB18030)或 XLSX,不超过 {max_mb} MB、{max_rows} 行。",
)  # fmt: skip


def one_of(values: tuple[str, ...], **kwargs: Any) -> fields.String:
    """A text that is one of `values`."""
    return fields.String(validate=validate.OneOf(values, error="must be one of: {choices}"), **kwargs)


def date(**kwargs: Any) -> fields.Date:
    """A calendar date, `1985-04-30`."""
    return fields.Date(error_messages={"invalid": "must be a date that exists, such as 1985-04-30"}, **kwargs)
