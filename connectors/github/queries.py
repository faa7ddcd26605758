"""The GraphQL that okrsync sends. Values go in as variables only.

https://docs.github.com/en/graphql/reference/objects#repository
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

_COMMON = """
    id number title url createdAt updatedAt closedAt
    repository { nameWithOwner }
    labels(first: 100) { nodes { name } }
    assignees(first: 10) { nodes { login } }
    milestone { title number }
    comments { totalCount }
"""
ISSUE = f"""{_COMMON}
    state
    stateReason(enableDuplicate: true)
    issueType {{ name }}
    parent {{ id }}
"""
# The two states are different enumerations, so they may not share a name in one answer.
PULL_REQUEST = f"""{_COMMON}
    pullRequestState: state
    mergedAt
    isDraft
"""
PAGE_INFO = "pageInfo { hasNextPage endCursor }"

ISSUES = f"""
query ($owner: String!, $name: String!, $first: Int!, $after: String, $filter: IssueFilters) {{
  repository(owner: $owner, name: $name) {{
    hasIssuesEnabled
    issues(first: $first, after: $after, filterBy: $filter, orderBy: {{field: CREATED_AT, direction: ASC}}) {{
      totalCount {PAGE_INFO}
      nodes {{ {ISSUE} }}
    }}
  }}
}}
"""
"""One page of a repository's issues; pull requests are no part of it."""

NODES = f"""
query ($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    __typename
    ... on Issue {{ {ISSUE} }}
    ... on PullRequest {{ {PULL_REQUEST} }}
  }}
}}
"""
"""Up to 100 issues and pull requests by node id; what is gone or hidden comes as null."""

SUB_ISSUES = f"""
query ($ids: [ID!]!, $after: String) {{
  nodes(ids: $ids) {{
    ... on Issue {{
      id
      subIssues(first: 100, after: $after) {{ {PAGE_INFO} nodes {{ {ISSUE} }} }}
    }}
  }}
}}
"""
"""The sub-issues of issues. Their own counts of sub-issues are not asked for: they were wrong more than once."""

ROOT = f"""
query ($owner: String!, $name: String!, $number: Int!) {{
  repository(owner: $owner, name: $name) {{ issue(number: $number) {{ {ISSUE} }} }}
}}
"""

REPOSITORIES = f"""
query ($owner: String!, $after: String) {{
  repositoryOwner(login: $owner) {{
    repositories(
      first: 100, after: $after, ownerAffiliations: [OWNER], orderBy: {{field: NAME, direction: ASC}}
    ) {{
      {PAGE_INFO}
      nodes {{ nameWithOwner isArchived hasIssuesEnabled }}
    }}
  }}
}}
"""

LABELLED = f"""
query ($id: ID!, $first: Int!, $after: String) {{
  node(id: $id) {{
    ... on Label {{
      issues(first: $first, after: $after, orderBy: {{field: CREATED_AT, direction: ASC}}) {{
        {PAGE_INFO}
        nodes {{ {ISSUE} }}
      }}
    }}
  }}
}}
"""

OPTIONAL: Mapping[str, tuple[str, str]] = {
    "enableDuplicate": ("stateReason(enableDuplicate: true)", "stateReason"),
    "issueType": ("issueType { name }", ""),
    "parent": ("parent { id }", ""),
}
"""What some servers do not have: its name, how it stands in queries, and what stands there without it.

The schema says of ``enableDuplicate`` that it "will be removed" once "the state reason for duplicate issue is now
returned by default"; servers that still have it report duplicates as not planned without it. Older Enterprise Servers
have neither types nor parents of issues.
"""


def without(query: str, lacks: Collection[str]) -> str:
    """Return the query without what a server lacks."""
    for name in sorted(lacks):
        query = query.replace(*OPTIONAL[name])
    return query


