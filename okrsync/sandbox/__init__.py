"""Two vendors on loopback, driven by a seed and a clock: what the demo, the docs and the tests talk to.

The sandbox speaks real HTTP as Jira Cloud and as GitHub. It shares no code with the connectors: its answers are built
from the vendors' own API descriptions, so that a connector that agrees with it agrees with something else than itself.
"""
