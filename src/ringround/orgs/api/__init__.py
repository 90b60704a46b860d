"""Organisation, people and links over HTTP."""

from ringround.orgs.api.clients import clients_router
from ringround.orgs.api.links import links_router
from ringround.orgs.api.organisation import me_router, organisation_router
from ringround.orgs.api.people import teams_router, users_router

ROUTERS = [
    ("/me", me_router),
    ("/organisation", organisation_router),
    ("/organisations", clients_router),
    ("/agency-links", links_router),
    ("/users", users_router),
    ("/teams", teams_router),
]
