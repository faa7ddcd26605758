"""Rivelle, an invented company: refillable household products from Lyon, sold in a web shop."""

from __future__ import annotations

from typing import NamedTuple

from okrsync.sandbox.jira_words import Person


def _person(number: int, name: str) -> Person:
    first, _, last = name.lower().replace("é", "e").replace("ë", "e").replace("ø", "o").partition(" ")
    return Person(
        account_id=f"712020:5f0c{number:04d}-9a1e-4b7d-8c22-0d3e{number:08d}",
        name=name,
        email=f"{first}@rivelle.test",
        login=f"{first}-{last}",
    )


class StoreTask(NamedTuple):
    """A task of the plan for the store."""

    name: str
    days: float = 0
    """Of work; a task with parts has none of its own."""
    parts: tuple[tuple[str, float], ...] = ()
    """Subtasks with their days."""
    products: int = 0
    """How many it brings onto the shelves."""


SYNC = _person(1, "Okrsync Robot")
"""The account that the demo's tokens belong to."""
INES = _person(2, "Inès Caron")
MATTEO = _person(3, "Matteo Ricci")
AGNES = _person(4, "Agnes Lindqvist")
TOMAS = _person(5, "Tomas Novak")
HANNAH = _person(6, "Hannah Vogt")
LEO = _person(7, "Leo Marchand")
SOFIA = _person(8, "Sofia Pereira")
DEVELOPERS = (INES, MATTEO, AGNES, TOMAS)
MARKETERS = (HANNAH, LEO)
OPERATIONS = (SOFIA, LEO)

EPICS = (
    "One-page checkout",
    "Refill subscriptions",
    "Bottle deposit and returns",
    "Product pages that answer questions",
    "Store finder for refill points",
    "Order status without calling us",
)
"""Of the Shop project, in the order of their keys: SHOP-1 is the one-page checkout."""

