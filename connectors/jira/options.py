"""What a person may configure: the options of a Jira connection, and which of three logins they make."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.addresses import LOOPBACK
from connectors.port import OptionsModel

STORY_POINTS = "story_points"
"""The one name of a numeric field that every Jira connection knows."""

WONT_DO = (
    "Won't Do",
    "Won't Fix",
    "Won't Implement",
    "Duplicate",
    "Cannot Reproduce",
    "Can't Reproduce",
    "Unable to Reproduce",
    "Not Reproducible",
    "Declined",
    "Rejected",
    "Abandoned",
    "Incomplete",
    "Invalid",
    "Not a Bug",
    "Not an Issue",
    "Works as Designed",
    "Works for Me",
    "As Designed",
    "By Design",
    "Obsolete",
    "Out of Scope",
    "Not Planned",
    "Canceled",
    "Cancelled",
    "Withdrawn",
)
"""Resolutions that mean closed without being done: the names Jira ships and those that sites commonly add."""

GATEWAY = "https://api.atlassian.com"
TOKEN_URL = "https://auth.atlassian.com/oauth/token"  # noqa: S105 - where tokens are made, not one of them
CLOUD_DOMAIN = ".atlassian.net"
LOGINS = (
    "write email and token (Cloud), token alone (a personal access token of Data Center), "
    "username and password (Data Center), or client_id and client_secret (a service account)"
)


class Login(Enum):
    """How a connection shows who it is."""

    TOKEN = "email and token"  # noqa: S105 - the names of two options
    """Basic, with an API token of Cloud in place of the password."""
    PERSONAL = "personal access token"
    """Bearer: Data Center, and tokens of service accounts behind the gateway."""
    PASSWORD = "username and password"  # noqa: S105 - the names of two options
    """Basic: Data Center."""
    CLIENT = "client credentials"
    """OAuth 2.0 of a service account: a token of an hour, renewed on the way."""


class JiraOptions(OptionsModel):
    """What may stand in a connection beside ``connector: jira``."""

    url: str = Field(description="Address of the site, such as https://acme.atlassian.net, with its context path.")
    email: str | None = Field(
        default=None, min_length=1, description="E-mail address of the account that an API token of Cloud belongs to."
    )
    token: SecretStr | None = Field(
        default=None,
        description="API token of that account, or a personal access token; write ${JIRA_TOKEN}, never the token.",
    )
    token_expires_on: date | None = Field(
        default=None, description="The day the token ends, so that `okrsync check` can warn a month before."
    )
    username: str | None = Field(default=None, min_length=1, description="Account of a Data Center.")
    password: SecretStr | None = Field(default=None, description="Its password; write ${JIRA_PASSWORD}.")
    client_id: str | None = Field(
        default=None, min_length=1, description="Client id of a service account's OAuth 2.0 credential."
    )
    client_secret: SecretStr | None = Field(default=None, description="Its secret; write ${JIRA_CLIENT_SECRET}.")
    scoped: bool = Field(
        default=False,
        description="The token has scopes: it only counts at Atlassian's gateway, whose address is then looked up.",
    )
    cloud_id: str | None = Field(
        default=None, pattern=r"^[0-9A-Za-z-]+$", description="Id of the site at the gateway, to spare the look-up."
    )
    api_url: str | None = Field(
        default=None,
        description="Address of the API where it differs from the site: "
        "https://api.atlassian.com/ex/jira/CLOUD-ID for tokens with scopes and service accounts.",
    )
    gateway: str = Field(default=GATEWAY, description="Atlassian's gateway; another one in its government cloud.")
    token_url: str = Field(default=TOKEN_URL, description="Where client credentials become a token.")
    story_points: str | None = Field(
        default=None,
        description="Id or exact name of the field that holds story points; needed where a site has several.",
    )
    board: int | None = Field(
        default=None, ge=1, description="Id of the board whose estimation field holds the story points."
    )
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="Other numeric fields that rules use: the rules' name to the field's id or exact name.",
    )
    wont_do: tuple[str, ...] = Field(
        default=WONT_DO,
        description="Names or ids of resolutions that mean closed without being done, upper or lower case.",
    )

    @field_validator("url", "api_url", "gateway", "token_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else site_address(value)

    @field_validator("token", "password", "client_secret")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is empty: set the variable it comes from")
        return value

    @field_validator("fields")
    @classmethod
    def _fields(cls, value: dict[str, str]) -> dict[str, str]:
        if STORY_POINTS in value:
            raise ValueError(f"{STORY_POINTS} has an option of its own: write story_points: {value[STORY_POINTS]}")
        return value

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        secrets = [name for name in ("token", "password", "client_secret") if getattr(self, name) is not None]
        if len(secrets) != 1:
            said = " and ".join(secrets) or "none"
            raise ValueError(f"say exactly one of token, password, client_secret; there is {said}: {LOGINS}")
        for owner, secret in (("username", "password"), ("client_id", "client_secret"), ("email", "token")):
            if getattr(self, owner) is not None and secrets != [secret]:
                raise ValueError(f"{owner} goes with {secret}, and there is {secrets[0]}: {LOGINS}")
        for secret, owner in (("password", "username"), ("client_secret", "client_id")):
            if secrets == [secret] and getattr(self, owner) is None:
                raise ValueError(f"{secret} needs {owner}: {LOGINS}")
        return self

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if self.api_url is not None and (self.cloud_id is not None or self.scoped):
            raise ValueError("api_url already says where the API is: leave out cloud_id and scoped")
        if self.login is Login.PASSWORD and self.at_gateway:
            raise ValueError("a username with its password is for a Data Center, which has no gateway")
        if self.token_expires_on is not None and self.token is None:
            raise ValueError("token_expires_on is about a token, and there is none")
        if self.story_points is not None and self.board is not None:
            raise ValueError("story_points and board both say which field holds the points: leave one out")
        return self

    @property
    def login(self) -> Login:
        """Which of the logins this is."""
        if self.client_secret is not None:
            return Login.CLIENT
        if self.password is not None:
            return Login.PASSWORD
        return Login.PERSONAL if self.email is None else Login.TOKEN

    @property
    def account(self) -> str:
        """Whom messages name: an e-mail address, a user, a client, or the token's owner."""
        if self.login is Login.CLIENT:
            return f"client {self.client_id}"
        return self.email or self.username or "the owner of the token"

    @property
    def secret(self) -> SecretStr:
        """The one secret there is."""
        return next(each for each in (self.token, self.password, self.client_secret) if each is not None)

    @property
    def at_gateway(self) -> bool:
        """Whether the API is reached at Atlassian's gateway, not at the site."""
        return self.scoped or self.cloud_id is not None or self.login is Login.CLIENT

    @property
    def surely_cloud(self) -> bool:
        """Whether the address alone says that it is Cloud, so that nobody needs to ask."""
        host = urlsplit(self.url).hostname or ""
        return self.at_gateway or host.endswith(CLOUD_DOMAIN)


def site_address(value: str) -> str:
    """Return the address without a slash at its end.

    Raises:
        ValueError: more than an address, or not https (the token would travel in clear; loopback leaves no machine).
    """
    parts = urlsplit(value.strip())
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError(f"{value!r} is no address: write it like https://acme.atlassian.net")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("holds more than scheme, host and path: write it like https://acme.atlassian.net")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(f"{value!r} would send the token in clear: use https")
    return value.strip().rstrip("/")