def lanes(count: int, *, whole: bool, labels: bool, types: bool) -> str:
    """Return a query for one page of each of ``count`` lanes, issues by time of their last update, oldest first.

    Args:
        count: how many lanes.
        whole: give the issues with their fields, not only their ids.
        labels: give the names of their labels as well.
        types: give their types as well.
    """
    node = ISSUE if whole else " id updatedAt "
    if not whole and labels:
        node += " labels(first: 100) { nodes { name } } "
    if not whole and types:
        node += " issueType { name } "
    variables = ", ".join(
        f"$owner{n}: String!, $name{n}: String!, $after{n}: String, $filter{n}: IssueFilters" for n in range(count)
    )
    fields = "\n".join(
        f"  lane{n}: repository(owner: $owner{n}, name: $name{n}) {{\n    hasIssuesEnabled\n"
        f"    issues(first: $first, after: $after{n}, filterBy: $filter{n}, "
        "orderBy: {field: UPDATED_AT, direction: ASC}) {\n"
        f"      totalCount {PAGE_INFO}\n      nodes {{ {node} }}\n    }}\n  }}"
        for n in range(count)
    )
    return f"query ($first: Int!, {variables}) {{\n{fields}\n}}\n"


PROJECT = """
query ($owner: String!, $number: Int!) {
  repositoryOwner(login: $owner) {
    ... on ProjectV2Owner {
      projectV2(number: $number) {
        id title url
        fields(first: 100) {
          nodes { ... on ProjectV2FieldCommon { id name dataType } }
        }
      }
    }
  }
}
"""
"""A project with its fields."""

_FIELD = "field { ... on ProjectV2FieldCommon { id name } }"


def _project_item(issue: str, pull_request: str) -> str:
    """Return the fields of an item of a project, with those of its content."""
    return f"""
    id fullDatabaseId isArchived type createdAt updatedAt
    project {{ id number }}
    fieldValues(first: 100) {{
      nodes {{
        ... on ProjectV2ItemFieldNumberValue {{ number {_FIELD} }}
        ... on ProjectV2ItemFieldSingleSelectValue {{ name optionId {_FIELD} }}
        ... on ProjectV2ItemFieldTextValue {{ text {_FIELD} }}
        ... on ProjectV2ItemFieldDateValue {{ date {_FIELD} }}
        ... on ProjectV2ItemFieldIterationValue {{ title {_FIELD} }}
      }}
    }}
    content {{
      __typename
      ... on Issue {{ {issue} }}
      ... on PullRequest {{ {pull_request} }}
      ... on DraftIssue {{ id title createdAt updatedAt assignees(first: 10) {{ nodes {{ login }} }} }}
    }}
"""


_PROJECT_ITEM = _project_item(ISSUE, PULL_REQUEST)

PROJECT_ITEMS = f"""
query ($id: ID!, $first: Int!, $after: String) {{
  node(id: $id) {{
    ... on ProjectV2 {{
      items(first: $first, after: $after, orderBy: {{field: POSITION, direction: ASC}}) {{
        totalCount {PAGE_INFO}
        nodes {{ {_PROJECT_ITEM} }}
      }}
    }}
  }}
}}
"""
"""One page of a project's items, archived ones among them."""

ITEMS_BY_ID = f"""
query ($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    __typename
    ... on ProjectV2Item {{ {_PROJECT_ITEM} }}
  }}
}}
"""

