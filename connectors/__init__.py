"""Connectors: code that knows one vendor each, and nothing of rules or the store."""
