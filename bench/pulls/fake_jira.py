"""A fake Jira Cloud: pages of ids and of issues, reads by ids, and what a client asks before. Run by ``bench.pulls``.

Issues have 5.9 KB with all fields, as a site with a few dozen custom fields sends them, and 1.8 KB with those that
okrsync names. They are made before the first request where that takes less than 300 MB, and when asked for above that.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Sequence

import msgspec

from bench.pulls.server import Answer, Asked, serve
from bench.pulls.world import FIRST_ID, World, iso

IDS_A_PAGE, RECORDS_A_PAGE = 5000, 100
MOST_KEPT = 60_000
"""Issues; of more than that none are kept as they go over the wire."""
POINTS = "customfield_10016"
SINCE = re.compile(r"updated >= (\d+)")
SITE = "https://acme.atlassian.net/rest/api/3"
STATUSES = (("10000", "To Do", "new", 2), ("3", "In Progress", "indeterminate", 4), ("10001", "Done", "done", 3))

NARROW = (
    '{"expand":"renames,names,schema","id":"%(id)d","self":"SITE/issue/%(id)d","key":"CHK-%(n)d","fields":{'
    '"summary":"As a customer I want step %(n)d of the new checkout, so that paying takes less time",'
    '"issuetype":{"self":"SITE/issuetype/10001","id":"10001","description":"Functionality or a feature expressed as '
    'a user goal.","iconUrl":"https://acme.atlassian.net/images/icons/issuetypes/story.svg","name":"Story",'
    '"subtask":false,"avatarId":10315,"hierarchyLevel":0},'
    '"parent":{"id":"%(parent)d","key":"CHK-%(epic)d","self":"SITE/issue/%(parent)d","fields":{"summary":"Checkout, '
    'part %(epic)d","status":{"self":"SITE/status/3","name":"In Progress","id":"3","statusCategory":{"id":4,'
    '"key":"indeterminate","colorName":"yellow","name":"In Progress"}},"issuetype":{"id":"10000","name":"Epic",'
    '"subtask":false,"hierarchyLevel":1}}},'
    '"resolution":%(resolution)s,"assignee":{"self":"SITE/user?accountId=5b10a2844c20165700ede%(who)03d",'
    '"accountId":"5b10a2844c20165700ede%(who)03d","avatarUrls":{"48x48":"https://avatar.acme.test/%(who)d/48",'
    '"24x24":"https://avatar.acme.test/%(who)d/24"},"displayName":"Person %(who)d","active":true,'
    '"timeZone":"Europe/Paris","accountType":"atlassian"},'
    '"labels":["checkout","team-%(team)d"],"created":"%(created)s.000+0000","updated":"%(updated)s.000+0000",'
    '"resolutiondate":%(resolved)s,"statuscategorychangedate":"%(updated)s.000+0000",'
    '"status":{"self":"SITE/status/%(status)s","description":"","name":"%(status_name)s","id":"%(status)s",'
    '"statusCategory":{"self":"SITE/statuscategory/%(category)d","id":%(category)d,"key":"%(category_key)s",'
    '"colorName":"blue","name":"%(status_name)s"}},"customfield_10016":%(points)s'
).replace("SITE", SITE)
REST = (
    ',"project":{"id":"10000","key":"CHK","name":"Checkout","projectTypeKey":"software"},"votes":{"votes":0},'
    '"watches":{"watchCount":1,"isWatching":false},"priority":{"id":"3","name":"Medium"},"components":[],"versions":[],'
    '"description":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"'
    + "What has to be done, why, and how we will know that it is. " * 20
    + '"}]}]},'
    + ",".join(
        f'"customfield_{11000 + n}":{{"self":"{SITE}/customFieldOption/{n}","value":"Choice {n}","id":"{n}"}}'
        for n in range(22)
    )
)
NARROW_ISSUE = (NARROW + "}}").encode()
WHOLE_ISSUE = (NARROW + REST + "}}").encode()
FIXED: dict[str, object] = {
    "/rest/api/3/field": [
        {
            "id": POINTS,
            "name": "Story Points",
            "schema": {"type": "number", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float"},
        }
    ],
    "/rest/api/3/status": [
        {"id": id_, "name": name, "statusCategory": {"id": number, "key": key, "name": name}}
        for id_, name, key, number in STATUSES
    ],
    "/rest/api/3/myself": {"accountId": "5b1", "displayName": "Sync", "timeZone": "Europe/Paris"},
    "/rest/api/3/project/search": {"values": [{"id": "10000", "key": "CHK", "name": "Checkout"}], "isLast": True},
}
SERVER = {
    "baseUrl": "https://acme.atlassian.net",
    "version": "1001.0.0-SNAPSHOT",
    "versionNumbers": [1001, 0, 0],
    "deploymentType": "Cloud",
    "buildNumber": 100290,
    "serverTitle": "Jira",
}


class FakeJira:
    """Answers as one site."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[tuple[int, bool], bytes] = {}
        if world.count <= MOST_KEPT:
            everything = range(world.count)
            self._kept = {(n, whole): self._record(n, whole=whole) for n in everything for whole in (False, True)}

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        path = asked.path.replace("/rest/api/2/", "/rest/api/3/")
        if path == "/rest/api/3/search/jql":
            return self._search(asked)
        if path == "/rest/api/3/issue/bulkfetch":
            return self._bulk(asked)
        if path == "/change":
            every = int(asked.query["every"])
            self._world.change(range(0, self._world.count, every), int(time.time()))
            for number in self._world.changed:
                self._kept.pop((number, False), None)
                self._kept.pop((number, True), None)
            return Answer(b"{}", "")
        if path.endswith("/serverInfo"):
            return Answer(msgspec.json.encode(SERVER))
        return Answer(msgspec.json.encode(FIXED[path])) if path in FIXED else Answer(b"{}", status=404)

    def _search(self, asked: Asked) -> Answer:
        terms = asked.query if asked.method == "GET" else msgspec.json.decode(asked.body)
        fields = terms.get("fields") or ["id"]
        wanted = fields.split(",") if isinstance(fields, str) else fields
        size = int(terms.get("maxResults") or 50)
        ids_only = wanted == ["id"]
        size = min(size, IDS_A_PAGE if ids_only else RECORDS_A_PAGE)
        start = int(terms.get("nextPageToken") or 0)
        numbers, last = self._matching(terms["jql"], start, size)
        issues = self._ids(numbers) if ids_only else self._records(numbers, whole="*all" in wanted)
        end = b'"isLast":true}' if last else b'"isLast":false,"nextPageToken":"%d"}' % (start + size)
        return Answer(b'{"issues":[%b],%b' % (issues, end), "census" if ids_only else "reads")

    def _matching(self, jql: str, start: int, size: int) -> tuple[Sequence[int], bool]:
        found = SINCE.search(jql)
        if found is None:
            return range(start, min(start + size, self._world.count)), start + size >= self._world.count
        first = self._world.since(int(found[1]) / 1000) + start
        return self._world.order[first : first + size], first + size >= self._world.count

    def _bulk(self, asked: Asked) -> Answer:
        terms = msgspec.json.decode(asked.body)
        ids = terms["issueIdsOrKeys"]
        if not 0 < len(ids) <= RECORDS_A_PAGE:
            return Answer(b'{"errorMessages":["1 to 100 issues"],"errors":{}}', "reads", 400)
        records = self._records([int(id_) - FIRST_ID for id_ in ids], whole="*all" in terms["fields"])
        return Answer(b'{"issues":[%b],"issueErrors":[]}' % records, "reads")

    def _ids(self, numbers: Sequence[int]) -> bytes:
        return b",".join([b'{"id":"%d"}' % (FIRST_ID + number) for number in numbers])

    def _records(self, numbers: Sequence[int], *, whole: bool) -> bytes:
        kept = self._kept
        return b",".join([kept.get((number, whole)) or self._record(number, whole=whole) for number in numbers])

    def _record(self, number: int, *, whole: bool) -> bytes:
        return (WHOLE_ISSUE if whole else NARROW_ISSUE) % self._values(number)

    def _values(self, number: int) -> dict[bytes, object]:
        done = self._world.done(number)
        status, name, key, category = STATUSES[2 if done else number % 3]
        updated = iso(self._world.updated(number)).encode()
        return {
            b"id": FIRST_ID + number,
            b"n": number,
            b"epic": number // 20,
            b"parent": FIRST_ID + 900_000_000 + number // 20,
            b"who": number % 50,
            b"team": number % 7,
            b"created": iso(self._world.created(number)).encode(),
            b"updated": updated,
            b"resolution": b'{"id":"10000","name":"Done","description":"Work is complete."}' if done else b"null",
            b"resolved": b'"%b.000+0000"' % updated if done else b"null",
            b"status": status.encode(),
            b"status_name": name.encode(),
            b"category": category,
            b"category_key": key.encode(),
            b"points": b"%d.0" % (number % 8) if number % 9 else b"null",
        }


def main(count: int, seconds: float) -> None:
    """Serve so many issues, each answer so many seconds after its request."""
    world = World(count, int(time.time()))
    asyncio.run(serve(FakeJira(world).answer, seconds))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
