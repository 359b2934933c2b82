"""One HTTP route per operation of the contracts. What every request goes through reads off `OperationView.__call__`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, request
from flask_smorest import Api, Blueprint

from chassis import logs
from contracts.core import Operation, ServiceContract
from contracts.json_schema import teach
from gateway import openapi
from gateway.admission import Admission
from gateway.links import with_links
from gateway.openapi_events import with_events
from gateway.payloads import PayloadReader
from gateway.replies import ReplyWriter
from gateway.rpc import RpcClient

_PARAMETER = re.compile(r"{(\w+)}")


class OperationView:
    """The HTTP door of one operation."""

    def __init__(self, operation: Operation, contract: ServiceContract, admission: Admission, rpc: RpcClient) -> None:
        self.__name__ = operation.name
        self.__doc__ = None
        self._operation = operation
        self._admission = admission
        self._rpc = rpc
        self._payloads = PayloadReader(operation)
        self._replies = ReplyWriter(operation, contract.operations)

    def __call__(self, **path: str) -> Response:
        context = self._admission.admit(self._operation)
        with logs.bound(context):
            payload = self._payloads.read(request, path)
            self._admission.count_guess(self._operation, payload)
            result = self._rpc.call(self._operation.service, self._operation.name, payload, context)
            return self._replies.write(request, result)


class KefuApi(Api):  # type: ignore[misc]
    """flask-smorest's Api without its own error documents: ours are problem documents (gateway/problems.py)."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass


def register(app: Flask, contracts: Iterable[ServiceContract], admission: Admission, rpc: RpcClient) -> dict[str, Any]:
    """Add a route for every operation that has one; returns the OpenAPI document of them all."""
    api = KefuApi(app, spec_kwargs=openapi.spec_arguments())
    teach(api.ma_plugin)
    for contract in contracts:
        blueprint = Blueprint(contract.name, __name__, description=contract.title)
        for operation in contract.operations:
            if operation.verb and operation.path:
                view = OperationView(operation, contract, admission, rpc)
                blueprint.add_url_rule(
                    _PARAMETER.sub(r"<\1>", operation.path),
                    endpoint=operation.name,
                    view_func=blueprint.doc(**openapi.described(operation))(view),
                    methods=[operation.verb],
                    parameters=openapi.path_parameters(operation, api.ma_plugin.converter),
                )
        api.register_blueprint(blueprint)
    return with_events(with_links(openapi.with_shared_answers(api.spec.to_dict())), contracts)
