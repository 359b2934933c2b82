"""The published language as JSON Schema (2020-12): for OpenAPI, for partners' webhooks, for the golden files.

apispec converts marshmallow's own fields; what is here teaches it the kinds of `contracts.fields` and turns Python's
regular expressions into ECMA 262's, which JSON Schema wants.
"""

from __future__ import annotations

from typing import Any, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from contracts.fields import MoneyField

_OWN_MODULES = "contracts."
_SHARED = {"contracts.fields", "contracts.core"}


def schema_name(schema: type[Schema] | Schema) -> str | bool:
    """`complaints.ComplaintInput`: two services may use one class name. False (inline) for nameless schemas."""
    cls = schema if isinstance(schema, type) else type(schema)
    if cls.__name__ == "GeneratedSchema":
        return False
    name = cls.__name__.removeprefix("_")
    if cls.__module__.startswith(_OWN_MODULES) and cls.__module__ not in _SHARED:
        return f"{cls.__module__.split('.')[1]}.{name}"
    return name


def marshmallow_plugin() -> MarshmallowPlugin:
    """apispec's plugin with our names; call `teach` on it once its spec is made."""
    return MarshmallowPlugin(schema_name_resolver=cast("Any", schema_name))


def teach(plugin: MarshmallowPlugin) -> None:
    """Make `plugin` convert our field kinds. A plugin has its converter only after `APISpec(...)` got it."""
    converter: Any = plugin.converter
    for function in (_money, _dict_keys, _ecma_pattern, _unordered_range):
        converter.add_attribute_function(function)


def components(schemas: list[type[Schema]]) -> dict[str, Any]:
    """Named JSON Schemas of `schemas` and all they nest, referring to each other by `#/components/schemas/<name>`."""
    plugin = marshmallow_plugin()
    spec = APISpec("Kefu", "1", "3.1.0", plugins=[plugin])
    teach(plugin)
    converter: Any = plugin.converter
    for schema in schemas:
        converter.resolve_nested_schema(schema)
    found: dict[str, Any] = spec.to_dict().get("components", {}).get("schemas", {})
    return found


# The functions below are apispec's attribute functions: they get the converter as `self`.


def _money(self: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    if not isinstance(field, MoneyField):
        return {}
    bounds = {} if field.minimum == 0 else {"minimum": field.minimum}
    reference = self.resolve_nested_schema(field.schema)
    if field.allow_none:
        return {"anyOf": [reference, {"type": "null"}], **bounds}
    return {**reference, **bounds}


def _dict_keys(self: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    if not isinstance(field, fields.Dict) or field.key_field is None:
        return {}
    names = {k: v for k, v in self.field2property(field.key_field).items() if k in {"enum", "pattern", "maxLength"}}
    return {"propertyNames": names} if names else {}


def _ecma_pattern(_self: Any, _field: fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
    if "pattern" not in ret:
        return {}
    return {"pattern": ret["pattern"].replace(r"\A", "^").replace(r"\Z", "$")}


def _unordered_range(_self: Any, _field: fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
    """`x-minimum` of dates and the like says nothing to a reader of JSON Schema."""
    for key in ("x-minimum", "x-maximum"):
        ret.pop(key, None)
    return {}
