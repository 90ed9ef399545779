"""Whether identifiers are shown: to who may see them, who asks for it, and never unseen."""

from __future__ import annotations

from starlette.requests import Request

from audit.web import trail
from audit.web.access import Role
from audit.web.house import visit_of
from audit.web.refusals import Refusal
from audit.web.services import Services

FIELD = "identifiers"


async def wanted(request: Request, services: Services, about: str) -> bool:
    """Whether *request* asks for identifiers, which the trail then tells. Raises Refusal for who may not."""
    if request.query_params.get(FIELD) != "1":
        return False
    await told(request, services, about)
    return True


async def told(request: Request, services: Services, about: str) -> None:
    """Note that *request* is told identifiers. Raises Refusal for who may not be."""
    if not may(request, Role.INSPECTOR):
        raise Refusal("identifiers are shown to inspectors alone", status=403, fix="look at it without them")
    await trail.note(request, services, "identifiers", about=about, detail=request.url.path)


def may(request: Request, role: Role) -> bool:
    """Whether who asks has at least *role*."""
    visit = visit_of(request)
    return visit is not None and visit.visitor.role.may(role)
