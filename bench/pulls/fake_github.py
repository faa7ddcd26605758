"""A fake GitHub with one repository: its issues over REST and over GraphQL. Run by ``bench.pulls``.

REST as api.github.com has it since 2025: below 10,000 issues numbered pages with a link to the last, above it cursors,
and 422 for a page beyond. GraphQL knows the queries of ``connectors.github.queries`` by their looks.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from bench.pulls.server import Answer, Asked, serve
from bench.pulls.world import World, iso

NUMBERED = 10_000
"""Issues in all, up to which pages have numbers."""
MOST_KEPT = 60_000
API = "https://api.github.com/repos/acme/shop"
LABELS = ("bug", "checkout", "payments", "later")

REST = (
    '{"url":"HERE/issues/%(n)d","repository_url":"HERE","labels_url":"HERE/issues/%(n)d/labels{/name}",'
    '"comments_url":"HERE/issues/%(n)d/comments","events_url":"HERE/issues/%(n)d/events",'
    '"html_url":"https://github.com/acme/shop/issues/%(n)d","id":%(id)d,"node_id":"I_kwDOA%(n)09d","number":%(n)d,'
    '"title":"The checkout loses step %(n)d when the network is slow","user":USER,"labels":[{"id":%(label)d,'
    '"node_id":"LA_kwDOA%(label)d","url":"HERE/labels/%(name)s","name":"%(name)s","color":"d73a4a","default":true,'
    '"description":"What this label stands for, in a sentence or two."}],"state":"%(state)s","locked":false,'
    '"assignee":USER,"assignees":[USER],"milestone":null,"comments":%(comments)d,"created_at":"%(created)sZ",'
    '"updated_at":"%(updated)sZ","closed_at":%(closed)s,"author_association":"MEMBER","type":null,'
    '"active_lock_reason":null,"body":"'
    + "What was seen, what was expected, and how to see it again, step by step. "
    * 39
    + '","closed_by":null,"reactions":{"url":"HERE/issues/%(n)d/reactions","total_count":0,"+1":0,"-1":0,"laugh":0,'
    '"hooray":0,"confused":0,"heart":0,"rocket":0,"eyes":0},"timeline_url":"HERE/issues/%(n)d/timeline",'
    '"performed_via_github_app":null,"state_reason":%(reason)s}'
)
USER = (
    '{"login":"person%(who)d","id":%(who)d,"node_id":"MDQ6VXNlcj%(who)d","avatar_url":"https://avatar.acme.test/'
    '%(who)d","gravatar_id":"","url":"https://api.github.com/users/person%(who)d","html_url":"https://github.com/'
    'person%(who)d","followers_url":"https://api.github.com/users/person%(who)d/followers","type":"User",'
    '"user_view_type":"public","site_admin":false}'
)
NODE = (
    '{"__typename":"Issue","id":"I_kwDOA%(n)09d","number":%(n)d,'
    '"title":"The checkout loses step %(n)d when the network is slow",'
    '"url":"https://github.com/acme/shop/issues/%(n)d","createdAt":"%(created)sZ","updatedAt":"%(updated)sZ",'
    '"closedAt":%(closed)s,"repository":{"nameWithOwner":"acme/shop"},"labels":{"nodes":[{"name":"%(name)s"}]},'
    '"assignees":{"nodes":[{"login":"person%(who)d"}]},"milestone":null,"comments":{"totalCount":%(comments)d},'
    '"state":"%(upper)s","stateReason":%(upper_reason)s,"issueType":null,"parent":null}'
)
REST_ISSUE = REST.replace("USER", USER).replace("HERE", API).encode()
NODE_ISSUE = NODE.encode()


class FakeGitHub:
    """Answers as api.github.com."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[tuple[int, bool], bytes] = {}
        if world.count <= MOST_KEPT:
            everything = range(world.count)
            self._kept = {(n, rest): self._record(n, rest=rest) for n in everything for rest in (False, True)}

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.path == "/graphql":
            return self._graphql(msgspec.json.decode(asked.body))
        if asked.path == "/repos/acme/shop/issues":
            return self._issues(asked)
        if asked.path == "/repos/acme/shop":
            here = f"http://{asked.host}{asked.path}"  # PyGithub follows no address of another host
            return Answer(msgspec.json.encode({"id": 1, "name": "shop", "full_name": "acme/shop", "url": here}))
        if asked.path == "/change":
            self._world.change(range(0, self._world.count, int(asked.query["every"])), int(time.time()))
            for number in self._world.changed:
                self._kept.pop((number, False), None)
                self._kept.pop((number, True), None)
            return Answer(b"{}", "")
        return Answer(b'{"message":"Not Found"}', status=404)

    def _issues(self, asked: Asked) -> Answer:
        query = asked.query
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        order: Sequence[int] = range(self._world.count)
        if "since" in query:
            order = self._world.order[self._world.since(seconds(query["since"])) :]
        elif query.get("sort") == "updated":
            order = self._world.order
        if query.get("direction", "desc") == "desc":
            order = order[::-1]
        start = int(query.get("after", (page - 1) * size))
        if start >= NUMBERED and "after" not in query:
            return Answer(b'{"message":"Pagination with the page parameter is not supported"}', "issues", 422)
        body = b",".join([self._one(number, rest=True) for number in order[start : start + size]])
        links = self._links(asked, start + size, len(order), size)
        return Answer(b"[%b]" % body, "issues", headers=(("link", links),) if links else ())

    def _links(self, asked: Asked, following: int, total: int, size: int) -> str:
        if following >= total:
            return ""
        here = f"http://{asked.host}{asked.path}?"
        terms = {name: value for name, value in asked.query.items() if name not in ("page", "after")}
        if total <= NUMBERED:
            at = {"page": str(following // size + 1)}
            last = urlencode(terms | {"page": str(-(-total // size))})
            return f'<{here}{urlencode(terms | at)}>; rel="next", <{here}{last}>; rel="last"'
        return f'<{here}{urlencode(terms | {"after": str(following), "page": str(following // size + 1)})}>; rel="next"'

    def _graphql(self, asked: Mapping[str, Any]) -> Answer:
        query, terms = asked["query"], asked["variables"]
        if "nodes(ids:" in query:
            numbers = [int(id_[-9:]) for id_ in terms["ids"]]
            body = b",".join([self._one(number, rest=False) for number in numbers])
            return Answer(b'{"data":{"nodes":[%b]}}' % body, "reads")
        if "labels(first: 100, after:" in query:
            none = {"labels": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}}
            empty = {name.replace("owner", "lane"): none for name in terms if name.startswith("owner")}
            return Answer(msgspec.json.encode({"data": empty}))
        if "lane0:" not in query:  # the first look of a census, which brings a short list's records along
            order = range(self._world.count)
            page = self._page(order, int(terms["after"] or 0), terms["first"], whole=True)
            return Answer(b'{"data":{"repository":%b}}' % page, "census")
        whole = "title" in query
        lanes = b",".join(
            [
                b'"lane%d":%b' % (n, self._lane(terms, n, whole=whole))
                for n in range(sum(name.startswith("owner") for name in terms))
            ]
        )
        return Answer(b'{"data":{%b}}' % lanes, "reads" if whole else "census")

    def _lane(self, terms: Mapping[str, Any], lane: int, *, whole: bool) -> bytes:
        since = terms[f"filter{lane}"].get("since")
        start = 0 if since is None else self._world.since(seconds(since))
        after = int(terms[f"after{lane}"] or 0)
        return self._page(self._world.order, start + after, terms["first"], whole=whole, origin=start)

    def _page(self, order: Sequence[int], start: int, size: int, *, whole: bool, origin: int = 0) -> bytes:
        numbers = order[start : start + size]
        nodes = b",".join([self._one(number, rest=False) if whole else self._bare(number) for number in numbers])
        more = b"true" if start + size < len(order) else b"false"
        return (
            b'{"hasIssuesEnabled":true,"issues":{"totalCount":%d,"pageInfo":{"hasNextPage":%b,"endCursor":"%d"},'
            b'"nodes":[%b]}}' % (len(order) - origin, more, start + size - origin, nodes)
        )

    def _bare(self, number: int) -> bytes:
        return b'{"id":"I_kwDOA%09d","updatedAt":"%bZ"}' % (number, iso(self._world.updated(number)).encode())

    def _one(self, number: int, *, rest: bool) -> bytes:
        return self._kept.get((number, rest)) or self._record(number, rest=rest)

    def _record(self, number: int, *, rest: bool) -> bytes:
        done = self._world.done(number)
        updated = iso(self._world.updated(number)).encode()
        values: dict[bytes, object] = {
            b"n": number,
            b"id": 2_000_000_000 + number,
            b"who": number % 50,
            b"label": number % len(LABELS),
            b"name": LABELS[number % len(LABELS)].encode(),
            b"comments": number % 12,
            b"created": iso(self._world.created(number)).encode(),
            b"updated": updated,
            b"closed": b'"%bZ"' % updated if done else b"null",
            b"state": b"closed" if done else b"open",
            b"upper": b"CLOSED" if done else b"OPEN",
            b"reason": b'"completed"' if done else b"null",
            b"upper_reason": b'"COMPLETED"' if done else b"null",
        }
        return (REST_ISSUE if rest else NODE_ISSUE) % values


def seconds(stamp: str) -> float:
    """Return an instant as GitHub writes it, in seconds since 1970."""
    return datetime.fromisoformat(stamp).timestamp()


def main(count: int, wait: float) -> None:
    """Serve so many issues, each answer so many seconds after its request."""
    asyncio.run(serve(FakeGitHub(World(count, int(time.time()))).answer, wait))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
