"""What a rule may ask of an Asana connection."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from connectors.asana.options import NameOrGid
from connectors.port import SelectionModel

Choice = Literal["exclude", "include", "only"]


class AsanaSelection(SelectionModel):
    """What may stand beside ``from: an Asana connection``: one place, and which kinds of tasks count."""

    project: NameOrGid | None = Field(default=None, description="Name or gid of a project.")
    section: NameOrGid | None = Field(
        default=None, description="Gid of a section; or its name, beside the project that it is in."
    )
    portfolio: NameOrGid | None = Field(
        default=None, description="Name or gid of a portfolio: all its projects, those of portfolios inside it too."
    )
    tag: NameOrGid | None = Field(default=None, description="Name or gid of a tag.")
    subtasks: bool = Field(
        default=False,
        description="Whether subtasks belong to it, at every depth; a completion then counts the lowest level.",
    )
    milestones: Choice = Field(default="exclude", description="What becomes of milestones.")
    approvals: Choice = Field(default="include", description="What becomes of approval tasks.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = [name for name in ("project", "portfolio", "tag") if getattr(self, name) is not None]
        if self.section is not None and places != ["project"]:
            if not str(self.section).isdigit():
                raise ValueError(f"section {self.section!r} is a name: name its project as well, or write its gid")
            places.append("section")
        if len(places) != 1:
            there = " and ".join(places) or "none"
            raise ValueError(f"name exactly one of project, section, portfolio, tag; there is {there}")
        if self.milestones == "only" and self.approvals == "only":
            raise ValueError("nothing is both a milestone and an approval: write only one of them as only")
        return self
