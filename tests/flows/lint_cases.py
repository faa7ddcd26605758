"""For each code of lint rules that have the finding, and rules that differ by little and have it not."""

from __future__ import annotations

from collections.abc import Mapping

HEAD = """\
connections:
  jira: {connector: jira, url: https://acme.atlassian.net, email: sync@acme.test, token: "${JIRA_TOKEN}"}
  kpis: {connector: spreadsheet, file: kpis.xlsx}
cycles:
  q4: {starts_on: 2026-10-01, ends_on: CYCLE_END}
objectives:
"""
LATEST = "{latest: {from: kpis, sheet: KPI, row: ROW, column: Now}}"
COUNT = "{count: {from: jira, project: ROW}}"
EPIC = "{completion: {from: jira, epic: CHK-1}}"


def kr(name: str, title: str = "Ready for sale", metric: str = "{baseline: 1, target: 9}", **more: str) -> str:
    """Return the lines of a key result; its measure reads a row of its name."""
    measure = more.pop("measure", LATEST).replace("ROW", name)
    keys = {"title": f'"{title}"', "owner": "ana", "metric": metric, "measure": measure, **more}
    lines = [f"        {key}: {value}" for key, value in keys.items() if value]
    return "\n".join([f"      {name}:", *lines])


def objective(name: str, *key_results: str, **more: str) -> str:
    """Return the lines of an objective with two key results, or those given."""
    keys = {"title": "Sell what we make", "cycle": "q4", "team": "shop", **more}
    lines = [f"    {key}: {value}" for key, value in keys.items() if value]
    return "\n".join([f"  {name}:", *lines, "    key_results:", *(key_results or (kr(f"{name}1"), kr(f"{name}2")))])


def rules(*objectives: str, cycle_end: str = "2027-01-01") -> str:
    return HEAD.replace("CYCLE_END", cycle_end) + "\n".join(objectives) + "\n"


def one(*key_results: str, **more: str) -> str:
    return rules(objective("o", *key_results, **more))


def title(said: str, metric: str, measure: str = LATEST) -> str:
    """Return rules with one key result of that title and metric beside a sober one."""
    return one(kr("a", said, metric, measure=measure), kr("b"))


def company(count: int) -> str:
    return rules(*(objective(f"c{n}", level="company", team=f"t{n}") for n in range(count)))


def of_team(count: int, level: str = "team", **more: str) -> str:
    return rules(*(objective(f"c{n}", level=level, **more) for n in range(count)))


IGNORED = one(kr("a"), kr("b")).replace("  o:\n", "  o:  # okrsync: ignore CODES\n")

