"""`okrsync check` with destinations that cannot be read: real servers, asked and never told anything."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dashboard.app import create_app
from flows.closing import close
from flows.okrs import Desk
from flows.reader import StoreReader
from flows.reports import Counter
from flows.tokens import READ, WRITE, create_token, revoke
from mapping.rules import Cycle, Objective
from okrsync.exits import Exit
from okrsync.sandbox.server import free_port
from store import Store
from tests.connectors.served import Answer, Served, serving
from tests.flows.house import House, key_result, objective
from tests.flows.test_destinations_whole import SECRET

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
QUARTER = Cycle(id="quarter", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="UTC")
YEAR = Cycle(id="year", starts_on=date(2026, 1, 1), ends_on=date(2027, 12, 31), timezone="UTC")


@contextmanager
def served(store: Store) -> Iterator[str]:
    """Serve page and API of a store over a real socket, and return where."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        counter = Counter(store=store, now=lambda: NOW)
        app = create_app(StoreReader(store, now=lambda: NOW), counter=counter)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@dataclass
class Two:
    """A team's house, and the company's server that it reports to."""

    house: House
    central: Store
    url: str

    def token(self, name: str, *, scope: str = WRITE, objectives: tuple[str, ...] = ()) -> str:
        return create_token(self.central, name, scope=scope, objectives=list(objectives), author="ana", now=NOW)

    def check(self, token: str, *, url: str | None = None) -> tuple[int, str]:
        """Write rules that report to the server, and check them."""
        destination = f'{{to: okrsync, url: {url or self.url}, token: "${{TOKEN}}", key_results: all}}'
        return checked(self.house, f"  central: {destination}\n", f"TOKEN={token}\n")


def checked(house: House, destinations: str, secrets: str) -> tuple[int, str]:
    house.rules(objective("work", key_result("all")), objective("more", key_result("all")))
    house.tasks(2)
    with (house.folder / "okrsync.yaml").open("a", encoding="utf-8") as rules:
        rules.write(f"destinations:\n{destinations}")
    (house.folder / ".env").write_text(secrets, encoding="utf-8")
    result = house.run("check")
    assert isinstance(result.exit_code, int)
    return result.exit_code, result.output


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    (tmp_path / "team").mkdir()
    with Store.open(f"sqlite:///{tmp_path}/central.db") as central, served(central) as url:
        yield Two(House(tmp_path / "team", f"sqlite:///{tmp_path}/team.db"), central, url)


def test_a_server_that_would_take_the_reports_is_asked_and_nothing_is_written_there(two: Two) -> None:
    code, said = two.check(two.token("payments"))
    assert (code, "Everything is fine" in said) == (0, True), said
    assert f"work/all at {two.url} is new there and would be taken from payments" in said
    assert (two.central.declared(), two.central.runs()) == ([], [])


def test_a_refused_token_is_told_once_and_never_shown(two: Two) -> None:
    gone = two.token("gone")
    revoke(two.central, "gone", author="ana", now=NOW)
    for token in ("okrsync_made-up", gone):
        code, said = two.check(token)
        assert code == Exit.FINDINGS
        assert said.count("does not know the token (401): make one there") == 1
        assert token not in said


def test_a_token_that_may_only_read_or_not_write_there_is_told(two: Two) -> None:
    code, said = two.check(two.token("board", scope=READ))
    assert (code, said.count("token board may only read: make one with --scope write")) == (Exit.FINDINGS, 1)
    code, said = two.check(two.token("narrow", objectives=("work",)))
    assert (code, "work/all at" in said) == (Exit.FINDINGS, True)
    assert said.count("may not write to objective more") == 1


def test_what_the_server_keeps_otherwise_is_told_for_each_key_result(two: Two) -> None:
    desk = Desk(store=two.central, author="ana", now=NOW)
    desk.add_cycle(QUARTER)
    desk.add_objective(Objective(id="work", title="Work", cycle=QUARTER))
    token = two.token("payments")
    code, said = two.check(token)
    assert (code, said.count("work is of cycle quarter here, not of year")) == (Exit.FINDINGS, 1)
    assert f"more/all at {two.url} is new there" in said
    desk.add_cycle(YEAR)
    close(two.central, "year", author="ana", key_folder=two.house.folder / "keys", now=NOW, early=True)
    code, said = two.check(token)
    assert "cycle year is closed: nothing in it changes any more" in said


def test_a_server_that_is_no_okrsync_or_not_there_is_told_once(two: Two) -> None:
    token = two.token("payments")
    code, said = two.check(token, url=f"{two.url}/elsewhere")
    assert (code, said.count("has no REST API at this address (404): check url")) == (Exit.FINDINGS, 1)
    code, said = two.check(token, url=f"http://127.0.0.1:{free_port()}")
    assert (code, said.count("cannot reach 127.0.0.1")) == (Exit.FINDINGS, 1)


def test_an_address_inside_is_refused_by_the_guard_unless_it_is_listed(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OKRSYNC_ALLOWED_HOSTS")
    code, said = two.check(two.token("payments"))
    assert (code, "OKRSYNC_ALLOWED_HOSTS" in said) == (Exit.FINDINGS, True)
    code, said = hook(two.house, two.url)
    assert (code, "OKRSYNC_ALLOWED_HOSTS" in said) == (Exit.FINDINGS, True)


def hook(house: House, url: str) -> tuple[int, str]:
    destination = f'{{to: webhook, url: "{url}", secret: "${{HOOK}}", key_results: all}}'
    return checked(house, f"  hook: {destination}\n", f"HOOK={SECRET}\n")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, f"sqlite:///{tmp_path}/okrsync.db")


@pytest.mark.parametrize("status", [200, 405, 501])
def test_a_webhook_is_asked_for_its_options_alone_and_any_answer_will_do(house: House, status: int) -> None:
    with serving(Served(lambda _asked: Answer(status=status))) as receiver:
        code, said = hook(house, f"{receiver.url}/okrs?key=7")
    assert code == 0, said
    assert f"{receiver.url}/okrs answers (OPTIONS: {status})" in said
    assert "whether it takes events shows at the first delivery" in said
    (asked,) = receiver.asked
    assert (asked.method, asked.path, asked.query, asked.body) == ("OPTIONS", "/okrs", {}, None)


def test_a_webhook_that_has_moved_or_does_not_answer_is_told_once(house: House) -> None:
    moved = Answer(status=308, headers={"location": "https://hooks.example.com/new"})
    with serving(Served(lambda _asked: moved)) as receiver:
        code, said = hook(house, receiver.url)
    assert (code, said.count("has moved to https://hooks.example.com/new (308)")) == (Exit.FINDINGS, 1)
    code, said = hook(house, f"http://127.0.0.1:{free_port()}/")
    assert (code, said.count("cannot reach 127.0.0.1")) == (Exit.FINDINGS, 1)


def test_a_name_that_nobody_has_is_told(house: House) -> None:
    code, said = hook(house, "https://hooks.invalid/okrs")
    assert (code, "hooks.invalid" in said) == (Exit.FINDINGS, True)


def test_a_certificate_that_is_not_trusted_is_told(house: House, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        code, said = hook(house, f"https://127.0.0.1:{server.server_port}/okrs")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert code == Exit.FINDINGS
    assert "is not trusted" in said
    assert "SSL_CERT_FILE" in said


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    began = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "own.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return pem
