"""Rules that mean harm, and the child that runs them with a limit on the CPU time of each.

Run by the test beside it: ``python -m tests.mapping.hostile`` prints what became of each, as JSON. A case that takes
more than its share of CPU is killed by the kernel, and the child with it: no clock on the wall is asked.
"""

from __future__ import annotations

import json
import resource
import signal
import threading
import time

from mapping.errors import RuleError
from mapping.formula import NothingError, compile_formula
from mapping.where import Where, compile_where
from mapping.words import WorkItem
from tests.mapping.worlds import item

CPU_SECONDS = 0.1
MEMORY = 2**30
VICTIMS = (
    item(
        "1",
        title="a" * 999 + "!",
        points=3,
        labels=tuple(f"label-{n:03}" + "b" * 900 for n in range(100)),
        fields={f"f{n}": "x" * 1000 for n in range(100)},
    ),
    item("2", title="a" * 30_000 + "!", points=3, labels=tuple(f"label-{n:04}" for n in range(1000))),
)
"""As large as a filter with a loop may read, and far larger."""

FILTERS = {
    # loops in loops, as macros
    "three loops": "item.labels.exists(a, item.labels.exists(b, item.labels.exists(c, a == b && b == c && a != c)))",
    "two loops": "item.labels.all(a, item.labels.all(b, a != b + 'x'))",
    "loops in a list": "[1,2,3,4,5].all(a, item.labels.all(b, item.labels.exists(c, c == 'none')))",
    "map of maps": "item.labels.map(a, item.labels.map(b, a + b)).size() > 0",
    "filter of maps": "item.labels.map(a, a + a).filter(b, b.size() > 0).map(c, c + c).size() > 5000",
    "exists_one": "item.labels.exists_one(a, item.labels.exists_one(b, a < b))",
    "loop over fields": "item.fields.all(k, item.fields.all(l, item.fields.all(m, k != l || l != m)))",
    "list of loops": "[" + ",".join(["item.labels.map(a, a)"] * 60) + "].size() > 0",
    # what grows
    "long concatenation": "(" + " + ".join(["item.title"] * 150) + ").size() > 0",
    "concatenation in a loop": "item.labels.map(a, item.title + item.title + a).size() > 0",
    "doubling": "item.labels.map(a, item.labels).map(b, b + b + b + b).size() > 0",
    "list times list": "(" + " + ".join(["item.labels"] * 140) + ").size() > 0",
    "map of literals": "{" + ", ".join(f"'{n}': item.title" for n in range(90)) + "}.size() > 0",
    "joined": "item.labels.join(item.title).size() > 0",
    "doubling texts": "item.labels" + ".map(b, b + b)" * 50 + ".size() > 0",
    "hidden in a raw text": r"""r"\" == item.title || item.labels.exists(a, item.labels.exists(b, a == r"\" + b))""",
    "hidden behind a bracket in a text": 'item.labels.exists(a, ")" != a && item.labels.exists(b, a == b + "("))',
    "hidden in a comment": "item.labels.//\nexists(a, item.labels.//\nexists(b, a == b + 'x'))",
    "hidden behind a comment": "item.labels.exists(a, // )\n item.labels.exists(b, a == b + 'x'))",
    "search in a loop": "item.labels.exists(a, " + " || ".join(["item.title.contains(a)"] * 40) + ")",
    # patterns
    "(a+)+$": 'item.title.matches("(a+)+$")',
    "(a|a)*$": 'item.title.matches("(a|a)*$")',
    "(a|aa)+$": 'item.title.matches("^(a|aa)+$")',
    "(.*)*x": 'item.title.matches("(.*)*x")',
    "((a*)*)*b": 'item.title.matches("((a*)*)*b")',
    "(x+x+)+y": 'item.title.matches("(x+x+)+y")',
    "a?^50": 'item.title.matches("^(a?){50}a{50}$")',
    "count of counts": 'item.title.matches("((a{1,100}){1,100}){1,100}")',
    "thousand": 'item.title.matches("(a{1000}){1000}")',
    "back reference": r'item.title.matches("(a)\\1")',
    "look ahead": 'item.title.matches("(?=a)a")',
    "pattern from data": "item.labels.exists(a, item.title.matches(a))",
    "open bracket": 'item.title.matches("((((((((")',
    # out of the language
    "__class__": "item.__class__ == 1",
    "__mro__": "item.title.__class__.__mro__[1].__subclasses__().size() > 0",
    "__import__": "__import__('os').system('true') == 0",
    "eval": "eval('1') == 1",
    "open": "open('/etc/passwd').size() > 0",
    "index class": 'item["__class__"] == "x"',
    "format": '"{0.__class__}".format([item]) == ""',
    "lambda": "(lambda: true)()",
    "assignment": "item.done = true",
    "semicolon": "item.done; item.done",
    "while": "while (true) {}",
    "type": "type(item) == type(1)",
    "proto": "google.protobuf.Any{type_url: 'x'} == null",
    "proto struct": "google.protobuf.Struct{fields: {'a': google.protobuf.Value{number_value: 1.0}}} == {}",
    # what is deep
    "brackets": "(" * 700 + "item.done" + ")" * 700,
    "nots": "!" * 1500 + "item.done",
    "minuses": "-" * 1500 + "1 == 1",
    "lists": "[" * 700 + "]" * 700 + " == []",
    "ternaries": "item.done ? true : " * 100 + "false",
    "indices": "item.labels" + "[0]" * 400 + " == 'x'",
    "calls": "item.title" + ".trim()" * 200 + " == 'x'",
    "ors": " || ".join(["item.done"] * 150),
    # literals
    "huge integer": "9" * 400 + " > 1",
    "huge float": "1e999 > 1.0",
    "hex": "0x" + "f" * 400 + " > 1",
    "long text": "item.title == '" + "a" * 1900 + "'",
    "too long": "item.title == '" + "a" * 5000 + "'",
    "escapes": r"item.title == '\U00110000\x00\u0000'",
    "NUL": "item.title == '\x00'",
    "surrogate": r"item.title == '\ud800'",
    "bytes": r"b'\xff\xfe' == bytes(item.title)",
    # errors that must not be read as an answer
    "division": "1 / 0 == 1",
    "overflow": "9223372036854775807 + 1 > 0",
    "no number": "int(item.title) > 0",
    "no date": "timestamp(item.title) > timestamp(0)",
    "far date": "timestamp('9999-12-31T23:59:59Z') + duration('999999999s') > timestamp(0)",
    "no key": "item.nothing > 3",
    "no index": "item.labels[100000] == ''",
    "a text": "item.title",
    "a number": "item.level",
    "nothing": "null",
    "a list": "item.labels",
    "one side fails": "item.nothing > 3 || item.nothing < 3",
}
FORMULAS = {
    "long sum": "a" + "+a" * 1000,
    "long product": "a" + "*a" * 1000,
    "towers": "(" * 39 + "a" + "*a)" * 39,
    "deep": "(" * 1000 + "a" + ")" * 1000,
    "signs": "-" * 2000 + "a",
    "powers": "a ** 9 ** 9",
    "huge": "9" * 2000,
    "exponent": "1e99 * 1e99 * 1e99 * 1e99 * 1e99",
    "exponent too long": "1e999999999",
    "loop": "[a].map(x, x)",
    "ternaries": "a > 0 ? 1 : " * 150 + "0",
    "min": "min(" * 100 + "a" + ")" * 100,
    "many arguments": "max(" + "a," * 900 + "a)",
    "division": "a / (a - a)",
    "remainder": "a % 0",
    "text": "'a' + 'b'",
    "attribute": "a.__class__",
    "call": "__import__(a)",
    "truth": "a > 0",
    "NaN": "NaN + a",
    "infinity": "Infinity - Infinity",
    "unicode digits": "١٢٣ + a",
    "comment": "a // b",
}