STORIES = {
    "One-page checkout": (
        "Guest can pay without an account",
        "Show delivery date before the address is typed",
        "Save the basket for a week",
        "Apple Pay on the first screen",
        "Google Pay on the first screen",
        "Pay by invoice for business customers",
        "Voucher field that explains what went wrong",
        "Address completion for France",
        "Address completion for Belgium",
        "Address completion for Germany",
        "Choose a pick-up point on a map",
        "Combine deposit refund and payment",
        "Show the total with the deposit apart",
        "Keyboard can reach every field",
        "Screen reader reads the total",
        "Remember the last delivery address",
        "Warn before the basket runs out of stock",
        "Split payment with a gift card",
        "Order confirmation within five seconds",
        "Measure where people leave the checkout",
        "Retry a failed card payment",
        "Terms in plain words",
        "Translate the checkout into Dutch",
        "Translate the checkout into Italian",
    ),
    "Refill subscriptions": (
        "Choose the rhythm of a refill",
        "Skip the next delivery",
        "Change the scent in a running subscription",
        "Pause while on holiday",
        "Remind three days before we ship",
        "Pay by direct debit",
        "Show savings against single orders",
        "Gift a subscription",
        "Cancel in two clicks",
        "Swap a product that is sold out",
        "Bundle two subscriptions in one parcel",
        "Pick a fixed weekday",
        "Invoice for a whole year",
        "Subscription page in the account",
    ),
    "Bottle deposit and returns": (
        "Print a return label at home",
        "Return without a printer",
        "Credit the deposit within a day",
        "Track a returned box",
        "Return at a refill point",
        "Donate the deposit",
        "Show bottles at home in the account",
        "Remind of bottles not returned",
        "Count reuse of each bottle",
        "Report broken bottles with a photo",
        "Box that fits eight bottles",
        "Deposit on the invoice",
    ),
    "Product pages that answer questions": (
        "Ingredients with a word on each",
        "Show the carbon footprint of a bottle",
        "Answer questions under the product",
        "Photos that can be enlarged",
        "Compare two products",
        "Reviews with photos",
        "Show which surfaces it is made for",
        "Allergy filter",
        "Data sheet as PDF",
        "Show the refill beside the bottle",
        "Video of the first use",
        "Stock shown by size",
    ),
    "Store finder for refill points": (
        "Search by postcode",
        "Show opening hours",
        "Show which products can be refilled",
        "Route on foot and by bike",
        "Mark my usual refill point",
        "Tell when a refill point is full",
        "Page for each refill point",
        "Import partners from a list",
        "Map without tracking",
        "Report a closed refill point",
    ),
    "Order status without calling us": (
        "Status page without logging in",
        "Message when the parcel is handed over",
        "Change the address until we pack",
        "Cancel until we pack",
        "Show why an order is late",
        "Ask for a new delivery date",
        "Chat from the status page",
        "Invoice download",
        "Refund status",
        "Mail in the customer's language",
    ),
}
SUBTASKS = ("Design", "API", "Front end", "Tests", "Translations", "Tracking", "Migration")
BUG_PARTS = (
    "Total is wrong",
    "Voucher is lost",
    "Page jumps to the top",
    "Button does nothing",
    "Card form stays empty",
    "Delivery date is in the past",
    "Postcode is refused",
    "Basket is empty after login",
    "Deposit is counted twice",
    "Spinner never ends",
)
BUG_PLACES = (
    "on Safari",
    "in Dutch",
    "with two vouchers",
    "on a slow phone",
    "for business customers",
    "after a reload",
    "with a pick-up point",
    "in private windows",
    "when the session ends",
    "for Belgian addresses",
)
ZERO_TASKS = (
    "Pallet film between Lyon and Lille",
    "Parcel tape of the web shop",
    "Filling chips in gift boxes",
    "Labels of refill pouches",
    "Sample sachets for trade fairs",
    "Inner bags of dishwasher tabs",
    "Caps of soap bottles",
    "Shrink wrap of duo packs",
    "Drums from the citric acid supplier",
    "Big bags from the soda supplier",
    "Pouches from the Marseille soap maker",
    "Returns: boxes that come back broken",
    "Returns: bottles that cannot be washed",
    "Returns: pump heads",
    "Shipping: last mile in Paris",
    "Shipping: last mile in Lyon",
    "Shipping: last mile in Brussels",
    "Shipping: night trunk to Cologne",
    "Shipping: reusable boxes for stores",
    "Shipping: padding for glass",
    "Warehouse: paper for picking lists",
    "Warehouse: gloves",
    "Warehouse: coffee corner",
    "Warehouse: broken pallets",
    "Filling line 1: rinse water",
    "Filling line 2: rinse water",
    "Filling line 2: rejected labels",
    "Laboratory: sample bottles",
    "Laboratory: pipette tips",
    "Fair stand in Nantes",
    "Catalogue on paper",
    "Business cards",
    "Office: kitchen waste",
    "Office: printer cartridges",
)
CAMPAIGNS = (
    "Refill week in stores",
    "Landing page for subscriptions",
    "Interviews with six refill points",
    "Newsletter in Dutch",
    "Guide: a kitchen without single use",
    "Podcast with a soap maker",
    "Photo series of returned bottles",
    "Welcome mail series",
    "Partner kit for stores",
    "Advent calendar of repairs",
    "Video: how a bottle is washed",
    "Fair in Nantes",
    "Ask customers for their story",
    "Map of refill points for the press",
    "School kit about soap",
    "Autumn scent launch",
    "Win back customers who paused",
    "Compare page: refill against new",
    "Member evening in Lyon",
    "Member evening in Ghent",
    "Poster for refill points",
    "Answers for shop staff",
    "Search terms for Belgium",
    "Search terms for Germany",
    "Press day",
    "Sticker for bikes",
    "Letter to mayors",
    "Thank-you card in parcels",
    "Survey after the third order",
    "Collect reviews in Italian",
    "Friends invite friends",
    "Blog: what is in our soap",
    "Blog: the route of a bottle",
    "Blog: deposits explained",
    "Reel: five refills in a minute",
    "Reel: the washing hall",
    "Reel: one day at a refill point",
    "Report of the year",
    "Photos of the team",
    "Calendar of local markets",
)
STORE_PERMITS = (
    "Building permit",
    "Fire safety plan",
    "Water for the refill bar",
    "Terrace on the square",
    "Sign above the door",
    "Opening on Sundays",
)
"""In the order in which they are decided."""
STORE_TASKS: dict[str, tuple[StoreTask, ...]] = {
    "Fit-out": (
        StoreTask("Floor and walls", parts=(("Take the old floor out", 2), ("Plaster", 3), ("Lay the new floor", 4))),
        StoreTask("Refill bar", parts=(("Draw the bar", 2), ("Drains", 3), ("Taps", 3), ("Counter", 4))),
        StoreTask("Lights", 3),
        StoreTask("Shelves from old pallets", 5),
        StoreTask("Cash desk", 2),
    ),
    "Shelves": (
        StoreTask("Soap by the litre", 2, products=34),
        StoreTask("Laundry", 2, products=28),
        StoreTask("Kitchen", 3, products=41),
        StoreTask("Bathroom", 3, products=37),
        StoreTask("Bottles and pumps", 2, products=52),
        StoreTask("Local makers", 4, products=24),
    ),
    "Team": (
        StoreTask("Find a store manager", 5),
        StoreTask("Find three people for the bar", 5),
        StoreTask("Train the team in Lyon", 4),
    ),
    "Opening": (
        StoreTask("Invite the neighbours", 1),
        StoreTask("Tell the press", 2),
        StoreTask("Party for the first hundred", 3),
    ),
    "Dropped": (StoreTask("Coffee corner", 6),),
}
"""By section."""
STOREFRONT = (
    "Focus ring is invisible on the basket button",
    "Contrast of prices is too low",
    "Image without alternative text",
    "Menu traps the keyboard",
    "Form errors are not read out",
    "Heading levels jump",
    "Date picker needs a mouse",
    "Language of quotes is not marked",
    "Zoom to 400 % hides the total",
    "Animation cannot be stopped",
    "Bundle grew by 80 kB",
    "Cache header of product images",
    "Server rendering of the home page",
    "Drop the old carousel",
    "Typed API client",
    "Dark mode for the account pages",
    "Log slow queries",
    "Upgrade the template engine",
    "Search misses plurals",
    "Sort by price ignores the deposit",
    "Cookie banner covers the footer",
    "Print style for invoices",
)
PAYMENTS = (
    "Retry with the same key",
    "Refund in parts",
    "Deposit as a line of its own",
    "Webhook signature check",
    "3-D Secure fallback",
    "Direct debit mandate",
    "Currency rounding",
    "Log without card data",
    "Sandbox keys in tests",
    "Timeout after ten seconds",
    "Typed errors",
    "Split payment",
    "Gift cards",
    "Invoice as a payment kind",
    "Reconcile with the bank file",
    "Metrics for failed payments",
    "Rotate keys without a stop",
    "Document the states",
    "Bancontact",
    "Examples for the shop team",
)
PULLS = ("Add", "Fix", "Rework", "Test", "Document")
