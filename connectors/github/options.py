"""What a person may configure: the options of a GitHub connection."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.port import OptionsModel


class GitHubOptions(OptionsModel):
    """What may stand in a connection beside ``connector: github``: a token, or an App, or nothing."""

    token: SecretStr | None = Field(
        default=None,
        description="Personal access token, classic or fine-grained; write ${GITHUB_TOKEN}, never the token itself. "
        "Without one only public repositories can be read, 60 requests an hour.",
    )
    app: str | int | None = Field(default=None, description="Client id or app id of a GitHub App, instead of a token.")
    private_key: SecretStr | None = Field(
        default=None, description="The App's private key (PEM); write ${GITHUB_APP_KEY} or ${file:NAME}."
    )
    private_key_file: str | None = Field(
        default=None, description="File with the App's private key, from the folder of this file."
    )
    installation: int | None = Field(
        default=None, ge=1, description="Number of the App's installation; found by owner when it is left out."
    )
    owner: str | None = Field(
        default=None, description="Organisation or person where the App is installed; needed when there are several."
    )
    url: str = Field(
        default="https://api.github.com",
        description="Address of the API; for Enterprise Server https://HOST/api/v3.",
    )
    api_version: str = Field(
        default="2022-11-28",
        pattern=r"\d{4}-\d{2}-\d{2}",
        description="Version of the REST API, sent as X-GitHub-Api-Version.",
    )
    via: Literal["auto", "rest", "graphql"] = Field(
        default="auto",
        description="How issues are listed. auto: GraphQL for issues where there is a credential and the server "
        "has it, REST otherwise. Pull requests of repositories are always listed by REST.",
    )

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        keys = [key for key in (self.private_key, self.private_key_file) if key is not None]
        if self.app is None:
            for name in ("private_key", "private_key_file", "installation", "owner"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} is of a GitHub App: name the App's client id with app as well")
        elif self.token is not None:
            raise ValueError("token and app are two credentials: take one out")
        elif len(keys) != 1:
            raise ValueError("an App signs with its private key: give private_key or private_key_file, one of them")
        if self.via == "graphql" and not self.has_credential:
            raise ValueError("via: graphql needs a token, for GitHub's GraphQL API answers nobody else")
        return self

    @property
    def has_credential(self) -> bool:
        """Whether requests are sent for an account."""
        return self.token is not None or self.app is not None
