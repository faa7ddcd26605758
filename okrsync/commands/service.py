"""Commands that stay: the page, the whole service, and putting the schedule on a Prefect server."""

from __future__ import annotations

from typing import Annotated

import typer

from okrsync.place import Place

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: okrsync serve --port 8080")(serve)
    app.command(epilog="Example: okrsync up")(up)
    app.command(epilog="Example: PREFECT_API_URL=http://prefect.acme.test:4200/api okrsync deploy")(deploy)


def serve(ctx: typer.Context, host: Host = "127.0.0.1", port: Port = 8765) -> None:
    """Serve the page on which everybody sees the key results, and the REST API for those who have a token."""
    from okrsync.serving import serve_page

    place: Place = ctx.obj
    serve_page(place, host=host, port=port)


def up(
    ctx: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 8765,
    prefect_port: Annotated[int, typer.Option(help="Port of the Prefect server.", min=1, max=65535)] = 4200,
) -> None:
    """Run the whole service on this machine: Prefect server, nightly schedule and page, until Ctrl-C."""
    from okrsync.serving import run_service

    place: Place = ctx.obj
    run_service(place, host=host, port=port, prefect_port=prefect_port)


def deploy(
    ctx: typer.Context,
    pool: Annotated[str, typer.Option(help="Work pool that runs the syncs; made if missing.")] = "okrsync",
) -> None:
    """Put the nightly schedule of the rules file on a Prefect API."""
    from okrsync.running import run_deploy

    place: Place = ctx.obj
    for line in run_deploy(place, pool=pool):
        typer.echo(line)
