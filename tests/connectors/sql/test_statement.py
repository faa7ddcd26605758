"""One SELECT goes through, whatever stands in its quotes and comments; nothing else does."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import create_engine, text

from connectors.sql.statement import checked


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "select count(*) from deals;",
        "  SELECT 1 ;\n ; ",
        "WITH won AS (SELECT 1 AS n) SELECT n FROM won",
        "-- what we won\nSELECT 1 /* and; lost */",
        "SELECT 'drop table x; --' AS a",
        "SELECT 'it''s'",
        'SELECT 1 AS "update"',
        "SELECT `delete` FROM t",
        "SELECT $$delete; 'x$$, $tag$ ; $$ $tag$",
        "SELECT replace(name, 'a', 'b'), deleted_at, updated FROM t",
        "SELECT data #>> '{a,b}' FROM t",
        "SELECT a[1:2] FROM t",
    ],
)
def test_one_select_goes_through(query: str) -> None:
    assert checked(query, ())


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "begins with nothing"),
        ("-- only a comment", "begins with nothing"),
        ("DELETE FROM t", "begins with DELETE"),
        ("EXPLAIN SELECT 1", "begins with EXPLAIN"),
        ("PRAGMA writable_schema = 1", "begins with PRAGMA"),
        ("VALUES (1)", "begins with VALUES"),
        ("SELECT 1; DROP TABLE t", "semicolon"),
        ("SELECT 1; SELECT 2", "semicolon"),
        ("SELECT 1;--\nDROP TABLE t", "semicolon"),
        ("SELECT * INTO copy FROM t", "holds INTO"),
        ("WITH gone AS (DELETE FROM t RETURNING id) SELECT * FROM gone", "holds DELETE"),
        ("WITH x AS (INSERT INTO t VALUES (1)) SELECT 1", "holds INSERT"),
        ("SELECT 1 FROM t FOR UPDATE", "holds UPDATE"),
        ("WITH x AS (SELECT 1) UPDATE t SET a = 1", "holds UPDATE"),
        ("SELECT 1 /* unended", "does not end"),
        ("SELECT 'unended", "does not end"),
        ("SELECT '\\'; DROP TABLE t; --'", "backslash within quotes"),
        ("SELECT '\\' '; DROP TABLE t; --'", "backslash within quotes"),
        ("SELECT 1 /*!50000 INTO OUTFILE 'x' */", "some databases execute"),
        ("SELECT 1 /* /* */ ; DROP TABLE t */", "some databases execute"),
        ("SELECT :team", "binds :team, and params has no team"),
    ],
)
def test_anything_else_is_refused(query: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        checked(query, ())


def test_a_parameter_that_is_not_used_is_told() -> None:
    with pytest.raises(ValueError, match="binds no :team, which params has"):
        checked("SELECT ':team' -- :team", {"team"})


def test_only_declared_parameters_are_bound_and_other_colons_stay() -> None:
    query = "SELECT :n + 1, '12:30 :n', \"a:b\", ':x' FROM (SELECT 5 AS \"a:b\") -- :n"
    with create_engine("sqlite://").connect() as connection:
        assert connection.execute(text(checked(query, {"n"})), {"n": 2}).one() == (3, "12:30 :n", 5, ":x")
