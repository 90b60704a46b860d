"""The API: django-ninja with the frame that is the same around every route.

Outermost first:
1. `_outer`, around every address under the root: request id, HEAD, wrong method, every exception as a problem.
2. `_Frame`, around every operation: who asks, rate limit, idempotency key, then path, body and the view.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args, get_origin

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path, re_path
from ninja import NinjaAPI, Router
from ninja.operation import Operation
from ninja.router import BoundRouter
from pydantic import BaseModel, ValidationError

from ringround.http import auth, idempotency, openapi, rates
from ringround.http.bodies import FORMS, WrongContentType, form_faults, json_bytes, nul_faults, read_json, refuse_body
from ringround.http.faults import faults_of
from ringround.http.problems import LengthRequired, MethodNotAllowed, problem, refusal
from ringround.http.render import Renderer
from ringround.kernel.errors import Fault, Invalid, NotFound, TooLarge
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_

log = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]
REQUEST_ID = "Ringround-Request-Id"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# A file may be 2 GiB; what is around it in the form is small.
MAX_UPLOAD = 2 * 1024**3 + 1024**2


class Api(NinjaAPI):
    """ninja's API with our frame, errors and document."""

    def __init__(self) -> None:
        super().__init__(
            title="Ringround",
            version="1",
            description=openapi.DESCRIPTION,
            urls_namespace="api",
            docs_url=None,
            openapi_url=None,
            auth=[auth.Bearer(), auth.Session()],
            renderer=Renderer(),
        )

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        # To `_outer`, past the transaction of an idempotent write, which must see it to roll back.
        raise exc

    def get_openapi_operation_id(self, operation: Operation) -> str:
        room = operation.view_func.__module__.removeprefix("ringround.").split(".")[0]
        return f"{room}_{operation.view_func.__name__}"

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document; made once in a process."""
        return openapi.document(self.get_openapi_schema())

    def _get_bound_routers(self) -> list[BoundRouter]:
        fresh = self._bound_routers_cache is None
        bound = super()._get_bound_routers()
        if fresh:
            for router in bound:
                for view in router.path_operations.values():
                    for operation in view.operations:
                        operation.run = _Frame(operation)  # type: ignore[method-assign]
        return bound

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found: list[URLResolver | URLPattern] = [path("openapi.json", _outer(self._openapi_view), name="openapi")]
        # `/leads/bulk` before `/leads/{lead_id}`, whichever a room wrote first: Django takes the first that fits.
        for pattern in sorted(super()._get_urls(), key=_fixed_first):
            assert isinstance(pattern, URLPattern)
            pattern.callback = _outer(pattern.callback)
            found.append(pattern)
        # Below the root nothing answers with a page.
        found.append(re_path(r"^.*$", _outer(_nothing), name="nothing"))
        return found

    def _openapi_view(self, request: HttpRequest) -> HttpResponse:
        return self.create_response(request, self.document, status=200)


def _fixed_first(pattern: URLResolver | URLPattern) -> list[bool]:
    return [part.startswith("<") for part in str(pattern.pattern).split("/")]


def _nothing(request: HttpRequest, **_: Any) -> HttpResponse:
    raise NotFound(detail=N_("There is no such address in the API."))


def _outer(view: View) -> View:
    """What every answer of the API has in common."""

    @functools.wraps(view, updated=())
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.request_id = str(new_id())  # type: ignore[attr-defined]
        head = request.method == "HEAD"
        try:
            if head:
                # The server leaves the body out; everything else is the GET's.
                request.method = "GET"
            if "chunked" in request.headers.get("Transfer-Encoding", "") and not request.headers.get("Content-Length"):
                # Django would see an empty body, and a write would do something else than was meant.
                raise LengthRequired(N_("Send the header Content-Length."))
            response = view(request, *args, **kwargs)
            if response.status_code == 405:
                error = MethodNotAllowed(N_("This address does not take that method."))
                allow, response = response.get("Allow", ""), problem(request, error)
                # A set without order in ninja; the same answer each time is kinder to tests and caches.
                response["Allow"] = ", ".join(sorted(name.strip() for name in allow.split(",")))
        except Exception as error:
            known = refusal(error)
            if known.status == 500:
                # The route and not the path: that of a provider's call holds its token.
                route = request.resolver_match.route if request.resolver_match is not None else request.path
                log.error("%s %s failed, request %s", request.method, route, request.request_id)  # type: ignore[attr-defined]
            response = problem(request, known)
        finally:
            if head:
                request.method = "HEAD"
        response[REQUEST_ID] = request.request_id  # type: ignore[attr-defined]
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    # A token is no cookie; sessions are checked in `auth`.
    wrapped.csrf_exempt = True  # type: ignore[attr-defined]
    return wrapped


class _Frame:
    """The run of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.inner: View = operation.run
        self.open = not operation.auth_callbacks
        sources = {model.__ninja_param_source__ for model in operation.models}
        self.json = "body" in sources and not sources & {"form", "file"}
        self.form = bool(sources & {"form", "file"})
        self.own = getattr(operation.view_func, "own_body", False)
        self.out = getattr(operation.view_func, "calls_out", False)
        for model in operation.models:
            if model.__ninja_param_source__ == "query":
                # ninja does not see a list inside `Annotated[...] | None`, and would keep the last value only.
                model.__ninja_collection_fields__ = list(_lists(model))
        operation._get_values = self.values  # type: ignore[method-assign, assignment]

    def __call__(self, request: HttpRequest, **path_values: Any) -> HttpResponseBase:
        if not self.open:
            asker = auth.identify(request)
            request.actor = asker  # type: ignore[attr-defined]
            rates.check(asker)
            key = request.headers.get(idempotency.HEADER, "")
            if key and request.method in WRITES:
                self.check_size(request)
                return idempotency.once_with_refusals(
                    asker,
                    key,
                    lambda: self.inner(request, **path_values),  # type: ignore[arg-type, return-value]
                    idempotency.fingerprint(request),
                    lambda error: problem(request, error),
                    refusal,
                    outside=self.out,
                )
        return self.inner(request, **path_values)

    def check_size(self, request: HttpRequest) -> None:
        """Before anything of it is read. JSON has Django's own, smaller limit."""
        try:
            length = int(request.headers.get("Content-Length") or 0)
        except ValueError:
            length = 0
        if length > MAX_UPLOAD:
            raise TooLarge(limit=MAX_UPLOAD)

    def values(self, request: HttpRequest, path_values: Any, response: HttpResponse) -> dict[str, Any]:
        """The view's arguments, every fault in them found. A path with what is no id is nothing, before all else."""
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        models = {model.__ninja_param_source__: model for model in self.operation.models}
        if "path" in models:
            try:
                values.update(models["path"].resolve(request, self.operation.api, path_values))
            except ValidationError as error:
                raise NotFound from error
            if any(True for _ in nul_faults(path_values, ())):
                raise NotFound
        self.check_size(request)
        for source, model in models.items():
            if source == "path":
                continue
            try:
                if source in ("query", "form"):
                    given = request.GET if source == "query" else request.POST
                    faults += form_faults(given, _source(source))
                if source == "body" and self.json:
                    values.update(self.read(request, model))
                else:
                    values.update(model.resolve(request, self.operation.api, path_values))
            except ValidationError as error:
                faults += [self.named(model, fault) for fault in faults_of(error, _source(source))]
            except Invalid as error:
                faults += error.errors
        if request.method in WRITES and not self.own:
            faults += self.rest(request, models)
        if faults:
            raise Invalid(faults)
        if self.operation.signature.response_arg:
            values[self.operation.signature.response_arg] = response
        return values

    def read(self, request: HttpRequest, model: Any) -> Iterator[tuple[str, Any]]:
        """The body by its one parameter."""
        ((name, field),) = model.model_fields.items()
        kind = field.annotation
        if not field.is_required() and not json_bytes(request):
            yield name, field.get_default(call_default_factory=True)
            return
        yield name, read_json(request, kind)

    def rest(self, request: HttpRequest, models: dict[str, Any]) -> list[Fault]:
        """What was sent and nobody asked for."""
        if self.form:
            if request.content_type not in FORMS and request.headers.get("Content-Length", "0") not in ("", "0"):
                raise WrongContentType(N_("Send a form: multipart/form-data."))
            names = set()
            for source in ("form", "file", "body"):
                if source in models:
                    names |= set(getattr(models[source], "__ninja_flatten_map__", models[source].model_fields))
            sent = [*request.POST, *request.FILES]
            return [
                Fault(("body", name), "unknown_field", N_("There is no such field."))
                for name in dict.fromkeys(sent)
                if name not in names
            ]
        if not self.json:
            refuse_body(request)
        return []

    def named(self, model: Any, fault: Fault) -> Fault:
        """`filter.size` is a caller's `size`: a parameter object is not seen from outside."""
        source, *inside = fault.loc
        outside = model.__ninja_flatten_map_reverse__.get(tuple(inside))
        return Fault((source, *outside), fault.code, fault.detail, fault.extra) if outside else fault


def _source(source: str) -> str:
    """Where a caller would look for it."""
    return "body" if source in ("form", "file") else source


def _lists(model: type[BaseModel]) -> Iterator[str]:
    """The parameters of a model that are lists, those of parameter objects inside included."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _lists(kind)
        elif _has_list(kind):
            yield field.alias or name


def _has_list(kind: Any) -> bool:
    return get_origin(kind) is list or any(_has_list(part) for part in get_args(kind))


def make_api(routers: Sequence[tuple[str, Router]]) -> Api:
    """The API with these routers: `[("/teams", router)]`."""
    api = Api()
    for prefix, router in routers:
        api.add_router(prefix, router)
    return api
