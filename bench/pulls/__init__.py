"""Pulls side by side: okrsync, a bare puller and the vendors' usual libraries against the same fake servers."""
