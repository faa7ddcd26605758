"""The GraphQL that okrsync sends. Values go in as variables only.

https://docs.github.com/en/graphql/reference/objects#repository
"""

from __future__ import annotations

_COMMON = """
    id number title url createdAt updatedAt closedAt
    repository { nameWithOwner }
    labels(first: 100) { nodes { name } }
    assignees(first: 1) { nodes { login } }
    milestone { title }
    comments { totalCount }
"""
_ISSUE = f"""{_COMMON}
    state
    stateReason(enableDuplicate: true)
    issueType {{ name }}
    parent {{ id }}
"""
# The two states are different enumerations, so they may not share a name in one answer.
_PULL_REQUEST = f"""{_COMMON}
    pullRequestState: state
    mergedAt
    isDraft
"""

ISSUES = f"""
query ($owner: String!, $name: String!, $first: Int!, $after: String, $filter: IssueFilters) {{
  repository(owner: $owner, name: $name) {{
    issues(first: $first, after: $after, filterBy: $filter, orderBy: {{field: CREATED_AT, direction: ASC}}) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ {_ISSUE} }}
    }}
  }}
}}
"""
"""One page of a repository's issues; pull requests are no part of it."""

NODES = f"""
query ($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    __typename
    ... on Issue {{ {_ISSUE} }}
    ... on PullRequest {{ {_PULL_REQUEST} }}
  }}
}}
"""
"""Up to 100 issues and pull requests by node id; what is gone or hidden comes as null."""

REMOVED_ARGUMENT = "enableDuplicate"


def without_duplicate_flag(query: str) -> str:
    """Return the query for servers that give duplicates of themselves.

    The schema says of ``enableDuplicate`` that it "will be removed" once "the state reason for duplicate issue is now
    returned by default"; servers that still have it report duplicates as not planned without it.
    """
    return query.replace("stateReason(enableDuplicate: true)", "stateReason")
