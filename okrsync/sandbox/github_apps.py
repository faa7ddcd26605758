"""GitHub Apps: their own statements, their installations, and the tokens of an hour that these are given."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request

from okrsync.sandbox.github import Given, Handler, github_error
from okrsync.sandbox.github_kinds import WEB, App, node_id
from okrsync.sandbox.github_repo import owner_record
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.wire import Record, digest, github_time

TOKEN_LASTS = timedelta(hours=1)
STATEMENT_LASTS = timedelta(minutes=10)
SINCE = "2019-05-06T08:00:00Z"


def _app(site: GitHubSite, request: Request, now: datetime) -> App:
    """Return the App whose statement the request carries.

    Raises:
        RefusedError: there is none, or its statement does not hold.
    """
    import jwt  # late: the demo has no App, and cryptography takes a tenth of a second

    app, token = site.app, request.headers.get("authorization", "").removeprefix("Bearer ")
    if app is None:
        raise github_error(401, "A JSON web token could not be decoded")
    try:
        # The times are compared with the sandbox's clock below.
        claims = jwt.decode(
            token, app.public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
    except jwt.PyJWTError as error:
        raise github_error(401, "A JSON web token could not be decoded") from error
    seconds = now.timestamp()
    if claims.get("iss") not in (app.client_id, str(app.id)):
        raise github_error(401, "'Issuer' claim ('iss') must be an Integer or the client ID")
    if claims["iat"] > seconds:
        raise github_error(401, "'Issued at' claim ('iat') must be an Integer representing the time that it was issued")
    if not seconds < claims["exp"] <= seconds + STATEMENT_LASTS.total_seconds():
        raise github_error(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


async def _app_itself(site: GitHubSite, request: Request, now: datetime) -> Given:
    app = _app(site, request, now)
    record: Record = {"id": app.id, "client_id": app.client_id, "slug": app.slug, "name": app.slug}
    record |= {"node_id": node_id("A", 0, app.id), "owner": site.user(site.account.person), "description": None}
    web: Record = {"external_url": WEB, "html_url": f"{WEB}/apps/{app.slug}", "created_at": SINCE, "updated_at": SINCE}
    return Given(record | web | {"permissions": {"issues": "read", "metadata": "read"}, "events": []})


async def _installations(site: GitHubSite, request: Request, now: datetime) -> Given:
    app = _app(site, request, now)
    return Given([_installation(site, app, number) for number in app.installations])


async def _installation_by_number(site: GitHubSite, request: Request, now: datetime) -> Given:
    return Given(_installation(site, _app(site, request, now), request.path_params["installation"]))


async def _installation_of_owner(site: GitHubSite, request: Request, now: datetime) -> Given:
    app, owner = _app(site, request, now), request.path_params["owner"]
    number = next((number for number, name in app.installations.items() if name.lower() == owner.lower()), 0)
    return Given(_installation(site, app, number))


def _installation(site: GitHubSite, app: App, number: int) -> Record:
    if number not in app.installations:
        raise github_error(404, "Not Found", "/apps/apps")
    owner = owner_record(site, app.installations[number])
    # The description of the list wants an account to be a person and an enterprise at once.
    owner |= {"name": owner["login"], "slug": owner["login"], "created_at": SINCE, "updated_at": SINCE}
    api = f"{site.base_url}/app/installations/{number}"
    record: Record = {"id": number, "app_id": app.id, "client_id": app.client_id, "app_slug": app.slug}
    record |= {"account": owner, "target_id": owner["id"], "target_type": "Organization", "events": []}
    record |= {"access_tokens_url": f"{api}/access_tokens", "html_url": f"{WEB}/settings/installations/{number}"}
    record |= {"repositories_url": f"{site.base_url}/installation/repositories", "repository_selection": "all"}
    record |= {"permissions": {"issues": "read"}, "created_at": SINCE, "updated_at": SINCE}
    return record | dict.fromkeys(("single_file_name", "suspended_by", "suspended_at"))


async def _token(site: GitHubSite, request: Request, now: datetime) -> Given:
    app = _app(site, request, now)
    number = request.path_params["installation"]
    _installation(site, app, number)
    # GitHub's newer tokens are long and have dots in them; nobody may count their letters.
    token = f"ghs_{digest(number, len(app.tokens), now, length=64)}.{digest(app.slug, length=64)}.sandbox"
    app.tokens[token] = now + TOKEN_LASTS
    body: Record = {"token": token, "expires_at": github_time(app.tokens[token])}
    return Given(body | {"permissions": {"issues": "read"}, "repository_selection": "all"}, status=201)


APP_HANDLERS: list[tuple[str, str, Handler]] = [
    ("GET", "/app", _app_itself),
    ("GET", "/app/installations", _installations),
    ("GET", "/app/installations/{installation:int}", _installation_by_number),
    ("GET", "/orgs/{owner}/installation", _installation_of_owner),
    ("POST", "/app/installations/{installation:int}/access_tokens", _token),
]
