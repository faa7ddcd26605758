"""What the pullers ask Jira for: the fields that okrsync names, for the library and the bare puller as well."""

NAMED = (
    "summary,status,issuetype,parent,labels,assignee,resolution,created,updated,resolutiondate,"
    "statuscategorychangedate,customfield_10016"
)
JQL = "project = CHK ORDER BY id ASC"