def outcome_of_filter(text: str) -> str:
    """Return what became of a filter: refused, failed, or an answer."""
    try:
        where = compile_where(text)
    except RuleError:
        return "refused"
    return " ".join(_answer(where, victim) for victim in VICTIMS)


def _answer(where: Where, victim: WorkItem) -> str:
    try:
        return str(where.matches(victim)).lower()
    except RuleError:
        return "failed"


def outcome_of_formula(text: str) -> str:
    """Return what became of a formula: refused, failed, without a value, or a value."""
    try:
        expression = compile_formula(text, frozenset("a"))
    except RuleError:
        return "refused"
    try:
        value = expression.value({"a": VICTIMS[0].numbers["story_points"]})
    except RuleError:
        return "failed"
    except NothingError:
        return "no value"
    return f"{value}"[:40]


def main() -> None:
    """Run every case under its limits and print the outcomes, the CPU seconds of each, and the longest silence."""
    compile_where("item.done")  # the library loads on first use
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    silence = [0.0]
    threading.Thread(target=_beat, args=(silence,), daemon=True).start()
    outcomes: dict[str, str] = {}
    seconds: dict[str, float] = {}
    for kind, cases, run in (("filter", FILTERS, outcome_of_filter), ("formula", FORMULAS, outcome_of_formula)):
        for name, text in cases.items():
            print(f"{kind} {name}", flush=True)  # the last one printed is the one that was killed
            signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
            began = time.process_time()
            outcomes[f"{kind} {name}"] = run(text)
            seconds[f"{kind} {name}"] = time.process_time() - began
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    print(json.dumps({"outcomes": outcomes, "seconds": seconds, "silence": silence[0]}))


def _beat(silence: list[float]) -> None:
    last = time.monotonic()
    while True:
        time.sleep(0.005)
        now = time.monotonic()
        silence[0] = max(silence[0], now - last)
        last = now


if __name__ == "__main__":
    main()
