"""The front door of a vendor's server: writes the ledger, plays faults, and can break HTTP on purpose."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from okrsync.sandbox.faults import URL_HEADER, FaultScript, Reply
from okrsync.sandbox.ledger import Asked, Ledger


class FrontDoor:
    """Wraps an ASGI app. Answers are gathered whole before they go out, which loopback sizes allow."""

    def __init__(self, app: ASGIApp, ledger: Ledger, faults: FaultScript) -> None:
        self.app = app
        self.ledger = ledger
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = await _read(scope, receive)
        self.ledger.entries.append(asked)
        reply = await self._answer(scope, asked)
        reply = self.faults.play(asked, reply)
        reply.headers.pop(URL_HEADER, None)
        asked.status = 0 if reply.drop else reply.status
        if reply.delay_seconds:
            await asyncio.sleep(reply.delay_seconds)
        if reply.broken:
            await _break(send, reply)
        else:
            await _send(send, reply)

    async def _answer(self, scope: Scope, asked: Asked) -> Reply:
        reply = Reply(status=500, headers={}, body=b"")

        async def replay() -> Message:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
            else:
                reply.body += message.get("body", b"")

        await self.app(scope, replay, gather)
        reply.headers.pop("content-length", None)
        reply.headers[URL_HEADER] = _url(scope)
        return reply


def _url(scope: Scope) -> str:
    host = dict(scope["headers"]).get(b"host", b"127.0.0.1").decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{scope['scheme']}://{host}{scope['path']}" + (f"?{query}" if query else "")


async def _read(scope: Scope, receive: Receive) -> Asked:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if "authorization" in headers:
        headers["authorization"] = headers["authorization"].split(" ", 1)[0]
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return Asked(
        method=scope["method"], path=path, query=scope["query_string"].decode("latin-1"), headers=headers, body=body
    )


async def _send(send: Send, reply: Reply) -> None:
    headers = reply.headers | {"content-length": str(len(reply.body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    body = b"" if reply.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED) else reply.body
    if reply.byte_seconds:
        for byte in body:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(reply.byte_seconds)
        body = b""
    await send({"type": "http.response.body", "body": body})


async def _break(send: Send, reply: Reply) -> None:
    """Write to the socket past the server's own HTTP, which would never let a broken answer through."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise TypeError("this fault needs the sandbox served by uvicorn: use okrsync.sandbox.server")
    if reply.drop:
        transport.abort()
    else:
        length = len(reply.body) if reply.content_length is None else reply.content_length
        headers = reply.headers | {"content-length": str(length)}
        lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body[: reply.cut_at])
        transport.close()
    await asyncio.sleep(0.01)  # let the server hear that the connection is gone, or it would answer 500 itself
