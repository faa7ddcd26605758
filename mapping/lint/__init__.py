"""Lint: what is worth a second look in rules that are valid. Each finding has a code of ``mapping.lint.codes``."""
