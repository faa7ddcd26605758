"""Boards of the Agile API, which Cloud and Data Center have in common.

https://developer.atlassian.com/cloud/jira/software/rest/api-group-board/
"""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request

from okrsync.sandbox.jira_search import jira_error
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.wire import Record

MOST_BOARDS = 50


async def board_list(site: JiraSite, request: Request, _now: datetime) -> Record:
    """Return a page of boards, of one type if that is asked for."""
    asked = request.query_params
    found = [one for one in site.boards if asked.get("type") in (None, one["type"])]
    start, most = int(asked.get("startAt", "0")), min(int(asked.get("maxResults", "50")), MOST_BOARDS)
    page = [
        {"id": one["id"], "self": one["self"].removesuffix("/configuration"), "name": one["name"], "type": one["type"]}
        for one in found[start : start + most]
    ]
    last = start + most >= len(found)
    return {"maxResults": most, "startAt": start, "total": len(found), "isLast": last, "values": page}


async def board_configuration(site: JiraSite, request: Request, _now: datetime) -> Record:
    """Return how a board is set up, its estimation among it; to Cloud its type is no part of that."""
    for one in site.boards:
        if str(one["id"]) == request.path_params["id"]:
            return one if site.data_center else {name: value for name, value in one.items() if name != "type"}
    raise jira_error("The requested board cannot be viewed because it either does not exist or you do not have "
                     "permission to view it.", status=404)  # fmt: skip
