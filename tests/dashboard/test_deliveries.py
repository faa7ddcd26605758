"""What was written elsewhere of a key result stands on its page, as the outbox has it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.app import create_app
from dashboard.vocabulary import DELIVERY_WORDS
from flows.reader import StoreReader
from mapping.delivery import DeliveryState, Sending
from mapping.explanation import Explanation
from mapping.status import Status
from store import Store
from tests.connectors.asana.kit import Office
from tests.dashboard.fixtures import Company
from tests.dashboard.sketches import NOW
from tests.dashboard.test_safety import HOSTILE, dangers
from tests.flows.desk import HOUR, Desk

K0 = "launch/k0"
HALF, MORE, MOST = Decimal("0.5"), Decimal("0.6"), Decimal("0.7")


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk.with_goals(store, Office(), tmp_path, 2)


def deliveries(desk: Desk, address: str = K0, *, language: str = "en") -> str:
    """Return the words of the section of deliveries; empty where the page has none."""
    app = create_app(StoreReader(desk.store, now=desk.office.clock.now), now=desk.office.clock.now)
    answer = TestClient(app).get(f"/kr/{address}", params={"lang": language})
    assert answer.status_code == 200
    _, _, found = answer.text.partition('<h2 id="deliveries-title">')
    plain = re.sub(r"<[^>]+>", " ", found.partition("</section>")[0])
    return re.sub(r"\s+", " ", plain.replace("&#39;", "'")).strip()


def test_a_key_result_that_goes_nowhere_has_no_such_section(desk: Desk) -> None:
    desk.publish({K0: HALF}, queue=False)
    assert deliveries(desk) == ""


def test_what_was_written_says_where_and_what(desk: Desk) -> None:
    desk.publish({K0: HALF})
    assert "goals 50%" in deliveries(desk)
    assert "waits to be written" in deliveries(desk)
    desk.deliver()
    told = deliveries(desk)
    assert "written value 0.5; first write: value was 0" in told
    assert "waits" not in told
    assert "écrit valeur 0,5 ; première écriture, la valeur était 0" in deliveries(desk, language="fr")


def test_the_newest_stands_first_and_what_it_overtook_below(desk: Desk) -> None:
    desk.publish({K0: HALF})
    desk.office.clock.instant += HOUR
    desk.publish({K0: MORE})
    told = deliveries(desk)
    assert told.index("60%") < told.index("50%")
    assert "overtaken by a newer one a newer one took its place" in told
    assert "un envoi plus récent l’a remplacé" in deliveries(desk, language="fr")


def test_a_persons_edit_that_was_left_alone_is_told_with_what_to_do(desk: Desk) -> None:
    desk.publish({K0: HALF})
    desk.deliver()
    desk.set_by_a_person(K0, 0.9)
    desk.publish({K0: MOST})
    desk.deliver()
    told = deliveries(desk)
    assert "a person's edit was left alone" in told
    assert "a person set value to 0.9 there, where okrsync had written 0.5" in told
    assert "choose on_conflict: overwrite" in told
    french = deliveries(desk, language="fr")
    assert "une personne y a mis la valeur 0,9, là où okrsync avait écrit 0,5 : saisir la même valeur" in french


def test_a_refusal_is_told_in_the_words_of_the_other_side(desk: Desk) -> None:
    del desk.office.site.goals[desk.targets[K0]]
    desk.publish({K0: HALF})
    desk.deliver()
    told = deliveries(desk)
    assert "could not be written" in told
    assert "is not there or hidden from this account (404)" in told
    assert "n’a pas pu être écrit" in deliveries(desk, language="fr")


def test_every_state_has_a_word() -> None:
    assert set(DELIVERY_WORDS) == set(DeliveryState)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_destination_answered_stays_text(text: str) -> None:
    class Told(Company):
        def explain(self, address: str) -> Explanation:
            one = Sending(
                destination=text, at=NOW, state="failed", value=None, status=Status.NO_DATA, detail=text, attempts=12
            )
            return replace(super().explain(address), deliveries=(one,))

    page = TestClient(create_app(Told(), now=lambda: NOW)).get("/kr/launch-checkout/epic")
    assert page.status_code == 200
    assert dangers(page.text) == []
    assert "12 attempts" in page.text
