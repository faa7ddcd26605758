"""The long record of a repository, most of it addresses."""

from __future__ import annotations

from okrsync.sandbox.github_kinds import WEB, Repository, node_id
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.wire import Record

_PATHS = {
    "archive_url": "{archive_format}{/ref}",
    "assignees_url": "assignees{/user}",
    "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}",
    "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}",
    "commits_url": "commits{/sha}",
    "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}",
    "contributors_url": "contributors",
    "deployments_url": "deployments",
    "downloads_url": "downloads",
    "events_url": "events",
    "forks_url": "forks",
    "git_commits_url": "git/commits{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "hooks_url": "hooks",
    "issue_comment_url": "issues/comments{/number}",
    "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}",
    "keys_url": "keys{/key_id}",
    "labels_url": "labels{/name}",
    "languages_url": "languages",
    "merges_url": "merges",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}",
    "stargazers_url": "stargazers",
    "statuses_url": "statuses/{sha}",
    "subscribers_url": "subscribers",
    "subscription_url": "subscription",
    "tags_url": "tags",
    "teams_url": "teams",
    "trees_url": "git/trees{/sha}",
}


def owner_record(site: GitHubSite, login: str) -> Record:
    """Return the organisation that owns a repository."""
    person = site.user(site.account.person)
    own = site.account.person.login
    record = {
        name: value.replace(f"/{own}", f"/{login}") if isinstance(value, str) else value
        for name, value in person.items()
    }
    number = sum(map(ord, login)) + 50_000
    return record | {"login": login, "id": number, "node_id": node_id("O", 0, number), "type": "Organization"}


def repository_record(site: GitHubSite, repository: Repository) -> Record:
    """Return what ``GET /repos/{owner}/{repo}`` gives."""
    api, web = site.api(repository), f"{WEB}/{repository.full_name}"
    opened = sum(record["state"] == "open" for record in repository.records)
    changed = max((record["updated_at"] for record in repository.records), default=repository.created_at)
    host = WEB.removeprefix("https://")
    record: Record = {
        "id": repository.id,
        "node_id": node_id("R", 0, repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": True,
        "owner": owner_record(site, repository.owner),
        "html_url": web,
        "description": repository.description or None,
        "fork": False,
        "url": api,
    }
    record |= {name: f"{api}/{path}" for name, path in _PATHS.items()}
    record |= {
        "created_at": repository.created_at,
        "updated_at": changed,
        "pushed_at": changed,
        "git_url": f"git://{host}/{repository.full_name}.git",
        "ssh_url": f"git@{host}:{repository.full_name}.git",
        "clone_url": f"{web}.git",
        "svn_url": web,
        "homepage": None,
        "mirror_url": None,
        "language": "TypeScript",
        "license": None,
        "size": 4096,
        "default_branch": "main",
        "visibility": "private",
        "topics": [],
        "permissions": {"admin": False, "maintain": False, "push": False, "triage": True, "pull": True},
    }
    record |= dict.fromkeys(("archived", "disabled", "has_discussions", "has_pages", "allow_forking"), False)
    record |= dict.fromkeys(("has_issues", "has_projects", "has_downloads", "has_wiki"), True)
    record |= dict.fromkeys(("stargazers_count", "watchers_count", "watchers", "forks", "forks_count"), 0)
    record |= {"stargazers_count": len(repository.stars), "archived": repository.archived}
    return record | {"open_issues": opened, "open_issues_count": opened, "network_count": 0, "subscribers_count": 3}