_EVENTS = """
      __typename
      ... on ClosedEvent { createdAt stateReason }
      ... on ReopenedEvent { createdAt }
      ... on LabeledEvent { createdAt label { name } }
      ... on UnlabeledEvent { createdAt label { name } }
      ... on MilestonedEvent { createdAt milestoneTitle }
      ... on DemilestonedEvent { createdAt milestoneTitle }
      ... on ProjectV2ItemStatusChangedEvent { createdAt previousStatus status project { id } }
"""
_ISSUE_EVENTS = f"""{_EVENTS}
      ... on ParentIssueAddedEvent {{ createdAt parent {{ id }} }}
      ... on ParentIssueRemovedEvent {{ createdAt parent {{ id }} }}
      ... on IssueTypeAddedEvent {{ createdAt issueType {{ name }} }}
      ... on IssueTypeChangedEvent {{ createdAt issueType {{ name }} prevIssueType {{ name }} }}
      ... on IssueTypeRemovedEvent {{ createdAt prevIssueType: issueType {{ name }} }}
      ... on TransferredEvent {{ createdAt fromRepository {{ nameWithOwner }} }}
"""
_PULL_EVENTS = f"""{_EVENTS}
      ... on MergedEvent {{ createdAt }}
      ... on ConvertToDraftEvent {{ createdAt }}
      ... on ReadyForReviewEvent {{ createdAt }}
"""
_BOTH_TYPES = (
    "CLOSED_EVENT, REOPENED_EVENT, LABELED_EVENT, UNLABELED_EVENT, MILESTONED_EVENT, DEMILESTONED_EVENT, "
    "PROJECT_V2_ITEM_STATUS_CHANGED_EVENT"
)
_ISSUE_TYPES = (
    f"{_BOTH_TYPES}, PARENT_ISSUE_ADDED_EVENT, PARENT_ISSUE_REMOVED_EVENT, ISSUE_TYPE_ADDED_EVENT, "
    "ISSUE_TYPE_CHANGED_EVENT, ISSUE_TYPE_REMOVED_EVENT, TRANSFERRED_EVENT"
)
_PULL_TYPES = f"{_BOTH_TYPES}, MERGED_EVENT, CONVERT_TO_DRAFT_EVENT, READY_FOR_REVIEW_EVENT"
_ISSUE_TIMELINE = f"""
        {ISSUE}
        timeline: timelineItems(first: 100, after: $after, itemTypes: [{_ISSUE_TYPES}]) {{
          {PAGE_INFO} nodes {{ {_ISSUE_EVENTS} }}
        }}
"""
_PULL_TIMELINE = f"""
        {PULL_REQUEST}
        timeline: timelineItems(first: 100, after: $after, itemTypes: [{_PULL_TYPES}]) {{
          {PAGE_INFO} nodes {{ {_PULL_EVENTS} }}
        }}
"""
TIMELINES = f"""
query ($ids: [ID!]!, $after: String) {{
  nodes(ids: $ids) {{
    __typename
    ... on Issue {{ {_ISSUE_TIMELINE} }}
    ... on PullRequest {{ {_PULL_TIMELINE} }}
  }}
}}
"""
"""Issues and pull requests by node id, with what happened to them."""

ITEM_TIMELINES = f"""
query ($ids: [ID!]!, $after: String) {{
  nodes(ids: $ids) {{
    __typename
    ... on ProjectV2Item {{ {_project_item(_ISSUE_TIMELINE, _PULL_TIMELINE)} }}
  }}
}}
"""
"""Items of projects by node id, with what happened to what they hold."""

DEPLOYMENTS = f"""
query ($owner: String!, $name: String!, $first: Int!, $after: String, $environments: [String!]) {{
  repository(owner: $owner, name: $name) {{
    found: deployments(
      first: $first, after: $after, environments: $environments, orderBy: {{field: CREATED_AT, direction: DESC}}
    ) {{
      totalCount {PAGE_INFO}
      nodes {{
        id createdAt environment state
        statuses(first: 50) {{ nodes {{ createdAt state }} }}
      }}
    }}
  }}
}}
"""
MERGED = f"""
query ($owner: String!, $name: String!, $first: Int!, $after: String, $branch: String, $labels: [String!]) {{
  repository(owner: $owner, name: $name) {{
    found: pullRequests(
      first: $first, after: $after, states: [MERGED], baseRefName: $branch, labels: $labels,
      orderBy: {{field: UPDATED_AT, direction: DESC}}
    ) {{
      totalCount {PAGE_INFO}
      nodes {{ id number createdAt updatedAt mergedAt labels(first: 100) {{ nodes {{ name }} }} }}
    }}
  }}
}}
"""
STARGAZERS = f"""
query ($owner: String!, $name: String!, $first: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    found: stargazers(first: $first, after: $after, orderBy: {{field: STARRED_AT, direction: DESC}}) {{
      totalCount {PAGE_INFO}
      nodes: edges {{ createdAt: starredAt }}
    }}
  }}
}}
"""


def labels(count: int) -> str:
    """Return a query for one page of the labels of each of ``count`` repositories."""
    variables = ", ".join(f"$owner{n}: String!, $name{n}: String!, $after{n}: String" for n in range(count))
    fields = "\n".join(
        f"  lane{n}: repository(owner: $owner{n}, name: $name{n}) {{\n"
        f"    labels(first: 100, after: $after{n}, orderBy: {{field: CREATED_AT, direction: ASC}}) {{\n"
        f"      {PAGE_INFO}\n      nodes {{ id name createdAt updatedAt }}\n    }}\n  }}"
        for n in range(count)
    )
    return f"query ({variables}) {{\n{fields}\n}}\n"
