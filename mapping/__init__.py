"""The core: words, rules, arithmetic. Pure; does no I/O and imports no other room."""
