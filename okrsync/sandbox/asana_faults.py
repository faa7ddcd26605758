"""What can go wrong with Asana's pages alone; the general faults are in ``faults``."""

from __future__ import annotations

import json
from dataclasses import replace

from okrsync.sandbox.faults import Change, Reply
from okrsync.sandbox.ledger import Asked
from okrsync.sandbox.wire import json_bytes


def repeat_asana_page(*, anew: bool = False) -> Change:
    """Give the first page of each list again and again, each time naming a next one.

    Args:
        anew: with a token that was never seen before, as Asana signs each one anew.
    """
    first: dict[str, bytes] = {}

    def change(asked: Asked, reply: Reply) -> Reply:
        question = {name: value for name, value in asked.params().items() if name != "offset"}
        key = json.dumps([asked.path, question])
        page = json.loads(first.setdefault(key, reply.body))
        offset = f"c2FtZQ{asked.params().get('offset', '') if anew else ''}"
        page["next_page"] = {"offset": offset, "path": asked.path, "uri": f"https://app.asana.test{asked.path}"}
        return replace(reply, status=200, body=json_bytes(page))

    change.__name__ = "repeat asana page"
    return change


def no_asana_end() -> Change:
    """Leave out what says whether there is a next page."""

    def change(_asked: Asked, reply: Reply) -> Reply:
        page = json.loads(reply.body)
        page.pop("next_page", None)
        return replace(reply, body=json_bytes(page))

    change.__name__ = "no asana end"
    return change