CASES: Mapping[str, tuple[str, str]] = {
    "OKR002": (IGNORED.replace("CODES", "OKR999"), one(kr("a")).replace("  o:\n", "  o:  # okrsync: ignore OKR010\n")),
    "OKR003": (IGNORED.replace("CODES", "OKR010"), one(kr("a")).replace("  o:\n", "  o:  # okrsync: ignore OKR010\n")),
    "OKR010": (one(kr("a")), one(kr("a"), kr("b"))),
    "OKR011": (one(*(kr(each) for each in "abcdef")), one(*(kr(each) for each in "abcde"))),
    "OKR012": (company(2), company(3)),
    "OKR013": (company(6), company(5)),
    "OKR014": (of_team(4), of_team(3)),
    "OKR015": (of_team(4, "person", team="", owner="ana"), of_team(3, "person", team="", owner="ana")),
    "OKR016": (rules(objective("o"), cycle_end="2026-12-31"), rules(objective("o"), cycle_end="2027-01-01")),
    "OKR017": (rules(objective("o"), cycle_end="2027-10-02"), rules(objective("o"), cycle_end="2027-10-01")),
    "OKR020": (one(kr("a", owner=""), kr("b")), one(kr("a", owner=""), kr("b"), owner="ana")),
    "OKR021": (one(team=""), one(team="", owner="ana")),
    "OKR022": (one(kr("a", owner="", guard="none"), kr("b")), one(kr("a", guard="none"), kr("b", owner=""))),
    "OKR030": (title("Improve the quality", "{baseline: 1, target: 9}"), title("Quality score of 9", "{at_least: 9}")),
    "OKR031": (
        title("Bring open bugs down from 40 to 10", "{baseline: 40, target: 12}"),
        title("Bring open bugs down from 40 to 10", "{baseline: 40, target: 10}"),
    ),
    "OKR032": (
        title("Lift conversion from 15 % to 25 %", "{baseline: 12%, target: 25%}"),
        title("Lift conversion from 15 % to 25 %", "{baseline: 15%, target: 25%}"),
    ),
    "OKR033": (
        title("Reach 2 M$ of revenue", "{baseline: 1 M€, target: 2.5 M€}"),
        title("Reach 2 M€ of revenue", "{baseline: 1 M€, target: 2 M€}"),
    ),
    "OKR034": (
        title("30 leads a month", "{baseline: 0, target: 30}", COUNT),
        title("30 leads a month", "{baseline: 0, target: 30, per: month}", COUNT),
    ),
    "OKR035": (
        title("Bring open bugs down from 40 to 10", "{baseline: 10, target: 40}"),
        title("Bring open bugs up from 10 to 40", "{baseline: 10, target: 40}"),
    ),
    "OKR036": (
        title("More than 42 points of NPS", "{baseline: 20, at_least: 42}"),
        title("42 points of NPS or more", "{baseline: 20, at_least: 42}"),
    ),
    "OKR037": (one(title="Reach 5 M€ of revenue"), one(title="Sell what we make")),
    "OKR040": (
        one(kr("a", metric="", measure=EPIC), kr("b", "Ready", measure=COUNT)),
        one(kr("a", metric="", measure=EPIC), kr("b")),
    ),
    "OKR041": (
        one(kr("a", measure=COUNT.replace("ROW", "CHK")), kr("b", measure=COUNT.replace("ROW", "CHK"))),
        one(kr("a", measure=COUNT.replace("ROW", "CHK")), kr("b", measure=COUNT.replace("ROW", "PAY"))),
    ),
    "OKR042": (
        one(kr("a", measure="{latest: {from: kpis, sheet: S, cell: C7}}"), kr("b")),
        one(kr("a", measure="{latest: {from: kpis, sheet: S, cell: C7, label: NPS}}"), kr("b")),
    ),
    "OKR043": (
        one(kr("a", metric="{at_least: 9}"), kr("b")),
        one(kr("a", metric="{baseline: 2, at_least: 9}"), kr("b", metric="done")),
    ),
    "OKR044": (one(kr("a", measure="by_hand"), kr("b")), one(kr("a"), kr("b"))),
}
"""Code to the rules with it and without it. What depends on the store stands in test_linting.py."""

TITLES_THAT_AGREE = (
    ("9 of 10 colleagues answer the survey", "{baseline: 0%, target: 90%}"),
    ("85 of 100 orders are ready within 20 minutes", "{baseline: 45, at_most: 20, unit: minutes}"),
    ("Satisfaction at work 20% up", "{baseline: 6.5, target: +20%}"),
    ("Satisfaction at work 20% up", "{baseline: 6.5, target: 7.8}"),
    ("Reach 40 percent", "{baseline: 0%, target: 40%}"),
    ("Two million euros of revenue", "{baseline: 1 M€, target: 2 M€}"),
    ("A quarter more renewals", "{baseline: 480, target: +25%, unit: renewals}"),
    ("Supply chain and shipping work with zero waste", "{baseline: 0%, target: 100%}"),
    ("Passer de 15 % à 25 % de conversion", "{baseline: 15%, target: 25%}"),
    ("Note de 4,6/5 ou plus", "{at_least: 4.6/5}"),
    ("Keep the cold store between 2 and 6 degrees", "{between: [2, 6]}"),
    ("40 promised, 70 wanted, 100 would be outstanding", "{baseline: 0, commit: 40, target: 70, stretch: 100}"),
    ("10 open bugs", "{baseline: 40, target: 10}"),
    ("Finish the checkout", "{baseline: 0, target: 12}"),
)
TITLES_THAT_DO_NOT = (
    ("Augmenter la conversion de 10 %", "{baseline: 15%, target: 25%}", "OKR031"),
    ("Passer de 15 % à 30 % de conversion", "{baseline: 15%, target: 25%}", "OKR031"),
    ("Passer de 40 à 10 bugs", "{baseline: 50, target: 10}", "OKR032"),
    ("Reach 40%", "{baseline: 0, target: 30}", "OKR033"),
    ("Twice as many followers", "{baseline: 100, target: 150}", "OKR031"),
    ("Keep the cold store between 2 and 8 degrees", "{between: [2, 6]}", "OKR031"),
    ("Améliorer la qualité de service", "{baseline: 1, target: 9}", "OKR030"),
    ("Mieux communiquer", "{baseline: 1, target: 9}", "OKR030"),
    ("Better onboarding", "{baseline: 1, target: 9}", "OKR030"),
    ("Moins de 5 % de churn", "{baseline: 9%, at_most: 5%}", "OKR036"),
)
