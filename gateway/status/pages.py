"""The pages: each is a call or two of the status operations, put into HTML.

They go through the same door as every call (`Admission`): the link's token is the credential, wherever it stands.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for

from contracts import complaints as contract
from contracts.core import Operation
from contracts.problems import INVALID, UNAUTHENTICATED, Problem
from gateway import bodies
from gateway.admission import Admission
from gateway.arrival import arrival
from gateway.downloads import disposition
from gateway.problems import document, malformed
from gateway.rpc import RpcClient
from gateway.status import session
from gateway.status.texts import moment, words

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAX_FILES = 3
MAX_FORM = MAX_FILES * bodies.MAX_UPLOAD + 100_000
_SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp"}
"""Kinds of files that a browser shows; others are downloaded."""
View = Callable[..., Any]


def register(app: Flask, admission: Admission, rpc: RpcClient) -> None:
    """Add the pages below /s."""
    pages = _Pages(admission, rpc)
    blueprint = Blueprint(
        "status", __name__, url_prefix=session.ROOT, template_folder="templates", static_folder="static",
        static_url_path="/static",
    )  # fmt: skip
    for rule, method, view in (
        ("", "GET", pages.ask),
        ("", "POST", pages.find),
        ("/case", "GET", pages.case),
        ("/case/messages", "POST", pages.write),
        ("/case/answer", "POST", pages.answer),
        ("/case/rating", "POST", pages.rate),
        ("/case/files/<uuid:file_id>", "GET", pages.file),
        ("/case/<rest>", "GET", pages.back),
        ("/leave", "POST", pages.leave),
        ("/<token>", "GET", pages.arrive),
    ):
        blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=pages.guarded(view), methods=[method])
    blueprint.after_request(_protect)
    app.register_blueprint(blueprint)


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if request.endpoint != "status.static":
        response.headers["Cache-Control"] = "no-store"
    return session.remember_language(response, request, secure=request.is_secure)


class _Pages:
    """The views, with the door and the services behind them."""

    def __init__(self, admission: Admission, rpc: RpcClient) -> None:
        self._admission, self._rpc = admission, rpc

    def guarded(self, view: View) -> View:
        """`view` in the visitor's language; whatever is refused becomes a page that says what to do."""

        def guarded(**path: Any) -> Any:
            arrival().locale = session.language_of(request, arrival().locale)
            arrival().asked_for_locale = True
            try:
                return view(**path)
            except Problem as problem:
                return _refused(problem)

        return guarded

    # -- coming in -----------------------------------------------------------------------------------------------------

    def ask(self) -> str:
        """The form for number and code."""
        return _page("ask.html", values={}, errors={})

    def find(self) -> Any:
        """Number and code were typed."""
        request.max_content_length = bodies.MAX_JSON
        t, typed = words(arrival().locale), {name: request.form.get(name, "").strip() for name in ("number", "code")}
        errors = {name: t[f"{name}_missing"] for name in typed if not typed[name]}
        if errors:
            return _page("ask.html", values=typed, errors=errors), 422
        try:
            self._admission.count_guess(contract.OPEN_STATUS, typed)
            opened = self._call(contract.OPEN_STATUS, typed)
        except Problem as problem:
            if problem.status >= 500:
                raise
            wrong = document(problem, arrival().locale)["detail"]
            return _page("ask.html", values={"number": typed["number"]}, errors={"code": wrong}), problem.status
        return self._into_case(opened["token"])

    def arrive(self, token: str) -> Any:
        """The link itself: its token goes into a cookie and out of the address."""
        return self._into_case(token)

    def leave(self) -> Any:
        return session.forget(_to("ask"))

    def _into_case(self, token: str) -> Response:
        return session.remember(_to("case"), token, secure=request.is_secure)

    # -- the case ------------------------------------------------------------------------------------------------------

    def case(self, errors: Mapping[str, str] | None = None, filled: Mapping[str, str] | None = None) -> str:
        """The case, with what was wrong in a form just sent."""
        token = session.token_of(request)
        status = self._call(contract.GET_STATUS, {}, token)
        done = request.args.get("done", "")
        return _page(
            "case.html", status=status, errors=errors or {}, filled=filled or {}, word=session.form_word(token),
            key=session.new_key, done=words(arrival().locale).get(f"done_{done}", ""),
            at=lambda text: moment(text, status["timezone"], arrival().locale),
        )  # fmt: skip

    def write(self) -> Any:
        """A message with its photos: the files first, then the words that go with them."""
        request.max_content_length = MAX_FORM
        text = request.form.get("text", "").strip()
        if not text:
            return self._again("text", "write_something")
        files = [file for file in request.files.getlist("files") if file.filename][:MAX_FILES]
        try:
            sent = [self._send(file, number) for number, file in enumerate(files)]
        except Problem as problem:
            return self._beside("files", problem)
        return self._said(contract.SEND_STATUS_MESSAGE, {"text": text, "files": sent}, "message", "text")

    def answer(self) -> Any:
        accepted = request.form.get("accepted", "")
        if accepted not in {"true", "false"}:
            return self._again("accepted", "choose")
        said = {"accepted": accepted == "true", "text": request.form.get("why", "").strip()}
        return self._said(contract.ANSWER_DECISION, said, "answer", "why")

    def rate(self) -> Any:
        chosen = request.form.get("satisfaction", "")
        if not chosen:
            return self._again("satisfaction", "choose")
        said = {"satisfaction": chosen, "text": request.form.get("words", "").strip()}
        return self._said(contract.RATE_COMPLAINT, said, "rating", "satisfaction")

    def file(self, file_id: Any) -> Response:
        found = self._call(contract.GET_STATUS_FILE, {"file_id": str(file_id)}, session.token_of(request))
        response = Response(b64decode(found["content"]), content_type=found["media_type"])
        if found["media_type"] not in _SHOWN:
            response.headers["Content-Disposition"] = disposition(found["filename"])
        return response

    def _said(self, operation: Operation, said: Mapping[str, Any], done: str, field: str) -> Any:
        """Say it once, then show the case anew; a field that was refused is shown beside itself."""
        try:
            self._call(operation, said, self._own_form(), request.form.get("key"))
        except Problem as problem:
            return self._beside(field, problem)
        return _to("case", done=done)

    def _beside(self, field: str, problem: Problem) -> Any:
        """The case again, with what was wrong beside the field and what was filled in still there."""
        if problem.code != INVALID.code:
            raise problem
        told = document(problem, arrival().locale)["errors"][0]["message"]
        return self.case({field: told}, request.form.to_dict()), problem.status

    def back(self, **_path: Any) -> Any:
        """Somebody loads the address of a form: the case is what they want to see."""
        return _to("case")

    def _send(self, file: Any, number: int) -> str:
        content = bodies.as_upload(file)
        key = f"{request.form.get('key', '')}-{number}"
        sent = self._call(contract.ADD_STATUS_FILE, content, self._own_form(), key)
        return str(sent["id"])

    def _again(self, field: str, text: str) -> Any:
        self._own_form()
        return self.case({field: words(arrival().locale)[text]}, request.form.to_dict()), 422

    def _own_form(self) -> str:
        """The token, when the form is one of ours."""
        token = session.token_of(request)
        if not session.is_ours(request, token):
            raise malformed("this page is out of date; load it anew and try again", "页面已过期,请刷新后重试")
        return token

    def _call(
        self, operation: Operation, payload: Mapping[str, Any], token: str | None = None, key: str | None = None
    ) -> Any:
        context = self._admission.admit(operation, token)
        if key and operation.mutating:
            context = context.with_(idempotency_key=key[:200])
        return self._rpc.call(operation.service, operation.name, payload, context)


def _page(template: str, **values: Any) -> str:
    locale = arrival().locale
    return render_template(template, t=words(locale), locale=locale, path=request.path, **values)


def _to(view: str, done: str | None = None) -> Any:
    return redirect(url_for(f"status.{view}", done=done), 303)


def _refused(problem: Problem) -> Any:
    """A page instead of a problem document."""
    gone = problem.code == UNAUTHENTICATED.code
    t = words(arrival().locale)
    title, told = (t["not_valid"], t["not_valid_help"]) if gone else (t["trouble"], _detail(problem))
    answer = Response(_page("refused.html", title=title, told=told, gone=gone), status=problem.status)
    return session.forget(answer) if gone else answer


def _detail(problem: Problem) -> str:
    told = document(problem, arrival().locale)
    return "; ".join(error["message"] for error in told.get("errors", ())) or told["detail"]
